"""The SQLite file of a canvas's rows: its schema, its settings, and the questions that are asked of it.

Knows rows as bytes under (datastore id, key); must not know values, requests, threads or who may write. Invariant: a
row's `version` is the token of the commit that wrote it, and a store's `version` that of the last commit that touched
any of its rows, so that who has read something can learn whether it still holds.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from dark_lang.errors import CanvasError
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from runtime.current import breathe

FOLDER = "data"
"""Of a canvas: what this host alone keeps."""
FILE = "rows.sqlite"
ABSENT = 0
"""The version of a row, or of a store, that is not there. Tokens of commits are never 0."""
BUSY_MILLISECONDS = 5000
PROGRESS_STEPS = 2000
"""Steps of SQLite's machine, some 50 microseconds, between two looks at whether the run that asks is to end."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    store INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (store, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stores (store INTEGER PRIMARY KEY, version INTEGER NOT NULL, count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS passed_on (number INTEGER PRIMARY KEY AUTOINCREMENT, token INTEGER NOT NULL UNIQUE);
"""
# `passed_on` remembers the commits that came from other processes: one that is sent again, since the owner died before
# it answered, is recognised.


class Row(NamedTuple):
    version: int
    value: bytes


class StoreState(NamedTuple):
    version: int
    rows: int


NO_STORE = StoreState(ABSENT, 0)


def signed(store: NodeId) -> int:
    """A 64-bit id as the signed integer that SQLite holds."""
    return store - (1 << 64) if store >> 63 else int(store)


def open_for_writing(data: Path) -> apsw.Connection:
    """Makes the file and its tables if need be. Raises CanvasError if that cannot be done."""
    try:
        data.mkdir(exist_ok=True)
        connection = apsw.Connection(str(data / FILE))
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        connection.execute("PRAGMA journal_mode=WAL")
        # FULL: a commit has reached the disk when it returns, which is what "durable" promises.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(_SCHEMA)
    except (OSError, apsw.Error) as error:
        raise CanvasError(
            f"the rows of this canvas cannot be opened for writing: {data / FILE}: {error}",
            suggestion="look at the folder's permissions and at the free space of its disk",
        ) from error
    return connection


def open_for_reading(data: Path) -> apsw.Connection | None:
    """None while there are no rows at all. Raises CanvasError if the file is there and cannot be read."""
    path = data / FILE
    if not path.exists():
        return None
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        connection.set_progress_handler(_go_on, PROGRESS_STEPS)
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'passed_on'").fetchall():
            connection.close()  # its maker is between creating the file and its tables
            return None
    except apsw.Error as error:
        raise CanvasError(f"the rows of this canvas cannot be read: {path}: {error}") from error
    return connection


def _go_on() -> bool:
    """False: SQLite is to go on. A run that is to end is ended here, in the middle of a question that takes long."""
    breathe()
    return False


class Reader:
    """Reads in one snapshot between `begin` and `end`. For one thread at a time."""

    __slots__ = ("_connection", "_data", "_execute", "_open")

    def __init__(self, data: Path) -> None:
        self._data = data
        self._connection = open_for_reading(data)
        self._execute = None if self._connection is None else self._connection.execute
        self._open = False

    def begin(self) -> None:
        """Starts a snapshot, the one of the first read that follows. One that is open already stays."""
        if self._open:
            return
        if self._execute is None:
            self._connection = open_for_reading(self._data)
            if self._connection is None:
                return
            self._execute = self._connection.execute
        self._execute("BEGIN")
        self._open = True

    def end(self) -> None:
        if self._open and self._execute is not None:
            self._open = False
            self._execute("COMMIT")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = self._execute = None
            self._open = False

    def row(self, store: NodeId, key: str) -> Row | None:
        if self._execute is None:
            return None
        for row in self._execute("SELECT version, value FROM rows WHERE store = ? AND key = ?", (signed(store), key)):
            return Row(*row)
        return None

    def rows(self, store: NodeId) -> list[tuple[str, bytes]]:
        """All rows of a datastore, by key."""
        if self._execute is None:
            return []
        return list(self._execute("SELECT key, value FROM rows WHERE store = ? ORDER BY key", (signed(store),)))

    def keys(self, store: NodeId) -> list[str]:
        if self._execute is None:
            return []
        found = self._execute("SELECT key FROM rows WHERE store = ? ORDER BY key", (signed(store),))
        return [key for (key,) in found]

    def page(self, store: NodeId, after: str | None, limit: int) -> list[tuple[str, bytes]]:
        """Up to `limit` rows with keys above `after`, by key."""
        if self._execute is None:
            return []
        if after is None:
            return list(
                self._execute(
                    "SELECT key, value FROM rows WHERE store = ? ORDER BY key LIMIT ?", (signed(store), limit)
                )
            )
        return list(
            self._execute(
                "SELECT key, value FROM rows WHERE store = ? AND key > ? ORDER BY key LIMIT ?",
                (signed(store), after, limit),
            )
        )

    def state(self, store: NodeId) -> StoreState:
        if self._execute is None:
            return NO_STORE
        for state in self._execute("SELECT version, count FROM stores WHERE store = ?", (signed(store),)):
            return StoreState(*state)
        return NO_STORE

    def stores(self) -> dict[NodeId, int]:
        """How many rows each datastore has that ever had one."""
        if self._execute is None:
            return {}
        return {NodeId(store % (1 << 64)): count for store, count in self._execute("SELECT store, count FROM stores")}
