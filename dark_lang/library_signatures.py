"""Reads the signature of a standard function into types, when somebody first asks for it.

Has a parser of its own, far smaller than the notation's: the texts are ours and have no holes. Invariant: what it
reads, `describe` writes back in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

from dark_lang.library import STANDARD_TYPES, LibraryFunction
from dark_lang.names import Standard
from dark_lang.records import dataclass
from dark_lang.types import Fn, Named, Record, Tuple, Type, Variable, describe

T = TypeVar("T")

_TOKEN: Final = re.compile(r"\s*(->|[A-Za-z][A-Za-z0-9_:]*(?<!:)|[<>(){},:])")


@dataclass(frozen=True, slots=True)
class Signature:
    type_params: tuple[str, ...]
    params: tuple[tuple[str, Type], ...]
    result: Type
    numbers: frozenset[str] = frozenset()  # the type parameters that stand for Int or Float and nothing else
    decodes: bool = False  # whether each call must know what the type parameters stand for

    def __str__(self) -> str:
        """Without the name: `<a>(list: List<a>) -> Int`."""
        generic = f"<{', '.join(self.type_params)}>" if self.type_params else ""
        params = ", ".join([f"{name}: {describe(wanted)}" for name, wanted in self.params])
        return f"{generic}({params}) -> {describe(self.result)}"


def parse_signature(function: LibraryFunction) -> Signature:
    """Raises ValueError if the declaration is malformed, which a test rules out for every standard function."""
    return _parse(function.signature, function.decodes)


@cache
def _parse(text: str, decodes: bool) -> Signature:
    reader = _Reader(text)
    reader.next()  # the name
    type_params = tuple(reader.list_of("<", ">", reader.next)) if reader.peek() == "<" else ()
    params = tuple(reader.list_of("(", ")", reader.parameter))
    reader.expect("->")
    # In the library this name means what it says. A canvas's own type parameter of that name stands for anything.
    numbers = frozenset({"number"}.intersection(type_params))
    signature = Signature(type_params, params, reader.type(), numbers, decodes)
    if reader.peek():
        raise ValueError(f"a signature goes on after its end, at {reader.peek()!r}: {text}")
    return signature


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        if "".join(self._tokens) != re.sub(r"\s", "", text):
            raise ValueError(f"a signature has characters that mean nothing there: {text}")

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def expect(self, token: str) -> None:
        found = self.next()
        if found != token:
            raise ValueError(f"a signature needs {token!r} where it has {found!r}: {self._text}")

    def list_of(self, opener: str, closer: str, item: Callable[[], T]) -> list[T]:
        self.expect(opener)
        items = []
        while self.peek() not in (closer, ""):
            items.append(item())
            if self.peek() != closer:
                self.expect(",")
        self.expect(closer)
        return items

    def parameter(self) -> tuple[str, Type]:
        name = self.next()
        self.expect(":")
        return name, self.type()

    def type(self) -> Type:
        params = self.atoms()
        if self.peek() == "->":
            self.next()
            return Fn(params, self.type())
        return params[0] if len(params) == 1 else Tuple(params) if params else Named(Standard("Unit"))

    def atoms(self) -> tuple[Type, ...]:
        """One type, or those between brackets: parameters if an arrow follows, else a tuple."""
        if self.peek() == "(":
            return tuple(self.list_of("(", ")", self.type))
        if self.peek() == "{":
            return (Record(tuple(sorted(self.list_of("{", "}", self.parameter)))),)
        name = self.next()
        if name[:1].islower():
            return (Variable(name),)
        args = tuple(self.list_of("<", ">", self.type)) if self.peek() == "<" else ()
        if STANDARD_TYPES.get(name) != len(args):
            raise ValueError(f"{name!r} is no standard type with {len(args)} arguments: {self._text}")
        return (Named(Standard(name), args),)
