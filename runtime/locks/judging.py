"""Which edits are refused since they would change what serves traffic; the one rule for commands and for files that
arrive.

Must not know how an edit is made or shown. Invariants: an edit that does not change what anybody gets is never refused;
where this host has no traffic, nothing is; what is refused is told with what uses it and with a command that works.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from dark_lang.errors import LockedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.records import NamedTuple, dataclass
from runtime.asking import users_of
from runtime.definitions import Definitions
from runtime.finishing import Finishing
from runtime.locks.matching import runs_the_same
from runtime.locks.regions import is_everybodys, is_given, runs_with
from runtime.locks.uses import DELETED, Uses
from runtime.serving.routes import Route, read_route

if TYPE_CHECKING:
    from runtime.canvas import Canvas

MOST_LOOKED_AT: Final = 2_000
"""Definitions between one that is to be changed and those to which requests come."""

_ENTRIES: Final = (top.Http, top.Worker, top.Cron)
_FREE: Final = (top.Switch, top.Test, top.Repl, top.Secret)
_ELSEWHERE: Final = "canvas.toml says that it serves, under [locks] serving"
_FROZEN: Final = (top.Function, top.Type, top.Datastore)


class Why(NamedTuple):
    """What makes a definition locked. `entry`: to which the requests came; NOWHERE and 0 for one that is frozen."""

    frozen: bool
    entry: NodeId
    last: int  # microseconds since 1970; 0: no request came here, but canvas.toml says that it serves


@dataclass(frozen=True, slots=True)
class Refusal:
    toplevel: NodeId
    why: Why
    taken: NodeId = NodeId(0)  # the handler whose requests `toplevel` would take, if it is that


class Locks:
    """Of one canvas on this host. `serving`: addresses of what serves traffic elsewhere, as canvas.toml has them."""

    def __init__(self, uses: Uses, serving: tuple[str, ...] = ()) -> None:
        self.uses = uses
        self._serving = serving

    @property
    def by_use(self) -> Locks:
        """Those alone that traffic on this host makes."""
        return Locks(self.uses) if self._serving else self

    @property
    def is_empty(self) -> bool:
        return self.uses.is_empty and not self._serving

    def in_use(self, canvas: Canvas, now: int) -> dict[NodeId, int]:
        """The handlers, queues and jobs that serve, and when the last request came to them: 0 for one elsewhere."""
        return {**self._elsewhere(canvas), **self.uses.entries(now)}

    def _elsewhere(self, canvas: Canvas) -> dict[NodeId, int]:
        if not self._serving:
            return {}
        unlocked = {one.toplevel for one in self.uses.unlocks()}
        wanted = {address.partition("#")[0] for address in self._serving}
        return {
            entry.id: 0
            for entry in canvas.alive()
            if issubclass(entry.kind, _ENTRIES)
            and ("*" in wanted or entry.label in wanted)
            and entry.id not in unlocked
        }

    def why(self, canvas: Canvas, toplevel: NodeId, now: int | None = None) -> Why | None:
        """Why it is locked; None if it is not."""
        entry = canvas.entries.get(toplevel)
        if self.is_empty or entry is None or not entry.alive or issubclass(entry.kind, _FREE):
            return None
        now = microseconds_now() if now is None else now
        if issubclass(entry.kind, _ENTRIES):
            last = self.uses.last_request(toplevel, now)
            return Why(False, toplevel, last) if last or toplevel in self._elsewhere(canvas) else None
        found = self._used_by(canvas, toplevel, now)
        if found is not None:
            return found
        if issubclass(entry.kind, _FROZEN):
            content = canvas.content(toplevel)
            last = max((use.last for use in self.uses.of(toplevel) if use.content == content), default=0)
            if last:
                return Why(True, NodeId(0), last)
        return None

    def is_used(self, canvas: Canvas, toplevel: NodeId, now: int) -> bool:
        """Whether requests come to it, or to what runs it."""
        return bool(self.uses.last_request(toplevel, now)) or self._used_by(canvas, toplevel, now) is not None

    def _used_by(self, canvas: Canvas, toplevel: NodeId, now: int) -> Why | None:
        """Through which requests that come to others run it."""
        in_use = self.in_use(canvas, now)
        if not in_use:
            return None
        seen = {toplevel}
        level = [toplevel]
        while level and len(seen) < MOST_LOOKED_AT:
            after: list[NodeId] = []
            for each in level:
                for user in users_of(canvas, each, [canvas.entries.get(each)]):
                    if user not in seen and each in set(runs_with(canvas, user)):
                        seen.add(user)
                        if user in in_use:
                            return Why(False, user, in_use[user])
                        after.append(user)
            level = after
        return None

    def may_refuse(self, before: Canvas, touched: Iterable[NodeId]) -> bool:
        """Whether it is worth to look at what an edit would make of these. Costs little."""
        if self.is_empty:
            return False
        now = microseconds_now()
        for toplevel in touched:
            entry = before.entries.get(toplevel)
            if entry is None or not entry.alive or entry.kind is top.Http or self.why(before, toplevel, now):
                return True
        return False

    def refusals(self, before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> Iterator[Refusal]:
        """What of an edit would change what serves."""
        if self.is_empty:
            return
        now = microseconds_now()
        for toplevel in touched:
            if self._changes(before, after, toplevel) and not _is_left_behind(before, after, toplevel):
                why = self.why(before, toplevel, now)
                if why is not None and not self._served_before(after, toplevel):
                    yield Refusal(toplevel, why)
            taken = self._taken(before, after, toplevel, now)
            if taken is not None:
                yield taken

    def _served_before(self, after: Canvas, toplevel: NodeId) -> bool:
        """Undo and restore go back to what served, and that is no change to fear."""
        entry = after.entries.get(toplevel)
        content = after.content(toplevel) if entry is not None and entry.alive else DELETED
        return content in self.uses.served(toplevel)

    @staticmethod
    def _changes(before: Canvas, after: Canvas, toplevel: NodeId) -> bool:
        was, stays = before.entries.get(toplevel), after.entries.get(toplevel)
        if was is None or not was.alive or issubclass(was.kind, _FREE):
            return False
        if stays is None or not stays.alive:
            return True
        if before.content(toplevel) == after.content(toplevel):
            return False
        old, new = before.tree(toplevel), after.tree(toplevel)
        return not serves_the_same(old, new, before, after)

    def _taken(self, before: Canvas, after: Canvas, toplevel: NodeId, now: int) -> Refusal | None:
        """Whether a handler that is new here, has a new route, or is finished only now, would take requests from one
        that is in use."""
        entry, was = after.entries.get(toplevel), before.entries.get(toplevel)
        if entry is None or not entry.alive or entry.kind is not top.Http:
            return None
        stays = was is not None and was.alive and (was.method, was.name) == (entry.method, entry.name)
        mine = read_route(entry.method, entry.name)
        for other, last in self.in_use(before, now).items():
            held = before.entries.get(other)
            if other == toplevel or held is None or not held.alive or held.kind is not top.Http:
                continue
            if takes_from(mine, read_route(held.method, held.name)):
                # One that is not finished takes no request that a finished one matches.
                if not _handler_is_finished(after, toplevel) or (stays and _handler_is_finished(before, toplevel)):
                    return None
                if self._served_before(after, toplevel):
                    return None
                return Refusal(toplevel, Why(False, other, last), other)
        return None

    def judge(self, before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> None:
        """Raises LockedError if the edit is refused."""
        found = next(self.refusals(before, after, touched), None)
        if found is not None:
            raise refused(before, after, found)


def serves_the_same(old: top.Toplevel, new: top.Toplevel, before: Canvas, after: Canvas) -> bool:
    """Whether what runs for others is the same in two trees of one definition, under the switches of their canvases."""

    def is_everybodys_and_finished(toggle: e.Toggle) -> bool:
        return is_everybodys(after, toggle.switch) and _is_finished(after, toggle.new, within=new)

    return runs_the_same(old, new, lambda switch: is_given(before, switch), is_everybodys_and_finished)


def _is_left_behind(before: Canvas, after: Canvas, toplevel: NodeId) -> bool:
    """Whether it goes with its last use: a function that a switch left behind is nobody's any more."""
    entry, now = before.entries[toplevel], after.entries.get(toplevel)
    if issubclass(entry.kind, (*_ENTRIES, top.Datastore)) or (now is not None and now.alive):
        return False
    return not users_of(after, toplevel, [entry])


