"""What JSON says as a value of a certain type: decoders, and how they are put together.

The reverse of `jsonifying.to_json`, which does not know types: for each type, what is written for a value is read as
that value. But for one thing: in an Option of what may be null itself (Option, Unit, Json), null is read as None. A
number is an Int if it is whole, and any number is a Float; fields that a record does not have are left alone, and one
that is missing is None where it is an Option.

Must not know the types of a program; whoever reads those puts decoders together. Invariants: a decoder gives a value of
its type or raises MisfitError, in one pass; it goes no deeper than the JSON does, which `from_json` limits.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring as quote
from typing import Any, Final, TypeAlias
from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from dark_lang.values.graphemes import is_cluster
from dark_lang.values.instants import read_instant
from dark_lang.values.jsonifying import to_json
from dark_lang.values.model import NONE, UNIT, Case, Char, GuestDict, Json, Value, some

Decoder: TypeAlias = Callable[[Any], Value]
"""From what a Json holds to a value. Raises MisfitError."""


class MisfitError(Exception):
    """Never seen by a guest: `decode` makes a sentence of it."""

    def __init__(self, expected: str, found: Any) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found
        self.path: list[str | int] = []  # from the inside out


def decode(decoder: Decoder, json: Json) -> Value:
    """Raises Failed, with the place and what was expected there: `items.2.price: expected Float, found String "x"`."""
    try:
        return decoder(json.raw)
    except MisfitError as error:
        where = _path_text(error.path)
        said = f"expected {error.expected}, found {_found_text(error.found)}"
        raise Failed(f"{where}: {said}" if where else said) from None


_ABSENT: Final = object()
_SHOWN: Final = 40
_LONGEST_PATH: Final = 200
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def _path_text(inside_out: Sequence[str | int]) -> str:
    steps = [str(step) if type(step) is int or _WORD.match(str(step)) else quote(str(step)) for step in inside_out]
    text = ".".join(reversed(steps))
    return text if len(text) <= _LONGEST_PATH else f"…{text[-_LONGEST_PATH:]}"


def _found_text(raw: Any) -> str:
    kind = type(raw)
    if raw is _ABSENT:
        return "nothing"
    if raw is None:
        return "null"
    if kind is list:
        return f"an array of {len(raw)}"
    if kind is dict:
        return "an object" if raw else "an empty object"
    if kind is str:
        return f"String {quote(raw if len(raw) <= _SHOWN else raw[: _SHOWN - 1] + '…')}"
    text = to_json(raw)
    return f"{_KINDS[kind]} {text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}"


_KINDS: Final[Mapping[type, str]] = {int: "Int", float: "Float", bool: "Bool"}


# Types without parts


def _int(raw: Any) -> Value:
    if type(raw) is int:
        return raw
    if type(raw) is float and raw.is_integer() and abs(raw) <= 1 << 53:
        return int(raw)
    raise MisfitError("Int", raw)


def _float(raw: Any) -> Value:
    if type(raw) is float:
        return raw
    if type(raw) is int and abs(raw) < 1 << 1000:
        return float(raw)
    raise MisfitError("Float", raw)


def _bool(raw: Any) -> Value:
    if type(raw) is bool:
        return raw
    raise MisfitError("Bool", raw)


def _string(raw: Any) -> Value:
    if type(raw) is str:
        return raw
    raise MisfitError("String", raw)


def _char(raw: Any) -> Value:
    if type(raw) is str and is_cluster(raw):
        return Char(raw)
    raise MisfitError("Char, a String of one character", raw)


def _unit(raw: Any) -> Value:
    if raw is None:
        return UNIT
    raise MisfitError("Unit, which is null", raw)


def _bytes(raw: Any) -> Value:
    if type(raw) is str and raw.isascii():
        try:
            return a2b_base64(raw.encode("ascii"), strict_mode=True)
        except Base64Error:
            pass
    raise MisfitError("Bytes, as Base64", raw)


def _instant(raw: Any) -> Value:
    instant = read_instant(raw) if type(raw) is str else None
    if instant is None:
        raise MisfitError("DateTime, such as 2024-02-29T15:30:00Z", raw)
    return instant


_UUID_FORM: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def _uuid(raw: Any) -> Value:
    if type(raw) is str and _UUID_FORM.match(raw):
        return UUID(raw)
    raise MisfitError("Uuid", raw)


def _json(raw: Any) -> Value:
    if raw is _ABSENT:
        raise MisfitError("Json", raw)
    return Json(raw)


PLAIN: Final[Mapping[str, Decoder]] = {
    "Int": _int,
    "Float": _float,
    "Bool": _bool,
    "String": _string,
    "Char": _char,
    "Unit": _unit,
    "Bytes": _bytes,
    "DateTime": _instant,
    "Uuid": _uuid,
    "Json": _json,
}
"""By the name of the type."""

_EXACT: Final[Mapping[Decoder, type]] = {_int: int, _float: float, _bool: bool, _string: str}
"""What these need not look at: they give it back."""


# Types with parts. What decodes the parts is in a list, which may be filled after the decoder is made: types that hold
# themselves have decoders that do.


def list_decoder(inner: Sequence[Decoder]) -> Decoder:
    def decode_list(raw: Any) -> Value:
        if type(raw) is not list:
            raise MisfitError("List", raw)
        item = inner[0]
        exact = _EXACT.get(item)
        if exact is not None and set(map(type, raw)) == {exact}:
            return raw.copy()
        made: list[Value] = []
        add = made.append
        try:
            for value in raw:
                add(item(value))
        except MisfitError as error:
            error.path.append(len(made))
            raise
        return made

    return decode_list


def dict_decoder(inner: Sequence[Decoder]) -> Decoder:
    def decode_dict(raw: Any) -> Value:
        if type(raw) is not dict:
            raise MisfitError("Dict", raw)
        item = inner[0]
        made = GuestDict()
        key = ""
        try:
            for key, value in raw.items():
                made[key] = item(value)
        except MisfitError as error:
            error.path.append(key)
            raise
        return made

    return decode_dict


def option_decoder(inner: Sequence[Decoder]) -> Decoder:
    def decode_option(raw: Any) -> Value:
        return NONE if raw is None or raw is _ABSENT else some(inner[0](raw))

    return decode_option


def tuple_decoder(inner: Sequence[Decoder]) -> Decoder:
    def decode_tuple(raw: Any) -> Value:
        if type(raw) is not list or len(raw) != len(inner):
            raise MisfitError(f"a Tuple, an array of {len(inner)}", raw)
        return tuple(_each(inner, raw))

    return decode_tuple


def _each(decoders: Sequence[Decoder], raw: list[Any]) -> list[Value]:
    made: list[Value] = []
    try:
        for decoder, value in zip(decoders, raw, strict=True):
            made.append(decoder(value))
    except MisfitError as error:
        error.path.append(len(made))
        raise
    return made


class FieldDecoder(NamedTuple):
    label: str
    decoder: Decoder
    is_option: bool  # then `decoder` is for what is in it


def record_decoder(fields: Sequence[FieldDecoder], name: str) -> Decoder:
    """`name`: how the type is called in messages."""
    ready: list[tuple[str, Decoder, type | None, bool]] = []

    def decode_record(raw: Any) -> Value:
        if type(raw) is not dict:
            raise MisfitError(name, raw)
        if not ready:
            ready.extend([(label, inner, None if opt else _EXACT.get(inner), opt) for label, inner, opt in fields])
        made: dict[str, Value] = {}
        label = ""
        try:
            for label, inner, exact, is_option in ready:
                value = raw.get(label, _ABSENT)
                if type(value) is exact:
                    made[label] = value
                elif is_option:
                    made[label] = NONE if value is None or value is _ABSENT else some(inner(value))
                else:
                    made[label] = inner(value)
        except MisfitError as error:
            error.path.append(label)
            raise
        return made

    return decode_record


def enum_decoder(type_: str | NodeId, cases: Mapping[str, Sequence[Decoder]], name: str) -> Decoder:
    """Of a case without values its name, of others an object: `{"Circle": [1.5]}`."""

    def decode_case(raw: Any) -> Value:
        if type(raw) is str and cases.get(raw) == []:
            return Case(type_, raw, ())
        if type(raw) is dict and len(raw) == 1:
            ((case, values),) = raw.items()
            inner = cases.get(case)
            if inner is not None:
                return Case(type_, case, tuple(_values(case, inner, values)))
        raise MisfitError(f"{name}, one of {_listed(cases)}", raw)

    return decode_case


def _values(case: str, inner: Sequence[Decoder], values: Any) -> list[Value]:
    try:
        if type(values) is not list or len(values) != len(inner):
            raise MisfitError(f"an array of {len(inner)}", values)
        return _each(inner, values)
    except MisfitError as error:
        error.path.append(case)
        raise


def _listed(cases: Mapping[str, Sequence[Decoder]]) -> str:
    names = list(cases)
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
