"""Deleting, and what is left where something was.

Invariant: a fixed slot never shrinks by itself: what is deleted there leaves a hole, and only the hole of a list of
arguments can be deleted for good.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Arity, Node
from dark_lang.nodes.walking import Position
from dark_lang.restructuring.arities import FIXED, HOLES, fewest
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.statements import is_statement
from dark_lang.restructuring.surgery import (
    N,
    NewId,
    changed,
    hole_for,
    position_of,
    require,
    siblings,
    substitute,
    with_list,
)


def leaves_hole(position: Position, node: Node) -> bool:
    parent = position.parent
    if position.slot.arity is not Arity.MANY:
        return position.slot.arity is Arity.ONE
    if FIXED.get(type(parent)) != position.slot.name:
        return False
    return not (isinstance(node, HOLES) and len(siblings(position)) > fewest(parent))


def vacated(root: N, node_id: NodeId, fresh: NewId) -> N:
    """The tree without a node, with a hole in its place if the slot needs one."""
    node = require(root, node_id)
    position = position_of(root, node_id)
    if leaves_hole(position, node):
        return substitute(root, {node_id: hole_for(position.slot.sort, fresh)})
    parent, slot = position.parent, position.slot
    if slot.arity is Arity.MAYBE:
        return substitute(root, {parent.id: changed(parent, **{slot.name: None})})
    return with_list(root, parent.id, slot.name, [item for item in siblings(position) if item.id != node_id])


def without_statement(root: N, statement: e.Let | e.Note) -> N:
    return substitute(root, {statement.id: statement.body})


def delete(draft: Draft, known: Known, toplevel: NodeId, node_id: NodeId) -> Changed:
    """A statement leaves, and what follows takes its place; of a definition, all of it goes to the trash."""
    if node_id == toplevel:
        draft.delete_toplevel(toplevel)
        return Changed(toplevel, (), ())
    before = draft.tree(toplevel)
    node = require(before, node_id)
    position = position_of(before, node_id)
    if isinstance(node, e.Let | e.Note) and (is_statement(node) or isinstance(node, e.Note)):
        after = without_statement(before, node)
        return commit(draft, known, before, after, show=(node.body.id,), notes=_said_of_statement(node))
    if isinstance(node, HOLES) and leaves_hole(position, node):
        raise RefusedError("there is only a hole here, and the place needs something", suggestion="dark fill ADDR EXPR")
    after = vacated(before, node_id, draft.fresh)
    return commit(draft, known, before, after, show=(position.parent.id,))


def _said_of_statement(node: e.Let | e.Note) -> tuple[str, ...]:
    return () if isinstance(node, e.Note) else ("the statement is gone; what followed it stands in its place",)
