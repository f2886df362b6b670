"""Makes values of static types, one choice after the other.

Must not know what they are for. Invariants: a value is of the type that was asked for, to any depth; what chooses
(Hypothesis) can make each choice smaller, so that what is found is small; types that hold themselves come to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from hypothesis import strategies as st

from dark_lang.checking.knowing import TypeDefinition
from dark_lang.names import Defined, NodeId, Ref, Standard
from dark_lang.types import Fn, Named, Record, Tuple, Type, filled
from dark_lang.values.model import NONE, UNIT, Case, Char, GuestDict, Json, Response, Value, error, ok, some

DEEPEST: Final = 4
"""Levels of a value, below which lists are empty and cases are those that hold nothing."""

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Types(Protocol):
    def type_definition(self, ref: Ref) -> TypeDefinition | None: ...


_SIMPLE: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "Int": st.integers(-100, 100) | st.integers(),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Bool": st.booleans(),
    "String": st.text(max_size=30),
    "Char": st.characters(min_codepoint=32, max_codepoint=0x2FF).map(Char),
    "Unit": st.just(UNIT),
    "Bytes": st.binary(max_size=30),
    "DateTime": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC)),
    "Uuid": st.uuids(),
    "Response": st.just(Response(200, (), "")),
    "Any": st.integers(),
}
_JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def draw_value(draw: Draw, wanted: Type, types: Types, depth: int = 0) -> Value:
    match wanted:
        case Named(Standard(name), args):
            return _standard(draw, name, args, types, depth)
        case Named(Defined(definition) as ref, args):
            return _defined(draw, definition, types.type_definition(ref), args, types, depth)
        case Tuple(items):
            return tuple([draw_value(draw, item, types, depth + 1) for item in items])
        case Record(fields):
            return {label: draw_value(draw, held, types, depth + 1) for label, held in fields}
        case Fn(params, result):
            return constant(draw_value(draw, result, types, depth + 1), len(params))
        case _:
            return draw(_SIMPLE["Int"])


def _standard(draw: Draw, name: str, args: tuple[Type, ...], types: Types, depth: int) -> Value:
    simple = _SIMPLE.get(name)
    if simple is not None:
        return draw(simple)
    if name == "Json":
        return Json(draw(_JSON))
    room = 0 if depth >= DEEPEST else 4
    if name == "List":
        return [draw_value(draw, args[0], types, depth + 1) for _ in range(draw(st.integers(0, room)))]
    if name == "Dict":
        keys = draw(st.lists(st.text(max_size=8), max_size=room, unique=True))
        return GuestDict({key: draw_value(draw, args[0], types, depth + 1) for key in keys})
    if name == "Option":
        return some(draw_value(draw, args[0], types, depth + 1)) if room and draw(st.booleans()) else NONE
    if name == "Result":
        good = draw(st.booleans())
        return (ok if good else error)(draw_value(draw, args[0 if good else 1], types, depth + 1))
    return draw(_SIMPLE["Int"])


def _defined(
    draw: Draw, owner: NodeId, found: TypeDefinition | None, args: tuple[Type, ...], types: Types, depth: int
) -> Value:
    if found is None:
        return draw(_SIMPLE["Int"])
    given = dict(zip(found.params, args, strict=False))
    if found.alias is not None:
        return draw_value(draw, filled(found.alias, given), types, depth)
    cases = sorted(found.cases.items())
    if depth >= DEEPEST:
        # The smallest first: one that holds nothing, where there is one.
        cases = sorted(cases, key=lambda case: len(case[1]))[:1]
    name, held = draw(st.sampled_from(cases))
    return Case(owner, name, tuple([draw_value(draw, filled(each, given), types, depth + 1) for each in held]))


def constant(value: Value, params: int) -> Callable[..., Value]:
    """A function of so many parameters that gives the value: guest code looks at how many there are."""
    made: tuple[Callable[..., Value], ...] = (
        lambda: value,
        lambda _a: value,
        lambda _a, _b: value,
        lambda _a, _b, _c: value,
        lambda _a, _b, _c, _d: value,
    )
    return made[min(params, len(made) - 1)]
