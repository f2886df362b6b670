"""Values for people, in words close to the notation; what has no literal is shown as a call or in angle brackets.

Must not know how wide a screen is, nor colours. Invariants: nothing here recurses; one line, whose control and
bidirectional characters are escaped, and which is never longer than was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.records import NamedTuple
from dark_lang.values.demanding import hole_reached
from dark_lang.values.describing import name_kind
from dark_lang.values.digits import int_text
from dark_lang.values.instants import instant_text
from dark_lang.values.model import Case, Char, DatastoreValue, GuestDict, HoleValue, Json, Response, Value

SHOWN: Final = 10_000
"""Characters, unless told otherwise."""

_WORD: Final = r"(?a)[A-Za-z_][A-Za-z0-9_]*"
_SPECIAL: Final = '[\x00-\x1f\x7f-\x9f"\\\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\\$(?={)'
_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "$": "\\$"}


def show(value: Value, *, limit: int = SHOWN) -> str:
    """At most `limit` characters, and then `…` if something is left out. Raises Stopped at a hole that would show."""
    line: list[str] = []
    room = limit
    waiting: list[Iterator[str | _Inner]] = [iter((_Inner(value),))]
    while waiting:
        for piece in waiting[-1]:
            if type(piece) is _Inner:
                waiting.append(_pieces(piece.value, room))
                break
            text = str(piece)
            if len(text) > room:
                return f"{''.join(line)}{text[:room]}…"
            line.append(text)
            room -= len(text)
        else:
            waiting.pop()
    return "".join(line)


def show_text(text: str) -> str:
    """A String as the notation writes it."""
    return f'"{re.sub(_SPECIAL, _escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    return _ESCAPES.get(char) or f"\\u{{{ord(char):x}}}"


def show_float(number: float) -> str:
    """Floats that are not finite have no literal."""
    if number != number:
        return "Float::nan_v0()"
    if number in (float("inf"), float("-inf")):
        return "Float::infinity_v0()" if number > 0 else "-Float::infinity_v0()"
    return repr(number)


class _Inner(NamedTuple):
    """A value whose text belongs here."""

    value: Value


class _Raw(NamedTuple):
    """What a Json holds, which is written a little differently."""

    value: Value


def _pieces(value: Value, room: int) -> Iterator[str | _Inner]:
    """The text of a value, with the values in it left to be written. `room` is how much of it can matter."""
    kind = type(value)
    if kind is _Raw:
        return _raw_pieces(value.value, room)
    plain = _PLAIN.get(kind)
    if plain is not None:
        return iter((plain(value),))
    if kind is str:
        return iter((show_text(value[: room + 1]),))
    if kind is list:
        return _between("[", (("", item) for item in value), "]")
    if kind is tuple:
        return _between("(", (("", item) for item in value), ")")
    if kind is dict:
        fields = ((f"{_label(label)}: ", item) for label, item in value.items())
        return _between("{ ", fields, " }") if value else iter(("{}",))
    if kind is GuestDict:
        entries = ((f"{show_text(key)}: ", item) for key, item in value.items())
        return _between("#{ ", entries, " }") if value else iter(("#{}",))
    if kind is Case:
        items = (("", item) for item in value.values)
        return _between(f"{value.name}(", items, ")") if value.values else iter((value.name,))
    if kind is Json:
        return _between("Json(", (("", _Raw(value.raw)),), ")")
    if kind is Response:
        return _between(f"Response({value.status}, ", (("", value.body),), ")")
    if kind is HoleValue:
        raise hole_reached(value)
    return iter((f"<{name_kind(value)}>",))


def _raw_pieces(raw: Value, room: int) -> Iterator[str | _Inner]:
    if raw is None:
        return iter(("null",))
    if type(raw) is list:
        return _between("[", (("", _Raw(item)) for item in raw), "]")
    if type(raw) is dict:
        return _between("{", ((f"{show_text(label)}: ", _Raw(item)) for label, item in raw.items()), "}")
    return _pieces(raw, room)


def _between(opener: str, items: Iterable[tuple[str, Value]], closer: str) -> Iterator[str | _Inner]:
    """Each item is what stands before it, and a value."""
    yield opener
    separator = ""
    for before, value in items:
        yield separator + before
        yield _Inner(value)
        separator = ", "
    yield closer


def _label(label: str) -> str:
    return label if re.fullmatch(_WORD, label) else show_text(label)


def _show_int(number: int) -> str:
    try:
        return int_text(number)
    except Failed:
        return f"<an Int of {number.bit_length():,} bits>"


_PLAIN: Final[Mapping[type, Callable[[Value], str]]] = {
    int: _show_int,
    bool: lambda truth: "true" if truth else "false",
    float: show_float,
    Char: lambda char: "c" + show_text(char.text),
    bytes: lambda data: f'Bytes("{data[:5000].hex()}{"…" if len(data) > 5000 else ""}")',
    datetime: lambda instant: f'DateTime("{instant_text(instant)}")',
    UUID: lambda uuid: f'Uuid("{uuid}")',
    DatastoreValue: lambda store: store.name,
}
