"""Types as passes think of them: without ids, places or holes. What is written in a program is `dark_lang.nodes.types`.

Must not know inference, nor which functions there are. Invariant: two types are the same type exactly when they are
equal, variables counting by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import FunctionType
from typing import Final, TypeAlias
from uuid import UUID

from dark_lang.names import Defined, Ref, Standard, Unresolved, spell_id
from dark_lang.records import dataclass
from dark_lang.values.model import Case, Char, DatastoreValue, GuestDict, Json, Response


@dataclass(frozen=True, slots=True)
class Named:
    type: Ref  # Standard("List"), or a definition of the canvas
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable:
    name: str  # lower case


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple[Type, ...]  # two or more


@dataclass(frozen=True, slots=True)
class Fn:
    params: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Record:
    fields: tuple[tuple[str, Type], ...]  # by label, in the labels' order
    rest: str | None = None  # the name of the variable that stands for further fields; None: there are none


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a hole may become, and what code has that does not fit: it goes with anything."""


UNKNOWN: Final = Unknown()

Type: TypeAlias = Named | Variable | Tuple | Fn | Record | Unknown

_OUTERMOST: Final[Mapping[str, tuple[type, ...]]] = {
    "Int": (int,),
    "Float": (float,),
    "Bool": (bool,),
    "String": (str,),
    "Char": (Char,),
    "Unit": (tuple,),
    "Bytes": (bytes,),
    "DateTime": (datetime,),
    "Uuid": (UUID,),
    "Json": (Json,),
    "Request": (dict,),
    "Response": (Response,),
    "List": (list,),
    "Dict": (GuestDict,),
    "Option": (Case,),
    "Result": (Case,),
    "Datastore": (DatastoreValue,),
}


def outermost(wanted: Type) -> tuple[type, ...] | None:
    """The Python types of which `type(value)` must be one (never `isinstance`: a Bool is no Int); None if any will do.

    This tells a List from an Int, and not a List of Int from a List of String. For a definition of the canvas the
    answer is None, since its shape stands elsewhere.
    """
    match wanted:
        case Named(Standard(name)):
            return _OUTERMOST.get(name)
        case Tuple():
            return (tuple,)
        case Fn():
            return (FunctionType,)
        case Record():
            return (dict,)
        case _:
            return None


def describe(wanted: Type, spell: Callable[[Ref], str] | None = None) -> str:
    """As it is written in the notation; definitions as `spell` calls them, else by the spelling of their ids."""
    match wanted:
        case Variable(name):
            return name
        case Tuple(items):
            return f"({_comma(items, spell)})"
        case Fn(params, result):
            return f"{_describe_params(params, spell)} -> {describe(result, spell)}"
        case Record(fields, rest):
            return _describe_record(fields, rest, spell)
        case Unknown():
            return "?"
        case Named(head, args):
            name = spell(head) if spell is not None else _describe_head(head)
            return name + (f"<{_comma(args, spell)}>" if args else "")


def _describe_record(fields: tuple[tuple[str, Type], ...], rest: str | None, spell: Callable[[Ref], str] | None) -> str:
    parts = [f"{label}: {describe(wanted, spell)}" for label, wanted in fields]
    if rest is not None:
        parts.append(f"..{rest}")
    return f"{{ {', '.join(parts)} }}" if parts else "{}"


def _describe_head(head: Ref) -> str:
    match head:
        case Standard(name):
            return name
        case Defined(node_id):
            return spell_id(node_id)
        case Unresolved(text):
            return text


def _describe_params(params: tuple[Type, ...], spell: Callable[[Ref], str] | None) -> str:
    # Brackets stay around a lone tuple or function, which would otherwise read as several parameters or as a chain.
    if len(params) == 1 and not isinstance(params[0], (Tuple, Fn)):
        return describe(params[0], spell)
    return f"({_comma(params, spell)})"


def _comma(types: tuple[Type, ...], spell: Callable[[Ref], str] | None) -> str:
    return ", ".join([describe(each, spell) for each in types])


def filled(wanted: Type, given: Mapping[str, Type]) -> Type:
    """The type with others in place of its variables."""
    if not given:
        return wanted
    match wanted:
        case Variable(name):
            return given.get(name, wanted)
        case Named(ref, args):
            return Named(ref, tuple([filled(arg, given) for arg in args])) if args else wanted
        case Tuple(items):
            return Tuple(tuple([filled(item, given) for item in items]))
        case Fn(params, result):
            return Fn(tuple([filled(param, given) for param in params]), filled(result, given))
        case Record(fields, rest):
            return Record(tuple([(label, filled(held, given)) for label, held in fields]), rest)
        case Unknown():
            return wanted
