"""The register state of one toplevel: every write to it that is known, by node.

Must not know trees (`materializing`), other toplevels or diffs. Invariants: what a ledger says depends on the set of
its writes, never on the order in which they were added; `add` takes any write at all and never raises. A ledger that
others can see is not added to: `copy` it first, which is cheap, since the copies share what neither changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from dark_lang.edits.layouts import LAYOUTS, Layout, accepts
from dark_lang.edits.placing import Forest, PlaceWrite
from dark_lang.edits.writes import Create, Place, SetScalar, Write
from dark_lang.names import NodeId, WriteId
from dark_lang.nodes.shape import Scalar
from dark_lang.records import NamedTuple

Entry: TypeAlias = tuple[WriteId, Write]


class Held(NamedTuple):
    """One write to a scalar register: its id, the value, what it replaces."""

    id: WriteId
    value: Scalar
    replaces: tuple[WriteId, ...]


class Settled:
    """What the scalar registers of one node hold, worked out from its writes once and carried on from there: a node
    that was set a thousand times costs no more than one that was set twice. Never changed once made."""

    __slots__ = ("born", "early", "entries", "heads", "ill")

    def __init__(self, entries: tuple[Entry, ...], before: Settled | None = None) -> None:
        self.entries = entries
        self.born: tuple[WriteId, Layout] | None = None
        self.heads: dict[tuple[str, str | None], tuple[Held, ...]] = {}
        self.early: tuple[tuple[WriteId, SetScalar], ...] = ()  # to tables, with ids before that of the Create
        self.ill: tuple[tuple[WriteId, str], ...] = ()  # what means nothing here, and the field that it names
        if before is None:
            self._start()
            new = entries
        else:
            self.born, self.heads, self.early, self.ill = before.born, before.heads.copy(), before.early, before.ill
            new = entries[len(before.entries) :]
        if self.born is not None:
            for write_id, write in new:
                if isinstance(write, SetScalar):
                    self._take(write_id, write, *self.born)

    def _start(self) -> None:
        for write_id, write in self.entries:
            if isinstance(write, Create):
                layout = LAYOUTS.get(write.kind)
                if layout is not None:
                    self.born = (write_id, layout)
                    for name, value in zip(layout.scalars, write.scalars, strict=False):
                        if accepts(layout, name, value):
                            self.heads[name, None] = (Held(write_id, value, ()),)
                return

    def _take(self, write_id: WriteId, write: SetScalar, born: WriteId, layout: Layout) -> None:
        field, key = write.field, write.key
        fits = key is None if field not in layout.tables else type(key) is str
        if not fits or not accepts(layout, field, write.value):
            self.ill += ((write_id, field),)
        elif write_id > born:
            held = self.heads.get((field, key), ())
            kept = tuple([head for head in held if head.id not in write.replaces])
            self.heads[field, key] = (*kept, Held(write_id, write.value, write.replaces))
        elif key is not None:
            self.early += ((write_id, write),)

    def follows(self, entries: tuple[Entry, ...]) -> bool:
        """Whether these are the writes that it was made of, and later ones. The first writes of a node settle much, so
        what was made without a Create is made anew."""
        last = len(self.entries) - 1
        return self.born is not None and len(entries) > last and entries[last] is self.entries[last]

    def senseless(self) -> list[tuple[WriteId, str]]:
        """The writes that mean nothing for such a node, with the fields that they name; in order."""
        heads = self.heads
        early = [(write_id, write.field) for write_id, write in self.early if (write.field, write.key) not in heads]
        return sorted((*self.ill, *early)) if early else list(self.ill)


class Ledger:
    __slots__ = ("_forest", "_nodes", "_settled", "toplevel", "verdicts")

    def __init__(self, toplevel: NodeId) -> None:
        self.toplevel = toplevel
        self._nodes: dict[NodeId, tuple[Entry, ...]] = {}  # sorted by id
        self._settled: dict[NodeId, Settled] = {}  # of nodes with several writes, once somebody asked
        # One attribute, so that a thread that reads sees a forest and what is still to be put into it together.
        self._forest: tuple[Forest, list[PlaceWrite]] = (Forest(toplevel), [])
        # The nodes touched since `materializing` looked through the trash, and what it found (see there).
        self.verdicts: tuple[set[NodeId], dict[NodeId, WriteId]] | None = None

    def copy(self) -> Ledger:
        ledger = Ledger(self.toplevel)
        ledger._nodes = self._nodes.copy()
        ledger._settled = self._settled.copy()
        forest, queue = self._forest
        ledger._forest = (forest, queue.copy())
        if self.verdicts is not None:
            touched, modified = self.verdicts
            ledger.verdicts = (touched.copy(), modified)
        return ledger

    def add(self, write_id: WriteId, write: Write) -> None:
        if write.toplevel != self.toplevel:
            return
        node = write.node
        held = self._nodes.get(node)
        entry = (write_id, write)
        if held is None:
            self._nodes[node] = (entry,)
        elif held[-1][0] < write_id:
            self._nodes[node] = (*held, entry)
        else:
            nth = bisect_left(held, write_id, key=itemgetter(0))
            if held[nth][0] == write_id:
                return
            self._nodes[node] = (*held[:nth], entry, *held[nth:])
        if not isinstance(write, SetScalar):
            self._forest[1].append((write_id, write))
        if self.verdicts is not None:
            touched = self.verdicts[0]
            touched.add(node)
            if not isinstance(write, SetScalar):
                touched.add(write.place.parent)
                touched.update(before.place.parent for _, before in held or () if not isinstance(before, SetScalar))

    def forest(self) -> Forest:
        """Where the nodes hang. Not to be changed."""
        forest, queue = self._forest
        if queue:
            waiting = sorted(queue, key=itemgetter(0))
            if waiting[0][0] < forest.last:
                forest, waiting = Forest(self.toplevel), sorted(self._place_writes(), key=itemgetter(0))
            forest = forest.extended(waiting)
            self._forest = (forest, [])
        return forest

    def _place_writes(self) -> Iterator[PlaceWrite]:
        for entries in self._nodes.values():
            for write_id, write in entries:
                if not isinstance(write, SetScalar):
                    yield write_id, write

    # What it says

    def __contains__(self, node: NodeId) -> bool:
        """Whether somebody made that node."""
        return self.created(node) is not None

    def entries(self, node: NodeId) -> tuple[Entry, ...]:
        """All writes to a node, in order."""
        return self._nodes.get(node, ())

    def writes(self) -> Iterator[Entry]:
        for entries in self._nodes.values():
            yield from entries

    def write_ids(self) -> Iterable[WriteId]:
        return (write_id for write_id, _ in self.writes())

    def nodes(self) -> Iterable[NodeId]:
        return self._nodes.keys()

    def created(self, node: NodeId) -> tuple[WriteId, Create] | None:
        """The write that made a node: the first, if ids collide."""
        for write_id, write in self._nodes.get(node, ()):
            if isinstance(write, Create):
                return write_id, write
        return None

    def place(self, node: NodeId) -> Place | None:
        held = self.forest().where.get(node)
        return None if held is None else held[1]

    def place_heads(self, node: NodeId) -> tuple[WriteId, ...]:
        return self.forest().heads.get(node, ())

    def settled(self, node: NodeId) -> Settled:
        """What the scalar registers of a node hold."""
        entries = self._nodes.get(node, ())
        known = self._settled.get(node)
        if known is not None and known.entries is entries:
            return known
        settled = Settled(entries, known if known is not None and known.follows(entries) else None)
        if len(entries) > 1:
            self._settled[node] = settled
        return settled

    def history(self, node: NodeId, field: str, key: str | None = None) -> list[Held]:
        """The writes to a scalar register that make sense, in order; the first is that of the Create."""
        settled = self.settled(node)
        if settled.born is None or (field, key) not in settled.heads:
            return []
        born, layout = settled.born
        held: list[Held] = []
        for write_id, write in settled.entries:
            if write_id == born and isinstance(write, Create):
                value = dict(zip(layout.scalars, write.scalars, strict=False)).get(field)
                if key is None and accepts(layout, field, value):
                    held.append(Held(born, value, ()))
            elif (
                isinstance(write, SetScalar)
                and write.field == field
                and write.key == key
                and write_id > born
                and accepts(layout, field, write.value)
            ):
                held.append(Held(write_id, write.value, write.replaces))
        return held

    def holders(self, node: NodeId, field: str, key: str | None = None) -> tuple[Held, ...]:
        """The writes to a register that no later one replaced, in order. Several differ, or agree by chance."""
        return self.settled(node).heads.get((field, key), ())

    def heads(self, node: NodeId, field: str, key: str | None = None) -> tuple[WriteId, ...]:
        """The ids of the holders."""
        return tuple([held.id for held in self.holders(node, field, key)])


def base_of(history: list[Held], heads: Sequence[Held]) -> Held:
    """The last write that all heads build on; the first write of all if there is none."""
    replaces = {held.id: held.replaces for held in history}
    shared: set[WriteId] | None = None
    for head in heads:
        above: set[WriteId] = set()
        stack = list(head.replaces)
        while stack:
            write_id = stack.pop()
            if write_id not in above and write_id in replaces:
                above.add(write_id)
                stack.extend(replaces[write_id])
        shared = above if shared is None else shared & above
    last = max(shared, default=None) if shared else None
    return next((held for held in history if held.id == last), history[0])
