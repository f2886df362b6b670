"""The server's side of the slow lane: who waits, which process has which request, and what becomes of it.

A thread of its own looks after the processes, so that the event loop never waits for one. Must not know what a request
asks. Invariants: each ticket comes back once; a process that is over its time is killed and a ticket that it had comes
back; the processes are replaced as they go, the nursery too; nothing has left a process that did not answer, so that
what it had can be given to another.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import Final

from dark_lang.names import NodeId
from dark_lang.records import dataclass
from runtime.blaming import limit_reached
from runtime.lanes.messages import Frames, Report, Task, error_of, frame
from runtime.lanes.nursery import KILL, MAKE, ORDER
from runtime.lanes.slow import KNOWN
from runtime.lanes.tickets import Back, Crowded, Ticket
from runtime.serving.requests import BadRequest

log = logging.getLogger("dark.lanes")

GRACE: Final = 0.08
"""Seconds after its limit at which a run that has not ended by itself is killed."""

MOST_WAITING: Final = 1_000
_CALM_START: Final = 0.3  # seconds: who starts to serve has better things to do first
_RESTART: Final = 1.0  # between two nurseries, if one does not even come up
_SEND_SECONDS: Final = 5.0
_IDLE_SECONDS: Final = 30.0  # after which all idle processes but one may go


@dataclass(slots=True)
class _Process:
    number: int
    connection: socket.socket
    frames: Frames
    known: set[bytes]  # keys of the capsules that it has
    ticket: Ticket | None
    since: float  # idle, or at work
    killed: bool


class SlowLane:
    """`processes` at most are at work at once, and half of them for one handler."""

    def __init__(self, folder: Path, *, processes: int, time_ms: int) -> None:
        self._folder = folder
        self._most = processes
        self._most_each = max(1, processes // 2)
        self._time_ms = time_ms
        self._waiting: deque[Ticket] = deque()
        self._arriving: deque[Ticket] = deque()
        self._processes: dict[int, _Process] = {}
        self._made = 0
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_up = False
        self._is_calm = True  # nobody has needed it yet
        self._next_start = time.monotonic() + _CALM_START
        self._selector = selectors.DefaultSelector()
        self._bell, self._rings = os.pipe()
        os.set_blocking(self._rings, False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._closing = False
        self._thread = threading.Thread(target=self._live, name="dark slow lane", daemon=True)
        self._thread.start()

    def submit(self, ticket: Ticket) -> None:
        """`ticket.done` is called in a thread of ours, once it is back. From any thread."""
        self._arriving.append(ticket)
        self._ring()

    def close(self) -> None:
        """Ends the processes. What is still under way comes back as Crowded."""
        self._closing = True
        self._ring()
        self._thread.join()
        os.close(self._bell)
        os.close(self._rings)

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._rings, b".")

    # The thread

    def _live(self) -> None:
        try:
            while not self._closing:
                try:
                    self._look()
                except Exception:
                    log.exception("looking after the slow lane failed by our own fault")
                    time.sleep(0.05)
        finally:
            self._end()

    def _look(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            if key.data is not None:
                self._hear(key.data)
            elif key.fileobj is self._control:
                self._hear_nursery()
            else:
                os.read(self._bell, 4096)
        while self._arriving:
            ticket = self._arriving.popleft()
            if len(self._waiting) >= MOST_WAITING:
                self._back(ticket, Back(error=Crowded()))
            else:
                self._waiting.append(ticket)
        now = time.monotonic()
        self._keep_nursery(now)
        self._keep_time(now)
        self._hand_out(now)

    def _patience(self) -> float | None:
        """Seconds until there is something to do, unless something happens."""
        due = [process.ticket.deadline + GRACE for process in self._processes.values() if process.ticket is not None]
        due += [ticket.deadline for ticket in self._waiting]
        if self._nursery is None:
            due.append(self._next_start)
        if sum(process.ticket is None for process in self._processes.values()) > 1:
            due.append(time.monotonic() + _IDLE_SECONDS)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _keep_time(self, now: float) -> None:
        for process in list(self._processes.values()):
            ticket = process.ticket
            if ticket is not None and now >= ticket.deadline + GRACE:
                process.ticket = None
                self._kill(process)
                self._back(ticket, Back(error=limit_reached("time", self._time_ms)))
        late = [ticket for ticket in self._waiting if now >= ticket.deadline]
        for ticket in late:
            self._waiting.remove(ticket)
            self._back(ticket, Back(error=Crowded()))
        idle = [process for process in self._processes.values() if process.ticket is None and not process.killed]
        for process in idle[1:]:
            if now - process.since > _IDLE_SECONDS:
                self._drop(process)

    def _hand_out(self, now: float) -> None:
        if not self._is_up:
            return
        busy = Counter([process.ticket.handler for process in self._processes.values() if process.ticket is not None])
        while self._waiting:
            ticket = self._next(busy)
            idle = next((one for one in self._processes.values() if one.ticket is None and not one.killed), None)
            if ticket is None or (idle is None and len(self._processes) >= self._most):
                return
            process = idle or self._make()
            if process is None:
                return
            self._waiting.remove(ticket)
            busy[ticket.handler] += 1
            self._give(process, ticket, now)
        if not self._processes:
            self._make()  # the first who comes need not wait for it

    def _next(self, busy: Counter[NodeId]) -> Ticket | None:
        return next((ticket for ticket in self._waiting if busy[ticket.handler] < self._most_each), None)

    def _give(self, process: _Process, ticket: Ticket, now: float) -> None:
        try:
            capsule = ticket.pack()
            packed = None if capsule.key in process.known else capsule.data
            if packed is not None:
                if len(process.known) >= KNOWN:
                    process.known.clear()
                process.known.add(capsule.key)
            incoming = ticket.incoming
            task = Task(
                capsule.key,
                packed,
                ticket.handler,
                ticket.fields,
                ticket.variables,
                ticket.values,
                (
                    incoming.method,
                    incoming.path,
                    incoming.query,
                    incoming.headers,
                    incoming.body,
                    incoming.peer,
                    incoming.port,
                ),
                ticket.deadline,
            )
            data = frame(task)
        except Exception as error:
            self._back(ticket, Back(error=error))
            return
        process.ticket = ticket
        process.since = now
        try:
            process.connection.sendall(data)
        except OSError:
            self._lost(process)

    # Processes

    def _make(self) -> _Process | None:
        if self._control is None:
            return None
        ours, theirs = socket.socketpair()
        self._made += 1
        try:
            socket.send_fds(self._control, [ORDER.pack(MAKE, self._made)], [theirs.fileno()])
        except OSError:
            ours.close()
            return None
        finally:
            theirs.close()
        ours.settimeout(_SEND_SECONDS)
        process = _Process(self._made, ours, Frames(), set(), None, time.monotonic(), False)
        self._processes[process.number] = process
        self._selector.register(ours, selectors.EVENT_READ, process)
        return process

    def _kill(self, process: _Process) -> None:
        process.killed = True
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(ORDER.pack(KILL, process.number))
        self._drop(process)

    def _drop(self, process: _Process) -> None:
        """Hangs up: a process that waits ends by that."""
        self._processes.pop(process.number, None)
        self._selector.unregister(process.connection)
        process.connection.close()

    def _hear(self, process: _Process) -> None:
        if self._processes.get(process.number) is not process:
            return  # dropped a moment ago
        try:
            piece = process.connection.recv(1 << 18)
        except OSError:
            piece = b""
        if not piece:
            self._lost(process)
            return
        for report in process.frames.feed(piece):
            ticket, process.ticket = process.ticket, None
            process.since = time.monotonic()
            if report.last:
                self._drop(process)
            if ticket is not None:
                self._back(ticket, _come_back(report))

    def _lost(self, process: _Process) -> None:
        """It ended without an answer, and not by us."""
        ticket, process.ticket = process.ticket, None
        self._drop(process)
        if ticket is None:
            return
        # With the nursery its processes die: what they had is innocent. It may take the system a moment.
        deadline = time.monotonic() + 0.05
        while self._nursery is not None and self._nursery.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if self._nursery is None or self._nursery.poll() is not None:
            self._waiting.appendleft(ticket)
            return
        log.error("a process for slow requests died over %s", ticket.address)
        self._back(ticket, Back(error=RuntimeError("the process that answered this request died")))

    @staticmethod
    def _back(ticket: Ticket, back: Back) -> None:
        try:
            ticket.done(back)
        except Exception:
            log.exception("telling what became of a slow request failed")

    # The nursery

    def _keep_nursery(self, now: float) -> None:
        if self._nursery is not None or (now < self._next_start and not (self._is_calm and self._waiting)):
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
        self._control = ours
        self._is_up = False
        self._selector.register(ours, selectors.EVENT_READ)

    def _hear_nursery(self) -> None:
        assert self._control is not None
        try:
            said = self._control.recv(64)
        except OSError:
            said = b""
        if said:
            self._is_up = True
            self._next_start = time.monotonic()
            return
        if not self._closing:
            log.error("the parent of the processes for slow requests died; starting another")
        self._bury_nursery()

    def _bury_nursery(self) -> None:
        if self._control is not None:
            self._selector.unregister(self._control)
            self._control.close()
        if self._nursery is not None:
            try:
                self._nursery.wait(2)
            except subprocess.TimeoutExpired:
                self._nursery.kill()
                self._nursery.wait()
        self._nursery = self._control = None
        self._is_up = False
        for process in list(self._processes.values()):
            if process.ticket is not None:
                self._waiting.appendleft(process.ticket)
                process.ticket = None
            self._drop(process)

    def _end(self) -> None:
        self._bury_nursery()
        for ticket in (*self._waiting, *self._arriving):
            self._back(ticket, Back(error=Crowded()))
        self._selector.close()


def _come_back(report: Report) -> Back:
    if report.made is not None:
        return Back(report.made, report.commit)
    if report.failure is not None:
        return Back(error=error_of(report.failure))
    if report.unreadable is not None:
        return Back(error=BadRequest(*report.unreadable))
    return Back(error=RuntimeError(report.fault))
