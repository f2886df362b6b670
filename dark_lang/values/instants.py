"""Points in time as text, in the form of ISO 8601 and RFC 3339, and back.

Must not know calendars beyond Python's (years 1 to 9999), nor time zones with names. Invariant: every DateTime is
aware and in UTC, so that equal instants are equal values.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_FORM: Final = (
    r"(?a)(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?)?"
)


def instant_text(instant: datetime) -> str:
    """`2024-02-29T12:30:00Z`, with six decimals of a second if they are not zero."""
    return f"{instant.replace(tzinfo=None).isoformat()}Z"


def read_instant(text: str) -> datetime | None:
    """A date alone is its midnight, and a time without an offset is UTC. None if `text` is nothing of the kind."""
    found = re.fullmatch(_FORM, text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = found.groups()
    try:
        instant = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=UTC,
        )
        if sign:
            if int(hours) > 23 or int(minutes) > 59:
                return None
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            instant = instant - offset if sign == "+" else instant + offset
    except (ValueError, OverflowError):
        return None
    return instant
