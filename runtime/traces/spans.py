"""How a person says how long, and when: `100ms`, `2h`, `2026-05-01`, `2026-05-01T12:00`.

Must not know clocks. Invariant: what is not understood is refused with examples of what is.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Final

from dark_lang.errors import UsageError

_UNITS: Final = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 7 * 86_400_000_000,
}
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(us|ms|s|m|h|d|w)")


def read_span(text: str) -> int:
    """Microseconds. Raises UsageError."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no span of time", suggestion="write 100ms, 30s, 5m, 2h or 7d")
    return int(float(found.group(1)) * _UNITS[found.group(2)])


def read_moment(text: str, now: int, zone: tzinfo | None) -> int:
    """Microseconds since 1970: a span before `now`, or a date. Raises UsageError."""
    if _SPAN.fullmatch(text.strip()):
        return now - read_span(text)
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone) if zone is not None else moment.astimezone()
        return int(moment.timestamp() * 1_000_000)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{text!r} is no time", suggestion="write 30m or 2d for so long ago, or 2026-05-01, or 2026-05-01T12:00"
        ) from error


def spell_span(microseconds: int) -> str:
    """Three digits at most, as far as they matter: `87 µs`, `1.2 ms`, `340 ms`, `2.1 s`."""
    if microseconds < 1_000:
        return f"{microseconds} µs"
    for size, unit in ((1_000, "ms"), (1_000_000, "s")):
        value = microseconds / size
        if value < 10:
            return f"{value:.1f} {unit}"
        if value < 1_000 or unit == "s":
            return f"{value:.0f} {unit}"
    return ""
