"""How a time reads: how long ago, and on which day.

Must not know clocks but the one it asks. Invariant: the same time reads the same in a shell and in a server, by the
time zone of the person who asks.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def ago(workspace: Workspace, microseconds: int) -> str:
    seconds = max(0, int(workspace.now() - microseconds / 1e6))
    for unit, size in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def moment(workspace: Workspace, microseconds: int) -> str:
    """`2024-05-01 12:03`, in the person's time zone."""
    try:
        told = datetime.fromtimestamp(microseconds / 1e6, zone_of(workspace))
    except (OverflowError, ValueError, OSError):
        return "????-??-?? ??:??"  # of a clock that was far off; any 64-bit number may stand in a diff
    return told.strftime("%Y-%m-%d %H:%M")


def clock(workspace: Workspace, microseconds: int) -> str:
    """`12:03:27` today, `05-01 12:03` on other days."""
    told = moment(workspace, microseconds)
    if told[:10] != moment(workspace, int(workspace.now() * 1e6))[:10]:
        return told[5:]
    return f"{told[11:]}:{microseconds // 1_000_000 % 60:02d}   "[:11]


def zone_of(workspace: Workspace) -> tzinfo | None:
    """That of the person, who may not be where the server thinks it is; None: this process's own."""
    name = workspace.environment.get("TZ", "").lstrip(":")
    if name in ("UTC", "UTC0", "GMT"):
        return UTC
    if name and workspace.warm:
        from zoneinfo import ZoneInfo  # late: 5 ms, and seldom another than the server's

        try:
            return ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            return None
    return None
