"""The names of traces: 16 hex digits, in the order of time.

Must not know what a trace holds. Invariants: ids of one process only grow; two processes of a host give the same id
once in a hundred days of full traffic, and then the later trace is dropped, not mixed with the other.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Final, NewType

TraceId = NewType("TraceId", int)
"""Microseconds since 1970 in the upper bits, chance in the lower 11; it fits a signed integer of 64 bits until 2112."""

CHANCE_BITS: Final = 11


class TraceIds:
    """Gives ids out; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> TraceId:
        made = (time.time_ns() // 1000) << CHANCE_BITS | (os.urandom(2)[0] << 3)
        with self._lock:
            self._last = made = max(made, self._last + 1)
        return TraceId(made)


_ids = TraceIds()
next_trace_id = _ids.next
"""The next id of this process."""


def spell_trace(trace: int) -> str:
    return f"{trace:016x}"


def first_at(microseconds: int) -> TraceId:
    """The lowest id that could have been given at that time."""
    return TraceId(max(0, microseconds) << CHANCE_BITS)


def time_of(trace: int) -> int:
    """Microseconds since 1970."""
    return trace >> CHANCE_BITS


def read_prefix(word: str) -> tuple[int, int] | None:
    """The half-open range of ids whose spelling starts with `word`; None if it is no prefix of 1 to 16 hex digits."""
    lowered = word.lower()
    if not 1 <= len(lowered) <= 16 or set(lowered) - set("0123456789abcdef"):
        return None
    shift = 4 * (16 - len(lowered))
    low = int(lowered, 16) << shift
    return min(low, (1 << 63) - 1), min(low + (1 << shift), (1 << 63) - 1)
