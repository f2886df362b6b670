"""What the traffic made use of: which definitions served it, as they were then, and which places stopped it.

Must not know requests or trees. Invariants: counting costs the answer nothing, since it is written behind it; what was
counted is lost only with the process, and then the last moments of it; a disk that refuses stops no request.

Several processes of a host may count at the same time: each adds what it has counted, some twenty times a second at
most.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import apsw

from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from runtime.data.database import BUSY_MILLISECONDS, FOLDER, signed

log = logging.getLogger(__name__)

FILE = "usage.sqlite"
INTERVAL = 0.05  # seconds between counting and writing
TRIALS_INTERVAL = 5.0
KEPT_DAYS = 90

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stops (
    node INTEGER PRIMARY KEY, traffic INTEGER NOT NULL, trials INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS served (
    toplevel INTEGER NOT NULL, content BLOB NOT NULL, entry INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, PRIMARY KEY (toplevel, content)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trials (day INTEGER PRIMARY KEY, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS unlocks (
    toplevel INTEGER NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS unlocked ON unlocks (toplevel, at);
CREATE TABLE IF NOT EXISTS released (
    toplevel INTEGER NOT NULL, content BLOB NOT NULL, at INTEGER NOT NULL, author TEXT NOT NULL,
    PRIMARY KEY (toplevel, content)
) WITHOUT ROWID;
"""
_ADD_SERVED = """
INSERT INTO served VALUES (?, ?, ?, ?, ?) ON CONFLICT (toplevel, content) DO UPDATE SET
    entry = max(entry, excluded.entry), last = max(last, excluded.last)
"""
_ADD_TRIALS = "INSERT INTO trials VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET count = count + excluded.count"
_ADD = """
INSERT INTO stops VALUES (?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET
    traffic = traffic + excluded.traffic, trials = trials + excluded.trials, last = max(last, excluded.last)
"""


class Reached(NamedTuple):
    traffic: int
    trials: int
    last: int  # microseconds since 1970


class Served(NamedTuple):
    """A definition that served traffic. `entry`: whether requests came to it, and not only through others."""

    toplevel: NodeId
    content: bytes
    entry: bool


class Usage:
    """Of one process; safe to use from several threads. `close` it."""

    def __init__(self, canvas: Path) -> None:
        self._data = canvas / FOLDER
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._stops: dict[NodeId, Reached] = {}
        self._serving: list[Callable[[], Iterable[Served]]] = []
        self._trials = 0
        self._timer: threading.Timer | None = None
        self._trouble = ""

    def stopped(self, node: NodeId, *, trial: bool) -> None:
        """A request came to this place, and stopped there."""
        with self._lock:
            traffic, trials, _ = self._stops.get(node, _NEVER)
            self._stops[node] = Reached(traffic + (not trial), trials + trial, time.time_ns() // 1000)
            self._wind(INTERVAL)

    def served(self, what: Callable[[], Iterable[Served]]) -> None:
        """A request was served; `what` says by which definitions, and is called in another thread, at once: who edits
        the next moment has to know."""
        with self._lock:
            self._serving.append(what)
            self._wind(0.0)

    def tried(self) -> None:
        """The developer's own request."""
        self._trials += 1  # one thread counts; a number that is a little too low does no harm
        if self._timer is None:
            with self._lock:
                self._wind(TRIALS_INTERVAL)

    def _wind(self, seconds: float) -> None:
        if self._timer is not None and seconds >= self._timer.interval:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(seconds, self.flush)
        self._timer.daemon = True
        self._timer.start()

    def flush(self) -> None:
        """Writes what was counted. If the disk refuses, the next time tries again."""
        with self._writing:
            with self._lock:
                counted, self._stops, self._timer = self._stops, {}, None
                serving, self._serving = self._serving, []
                trials, self._trials = self._trials, 0
            if not (counted or serving or trials):
                return
            served = {(one.toplevel, one.content): one for what in serving for one in _told(what)}
            try:
                self._add(counted, served.values(), trials)
                self._trouble = ""
            except (OSError, apsw.Error) as error:
                self._keep(counted)
                with self._lock:
                    self._trials += trials
                    self._serving.append(served.values)
                if str(error) != self._trouble:
                    log.warning("what the traffic makes use of cannot be written: %s", error)
                self._trouble = str(error)

    def close(self) -> None:
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
        self.flush()

    def _add(self, counted: dict[NodeId, Reached], served: Iterable[Served], trials: int) -> None:
        now = time.time_ns() // 1000
        with closing(open_usage(self._data)) as connection, connection:
            connection.executemany(_ADD, [(signed(node), *reached) for node, reached in counted.items()])
            rows = [(signed(one.toplevel), one.content, int(one.entry), now, now) for one in served]
            connection.executemany(_ADD_SERVED, rows)
            if trials:
                connection.execute(_ADD_TRIALS, (now // _DAY, trials))
            connection.execute("DELETE FROM stops WHERE last < ?", (now - KEPT_DAYS * _DAY,))

    def _keep(self, counted: dict[NodeId, Reached]) -> None:
        with self._lock:
            for node, (traffic, trials, last) in counted.items():
                since = self._stops.get(node, _NEVER)
                self._stops[node] = Reached(since.traffic + traffic, since.trials + trials, max(since.last, last))


_NEVER = Reached(0, 0, 0)
_DAY = 86_400_000_000  # microseconds


def _told(what: Callable[[], Iterable[Served]]) -> Iterable[Served]:
    try:
        return what()
    except Exception:
        log.exception("what served a request could not be found out by our own fault")
        return ()


def open_usage(data: Path) -> apsw.Connection:
    """For writing; made if need be. Raises OSError or apsw.Error."""
    data.mkdir(exist_ok=True)
    connection = apsw.Connection(str(data / FILE))
    try:
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(_SCHEMA)
    except apsw.Error:
        connection.close()
        raise
    return connection


def read_stops(canvas: Path) -> dict[NodeId, Reached]:
    """By place. Empty where nothing was counted, or what was cannot be read."""
    path = canvas / FOLDER / FILE
    if not path.exists():
        return {}
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error:
        return {}
    try:
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        rows = connection.execute("SELECT node, traffic, trials, last FROM stops")
        return {NodeId(node % (1 << 64)): Reached(*counts) for node, *counts in rows}
    except apsw.Error as error:
        log.warning("how often holes are reached cannot be read: %s", error)
        return {}
    finally:
        connection.close()