def _is_finished(canvas: Canvas, root: Node, *, within: top.Toplevel) -> bool:
    return Finishing(Definitions(canvas, canvas.checks)).is_finished(root, within=within)


def _handler_is_finished(canvas: Canvas, handler: NodeId) -> bool:
    tree = canvas.tree(handler)
    return _is_finished(canvas, tree, within=tree)


def takes_from(mine: Route, theirs: Route) -> bool:
    """Whether there is a path that both match, and that the first one gets."""
    if mine.method != theirs.method and not (mine.method == "HEAD" and theirs.method == "GET"):
        return False
    wins = 0  # 1: mine is more specific at the first place where they differ
    for one, other in zip(mine.segments, theirs.segments, strict=False):
        if one is not None and other is not None and one != other:
            return False
        if not wins and (one is None) != (other is None):
            wins = 1 if one is not None else -1
    longer, shorter = len(mine.segments), len(theirs.segments)
    if longer > shorter:
        return theirs.rest and wins >= 0
    if shorter > longer:
        return mine.rest and wins > 0
    if not wins and mine.rest != theirs.rest:
        wins = 1 if not mine.rest else -1
    return wins > 0


def refused(before: Canvas, after: Canvas, refusal: Refusal) -> LockedError:
    entry = before.entries.get(refusal.toplevel) or after.entries[refusal.toplevel]
    label = entry.label
    why = refusal.why
    if refusal.taken:
        other = before.entries[refusal.taken].label
        return LockedError(
            f"{label} would take requests from {other}, which serves traffic",
            details=(f"the last request to {other} came {ago(why.last)}" if why.last else _ELSEWHERE,),
            suggestion=f"dark unlock {shlex.quote(other)} --reason WHY lets it be; or choose another route",
        )
    if why.frozen:
        said = f"it served {ago(why.last)}, and what served does not change"
    elif not why.last:
        user = "" if why.entry == refusal.toplevel else f"{before.entries[why.entry].label} runs it; "
        said = f"{user}{_ELSEWHERE}"
    elif why.entry == refusal.toplevel:
        said = f"the last request came {ago(why.last)}"
    else:
        said = f"{before.entries[why.entry].label} runs it, to which the last request came {ago(why.last)}"
    if entry.kind in (top.Type, top.Datastore):
        advice = f"dark unlock {shlex.quote(label)} --reason WHY"
    else:
        advice = f"change it behind a switch: {switch_command(before, refusal.toplevel)}"
    return LockedError(f"{label} is locked, since it serves traffic", details=(said,), suggestion=advice)


def switch_command(canvas: Canvas, toplevel: NodeId, address: str = "", code: str = "") -> str:
    """The line that puts a switch of a name that is free around the code at `address`, by default the whole body."""
    label = canvas.entries[toplevel].label
    words = [word for word in "".join(c if c.isalnum() else " " for c in label.lower()).split() if word != "v0"]
    stem = "-".join([word for word in words if word[0].isalpha()][-2:]) or "change"
    name, nth = f"new-{stem}", 2
    while canvas.labelled(f"toggle:{name}") is not None:
        name, nth = f"new-{stem}-{nth}", nth + 1
    end = f" --new {shlex.quote(code)}" if code else ""
    return f"dark toggle create {shlex.quote(address or f'{label}#body')} {name}{end}"


def microseconds_now() -> int:
    return time.time_ns() // 1000


def ago(moment: int) -> str:
    seconds = max(0, (microseconds_now() - moment) // 1_000_000)
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
