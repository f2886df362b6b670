"""Toplevels of the cached fold, decoded when they are asked for, and kept while there is room.

Must not know what came after the cache. Invariant: a cache that turns out damaged is folded anew, and nobody who asks
notices more than the time that it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock

from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import Materialized, materialize
from dark_lang.names import NodeId
from dark_lang.nodes.realms import REFERENCES
from dark_lang.nodes.shape import Arity, Node, shape_of
from runtime.referring import key_of
from runtime.store.identities import Identities
from runtime.store.images import Image, ImageDamaged

_ROOM = 2_000
"""Trees kept. One of 50 nodes takes some 10 kB."""


class Tree:
    """One toplevel's tree in one state, with its node ids, and what it refers to, once somebody wants them."""

    __slots__ = ("_ids", "_references", "materialized")

    def __init__(self, materialized: Materialized) -> None:
        self.materialized = materialized
        self._ids: list[NodeId] | None = None
        self._references: frozenset[int] | None = None

    @property
    def ids(self) -> list[NodeId]:
        """Of all its nodes, sorted."""
        if self._ids is None:
            root = self.materialized.toplevel
            self._ids = sorted([node.id for node in _all_nodes(root)]) if root is not None else []
        return self._ids

    @property
    def references(self) -> frozenset[int]:
        """The keys (`runtime.referring`) of what it refers to."""
        if self._references is None:
            root = self.materialized.toplevel
            self._references = frozenset(_all_references(root)) if root is not None else frozenset()
        return self._references


def _all_references(root: Node) -> Iterator[int]:
    for node in _all_nodes(root):
        reference = REFERENCES.get(type(node))
        if reference is not None:
            key = key_of(getattr(node, reference[0]))
            if key is not None:
                yield key


def _all_nodes(root: Node) -> Iterator[Node]:
    """As `walking.descend`, in any order and faster: a canvas has half a million nodes."""
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        yield node
        kind = type(node)
        slots = _SLOTS.get(kind)
        if slots is None:
            slots = [(slot.name, slot.arity is Arity.MANY) for slot in shape_of(kind).slots]
            _SLOTS[kind] = slots
        for name, many in slots:
            held = getattr(node, name)
            if many:
                stack += held
            elif held is not None:
                stack.append(held)


_SLOTS: dict[type[Node], list[tuple[str, bool]]] = {}


class Trees:
    def __init__(self, image: Image, recover: Callable[[], Image]) -> None:
        self.image = image
        self._recover = recover
        self._kept: dict[NodeId, Tree] = {}
        self._found: Identities | None = None
        self._references: Identities | None = None
        self._lock = Lock()

    def ledger(self, toplevel: NodeId) -> Ledger | None:
        """A fresh copy, for the caller to keep."""
        image = self.image
        try:
            return image.ledger(toplevel)
        except ImageDamaged:
            return self._repaired(image).ledger(toplevel)

    def tree(self, toplevel: NodeId) -> Tree | None:
        kept = self._kept.get(toplevel)
        if kept is None:
            ledger = self.ledger(toplevel)
            if ledger is None:
                return None
            entry = self.image.entries.get(toplevel)
            kept = Tree(materialize(ledger, None if entry is None else entry.content))
            with self._lock:
                if len(self._kept) >= _ROOM:
                    for oldest in list(self._kept)[: _ROOM // 4]:
                        del self._kept[oldest]
                self._kept[toplevel] = kept
        return kept

    def identities(self) -> Identities:
        if self._found is None:
            image = self.image
            try:
                self._found = image.identities()
            except ImageDamaged:
                self._found = self._repaired(image).identities()
        return self._found

    def references(self) -> Identities:
        """The keys of what toplevels refer to, and for each the ordinal of one that does."""
        if self._references is None:
            image = self.image
            try:
                self._references = image.references()
            except ImageDamaged:
                self._references = self._repaired(image).references()
        return self._references

    def _repaired(self, damaged: Image) -> Image:
        with self._lock:
            if self.image is damaged:
                self.image = self._recover()
                self._kept.clear()
                self._found = self._references = None
            return self.image
