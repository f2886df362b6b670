"""The thread that commits: takes all that waits, has it written in one transaction, and tells those who wait.

Must not know SQLite, HTTP or how a commit came to be. Invariant: each commit that was submitted gets exactly one
outcome, whatever happens to the process that owns the rows meanwhile.

One process of a canvas and host owns the rows (`owning`); in every other the batch travels to it. When it dies, one of
the others becomes the owner, and sends its unanswered batch to itself.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Protocol

from dark_lang.errors import DarkError
from dark_lang.records import dataclass
from runtime.data.commits import Commit, Outcome, Verdict

log = logging.getLogger(__name__)

LARGEST_BATCH = 1000
LOOK_AGAIN = 0.1  # seconds between two looks at whether the owner has gone
PATIENCE = 5.0  # seconds for which a batch looks for an owner

Done = Callable[[Outcome], None]
Deliver = Callable[[Callable[[], None]], object]
"""Has a call made in the thread of whoever waits: an event loop's `call_soon_threadsafe`."""


class OwnerGone(Exception):  # noqa: N818 - an event, not a mistake
    """The process that owns the rows is out of reach; whether it wrote the batch is not known."""


class Backend(Protocol):
    """Where a batch goes: the rows themselves, or the process that owns them."""

    def write(self, batch: Sequence[Commit], passed_on: Collection[int], /) -> list[Outcome]:
        """One outcome for each, in order. Raises OwnerGone."""
        ...

    def close(self) -> None: ...


class Backends(Protocol):
    def own(self) -> Backend | None:
        """The rows themselves, if this process owns them or now comes to."""
        ...

    def reach(self) -> Backend | None:
        """A way to the process that owns them; None while there is none."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    commit: Commit
    passed_on: bool
    done: Done
    deliver: Deliver | None


class Committer:
    def __init__(self, backends: Backends, *, eager: bool) -> None:
        """`eager`: look for the owner, and become it if there is none, before the first commit comes."""
        self._backends = backends
        self._backend: Backend | None = None
        self._eager = eager
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._owning = False
        self._trouble = ""  # why the rows cannot be owned, if they cannot
        if eager:
            self._look()
            self._start()

    def submit(self, commit: Commit, done: Done, deliver: Deliver | None = None, *, passed_on: bool = False) -> None:
        """`done` gets the outcome: in this object's thread, or through `deliver`, one call for all of a batch."""
        if self._thread is None:
            self._start()
        self._queue.put(_Waiting(commit, passed_on, done, deliver))

    def close(self) -> None:
        """Commits what waits, then ends the thread."""
        self._closed = True
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
        if self._backend is not None:
            self._backend.close()
            self._backend = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dark commits", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            batch = self._gather()
            if batch is None:
                return
            if batch:
                self._tell(batch, self._write(batch))

    def _gather(self) -> list[_Waiting] | None:
        """All that waits; an empty list when nothing came for a while; None at the end."""
        watching = self._eager and not self._owning
        try:
            first = self._queue.get(timeout=LOOK_AGAIN if watching else None)
        except queue.Empty:
            self._look()
            return []
        batch: list[_Waiting] = []
        while first is not None:
            batch.append(first)
            if len(batch) == LARGEST_BATCH:
                return batch
            try:
                first = self._queue.get_nowait()
            except queue.Empty:
                return batch
        if batch:
            self._queue.put(None)
            return batch
        return None

    def _look(self) -> None:
        """Becomes the owner if there is none."""
        try:
            own = self._backends.own()
        except (DarkError, OSError) as error:
            if str(error) != self._trouble:
                log.warning("the rows of this canvas cannot be owned: %s", error)
            self._trouble = str(error)
            return
        self._trouble = ""
        if own is not None:
            self._owning = True
            self._use(own)

    def _use(self, backend: Backend | None) -> None:
        if self._backend is not None and self._backend is not backend:
            self._backend.close()
        self._backend = backend

    def _write(self, batch: list[_Waiting]) -> list[Outcome]:
        commits = [waiting.commit for waiting in batch]
        passed_on = {waiting.commit.token for waiting in batch if waiting.passed_on}
        deadline = time.monotonic() + PATIENCE
        reason = "the process that owns the rows of this canvas is out of reach"
        while True:
            try:
                if self._backend is None:
                    self._look()
                if self._backend is None:
                    self._use(self._backends.reach())
                if self._backend is not None:
                    outcomes = self._backend.write(commits, passed_on)
                    if len(outcomes) == len(batch):
                        return outcomes
                    raise OwnerGone("the owner answered something else than it was asked")
            except OwnerGone:
                self._use(None)
                # What was sent may have been written: from now on these commits are ones that may come again.
                passed_on = {commit.token for commit in commits}
            except Exception as error:
                log.exception("a batch of commits failed")
                return [Outcome(Verdict.UNAVAILABLE, f"the rows cannot be written: {error}")] * len(batch)
            if self._trouble or self._closed or time.monotonic() > deadline:
                return [Outcome(Verdict.UNAVAILABLE, self._trouble or reason)] * len(batch)
            time.sleep(0.01)

    @staticmethod
    def _tell(batch: list[_Waiting], outcomes: list[Outcome]) -> None:
        by_deliver: dict[Deliver | None, list[tuple[Done, Outcome]]] = {}
        for waiting, outcome in zip(batch, outcomes, strict=True):
            by_deliver.setdefault(waiting.deliver, []).append((waiting.done, outcome))
        for deliver, calls in by_deliver.items():
            if deliver is None:
                _call_all(calls)
                continue
            try:
                deliver(partial(_call_all, calls))
            except RuntimeError:
                log.warning("%d outcomes of commits came after their event loop had ended", len(calls))


def _call_all(calls: list[tuple[Done, Outcome]]) -> None:
    for done, outcome in calls:
        try:
            done(outcome)
        except Exception:
            log.exception("telling the outcome of a commit failed")
