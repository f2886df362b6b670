"""The cached fold: what all diffs of a set made, in one file of columns that is mapped, not read.

Must not know diffs, nor how they fold. Invariants: a cache and nothing more, so that anything odd about the file means
"there is none"; it is keyed by the set of diffs that it folds; a toplevel's ledger is decoded only when asked for; one
that turns out damaged is an ImageDamaged, and whoever asked folds anew.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from dark_lang import wire
from dark_lang.edits.ledgers import Ledger
from dark_lang.errors import CorruptionError, DarkError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as tl
from dark_lang.records import dataclass
from runtime.entries import Entry
from runtime.store.identities import Identities, merged

_MAGIC = b"dark-image\x00\x03"
"""The last byte counts the layouts of this file and of ledgers; it goes up with every change to either."""
_HEAD = struct.Struct(f"<{len(_MAGIC)}sIQQ")  # checksum of the index, its length, length of the whole
_KINDS: tuple[type[tl.Toplevel], ...] = (
    tl.Http,
    tl.Worker,
    tl.Cron,
    tl.Repl,
    tl.Function,
    tl.Type,
    tl.Switch,
    tl.Datastore,
    tl.Test,
    tl.Secret,
)
_NUMBERS = "QQQiI"
"""The columns of whole numbers: id, the two halves of `since`, version, conflicts."""


class ImageDamaged(CorruptionError):  # noqa: N818 - named like the errors of dark_lang, by what is the case
    """Part of the cache is not what was written. The diffs are sound, as far as this is concerned."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Which set of diffs an image folds, and what else the fold needs to go on from there."""

    canvas: bytes
    loose: frozenset[str]  # file names
    packs: tuple[str, ...]
    unapplied: frozenset[bytes] = frozenset()  # of those, the diffs that wait for parents or were refused
    frontier: tuple[bytes, ...] = ()
    lamport: int = 0


@dataclass(slots=True)
class Part:
    """One toplevel as it goes into an image. Without an entry: writes to it are known, but not what made it."""

    toplevel: NodeId
    entry: Entry | None
    ledger: bytes
    nodes: list[NodeId] | None  # None: as in the image before
    references: Iterable[int] = ()  # the keys of what it refers to, where `nodes` says that they are new


@dataclass(frozen=True, slots=True)
class Image:
    folded: Folded
    entries: dict[NodeId, Entry]
    order: list[NodeId]  # a toplevel's place in it is its ordinal
    _ordinals: dict[NodeId, int]
    _data: memoryview
    _identities: int  # where the section starts
    _ledgers: int  # where the section starts
    _ends: array[int]
    _sums: array[int]
    _node_count: int
    _identity_sum: int
    _references: int  # where the section starts
    _reference_count: int
    _reference_sum: int
    _ghosts: dict[int, bytes]  # ledgers of toplevels that nobody made

    def ledger(self, toplevel: NodeId) -> Ledger | None:
        """Decoded anew at each call. Raises ImageDamaged."""
        ordinal = self._ordinals.get(toplevel)
        if ordinal is None and toplevel not in self._ghosts:
            return None
        try:
            ledger = wire.decode_ledger(self._ghosts[toplevel] if ordinal is None else self._ledger_bytes(ordinal))
            if ordinal is not None and not self.entries[toplevel].conflicts:
                ledger.verdicts = (set(), {})  # its trash was looked through when the image was made: nothing odd there
            return ledger
        except ImageDamaged:
            raise
        except DarkError as error:
            raise ImageDamaged(f"the cache .dark/image is damaged: {error.message}") from error

    def _ledger_bytes(self, ordinal: int) -> bytes:
        start = self._ends[ordinal - 1] if ordinal else 0
        data = bytes(self._data[self._ledgers + start : self._ledgers + self._ends[ordinal]])
        if crc32(data) != self._sums[ordinal]:
            raise ImageDamaged("the cache .dark/image is damaged")
        return data

    def identities(self) -> Identities:
        """The nodes by id. Checks the whole section: ask once. Raises ImageDamaged."""
        return self._columns(self._identities, self._node_count, self._identity_sum)

    def references(self) -> Identities:
        """The keys of what toplevels refer to, in place of node ids. As `identities`."""
        return self._columns(self._references, self._reference_count, self._reference_sum)

    def _columns(self, start: int, count: int, check: int) -> Identities:
        middle, end = start + 8 * count, start + 12 * count
        if crc32(self._data[start:end]) != check:
            raise ImageDamaged("the cache .dark/image is damaged")
        return Identities(self._data[start:middle].cast("Q"), self._data[middle:end].cast("I"))

    def parts(self, without: Iterable[NodeId]) -> Iterator[Part]:
        """Each toplevel but those, as it is to go into the next image."""
        skipped = set(without)
        for toplevel, ordinal in self._ordinals.items():
            if toplevel not in skipped:
                yield Part(toplevel, self.entries[toplevel], self._ledger_bytes(ordinal), None)
        for ghost, ledger in self._ghosts.items():
            if ghost not in skipped:
                yield Part(NodeId(ghost), None, ledger, None)


