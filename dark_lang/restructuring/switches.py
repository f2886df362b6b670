"""Switches as edits: made around code, their rule changed, and taken away again with one side or the other left.

Must not know who is asked or how a decision is made (`deciding`). Invariants: making a switch changes nothing of what
runs, since its old side is the very code that stood there and it gives the new one to nobody; what takes a switch away
does so in every place where it stands, in one edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dark_lang.deciding import WHOLE, Side
from dark_lang.edits.drafting import Draft
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import Defined, NodeId, read_id_prefix, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, rebuild
from dark_lang.notation.addresses import label_of
from dark_lang.notation.reading import read_expression
from dark_lang.ramps import GUARDS, Step, spell_step
from dark_lang.records import dataclass
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known, first_gap_reached
from dark_lang.restructuring.references import settled
from dark_lang.restructuring.renaming import named
from dark_lang.restructuring.surgery import as_expression, changed, position_of, require, substitute

ALGORITHMS: Final = ("murmur3", "murmur3/100")
LANGUAGE: Final = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """What a new switch is to be like. `salt`: "" for one of its own; switches with one salt give the same subjects."""

    algorithm: str = ALGORITHMS[0]
    salt: str = ""
    condition: str = ""


def create_switch(
    draft: Draft, known: Known, toplevel: NodeId, target: NodeId, name: str, new_text: str, rule: Rule
) -> list[Changed]:
    """A switch of that name, and a Toggle of it around a node: what stood there is the old side, `new_text` the new
    one, a hole if it is "". RefusedError: the name is taken, no expression stands there, or the rule makes no sense."""
    if rule.algorithm not in ALGORITHMS:
        raise RefusedError(f"no algorithm is called {rule.algorithm}", suggestion=f"one of {', '.join(ALGORITHMS)}")
    if known.owner(f"toggle:{name}") is not None:
        raise RefusedError(
            f"there is a switch {name} already", suggestion="--existing puts it there too; or choose another name"
        )
    fresh = draft.fresh
    condition = _condition(draft, known, rule.condition) if rule.condition else None
    # Drawn from the edit's own seed: fixed from now on, and another one for each switch.
    salt = rule.salt or spell_id(fresh())
    made = named(top.Switch(fresh(), LANGUAGE, "", name, True, 0, salt, rule.algorithm, (), (), (), condition), name)
    assert isinstance(made, top.Switch)
    _require_sound(known, made)
    draft.create_toplevel(made)
    return [put_switch(draft, known, toplevel, target, made.id, new_text), Changed(made.id, (made.id,))]


def put_switch(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, switch: NodeId, new_text: str) -> Changed:
    """A Toggle of a switch around a node."""
    before = draft.tree(toplevel)
    node = require(before, target)
    position_of(before, target)
    old = as_expression(node)
    notes: tuple[str, ...] = ()
    new: e.Expression = e.Hole(draft.fresh(), "")
    if new_text:
        reading = read_expression(new_text, known.naming, draft.fresh)
        new, notes = reading.tree, tuple(repair.message for repair in reading.repairs)
    toggle = e.Toggle(draft.fresh(), Defined(switch), old, new)
    return commit(draft, known, before, substitute(before, {target: toggle}), show=(toggle.id,), notes=notes)


def set_condition(draft: Draft, known: Known, switch: NodeId, text: str) -> Changed:
    """`text`: "" or `true` for none. RefusedError if it cannot be a condition."""
    before = _switch(draft, switch)
    condition = _condition(draft, known, text) if text.strip() not in ("", "true") else None
    after = changed(before, condition=condition)
    _require_sound(known, after)
    return commit(draft, known, before, after, show=(switch,))


def set_share(draft: Draft, switch: NodeId, points: int) -> Changed:
    """`points`: hundredths of a percent."""
    if not 0 <= points <= WHOLE:
        raise RefusedError(f"{points / 100:g} % is no share", suggestion="a share is 0 to 100, in steps of 0.01")
    draft.set(switch, switch, "share", points)
    return Changed(switch, (switch,))


def set_ramp(
    draft: Draft, switch: NodeId, points: int, steps: Sequence[tuple[int, int]], guards: Sequence[str]
) -> Changed:
    """The share now, and what it is to be at times to come (microseconds since 1970, hundredths of a percent), in the
    place of any steps before. RefusedError for a share that is none, a step that lowers it, and an unknown guard."""
    before = _switch(draft, switch)
    last = points
    for _, share in steps:
        if share < last:
            raise RefusedError(
                f"a ramp goes up, and {share / 100:g} % is less than {last / 100:g} %",
                suggestion="lower it by hand: dark toggle rollout NAME PERCENT",
            )
        last = share
    unknown = [guard for guard in guards if guard not in GUARDS]
    if unknown:
        raise RefusedError(f"no guard is called {unknown[0]}", suggestion=f"one of {', '.join(GUARDS)}")
    done = set_share(draft, switch, points)
    wanted = {spell_step(*step) for step in steps} | {f"guard {guard}" for guard in guards}
    for key, held in before.ramp:
        if held is not None and key not in wanted:
            draft.set(switch, switch, "ramp", None, key=key)
    for key in sorted(wanted):
        draft.set(switch, switch, "ramp", True, key=key)
    return done


def take_step(draft: Draft, switch: NodeId, step: Step) -> Changed:
    """What is due: the share, and the step is gone."""
    draft.set(switch, switch, "share", step.points)
    draft.set(switch, switch, "ramp", None, key=step.key)
    return Changed(switch, (switch,))


def halt_ramp(draft: Draft, switch: NodeId) -> Changed:
    """No step is taken any more; the share stays."""
    for key, held in _switch(draft, switch).ramp:
        if held is not None:
            draft.set(switch, switch, "ramp", None, key=key)
    return Changed(switch, (switch,))


def set_on(draft: Draft, switch: NodeId, on: bool) -> Changed:
    draft.set(switch, switch, "on", on)
    return Changed(switch, (switch,))


def list_subjects(draft: Draft, switch: NodeId, subjects: Iterable[str], allowed: bool | None) -> Changed:
    """`allowed`: None takes them from both lists."""
    for subject in subjects:
        draft.set(switch, switch, "subjects", allowed, key=subject)
    return Changed(switch, (switch,))


def set_prerequisite(draft: Draft, known: Known, switch: NodeId, needed: NodeId, new: bool | None) -> Changed:
    """`new`: which side of the other this one needs; None takes the need away. RefusedError if it would need itself."""
    if new is not None:
        way = _way_of_needs(known, needed, switch)
        if way is not None:
            names = " needs ".join(_switch(draft, each).name for each in (switch, *way))
            raise RefusedError("a switch cannot need itself", details=(names,))
    draft.set(switch, switch, "prerequisites", new, key=spell_id(needed))
    return Changed(switch, (switch,))


def _way_of_needs(known: Known, start: NodeId, goal: NodeId) -> list[NodeId] | None:
    """The switches from one to another, each of which needs the next; None if there is no such way."""
    ways: dict[NodeId, list[NodeId]] = {start: [start]}
    work = [start]
    while work:
        here = work.pop()
        if here == goal:
            return ways[here]
        held = known.definition(Defined(here))
        for spelled, wanted in held.prerequisites if isinstance(held, top.Switch) else ():
            ends = read_id_prefix(spelled)
            if wanted is not None and ends is not None and NodeId(ends[0]) not in ways:
                ways[NodeId(ends[0])] = [*ways[here], NodeId(ends[0])]
                work.append(NodeId(ends[0]))
    return None


def settle_switch(
    draft: Draft, known: Known, switch: NodeId, side: Side, others: Iterable[top.Switch]
) -> list[Changed]:
    """Leaves one side wherever the switch stands, and takes the switch away. RefusedError: the side is not finished, or
    one of the `others`, all switches that there are, needs this one."""
    name = _switch(draft, switch).name
    _refuse_needed(switch, name, others)
    places = [
        (each, toggles) for each in known.users(switch) if (toggles := toggles_of(known, draft.tree(each), switch))
    ]
    if side is Side.NEW:
        gaps = []
        for each, toggles in places:
            tree = draft.tree(each)
            found = (first_gap_reached(toggle.new, tree, known) for toggle in toggles)
            gaps += [f"{label_of(tree)}: {gap}" for gap in found if gap is not None]
        if gaps:
            raise RefusedError(
                f"the new side of {name} is not finished",
                details=tuple(dict.fromkeys(gaps))[:5],
                suggestion=f"dark toggle drop {name} leaves the old side",
            )
    done = [_left(draft, known, each, toggles, side) for each, toggles in places]
    draft.delete_toplevel(switch)
    return done or [Changed(switch)]


def _left(draft: Draft, known: Known, toplevel: NodeId, toggles: Sequence[e.Toggle], side: Side) -> Changed:
    before = draft.tree(toplevel)
    ids = {toggle.id for toggle in toggles}

    def leave(node: Node) -> Node:
        # Children come first, so that one inside another is settled, too.
        return (node.new if side is Side.NEW else node.old) if isinstance(node, e.Toggle) and node.id in ids else node

    shown = [(toggle.new if side is Side.NEW else toggle.old).id for toggle in toggles]
    return commit(draft, known, before, rebuild(before, leave), show=shown)


def _refuse_needed(switch: NodeId, name: str, others: Iterable[top.Switch]) -> None:
    spelled = spell_id(switch)
    for other in others:
        if any(key == spelled and wanted is not None for key, wanted in other.prerequisites):
            raise RefusedError(
                f"{other.name} needs {name}", suggestion=f"dark toggle needs {other.name} {name} --remove"
            )


def toggles_of(known: Known, tree: top.Toplevel, switch: NodeId) -> list[e.Toggle]:
    """Where a switch stands in a definition."""
    return [
        node
        for node in descend(tree)
        if isinstance(node, e.Toggle) and settled(known.naming, Realm.SWITCH, node.switch) == Defined(switch)
    ]


def _switch(draft: Draft, switch: NodeId) -> top.Switch:
    tree = draft.tree(switch)
    if not isinstance(tree, top.Switch):
        raise AddressError("this is no switch", suggestion="dark toggle list shows those that there are")
    return tree


def _condition(draft: Draft, known: Known, text: str) -> e.Expression:
    reading = read_expression(text, known.naming, draft.fresh)
    if reading.repairs:
        raise RefusedError(
            f"this cannot be read as a condition: {text[:60]}",
            details=tuple(repair.message for repair in reading.repairs[:5]),
        )
    return reading.tree


def _require_sound(known: Known, switch: top.Switch) -> None:
    """A condition that does not fit would give everybody the old side, and nobody would know why."""
    wrong = list(dict.fromkeys(known.misfits(switch).values()))
    if switch.condition is not None and any(isinstance(node, e.Hole | e.Unread) for node in descend(switch.condition)):
        wrong.append("something in it is not written yet")
    if wrong:
        raise RefusedError(
            "this is no condition",
            details=(*wrong[:5], *dict.fromkeys(known.advice(switch))),
            suggestion="it gives a Bool, and sees request, event, subject and now",
        )
