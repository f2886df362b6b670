"""The smallest edits, and the diff that groups them.

Must not know bytes (`wire`), files, or how writes are folded (`ledgers`). Invariant: a write is understood without any
other: it names its toplevel, its node and the writes that it replaces.
"""

from __future__ import annotations

from typing import TypeAlias

from dark_lang.names import NOWHERE, NodeId, WriteId
from dark_lang.nodes.shape import Node, Scalar
from dark_lang.records import NamedTuple, dataclass


class Place(NamedTuple):
    """Where a node hangs: parent, the slot's field name, and for lists a fractional key (`b""` elsewhere)."""

    parent: NodeId
    slot: str
    key: bytes = b""


TRASH = Place(NOWHERE, "")
"""Of a node or a toplevel that was deleted."""
CANVAS = Place(NOWHERE, "canvas")
"""Of a toplevel that is alive."""


@dataclass(frozen=True, slots=True)
class Create:
    """A new node with the first value of each scalar, in the order of its shape's `scalars`. Its place is its first."""

    toplevel: NodeId
    node: NodeId
    kind: type[Node]
    scalars: tuple[Scalar, ...]
    place: Place
    over: NodeId = NOWHERE  # the node that this one was put in place of: the base if others did the same


@dataclass(frozen=True, slots=True)
class SetScalar:
    toplevel: NodeId
    node: NodeId
    field: str
    key: str | None  # of a table; None for a plain scalar
    value: Scalar
    replaces: tuple[WriteId, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Puts an existing node, or a toplevel, somewhere else, or into the trash."""

    toplevel: NodeId
    node: NodeId
    place: Place
    replaces: tuple[WriteId, ...]
    over: NodeId = NOWHERE
    took: bytes = b""  # when it goes to the trash: 8 bytes of the hash of the content that its author saw


Write: TypeAlias = Create | SetScalar | Move


@dataclass(frozen=True, slots=True)
class Diff:
    """An atomic group of writes, as its author made it. Its id is the SHA-256 of its bytes (`wire`)."""

    canvas: bytes  # 16 bytes
    parents: tuple[bytes, ...]  # ids of 32 bytes, sorted: the diffs that its author had seen and nobody had built on
    lamport: int  # 1 + the parents' highest
    time: int  # microseconds since 1970 UTC, by the author's clock
    author: str
    command: str  # what made it, secrets removed
    request: bytes  # 16 bytes: by which a client whose connection broke finds it again
    undoes: bytes  # the id of the diff that this one takes back (or, for a redo, of the undo), else b""
    seed: int  # new node ids are mix_id(seed, 0), mix_id(seed, 1), …
    writes: tuple[Write, ...]
