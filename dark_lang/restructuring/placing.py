"""Putting things somewhere: new definitions, new children, moved and copied ones.

Invariant: what moves inside one definition keeps its id and all ids below; what goes to another definition is a copy
with fresh ids, whose variables mean what their names mean there.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Sort
from dark_lang.nodes.walking import with_fresh_ids
from dark_lang.notation.reading import read_expression
from dark_lang.records import dataclass
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.pieces import read_pieces
from dark_lang.restructuring.removing import vacated, without_statement
from dark_lang.restructuring.scoping import free_variables, scope_at
from dark_lang.restructuring.spots import (
    ListSpot,
    Spot,
    StatementSpot,
    locate,
    put_among_statements,
    put_into_list,
)
from dark_lang.restructuring.statements import Statement, as_statements, is_statement
from dark_lang.restructuring.surgery import (
    N,
    NewId,
    as_expression,
    contains,
    position_of,
    require,
    require_sort,
    sort_of,
    substitute,
)


def insert_toplevel(draft: Draft, toplevel: top.Toplevel, notes: tuple[str, ...] = ()) -> Changed:
    draft.create_toplevel(toplevel)
    return Changed(toplevel.id, (toplevel.id,), notes)


def insert(draft: Draft, known: Known, toplevel: NodeId, spot: Spot, text: str) -> Changed:
    """Reads `text` as what the spot takes, and puts it there."""
    before = draft.tree(toplevel)
    place = locate(before, spot)
    if isinstance(place, ListSpot):
        pieces = read_pieces(place.slot, text, known.naming, draft.fresh, parent=place.parent)
        after = put_into_list(before, place, pieces.nodes)
        return commit(draft, known, before, after, show=[node.id for node in pieces.nodes], notes=pieces.notes)
    reading = read_expression(text, known.naming, draft.fresh)
    statements = as_statements(reading.tree, draft.fresh)
    after = put_among_statements(before, place, statements, draft.fresh)
    notes = tuple(repair.message for repair in reading.repairs)
    return commit(draft, known, before, after, show=[statement.id for statement in statements], notes=notes)


@dataclass(frozen=True, slots=True)
class Target:
    """Where something goes: a spot, or a node whose place it takes (a hole, or for copies anything of its sort)."""

    toplevel: NodeId
    spot: Spot | NodeId


def move(draft: Draft, known: Known, toplevel: NodeId, node_id: NodeId, target: Target) -> Changed:
    before = draft.tree(toplevel)
    node = require(before, node_id)
    position_of(before, node_id)
    landing = target.spot.node if isinstance(target.spot, Spot) else target.spot
    if toplevel != target.toplevel:
        arrived = _arrive(draft, known, node, target, draft.fresh)
        left = _leave(before, node, target, draft)
        gone = commit(draft, known, before, left)
        return Changed(arrived.toplevel, arrived.shown, (*arrived.notes, *gone.notes))
    if landing == node_id:
        raise RefusedError("it stands there already")
    if contains(_moved_part(node, before, target), landing):
        raise RefusedError("a thing cannot be moved into itself")
    shrunk = _leave(before, node, target, draft)
    after = _placed(shrunk, node, target, draft.fresh)
    return commit(draft, known, before, after, show=(node_id,))


def copy(draft: Draft, known: Known, toplevel: NodeId, node_id: NodeId, target: Target) -> Changed:
    """The copy has fresh ids, and its variables mean what their names mean at the target."""
    node = require(draft.tree(toplevel), node_id)
    position_of(draft.tree(toplevel), node_id)
    return _arrive(draft, known, node, target, draft.fresh)


def _goes_among_statements(root: Node, target: Target) -> bool:
    return isinstance(target.spot, Spot) and isinstance(locate(root, target.spot), StatementSpot)


def _moved_part(node: Node, root: Node, target: Target) -> Node:
    """A statement that moves among statements leaves its body behind."""
    if isinstance(node, e.Let) and is_statement(node) and _goes_among_statements(root, target):
        return node.value
    return node


def _leave(before: N, node: Node, target: Target, draft: Draft) -> N:
    there = draft.tree(target.toplevel)
    if isinstance(node, e.Let | e.Note) and is_statement(node) and _goes_among_statements(there, target):
        return without_statement(before, node)
    return vacated(before, node.id, draft.fresh)


def _arrive(draft: Draft, known: Known, node: Node, target: Target, fresh: NewId) -> Changed:
    there = draft.tree(target.toplevel)
    copied = with_fresh_ids(node, fresh)
    after = _placed(there, copied, target, fresh)
    scope = scope_at(after, copied.id)
    unbound = [name for name in free_variables(copied) if name not in scope]
    notes = tuple(f"{name} is not bound there" for name in unbound)
    return commit(draft, known, there, after, show=(copied.id,), notes=notes)


def _placed(root: N, node: Node, target: Target, fresh: NewId) -> N:
    if not isinstance(target.spot, Spot):
        return _in_place_of(root, target.spot, node)
    place = locate(root, target.spot)
    if isinstance(place, ListSpot):
        return put_into_list(root, place, (node,))
    if sort_of(node) is not Sort.EXPRESSION:
        require_sort(position_of(root, place.node.id).slot, node)
    return put_among_statements(root, place, _as_statements(node, fresh), fresh)


def _as_statements(node: Node, fresh: NewId) -> list[Statement]:
    if isinstance(node, e.Let | e.Note) and is_statement(node):
        return [node]
    return as_statements(as_expression(node), fresh)


def _in_place_of(root: N, place: NodeId, node: Node) -> N:
    held = require(root, place)
    if not isinstance(held, e.Hole | p.Hole | t.Hole):
        raise RefusedError(
            "something stands there already, and would be lost",
            suggestion="name a place beside it with --before, --after, --first or --last, or delete it first",
        )
    require_sort(position_of(root, place).slot, node)
    return substitute(root, {place: node})
