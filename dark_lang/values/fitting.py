"""Whether a value is of a type, to any depth: what code with types may rely on, asked where values come from outside.

Must not know programs; what a name of a type means is asked of whoever has them. Invariants: without recursion, so that
no depth of data matters; what nobody knows (a variable, a type that is not there) fits anything; a record may have more
fields than its type names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

from dark_lang.names import Defined, Ref, Standard
from dark_lang.records import NamedTuple
from dark_lang.types import Fn, Named, Record, Tuple, Type, Variable, describe, outermost
from dark_lang.values.model import Case, HoleValue, Value


class Definition(Protocol):
    """A type of the canvas: what it is short for, or its cases, each with the types of its values."""

    @property
    def params(self) -> tuple[str, ...]: ...
    @property
    def alias(self) -> Type | None: ...
    @property
    def cases(self) -> Mapping[str, tuple[Type, ...]]: ...


DefinitionOf: TypeAlias = Callable[[Ref], Definition | None]


class Misfit(NamedTuple):
    path: str  # to the part that does not fit, as it would be written: `.tags[2]`; "" for the value itself
    expected: str  # a type as it is written
    found: Value


class _Trail(NamedTuple):
    """The way down to a part; put into words only if it does not fit."""

    above: _Trail | None
    step: str | int


_LONGEST_ALIAS: Final = 100  # names that stand for one another


def misfit_of(value: Value, wanted: Type, definition_of: DefinitionOf) -> Misfit | int:
    """The first part that does not fit; if all do, how many parts were looked at."""
    seen = 0
    work: list[tuple[Value, Type, _Trail | None]] = [(value, wanted, None)]
    while work:
        value, wanted, trail = work.pop()
        seen += 1
        wanted = _written_out(wanted, definition_of)
        if type(value) is HoleValue or not _fits_outside(value, wanted, definition_of):
            return Misfit(_path(trail), describe(wanted), value)
        parts = _parts(value, wanted, trail, definition_of)
        parts.reverse()
        work += parts
    return seen


def _written_out(wanted: Type, definition_of: DefinitionOf) -> Type:
    for _ in range(_LONGEST_ALIAS):
        if type(wanted) is not Named or type(wanted.type) is not Defined:
            return wanted
        definition = definition_of(wanted.type)
        if definition is None or definition.alias is None:
            return wanted
        wanted = _with_args(definition.alias, definition.params, wanted.args)
    return wanted


def _with_args(wanted: Type, params: tuple[str, ...], args: tuple[Type, ...]) -> Type:
    """What the body of a generic type means for these arguments."""
    if not params:
        return wanted
    means = dict(zip(params, args, strict=False))

    def put(inner: Type) -> Type:
        match inner:
            case Variable(name):
                return means.get(name, inner)
            case Named(head, given):
                return Named(head, tuple([put(arg) for arg in given]))
            case Tuple(items):
                return Tuple(tuple([put(item) for item in items]))
            case Fn(given, result):
                return Fn(tuple([put(param) for param in given]), put(result))
            case Record(fields, rest):
                return Record(tuple([(label, put(held)) for label, held in fields]), rest)
            case _:
                return inner

    return put(wanted)


def _fits_outside(value: Value, wanted: Type, definition_of: DefinitionOf) -> bool:
    if type(wanted) is Named and type(wanted.type) is Defined:
        definition = definition_of(wanted.type)
        if definition is None or definition.alias is not None:
            return True
        held = definition.cases.get(value.name) if type(value) is Case and value.type == wanted.type.id else None
        return held is not None and len(held) == len(value.values)
    allowed = outermost(wanted)
    if allowed is None:
        return True
    if type(value) not in allowed:
        return False
    match wanted:
        case Named(Standard("Unit")):
            return not value
        case Named(Standard(name)) if type(value) is Case:
            return value.type == name and (name, value.name, len(value.values)) in _CASES
        case Tuple(items):
            return len(value) == len(items)
        case Record(fields):
            return all(label in value for label, _ in fields)
        case _:
            return True


_CASES: Final = (("Option", "Some", 1), ("Option", "None", 0), ("Result", "Ok", 1), ("Result", "Error", 1))

_Part: TypeAlias = tuple[Value, Type, _Trail | None]


def _parts(value: Value, wanted: Type, trail: _Trail | None, definition_of: DefinitionOf) -> list[_Part]:
    """The parts of a value that is right on the outside, and what each must be."""
    match wanted:
        case Named(Standard("List"), (item,)):
            return [(each, item, _Trail(trail, nth)) for nth, each in enumerate(value)]
        case Named(Standard("Dict"), (item,)):
            return [(each, item, _Trail(trail, f"[{key!r}]")) for key, each in value.items()]
        case Named(Standard("Option"), (item,)):
            return [(each, item, _Trail(trail, "!")) for each in value.values]
        case Named(Standard("Result"), (good, bad)):
            return [(each, good if value.name == "Ok" else bad, _Trail(trail, "!")) for each in value.values]
        case Tuple(items):
            return [(each, item, _Trail(trail, nth)) for nth, (each, item) in enumerate(zip(value, items, strict=True))]
        case Record(fields):
            return [(value[label], item, _Trail(trail, f".{label}")) for label, item in fields]
        case Named(Defined() as head, args):
            definition = definition_of(head)
            if definition is None or definition.alias is not None:
                return []
            return [
                (each, _with_args(item, definition.params, args), _Trail(trail, f".{value.name}"))
                for each, item in zip(value.values, definition.cases[value.name], strict=True)
            ]
        case _:
            return []


def _path(trail: _Trail | None) -> str:
    steps: list[str] = []
    while trail is not None:
        steps.append(trail.step if isinstance(trail.step, str) else f"[{trail.step}]")
        trail = trail.above
    return "".join(reversed(steps))
