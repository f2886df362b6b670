"""Questions about what was recorded: lists, one trace, what nobody answered.

Must not know how an answer is shown. Invariants: what cannot be read is counted, never raised in the middle of a list;
a list is found by an index, whatever it is narrowed by, but for words, which are looked for in the traces themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from heapq import merge
from pathlib import Path
from typing import Final

import apsw

from dark_lang.errors import AddressError, CanvasError, CorruptionError
from dark_lang.names import NodeId
from dark_lang.records import dataclass
from runtime.data.database import BUSY_MILLISECONDS, FOLDER, signed
from runtime.traces.files import DROPPED, FILE, MissingCount, Opened, open_trace, unpack_segment
from runtime.traces.identities import TraceId, read_prefix, spell_trace
from runtime.traces.sealing import Sealer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which traces. `since` and `until` are ids, the first in and the last out; `statuses` a half-open range."""

    toplevel: NodeId | None = None
    statuses: tuple[int, int] | None = None
    since: int = 0
    until: int = (1 << 63) - 1
    slower: int = 0  # microseconds
    faster: int | None = None
    side: tuple[NodeId, bool] | None = None
    text: str = ""
    trials: bool | None = None
    unmatched: bool = True

    def after(self, trace: int) -> Filter:
        """The same, but newer than that one."""
        return replace(self, since=max(self.since, trace + 1))


PAGE: Final = 500


class TraceReader:
    """Of one canvas on this host. For one thread; `close` it."""

    def __init__(self, canvas: Path, sealer: Sealer | None = None) -> None:
        self._path = canvas / FOLDER / FILE
        self._sealer = sealer
        self._connection: apsw.Connection | None = None
        self._segment: tuple[int, list[tuple[bytes, bytes]]] = (0, [])
        self.unreadable = 0
        """Traces that were come upon and could not be read."""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ids(self, wanted: Filter, *, newest_first: bool = True) -> Iterator[TraceId]:
        """Without looking for the text."""
        connection = self._open()
        if connection is None:
            return
        try:
            # An index has one status after the other, and each in the order of time: several are merged.
            statuses = [None] if wanted.statuses is None else _statuses(connection, *wanted.statuses)
            lists = [connection.execute(*_question(wanted, status, newest_first)) for status in statuses]
            for (found,) in merge(*lists, reverse=newest_first):
                yield TraceId(found)
        except apsw.Error as error:
            raise _unreadable(self._path, error) from error

    def ids_and_toplevels(self, wanted: Filter) -> Iterator[tuple[TraceId, NodeId]]:
        """Newest first; those of requests that no handler took have NOWHERE."""
        connection = self._open()
        for trace in self.ids(wanted):
            rows = [] if connection is None else self._ask(connection, _TOPLEVEL, (trace,))
            if rows:
                yield trace, NodeId(rows[0][0] % (1 << 64))

    def traces(self, wanted: Filter, limit: int, *, newest_first: bool = True) -> list[Opened]:
        found: list[Opened] = []
        needle = wanted.text.encode().lower()
        for trace in self.ids(wanted, newest_first=newest_first):
            if len(found) >= limit:
                break
            try:
                parts = self._parts(trace)
                if needle and needle not in parts[0].lower():
                    continue
                found.append(open_trace(*parts, self._sealer))
            except (CorruptionError, AddressError):
                self.unreadable += 1
        return found

    def trace(self, trace: TraceId) -> Opened:
        """Raises AddressError if it is not there any more, CorruptionError."""
        return open_trace(*self._parts(trace), self._sealer)

    def behind(self, trace: TraceId) -> dict[str, str | bytes]:
        """What was sealed in it, by the mark that stands there; nothing without the key."""
        sealed = self._parts(trace)[1]
        return (self._sealer.open(sealed, trace) if self._sealer is not None else None) or {}

    def find(self, prefix: str) -> TraceId:
        """The one trace whose id starts with these digits. Raises AddressError."""
        span = read_prefix(prefix)
        connection = self._open()
        found: list[tuple[int, ...]] = []
        if span is not None and connection is not None:
            found = self._ask(connection, "SELECT id FROM traces WHERE id >= ? AND id < ? LIMIT 4", span)
        if len(found) == 1:
            return TraceId(found[0][0])
        if not found:
            raise AddressError(f"there is no trace {prefix}", suggestion="dark trace list shows those that there are")
        raise AddressError(
            f"{prefix} is the beginning of several traces", details=tuple(spell_trace(each) for (each,) in found)
        )

    def last(self) -> TraceId | None:
        """The newest of all."""
        return next(self.ids(Filter()), None)

    def count(self, wanted: Filter) -> int:
        return sum(1 for _ in self.ids(wanted))

    def sides(self, since: int) -> dict[tuple[NodeId, bool], int]:
        """How many runs took each side of each switch."""
        connection = self._open()
        if connection is None:
            return {}
        rows = self._ask(
            connection,
            "SELECT switch, new, sum(weight) FROM sides JOIN traces ON traces.id = trace WHERE trace >= ?"
            " GROUP BY switch, new",
            (since,),
        )
        return {(NodeId(switch % (1 << 64)), bool(new)): count for switch, new, count in rows}

    def side_counts(self, switch: NodeId, new: bool, since: int) -> tuple[int, int, int]:
        """Of the runs that took a side: how many, how many failed, and how long they took, in microseconds."""
        connection = self._open()
        if connection is None:
            return 0, 0, 0
        rows = self._ask(
            connection,
            "SELECT coalesce(sum(weight), 0), coalesce(sum(weight * (status >= 500)), 0),"
            " coalesce(sum(weight * duration), 0) FROM sides JOIN traces ON traces.id = trace"
            " WHERE switch = ? AND new = ? AND trace >= ?",
            (signed(switch), int(new), since),
        )
        runs, failed, duration = rows[0]
        return runs, failed, duration

    def missing(self) -> list[MissingCount]:
        """The requests that no handler took, newest first."""
        connection = self._open()
        if connection is None:
            return []
        try:
            rows = connection.execute("SELECT method, path, count, last, trace FROM missing ORDER BY last DESC")
            return [MissingCount(*row) for row in rows]
        except apsw.Error as error:
            raise _unreadable(self._path, error) from error

    def dropped(self) -> int:
        """How many there was no room for."""
        connection = self._open()
        if connection is None:
            return 0
        return sum(count for (count,) in self._ask(connection, "SELECT value FROM counts WHERE name = ?", (DROPPED,)))

    # Inside

    def _open(self) -> apsw.Connection | None:
        """None while nothing was recorded."""
        if self._connection is None and self._path.exists():
            try:
                connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
                connection.set_busy_timeout(BUSY_MILLISECONDS)
                if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'counts'").fetchall():
                    connection.close()  # its maker is between creating the file and its tables
                    return None
            except apsw.Error as error:
                raise _unreadable(self._path, error) from error
            self._connection = connection
        return self._connection

    def _ask(self, connection: apsw.Connection, question: str, values: tuple[int | str, ...]) -> list[tuple[int, ...]]:
        try:
            return connection.execute(question, values).fetchall()  # type: ignore[return-value]
        except apsw.Error as error:
            raise _unreadable(self._path, error) from error

    def _parts(self, trace: TraceId) -> tuple[bytes, bytes]:
        connection = self._open()
        rows = [] if connection is None else self._ask(connection, _PLACE, (trace,))
        if connection is None or not rows:
            raise AddressError(f"the trace {spell_trace(trace)} is not kept any more")
        segment, place = rows[0]
        if self._segment[0] != segment:
            packed = connection.execute("SELECT packed FROM segments WHERE id = ?", (segment,)).fetchall()
            if not packed:
                raise CorruptionError(f"the trace {spell_trace(trace)} has lost its contents")
            self._segment = (segment, unpack_segment(packed[0][0]))  # type: ignore[arg-type]
        parts = self._segment[1]
        if place >= len(parts):
            raise CorruptionError(f"the trace {spell_trace(trace)} has lost its contents")
        return parts[place]


