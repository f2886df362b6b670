"""Which side a switch gives to a subject (DESIGN section 14), as a pure function of the switch and of what is asked.

Must not know runs, requests or canvases: what depends on them is passed in as questions, asked only when the answer
matters. Invariants: raising a share never takes the new side from anyone; without a subject only a share of all gives
it; what fails or is absent never grants it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

import mmh3

from dark_lang.names import NodeId, read_id_prefix
from dark_lang.nodes.toplevels import Switch
from dark_lang.records import dataclass

WHOLE: Final = 10_000
"""A share of all, in basis points."""


class Side(Enum):
    OLD = "old"
    NEW = "new"


class Reason(Enum):
    OFF = "off"
    PINNED = "pinned"
    FORCED = "forced"
    DENIED = "denied"
    PREREQUISITE = "prerequisite"
    ALLOWED = "allowed"
    CONDITION = "condition"
    UNFINISHED = "unfinished"
    SHARE = "share"
    MISSING = "missing"  # there is no such switch


@dataclass(frozen=True, slots=True)
class Decision:
    side: Side
    reason: Reason

    @property
    def is_new(self) -> bool:
        return self.side is Side.NEW


def _met(_switch: NodeId, _new: bool) -> bool:
    return False


def decide(
    switch: Switch,
    subject: str | None,
    *,
    finished: Callable[[], bool],
    is_met: Callable[[NodeId, bool], bool] = _met,
    holds: Callable[[], bool] = lambda: True,
    forced: Side | None = None,
    pinned: Side | None = None,
    is_trusted: bool = True,
) -> Decision:
    """The side for one subject and why. `finished`: whether the new side is; `is_met`: whether another switch gives
    this subject its new side (or its old one, if asked with False); `holds`: whether the condition is exactly true.
    `forced`: by a signed request; `pinned`: by a run that nobody waits for, whatever the switch says.
    `is_trusted`: whether the subject may be looked up in the lists; a plain cookie's may not."""
    if pinned is not None:
        return Decision(pinned, Reason.PINNED)
    if not switch.on:
        return Decision(Side.OLD, Reason.OFF)
    if forced is not None:
        return Decision(forced, Reason.FORCED)
    listed = dict(switch.subjects).get(subject) if subject is not None and is_trusted else None
    if listed is False:
        return Decision(Side.OLD, Reason.DENIED)
    for spelled, wanted in switch.prerequisites:
        if wanted is None:
            continue
        needed = read_id_prefix(spelled)
        if needed is None or not is_met(NodeId(needed[0]), wanted is True):
            return Decision(Side.OLD, Reason.PREREQUISITE)
    if listed is True:
        return Decision(Side.NEW, Reason.ALLOWED)
    if switch.condition is not None and not holds():
        return Decision(Side.OLD, Reason.CONDITION)
    if not finished():
        return Decision(Side.OLD, Reason.UNFINISHED)
    return Decision(Side.NEW if is_in_share(switch, subject) else Side.OLD, Reason.SHARE)


def is_in_share(switch: Switch, subject: str | None) -> bool:
    if subject is None:
        return switch.share >= WHOLE
    number = bucket(switch, subject)
    if switch.algorithm == "murmur3/100":
        return (number + 1) * 100 <= switch.share
    return number < switch.share


def bucket(switch: Switch, subject: str) -> int:
    """Where a subject falls: 0 to 9,999, or 0 to 99 for "murmur3/100". A lone surrogate counts as U+FFFD."""
    hashed = mmh3.hash(f"{switch.salt}:{subject}".encode("utf-8", "replace"), 0, signed=False)
    return hashed % (100 if switch.algorithm == "murmur3/100" else WHOLE)
