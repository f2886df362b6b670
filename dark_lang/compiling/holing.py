"""A definition as it runs while something in it does not fit: with holes around that.

Must not know how holes run. Invariant: the hole has the id of what it stands for, so that a run that comes to it names
the place.
"""

from __future__ import annotations

from collections.abc import Mapping

from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node, Sort, shape_of
from dark_lang.nodes.walking import N, rebuild


def with_holes(root: N, misfits: Mapping[NodeId, str]) -> N:
    """The same tree with a hole in place of each expression and pattern that is among the misfits."""
    if not misfits:
        return root

    def change(node: Node) -> Node:
        if node.id not in misfits:
            return node
        match shape_of(type(node)).sort:
            case Sort.EXPRESSION:
                return e.Hole(node.id, "")
            case Sort.PATTERN:
                return p.Hole(node.id, "")
            case _:
                return node

    return rebuild(root, change)
