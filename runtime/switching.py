"""Toggles in running code: each switch is decided once per run, and the run remembers what and why.

Must not know how a decision follows from a switch (`dark_lang.deciding`). Invariant: wherever one switch stands in a
run it gives the same side, but that an unfinished new side is not given to those who get it by share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dark_lang.compiling.compiled import Need
from dark_lang.compiling.translating import compile_condition
from dark_lang.deciding import Decision, Reason, Side, decide, quick_decision, unfinished
from dark_lang.errors import RunError
from dark_lang.names import Defined, NodeId, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend, find
from dark_lang.values.model import HoleValue, Value
from runtime.current import Run, current_run, guarded

if TYPE_CHECKING:
    from runtime.linking import Linker

_MISSING: Final = Decision(Side.OLD, Reason.MISSING)

# An Enum finds its members slowly, and handlers come by here all the time.
_SHARE: Final = Reason.SHARE
_NEW: Final = Side.NEW

CONDITION_MS: Final = 5
"""What a condition may take; one that takes longer is not true."""


def side_chooser(linker: Linker, need: Need, tree: top.Toplevel) -> Callable[[], bool]:
    """A function that says, inside a run, whether a Toggle takes its new side."""
    ref = need.ref
    if isinstance(ref, Unresolved):
        ref = linker.canvas.resolve(Realm.SWITCH, ref.text)
    entry = linker.canvas.entries.get(ref.id) if isinstance(ref, Defined) else None
    switch = linker.canvas.tree(ref.id) if isinstance(ref, Defined) and entry is not None and entry.alive else None
    if not isinstance(switch, top.Switch):
        return _absent(ref.id) if isinstance(ref, Defined) else lambda: False
    chosen, own, quick = switch, switch.id, quick_decision(switch)
    took_new, took_old = (own, True), (own, False)
    finished: bool | None = None

    def is_finished() -> bool:
        node = find(tree, need.node)
        new = node.new if isinstance(node, e.Toggle) else tree
        return linker.finishing.is_finished(new, within=tree)

    def takes_new() -> bool:
        nonlocal finished
        run = current_run()
        if run is None:
            return False
        decision = run.decisions.get(own)
        if decision is None:
            if quick is not None and not run.is_steered:
                # No guard: a limit that ends this leaves nothing half done.
                decision = run.decisions[own] = quick(run.subject, run.is_trusted)
            else:
                decision = guarded(_decided, linker, run, chosen)
        if decision.reason is _SHARE:
            if finished is None:
                finished = guarded(is_finished)
            if not finished:
                decision = unfinished(decision)
        new = decision.side is _NEW
        run.taken[took_new if new else took_old] = decision
        return new

    return takes_new


def _absent(switch: NodeId) -> Callable[[], bool]:
    def takes_new() -> bool:
        run = current_run()
        if run is not None:
            run.decisions[switch] = _MISSING
            run.taken[(switch, False)] = _MISSING
        return False

    return takes_new


def _yes() -> bool:
    return True


def _decided(linker: Linker, run: Run, switch: top.Switch) -> Decision:
    known = run.decisions.get(switch.id)
    if known is None:
        known = run.decisions[switch.id] = _decide(linker, run, switch)
    return known


def _decide(linker: Linker, run: Run, switch: top.Switch) -> Decision:
    run.deciding.add(switch.id)
    try:
        return decide(
            switch,
            run.subject,
            finished=_yes,
            is_met=lambda needed, new: _is_met(linker, run, needed, new),
            holds=lambda: _holds(linker, run, switch),
            forced=run.forced.get(switch.id),
            pinned=run.pinned.get(switch.id),
            is_trusted=run.is_trusted,
        )
    finally:
        run.deciding.discard(switch.id)


def _is_met(linker: Linker, run: Run, needed: NodeId, new: bool) -> bool:
    """Switches that need each other are not met."""
    entry = linker.canvas.entries.get(needed)
    switch = linker.canvas.tree(needed) if entry is not None and entry.alive else None
    if not isinstance(switch, top.Switch) or needed in run.deciding:
        return False
    return _decided(linker, run, switch).is_new is new


def _holds(linker: Linker, run: Run, switch: top.Switch) -> bool:
    """Whether the condition is exactly true. What it cannot see is a hole to it, which is not true."""
    from runtime.running import Limits, run_within  # it runs code, and running code decides switches
    from runtime.switches.conditions import ReadingWorld

    if isinstance(switch.condition, e.Bool):
        return switch.condition.value
    if switch.condition is None:
        return True
    mentioned = {node.name for node in descend(switch.condition) if isinstance(node, e.Variable)}
    seen: dict[str, Value] = dict(run.args)
    if run.subject is not None:
        seen["subject"] = run.subject
    try:
        if "now" in mentioned:
            seen["now"] = run.world.now()
        compiled = compile_condition(switch)
        function = linker.link_code(compiled, switch)
        args = tuple(seen.get(name, HoleValue(switch.id, name)) for name in compiled.params)
        return run_within(run, function, args, Limits(time_ms=CONDITION_MS), ReadingWorld(run.world)) is True
    except RunError:
        return False


def decider(linker: Linker, switch: top.Switch) -> Callable[[], bool]:
    """A function that says, inside a run, whether the condition of a switch is exactly true."""

    def holds() -> bool:
        present = current_run()
        assert present is not None
        return _holds(linker, present, switch)

    return holds
