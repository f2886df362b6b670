"""Threads for handlers that reach over the network: they wait more than they work, and never start again.

Must not know what they run. Invariant: a task runs at most once; each that was taken is told of when it is over.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger("dark.lanes")

MOST: Final = 32
MOST_WAITING: Final = 1_000
_IDLE_SECONDS: Final = 10.0


class Threads:
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._living = self._idle = 0

    def submit(self, task: Callable[[], None]) -> bool:
        """False if too many wait already. `task` must not raise."""
        with self._lock:
            if self._tasks.qsize() >= MOST_WAITING:
                return False
            self._tasks.put(task)
            if self._idle < self._tasks.qsize() and self._living < self._most:
                self._living += 1
                threading.Thread(target=self._live, name="dark network", daemon=True).start()
            return True

    def close(self) -> None:
        """Lets threads that have nothing to do end. One that runs a task ends with it, or with the process."""
        with self._lock:
            for _ in range(self._living):
                self._tasks.put(None)

    def _live(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            try:
                task = self._tasks.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                task = None
            with self._lock:
                self._idle -= 1
                if task is None:
                    # One that was put in since the wait ended is seen here, under the lock that it was put in under.
                    if self._tasks.empty() or self._living > 1:
                        self._living -= 1
                        return
                    continue
            try:
                task()
            except Exception:
                log.exception("a request in a thread failed by our own fault")
