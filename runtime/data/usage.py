"""How often requests came to a place in the program: the holes, and what does not fit, that stopped them.

Must not know requests or trees. Invariants: counting costs the answer nothing, since it is written behind it; what was
counted is lost only with the process, and then the last moments of it; a disk that refuses stops no request.

Several processes of a host may count at the same time: each adds what it has counted, some twenty times a second at
most.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import apsw

from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from runtime.data.database import BUSY_MILLISECONDS, FOLDER, signed

log = logging.getLogger(__name__)

FILE = "usage.sqlite"
INTERVAL = 0.05  # seconds between counting and writing
KEPT_DAYS = 90

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stops (
    node INTEGER PRIMARY KEY, traffic INTEGER NOT NULL, trials INTEGER NOT NULL, last INTEGER NOT NULL
)
"""
_ADD = """
INSERT INTO stops VALUES (?, ?, ?, ?) ON CONFLICT (node) DO UPDATE SET
    traffic = traffic + excluded.traffic, trials = trials + excluded.trials, last = max(last, excluded.last)
"""


class Reached(NamedTuple):
    traffic: int
    trials: int
    last: int  # microseconds since 1970


class Usage:
    """Of one process; safe to use from several threads. `close` it."""

    def __init__(self, canvas: Path) -> None:
        self._data = canvas / FOLDER
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._stops: dict[NodeId, Reached] = {}
        self._timer: threading.Timer | None = None
        self._trouble = ""

    def stopped(self, node: NodeId, *, trial: bool) -> None:
        """A request came to this place, and stopped there."""
        with self._lock:
            traffic, trials, _ = self._stops.get(node, _NEVER)
            self._stops[node] = Reached(traffic + (not trial), trials + trial, time.time_ns() // 1000)
            if self._timer is None:
                self._timer = threading.Timer(INTERVAL, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Writes what was counted. If the disk refuses, the next time tries again."""
        with self._writing:
            with self._lock:
                counted, self._stops, self._timer = self._stops, {}, None
            if not counted:
                return
            try:
                self._add(counted)
                self._trouble = ""
            except (OSError, apsw.Error) as error:
                self._keep(counted)
                if str(error) != self._trouble:
                    log.warning("how often holes are reached cannot be written: %s", error)
                self._trouble = str(error)

    def close(self) -> None:
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
        self.flush()

    def _add(self, counted: dict[NodeId, Reached]) -> None:
        self._data.mkdir(exist_ok=True)
        connection = apsw.Connection(str(self._data / FILE))
        try:
            connection.set_busy_timeout(BUSY_MILLISECONDS)
            connection.execute("PRAGMA journal_mode=WAL")
            with connection:
                connection.execute(_SCHEMA)
                connection.executemany(_ADD, [(signed(node), *reached) for node, reached in counted.items()])
                forgotten = max(reached.last for reached in counted.values()) - KEPT_DAYS * 86_400_000_000
                connection.execute("DELETE FROM stops WHERE last < ?", (forgotten,))
        finally:
            connection.close()

    def _keep(self, counted: dict[NodeId, Reached]) -> None:
        with self._lock:
            for node, (traffic, trials, last) in counted.items():
                since = self._stops.get(node, _NEVER)
                self._stops[node] = Reached(since.traffic + traffic, since.trials + trials, max(since.last, last))


_NEVER = Reached(0, 0, 0)


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
