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
from dark_lang.nodes.expressions import Bool
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


_PINNED: Final = {side: Decision(side, Reason.PINNED) for side in Side}
_FORCED: Final = {side: Decision(side, Reason.FORCED) for side in Side}
_OFF: Final = Decision(Side.OLD, Reason.OFF)
_DENIED: Final = Decision(Side.OLD, Reason.DENIED)
_PREREQUISITE: Final = Decision(Side.OLD, Reason.PREREQUISITE)
_ALLOWED: Final = Decision(Side.NEW, Reason.ALLOWED)
_CONDITION: Final = Decision(Side.OLD, Reason.CONDITION)
_UNFINISHED: Final = Decision(Side.OLD, Reason.UNFINISHED)
_IN_SHARE: Final = Decision(Side.NEW, Reason.SHARE)
_OUTSIDE_SHARE: Final = Decision(Side.OLD, Reason.SHARE)
# Made once: making one takes longer than all the rest of a decision.


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
        return _PINNED[pinned]
    if not switch.on:
        return _OFF
    if forced is not None:
        return _FORCED[forced]
    listed = _listed(switch, subject) if switch.subjects and is_trusted else None
    if listed is False:
        return _DENIED
    for spelled, wanted in switch.prerequisites:
        if wanted is None:
            continue
        needed = read_id_prefix(spelled)
        if needed is None or not is_met(NodeId(needed[0]), wanted is True):
            return _PREREQUISITE
    if listed is True:
        return _ALLOWED
    if switch.condition is not None and not holds():
        return _CONDITION
    if not finished():
        return _UNFINISHED
    return _sharing(switch)(subject, is_trusted)


def unfinished(decision: Decision) -> Decision:
    """What a decision about a finished new side would have been, had that side not been finished. Nobody gets such a
    side by share; every other reason is as good for it."""
    return _UNFINISHED if decision is _IN_SHARE or decision is _OUTSIDE_SHARE else decision


def quick_decision(switch: Switch) -> Callable[[str | None, bool], Decision] | None:
    """`decide` for a subject and whether it is trusted, prepared for whoever asks all the time. It holds for a new side
    that is finished where no side is forced or pinned. None for a switch that has a condition or needs another one."""
    if not switch.on:
        return lambda _subject, _is_trusted: _OFF
    if not _is_open(switch):
        return None
    listed = {subject: wanted for subject, wanted in switch.subjects if wanted is not None}
    shared = _sharing(switch)
    if not listed:
        return shared

    def decided(subject: str | None, is_trusted: bool) -> Decision:
        found = listed.get(subject) if is_trusted and subject is not None else None
        if found is None:
            return shared(subject, is_trusted)
        return _ALLOWED if found is True else _DENIED

    return decided


def gives_all(switch: Switch) -> bool:
    """Whether everybody gets the new side, if it is finished, and where no side is forced or pinned."""
    is_whole = switch.on and switch.share >= WHOLE
    return is_whole and _is_open(switch) and all(wanted is not False for _, wanted in switch.subjects)


def _is_open(switch: Switch) -> bool:
    """Whether it asks nothing but who the subject is."""
    condition = switch.condition
    is_true = condition is None or (isinstance(condition, Bool) and condition.value)
    return is_true and all(wanted is None for _, wanted in switch.prerequisites)


def _listed(switch: Switch, subject: str | None) -> bool | None:
    found = dict(switch.subjects).get(subject) if subject is not None else None
    return found if isinstance(found, bool) else None


def is_in_share(switch: Switch, subject: str | None) -> bool:
    return _sharing(switch)(subject, False) is _IN_SHARE


def _sharing(switch: Switch) -> Callable[[str | None, bool], Decision]:
    """By share alone; whether the subject is trusted does not matter to it."""
    whole = _IN_SHARE if switch.share >= WHOLE else _OUTSIDE_SHARE
    if switch.share in (0, WHOLE):
        return lambda _subject, _is_trusted: whole
    number_of = bucketing(switch)
    limit = switch.share // 100 if switch.algorithm == "murmur3/100" else switch.share

    def decided(subject: str | None, _is_trusted: bool) -> Decision:
        if subject is None:
            return whole
        return _IN_SHARE if number_of(subject) < limit else _OUTSIDE_SHARE

    return decided


def bucketing(switch: Switch) -> Callable[[str], int]:
    """Says where a subject falls: 0 to 9,999, or 0 to 99 for "murmur3/100". A lone surrogate counts as U+FFFD."""
    prefix = f"{switch.salt}:"
    count = 100 if switch.algorithm == "murmur3/100" else WHOLE
    hashed = mmh3.hash

    def bucket(subject: str) -> int:
        try:
            return hashed(prefix + subject, 0, False) % count  # by name, the arguments would take half as long again
        except UnicodeEncodeError:
            return hashed((prefix + subject).encode("utf-8", "replace"), 0, False) % count

    return bucket
