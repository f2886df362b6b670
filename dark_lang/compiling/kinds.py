"""What the compiler keeps of a type: a letter for the Python type that its values have.

Must not know how types are found, nor how code is made. Invariant: a letter is a promise about `type(value)`; where
nothing can be promised, it is "".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dark_lang import types as known
from dark_lang.names import Standard
from dark_lang.nodes import types as t

KINDS: Final[Mapping[str, str]] = {
    "I": "int",
    "F": "float",
    "B": "bool",
    "S": "str",
    "X": "Char",
    "Y": "bytes",
    "L": "list",
    "T": "tuple",
    "U": "tuple",
    "D": "GuestDict",
    "R": "dict",
    "C": "Case",
    "J": "Json",
}
"""The Python type of each letter, by the name that guest code knows it by."""

_LETTERS: Final = {
    "Int": "I",
    "Float": "F",
    "Bool": "B",
    "String": "S",
    "Char": "X",
    "Bytes": "Y",
    "Unit": "U",
    "List": "L",
    "Dict": "D",
    "Option": "C",
    "Result": "C",
    "Json": "J",
}

_KNOWN: Final = {**_LETTERS, "Request": "R"}
_SPOKEN: Final = {"I": "an Int", "X": "a Char", "C": "an Option or a Result", "T": "a Tuple", "R": "a record"}


def letter_of(type_: known.Type | None) -> str:
    """The letter of a type that the checker found; "" if any value may be of it."""
    kind = type(type_)
    if kind is known.Named:
        head = type_.type  # type: ignore[union-attr]  # mypy does not narrow by the name of a type
        return _KNOWN.get(head.name, "") if type(head) is Standard else ""
    return "R" if kind is known.Record else "T" if kind is known.Tuple else ""


def letter_written(type_: t.Type) -> str:
    """The letter of a declared type."""
    match type_:
        case t.Named(type=Standard(name=name)):
            return _LETTERS.get(name, "")
        case t.Tuple():
            return "T"
        case t.Record():
            return "R"
        case _:
            return ""


def spoken(letter: str, type_: t.Type) -> str:
    """How a message calls a declared type's outermost form."""
    return _SPOKEN.get(letter) or (
        f"a {type_.type.name}" if isinstance(type_, t.Named) and isinstance(type_.type, Standard) else ""
    )


def common_kind(first: str, second: str) -> str:
    """What is known of a value that is one of two."""
    if first == second:
        return first
    if first and first.lower() == second.lower():
        return first.lower()
    return ""
