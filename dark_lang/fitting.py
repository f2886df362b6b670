"""Whether a value is of a type, to any depth: what code with types may rely on, asked where values come from outside.

Each type is taken apart once, into a plan; most values are then told by one comparison of Python types.
Must not know programs; what a name of a type means is asked of whoever has them. Invariants: without recursion, so that
no depth of data matters; what nobody knows (a variable, a type that is not there) fits anything but a hole; a record
may have more fields than its type names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

from dark_lang.names import Defined, NodeId, Ref, Standard
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


class _Plan:
    """What to look at in a value of one type. Parts are planned when the first value of the type is looked at, since a
    type may hold itself, or ever larger ones."""

    __slots__ = ("cases", "each", "fields", "is_leaf", "is_planned", "items", "python", "tag", "wanted")

    def __init__(self, wanted: Type) -> None:
        self.wanted = wanted
        self.python: type | None = None  # what `type(value)` must be; None: anything but a hole
        self.is_planned = False
        self.is_leaf = True  # whether that is all
        self.each: _Plan | None = None  # of the items of a List, the values of a Dict
        self.items: tuple[_Plan, ...] | None = None  # of a tuple
        self.fields: tuple[tuple[str, _Plan], ...] | None = None  # of a record
        self.tag: str | NodeId = ""  # of an enum
        self.cases: Mapping[str, tuple[_Plan, ...]] | None = None


Judge: TypeAlias = Callable[[Value], Misfit | int]
"""A part that does not fit; if all do, how many parts that have parts were looked at."""


class Fitting:
    """Judges values by types. Keeps the plans, for as long as names mean the same."""

    def __init__(self, definition_of: DefinitionOf) -> None:
        self._definition_of = definition_of
        self._plans: dict[Type, _Plan] = {}

    def judge(self, wanted: Type) -> Judge:
        plan = self._plan(wanted)
        return lambda value: self._misfit(value, plan)

    def _misfit(self, value: Value, plan: _Plan) -> Misfit | int:
        work: list[tuple[Value, _Plan, _Trail | None]] = [(value, plan, None)]
        seen = 0
        while work:
            value, plan, trail = work.pop()
            seen += 1
            if not plan.is_planned:
                self._take_apart(plan)
            if not _fits_outside(value, plan):
                return Misfit(_path(trail), describe(plan.wanted), value)
            if plan.is_leaf:
                continue
            found = _look_at_parts(value, plan, trail, work)
            if found is not None:
                return found
        return seen

    # Plans

    def _plan(self, wanted: Type) -> _Plan:
        found = self._plans.get(wanted)
        if found is None:
            found = self._plans[wanted] = _Plan(wanted)
            meant = self.written_out(wanted)
            allowed = outermost(meant)
            found.python = None if allowed is None else allowed[0]
            found.is_leaf = type(meant) is Named and type(meant.type) is Standard and meant.type.name in _LEAVES
            found.is_planned = found.is_leaf
        return found

    def _take_apart(self, plan: _Plan) -> None:
        plan.is_planned = True
        meant = self.written_out(plan.wanted)
        plan.is_leaf = False
        match meant:
            case Named(Standard("List" | "Dict"), (item,)):
                plan.each = self._plan(item)
            case Named(Standard("Option"), (item,)):
                plan.tag, plan.cases = "Option", {"Some": (self._plan(item),), "None": ()}
            case Named(Standard("Result"), (good, bad)):
                plan.tag, plan.cases = "Result", {"Ok": (self._plan(good),), "Error": (self._plan(bad),)}
            case Tuple(items):
                plan.items = tuple([self._plan(item) for item in items])
            case Named(Standard("Unit")):
                plan.items = ()
            case Record(fields):
                plan.fields = tuple([(label, self._plan(held)) for label, held in fields])
            case Named(Defined(head), args):
                definition = self._definition_of(Defined(head))
                if definition is None or definition.alias is not None:
                    plan.is_leaf = True
                    return
                plan.python, plan.tag = Case, head
                plan.cases = {
                    name: tuple([self._plan(_with_args(held, definition.params, args)) for held in values])
                    for name, values in definition.cases.items()
                }
            case _:
                plan.is_leaf = True

    def written_out(self, wanted: Type) -> Type:
        """What a name is short for, on the outside."""
        for _ in range(_LONGEST_ALIAS):
            if type(wanted) is not Named or type(wanted.type) is not Defined:
                return wanted
            definition = self._definition_of(wanted.type)
            if definition is None or definition.alias is None:
                return wanted
            wanted = _with_args(definition.alias, definition.params, wanted.args)
        return wanted


_LONGEST_ALIAS: Final = 100  # names that stand for one another
_LEAVES: Final = frozenset(
    ["Int", "Float", "Bool", "String", "Char", "Bytes", "DateTime", "Uuid", "Json", "Request", "Response", "Datastore"]
)


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


def _fits_outside(value: Value, plan: _Plan) -> bool:
    kind = type(value)
    if kind is not plan.python:
        return plan.python is None and kind is not HoleValue
    if plan.cases is not None:
        held = plan.cases.get(value.name)
        return held is not None and value.type == plan.tag and len(held) == len(value.values)
    if plan.items is not None:
        return len(value) == len(plan.items)
    return True


def _look_at_parts(
    value: Value, plan: _Plan, trail: _Trail | None, work: list[tuple[Value, _Plan, _Trail | None]]
) -> Misfit | None:
    """Judges those parts that have none themselves; the others are for later."""
    each = plan.each
    if each is not None:
        is_list = type(value) is list
        python = each.python
        if each.is_leaf and each.is_planned:
            for nth, part in enumerate(value if is_list else value.values()):
                if type(part) is not python and (python is not None or type(part) is HoleValue):
                    step = nth if is_list else _key(list(value)[nth])
                    return Misfit(_path(_Trail(trail, step)), describe(each.wanted), part)
        elif is_list:
            work += [(part, each, _Trail(trail, nth)) for nth, part in enumerate(value)]
        else:
            work += [(part, each, _Trail(trail, _key(key))) for key, part in value.items()]
        return None
    if plan.fields is not None:
        for label, field in plan.fields:
            if label not in value:
                return Misfit(_path(trail), describe(plan.wanted), value)
            part = value[label]
            if not (field.is_leaf and field.is_planned) or type(part) is not field.python:
                work.append((part, field, _Trail(trail, f".{label}")))
        return None
    if plan.cases is not None:
        steps = "!" if isinstance(plan.tag, str) else f".{value.name}"
        for part, held in zip(value.values, plan.cases[value.name], strict=True):
            if not (held.is_leaf and held.is_planned) or type(part) is not held.python:
                work.append((part, held, _Trail(trail, steps)))
        return None
    for nth, (part, item) in enumerate(zip(value, plan.items or (), strict=True)):
        work.append((part, item, _Trail(trail, nth)))
    return None


def _key(key: str) -> str:
    return f"[{key!r}]"


def _path(trail: _Trail | None) -> str:
    steps: list[str] = []
    while trail is not None:
        steps.append(trail.step if isinstance(trail.step, str) else f"[{trail.step}]")
        trail = trail.above
    return "".join(reversed(steps))
