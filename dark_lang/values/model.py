"""What running code handles. Each guest type is one Python type, so that `type(x)` decides.

    Int int · Float float · Bool bool · String str · Char Char · Unit () · Bytes bytes · DateTime datetime (aware, UTC)
    Uuid uuid.UUID · List list · Tuple tuple (two or more) · Record dict · Dict GuestDict · enums Case (Option, Result
    too) · Json Json · functions: Python functions made for the guest · datastores DatastoreValue · Request a Record ·
    Response Response · a hole HoleValue

Must not know the compiler, the library or any codec. Invariant: values are never changed once another part of the
program can see them, whatever their Python type would allow; a GuestDict's keys are str.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from dark_lang.names import NodeId
from dark_lang.records import dataclass

Value: TypeAlias = Any
"""One of the types above. Any, because guest code is what types it, not Python."""

UNIT: Final = ()


@dataclass(frozen=True, slots=True)
class Char:
    text: str  # one extended grapheme cluster


class GuestDict(dict[str, Value]):
    """A Dict. A plain `dict` is a Record."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A value of an enum. `type` is the standard name ("Option", "Result") or the id of the definition."""

    type: str | NodeId
    name: str
    values: tuple[Value, ...]


NONE: Final = Case("Option", "None", ())


def some(value: Value) -> Case:
    return Case("Option", "Some", (value,))


def ok(value: Value) -> Case:
    return Case("Result", "Ok", (value,))


def error(value: Value) -> Case:
    return Case("Result", "Error", (value,))


@dataclass(frozen=True, slots=True)
class Json:
    """JSON as it came: None, bool, int, float, str, list and dict, nested."""

    raw: Any


@dataclass(frozen=True, slots=True)
class DatastoreValue:
    id: NodeId
    name: str  # for messages only


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler answers when it says more than a plain value does."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: Value  # bytes and str as they are; anything else as JSON


@dataclass(frozen=True, slots=True)
class HoleValue:
    """A value that is not there yet. Demanding it stops the run."""

    node: NodeId
    label: str
    mistake: str = ""  # what is wrong, where it stands for code that does not fit or could not be read

    @property
    def says(self) -> str:
        return self.mistake or f"the hole ?{self.label}"
