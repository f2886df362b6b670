"""Values as what a datastore keeps: one flat list of plain parts, which any codec of plain data can write.

Flat, since codecs limit how deep their data may nest, and values may nest deeper. A part is the value itself where
nothing else could be meant (str, float, bool, bytes, an int of 64 bits, None for Unit); for all else it is a list whose
first item, one of the numbers below, says what it is, and the parts of what it holds follow it. The numbers are the
format of rows that exist: they never change their meaning. Must not know SQLite, nor how plain data becomes bytes.
Invariant: `decode_row(encode_row(value))` is the same value, to the type and the sign of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final
from uuid import UUID

from dark_lang.errors import CorruptionError, Failed
from dark_lang.names import NodeId
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
    _encode(value, parts, DEPTH)
    return parts


def _encode(value: Value, parts: list[Any], depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or kind is bytes:
        parts.append(value)
    elif kind is int:
        parts.append(value if -_INT_END <= value < _INT_END else _large_int(value))
    elif kind is dict or kind is GuestDict:
        parts.append([_RECORD if kind is dict else _DICT, *value])
        _encode_all(value.values(), parts, depth)
    elif kind is list:
        parts.append([_LIST, len(value)])
        _encode_all(value, parts, depth)
    else:
        (_ENCODERS.get(kind) or _refuse)(value, parts, depth)


def _encode_all(values: Any, parts: list[Any], depth: int) -> None:
    if not depth:
        raise too_deep("stored", DEPTH)
    if len(parts) + len(values) > ROW_PARTS:
        raise Failed(f"A value of more than {ROW_PARTS:,} parts cannot be stored.")
    for value in values:
        _encode(value, parts, depth - 1)


def _refuse(value: Value, _parts: list[Any], _depth: int) -> None:
    raise refusal("stored", value)


def _encode_float(value: float, parts: list[Any], _depth: int) -> None:
    parts.append(value if isfinite(value) else [_ODD_FLOAT, repr(value)])


def _encode_tuple(value: tuple[Value, ...], parts: list[Any], depth: int) -> None:
    if not value:
        parts.append(None)
        return
    parts.append([_TUPLE, len(value)])
    _encode_all(value, parts, depth)


def _encode_case(value: Case, parts: list[Any], depth: int) -> None:
    owner = value.type if isinstance(value.type, str) else value.type.to_bytes(8, "big")
    parts.append([_CASE, owner, value.name, len(value.values)])
    _encode_all(value.values, parts, depth)


def _encode_json(value: Json, parts: list[Any], depth: int) -> None:
    parts.append([_JSON])
    _encode_all((value.raw,), parts, depth)


def _large_int(value: int) -> list[Any]:
    return [_LARGE_INT, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)]


_ENCODERS: Final[Mapping[type, Callable[[Any, list[Any], int], None]]] = {
    float: _encode_float,
    tuple: _encode_tuple,
    Case: _encode_case,
    Json: _encode_json,
    type(None): lambda _none, parts, _depth: parts.append(None),  # null, which only a Json holds
    Char: lambda char, parts, _depth: parts.append([_CHAR, char.text]),
    datetime: lambda instant, parts, _depth: parts.append([_DATETIME, (instant - _EPOCH) // _MICROSECOND]),
    UUID: lambda uuid, parts, _depth: parts.append([_UUID, uuid.bytes]),
}


def decode_row(parts: Any) -> Value:
    """Raises CorruptionError if `parts` is nothing that `encode_row` makes."""
    try:
        waiting = iter(parts)
        value = _decode(waiting, DEPTH, UNIT)
        if next(waiting, waiting) is waiting:
            return value
    except (StopIteration, TypeError, ValueError, IndexError, KeyError, OverflowError) as error:
        raise CorruptionError("a stored row cannot be read: its parts do not fit together") from error
    raise CorruptionError("a stored row cannot be read: it goes on after its end")


def _decode(parts: Iterator[Any], depth: int, nothing: Value) -> Value:
    """`nothing` is what a None stands for: () among values, None inside a Json."""
    part = next(parts)
    if type(part) is not list:
        return part if part is not None else nothing
    if not depth:
        raise ValueError("too many levels")
    return _DECODERS[part[0]](part, parts, depth - 1, nothing)


def _decode_list(part: list[Any], parts: Iterator[Any], depth: int, nothing: Value) -> list[Value]:
    return [_decode(parts, depth, nothing) for _ in range(part[1])]


def _decode_record(part: list[Any], parts: Iterator[Any], depth: int, nothing: Value) -> dict[str, Value]:
    return {label: _decode(parts, depth, nothing) for label in part[1:]}


def _decode_case(part: list[Any], parts: Iterator[Any], depth: int, nothing: Value) -> Case:
    _, owner, name, count = part
    values = tuple([_decode(parts, depth, nothing) for _ in range(count)])
    return Case(owner if isinstance(owner, str) else NodeId(int.from_bytes(owner, "big")), name, values)


_DECODERS: Final[Mapping[int, Callable[[list[Any], Iterator[Any], int, Value], Value]]] = {
    _LIST: _decode_list,
    _TUPLE: lambda part, parts, depth, nothing: tuple(_decode_list(part, parts, depth, nothing)),
    _RECORD: _decode_record,
    _DICT: lambda part, parts, depth, nothing: GuestDict(_decode_record(part, parts, depth, nothing)),
    _CASE: _decode_case,
    _CHAR: lambda part, *_: Char(part[1]),
    _DATETIME: lambda part, *_: _EPOCH + part[1] * _MICROSECOND,
    _UUID: lambda part, *_: UUID(bytes=part[1]),
    _LARGE_INT: lambda part, *_: int.from_bytes(part[1], "big", signed=True),
    _ODD_FLOAT: lambda part, *_: float(part[1]),
    _JSON: lambda _part, parts, depth, _nothing: Json(_decode(parts, depth, None)),
}
