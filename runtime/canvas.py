"""One immutable snapshot of a folded program: what it consists of, what its names mean, its trees as they are needed.

Must not know files, diffs or servers. Invariants: nothing that one can ask of a snapshot ever changes, whatever is
edited afterwards; a snapshot shares with the one before all that the edit did not touch, so that making one costs the
same in a canvas of ten toplevels and of ten thousand, but for copying a dictionary or two.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Set
from functools import cached_property

from dark_lang.edits.materializing import Materialized
from dark_lang.errors import AddressError
from dark_lang.library import Library
from dark_lang.names import NodeId, Ref, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes import walking
from dark_lang.nodes.shape import Node
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.records import NamedTuple
from runtime.checking import Checks
from runtime.entries import Entry
from runtime.finding import find
from runtime.labelling import Labels, labels_of
from runtime.naming import CanvasNaming
from runtime.store.identities import neighbours, shortest_prefix
from runtime.store.problems import Problem
from runtime.trees import Tree, Trees

__all__ = ["Canvas", "Entry", "Found", "Problem"]


class Found(NamedTuple):
    """What an address means."""

    toplevel_id: NodeId
    node: Node  # the toplevel's own node, or one in it
    label: str  # of the toplevel


class Canvas:
    """`entries` holds deleted toplevels too: see `Entry.alive`. `preferred`: for a Conflict by its id, the alternative
    (or base) that this host served before it came about. `problems`: what is wrong with the store. `frontier`: the
    diffs that it contains and that no other diff in it builds on; `lamport`: the highest of theirs."""

    def __init__(
        self,
        entries: Mapping[NodeId, Entry],
        labels: Labels,
        trees: Trees,
        *,
        library: Library,
        taken: Set[str],
        live: Mapping[NodeId, Tree],
        preferred: Mapping[NodeId, NodeId],
        problems: tuple[Problem, ...],
        frontier: tuple[bytes, ...],
        lamport: int,
    ) -> None:
        self.entries = entries
        self.library = library
        self.preferred = preferred
        self.problems = problems
        self.frontier = frontier
        self.lamport = lamport
        self._labels = labels
        self._trees = trees
        self._taken = taken  # labels of the library's functions
        self._live = live  # toplevels that are other than in `_trees`

    @classmethod
    def of_trees(
        cls,
        trees: Trees,
        library: Library,
        *,
        preferred: Mapping[NodeId, NodeId],
        problems: tuple[Problem, ...],
    ) -> Canvas:
        """The snapshot of a cached fold."""
        image = trees.image
        taken = frozenset(f"{function.name}_v{function.version}" for function in library.functions)
        labels = labels_of(image.entries.values(), taken)
        return cls(
            _relabelled(dict(image.entries), labels, labels.changed.keys()),
            labels,
            trees,
            library=library,
            taken=taken,
            live={},
            preferred=preferred,
            problems=problems,
            frontier=image.folded.frontier,
            lamport=image.folded.lamport,
        )

    def after(
        self,
        touched: Mapping[NodeId, tuple[Entry | None, Tree]],
        *,
        preferred: Mapping[NodeId, NodeId],
        problems: tuple[Problem, ...],
        frontier: tuple[bytes, ...],
        lamport: int,
    ) -> Canvas:
        """The snapshot in which those toplevels are so."""
        entries = dict(self.entries)
        for toplevel, (entry, _) in touched.items():
            if entry is None:
                entries.pop(toplevel, None)
            else:
                before = self.entries.get(toplevel)
                kept = before is not None and before.stated == entry.stated
                entries[toplevel] = entry._replace(label=before.label) if before is not None and kept else entry
        changes = [(self.entries.get(toplevel), entry) for toplevel, (entry, _) in touched.items()]
        labels = self._labels.after(changes, entries, self._taken)
        if labels is not self._labels:
            entries = _relabelled(entries, labels, self._labels.changed.keys() | labels.changed.keys() | touched.keys())
        canvas = Canvas(
            entries,
            labels,
            self._trees,
            library=self.library,
            taken=self._taken,
            live={**self._live, **{toplevel: tree for toplevel, (_, tree) in touched.items()}},
            preferred=preferred,
            problems=problems,
            frontier=frontier,
            lamport=lamport,
        )
        if labels is self._labels and not any(entry and entry.cases for change in changes for entry in change):
            canvas.naming.share(self.naming)
        return canvas

    # Trees

    def held(self, toplevel: NodeId) -> tuple[Entry | None, Tree]:
        """A toplevel as it is here, to be put into another snapshot by `after`. Raises AddressError."""
        return self.entries.get(toplevel), self._tree(toplevel)

    def materialized(self, toplevel: NodeId) -> Materialized:
        """The tree and what its ledger disagrees on. Raises AddressError if there never was such a toplevel."""
        return self._tree(toplevel).materialized

    def tree(self, toplevel: NodeId) -> Toplevel:
        """Raises AddressError if there is no such toplevel. A deleted one still has its tree."""
        tree = self._tree(toplevel).materialized.toplevel
        if tree is None:
            raise AddressError(f"no toplevel has the id {spell_id(toplevel)}")
        return tree

    def content(self, toplevel: NodeId) -> bytes:
        """32 bytes that differ whenever the tree does. Raises AddressError."""
        entry = self.entries.get(toplevel)
        return entry.content if entry is not None else self._tree(toplevel).materialized.content

    def _tree(self, toplevel: NodeId) -> Tree:
        tree = self._live.get(toplevel) or self._trees.tree(toplevel)
        if tree is None:
            raise AddressError(f"no toplevel has the id {spell_id(toplevel)}")
        return tree

    # Names

    @cached_property
    def naming(self) -> CanvasNaming:
        return CanvasNaming(self.entries, self._labels, self.library)

    @cached_property
    def checks(self) -> Checks:
        """The types and marks of what it consists of."""
        return Checks(self, self.library)

    def resolve(self, realm: Realm, text: str) -> Ref:
        return self.naming.resolve(realm, text)

    def labels(self) -> list[str]:
        """The addresses of all toplevels, in order."""
        return list(self._labels.ordered())

    def labelled(self, label: str) -> NodeId | None:
        """The toplevel with exactly that address."""
        return self._labels.ids.get(label)

    def versions(self, stem: str) -> list[tuple[int, NodeId]]:
        """The versions of what is called `stem` and a number: `Shop::total_v`, `User_v`, `Users-v`. In order."""
        return self._labels.versions(stem)

    @property
    def shadowed(self) -> Mapping[NodeId, NodeId]:
        """Http toplevels whose route an older one has too, with the one that answers."""
        return self._labels.shadowed

    def alive(self) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if entry.alive)

    def deleted(self) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if not entry.alive)

    # Addresses and ids

    def find(self, address: str) -> Found:
        """What an address means: a label, with a path or not, or the prefix of an id. Raises AddressError, which lists
        candidates where there are several, and near ones where there are none."""
        return Found(*find(self, address))

    def short_id(self, node: NodeId) -> str:
        """The shortest prefix, of two letters or more, that names this node and no other of the canvas."""
        others = self._trees.identities().neighbours(node) + neighbours(self._live_ids, node)
        return shortest_prefix(node, others)

    def holding(self, low: int, high: int) -> list[tuple[NodeId, NodeId]]:
        """The nodes with low <= id < high, each with its toplevel, in order of id."""
        order = self._trees.image.order
        found = [
            (node, order[owner])
            for node, owner in self._trees.identities().within(low, high)
            if order[owner] not in self._live
        ]
        nth = bisect_left(self._live_ids, low)
        if nth < len(self._live_ids) and self._live_ids[nth] < high:
            for toplevel, tree in self._live.items():
                nth = bisect_left(tree.ids, low)
                while nth < len(tree.ids) and tree.ids[nth] < high:
                    found.append((tree.ids[nth], toplevel))
                    nth += 1
        return sorted(found)

    @cached_property
    def _live_ids(self) -> list[NodeId]:
        # Runs that are sorted already merge in linear time.
        return sorted(node for tree in self._live.values() for node in tree.ids)

    def referring(self, keys: Set[int]) -> set[NodeId]:
        """The toplevels that may refer to what has one of those keys (`runtime.referring`)."""
        order, index = self._trees.image.order, self._trees.references()
        found = {order[owner] for key in keys for _, owner in index.within(key, key + 1)}.difference(self._live)
        found.update(toplevel for toplevel, tree in self._live.items() if not keys.isdisjoint(tree.references))
        return found

    def within(self, toplevel: NodeId, node: NodeId) -> Node | None:
        """A node of a toplevel by its id."""
        return walking.find(self.tree(toplevel), node)


def _relabelled(entries: Mapping[NodeId, Entry], labels: Labels, ids: Set[NodeId]) -> dict[NodeId, Entry]:
    """The entries with the labels that they have in the whole canvas, which may have changed for `ids` only."""
    relabelled = entries if isinstance(entries, dict) else dict(entries)
    for toplevel in ids:
        entry = relabelled.get(toplevel)
        if entry is not None:
            relabelled[toplevel] = entry._replace(label=labels.changed.get(toplevel, entry.stated))
    return relabelled
