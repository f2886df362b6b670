"""The processes of a slow lane as the server holds them: made by a nursery, spoken to over a socket each.

Must not know who waits for what. For one thread. Invariants: what is lost is replaced when it is next needed, the
nursery too; a process that was dropped is never spoken to again, and ends by that.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from dark_lang.records import dataclass
from runtime.lanes.messages import Frames
from runtime.lanes.nursery import KILL, MAKE, ORDER
from runtime.lanes.tickets import Ticket

log = logging.getLogger("dark.lanes")

_CALM_START: Final = 0.3  # seconds: who starts to serve has better things to do first
_RESTART: Final = 1.0  # between two nurseries, if one does not even come up
_SEND_SECONDS: Final = 5.0
_END_SECONDS: Final = 2.0
_DYING_SECONDS: Final = 0.05  # in which a nursery that dies takes its processes with it


@dataclass(slots=True, eq=False)
class Process:
    number: int
    connection: socket.socket
    frames: Frames
    known: set[bytes]  # keys of the capsules that it has
    ticket: Ticket | None  # what it works on
    since: float  # idle, or at work


class Processes:
    """`selector` learns of their connections, with the Process as data; `control` is the nursery's, without."""

    def __init__(self, folder: Path, selector: selectors.BaseSelector) -> None:
        self._folder = folder
        self._selector = selector
        self.living: dict[int, Process] = {}
        self._made = 0
        self._nursery: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.are_ready = False  # whether more can be made
        self._is_calm = True  # nobody has needed one yet
        self._next_start = time.monotonic() + _CALM_START

    @property
    def next_start(self) -> float | None:
        """When the nursery is to be started, by time.monotonic; None if it is there."""
        return self._next_start if self._nursery is None else None

    def keep(self, now: float, *, needed: bool) -> None:
        """Starts the nursery if it is time; the first one at once if it is needed."""
        if self._nursery is not None or (now < self._next_start and not (self._is_calm and needed)):
            return
        self._is_calm = False
        self._next_start = now + _RESTART
        ours, theirs = socket.socketpair()
        try:
            words = [sys.executable, "-m", "runtime.lanes.nursery", str(theirs.fileno()), str(self._folder.absolute())]
            # A group of its own: Ctrl-C is for the server, which ends it in order.
            self._nursery = subprocess.Popen(
                words, pass_fds=(theirs.fileno(),), process_group=0, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        except OSError as error:
            log.error("no processes for slow requests can be made: %s", error)
            ours.close()
            return
        finally:
            theirs.close()
        self.control = ours
        self._selector.register(ours, selectors.EVENT_READ)

    def hear_nursery(self) -> bool:
        """False: it has died."""
        assert self.control is not None
        try:
            said = self.control.recv(64)
        except OSError:
            said = b""
        if said:
            self.are_ready = True
            self._next_start = time.monotonic()
        return bool(said)

    def has_lost_nursery(self) -> bool:
        """Asked when a process was lost: with the nursery its processes die, and that may be noticed a moment later."""
        deadline = time.monotonic() + _DYING_SECONDS
        while self._nursery is not None and self._nursery.poll() is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        return True

    def bury_nursery(self) -> list[Process]:
        """Ends it if it lives; says which processes went with it."""
        if self.control is not None:
            self._selector.unregister(self.control)
            self.control.close()
        if self._nursery is not None:
            try:
                self._nursery.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._nursery.kill()
                self._nursery.wait()
        self._nursery = self.control = None
        self.are_ready = False
        lost = list(self.living.values())
        for process in lost:
            self.drop(process)
        return lost

    def make(self) -> Process | None:
        """None if that cannot be done now."""
        if self.control is None:
            return None
        ours, theirs = socket.socketpair()
        self._made += 1
        try:
            socket.send_fds(self.control, [ORDER.pack(MAKE, self._made)], [theirs.fileno()])
        except OSError:
            ours.close()
            return None
        finally:
            theirs.close()
        ours.settimeout(_SEND_SECONDS)
        process = Process(self._made, ours, Frames(), set(), None, time.monotonic())
        self.living[process.number] = process
        self._selector.register(ours, selectors.EVENT_READ, process)
        return process

    def kill(self, process: Process) -> None:
        if self.control is not None:
            with contextlib.suppress(OSError):
                self.control.send(ORDER.pack(KILL, process.number))
        self.drop(process)

    def drop(self, process: Process) -> None:
        """Hangs up."""
        del self.living[process.number]
        self._selector.unregister(process.connection)
        process.connection.close()


class Bell:
    """Wakes the thread that waits on a selector. `ring` from any thread."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self.near, self._far = os.pipe()
        os.set_blocking(self._far, False)
        selector.register(self.near, selectors.EVENT_READ)

    def ring(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._far, b".")

    def quiet(self) -> None:
        os.read(self.near, 4096)

    def close(self) -> None:
        os.close(self.near)
        os.close(self._far)