def build(folded: Folded, parts: Iterable[Part], before: Image | None) -> list[bytes]:
    """The bytes of an image. Raises ImageDamaged if `before` turns out to be."""
    kept: list[Part] = []
    new: list[Part] = []
    ghosts: list[Part] = []
    for part in parts:
        (ghosts if part.entry is None else kept if part.nodes is None else new).append(part)
    every = [*kept, *new]
    entries = [part.entry for part in every if part.entry is not None]
    sums = array("I", [crc32(part.ledger) for part in every])
    ends = array("Q")
    end = 0
    for part in every:
        end += len(part.ledger)
        ends.append(end)
    ordinals = {entry.id: nth for nth, entry in enumerate(entries)}
    pairs = [(int(node), ordinals[part.toplevel]) for part in new for node in part.nodes or ()]
    mentions = [(key, ordinals[part.toplevel]) for part in new for key in part.references]
    if before is not None:
        renumbered = {part.toplevel: ordinals[part.toplevel] for part in kept}
        pairs += _kept_pairs(before, before.identities(), renumbered)
        mentions += _kept_pairs(before, before.references(), renumbered)
    node_count, identities = _section(pairs)
    reference_count, references = _section(mentions)
    rows = [(entry.id, *entry.since, entry.version, entry.conflicts) for entry in entries]
    index = [
        wire.FORMAT,
        sys.byteorder,
        folded.canvas,
        "\n".join(sorted(folded.loose)),
        sorted(folded.packs),
        sorted(folded.unapplied),
        list(folded.frontier),
        folded.lamport,
        [array(code, [row[nth] for row in rows]).tobytes() for nth, code in enumerate(_NUMBERS)],
        bytes(_KINDS.index(entry.kind) for entry in entries),
        bytes(entry.alive for entry in entries),
        bytes(entry.partials for entry in entries),
        b"".join(entry.content for entry in entries),
        _joined([entry.stated for entry in entries]),
        _joined([entry.name for entry in entries]),
        _joined([entry.method for entry in entries]),
        [[nth, list(entry.cases)] for nth, entry in enumerate(entries) if entry.cases],
        ends.tobytes(),
        sums.tobytes(),
        node_count,
        crc32(identities),
        reference_count,
        crc32(references),
        [[part.toplevel, part.ledger] for part in ghosts],
    ]
    encoded = wire.encode_plain(index)
    gap = bytes(_aligned(_HEAD.size + len(encoded)) - _HEAD.size - len(encoded))
    padding = bytes(_aligned(len(identities)) - len(identities))
    sections = len(identities) + len(padding) + len(references)
    whole = _HEAD.size + len(encoded) + len(gap) + sections + end
    head = _HEAD.pack(_MAGIC, crc32(encoded), len(encoded), whole)
    return [head, encoded, gap, identities, padding, references, *(part.ledger for part in every)]


