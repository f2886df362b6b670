"""Which of two values comes first, and keys by which Python can sort and tell apart values.

Must not know the functions of lists. Invariants: nothing here recurses; `compare` is a total order within a type, and
agrees with `sort_key`; it agrees with `equal` but for NaN, which is equal to itself here and comes after all other
floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.values.demanding import hole_reached, refusal
from dark_lang.values.describing import name_kind
from dark_lang.values.model import (
    Case,
    Char,
    GuestDict,
    HoleValue,
    Json,
    Value,
)

_PLAIN: Final = frozenset({int, str, bool, bytes, datetime, UUID})
_RANKS: Final = {
    kind: rank
    for rank, kind in enumerate(
        (tuple, bool, int, float, Char, str, bytes, datetime, UUID, list, dict, GuestDict, Case, Json)
    )
}
_JSON_RANKS: Final = {type(None): 0, bool: 1, int: 2, float: 2, str: 3, list: 4, dict: 5}


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1. Lists, tuples and Strings by their first difference; records and Dicts by their labels in order,
    then by the values under them; cases of an enum by name, then by their values.

    Raises Failed if the values are of different types or have no order (functions, responses, datastores), and Stopped
    at a hole.
    """
    waiting: list[Iterator[tuple[Value, Value]]] = [iter(((a, b),))]
    while waiting:
        for left, right in waiting[-1]:
            kind = type(left)
            if kind is not type(right):
                _refuse_pair(left, right)
            if kind in _PLAIN:
                if left != right:
                    return -1 if left < right else 1
            elif kind is float:
                if left != right:
                    low, high = _float_key(left), _float_key(right)
                    if low != high:
                        return -1 if low < high else 1
            else:
                waiting.append(_parts(left, right))
                break
        else:
            waiting.pop()
    return 0


def _refuse_pair(a: Value, b: Value) -> None:
    for value in (a, b):
        if type(value) is HoleValue:
            raise hole_reached(value)
    raise Failed(f"values of different types have no order: {name_kind(a)} and {name_kind(b)}")


def _parts(a: Value, b: Value) -> Iterator[tuple[Value, Value]]:
    """The pairs by whose first difference `a` and `b` are ordered."""
    kind = type(a)
    if kind is list or kind is tuple:
        return chain(zip(a, b, strict=False), ((len(a), len(b)),))
    if kind is dict or kind is GuestDict:
        labels, others = sorted(a), sorted(b)
        return chain(((labels, others),), ((a[label], b[label]) for label in labels))
    if kind is Case:
        if a.type != b.type:
            raise Failed(f"cases of different types have no order: {a.name} and {b.name}")
        return chain(((a.name, b.name),), ((a.values, b.values),))
    if kind is Char:
        return iter(((a.text, b.text),))
    if kind is Json:
        return _json_parts(a.raw, b.raw)
    raise refusal("ordered", a)


def _json_parts(a: Any, b: Any) -> Iterator[tuple[Value, Value]]:
    kind, other = type(a), type(b)
    if _JSON_RANKS[kind] != _JSON_RANKS[other]:
        return iter(((_JSON_RANKS[kind], _JSON_RANKS[other]),))
    if kind is list:
        return chain(((Json(x), Json(y)) for x, y in zip(a, b, strict=False)), ((len(a), len(b)),))
    if kind is dict:
        labels, others = sorted(a), sorted(b)
        return chain(((labels, others),), ((Json(a[label]), Json(b[label])) for label in labels))
    if kind is not other:  # an integer and a fraction: by size, then the integer first
        return iter((((a > b) - (a < b), 0), (kind is float, other is float)))
    return iter(((a, b),)) if a is not None else iter(())


def _float_key(value: float) -> tuple[bool, float]:
    return (True, 0.0) if value != value else (False, value)


def sort_key(value: Value) -> tuple[Any, ...]:
    """A flat tuple of Python's own scalars, equal for equal values, that orders and hashes as the value does. Across
    types it orders by type. Raises as `compare` does."""
    # Flat, since Python compares and hashes nested tuples by recursion in C. The items of a list come after a 1 each
    # and end with a 0, so that of two lists with the same beginning the shorter is first.
    key: list[Any] = []
    waiting: list[tuple[Iterator[Value], bool]] = [(iter((value,)), False)]
    while waiting:
        items, marked = waiting[-1]
        for item in items:
            if marked:
                key.append(1)
            inner = _begin_key(item, key)
            if inner is not None:
                waiting.append(inner)
                break
        else:
            waiting.pop()
            if marked:
                key.append(0)
    return tuple(key)


def _begin_key(value: Value, key: list[Any]) -> tuple[Iterator[Value], bool] | None:
    """Adds what comes first in the key of `value`. What must follow: the values in it, and whether they are marked."""
    kind = type(value)
    rank = _RANKS.get(kind)
    if rank is None:
        raise refusal("ordered", value)
    key.append(rank)
    if kind in _PLAIN:
        key.append(value)
    elif kind is float:
        key.extend(_float_key(value))
    elif kind is Char:
        key.append(value.text)
    elif kind is list or kind is tuple:
        return iter(value), True
    elif kind is Case:
        key.extend((str(value.type), value.name))
        return iter(value.values), True
    elif kind is Json:
        return _begin_json_key(value.raw, key)
    else:
        labels = tuple(sorted(value))
        key.append(labels)
        return iter([value[label] for label in labels]), False
    return None


def _begin_json_key(raw: Any, key: list[Any]) -> tuple[Iterator[Value], bool] | None:
    kind = type(raw)
    key.append(_JSON_RANKS[kind])
    if kind is list:
        return map(Json, raw), True
    if kind is dict:
        labels = tuple(sorted(raw))
        key.append(labels)
        return iter([Json(raw[label]) for label in labels]), False
    if raw is not None:
        key.extend((raw, kind is float))
    return None


def sorted_values(values: list[Value]) -> list[Value]:
    """A new list in order, equal values in the order in which they came. Raises as `compare` does."""
    if _is_plain(values):
        return sorted(values)
    return [values[place] for place in places_in_order(values)]


def places_in_order(values: list[Value]) -> list[int]:
    """The places of `values` in the order of the values, equal ones in the order in which they came."""
    keys = values if _is_plain(values) else [sort_key(value) for value in values]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _is_plain(values: list[Value]) -> bool:
    """Whether Python's own order is ours. Raises Failed if they are of several types."""
    kinds = {type(value) for value in values}
    if len(kinds) > 1:
        compare(values[0], next(value for value in values if type(value) is not type(values[0])))
    return kinds <= _PLAIN
