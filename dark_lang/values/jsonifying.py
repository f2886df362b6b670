"""Values as JSON text, and JSON text as a Json.

An encoder of our own, since guest values never meet a recursive C codec: depth and size are checked on the way, and no
object is taken for something that it is not. Must not know the types of a program. Invariants: what is written is JSON
as RFC 8259 has it, in valid Unicode; what is read is refused or keeps to the limits.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from datetime import datetime
from json import JSONDecodeError, JSONDecoder
from json.encoder import encode_basestring as quote
from math import isfinite
from typing import Any, Final
from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.values.demanding import refusal, too_deep
from dark_lang.values.digits import int_text, read_int
from dark_lang.values.instants import instant_text
from dark_lang.values.limits import DEPTH, TEXT_LENGTH
from dark_lang.values.model import Case, Char, GuestDict, Json, Value
from dark_lang.values.showing import show_float


def to_json(value: Value) -> str:
    """Records and Dicts are objects; lists and tuples arrays; None and () null; `Some(x)` is x, another case of an
    enum `"Case"` or `{"Case": [its values]}`; a DateTime ISO 8601 text, a Uuid text, Bytes Base64 text.

    Raises Failed for what JSON cannot hold (functions, NaN, infinity, more than 512 levels or 10,000,000 characters),
    and Stopped at a hole.
    """
    kind = type(value)
    if kind is dict or kind is GuestDict:
        return _object(value, DEPTH)
    if kind is list:
        return _array(value, DEPTH)
    return (_WRITERS.get(kind) or _refuse)(value, DEPTH)


def _object(fields: Mapping[str, Value], depth: int) -> str:
    # The kinds that most fields have are written here rather than by a call, at half the time for a flat record.
    if not depth:
        raise too_deep("written as JSON", DEPTH)
    depth -= 1
    parts = []
    size = 0
    for label, value in fields.items():
        kind = type(value)
        if kind is str:
            part = f"{quote(label)}:{quote(value)}"
        elif kind is int and -_SMALL < value < _SMALL:
            part = f"{quote(label)}:{value}"
        else:
            part = f"{quote(label)}:{(_WRITERS.get(kind) or _refuse)(value, depth)}"
        size += len(part)
        if size > TEXT_LENGTH:
            raise _too_long()
        parts.append(part)
    return f"{{{','.join(parts)}}}"


def _array(items: list[Value] | tuple[Value, ...], depth: int) -> str:
    if not depth:
        raise too_deep("written as JSON", DEPTH)
    if items == ():
        return "null"
    depth -= 1
    parts = []
    size = 0
    for value in items:
        part = (_WRITERS.get(type(value)) or _refuse)(value, depth)
        size += len(part)
        if size > TEXT_LENGTH:
            raise _too_long()
        parts.append(part)
    return f"[{','.join(parts)}]"


def _case(case: Case, depth: int) -> str:
    # Without a function between two levels, here as elsewhere: 512 levels must fit Python's usual limit of calls.
    if not depth:
        raise too_deep("written as JSON", DEPTH)
    if case.type != "Option":
        return f"{{{quote(case.name)}:{_array(case.values, depth - 1)}}}" if case.values else quote(case.name)
    for value in case.values:
        return (_WRITERS.get(type(value)) or _refuse)(value, depth - 1)
    return "null"


def _float(number: float, _depth: int) -> str:
    if not isfinite(number):
        raise Failed(f"{show_float(number)} cannot be written as JSON, which has finite numbers only")
    return repr(number)


def _refuse(value: Value, _depth: int) -> str:
    raise refusal("written as JSON", value)


def _too_long() -> Failed:
    return Failed(f"JSON of more than {TEXT_LENGTH:,} characters cannot be written")


def _json(value: Json, depth: int) -> str:
    # Raw JSON is made of str, int, float, bool, list, dict and None, which are written as the values of those types.
    return (_WRITERS.get(type(value.raw)) or _refuse)(value.raw, depth)


_SMALL: Final = 1 << 63
_WRITERS: Final[Mapping[type, Callable[[Any, int], str]]] = {
    str: lambda text, _: quote(text),
    int: lambda number, _: int_text(number),
    bool: lambda truth, _: "true" if truth else "false",
    float: _float,
    dict: _object,
    GuestDict: _object,
    list: _array,
    tuple: _array,
    Case: _case,
    Json: _json,
    type(None): lambda _none, _: "null",
    Char: lambda char, _: quote(char.text),
    datetime: lambda instant, _: f'"{instant_text(instant)}"',
    UUID: lambda uuid, _: f'"{uuid}"',
    bytes: lambda data, _: f'"{b2a_base64(data, newline=False).decode("ascii")}"',
}


def _refuse_constant(word: str) -> Any:
    raise Failed(f"this is no JSON: it has {word}")


def _read_float(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Failed(f"the number {text[:40]} is too large for a Float")
    return number


# Reading integers and floats through functions of ours takes several times as long as reading them in C, so that is
# for texts that look as if they had a number which C would refuse or turn into infinity.
_FAST: Final = JSONDecoder(parse_constant=_refuse_constant)
_CAREFUL: Final = JSONDecoder(parse_constant=_refuse_constant, parse_int=read_int, parse_float=_read_float)
_LARGE_NUMBER: Final = re.compile(r"[0-9](?:[eE]\+?[0-9]{3}|[0-9]{199})", re.ASCII)
_IN_STRING: Final = r'(?s)"[^"\\]*(?:\\.[^"\\]*)*"?'
_NO_BRACKETS: Final = r"[^\[\]{}]+"
_HALF_PAIR: Final = r"\\u[dD][89a-fA-F]"
_BLANKS: Final = " \t\n\r"


def from_json(text: str) -> Json:
    """Of two members with one name, the later counts. Half of a surrogate pair becomes U+FFFD.

    Raises Failed, saying where and why, for what is no JSON, and beyond the limits of depth and of digits.
    """
    if text.count("[") + text.count("{") > DEPTH:
        _check_depth(text)
    reader = _CAREFUL if _LARGE_NUMBER.search(text) else _FAST
    try:
        raw = reader.decode(text)
    except JSONDecodeError as error:
        raise Failed(f"this is no JSON: {_explain(error)}") from None
    if "\\u" in text and re.search(_HALF_PAIR, text):
        raw = _mend(raw)
    return Json(raw)


def _explain(error: JSONDecodeError) -> str:
    reason = error.msg[:1].lower() + error.msg[1:]
    return f"{reason} in line {error.lineno}, column {error.colno}"


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in re.sub(_NO_BRACKETS, "", re.sub(_IN_STRING, "", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEPTH:
            raise Failed(f"JSON of more than {DEPTH} levels cannot be read")


def _mend(raw: Any) -> Any:
    """The same with whole characters only. It changes `raw`, which nobody else has seen yet."""
    result = [raw]
    waiting: list[Any] = [result]
    while waiting:
        held = waiting.pop()
        entries = list(held.items() if type(held) is dict else enumerate(held))
        if type(held) is dict:
            held.clear()
        for place, item in entries:
            held[_whole(place)] = _whole(item)
            if type(item) is list or type(item) is dict:
                waiting.append(item)
    return result[0]


def _whole(item: Any) -> Any:
    if type(item) is not str:
        return item
    return item.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
