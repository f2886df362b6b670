"""The SQLite file that traces are in: many in one segment, and a row for each to find it by.

A segment is what came in some 50 ms, packed as one; rows of it go in by one statement, so that the thread that writes
lets the others run meanwhile. Must not know how a trace is made or shown. Invariants: a row and the segment that it
points into are written together; `traces.id` is in the order of time; a file that is damaged is set aside, never
deleted, and a new one begun.
"""

from __future__ import annotations

import json
import logging
import time
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import apsw

from dark_lang.errors import CorruptionError, WireError
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from dark_lang.wire import decode_plain, encode_plain
from runtime.data.database import BUSY_MILLISECONDS, FOLDER, signed
from runtime.traces.identities import TraceId
from runtime.traces.records import Trace, trace_from_plain, trace_to_plain
from runtime.traces.sealing import Seal, Sealer, shown

log = logging.getLogger(__name__)

FILE: Final = "traces.sqlite"
LARGEST_SEGMENT: Final = 64_000_000
"""Bytes of a segment, unpacked."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, packed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS traces (
    id INTEGER PRIMARY KEY, toplevel INTEGER NOT NULL, status INTEGER NOT NULL, duration INTEGER NOT NULL,
    origin INTEGER NOT NULL, trial INTEGER NOT NULL, weight INTEGER NOT NULL, segment INTEGER NOT NULL,
    place INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_toplevel ON traces (toplevel, id);
CREATE INDEX IF NOT EXISTS by_status ON traces (status, id);
CREATE INDEX IF NOT EXISTS by_toplevel_and_status ON traces (toplevel, status, id);
CREATE TABLE IF NOT EXISTS sides (
    switch INTEGER NOT NULL, new INTEGER NOT NULL, trace INTEGER NOT NULL, PRIMARY KEY (switch, new, trace)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS missing (
    method TEXT NOT NULL, path TEXT NOT NULL, count INTEGER NOT NULL, last INTEGER NOT NULL, trace INTEGER NOT NULL,
    PRIMARY KEY (method, path)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_ADD_ROWS = """
INSERT OR IGNORE INTO traces
SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, ?2, key FROM json_each(?1)
"""
_ADD_SIDES = "INSERT OR IGNORE INTO sides SELECT ?1, ?2, value FROM json_each(?3)"
_ADD_MISSING = """
INSERT INTO missing VALUES (?, ?, ?, ?, ?) ON CONFLICT (method, path) DO UPDATE SET
    count = count + excluded.count, last = max(last, excluded.last), trace = max(trace, excluded.trace)
