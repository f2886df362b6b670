"""Passes that treat all nodes alike: children, descent, search, equality, copies.

Must not know any particular node. Invariant: nothing here recurses, so that no tree is too deep for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any, TypeVar, cast

from dark_lang.names import NodeId
from dark_lang.nodes.remembering import remembered
from dark_lang.nodes.shape import Arity, Node, Slot, shape_of
from dark_lang.records import NamedTuple

N = TypeVar("N", bound=Node)


class Step(NamedTuple):
    """One way down from a node. `nth` counts within a list slot and is 0 elsewhere."""

    slot: Slot
    nth: int
    node: Node


def steps_of(node: Node) -> list[Step]:
    """The children of a node, in the order of its declaration."""
    found: list[Step] = []
    for slot in shape_of(type(node)).slots:
        held = getattr(node, slot.name)
        if slot.arity is Arity.MANY:
            found += [Step(slot, nth, child) for nth, child in enumerate(held)]
        elif held is not None:
            found.append(Step(slot, 0, held))
    return found


def _ways_down(kind: type[Node]) -> tuple[tuple[str, bool], ...]:
    """The fields that hold children, last first, and whether each holds a tuple of them. Every pass goes this way, so
    it is worked out once for a kind of node."""
    ways = tuple((slot.name, slot.arity is Arity.MANY) for slot in reversed(shape_of(kind).slots))
    _WAYS_DOWN[kind] = ways
    return ways


_WAYS_DOWN: dict[type[Node], tuple[tuple[str, bool], ...]] = {}


def children_of(node: Node) -> list[Node]:
    ways = _WAYS_DOWN.get(type(node))
    found: list[Node] = []
    for name, many in reversed(_ways_down(type(node)) if ways is None else ways):
        held = getattr(node, name)
        if many:
            found += held
        elif held is not None:
            found.append(held)
    return found


def descend(root: Node) -> Iterator[Node]:
    """The node and all below it, parents before children, left to right."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        ways = _WAYS_DOWN.get(type(node))
        for name, many in _ways_down(type(node)) if ways is None else ways:
            held = getattr(node, name)
            if many:
                stack += held[::-1]
            elif held is not None:
                stack.append(held)


class Position(NamedTuple):
    """Where a node stands in a tree."""

    parent: Node
    slot: Slot
    nth: int


@remembered
def positions_in(root: Node) -> Mapping[NodeId, Position]:
    """The position of every node below the root."""
    found: dict[NodeId, Position] = {}
    for node in descend(root):
        for slot in shape_of(type(node)).slots:
            held = getattr(node, slot.name)
            if slot.arity is Arity.MANY:
                for nth, child in enumerate(held):
                    found[child.id] = Position(node, slot, nth)
            elif held is not None:
                found[held.id] = Position(node, slot, 0)
    return found


def find(root: Node, node_id: NodeId) -> Node | None:
    return next((node for node in descend(root) if node.id == node_id), None)


def _scalars(node: Node) -> tuple[Any, ...]:
    shape = shape_of(type(node))
    # repr tells -0.0 from 0.0 and 1 from 1.0 and True, which == does not.
    return tuple(repr(getattr(node, name)) for name in (*shape.scalars, *shape.tables))


def same(a: Node, b: Node) -> bool:
    """Whether two trees are equal, ids aside."""
    stack = [(a, b)]
    while stack:
        a, b = stack.pop()
        if type(a) is not type(b) or _scalars(a) != _scalars(b):
            return False
        a_steps, b_steps = steps_of(a), steps_of(b)
        if [(s.slot.name, s.nth) for s in a_steps] != [(s.slot.name, s.nth) for s in b_steps]:
            return False
        stack.extend((x.node, y.node) for x, y in zip(a_steps, b_steps, strict=True))
    return True


def rebuild(root: N, change: Callable[[Node], Node], *, shared: Container[int] = ()) -> N:
    """A copy in which every node is what `change` made of it, children first. A node that comes back unchanged, with
    unchanged children, is shared with the original. Nodes whose `id()` is in `shared` are taken as they are."""
    done: dict[int, Node] = {}
    order: list[Node] = []
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if id(node) in shared:
            done[id(node)] = node
            continue
        order.append(node)
        stack += children_of(node)
    for node in reversed(order):
        fields: dict[str, Any] = {}
        for slot in shape_of(type(node)).slots:
            held = getattr(node, slot.name)
            if slot.arity is Arity.MANY:
                after = tuple(done[id(item)] for item in held)
                if any(x is not y for x, y in zip(held, after, strict=True)):
                    fields[slot.name] = after
            elif held is not None and done[id(held)] is not held:
                fields[slot.name] = done[id(held)]
        kept = dataclasses.replace(node, **fields) if fields else node
        done[id(node)] = change(kept)
    return cast("N", done[id(root)])


def with_fresh_ids(root: N, fresh: Callable[[], NodeId]) -> N:
    """A copy in which every node has a new id."""
    return rebuild(root, lambda node: dataclasses.replace(node, id=fresh()))


def count(root: Node) -> int:
    return sum(1 for _ in descend(root))
