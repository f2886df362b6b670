"""Several serving processes for one canvas: a parent that listens, starts them, and starts them again when they die.

They share one listening socket, so that a connection waits for whichever is free, and none is lost with a worker that
dies. Must not know what a worker does. Invariant: no worker outlives its parent: each holds the reading end of a pipe
that closes with it.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dark_lang.errors import CanvasError
from dark_lang.records import dataclass

log = logging.getLogger("dark.serve")

START_SECONDS = 60.0
PATIENCE = 15.0  # seconds for the workers to end
QUICK_DEATH = 1.0  # a worker that dies sooner is started again only after a pause


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    started: float


def run_workers(
    listener: socket.socket, folder: Path, count: int, *, execute: str, started: Callable[[], None]
) -> None:
    """Serves with `count` processes until SIGTERM or SIGINT. `execute`: "module:name" of what runs shell commands, or
    "". `started` is called when all take requests. Raises CanvasError if they do not come up."""
    ending = _Ending()
    lifeline, held = os.pipe()
    ready, tell = os.pipe()
    listener.set_inheritable(True)

    def start() -> _Worker:
        words = [str(folder), str(listener.fileno()), str(lifeline), str(tell), execute]
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.serving.worker", *words],
            pass_fds=(listener.fileno(), lifeline, tell),
            # Ctrl-C reaches the parent alone, which ends the workers in order.
            process_group=0,
        )
        return _Worker(process, time.monotonic())

    workers = [start() for _ in range(count)]
    try:
        _wait_until_up(workers, ready, count, ending)
        if not ending.came:
            started()
        while not ending.wait(0.1):
            for nth, worker in enumerate(workers):
                if worker.process.poll() is not None:
                    log.error("a worker ended with code %s; starting another", worker.process.returncode)
                    if time.monotonic() - worker.started < QUICK_DEATH:
                        ending.wait(QUICK_DEATH)
                    workers[nth] = start()
    finally:
        os.close(held)
        _end(workers)
        for descriptor in (lifeline, ready, tell):
            os.close(descriptor)
        listener.close()
        ending.close()


def _wait_until_up(workers: list[_Worker], ready: int, count: int, ending: _Ending) -> None:
    up = 0
    deadline = time.monotonic() + START_SECONDS
    while up < count and not ending.came:
        if select.select([ready], [], [], 0.05)[0]:
            up += len(os.read(ready, count))
        for worker in workers:
            if worker.process.poll() is not None:
                raise CanvasError(f"a worker ended with code {worker.process.returncode} before it served anything")
        if time.monotonic() > deadline:
            raise CanvasError(f"the workers did not come up within {START_SECONDS:.0f} seconds")


def _end(workers: list[_Worker]) -> None:
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.terminate()
    for worker in workers:
        try:
            worker.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()


class _Ending:
    """SIGTERM or SIGINT, from now until `close`."""

    def __init__(self) -> None:
        self.came = False
        self._near, self._far = os.pipe()
        os.set_blocking(self._far, False)
        self._before = {number: signal.signal(number, self._take) for number in (signal.SIGTERM, signal.SIGINT)}

    def _take(self, _number: int, _frame: object) -> None:
        self.came = True
        os.write(self._far, b".")

    def wait(self, seconds: float) -> bool:
        if not self.came:
            select.select([self._near], [], [], seconds)
        return self.came

    def close(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._near)
        os.close(self._far)
