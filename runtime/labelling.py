"""Which label names which definition, where several may ask for the same one.

Must not know trees or files. Invariant: labels are a function of the set of entries: the first in (lamport, id) order
keeps its label; a later function, type or datastore takes the next free version number, a later Http keeps its route
and stands in the shadow of the first, anything else takes `-2`, `-3` … Nobody ever takes a label that another asks for.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Set

from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as tl
from runtime.entries import NO_VERSION, Entry


class Labels:
    """Immutable. `ids`: what each label names. `changed`: who bears another label than its own. `shadowed`: the Http
    toplevels that another one hides, with that one."""

    def __init__(self, ids: dict[str, NodeId], clashes: frozenset[str], ordered: list[str] | None = None) -> None:
        self.ids: Mapping[str, NodeId] = ids
        self.clashes = clashes  # stated labels of which somebody has to give way
        self.changed: Mapping[NodeId, str] = {}
        self.shadowed: Mapping[NodeId, NodeId] = {}
        self._ordered = ordered

    def ordered(self) -> list[str]:
        """All labels in order. Not to be changed."""
        if self._ordered is None:
            self._ordered = sorted(self.ids)
        return self._ordered

    def versions(self, stem: str) -> list[tuple[int, NodeId]]:
        """The versions of what is called `stem` and a number: stem `Shop::total_v`, `Users-v`. In order."""
        ordered = self.ordered()
        found = []
        nth = bisect_left(ordered, stem)
        while nth < len(ordered) and ordered[nth].startswith(stem):
            number = ordered[nth][len(stem) :]
            if number.isascii() and number.isdigit():
                found.append((int(number), self.ids[ordered[nth]]))
            nth += 1
        return sorted(found)

    def after(
        self, changes: Iterable[tuple[Entry | None, Entry | None]], entries: Mapping[NodeId, Entry], taken: Set[str]
    ) -> Labels:
        """The labels once some entries are others. `entries` is the new state. Costs little where nothing was
        renamed, made or deleted, and no more than copying where nobody has to give way."""
        moved = [(old, new) for old, new in changes if _claim(old) != _claim(new)]
        if not moved:
            return self
        gone = {old.stated for old, _ in moved if old is not None and old.alive}
        come = [new for _, new in moved if new is not None and new.alive]
        if self.clashes or any(entry.stated in taken for entry in come):
            return labels_of(entries.values(), taken)
        ids = dict(self.ids)
        ordered = self.ordered().copy()
        for label in gone:
            del ids[label]
            del ordered[bisect_left(ordered, label)]
        for entry in come:
            if entry.stated in ids:
                return labels_of(entries.values(), taken)
            ids[entry.stated] = entry.id
            insort(ordered, entry.stated)
        return Labels(ids, frozenset(), ordered)


def labels_of(entries: Iterable[Entry], taken: Set[str]) -> Labels:
    """The labels of a whole canvas. `taken` are those that the standard library has."""
    alive = [entry for entry in entries if entry.alive]
    ids = {entry.stated: entry.id for entry in alive}
    if len(ids) == len(alive) and not (ids.keys() & taken):
        return Labels(ids, frozenset())
    return _settled(alive, taken)


def _settled(alive: list[Entry], taken: Set[str]) -> Labels:
    groups: dict[str, list[Entry]] = {}
    for entry in alive:
        groups.setdefault(entry.stated, []).append(entry)
    ids: dict[str, NodeId] = {}
    changed: dict[NodeId, str] = {}
    shadowed: dict[NodeId, NodeId] = {}
    clashes = {stated for stated, group in groups.items() if len(group) > 1 or stated in taken}
    for stated, group in groups.items():
        if stated not in clashes:
            ids[stated] = group[0].id
    for stated in sorted(clashes):
        group = sorted(groups[stated], key=lambda entry: (entry.since, entry.id))
        if stated not in taken:
            ids[stated] = group[0].id
            del group[0]
        for entry in group:
            if entry.kind is tl.Http:
                shadowed[entry.id] = ids[stated]
                continue
            label = next(label for label in _others(entry) if not (label in groups or label in ids or label in taken))
            ids[label] = entry.id
            changed[entry.id] = label
    labels = Labels(ids, frozenset(clashes))
    labels.changed = changed
    labels.shadowed = shadowed
    return labels


def _others(entry: Entry) -> Iterator[str]:
    """The labels that an entry would take, best first, without end."""
    if entry.version == NO_VERSION:
        number = 2
        while True:
            yield f"{entry.stated}-{number}"
            number += 1
    stem = entry.stated.removesuffix(str(entry.version))
    number = entry.version + 1
    while True:
        yield f"{stem}{number}"
        number += 1


def _claim(entry: Entry | None) -> tuple[str, tuple[int, int], bool] | None:
    return (entry.stated, entry.since, entry.kind is tl.Http) if entry is not None and entry.alive else None
