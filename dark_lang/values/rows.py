"""Values as what a datastore keeps: one flat list of plain parts, which any codec of plain data can write.

Flat, since codecs limit how deep their data may nest, and values may nest deeper. A part is the value itself where
nothing else could be meant (str, float, bool, bytes, an int of 64 bits, None for Unit); for all else it is a list whose
first item, one of the numbers below, says what it is, and the parts of what it holds follow it. The numbers are the
format of rows that exist: they never change their meaning. Must not know SQLite, nor how plain data becomes bytes.
Invariants: nothing here recurses; `decode_row(encode_row(value))` is the same value, to the type and the sign of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final
from uuid import UUID

from dark_lang.errors import CorruptionError, Failed
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from dark_lang.values.demanding import refusal, too_deep
from dark_lang.values.limits import DEPTH, ROW_PARTS
from dark_lang.values.model import UNIT, Case, Char, GuestDict, Json, Value

_LIST: Final = 0  # [_LIST, count], then the items
_TUPLE: Final = 1  # [_TUPLE, count], then the items
_RECORD: Final = 2  # [_RECORD, label…], then a value for each label
_DICT: Final = 3  # [_DICT, key…], then a value for each key
_CASE: Final = 4  # [_CASE, "Option" or the type's id as 8 bytes, name, count], then the values
_CHAR: Final = 5  # [_CHAR, text]
_DATETIME: Final = 6  # [_DATETIME, microseconds since 1970 in UTC]
_UUID: Final = 7  # [_UUID, 16 bytes]
_LARGE_INT: Final = 8  # [_LARGE_INT, two's complement, big-endian]
_ODD_FLOAT: Final = 9  # [_ODD_FLOAT, "nan", "inf" or "-inf"]
_JSON: Final = 10  # [_JSON], then the parts of what is in it: None is null, _LIST an array, _RECORD an object

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_INT_END: Final = 1 << 63


def encode_row(value: Value) -> list[Any]:
    """A list of plain parts, at most two levels deep.

    Raises Failed for what cannot be stored (functions, datastores, responses, more than 512 levels or 1,000,000
    parts), and Stopped at a hole.
    """
    parts: list[Any] = []
    waiting: list[Iterator[Value]] = [iter((value,))]
    while waiting:
        for held in waiting[-1]:
            kind = type(held)
            if kind is str or kind is bool or kind is bytes or (kind is int and -_INT_END <= held < _INT_END):
                parts.append(held)
            else:
                part, inner = (_ENCODERS.get(kind) or _refuse)(held)
                parts.append(part)
                if inner:
                    if len(waiting) > DEPTH:
                        raise too_deep("stored", DEPTH)
                    if len(parts) + len(inner) > ROW_PARTS:
                        raise Failed(f"a value of more than {ROW_PARTS:,} parts cannot be stored")
                    waiting.append(iter(inner))
                    break
        else:
            waiting.pop()
    return parts


_Encoded = tuple[Any, Collection[Value]]
"""A part, and the values whose parts must follow it."""


def _refuse(value: Value) -> _Encoded:
    raise refusal("stored", value)


def _encode_case(value: Case) -> _Encoded:
    owner = value.type if isinstance(value.type, str) else value.type.to_bytes(8, "big")
    return [_CASE, owner, value.name, len(value.values)], value.values


_ENCODERS: Final[Mapping[type, Callable[[Any], _Encoded]]] = {
    dict: lambda record: ([_RECORD, *record], record.values()),
    GuestDict: lambda entries: ([_DICT, *entries], entries.values()),
    list: lambda items: ([_LIST, len(items)], items),
    tuple: lambda items: ([_TUPLE, len(items)], items) if items else (None, ()),
    float: lambda number: (number if isfinite(number) else [_ODD_FLOAT, repr(number)], ()),
    int: lambda number: ([_LARGE_INT, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)], ()),
    Case: _encode_case,
    Json: lambda json: ([_JSON], (json.raw,)),
    type(None): lambda null: (null, ()),  # which only a Json holds
    Char: lambda char: ([_CHAR, char.text], ()),
    datetime: lambda instant: ([_DATETIME, (instant - _EPOCH) // _MICROSECOND], ()),
    UUID: lambda uuid: ([_UUID, uuid.bytes], ()),
}


def decode_row(parts: Any) -> Value:
    """Raises CorruptionError if `parts` is nothing that `encode_row` makes."""
    try:
        record = _flat_record(parts)
        return _decode(iter(parts)) if record is None else record
    except (StopIteration, TypeError, ValueError, IndexError, KeyError, OverflowError, AttributeError) as error:
        raise CorruptionError("a stored row cannot be read: its parts do not fit together") from error


def _flat_record(parts: Any) -> dict[str, Value] | None:
    """The record that the parts are, if they are the most common row: a record of plain values, read in a quarter of
    the time."""
    head = parts[0]
    if type(head) is not list or head[0] != _RECORD or len(head) != len(parts):
        return None
    values = parts[1:]
    return dict(zip(head[1:], values, strict=True)) if _NOT_PLAIN.isdisjoint(map(type, values)) else None


class _Open(NamedTuple):
    """A value that lacks some of the values in it."""

    finish: Callable[[list[Value]], Value]
    size: int
    inner: list[Value]
    nothing: Value  # what None stands for in it: () among values, None inside a Json


def _decode(parts: Iterator[Any]) -> Value:
    waiting: list[_Open] = []
    nothing: Value = UNIT
    for part in parts:
        if type(part) is not list:
            value = nothing if part is None else part
        elif (leaf := _LEAVES.get(part[0])) is not None:
            value = leaf(part[1])
        else:
            finish, count = _OPENERS[part[0]](part)
            if part[0] == _JSON:
                nothing = None
            if count:
                waiting.append(_Open(finish, count, [], nothing))
                continue
            value = finish([])
        while waiting:
            finish, count, inner, _ = waiting[-1]
            inner.append(value)
            if len(inner) < count:
                break
            value = finish(inner)
            waiting.pop()
        nothing = waiting[-1].nothing if waiting else UNIT
        if not waiting:
            if next(parts, _END) is not _END:
                raise ValueError("it goes on after its end")
            return value
    raise ValueError("it ends too early")


_Opened = tuple[Callable[[list[Value]], Value], int]
"""What makes the value of the values in it, and how many these are."""


def _open_record(part: list[Any]) -> _Opened:
    labels = part[1:]
    return lambda inner: dict(zip(labels, inner, strict=True)), len(labels)


def _open_dict(part: list[Any]) -> _Opened:
    keys = part[1:]
    return lambda inner: GuestDict(zip(keys, inner, strict=True)), len(keys)


def _open_case(part: list[Any]) -> _Opened:
    _, owner, name, count = part
    type_ = owner if isinstance(owner, str) else NodeId(int.from_bytes(owner, "big"))
    return lambda inner: Case(type_, name, tuple(inner)), count


_END: Final = object()
_NOT_PLAIN: Final = frozenset({list, type(None)})
_LEAVES: Final[Mapping[int, Callable[[Any], Value]]] = {
    _CHAR: lambda text: Char(text),
    _DATETIME: lambda microseconds: _EPOCH + microseconds * _MICROSECOND,
    _UUID: lambda data: UUID(bytes=data),
    _LARGE_INT: lambda data: int.from_bytes(data, "big", signed=True),
    _ODD_FLOAT: lambda text: float(text),
}
_OPENERS: Final[Mapping[int, Callable[[list[Any]], _Opened]]] = {
    _LIST: lambda part: (lambda inner: inner, part[1]),
    _TUPLE: lambda part: (tuple, part[1]),
    _RECORD: _open_record,
    _DICT: _open_dict,
    _CASE: _open_case,
    _JSON: lambda _part: (lambda inner: Json(inner[0]), 1),
}
