"""What the connections of one listener share: caps, the clock, the list of them.

Must not know HTTP's grammar. Invariant: time is told by a tick each second, so that deadlines cost a connection an
addition and no timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Protocol

from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.metrics import Metrics
from runtime.serving.problems import title_of

BODY_BYTES_PER_SECOND = 1000
"""A body that comes slower than this, all in all, is given up."""


@dataclass(frozen=True, slots=True)
class Caps:
    header_bytes: int = 32 * 1024
    header_seconds: float = 10.0
    body_bytes: int = 1 << 20
    body_seconds: float = 30.0  # between two pieces of a body, and for all of it with what BODY_BYTES_PER_SECOND allows
    idle_seconds: float = 75.0  # between two requests
    write_seconds: float = 30.0  # for a peer to read on when it has stopped reading


class Answers(Protocol):
    metrics: Metrics

    def answer(self, incoming: Incoming, done: Callable[[Outgoing], None]) -> Outgoing | None: ...


class Held(Protocol):
    """A connection, as the listener sees it."""

    def check_deadline(self, now: float) -> None: ...
    def finish_soon(self) -> None: ...
    def abort(self) -> None: ...


@dataclass(slots=True)
class Exchange:
    """What the connections of one listener share. `tick` once a second."""

    answers: Answers
    caps: Caps
    port: int
    loop: asyncio.AbstractEventLoop
    connections: set[Held] = field(default_factory=set)
    closing: bool = False
    clock: float = 0.0  # of the last tick: deadlines need no finer one
    date: bytes = b""

    def tick(self) -> None:
        self.clock = self.loop.time()
        self.date = b"\r\ndate: " + formatdate(usegmt=True).encode()
        for connection in list(self.connections):
            connection.check_deadline(self.clock)

    def close(self) -> None:
        """Ends connections as soon as nothing is under way on them."""
        self.closing = True
        for connection in list(self.connections):
            connection.finish_soon()


_STATUS_LINES: dict[int, bytes] = {}


def status_line(status: int) -> bytes:
    line = _STATUS_LINES.get(status)
    if line is None:
        line = _STATUS_LINES[status] = f"HTTP/1.1 {status} {title_of(status)}".encode()
    return line