def _section(pairs: list[tuple[int, int]]) -> tuple[int, bytes]:
    numbers, owners = merged(pairs)
    return len(numbers), numbers.tobytes() + owners.tobytes()


def _aligned(offset: int) -> int:
    """Where the columns of the mapped file can be read as numbers."""
    return offset + -offset % 8


def _kept_pairs(before: Image, held: Identities, ordinals: Mapping[NodeId, int]) -> list[tuple[int, int]]:
    renumbered = [ordinals.get(toplevel, -1) for toplevel in before.order]
    pairs = zip(held.nodes, (renumbered[owner] for owner in held.owners), strict=True)
    return [pair for pair in pairs if pair[1] >= 0]


def _joined(texts: list[str]) -> str | list[str]:
    """One text, which reads back in no time; a list only if a name has the separator in it."""
    joined = "\0".join(texts)
    return joined if joined.count("\0") == len(texts) - 1 else texts


def _parted(texts: str | list[str]) -> list[str]:
    return texts.split("\0") if isinstance(texts, str) else texts


def read_image(path: Path, canvas: bytes) -> Image | None:
    """The image in a file, mapped; None if there is none that is sound and of this canvas and release."""
    with suppress(OSError, ValueError):
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return parse_image(memoryview(mapped), canvas)
    return None


def parse_image(data: memoryview, canvas: bytes) -> Image | None:
    with suppress(struct.error, TypeError, ValueError, LookupError, DarkError):
        magic, check, length, whole = _HEAD.unpack_from(data)
        encoded = bytes(data[_HEAD.size : _HEAD.size + length])
        if magic != _MAGIC or whole != len(data) or crc32(encoded) != check:
            return None
        index: Any = wire.decode_plain(encoded)
        if index[:3] == [wire.FORMAT, sys.byteorder, canvas]:
            return _image(data, _aligned(_HEAD.size + length), index[2:])
    return None


def _image(data: memoryview, start: int, index: list[Any]) -> Image:
    canvas, loose, packs, unapplied, frontier, lamport, numbers, kinds, alive, partials, contents, *rest = index
    stated, names, methods, cases, ends, sums, *sections, ghosts = rest
    node_count, identity_sum, reference_count, reference_sum = sections
    references = _aligned(start + 12 * node_count)
    ids, *since, versions, conflicts = (array(code, column) for code, column in zip(_NUMBERS, numbers, strict=True))
    order = list(map(NodeId, ids))
    every_case: list[tuple[str, ...]] = [()] * len(order)
    for nth, of_one in cases:
        every_case[nth] = tuple(of_one)
    labels = _parted(stated) if order else []
    rows = zip(
        order,
        [_KINDS[kind] for kind in kinds],
        labels,
        labels,
        _parted(names) if order else [],
        _parted(methods) if order else [],
        versions,
        map(bool, alive),
        conflicts,
        [contents[at : at + 32] for at in range(0, len(contents), 32)],
        zip(*since, strict=True),
        every_case,
        map(bool, partials),
        strict=True,
    )
    return Image(
        Folded(
            canvas,
            frozenset(loose.split("\n")) if loose else frozenset(),
            tuple(packs),
            frozenset(unapplied),
            tuple(frontier),
            lamport,
        ),
        dict(zip(order, map(Entry._make, rows), strict=True)),
        order,
        {toplevel: nth for nth, toplevel in enumerate(order)},
        data,
        start,
        references + 12 * reference_count,
        array("Q", ends),
        array("I", sums),
        node_count,
        identity_sum,
        references,
        reference_count,
        reference_sum,
        dict(ghosts),
    )


def write_image(path: Path, pieces: list[bytes]) -> bool:
    """Puts an image where others find it, whole or not at all; False if the disk refuses, which costs only time."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with temporary.open("wb") as file:
            file.writelines(pieces)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        return False
    return True
