"""In which lane a request runs: by what its handler may do, how much it brings, and how long it took lately.

Must not know how a lane works. Invariant: what reaches over the network never runs where it could start again.
"""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import Final

from dark_lang.library import Effect
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from runtime.serving.messages import Incoming
from runtime.serving.snapshots import Handler

LARGE_BODY: Final = 256_000
"""Bytes that are read as JSON or as a form in some 5 ms."""

FIRST_WHILE: Final = 5.0
LONGEST_WHILE: Final = 60.0
"""Seconds for which a handler that took long goes to the slow lane at once; twice as long each time that it does so
again when it comes back."""

_ROOM: Final = 10_000


class Lane(Enum):
    INLINE = auto()  # in the event loop; a run that takes long starts again in the slow lane
    SLOW = auto()
    THREAD = auto()


class _Slow(NamedTuple):
    until: float  # by time.monotonic
    seconds: float


class Choice:
    """`slow`: whether there is a slow lane."""

    def __init__(self, *, slow: bool) -> None:
        self.has_slow = slow
        self._slow: dict[NodeId, _Slow] = {}

    def lane(self, handler: Handler, incoming: Incoming) -> Lane:
        if handler.effect is Effect.NETWORK:
            return Lane.THREAD
        if not self.has_slow:
            return Lane.INLINE
        if self._slow:
            slow = self._slow.get(handler.id)
            if slow is not None and time.monotonic() < slow.until:
                return Lane.SLOW
        if len(incoming.body) > LARGE_BODY and (handler.fields.takes("json") or handler.fields.takes("form")):
            return Lane.SLOW
        return Lane.INLINE

    def took_long(self, handler: Handler) -> None:
        now = time.monotonic()
        before = self._slow.get(handler.id)
        seconds = FIRST_WHILE
        if before is not None and now < before.until + LONGEST_WHILE:
            seconds = min(before.seconds * 2, LONGEST_WHILE)
        elif len(self._slow) >= _ROOM:
            self._slow.clear()
        self._slow[handler.id] = _Slow(now + seconds, seconds)

    def changed(self, handlers: frozenset[NodeId]) -> None:
        """What was edited may take less long now."""
        if self._slow:
            for handler in handlers:
                self._slow.pop(handler, None)
