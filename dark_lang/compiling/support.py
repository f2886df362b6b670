"""What generated code calls where it cannot go on by itself, and the types that it tells values by.

Must not know how code is generated. Invariant: these functions and types are all of Python that guest code can name;
each function checks its arguments, since it gets what the inline checks did not expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from dark_lang.compiling.compiled import Left
from dark_lang.errors import Failed, Stopped
from dark_lang.names import NodeId
from dark_lang.notation.addresses import suggest
from dark_lang.values.demanding import hole_reached
from dark_lang.values.describing import name_kind, type_name
from dark_lang.values.limits import LIST_LENGTH, TEXT_LENGTH
from dark_lang.values.model import NONE, UNIT, Case, Char, GuestDict, HoleValue, Json, Value, some
from dark_lang.values.showing import show

_SHOWN = 80  # characters of a value that a message shows


def _found(value: Value) -> str:
    return f"found {name_kind(value)}: {show(value, limit=_SHOWN)}"


def demand(value: Value) -> None:
    """Stops if a value is not there yet."""
    if type(value) is HoleValue:
        raise hole_reached(value)


def stop(node: NodeId, what: str) -> NoReturn:
    raise Stopped(what, node=node)


def fail(message: str) -> NoReturn:
    raise Failed(message)


def unknown_name(name: str, *known: str) -> NoReturn:
    near = suggest(name, known)
    raise Failed(f"there is no name `{name}` here", suggestion=f"did you mean `{near}`?" if near else "")


def no_fit(value: Value) -> bool:
    """Always False: the value is not what a pattern asks for. A hole cannot even be asked."""
    demand(value)
    return False


def no_match(value: Value) -> NoReturn:
    demand(value)
    raise Failed(f"no arm of the match fits {show(value, limit=_SHOWN)}")


def no_let(value: Value) -> NoReturn:
    demand(value)
    raise Failed(f"the pattern does not fit {show(value, limit=_SHOWN)}")


def bad_count(value: Case, count: int) -> NoReturn:
    raise Failed(f"{value.name} has {len(value.values)} values, and the pattern asks for {count}")


def bad_condition(value: Value) -> NoReturn:
    demand(value)
    raise Failed(f"expected a Bool, {_found(value)}")


def bad_key(value: Value) -> NoReturn:
    demand(value)
    raise Failed(f"a key of a Dict must be a String, {_found(value)}")


def bad_text(value: Value) -> NoReturn:
    demand(value)
    raise Failed(
        f"text takes in a String, {_found(value)}",
        suggestion=f"write ${{{type_name(value)}::toString(…)}}" if type(value) in (int, float, bool) else "",
    )


def bad_try(value: Value) -> NoReturn:
    demand(value)
    raise Failed(f"`!` unwraps an Option or a Result, {_found(value)}")


def bad_argument(value: Value, function: str, parameter: str, expected: str) -> Value:
    """A hole is passed on; anything else is of the wrong type."""
    if type(value) is HoleValue:
        return value
    raise Failed(f"{function} takes {expected} as `{parameter}`, {_found(value)}")


def bad_result(value: Value, function: str, expected: str) -> Value:
    if type(value) is HoleValue:
        return value
    raise Failed(f"{function} declares that it returns {expected}, {_found(value)}")


def field(record: Value, label: str) -> Value:
    if type(record) is dict:
        if label in record:
            return record[label]
        near = suggest(label, list(record))
        raise Failed(
            f"the record {show(record, limit=_SHOWN)} has no field `{label}`",
            suggestion=f"did you mean `{near}`?" if near else "",
        )
    demand(record)
    raise Failed(
        f"expected a record with the field `{label}`, {_found(record)}",
        suggestion="Dict::get reads a Dict" if type(record) is GuestDict else "",
    )


def update(record: Value, changes: dict[str, Value]) -> dict[str, Value]:
    for label in changes:
        field(record, label)
    return {**record, **changes}


def text(value: str) -> str:
    if len(value) > TEXT_LENGTH:
        raise _too_long(len(value))
    return value


def joined(pieces: tuple[str, ...]) -> str:
    """What their lengths come to is known before memory is taken for it."""
    length = sum([len(piece) for piece in pieces])
    if length > TEXT_LENGTH:
        raise _too_long(length)
    return "".join(pieces)


def _too_long(length: int) -> Failed:
    return Failed(f"a text of {length:,} characters is too long; {TEXT_LENGTH:,} are the most")


def option(value: Value | None) -> Case:
    """Of what is Python's None where there is nothing."""
    return NONE if value is None else some(value)


def fitting_items(count: int) -> None:
    """Of a List that a loop puts together out of others."""
    if count > LIST_LENGTH:
        raise Failed(f"List::flatMap would make a List of {count:,} items; the most are {LIST_LENGTH:,}")


def negate(value: Value) -> bool:
    if value is True:
        return False
    if value is False:
        return True
    bad_condition(value)


SUPPORT: Final[Mapping[str, object]] = {
    "type": type,
    "len": len,
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "bytes": bytes,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "GuestDict": GuestDict,
    "Case": Case,
    "Char": Char,
    "Json": Json,
    "Hole": HoleValue,
    "NONE": NONE,
    "UNIT": UNIT,
    "Left": Left,
    "demand": demand,
    "stop": stop,
    "fail": fail,
    "unknown_name": unknown_name,
    "no_fit": no_fit,
    "no_match": no_match,
    "no_let": no_let,
    "bad_count": bad_count,
    "bad_condition": bad_condition,
    "bad_key": bad_key,
    "bad_text": bad_text,
    "bad_try": bad_try,
    "bad_argument": bad_argument,
    "bad_result": bad_result,
    "field": field,
    "update": update,
    "text": text,
    "joined": joined,
    "option": option,
    "fitting_items": fitting_items,
    "range": range,
    "enumerate": enumerate,
    "sum": sum,
    "negate": negate,
}
"""Stands where Python's builtins would: what guest code does not find among its own globals it looks up here."""
