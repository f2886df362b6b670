"""What bodies ask of values that signatures cannot promise: what guest functions return, and what lists hold.

Must not know any function of the library. Invariant: each check passes the value on, or raises Stopped for a hole and
Failed for anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from dark_lang.errors import Failed
from dark_lang.values.demanding import hole_reached, misfit
from dark_lang.values.describing import name_kind
from dark_lang.values.digits import counted
from dark_lang.values.limits import LIST_LENGTH, LIST_MADE, TEXT_LENGTH
from dark_lang.values.model import Case, HoleValue, Value

T = TypeVar("T")


def of_type(kind: type[T], needed: str, value: Value, who: str) -> T:
    if type(value) is not kind:
        raise misfit(needed, value, who)
    return value


def truth(value: Value, who: str) -> bool:
    """What a guest's predicate returned. Only true and false are truth values."""
    if value is True or value is False:
        return value is True
    raise misfit("a Bool", value, who)


def all_of_type(kind: type, needed: str, values: Iterable[Value], who: str) -> None:
    for value in values:
        if type(value) is not kind:
            if type(value) is HoleValue:
                raise hole_reached(value)
            raise Failed(f"{who} takes a List of {needed}, and one of the items is {name_kind(value)}")


def is_some(option: Value, who: str) -> bool:
    if type(option) is Case and option.type == "Option":
        return bool(option.values)
    raise misfit("an Option", option, who)


def is_ok(result: Value, who: str) -> bool:
    if type(result) is Case and result.type == "Result":
        return result.name == "Ok"
    raise misfit("a Result", result, who)


def tuple_of(count: int, value: Value, who: str) -> tuple[Value, ...]:
    found: tuple[Value, ...] = of_type(tuple, f"a tuple of {count}", value, who)
    if len(found) != count:
        raise Failed(f"{who} must be a tuple of {count}, and is one of {len(found)}")
    return found


def key_and_value(value: Value, who: str) -> tuple[str, Value]:
    key, found = tuple_of(2, value, who)
    return of_type(str, "a String", key, f"{who} begins with a key, which"), found


def room_for_text(length: int, who: str) -> None:
    if length > TEXT_LENGTH:
        raise Failed(f"{who} would make a String of {counted(length)} characters; the most are {TEXT_LENGTH:,}")


def room_for_items(count: int, who: str) -> None:
    if count > LIST_LENGTH:
        raise Failed(f"{who} would make a List of {counted(count)} items; the most are {LIST_LENGTH:,}")


def room_for_new_items(count: int, who: str) -> None:
    if count > LIST_MADE:
        raise Failed(f"{who} would make a List of {counted(count)} items; the most are {LIST_MADE:,}")
