"""Why a switch gives which side to whom: each rule in the order in which it is asked, and what it says.

Must not know how a decision is shown. Invariant: the side is the one that `decide` gives; the rules only tell the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dark_lang.deciding import Decision, Reason, bucketing, decide
from dark_lang.names import Defined, NodeId, read_id_prefix, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from dark_lang.records import NamedTuple
from dark_lang.values.model import Value
from runtime.asking import uses_of
from runtime.definitions import Definitions
from runtime.finishing import Finishing
from runtime.holding import Empty, HeldWorld
from runtime.linking import Linker
from runtime.running import run
from runtime.switching import decider

if TYPE_CHECKING:
    from runtime.canvas import Canvas

_NOTHING_SEEN: Final[Mapping[str, Value]] = {}


class Rule(NamedTuple):
    """One rule: what it asks, what it says, and whether the decision was made there."""

    name: str
    says: str
    decides: bool


class Explained(NamedTuple):
    decision: Decision
    rules: tuple[Rule, ...]


def explain(
    canvas: Canvas, switch: top.Switch, subject: str | None, seen: Mapping[str, Value] = _NOTHING_SEEN
) -> Explained:
    """`seen`: what the condition may look at beside the subject and the time, `request` and `event`."""
    places = standings(canvas, switch.id)
    needs: dict[NodeId, bool] = {}
    held: list[bool] = []

    def is_met(needed: NodeId, new: bool) -> bool:
        other = canvas.tree(needed) if needed in canvas.entries and canvas.entries[needed].alive else None
        met = isinstance(other, top.Switch) and needed != switch.id and _is_new(canvas, other, subject, seen) is new
        needs[needed] = met
        return met

    def holds() -> bool:
        held.append(condition_holds(canvas, switch, subject, seen))
        return held[-1]

    decision = decide(
        switch,
        subject,
        finished=lambda: not places or any(place.is_finished for place in places),
        is_met=is_met,
        holds=holds,
    )
    rules = _rules(canvas, switch, subject, decision, places, needs, held)
    return Explained(decision, rules)


def _is_new(canvas: Canvas, switch: top.Switch, subject: str | None, seen: Mapping[str, Value]) -> bool:
    return explain(canvas, switch, subject, seen).decision.is_new


def condition_holds(canvas: Canvas, switch: top.Switch, subject: str | None, seen: Mapping[str, Value]) -> bool:
    """As in a run: false where it fails, or is not written whole. Rows are not there."""
    linker = Linker(canvas, canvas.library, checks=canvas.checks)
    ask: Callable[[], bool] = decider(linker, switch)
    return run(ask, (), world=HeldWorld(Empty(datetime.now(UTC))), subject=subject, seen=seen)


class Standing(NamedTuple):
    """A Toggle of a switch, and whether its new side is finished."""

    toplevel: NodeId
    node: NodeId
    is_finished: bool


def standings(canvas: Canvas, switch: NodeId) -> list[Standing]:
    """Where a switch stands."""
    finishing = Finishing(Definitions(canvas, canvas.checks))
    found = []
    for use in uses_of(canvas, Defined(switch)):
        tree = canvas.tree(use.toplevel)
        node = next((each for each in descend(tree) if each.id == use.node), None)
        if isinstance(node, e.Toggle):
            found.append(Standing(use.toplevel, node.id, finishing.is_finished(node.new, within=tree)))
    return found


def _rules(
    canvas: Canvas,
    switch: top.Switch,
    subject: str | None,
    decision: Decision,
    places: list[Standing],
    needs: Mapping[NodeId, bool],
    held: list[bool],
) -> tuple[Rule, ...]:
    listed = dict(switch.subjects).get(subject) if subject is not None else None
    wanted = [(key, side is True) for key, side in switch.prerequisites if side is not None]
    steps = [
        (Reason.OFF, "on", "yes" if switch.on else "it is off"),
        (Reason.DENIED, "deny list", "not on it" if listed is not False else "on it"),
        (Reason.PREREQUISITE, "needs", ", ".join([_need(canvas, *each, needs) for each in wanted]) or "nothing"),
        (Reason.ALLOWED, "allow list", "on it" if listed is True else "not on it"),
        (Reason.CONDITION, "condition", _condition(switch, held)),
        (Reason.UNFINISHED, "new side", _finished(places)),
        (Reason.SHARE, "share", _share(switch, subject)),
    ]
    rules = []
    for reason, name, says in steps:
        decides = reason is decision.reason
        rules.append(Rule(name, says, decides))
        if decides:
            break
    return tuple(rules)


def _need(canvas: Canvas, key: str, new: bool, needs: Mapping[NodeId, bool]) -> str:
    bounds = read_id_prefix(key)
    node = NodeId(bounds[0]) if bounds is not None else NodeId(0)
    entry = canvas.entries.get(node)
    name = entry.label.removeprefix("toggle:") if entry is not None else spell_id(node)
    return f"{name} {'new' if new else 'old'}: {'met' if needs.get(node) else 'not met'}"


def _finished(places: list[Standing]) -> str:
    lacking = sum(not place.is_finished for place in places)
    if lacking and lacking < len(places):
        return f"not finished in {lacking} of {len(places)} places, which stay old"
    return "not finished" if lacking else "finished"


def _condition(switch: top.Switch, held: list[bool]) -> str:
    if switch.condition is None:
        return "true"
    return "true" if held and held[-1] else "not true"


def _share(switch: top.Switch, subject: str | None) -> str:
    share = f"{switch.share / 100:g} %"
    if subject is None:
        return f"no subject, and {share} of all"
    number = bucketing(switch)(subject)
    place = f"{number}" if switch.algorithm == "murmur3/100" else f"{number / 100:.2f}"
    return f"{share}; this subject is at {place}"
