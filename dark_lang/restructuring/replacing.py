"""New code in the place of old, and the partials that keep the old running until the new is usable.

Invariant: code that could run before an edit of this kind can run after it, unless its author said `now`.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, with_fresh_ids
from dark_lang.records import dataclass
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known, first_gap, first_gap_reached
from dark_lang.restructuring.partials import enclosing_partial, partial_seat
from dark_lang.restructuring.pieces import read_piece
from dark_lang.restructuring.renaming import resolve_word
from dark_lang.restructuring.surgery import (
    ancestors_in,
    as_expression,
    changed,
    position_of,
    require,
    require_sort,
    substitute,
)


@dataclass(frozen=True, slots=True)
class Replaced:
    tree: top.Toplevel
    show: NodeId
    notes: tuple[str, ...] = ()


def replaced(
    draft: Draft, known: Known, before: top.Toplevel, target: NodeId, new: Node, *, now: bool = False
) -> Replaced:
    """The tree with `new` in the place of `target`, or with a Partial around both where the old can run and the new
    cannot yet. `new` may be the old node with another scalar: then it has the same id."""
    require_sort(position_of(before, target).slot, new)
    old = require(before, target)
    plain = substitute(before, {target: new})
    if now or (isinstance(new, e.Partial) and not isinstance(old, e.Partial)):
        return Replaced(plain, new.id)
    if isinstance(old, e.Partial):
        return _over_partial(known, before, plain, old, new)
    seat = partial_seat(before, target)
    if seat is None:
        return Replaced(plain, new.id)
    around = enclosing_partial(before, seat.id)
    if around is not None:
        if any(node.id == seat.id for node in descend(around.old)):
            return Replaced(plain, new.id, ("this changed the side that runs; the new side stands as it was",))
        gap = first_gap_reached(_partial_at(plain, around.id).new, plain, known)
        return Replaced(plain, new.id, () if gap is None else (_waiting(gap),))
    newer = new if seat.id == target else require(plain, seat.id)
    if first_gap(seat, before, known) is not None:
        return Replaced(plain, new.id)
    gap = first_gap_reached(newer, plain, known) or _elsewhere(known, before, plain)
    if gap is None:
        return Replaced(plain, new.id)
    kept = {node.id for node in descend(seat)}
    beside = with_fresh_ids(newer, draft.fresh) if any(n.id in kept for n in descend(newer)) else newer
    partial = e.Partial(draft.fresh(), as_expression(beside), seat)
    return Replaced(substitute(before, {seat.id: partial}), partial.id, (_waiting(gap),))


def _waiting(gap: str) -> str:
    return f"the old code runs until the new is finished ({gap})"


def _elsewhere(known: Known, before: top.Toplevel, after: top.Toplevel) -> str | None:
    """What does not fit any more around new code that is sound in itself: it is of another type than the old."""
    misfits, there = known.misfits(after), known.misfits(before)
    return next((sentence for node, sentence in misfits.items() if node not in there), None)


def _over_partial(known: Known, before: top.Toplevel, plain: top.Toplevel, old: e.Partial, new: Node) -> Replaced:
    gap = None if isinstance(new, e.Partial) else first_gap_reached(new, plain, known)
    if gap is None:
        return Replaced(plain, new.id)
    kept = changed(old, new=new)
    return Replaced(substitute(before, {old.id: kept}), old.id, (_waiting(gap),))


def replace_node(
    draft: Draft, known: Known, toplevel: NodeId, target: NodeId, text: str, *, now: bool = False
) -> Changed:
    """Reads `text` as what stands at the target. Raises RefusedError where only a whole definition would do."""
    before = draft.tree(toplevel)
    position = position_of(before, target)
    pieces = read_piece(position.slot, text, known.naming, draft.fresh, parent=position.parent)
    done = replaced(draft, known, before, target, pieces.nodes[0], now=now)
    return commit(draft, known, before, done.tree, show=(done.show,), notes=(*pieces.notes, *done.notes))


def fill(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, text: str) -> Changed:
    """Fills a hole. A definition or a larger piece of code stands for the one hole in it."""
    before = draft.tree(toplevel)
    node = require(before, target)
    holes = [inner for inner in descend(node) if isinstance(inner, e.Hole | p.Hole | t.Hole)]
    if not holes:
        raise RefusedError("there is no hole here", suggestion="dark replace-node ADDR EXPR replaces code")
    if len(holes) > 1:
        raise RefusedError(
            f"there are {len(holes)} holes here", suggestion="name one: ADDR#hole is the first, ADDR#hole.2 the next"
        )
    return replace_node(draft, known, toplevel, holes[0].id, text)


def retarget(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, name: str, *, now: bool = False) -> Changed:
    """Makes a call, or a function that is passed on, mean another function. Its arguments stay."""
    function = resolve_word(known.naming, Realm.FUNCTION, name.strip())
    before = draft.tree(toplevel)
    node = require(before, target)
    if not isinstance(node, e.Call | e.FunctionRef):
        raise RefusedError("this is no call of a named function", suggestion="dark replace-node ADDR EXPR")
    done = replaced(draft, known, before, target, changed(node, function=function), now=now)
    return commit(draft, known, before, done.tree, show=(done.show,), notes=done.notes)


def _partial_at(root: Node, target: NodeId) -> e.Partial:
    """The partial that an address speaks of: the node, the nearest around it, or the only one inside."""
    node = require(root, target)
    if isinstance(node, e.Partial):
        return node
    around = enclosing_partial(root, target)
    if around is not None:
        return around
    inside = [inner for inner in descend(node) if isinstance(inner, e.Partial)]
    if len(inside) != 1:
        found = "no partial" if not inside else f"{len(inside)} partials"
        raise RefusedError(f"there is {found} here", suggestion="`dark holes` lists what is unfinished")
    return inside[0]


def accept(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, *, now: bool = False) -> Changed:
    """The new side of a partial takes the place of the old. RefusedError while it is unfinished, unless `now`."""
    before = draft.tree(toplevel)
    partial = _partial_at(before, target)
    gap = first_gap_reached(partial.new, before, known)
    if gap is not None and not now:
        raise RefusedError(
            f"the new code is unfinished: {gap}", suggestion="finish it, or add --now to let it run as it is"
        )
    after = substitute(before, {partial.id: partial.new})
    return commit(draft, known, before, after, show=(partial.new.id,))


def abandon(draft: Draft, known: Known, toplevel: NodeId, target: NodeId) -> Changed:
    before = draft.tree(toplevel)
    partial = _partial_at(before, target)
    return commit(draft, known, before, substitute(before, {partial.id: partial.old}), show=(partial.old.id,))


def resolve_conflict(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, choice: str) -> Changed:
    """Settles a conflict: `base`, the number of an alternative, or text that takes the place of all."""
    before = draft.tree(toplevel)
    conflict = _conflict_at(before, target)
    if choice == "base":
        chosen: Node = conflict.base
    elif choice.isascii() and choice.isdecimal():
        number = int(choice[:9])
        if not 1 <= number <= len(conflict.alternatives):
            raise RefusedError(
                f"there is no alternative {choice}", details=(f"there are {len(conflict.alternatives)}",)
            )
        chosen = conflict.alternatives[number - 1]
    else:
        position = position_of(before, conflict.id)
        pieces = read_piece(position.slot, choice, known.naming, draft.fresh, parent=position.parent)
        chosen = pieces.nodes[0]
        after = substitute(before, {conflict.id: chosen})
        return commit(draft, known, before, after, show=(chosen.id,), notes=pieces.notes)
    return commit(draft, known, before, substitute(before, {conflict.id: chosen}), show=(chosen.id,))


def _conflict_at(root: Node, target: NodeId) -> e.Conflict | p.Conflict | t.Conflict:
    node = require(root, target)
    kinds = (e.Conflict, p.Conflict, t.Conflict)
    for candidate in (node, *ancestors_in(root, target)):
        if isinstance(candidate, kinds):
            return candidate
    inside = [inner for inner in descend(node) if isinstance(inner, kinds)]
    if len(inside) != 1:
        found = "no conflict" if not inside else f"{len(inside)} conflicts"
        raise RefusedError(f"there is {found} here", suggestion="`dark conflicts` lists them")
    return inside[0]
