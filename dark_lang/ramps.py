"""The steps by which a switch is to give its new side to more subjects, as they stand in its table `ramp`.

    2026-11-26T18:00:00Z 5000    at that time, half of all
    guard errors                 but not if the new side fails more often than the old one; also: guard latency

Must not know clocks. Invariant: what cannot be read is no step, and does nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from dark_lang.nodes.toplevels import Switch
from dark_lang.records import NamedTuple

GUARDS: Final = ("errors", "latency")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STEP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\d{1,5})")


class Step(NamedTuple):
    at: int  # microseconds since 1970
    points: int  # hundredths of a percent
    key: str  # in the table


def spell_step(at: int, points: int) -> str:
    moment = _EPOCH + timedelta(microseconds=at)
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%SZ')} {points}"


def steps_of(switch: Switch) -> list[Step]:
    """Those to come, the earliest first."""
    found = []
    for key, held in switch.ramp:
        parted = _STEP.fullmatch(key)
        if held is True and parted is not None and int(parted[2]) <= 10_000:
            try:
                moment = datetime.strptime(parted[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            except ValueError:
                continue
            found.append(Step(int((moment - _EPOCH) / timedelta(microseconds=1)), int(parted[2]), key))
    return sorted(found)


def guards_of(switch: Switch) -> list[str]:
    return [guard for guard in GUARDS if (f"guard {guard}", True) in switch.ramp]