"""
_ADD_COUNT = "INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
_TRIM_MISSING = "DELETE FROM missing WHERE last < (SELECT last FROM missing ORDER BY last DESC LIMIT 1 OFFSET ?)"

MOST_MISSING: Final = 500

DROPPED: Final = "dropped"
"""The count of traces that there was no room for."""


class Written(NamedTuple):
    """A trace on its way to the file."""

    trace: Trace
    seal: Seal


class MissingCount(NamedTuple):
    method: str
    path: str
    times: int
    last: int  # microseconds since 1970
    trace: TraceId


class TraceWriter:
    """Opens the file at the first write, and anew after a failure. For one thread."""

    def __init__(self, canvas: Path) -> None:
        self._data = canvas / FOLDER
        self._connection: apsw.Connection | None = None

    def write(
        self,
        batch: Sequence[Written],
        missing: Iterable[MissingCount] = (),
        counts: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Raises OSError or apsw.Error if the disk refuses; then nothing of it is written."""
        connection = self._connection or self._open()
        packed = pack_segment([written.seal for written in batch])
        rows = json.dumps([_row(written.trace) for written in batch])
        sides = _sides(batch)
        try:
            with connection:
                if batch:
                    first, last = batch[0].trace.id, max(written.trace.id for written in batch)
                    while connection.execute("SELECT 1 FROM segments WHERE id = ?", (first,)).fetchall():
                        first = TraceId(first + 1)
                    connection.execute("INSERT INTO segments VALUES (?, ?, ?)", (first, last, packed))
                    connection.execute(_ADD_ROWS, (rows, first))
                    if sides:
                        connection.executemany(_ADD_SIDES, sides)
                noted = [tuple(one) for one in missing]
                if noted:
                    connection.executemany(_ADD_MISSING, noted)
                    connection.execute(_TRIM_MISSING, (MOST_MISSING - 1,))
                for name, value in counts:
                    connection.execute(_ADD_COUNT, (name, value))
        except (apsw.CorruptError, apsw.NotADBError) as error:
            self._set_aside(error)
            raise
        except apsw.Error:
            self.close()
            raise

    @property
    def connection(self) -> apsw.Connection:
        """For who tidies up. Raises OSError or apsw.Error."""
        return self._connection or self._open()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> apsw.Connection:
        self._data.mkdir(exist_ok=True)
        connection = apsw.Connection(str(self._data / FILE))
        try:
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            # NORMAL: a process that dies loses nothing that was written; a host that loses power, the last moments.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA wal_autocheckpoint=4000")
            connection.execute(_SCHEMA)
        except (apsw.CorruptError, apsw.NotADBError) as error:
            connection.close()
            self._set_aside(error)
            raise
        except apsw.Error:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _set_aside(self, error: apsw.Error) -> None:
        self.close()
        path = self._data / FILE
        aside = path.with_name(f"{FILE}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        log.error("the file of traces is damaged (%s); it is kept as %s, and a new one begins", error, aside.name)
        for end in ("", "-wal", "-shm"):
            found = path.with_name(path.name + end)
            if found.exists():
                found.rename(aside.with_name(aside.name + end))


def _sides(batch: Sequence[Written]) -> list[tuple[int, int, str]]:
    """Of each switch and side, the traces that took it, as JSON."""
    taken: dict[tuple[NodeId, bool], list[int]] = {}
    for one in batch:
        for switch, new, _ in one.trace.decisions:
            taken.setdefault((switch, new), []).append(one.trace.id)
    return [(signed(switch), int(new), json.dumps(ids)) for (switch, new), ids in taken.items()]


def _row(trace: Trace) -> list[int]:
    return [
        trace.id,
        signed(trace.toplevel),
        trace.status,
        trace.duration,
        trace.origin,
        int(trace.trial),
        trace.weight,
    ]


def written(trace: Trace, seal: Seal | None = None) -> Written:
    """Ready for the file; `seal`: if it had secrets."""
    return Written(trace, seal or Seal(trace_to_plain(trace), b""))


# Segments


def pack_segment(seals: Sequence[Seal]) -> bytes:
    """Each trace is bytes of its own, so that one that cannot be read takes no other with it."""
    return repack_segment([(encode_plain(seal.plain), seal.sealed) for seal in seals])


def repack_segment(parts: Sequence[tuple[bytes, bytes]]) -> bytes:
    return zlib.compress(encode_plain([list(part) for part in parts]), 1)


def unpack_segment(packed: bytes) -> list[tuple[bytes, bytes]]:
    """The plain form's bytes, and what is sealed. Raises CorruptionError."""
    try:
        opener = zlib.decompressobj()
        data = opener.decompress(packed, LARGEST_SEGMENT)
        return [(plain, sealed) for plain, sealed in decode_plain(data)]
    except (zlib.error, WireError, TypeError, ValueError) as error:
        raise CorruptionError(f"a part of the file of traces cannot be read: {error}") from error


class Opened(NamedTuple):
    """A trace as it was read. `sealed`: whether something of it is hidden, since there is no key to open it with."""

    trace: Trace
    sealed: bool


def open_trace(plain: bytes, sealed: bytes, sealer: Sealer | None) -> Opened:
    """With what was sealed in its place if `sealer` can open it, else with marks. Raises CorruptionError."""
    try:
        parts = decode_plain(plain)
    except WireError as error:
        raise CorruptionError(f"a trace cannot be read: {error.message}") from error
    hidden = b"\xe2\x80\xb9sealed:" in plain
    if hidden and sealer is not None:
        opened = sealer.unseal(parts, sealed, int(parts[0]))
        if opened is not None:
            return Opened(trace_from_plain(opened), False)
    return Opened(trace_from_plain(shown(parts) if hidden else parts), hidden)
