"""Packs: all diffs of one fixed range of lamport numbers in one file, a CBOR sequence (RFC 8742) named by its content.

Must not know folding. Invariant: a pack is never changed; its items stand in (lamport, id) order, each once, so that
the same diffs always make the same pack, on whatever clone.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from dark_lang import wire
from dark_lang.errors import CorruptionError, DarkError
from dark_lang.records import dataclass
from runtime.store.files import DiffRef, pack_file, read_pack_name, read_regular
from runtime.store.problems import Problem, ProblemKind

RANGE = 4096
"""How many lamport numbers a pack covers. Fixed, so that clones that pack on their own make equal packs."""
MOST_BYTES = 1 << 31
_INDEX_FORMAT = 1


@dataclass(frozen=True, slots=True)
class PackIndex:
    """Where each diff of a pack stands. Columns, because there may be 100,000. Diffs that are not for us are left out
    of the columns and named in `refused`."""

    name: str
    lamports: array[int]
    ids: bytes  # 32 for each
    starts: array[int]
    ends: array[int]
    refused: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.lamports)

    def diff_id(self, nth: int) -> bytes:
        return self.ids[32 * nth : 32 * nth + 32]

    def all_ids(self) -> list[bytes]:
        ids = self.ids
        return [ids[at : at + 32] for at in range(0, len(ids), 32)]

    def find(self, diff_id: bytes) -> int:
        """The place of a diff, -1 if it is not here."""
        at = self.ids.find(diff_id)
        while at > 0 and at % 32:
            at = self.ids.find(diff_id, at + 1)
        return at // 32 if at >= 0 else -1

    def up_to(self, lamport: int) -> int:
        """How many of its diffs have at most this lamport number."""
        return bisect_right(self.lamports, lamport)

    def of_lamport(self, lamport: int) -> list[bytes]:
        return [self.diff_id(nth) for nth in range(self.up_to(lamport - 1), self.up_to(lamport))]

    def newest_first(self) -> Iterator[DiffRef]:
        return (DiffRef(self.lamports[nth], self.diff_id(nth)) for nth in range(len(self) - 1, -1, -1))

    def read(self, folder: Path, nth: int) -> bytes:
        """One diff's bytes. Raises OSError; CorruptionError if they are not what they were."""
        start, end = self.starts[nth], self.ends[nth]
        with (folder / self.name).open("rb", buffering=0) as file:
            file.seek(start)
            data = file.read(end - start)
        if sha256(data).digest() != self.diff_id(nth):
            raise CorruptionError(
                f"diffs/packs/{self.name} is damaged at byte {start}",
                suggestion="copy it anew from another clone, then run: dark doctor",
            )
        return data


def pack_content(diffs: Iterable[tuple[int, bytes, bytes]]) -> tuple[str, bytes]:
    """The file name and the content of the pack of the (lamport, id, bytes) of one range, at least one."""
    ordered = sorted(set(diffs))
    content = b"".join(data for _, _, data in ordered)
    return pack_file(ordered[0][0] // RANGE * RANGE, sha256(content).digest()), content


def is_whole(name: str, content: bytes) -> bool:
    told = read_pack_name(name)
    return told is not None and sha256(content).digest() == told.digest


def split(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Start and bytes of each item of a CBOR sequence. Raises WireError."""
    start = 0
    while start < len(content):
        end = wire.scan(content, start=start, bulk=True)
        yield start, content[start:end]
        start = end


# The index is a cache beside the snapshot: a pack's name settles its content, so that it is never stale.


def index_bytes(index: PackIndex, canvas: bytes) -> bytes:
    columns = [_INDEX_FORMAT, wire.FORMAT, canvas, index.name]
    columns += [_little(index.lamports), index.ids, _little(index.starts), _little(index.ends)]
    columns += [[[problem.file, problem.kind.value, problem.message, problem.advice] for problem in index.refused]]
    body = wire.encode_plain(columns)
    return sha256(body).digest() + body


def read_index(path: Path, name: str, canvas: bytes) -> PackIndex | None:
    """The cached index of the pack `name`; None if there is none, or it is not sound, or others' rules made it."""
    with suppress(OSError, ValueError, TypeError, DarkError):
        data, _ = read_regular(path, most=MOST_BYTES)
        body = data[32:]
        if sha256(body).digest() != data[:32]:
            return None
        columns: Any = wire.decode_plain(body)
        if columns[:4] == [_INDEX_FORMAT, wire.FORMAT, canvas, name]:
            lamports, ids, starts, ends, refused = columns[4:]
            problems = tuple(Problem(file, ProblemKind(kind), text, advice) for file, kind, text, advice in refused)
            return PackIndex(name, _column(lamports), ids, _column(starts), _column(ends), problems)
    return None


def _little(column: array[int]) -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = array("Q", column)
    swapped.byteswap()
    return swapped.tobytes()


def _column(data: bytes) -> array[int]:
    column = array("Q", data)
    if sys.byteorder != "little":
        column.byteswap()
    return column
