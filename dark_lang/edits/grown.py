"""What comes of reading registers as a tree: the tree, what edits disagree on, and the ids of what no write made.

Must not know ledgers. Invariant: a derived id depends on the ids around it alone, so every clone derives the same.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum, auto

from dark_lang.edits.layouts import FIELDS
from dark_lang.names import NodeId, WriteId, mix_id
from dark_lang.nodes.shape import Node, Scalar
from dark_lang.records import dataclass


class Kind(Enum):
    PLACE = auto()  # several nodes stand where one may
    SCALAR = auto()  # a field has several values
    DELETED_MODIFIED = auto()  # what one edit deleted another edit changed
    CYCLE = auto()  # a move that would have put a node below itself
    MOVED_TWICE = auto()
    IGNORED = auto()  # a write that means nothing here


@dataclass(frozen=True, slots=True)
class Disagreement:
    node: NodeId  # the Conflict where the tree shows one
    what: str  # a sentence
    writes: tuple[WriteId, ...]
    kind: Kind


@dataclass(slots=True)
class Standing:
    """Nodes that stand together where one may."""

    parent: NodeId
    slot: str
    key: bytes
    nodes: tuple[NodeId, ...]


@dataclass(slots=True)
class Grown:
    """A tree, and how it came to be, as far as an editor of it has to know."""

    root: Node | None = None
    disagreements: list[Disagreement] = field(default_factory=list)
    standing: dict[NodeId, Standing] = field(default_factory=dict)  # by Conflict, or by the one node that shows
    wavering: dict[NodeId, NodeId] = field(default_factory=dict)  # Conflict over scalars -> the node they are of
    choices: dict[NodeId, dict[str, Scalar]] = field(default_factory=dict)  # copy in such a Conflict -> its values
    too_deep: set[NodeId] = field(default_factory=set)
    made: set[NodeId] = field(default_factory=set)  # ids that no write made


def derived_id(base: NodeId, salt: int) -> NodeId:
    return mix_id(base ^ (salt * 0xD6E8FEB86659FD93), 0x5EED)


def hole_id(parent: NodeId, slot: str, nth: int = 0) -> NodeId:
    """Of the hole that an empty slot reads as."""
    return derived_id(parent, FIELDS[slot] * 4 + 1 + nth * 1024)


def conflict_id(parent: NodeId, slot: str, over: NodeId) -> NodeId:
    return derived_id(derived_id(parent, FIELDS[slot] * 4 + 2), over)


def wavering_id(node: NodeId) -> NodeId:
    return derived_id(node, 3)