_TOPLEVEL: Final = "SELECT toplevel FROM traces WHERE id = ?"
_PLACE: Final = "SELECT segment, place FROM traces WHERE id = ?"


def _unreadable(path: Path, error: apsw.Error) -> CanvasError:
    return CanvasError(
        f"the file of traces cannot be read: {path.name}: {error}",
        suggestion="a server that runs sets a damaged one aside, and begins anew; nothing else depends on it",
    )


def _statuses(connection: apsw.Connection, low: int, high: int) -> list[int | None]:
    """Those that there are, of that range; each is found by one step into the index."""
    found: list[int | None] = []
    while True:
        question = "SELECT min(status) FROM traces INDEXED BY by_status WHERE status >= ? AND status < ?"
        ((status,),) = connection.execute(question, (low, high)).fetchall()
        if status is None:
            return found
        found.append(int(status))
        low = int(status) + 1


def _question(wanted: Filter, status: int | None, newest_first: bool) -> tuple[str, tuple[int, ...]]:
    """The index is named, since what the file knows of itself does not tell which one is best."""
    where, values = ["t.id >= ?", "t.id < ?"], [wanted.since, wanted.until]
    source = "traces AS t NOT INDEXED"
    if wanted.side is not None:
        source = "sides AS s CROSS JOIN traces AS t ON t.id = s.trace"
        where = ["s.switch = ?", "s.new = ?", "s.trace >= ?", "s.trace < ?"]
        values = [signed(wanted.side[0]), int(wanted.side[1]), wanted.since, wanted.until]
    elif wanted.toplevel is not None and status is not None:
        source = "traces AS t INDEXED BY by_toplevel_and_status"
    elif wanted.toplevel is not None:
        source = "traces AS t INDEXED BY by_toplevel"
    elif status is not None:
        source = "traces AS t INDEXED BY by_status"
    for column, value in (("toplevel = ?", wanted.toplevel and signed(wanted.toplevel)), ("trial = ?", wanted.trials)):
        if value is not None:
            where.append(f"t.{column}")
            values.append(int(value))
    if status is not None:
        where.append("t.status = ?")
        values.append(status)
    if wanted.slower:
        where.append("t.duration >= ?")
        values.append(wanted.slower)
    if wanted.faster is not None:
        where.append("t.duration < ?")
        values.append(wanted.faster)
    if not wanted.unmatched:
        where.append("t.toplevel <> 0")
    order = "s.trace" if wanted.side is not None else "t.id"
    direction = "DESC" if newest_first else "ASC"
    return f"SELECT t.id FROM {source} WHERE {' AND '.join(where)} ORDER BY {order} {direction}", tuple(values)
