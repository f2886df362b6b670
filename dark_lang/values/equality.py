"""When two values are equal.

Must not know order (`ordering`). Invariants: without recursion, so that no depth of data matters; values of different
types are never equal (`1 == 1.0` is false); floats compare as IEEE 754 says, so NaN is not equal to itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from dark_lang.values.demanding import hole_reached, refusal
from dark_lang.values.model import (
    Case,
    Char,
    DatastoreValue,
    GuestDict,
    HoleValue,
    Json,
    Response,
    Value,
)

_PLAIN: Final = frozenset({int, str, bool, float, bytes, datetime, UUID, DatastoreValue, type(None)})
_DIFFER: Final = ((0, 1),)


def equal(a: Value, b: Value) -> bool:
    """Raises Stopped where the comparison meets a hole, and Failed where it meets a function. It ends at the first
    difference, so that what stands behind one is never looked at."""
    kind = type(a)
    if kind is type(b) and kind in _PLAIN:
        return bool(a == b)
    waiting: list[Iterator[tuple[Value, Value]]] = [iter(((a, b),))]
    while waiting:
        for left, right in waiting[-1]:
            kind = type(left)
            if kind is type(right):
                if kind in _PLAIN:
                    if left != right:
                        return False
                    continue
                waiting.append(_parts(left, right))
                break
            if type(left) is HoleValue or type(right) is HoleValue:
                raise hole_reached(left if type(left) is HoleValue else right)
            return False
        else:
            waiting.pop()
    return True


def _parts(a: Value, b: Value) -> Iterator[tuple[Value, Value]]:
    """The pairs of values that must all be equal. `a` and `b` are of one type."""
    kind = type(a)
    if kind is list or kind is tuple:
        return zip(a, b, strict=True) if len(a) == len(b) else iter(_DIFFER)
    if kind is dict or kind is GuestDict:
        return zip(a.values(), map(b.__getitem__, a), strict=True) if a.keys() == b.keys() else iter(_DIFFER)
    if kind is Case:
        same = a.name == b.name and a.type == b.type and len(a.values) == len(b.values)
        return zip(a.values, b.values, strict=True) if same else iter(_DIFFER)
    if kind is Char:
        return iter(((a.text, b.text),))
    if kind is Json:
        return iter(((a.raw, b.raw),))
    if kind is Response:
        return iter(((a.status, b.status), (list(a.headers), list(b.headers)), (a.body, b.body)))
    raise refusal("compared", a)
