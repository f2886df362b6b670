"""Which toplevel each node is in: for short ids, and to find a node by one, without decoding any toplevel.

Must not know trees. Invariant: the columns are sorted by node id and may live in a mapped file; nothing reads more of
them than a search touches.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from dark_lang.names import NodeId, spell_id


class Identities:
    """Sorted node ids, and for each the ordinal of its toplevel."""

    def __init__(self, nodes: Sequence[int], owners: Sequence[int]) -> None:
        self.nodes = nodes
        self.owners = owners

    def within(self, low: int, high: int) -> Iterator[tuple[NodeId, int]]:
        """The nodes with low <= id < high, with the ordinals of their toplevels."""
        nth = bisect_left(self.nodes, low)
        while nth < len(self.nodes) and self.nodes[nth] < high:
            yield NodeId(self.nodes[nth]), self.owners[nth]
            nth += 1

    def neighbours(self, node: NodeId) -> list[int]:
        """The nearest other ids, below and above: they alone decide how short a prefix can be."""
        return neighbours(self.nodes, node)


def neighbours(ordered: Sequence[int], node: int) -> list[int]:
    nth = bisect_left(ordered, node)
    found = [ordered[nth - 1]] if nth else []
    while nth < len(ordered) and ordered[nth] == node:
        nth += 1
    if nth < len(ordered):
        found.append(ordered[nth])
    return found


def shortest_prefix(node: NodeId, others: Iterable[int]) -> str:
    """The shortest prefix of the spelled id, of two letters or more, that none of the others starts with."""
    word = spell_id(node)
    length = 2
    for other in others:
        if other == node:
            continue
        differing = (node ^ other).bit_length()  # the first letter that differs holds this bit
        length = max(length, 16 - (differing - 1) // 4)
    return word[:length]


def merged(pairs: Iterable[tuple[int, int]]) -> tuple[array[int], array[int]]:
    """The two columns of (node id, ordinal) pairs in any order."""
    # One number a pair sorts several times faster than a tuple.
    combined = sorted([node << 32 | owner for node, owner in pairs])
    return array("Q", [pair >> 32 for pair in combined]), array("I", [pair & 0xFFFFFFFF for pair in combined])
