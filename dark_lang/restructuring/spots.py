"""Places where something can be put: into a list, or among statements.

Must not know drafts or text. Invariant: a spot is named by nodes that are there, so that it stays right when the tree
around it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Slot, Sort, shape_of
from dark_lang.nodes.walking import positions_in
from dark_lang.records import dataclass
from dark_lang.restructuring.arities import main_list
from dark_lang.restructuring.statements import Statement, is_forgotten, is_statement, put_together, take_apart
from dark_lang.restructuring.surgery import (
    N,
    NewId,
    as_expression,
    changed,
    require,
    require_sort,
    sort_of,
    substitute,
    with_list,
)


class Where(Enum):
    FIRST = "first"
    LAST = "last"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Spot:
    """First or last in a node (in the list `slot`, by its label, if that is said), or before or after it."""

    node: NodeId
    where: Where
    slot: str = ""


@dataclass(frozen=True, slots=True)
class ListSpot:
    parent: Node
    slot: Slot
    index: int


@dataclass(frozen=True, slots=True)
class StatementSpot:
    """Before an expression that stands where statements may precede it; with `after`, behind it as the new value."""

    node: e.Expression
    after: bool


def locate(root: Node, spot: Spot) -> ListSpot | StatementSpot:
    """RefusedError if nothing can be put there."""
    node = require(root, spot.node)
    if spot.where in (Where.BEFORE, Where.AFTER):
        return _beside(root, node, after=spot.where is Where.AFTER)
    container, slot = _list_of(node, spot.slot)
    if slot is not None:
        return ListSpot(container, slot, 0 if spot.where is Where.FIRST else len(getattr(container, slot.name)))
    body = _body_of(container)
    if spot.where is Where.FIRST:
        return StatementSpot(body, after=False)
    return StatementSpot(take_apart(body)[1], after=False)


def _list_of(node: Node, label: str) -> tuple[Node, Slot | None]:
    if label:
        slot = shape_of(type(node)).slot(label)
        if slot is None or slot.arity is not Arity.MANY:
            raise RefusedError(f"`{label}` is no list here")
        return node, slot
    if isinstance(node, top.Type):
        held = main_list(node.definition)
        return (node.definition, held) if held is not None else (node, shape_of(top.Type).slot("params"))
    return node, main_list(node)


def _body_of(node: Node) -> e.Expression:
    """Where the statements of a node stand: its body, or the node itself."""
    body = node if isinstance(node, e.Let | e.Note) else getattr(node, "body", node)
    if sort_of(body) is not Sort.EXPRESSION:
        raise RefusedError("this holds no list", suggestion="put it before or after a sibling: --before, --after")
    return as_expression(body)


def _beside(root: Node, node: Node, *, after: bool) -> ListSpot | StatementSpot:
    position = positions_in(root).get(node.id)
    if position is None:
        raise RefusedError("nothing stands beside a whole definition", suggestion="use `--first` or `--last`")
    if position.slot.arity is Arity.MANY and not isinstance(position.parent, e.Conflict | p.Conflict | t.Conflict):
        return ListSpot(position.parent, position.slot, position.nth + after)
    if sort_of(node) is Sort.EXPRESSION:
        return StatementSpot(as_expression(node), after)
    raise RefusedError("nothing can stand beside this: it is the only one of its kind here")


def put_into_list(root: N, spot: ListSpot, nodes: Sequence[Node]) -> N:
    for node in nodes:
        require_sort(spot.slot, node)
    held = getattr(require(root, spot.parent.id), spot.slot.name)
    return with_list(root, spot.parent.id, spot.slot.name, [*held[: spot.index], *nodes, *held[spot.index :]])


def put_among_statements(root: N, spot: StatementSpot, statements: Sequence[Statement], fresh: NewId) -> N:
    """Something put behind a value becomes the value, and the old value a statement."""
    node = as_expression(require(root, spot.node.id))
    if not spot.after:
        return substitute(root, {node.id: put_together(statements, node)})
    if isinstance(node, e.Let | e.Note) and is_statement(node):
        return substitute(root, {node.id: changed(node, body=put_together(statements, node.body))})
    *before, last = statements
    value = last.value if isinstance(last, e.Let) and is_forgotten(last) else last
    forgotten = e.Let(fresh(), p.Wildcard(fresh()), node, put_together(before, value))
    return substitute(root, {node.id: forgotten})
