"""The server's side of the slow lane: who waits, which process has which request, and what becomes of it.

A thread of its own looks after the processes, so that the event loop never waits for one. Must not know what a request
asks. Invariants: each ticket comes back once; a process that is over its time is killed, and the ticket that it had
comes back; nothing has left a process that did not answer, so that what it had can be given to another.
"""

from __future__ import annotations

import logging
import selectors
import threading
import time
from collections import Counter, deque
from dataclasses import replace
from pathlib import Path
from typing import Final

from dark_lang.names import NodeId
from runtime.blaming import limit_reached
from runtime.lanes.messages import Report, Task, error_of, frame
from runtime.lanes.processes import Bell, Process, Processes
from runtime.lanes.slow import KNOWN
from runtime.lanes.tickets import Back, Crowded, Ticket
from runtime.serving.requests import BadRequest

log = logging.getLogger("dark.lanes")

GRACE: Final = 0.08
"""Seconds after its limit at which a run that has not ended by itself is killed."""

MOST_WAITING: Final = 1_000
_START_SECONDS: Final = 5.0  # that a nursery may take to come up
_IDLE_SECONDS: Final = 30.0  # after which all idle processes but one may go


class SlowLane:
    """`processes` at most are at work at once, and half of them for one handler."""

    def __init__(self, folder: Path, *, processes: int, time_ms: int) -> None:
        self._most = processes
        self._most_each = max(1, processes // 2)
        self._time_ms = time_ms
        self._arriving: deque[Ticket] = deque()
        self._waiting: deque[Ticket] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell = Bell(self._selector)
        self._processes = Processes(folder, self._selector)
        self._closing = False
        self._thread = threading.Thread(target=self._live, name="dark slow lane", daemon=True)
        self._thread.start()

    def submit(self, ticket: Ticket) -> None:
        """`ticket.done` is called in a thread of ours, once it is back. From any thread."""
        self._arriving.append(ticket)
        self._bell.ring()

    def close(self) -> None:
        """Ends the processes. What is still under way comes back as Crowded."""
        self._closing = True
        self._bell.ring()
        self._thread.join()
        self._bell.close()

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
            self._lose_nursery()
            for ticket in (*self._waiting, *self._arriving):
                _bring(ticket, Back(error=Crowded()))
            self._selector.close()

    def _look(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            if key.data is not None:
                self._hear(key.data)
            elif key.fileobj is not self._processes.control:
                self._bell.quiet()
            elif self._processes.hear_nursery():
                # What had to wait for it has lost its time by no fault of its own.
                fresh = time.monotonic() + self._time_ms / 1000
                self._waiting = deque([replace(ticket, deadline=fresh) for ticket in self._waiting])
            else:
                log.error("the parent of the processes for slow requests died; starting another")
                self._lose_nursery()
        while self._arriving:
            ticket = self._arriving.popleft()
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(ticket)
            else:
                _bring(ticket, Back(error=Crowded()))
        now = time.monotonic()
        self._processes.keep(now, needed=bool(self._waiting))
        self._keep_time(now)
        if self._processes.are_ready:
            self._hand_out(now)

    @property
    def _allowance(self) -> float:
        """Seconds that what waits may wait longer."""
        return 0.0 if self._processes.are_ready else _START_SECONDS

    def _patience(self) -> float | None:
        """Seconds until there is something to do, unless something happens."""
        due = [ticket.deadline + self._allowance for ticket in self._waiting]
        if self._processes.next_start is not None:
            due.append(self._processes.next_start)
        idle = 0
        for process in self._processes.living.values():
            if process.ticket is not None:
                due.append(process.ticket.deadline + GRACE)
            else:
                idle += 1
                if idle > 1:
                    due.append(process.since + _IDLE_SECONDS)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _keep_time(self, now: float) -> None:
        idle = 0
        for process in list(self._processes.living.values()):
            ticket = process.ticket
            if ticket is None:
                idle += 1
                if idle > 1 and now >= process.since + _IDLE_SECONDS:
                    self._processes.drop(process)
            elif now >= ticket.deadline + GRACE:
                self._processes.kill(process)
                _bring(ticket, Back(error=limit_reached("time", self._time_ms)))
        for ticket in [ticket for ticket in self._waiting if now >= ticket.deadline + self._allowance]:
            self._waiting.remove(ticket)
            _bring(ticket, Back(error=Crowded()))

    # Tickets to processes and back

    def _hand_out(self, now: float) -> None:
        living = self._processes.living
        busy = Counter([process.ticket.handler for process in living.values() if process.ticket is not None])
        while self._waiting:
            ticket = self._next(busy)
            process = next((one for one in living.values() if one.ticket is None), None)
            if process is None and len(living) < self._most:
                process = self._processes.make()
            if ticket is None or process is None:
                return
            self._waiting.remove(ticket)
            busy[ticket.handler] += 1
            self._give(process, ticket, now)
        if not living:
            self._processes.make()  # the first who comes need not wait for it

    def _next(self, busy: Counter[NodeId]) -> Ticket | None:
        return next((ticket for ticket in self._waiting if busy[ticket.handler] < self._most_each), None)

    def _give(self, process: Process, ticket: Ticket, now: float) -> None:
        try:
            data = frame(_task(process, ticket))
        except Exception as error:
            _bring(ticket, Back(error=error))
            return
        process.ticket = ticket
        process.since = now
        try:
            process.connection.sendall(data)
        except OSError:
            self._lose(process)

    def _hear(self, process: Process) -> None:
        if self._processes.living.get(process.number) is not process:
            return  # dropped a moment ago
        try:
            piece = process.connection.recv(1 << 18)
        except OSError:
            piece = b""
        if not piece:
            self._lose(process)
            return
        for report in process.frames.feed(piece):
            ticket, process.ticket = process.ticket, None
            process.since = time.monotonic()
            if report.last:
                self._processes.drop(process)
            if ticket is not None:
                _bring(ticket, _back(report))

    def _lose(self, process: Process) -> None:
        """It ended without an answer, and not by us."""
        ticket = process.ticket
        self._processes.drop(process)
        if ticket is None:
            return
        if self._processes.has_lost_nursery():
            self._waiting.appendleft(ticket)
            return
        log.error("a process for slow requests died over %s", ticket.address)
        _bring(ticket, Back(error=RuntimeError("the process that answered this request died")))

    def _lose_nursery(self) -> None:
        lost = self._processes.bury_nursery()
        self._waiting.extendleft([process.ticket for process in lost if process.ticket is not None])


def _task(process: Process, ticket: Ticket) -> Task:
    capsule = ticket.pack()
    packed = None
    if capsule.key not in process.known:
        if len(process.known) >= KNOWN:
            process.known.clear()
        process.known.add(capsule.key)
        packed = capsule.data
    asked = ticket.incoming
    request = (asked.method, asked.path, asked.query, asked.headers, asked.body, asked.peer, asked.port)
    handler, fields = ticket.handler, ticket.fields
    forced = None if asked.forced is None else dict(asked.forced)
    return Task(capsule.key, packed, handler, fields, ticket.variables, ticket.values, request, ticket.deadline, forced)


def _back(report: Report) -> Back:
    if report.made is not None:
        return Back(report.made, report.commit, watched=report.watched)
    if report.failure is not None:
        return Back(error=error_of(report.failure), watched=report.watched)
    if report.unreadable is not None:
        return Back(error=BadRequest(*report.unreadable))
    return Back(error=RuntimeError(report.fault))


def _bring(ticket: Ticket, back: Back) -> None:
    try:
        ticket.done(back)
    except Exception:
        log.exception("telling what became of a slow request failed")
