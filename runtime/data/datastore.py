"""The rows of a canvas on this host, as everybody else sees them: open, read, commit, close.

Must not know HTTP, the canvas, or what a value is. Invariant: whoever opens it may read and commit, whichever process
owns the rows, and whether that lives or dies meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dark_lang.errors import CanvasError
from dark_lang.names import NodeId
from dark_lang.values.model import Value
from runtime.data.commits import CONFLICT, Commit, Outcome, Verdict
from runtime.data.committing import Backend, Committer, Deliver, Done
from runtime.data.database import FOLDER, Reader
from runtime.data.owning import Desk, Ownership, Remote
from runtime.data.remembering import Memory
from runtime.data.worlds import Coming, RequestWorld, decode_stored
from runtime.data.writing import Writer

TRIES = 6
"""How often a run is tried: once, and five times more if what it relied on had changed when it came to commit."""


class Data:
    """`Data.open(canvas_folder)`; safe to use from several threads."""

    def __init__(self, folder: Path, *, readonly: bool, serving: bool) -> None:
        self._data = folder / FOLDER
        self._dark = folder / ".dark"
        self._serving = serving
        self._local = threading.local()
        self._readers: list[Reader] = []
        self.coming: dict[NodeId, Coming] = {}
        self.memory: Memory | None = None  # once this process owns the rows
        self._ownership = Ownership(self._data)
        self._desk: Desk | None = None
        self._on_owning: list[Callable[[], object]] = []
        self._committer: Committer | None = None
        if not readonly:
            self._committer = Committer(self, eager=serving)

    @classmethod
    def open(cls, folder: Path, *, readonly: bool = False, serving: bool = False) -> Data:
        """`serving`: owns the rows at once if nobody does, and as soon as nobody does; writes for other processes.
        Otherwise that is left to the first commit. Never fails for a disk that is full or read-only: commits do."""
        return cls(folder, readonly=readonly, serving=serving)

    def close(self) -> None:
        """Writes what waits."""
        if self._desk is not None:
            self._desk.close()
        if self._committer is not None:
            self._committer.close()
        self._ownership.release()
        for reader in self._readers:
            reader.close()

    # Which process owns the rows

    @property
    def owner(self) -> bool:
        return self._ownership.held

    def when_owning(self, act: Callable[[], object]) -> None:
        """Has `act` called once this process owns the rows, in any thread; at once if it does."""
        self._on_owning.append(act)
        if self.owner:
            act()

    def own(self) -> Backend | None:
        """For the committing thread. Raises CanvasError or OSError if nobody can write here."""
        if not self._ownership.take():
            return None
        if self._serving and self._desk is None:
            desk = Desk(self._dark, self._submit_for_others)
            desk.open()
            self._desk = desk  # only now: one that could not be opened is tried again
        if self.memory is None:
            self.memory = Memory()
        for act in self._on_owning:
            act()
        return Writer(self._data, self.memory)

    def reach(self) -> Backend | None:
        """For the committing thread."""
        return Remote.reach(self._dark)

    def _submit_for_others(self, commit: Commit, done: Done) -> None:
        assert self._committer is not None
        self._committer.submit(commit, done, passed_on=True)

    # Runs

    @property
    def reader(self) -> Reader:
        """Of this thread."""
        reader: Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = Reader(self._data)
            self._readers.append(reader)
        return reader

    def world(self) -> RequestWorld:
        return RequestWorld(self)

    def submit(self, commit: Commit, done: Done, deliver: Deliver | None = None) -> None:
        """Has it written; `done` gets the outcome, in another thread unless `deliver` brings it back to this one.
        From now on, runs in this process see what it writes, and wait for it."""
        if self._committer is None:
            done(Outcome(Verdict.UNAVAILABLE, "the rows were opened for reading only"))
            return
        self._announce(commit)

        def settle(outcome: Outcome) -> None:
            self._withdraw(commit)
            done(outcome)

        self._committer.submit(commit, settle, deliver)

    def commit(self, world: RequestWorld) -> Outcome:
        """Waits for the outcome."""
        world.end()
        told = threading.Event()
        outcomes: list[Outcome] = []

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            told.set()

        self.submit(world.take(), done)
        told.wait()
        return outcomes[0]

    def _announce(self, commit: Commit) -> None:
        token = commit.token
        for store, key, value in commit.writes:
            coming = self.coming.get(store)
            if coming is None:
                coming = self.coming[store] = Coming()
            coming.rows[key] = (token, value)
            coming.token = token

    def _withdraw(self, commit: Commit) -> None:
        token = commit.token
        for store, key, _ in commit.writes:
            coming = self.coming.get(store)
            if coming is None:
                continue
            entry = coming.rows.get(key)
            if entry is not None and entry[0] == token:
                # Another thread may have announced a later one just now; losing it costs a run its second try, no more.
                coming.rows.pop(key, None)
            if not coming.rows:
                self.coming.pop(store, None)

    # Direct access, for `dark db`

    def get(self, store: NodeId, key: str) -> Value | None:
        with self._reading() as world:
            return world.db_get(store, key)

    def set(self, store: NodeId, key: str, value: Value) -> None:
        """Raises CanvasError if it cannot be written, Failed for a value that cannot be stored."""
        self._change(lambda world: world.db_set(store, key, value))

    def delete(self, store: NodeId, key: str) -> bool:
        """Whether there was such a row. Raises CanvasError if it cannot be written."""
        found = self.get(store, key) is not None
        if found:
            self._change(lambda world: world.db_delete(store, key))
        return found

    def count(self, store: NodeId) -> int:
        with self._reading() as world:
            return world.db_count(store)

    def page(self, store: NodeId, *, after: str | None = None, limit: int = 100) -> list[tuple[str, Value]]:
        """Up to `limit` rows with keys above `after`, by key."""
        reader = self.reader
        reader.begin()
        try:
            return [(key, decode_stored(value)) for key, value in reader.page(store, after, limit)]
        finally:
            reader.end()

    def stores(self) -> dict[NodeId, int]:
        """How many rows each datastore has that ever had one, those of deleted datastores too."""
        reader = self.reader
        reader.begin()
        try:
            return reader.stores()
        finally:
            reader.end()

    @contextmanager
    def _reading(self) -> Iterator[RequestWorld]:
        world = self.world()
        try:
            yield world
        finally:
            world.end()

    def _change(self, act: Callable[[RequestWorld], None]) -> None:
        outcome = CONFLICT
        for _ in range(TRIES):
            world = self.world()
            act(world)
            outcome = self.commit(world)
            if outcome.verdict is not Verdict.CONFLICT:
                break
        if outcome.verdict is not Verdict.DONE:
            raise CanvasError(f"nothing was written: {outcome.reason}")
