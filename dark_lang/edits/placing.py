"""Where the nodes of one toplevel hang: place writes applied one after the other, in (lamport, id) order.

A write that would close a cycle is skipped; the node stays where it was. That is the move operation of Kleppmann et
al., "A highly-available move operation for replicated trees" (2021), without its undo log: a write that comes late
starts the forest again from nothing, which only a merge pays for.

Must not know scalars, kinds of nodes or slots. Invariants: what hangs is a forest; `extended` leaves the forest that it
is asked of as it was, so that readers need no lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from dark_lang.edits.writes import CANVAS, TRASH, Create, Move, Place
from dark_lang.names import NOWHERE, NodeId, WriteId

PlaceWrite: TypeAlias = tuple[WriteId, Create | Move]

_FIRST: Final = WriteId(-1, -1, -1)
_FARTHEST: Final = 5_000
"""How far up a cycle is looked for. A place below more than that many nodes is as good as a cycle: no author makes it,
and looking farther would let a hostile diff buy minutes with bytes."""


class Forest:
    """The places of a toplevel's nodes, as far as `last`."""

    __slots__ = (
        "_owned",
        "_root",
        "below",
        "contested",
        "heads",
        "ignored",
        "last",
        "over",
        "skipped",
        "trash",
        "where",
    )

    def __init__(self, root: NodeId) -> None:
        self._root = root
        self.last = _FIRST
        self.where: dict[NodeId, tuple[WriteId, Place]] = {}  # what counts, for each node
        self.below: dict[NodeId, dict[NodeId, None]] = {}  # an ordered set for each parent
        self.trash: dict[NodeId, None] = {}
        self.over: dict[NodeId, NodeId] = {}  # what each node was put in place of when it last was in a slot
        self.heads: dict[NodeId, tuple[WriteId, ...]] = {}
        self.contested: dict[NodeId, None] = {}  # nodes with several heads
        # What could not be done, as long as nobody has replaced it.
        self.skipped: dict[WriteId, NodeId] = {}
        self.ignored: dict[WriteId, NodeId] = {}
        self._owned: set[NodeId] = set()  # whose set below is this forest's own to change

    def extended(self, writes: Iterable[PlaceWrite]) -> Forest:
        """A forest with these writes too, which must all come after `last`, in order."""
        forest = Forest(self._root)
        forest.where = self.where.copy()
        forest.below = self.below.copy()
        forest.trash = self.trash.copy()
        forest.over = self.over.copy()
        forest.heads = self.heads.copy()
        forest.contested = self.contested.copy()
        forest.skipped = self.skipped.copy()
        forest.ignored = self.ignored.copy()
        for write_id, write in writes:
            forest._apply(write_id, write)
            forest.last = write_id
        return forest

    def top(self, node: NodeId) -> NodeId:
        """The node at the end of the way up: the root, one in the trash, or one that never had a place. The end of
        `_FARTHEST` steps otherwise, which is none of these."""
        for above in self.way_up(node):
            node = above
        return node

    def way_up(self, node: NodeId) -> Iterator[NodeId]:
        """The nodes above, the nearest first; at most `_FARTHEST`."""
        for _ in range(_FARTHEST):
            held = self.where.get(node)
            if held is None or held[1].parent == NOWHERE:
                break
            node = held[1].parent
            yield node

    def _apply(self, write_id: WriteId, write: Create | Move) -> None:
        node = write.node
        heads = self.heads.get(node)
        if isinstance(write, Create):
            if heads is not None:  # a second node with that id; the first stays
                self.ignored[write_id] = node
                return
            self.heads[node] = (write_id,)
        else:
            if heads is None:  # of a node that nobody has made
                self.ignored[write_id] = node
                return
            heads = (*(head for head in heads if head not in write.replaces), write_id)
            for replaced in write.replaces:
                self.skipped.pop(replaced, None)
                self.ignored.pop(replaced, None)
            self.heads[node] = heads
            if len(heads) > 1:
                self.contested[node] = None
            else:
                self.contested.pop(node, None)
        place = write.place
        if not self._makes_sense(node, place):
            self.ignored[write_id] = node
        elif place.parent == node or (node in self.below and self._is_below(place.parent, node)):
            self.skipped[write_id] = node
        else:
            self._hang(node, write_id, place, write.over)

    def _makes_sense(self, node: NodeId, place: Place) -> bool:
        if place.parent != NOWHERE:
            return node != self._root
        return place == TRASH or (place == CANVAS and node == self._root)

    def _is_below(self, node: NodeId, above: NodeId) -> bool:
        for _ in range(_FARTHEST):
            if node == above:
                return True
            held = self.where.get(node)
            if held is None:
                return False
            node = held[1].parent
        return True

    def _hang(self, node: NodeId, write_id: WriteId, place: Place, over: NodeId) -> None:
        before = self.where.get(node)
        if before is not None:
            if before[1].parent != NOWHERE:
                del self._below(before[1].parent)[node]
            self.trash.pop(node, None)
        self.where[node] = (write_id, place)
        if place.parent != NOWHERE:
            self._below(place.parent)[node] = None
            self.over[node] = over
        elif place == TRASH:
            self.trash[node] = None

    def _below(self, parent: NodeId) -> dict[NodeId, None]:
        if parent not in self._owned:
            self.below[parent] = self.below.get(parent, {}).copy()
            self._owned.add(parent)
        return self.below[parent]
