"""Changed copies of trees, by id: the cuts that every operation is made of.

Must not know what an operation is for, nor drafts. Invariant: a node that is put somewhere else keeps its id, and
what nobody touched is shared with the tree before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Slot, Sort, shape_of
from dark_lang.nodes.walking import Position, children_of, descend, positions_in, rebuild
from dark_lang.notation.addresses import label_of

N = TypeVar("N", bound=Node)
NewId = Callable[[], NodeId]


def changed(node: N, **fields: Any) -> N:
    """A copy of one node with other fields; its id stays unless it is among them."""
    return dataclasses.replace(node, **fields)


def ancestors_in(root: Node, node_id: NodeId) -> Iterator[Node]:
    """The nodes above a node, the nearest first."""
    above = positions_in(root)
    while (position := above.get(node_id)) is not None:
        yield position.parent
        node_id = position.parent.id


def substitute(root: N, by: Mapping[NodeId, Node]) -> N:
    """The tree with other subtrees in place of some nodes. What is put in is taken as it is, not searched again."""
    if len(by) != 1:
        return rebuild(root, lambda node: by.get(node.id, node))
    ((node_id, new),) = by.items()
    above = positions_in(root)
    if node_id != root.id and node_id not in above:
        return root
    while (position := above.get(node_id)) is not None:
        parent, slot, nth = position
        if slot.arity is Arity.MANY:
            held = getattr(parent, slot.name)
            new = changed(parent, **{slot.name: (*held[:nth], new, *held[nth + 1 :])})
        else:
            new = changed(parent, **{slot.name: new})
        node_id = parent.id
    return cast(N, new)


def with_list(root: N, parent: NodeId, slot: str, items: Sequence[Node]) -> N:
    return substitute(root, {parent: changed(require(root, parent), **{slot: tuple(items)})})


def unshared(before: Node, after: Node) -> list[Node]:
    """The nodes of `after` that are not the very same objects in `before`, parents first: all that an edit has to look
    at, since whatever is below a shared node is shared too."""
    shared = {id(node) for node in descend(before)}
    found: list[Node] = []
    stack = [after]
    while stack:
        node = stack.pop()
        if id(node) not in shared:
            found.append(node)
            stack.extend(reversed(children_of(node)))
    return found


def sort_of(node: Node) -> Sort:
    return shape_of(type(node)).sort


def as_expression(node: Node) -> e.Expression:
    """The node as what it is. RefusedError if it is none."""
    if sort_of(node) is not Sort.EXPRESSION:
        raise RefusedError(f"an expression belongs here, and this is {SORT_WORDS[sort_of(node)]}")
    return cast(e.Expression, node)


def hole_for(sort: Sort, fresh: NewId, label: str = "") -> Node:
    """The hole of a sort. RefusedError if there is none: arms, fields and the like are there or are not."""
    match sort:
        case Sort.EXPRESSION | Sort.PART:
            return e.Hole(fresh(), label)
        case Sort.PATTERN:
            return p.Hole(fresh(), label)
        case Sort.TYPE:
            return t.Hole(fresh(), label)
        case _:
            raise RefusedError(f"{SORT_WORDS[sort]} cannot be left out here")


SORT_WORDS: Mapping[Sort, str] = {
    Sort.EXPRESSION: "an expression",
    Sort.PART: "a piece of a string",
    Sort.PATTERN: "a pattern",
    Sort.TYPE: "a type",
    Sort.ARM: "an arm of a match",
    Sort.FIELD: "a field",
    Sort.ENTRY: "an entry of a dict",
    Sort.FIELD_PATTERN: "a field of a pattern",
    Sort.FIELD_TYPE: "a field of a type",
    Sort.CASE: "a case of an enum",
    Sort.PARAMETER: "a parameter",
    Sort.TYPE_PARAMETER: "a type parameter",
    Sort.TOPLEVEL: "a definition",
}


def require(root: Node, node_id: NodeId) -> Node:
    position = positions_in(root).get(node_id)
    if position is not None:
        held = getattr(position.parent, position.slot.name)
        found: Node = held[position.nth] if position.slot.arity is Arity.MANY else held
        return found
    if node_id != root.id:
        raise AddressError("that node is not in the tree any more", suggestion="look again with `dark show --ids`")
    return root


def position_of(root: Node, node_id: NodeId) -> Position:
    """Where a node hangs. RefusedError for the toplevel itself."""
    position = positions_in(root).get(node_id)
    if position is None:
        require(root, node_id)
        if isinstance(root, top.Toplevel):
            label, shape = label_of(root), shape_of(type(root))
            parts = [slot.label for slot in (shape.slot("body"), *shape.slots) if slot is not None]
            raise RefusedError(
                f"{label} is a whole definition, and this is done to a part of one",
                suggestion=f"address a node inside it: {label}#{parts[0]}" if parts else "",
            )
        raise RefusedError("this is done to a part of a tree, not to its root")
    return position


def siblings(position: Position) -> tuple[Node, ...]:
    """The list that a node stands in; the node alone if its slot is no list."""
    held = getattr(position.parent, position.slot.name)
    return held if position.slot.arity is Arity.MANY else (held,)


def require_sort(slot: Slot, node: Node) -> None:
    if not slot.sort.takes(sort_of(node)):
        raise RefusedError(
            f"{SORT_WORDS[slot.sort]} goes into `{slot.label}`, but this is {SORT_WORDS[sort_of(node)]}",
            suggestion="write it as the sort of thing that stands there, or choose another place",
        )


def contains(root: Node, node_id: NodeId) -> bool:
    return any(node.id == node_id for node in descend(root))


def steps_in(root: Node) -> set[NodeId]:
    """The calls below the root that lack their first argument."""
    found: set[NodeId] = set()
    for node in descend(root):
        if isinstance(node, e.Pipe):
            for step in node.steps:
                while isinstance(step, e.Try):
                    step = step.value
                if isinstance(step, e.Call | e.Apply):
                    found.add(step.id)
    return found
