"""Values for people, in words close to the notation; what has no literal is shown as a call or in angle brackets.

Must not know how wide a screen is, nor colours. Invariant: one line, whose control and bidirectional characters are
escaped, and which is never much longer than was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.values.demanding import hole_reached, too_deep
from dark_lang.values.describing import name_kind
from dark_lang.values.digits import int_text
from dark_lang.values.instants import instant_text
from dark_lang.values.limits import DEPTH
from dark_lang.values.model import Case, Char, DatastoreValue, GuestDict, HoleValue, Json, Response, Value

SHOWN: Final = 10_000
"""Characters, unless told otherwise."""

_WORD: Final = r"(?a)[A-Za-z_][A-Za-z0-9_]*"
_SPECIAL: Final = '[\x00-\x1f\x7f-\x9f"\\\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\\$(?={)'
_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "$": "\\$"}


class _FullError(Exception):
    """As much is shown as was asked for."""


class _Line:
    """The text so far. `add` raises _FullError when nothing more is wanted."""

    def __init__(self, room: int) -> None:
        self.parts: list[str] = []
        self.room = room

    def add(self, text: str) -> None:
        if len(text) > self.room:
            self.parts.append(text[: self.room] + "…")
            raise _FullError
        self.room -= len(text)
        self.parts.append(text)

    def add_between(self, opener: str, items: list[tuple[str, Value]], closer: str, depth: int) -> None:
        """Each item is what stands before it, and a value."""
        if not depth:
            raise too_deep("shown", DEPTH)
        self.add(opener)
        for nth, (before, value) in enumerate(items):
            self.add(f", {before}" if nth else before)
            _show(value, self, depth - 1)
        self.add(closer)


def show(value: Value, *, limit: int = SHOWN) -> str:
    """At most some `limit` characters; what is left out shows as `…`.

    Raises Stopped at a hole, and Failed below 512 levels, as far as it shows.
    """
    line = _Line(limit)
    with suppress(_FullError):
        _show(value, line, DEPTH)
    return "".join(line.parts)


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


def _show(value: Value, line: _Line, depth: int) -> None:
    kind = type(value)
    plain = _PLAIN.get(kind)
    if plain is not None:
        line.add(plain(value))
    elif kind is str:
        line.add(show_text(value[: line.room + 1]))
    elif kind is list:
        line.add_between("[", [("", item) for item in value], "]", depth)
    elif kind is tuple:
        line.add_between("(", [("", item) for item in value], ")", depth)
    elif kind is dict:
        fields = [(f"{_label(label)}: ", item) for label, item in value.items()]
        line.add_between("{ " if fields else "{", fields, " }" if fields else "}", depth)
    elif kind is GuestDict:
        entries = [(f"{show_text(key)}: ", item) for key, item in value.items()]
        line.add_between("#{ " if entries else "#{", entries, " }" if entries else "}", depth)
    elif kind is Case:
        items = [("", item) for item in value.values]
        line.add_between(f"{value.name}(" if items else value.name, items, ")" if items else "", depth)
    elif kind is Json:
        line.add("Json(")
        _show_json(value.raw, line, depth)
        line.add(")")
    elif kind is Response:
        line.add_between(f"Response({value.status}, ", [("", value.body)], ")", depth)
    elif kind is HoleValue:
        raise hole_reached(value)
    else:
        line.add(f"<{name_kind(value)}>")


def _show_json(raw: Value, line: _Line, depth: int) -> None:
    if not depth:
        raise too_deep("shown", DEPTH)
    if raw is None:
        line.add("null")
    elif type(raw) is list:
        line.add("[")
        for nth, item in enumerate(raw):
            line.add(", " if nth else "")
            _show_json(item, line, depth - 1)
        line.add("]")
    elif type(raw) is dict:
        line.add("{")
        for nth, (label, item) in enumerate(raw.items()):
            line.add(f"{', ' if nth else ''}{show_text(label)}: ")
            _show_json(item, line, depth - 1)
        line.add("}")
    else:
        _show(raw, line, depth)


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
