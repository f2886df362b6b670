"""Which nodes are lists, and which of these have a number of children of their own.

Must not know what is done with them. Invariant: tuples and operators never shrink (DESIGN section 6), so that edits in
two clones cannot make one with too few.
"""

from __future__ import annotations

from dark_lang.names import Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Slot, shape_of

HOLES = (e.Hole, p.Hole, t.Hole)
"""Of each sort the node that says that something is missing."""

FIXED: dict[type[Node], str] = {
    e.Tuple: "items",
    e.Construct: "args",
    e.Call: "args",
    e.Apply: "args",
    p.Tuple: "items",
    p.Constructor: "args",
    t.Tuple: "items",
    t.Named: "args",
}


def is_operator(node: Node) -> bool:
    return isinstance(node, e.Call) and isinstance(node.function, Standard) and node.function.name.startswith("Op::")


def fewest(node: Node) -> int:
    """How many children the main list of a node needs at least: tuples and operators never shrink."""
    if isinstance(node, e.Tuple | p.Tuple | t.Tuple):
        return len(node.items)
    return len(node.args) if isinstance(node, e.Call) and is_operator(node) else 0


MAIN_LISTS: dict[type[Node], str] = {
    e.String: "parts",
    e.List: "items",
    e.Tuple: "items",
    e.Dict: "entries",
    e.Record: "fields",
    e.RecordUpdate: "fields",
    e.Construct: "args",
    e.Match: "arms",
    e.Lambda: "params",
    e.Call: "args",
    e.FunctionRef: "type_args",
    e.Apply: "args",
    e.Pipe: "steps",
    p.Tuple: "items",
    p.List: "items",
    p.Record: "fields",
    p.Constructor: "args",
    t.Named: "args",
    t.Tuple: "items",
    t.Fn: "params",
    t.Record: "fields",
    t.Case: "args",
    t.Enum: "cases",
    top.Function: "params",
}


def main_list(node: Node) -> Slot | None:
    """The list that is meant when a node is spoken of as a list."""
    name = MAIN_LISTS.get(type(node))
    return None if name is None else next(slot for slot in shape_of(type(node)).slots if slot.name == name)
