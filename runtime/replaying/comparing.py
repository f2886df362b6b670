"""Tells two outcomes apart, by path: in status, headers, body, failure and effects.

Must not know how they came about. Invariants: every difference has a path; whether something is there, of another kind
or another number is a difference of structure, which is never noise.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from dark_lang.errors import DarkError
from dark_lang.records import NamedTuple
from dark_lang.values.jsonifying import to_json
from dark_lang.values.rows import decode_row
from runtime.replaying.rerunning import Result
from runtime.traces.records import Answered, Call

MOST: Final = 200  # differences of two outcomes that are told

_ABSENT: Final = object()


class Difference(NamedTuple):
    path: str
    before: str
    after: str
    structural: bool


def differences(before: Result, after: Result) -> list[Difference]:
    found: list[Difference] = []
    if before.failure is not None or after.failure is not None:
        one, other = _failure(before), _failure(after)
        if one != other:
            found.append(Difference("failure", one, other, True))
    elif before.answered is not None and after.answered is not None:
        found += _answers(before.answered, after.answered)
    found += _effects(before.effects, after.effects)
    return found[:MOST]


def _failure(result: Result) -> str:
    if result.failure is not None:
        return f"{result.failure.kind.lower()}: {result.failure.message}"
    return f"answers {result.status}"


def _answers(before: Answered, after: Answered) -> list[Difference]:
    found: list[Difference] = []
    if before.status != after.status:
        found.append(Difference("status", str(before.status), str(after.status), True))
    names, others = _joined(before.headers), _joined(after.headers)
    for name in sorted(names.keys() | others.keys()):
        one, other = names.get(name), others.get(name)
        if one != other:
            structural = one is None or other is None
            found.append(Difference(f"header {name.decode('latin-1')}", _text(one), _text(other), structural))
    if before.body != after.body:
        one_json, other_json = _json(before.body), _json(after.body)
        if one_json is not _ABSENT and other_json is not _ABSENT:
            found += _values("body", one_json, other_json)
        else:
            found.append(Difference("body", _text(before.body), _text(after.body), False))
    return found


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _effects(before: tuple[Call, ...], after: tuple[Call, ...]) -> list[Difference]:
    found: list[Difference] = []
    if len(before) != len(after):
        found.append(Difference("effects", _count(before), _count(after), True))
    for nth, (one, other) in enumerate(zip(before, after, strict=False)):
        path = f"effect {nth + 1}"
        if (one.kind, one.store, one.key) != (other.kind, other.store, other.key):
            structural = one.kind != other.kind or one.store != other.store
            found.append(Difference(path, _spelled(one), _spelled(other), structural))
        if one.value != other.value:
            found += _values(f"{path} {one.key}", _row(one.value), _row(other.value))
    return found


def _count(effects: tuple[Call, ...]) -> str:
    return f"{len(effects)}: {', '.join(_spelled(one) for one in effects[:3])}" if effects else "none"


def _spelled(call: Call) -> str:
    return f"{call.kind.name.lower()} {call.key}"


def _values(path: str, before: Any, after: Any) -> list[Difference]:
    found: list[Difference] = []
    stack = [(path, before, after)]
    while stack and len(found) < MOST:
        here, one, other = stack.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            stack += [
                (f"{here}.{key}", one.get(key, _ABSENT), other.get(key, _ABSENT))
                for key in sorted(one.keys() | other.keys(), reverse=True)
            ]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                found.append(Difference(f"{here} (length)", str(len(one)), str(len(other)), True))
            both = list(zip(one, other, strict=False))
            stack += [(f"{here}.{nth}", *both[nth]) for nth in reversed(range(len(both)))]
        elif type(one) is not type(other):
            found.append(Difference(here, _told(one), _told(other), True))
        elif one != other:
            found.append(Difference(here, _told(one), _told(other), False))
    return found


def _told(value: Any) -> str:
    return "nothing" if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _ABSENT


def _row(row: Any) -> Any:
    if row is None:
        return _ABSENT
    try:
        return json.loads(to_json(decode_row(row)))
    except (DarkError, ValueError):
        return row


def _text(data: bytes | None) -> str:
    return "nothing" if data is None else data.decode("utf-8", "replace")


def noise_of(first: Result, second: Result) -> frozenset[str]:
    """The paths at which one program differs from itself, when only the clock and chance are others."""
    return frozenset(one.path for one in differences(first, second) if not one.structural)


def without_noise(found: Iterable[Difference], noise: frozenset[str]) -> list[Difference]:
    return [one for one in found if one.structural or one.path not in noise]
