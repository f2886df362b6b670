"""The registers of one toplevel that a draft has changed so far, and the fewest writes that say so.

A register is written once in a diff, however often a draft went to and fro, since a write can only name writes of other
diffs as what it replaces. Must not know what edits mean (`drafting`). Invariant: the fold of `writes` over the source
holds exactly these changes, in whatever order they were made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dark_lang.edits.growing import grow
from dark_lang.edits.hashing import subtree_hash
from dark_lang.edits.layouts import LAYOUTS
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import settle_trash
from dark_lang.edits.writes import TRASH, Create, Move, Place, SetScalar, Write
from dark_lang.names import NOWHERE, NodeId, WriteId
from dark_lang.nodes.shape import Node, Scalar
from dark_lang.records import NamedTuple, dataclass

UNWRITTEN: Final = 2**64 - 1
"""Stands for the diff of writes that have none yet. Larger than nearly all, so that they come last, as they will."""


@dataclass(frozen=True, slots=True)
class New:
    kind: type[Node]
    scalars: tuple[Scalar, ...]


class Putting(NamedTuple):
    place: Place
    over: NodeId = NOWHERE
    firm: bool = False  # written even if the node is there already, against others who move it away


class Register(NamedTuple):
    node: NodeId
    field: str
    key: str | None


class Pending:
    def __init__(self, source: Ledger) -> None:
        self.source = source
        self.created: dict[NodeId, New] = {}
        self.placed: dict[NodeId, Putting] = {}
        self.values: dict[Register, tuple[Scalar, ...]] = {}  # several restore a disagreement

    def copy(self) -> Pending:
        pending = Pending(self.source)
        pending.created = self.created.copy()
        pending.placed = self.placed.copy()
        pending.values = self.values.copy()
        return pending

    def __contains__(self, node: NodeId) -> bool:
        return node in self.created or node in self.source

    def place(self, node: NodeId) -> Place | None:
        putting = self.placed.get(node)
        return putting.place if putting is not None else self.source.place(node)

    def children(self, parent: NodeId, slot: str) -> list[NodeId]:
        """In a slot now, in order."""
        forest = self.source.forest()
        found = [kid for kid in forest.below.get(parent, ()) if kid not in self.placed]
        found += [kid for kid, putting in self.placed.items() if putting.place.parent == parent]
        keyed = [(place.key, kid) for kid in found if (place := self.place(kid)) is not None and place.slot == slot]
        return [kid for _, kid in sorted(keyed)]

    def way_up(self, node: NodeId) -> list[NodeId]:
        """The node and what is above it, the nearest first."""
        way = [node]
        while (place := self.place(way[-1])) is not None and place.parent != NOWHERE:
            way.append(place.parent)
        return way

    def kind(self, node: NodeId) -> type[Node] | None:
        if node in self.created:
            return self.created[node].kind
        made = self.source.created(node)
        return None if made is None else made[1].kind

    def ledger(self, writes: list[Write], lamport: int) -> Ledger:
        """The source with these writes."""
        if not writes:
            return self.source
        settle_trash(self.source)  # once for all copies, the one that is folded next among them
        ledger = self.source.copy()
        for nth, write in enumerate(writes):
            ledger.add(WriteId(lamport, UNWRITTEN, nth), write)
        return ledger

    # Writes

    def writes(self) -> list[Write]:
        writes = [*self._place_writes(), *self._value_writes()]
        if not any(isinstance(write, Move) for write in writes) and not self.source.forest().trash:
            return writes
        return self._with_hashes(writes)

    def _dropped(self) -> set[NodeId]:
        """New nodes that ended in the trash, and the new nodes below them: nobody ever saw them."""
        below: dict[NodeId, list[NodeId]] = {}
        dropped: list[NodeId] = []
        for node in self.created:
            place = self.placed[node].place
            below.setdefault(place.parent, []).append(node)
            if place == TRASH:
                dropped.append(node)
        for node in dropped:
            dropped += below.get(node, ())
        return set(dropped)

    def _depths(self, nodes: Iterable[NodeId]) -> dict[NodeId, int]:
        depths: dict[NodeId, int] = {NOWHERE: 0}
        for node in nodes:
            way = []
            while node not in depths:
                way.append(node)
                place = self.place(node)
                node = NOWHERE if place is None else place.parent
            depths.update((above, nth) for nth, above in enumerate(reversed(way), depths[node] + 1))
        return depths

    def _place_writes(self) -> list[Write]:
        """From the top of what results to its bottom: in that order no write can close a cycle on the way."""
        dropped = self._dropped()
        toplevel = self.source.toplevel
        forest = self.source.forest()
        depths = self._depths(self.placed)
        found: list[tuple[int, int, Write]] = []
        for nth, (node, putting) in enumerate(self.placed.items()):
            if node in dropped:
                continue
            place, over, firm = putting
            if place.parent in dropped:
                place, over = TRASH, NOWHERE
            depth = 0 if place.parent == NOWHERE else depths[node]
            write: Write
            if node in self.created:
                new = self.created[node]
                write = Create(toplevel, node, new.kind, new.scalars, place, over)
            else:
                heads = forest.heads.get(node, ())
                held = forest.where.get(node)
                if len(heads) == 1 and held is not None and held[0] == heads[0] and held[1] == place and not firm:
                    continue
                write = Move(toplevel, node, place, heads, over)
            found.append((depth, nth, write))
        found.sort(key=lambda one: one[:2])
        return [write for _, _, write in found]

    def _value_writes(self) -> list[Write]:
        dropped = self._dropped()
        writes: list[Write] = []
        for (node, field, key), values in self.values.items():
            if node in dropped:
                continue
            holders = self.source.holders(node, field, key)
            if len(holders) == 1 and len(values) == 1 and is_same(holders[0].value, values[0]):
                continue
            if not holders and values == (None,):
                continue
            heads = tuple([held.id for held in holders])
            writes += [SetScalar(self.source.toplevel, node, field, key, value, heads) for value in values]
        return writes

    def _with_hashes(self, writes: list[Write]) -> list[Write]:
        """With the hash of what each deletion takes away; and anew for what was in the trash and changes there."""
        ledger = self.ledger(writes, 0x7FFF_FFFF_FFFF_FFFF)
        forest = ledger.forest()
        changed: dict[NodeId, None] = {}
        for write in writes:
            changed.update(dict.fromkeys(self._tops(ledger, write)))
        hashed: list[Write] = []
        for write in writes:
            if isinstance(write, Move) and write.place == TRASH:
                changed.pop(write.node, None)
                took = _hash(ledger, write.node)
                write = Move(write.toplevel, write.node, write.place, write.replaces, write.over, took)
            hashed.append(write)
        for node in changed:
            if node in forest.trash and node not in self.placed:
                took = _hash(ledger, node)
                held = [write for _, write in self.source.entries(node) if isinstance(write, Move)]
                if held and held[-1].place == TRASH and held[-1].took not in (b"", took):
                    heads = self.source.place_heads(node)
                    hashed.append(Move(ledger.toplevel, node, TRASH, heads, NOWHERE, took))
        return hashed

    def _tops(self, ledger: Ledger, write: Write) -> list[NodeId]:
        """The tops of the trees that a write changes: where its node is and where it was."""
        forest = ledger.forest()
        tops = [forest.top(write.node)]
        before = self.source.forest().where.get(write.node)
        if not isinstance(write, SetScalar) and before is not None and before[1].parent != NOWHERE:
            tops.append(forest.top(before[1].parent))
        return tops


def is_same(a: Scalar, b: Scalar) -> bool:
    return type(a) is type(b) and repr(a) == repr(b)


def _hash(ledger: Ledger, node: NodeId) -> bytes:
    tree = grow(ledger, node).root
    return b"" if tree is None or type(tree) not in LAYOUTS else subtree_hash(tree)
