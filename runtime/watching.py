"""Tells a host that files came, soon after they did.

Must not know what is in them. Invariant: events are an accelerator; a look at the folder every second or two is what
finds everything, also where the system's watches are used up or say nothing (network file systems).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from watchfiles import Change, watch

from dark_lang.errors import DarkError
from runtime.hosting import Host

log = logging.getLogger(__name__)

RESCAN_SECONDS = 1.5
_STEP_MS, _DEBOUNCE_MS = 3, 12
"""A change is told when a step has passed without another, and a step costs a wake-up. Measured from a file's rename to
an answer by its code, and idle: 5.5 ms and 0.6 % of a core; 4.2 ms and 1.4 % with steps of 2; 9.5 and 0.4 with 5."""


BUSY: Final = 2_000
"""Requests a second from which on the steps are long ones: each step takes the interpreter from who answers, and short
ones cost 8 % of all requests that are answered at full load."""
_BUSY_STEP_MS, _BUSY_DEBOUNCE_MS = 20, 40


class Watcher:
    """A thread that keeps a host up to date. `after` is called, in that thread, each time it looked; `requests` says
    how many have been answered so far."""

    def __init__(
        self, host: Host, *, after: Callable[[], None] | None = None, requests: Callable[[], int] = lambda: 0
    ) -> None:
        self._host = host
        self._after = after
        self._requests = requests
        self._counted = (time.monotonic(), 0)
        self.is_busy = False
        self._looked = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        folder = self._host.folder / "diffs"
        while not self._stop.is_set():
            try:
                folder.mkdir(exist_ok=True)
                self._watch(folder)
            except OSError as error:
                # No watches left, or the folder was taken away: looking now and then still finds everything.
                log.warning("cannot watch %s (%s); looking every %s s", folder, error, RESCAN_SECONDS)
                self._look(None)
                self._stop.wait(RESCAN_SECONDS)

    def _watch(self, folder: Path) -> None:
        busy = self.is_busy
        self._look(None)
        for changes in watch(
            folder,
            watch_filter=_is_diff,
            step=_BUSY_STEP_MS if busy else _STEP_MS,
            debounce=_BUSY_DEBOUNCE_MS if busy else _DEBOUNCE_MS,
            rust_timeout=int(RESCAN_SECONDS * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
            stop_event=self._stop,
        ):
            overdue = time.monotonic() - self._looked >= RESCAN_SECONDS
            self._look(None if overdue or not changes else [name.rpartition("/")[2] for _, name in changes])
            if overdue or not changes:
                self._count()
                if self.is_busy is not busy:
                    return  # to be called again

    def _count(self) -> None:
        before, at_that_time = self._counted
        now, requests = time.monotonic(), self._requests()
        self._counted = (now, requests)
        self.is_busy = requests - at_that_time > BUSY * (now - before)

    def _look(self, names: list[str] | None) -> None:
        if names is None:
            self._looked = time.monotonic()
        try:
            self._host.refresh(names)
            if names is None:
                self._host.save_aside()
        except DarkError as error:
            log.warning("%s", error.message)
        except Exception:
            log.exception("the store could not be looked at; what was served before still is")
        if self._after is not None:
            self._after()


def _is_diff(change: Change, path: str) -> bool:
    return change is not Change.deleted and path.endswith(".cbor")
