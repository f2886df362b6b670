"""What a serving host does with edits that arrived as files and would change what serves: they are in the program, and
the code from before goes on serving until somebody accepts them.

Must not know requests or commands. Invariants: what is served differs from the program in held definitions only; an
edit that was made here was judged when it was made, and is never held; after a restart the same is held as before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dark_lang.errors import AddressError, DarkError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.records import NamedTuple
from runtime.locks.judging import microseconds_now, serves_the_same
from runtime.locks.uses import DELETED, release

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.entries import Entry
    from runtime.hosting import Host
    from runtime.trees import Tree

log = logging.getLogger("dark.serve")


class Held(NamedTuple):
    """A definition as it serves; `entry` is None for one that does not serve though it is in the program."""

    entry: Entry | None
    tree: Tree


class Holding:
    """Of one serving process."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._held: dict[NodeId, Held] = {}
        self._kept: dict[NodeId, Held] = {}  # switches on whose rule edits disagree, as they served before
        self.served = host.canvas
        self._recover()
        host.held = self.labels

    def labels(self) -> list[tuple[NodeId, str]]:
        """What is held, by address."""
        entries = self._host.canvas.entries
        found = [
            (toplevel, entries[toplevel].label if toplevel in entries else held.entry.label if held.entry else "?")
            for toplevel, held in self._held.items()
        ]
        return sorted(found, key=lambda one: one[1])

    def after(self, canvas: Canvas, touched: Iterable[NodeId], *, own: bool) -> tuple[Canvas, frozenset[NodeId]]:
        """What to serve now that the program is `canvas`, and in what it may differ from what was served. `own`: the
        edit was made, and judged, by this process."""
        before, looked_at = self.served, frozenset(touched) | self._held.keys() | self._kept.keys()
        self._keep_switches(before, canvas, looked_at)
        if not self._host.has_traffic:
            self.served = self._with_held(canvas)
            return self.served, looked_at
        held = dict(self._held)
        if own:
            for toplevel in touched:
                held.pop(toplevel, None)
        else:
            try:
                refused = {one.toplevel for one in self._host.locks.by_use.refusals(before, canvas, looked_at)}
            except DarkError as error:
                log.error("whether what arrived may serve cannot be told (%s); it does not yet", error.message)
                refused = set(looked_at)
            for toplevel in looked_at:
                if toplevel not in refused:
                    held.pop(toplevel, None)
                elif toplevel not in held:
                    held[toplevel] = _as_before(before, canvas, toplevel)
                    log.warning("%s came, and would change what serves traffic: it is held", _label(canvas, toplevel))
        self._held = held
        self.served = self._with_held(canvas)
        return self.served, looked_at

    def _keep_switches(self, before: Canvas, canvas: Canvas, looked_at: Iterable[NodeId]) -> None:
        """Where edits of one rule disagree, traffic gets what it got here until somebody settles it."""
        for toplevel in looked_at:
            entry = canvas.entries.get(toplevel)
            if entry is None or not entry.alive or entry.kind is not top.Switch or not _disagree(canvas, toplevel):
                self._kept.pop(toplevel, None)
            elif toplevel not in self._kept and toplevel in before.entries and not _disagree(before, toplevel):
                kept = Held(*before.held(toplevel))
                self._kept[toplevel] = kept
                log.warning("edits disagree on %s; it serves as it did before them", _label(canvas, toplevel))
                try:
                    release(self._host.folder, toplevel, kept.tree.materialized.content, "merge")
                except DarkError as error:
                    log.error("how %s served cannot be kept: %s", _label(canvas, toplevel), error.message)

    def _with_held(self, canvas: Canvas) -> Canvas:
        if not self._held and not self._kept:
            return canvas
        return canvas.after(
            {toplevel: (held.entry, held.tree) for toplevel, held in (*self._held.items(), *self._kept.items())},
            preferred=canvas.preferred,
            problems=canvas.problems,
            frontier=canvas.frontier,
            lamport=canvas.lamport,
        )

    def _recover(self) -> None:
        """Finds what was held when the server ended: what is in use, and is not as it was when it served."""
        host, canvas = self._host, self._host.canvas
        if not host.has_traffic:
            return
        try:
            uses = host.locks.uses
            now = microseconds_now()
            for each in canvas.alive():
                if each.kind is top.Switch and _disagree(canvas, each.id):
                    kept = host.as_it_was(each.id, uses.served(each.id))
                    if kept is not None:
                        self._kept[each.id] = Held(*kept)
            for toplevel in [*uses.entries(now), *uses.all_served()]:
                contents = uses.served(toplevel)
                entry = canvas.entries.get(toplevel)
                present = canvas.content(toplevel) if entry is not None and entry.alive else DELETED
                if toplevel in self._held or present in contents or not uses.of(toplevel):
                    continue
                found = host.as_it_was(toplevel, contents)
                if found is None or found[0] is None or not found[0].alive:
                    continue
                earlier = found[1].materialized.toplevel
                gone = entry is None or not entry.alive
                if gone and not host.locks.is_used(canvas, toplevel, now):
                    continue
                if gone or (
                    earlier is not None
                    and host.locks.why(canvas, toplevel, now) is not None
                    and not serves_the_same(earlier, canvas.tree(toplevel), canvas, canvas)
                ):
                    self._held[toplevel] = Held(*found)
        except DarkError as error:
            log.error("what was held before cannot be told: %s", error.message)
        self.served = self._with_held(canvas)


def _disagree(canvas: Canvas, toplevel: NodeId) -> bool:
    return bool(canvas.materialized(toplevel).conflicts)


def _as_before(before: Canvas, canvas: Canvas, toplevel: NodeId) -> Held:
    try:
        return Held(*before.held(toplevel))
    except AddressError:
        return Held(None, canvas.held(toplevel)[1])  # it is new, and would take requests from another


def _label(canvas: Canvas, toplevel: NodeId) -> str:
    entry = canvas.entries.get(toplevel)
    return entry.label if entry is not None else "an edit"
