"""What one run sees of the datastores, and what it wants written: DESIGN section 17, the key-value part.

A run sees the last commit, what the runs before it in this process are about to write, and its own writes. What it
writes is kept here until somebody commits it; so a run that is thrown away has done nothing.

Must not know HTTP, or who commits. Invariant: `take` names the version of everything that the run relied on, so that
whoever writes the rows can tell whether the run would see the same now. What takes long here, the limits of the run can
end: turning many rows into values, and values into rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

from dark_lang.errors import Failed
from dark_lang.library import Bench, World
from dark_lang.names import NodeId
from dark_lang.values.model import Value
from dark_lang.values.rows import decode_row, encode_row
from dark_lang.wire import decode_plain, encode_plain
from runtime.current import exposed, heavy
from runtime.data.commits import Commit, fresh_token
from runtime.data.database import ABSENT, Reader
from runtime.data.remembering import LARGEST_ROW, Memory


class Coming:
    """What commits on their way will make of one datastore, as far as this process knows."""

    __slots__ = ("rows", "token")

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, bytes | None]] = {}  # key -> token of the commit, row (None: deleted)
        self.token = ABSENT  # of the last of them


class Shelf(Protocol):
    """What a run reads from."""

    @property
    def reader(self) -> Reader: ...

    @property
    def coming(self) -> dict[NodeId, Coming]: ...

    @property
    def memory(self) -> Memory | None: ...


class RequestWorld(World):
    """Not for two threads at once. `end` it, or the snapshot that it reads stays open."""

    __slots__ = (
        "_coming",
        "_generation",
        "_memory",
        "_reader",
        "_reads",
        "_remembered",
        "_scans",
        "_shelf",
        "_writes",
        "leans",
    )

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._reader: Reader | None = None
        self._coming = shelf.coming
        self._memory = shelf.memory
        self._generation = -1  # of the memory, when the first row was looked for
        self._remembered = False
        self._reads: dict[tuple[NodeId, str], int] | None = None
        self._scans: dict[NodeId, int] | None = None
        self._writes: dict[NodeId, dict[str, tuple[Value, bytes | None]]] | None = None
        self.leans = False
        """Whether it read what is not committed yet: then its answer has to wait for that, whatever it writes."""

    # The world outside

    def now(self) -> datetime:
        return datetime.now(UTC)

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    # Rows

    def db_get(self, store: NodeId, key: str) -> Value | None:
        if self._writes is not None and (mine := self._writes.get(store)) is not None and key in mine:
            return mine[key][0]
        coming = self._coming.get(store)
        if coming is not None and (entry := coming.rows.get(key)) is not None:
            token, stored = entry
            self.leans = True
            self._note((store, key), ABSENT if stored is None else token)
            return None if stored is None else _decoded(stored)
        return self._committed((store, key))

    def db_set(self, store: NodeId, key: str, value: Value) -> None:
        self._write(store, key, value, exposed(_encoded, value))

    def db_delete(self, store: NodeId, key: str) -> None:
        self._write(store, key, None, None)

    def db_keys(self, store: NodeId) -> list[str]:
        coming = self._scan(store)
        reader = self._begin()
        changes = self._changes(store, coming)
        keys = reader.keys(store)
        if not changes:
            return keys
        kept = {key for key in keys if key not in changes}
        kept.update(key for key, value in changes.items() if value is not None)
        return sorted(kept)

    def db_items(self, store: NodeId) -> list[tuple[str, Value]]:
        coming = self._scan(store)
        rows = self._begin().rows(store)
        changes = self._changes(store, coming)
        if changes:
            merged = dict(rows)
            for key, value in changes.items():
                if value is None:
                    merged.pop(key, None)
                else:
                    merged[key] = value
            rows = sorted(merged.items())
        return exposed(_decoded_all, rows)

    def db_count(self, store: NodeId) -> int:
        coming = self._scan(store)
        reader = self._begin()
        count = reader.state(store).rows
        for key, value in self._changes(store, coming).items():
            count += (value is not None) - (reader.row(store, key) is not None)
        return count

    def bench(self) -> Bench:
        raise Failed("this is for tests, and this run is none", suggestion="dark insert test NAME BODY makes one")

    # For whoever runs it

    @property
    def wrote(self) -> bool:
        return self._writes is not None

    def take(self) -> Commit:
        """What is to be written, and what it relies on. Empty of writes if there were none."""
        return Commit(
            fresh_token(),
            tuple((store, key, version) for (store, key), version in (self._reads or {}).items()),
            tuple((self._scans or {}).items()),
            tuple(
                (store, key, value) for store, rows in (self._writes or {}).items() for key, (_, value) in rows.items()
            ),
        )

    def end(self) -> None:
        if self._reader is not None:
            self._reader.end()
            self._reader = None
        if self._remembered and self._memory is not None and self._memory.generation != self._generation:
            # A commit began meanwhile: what was remembered and what was read may be of two moments.
            self.leans = self.leans or self._looks() > 1

    # Inside

    def _looks(self) -> int:
        return len(self._reads or ()) + len(self._scans or ())

    def _begin(self) -> Reader:
        reader = self._reader
        if reader is None:
            if self._memory is not None and self._generation < 0:
                self._generation = self._memory.generation
            reader = self._reader = self._shelf.reader
            reader.begin()
        return reader

    def _committed(self, row: tuple[NodeId, str]) -> Value | None:
        memory = self._memory
        if memory is not None:
            if self._generation < 0:
                self._generation = memory.generation
            remembered = memory.rows.get(row)
            if remembered is not None:
                self._remembered = True
                self._note(row, remembered[0])
                return remembered[1]
        found = self._begin().row(*row)
        version, value = (ABSENT, None) if found is None else (found.version, _decoded(found.value))
        if memory is not None and (found is None or len(found.value) <= LARGEST_ROW):
            memory.offer(row, version, value, self._generation)
        self._note(row, version)
        return value

    def _note(self, row: tuple[NodeId, str], version: int) -> None:
        if self._reads is None:
            self._reads = {}
        # The first version that was seen: if another came since, the run saw both, and must not stand.
        self._reads.setdefault(row, version)

    def _write(self, store: NodeId, key: str, value: Value, row: bytes | None) -> None:
        if self._writes is None:
            self._writes = {}
        self._writes.setdefault(store, {})[key] = (value, row)

    def _scan(self, store: NodeId) -> Coming | None:
        coming = self._coming.get(store)
        if coming is None:
            version = self._begin().state(store).version
        else:
            version = coming.token
            self.leans = True
        if self._scans is None:
            self._scans = {}
        self._scans.setdefault(store, version)
        return coming

    def _changes(self, store: NodeId, coming: Coming | None) -> dict[str, bytes | None]:
        """What differs from the rows as they are committed."""
        changes: dict[str, bytes | None] = {}
        if coming is not None:
            changes.update(_values(coming.rows.items()))
        if self._writes is not None and store in self._writes:
            changes.update(_values(self._writes[store].items()))
        return changes


def _values(entries: Iterable[tuple[str, tuple[object, bytes | None]]]) -> Iterable[tuple[str, bytes | None]]:
    return ((key, value) for key, (_, value) in entries)


def decode_stored(value: bytes) -> Value:
    """The value of a stored row."""
    return decode_row(decode_plain(value))


_LARGE = 10_000  # bytes of a row that is turned into a value in no time
_LONG = 1_000_000  # bytes, or a tenth as many parts, for which the codec takes long and cannot be interrupted


def _decoded(stored: bytes) -> Value:
    return decode_stored(stored) if len(stored) < _LARGE else exposed(_decoded_all, [("", stored)])[0][1]


def _decoded_all(rows: list[tuple[str, bytes]]) -> list[tuple[str, Value]]:
    found = []
    for key, stored in rows:
        if len(stored) > _LONG:
            heavy()
        found.append((key, decode_stored(stored)))
    return found


def _encoded(value: Value) -> bytes:
    parts = encode_row(value)
    if len(parts) > _LONG // 10:
        heavy()
    return encode_plain(parts)
