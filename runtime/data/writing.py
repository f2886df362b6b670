"""The one writer of a canvas's rows: judges commits against what is there, and writes those that hold.

Must not know threads, sockets or requests. Invariant: of a batch, each commit is judged after those before it have
taken effect, and what is answered with DONE has reached the disk.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import apsw

from dark_lang.errors import CanvasError
from dark_lang.names import NodeId
from runtime.data.commits import CONFLICT, DONE, Commit, Outcome, Verdict
from runtime.data.database import ABSENT, NO_STORE, StoreState, open_for_writing, signed
from runtime.data.remembering import Memory

REMEMBERED_VERSIONS = 100_000
REMEMBERED_TOKENS = 10_000


class Writer:
    """For one thread. The file is opened by the first batch, and again by the next after a failure."""

    def __init__(self, data: Path, memory: Memory) -> None:
        self._data = data
        self._memory = memory
        self._connection: apsw.Connection | None = None
        # Only this process writes, so what it wrote it need not read again to judge the next commit.
        self._versions: dict[tuple[NodeId, str], int] = {}
        self._stores: dict[NodeId, StoreState] = {}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def write(self, batch: Sequence[Commit], passed_on: Collection[int] = ()) -> list[Outcome]:
        """One outcome for each commit, in order. `passed_on`: tokens of those that came from other processes, which may
        send them again."""
        try:
            if self._connection is None:
                self._connection = open_for_writing(self._data)
            return self._write(self._connection, batch, passed_on)
        except Exception as error:
            self._forget()
            if not isinstance(error, apsw.Error | OSError | CanvasError):
                raise
            return [Outcome(Verdict.UNAVAILABLE, f"the rows cannot be written: {error}")] * len(batch)

    def _write(self, connection: apsw.Connection, batch: Sequence[Commit], passed_on: Collection[int]) -> list[Outcome]:
        if len(self._versions) > REMEMBERED_VERSIONS:
            self._versions.clear()
        connection.execute("BEGIN IMMEDIATE")
        outcomes = []
        changed: dict[tuple[NodeId, str], tuple[int, bytes | None]] = {}
        stores: set[NodeId] = set()
        for commit in batch:
            again = commit.token in passed_on
            if again and self._seen(connection, commit.token):
                outcomes.append(DONE)
            elif self._holds(connection, commit):
                self._take(connection, commit, changed, stores)
                outcomes.append(DONE)
                if again:
                    connection.execute("INSERT INTO passed_on (token) VALUES (?)", (commit.token,))
            else:
                outcomes.append(CONFLICT)
        self._store(connection, changed, stores)
        if passed_on:
            connection.execute(
                "DELETE FROM passed_on WHERE number <= (SELECT max(number) FROM passed_on) - ?", (REMEMBERED_TOKENS,)
            )
        if changed:
            self._memory.begin_commit(changed.keys())
        connection.execute("COMMIT")
        self._memory.end_commit()
        return outcomes

    def _forget(self) -> None:
        """After a failure nothing is known any more. A failed sync is never retried on the same handle: the kernel may
        have dropped the pages that it could not write."""
        self._versions.clear()
        self._stores.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(True)
        self._memory.end_commit()

    def _holds(self, connection: apsw.Connection, commit: Commit) -> bool:
        return all(self._version(connection, store, key) == version for store, key, version in commit.reads) and all(
            self._state(connection, store).version == version for store, version in commit.scans
        )

    def _take(
        self,
        connection: apsw.Connection,
        commit: Commit,
        changed: dict[tuple[NodeId, str], tuple[int, bytes | None]],
        stores: set[NodeId],
    ) -> None:
        for store, key, value in commit.writes:
            before = self._version(connection, store, key)
            after = ABSENT if value is None else commit.token
            self._versions[store, key] = after
            changed[store, key] = (after, value)
            count = self._state(connection, store).rows + (after != ABSENT) - (before != ABSENT)
            self._stores[store] = StoreState(commit.token, count)
            stores.add(store)

    def _store(
        self,
        connection: apsw.Connection,
        changed: dict[tuple[NodeId, str], tuple[int, bytes | None]],
        stores: set[NodeId],
    ) -> None:
        # Several commits of a batch that write one row make one write of it.
        kept = [
            (signed(store), key, version, value)
            for (store, key), (version, value) in changed.items()
            if value is not None
        ]
        gone = [(signed(store), key) for (store, key), (_, value) in changed.items() if value is None]
        if kept:
            connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", kept)
        if gone:
            connection.executemany("DELETE FROM rows WHERE store = ? AND key = ?", gone)
        for store in stores:
            connection.execute("INSERT OR REPLACE INTO stores VALUES (?, ?, ?)", (signed(store), *self._stores[store]))

    def _version(self, connection: apsw.Connection, store: NodeId, key: str) -> int:
        version = self._versions.get((store, key))
        if version is None:
            found = connection.execute("SELECT version FROM rows WHERE store = ? AND key = ?", (signed(store), key))
            version = self._versions[store, key] = found.get or ABSENT
        return version

    def _state(self, connection: apsw.Connection, store: NodeId) -> StoreState:
        state = self._stores.get(store)
        if state is None:
            found = connection.execute("SELECT version, count FROM stores WHERE store = ?", (signed(store),)).get
            state = self._stores[store] = NO_STORE if found is None else StoreState(*found)
        return state

    @staticmethod
    def _seen(connection: apsw.Connection, token: int) -> bool:
        return bool(connection.execute("SELECT 1 FROM passed_on WHERE token = ?", (token,)).fetchall())
