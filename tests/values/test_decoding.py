"""What is written as JSON for a value of a type is read back as that value, for every type that JSON can hold; and
nothing that is no JSON of the type gets by."""

from __future__ import annotations

from typing import Any

from guest_values import CHARS, DATETIMES, INTS, LABELS, TEXTS, raw_json
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.checking.decoders import decoder_of
from dark_lang.checking.knowing import TypeDefinition
from dark_lang.errors import Failed
from dark_lang.names import Defined, NodeId, Ref, Standard
from dark_lang.types import Named, Record, Tuple, Type, Variable
from dark_lang.values.decoding import decode
from dark_lang.values.equality import equal
from dark_lang.values.jsonifying import from_json, to_json
from dark_lang.values.limits import DEPTH
from dark_lang.values.model import NONE, UNIT, Case, GuestDict, Json, error, ok, some

SHAPE, TREE, PAIR = NodeId(1), NodeId(2), NodeId(3)
INT = Named(Standard("Int"))
SUBTREE = Named(Defined(TREE), (Variable("a"),))
DEFINITIONS = {
    SHAPE: TypeDefinition((), None, {"Circle": (INT,), "Dot": (), "Some": (INT, INT)}),
    TREE: TypeDefinition(("a",), None, {"Leaf": (), "Node": (SUBTREE, SUBTREE, Variable("a"))}),
    PAIR: TypeDefinition(("a",), Tuple((Variable("a"), Variable("a"))), {}),
}
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "Int": INTS,
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Bool": st.booleans(),
    "String": TEXTS,
    "Char": CHARS,
    "Bytes": st.binary(max_size=6),
    "DateTime": DATETIMES,
    "Uuid": st.uuids(),
}
NULLABLE: dict[str, st.SearchStrategy[Any]] = {"Unit": st.just(UNIT), "Json": raw_json().map(Json)}


MADE_OF_OTHERS = ["List", "Dict", "Option", "Result", "Tuple", "Record", "Shape", "Tree", "Pair"]


def named(name: str, *args: Type) -> Named:
    return Named(Standard(name), args)


Typed = tuple[Type, st.SearchStrategy[Any]]


@st.composite
def typed(draw: st.DrawFn, depth: int = 3, nullable: bool = True) -> Typed:
    """A type and its values. What may be null is no part of an Option: see `decoding`."""
    plain = PLAIN | NULLABLE if nullable else PLAIN
    kinds = [*plain, *(MADE_OF_OTHERS if depth else [])]
    kind = draw(st.sampled_from([each for each in kinds if nullable or each != "Option"]))
    if kind in plain:
        return named(kind), plain[kind]
    if kind == "Shape":
        circle = INTS.map(lambda n: Case(SHAPE, "Circle", (n,)))
        both = st.tuples(INTS, INTS).map(lambda held: Case(SHAPE, "Some", held))
        return Named(Defined(SHAPE)), st.one_of(st.just(Case(SHAPE, "Dot", ())), circle, both)
    inner, values = draw(typed(depth - 1, kind != "Option"))
    if kind == "Tree":
        leaf = st.just(Case(TREE, "Leaf", ()))
        tree = st.recursive(
            leaf, lambda sub: st.tuples(sub, sub, values).map(lambda held: Case(TREE, "Node", held)), max_leaves=4
        )
        return Named(Defined(TREE), (inner,)), tree
    if kind == "Pair":
        return Named(Defined(PAIR), (inner,)), st.tuples(values, values)
    if kind == "List":
        return named("List", inner), st.lists(values, max_size=3)
    if kind == "Dict":
        return named("Dict", inner), st.dictionaries(LABELS, values, max_size=3).map(GuestDict)
    if kind == "Option":
        return named("Option", inner), st.one_of(st.just(NONE), values.map(some))
    other, others = draw(typed(depth - 1))
    if kind == "Result":
        return named("Result", inner, other), st.one_of(values.map(ok), others.map(error))
    if kind == "Tuple":
        return Tuple((inner, other)), st.tuples(values, others)
    labels = sorted(draw(st.sets(LABELS, min_size=2, max_size=2)))
    fields = dict(zip(labels, (inner, other), strict=True))
    record = st.fixed_dictionaries(dict(zip(labels, (values, others), strict=True)))
    return Record(tuple(fields.items())), record


def definition(ref: Ref) -> TypeDefinition | None:
    return DEFINITIONS.get(ref.id) if isinstance(ref, Defined) else None


def read(wanted: Type, text: str) -> Any:
    return decode(decoder_of(wanted, definition, str), from_json(text))


@given(st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    wanted, values = data.draw(typed())
    value = data.draw(values)
    assert equal(read(wanted, to_json(value)), value)


@given(st.data())
def test_other_json_is_refused_or_is_of_the_type(data: st.DataObject) -> None:
    """What comes out can be written and read again as the same: nothing of another type is in it."""
    wanted, _ = data.draw(typed())
    raw = data.draw(raw_json())
    try:
        value = decode(decoder_of(wanted, definition, str), Json(raw))
    except Failed as failed:
        assert "expected " in failed.message and ", found " in failed.message
        return
    assert equal(read(wanted, to_json(value)), value)


def test_an_option_of_what_may_be_null_is_none() -> None:
    nested = named("Option", named("Option", INT))
    assert read(nested, to_json(some(NONE))) == NONE
    assert read(nested, to_json(some(some(1)))) == some(some(1))
    assert read(named("Option", named("Unit")), to_json(some(UNIT))) == NONE


def test_as_deep_as_json_goes() -> None:
    tree = Named(Defined(TREE), (INT,))
    text = '"Leaf"'
    for _ in range(DEPTH // 2):
        text = f'{{"Node": ["Leaf", {text}, 1]}}'
    value, levels = read(tree, text), 0
    while value.values:
        value, levels = value.values[1], levels + 1
    assert levels == DEPTH // 2


def test_a_path_stays_short() -> None:
    text = "1"
    for _ in range(200):
        text = f'{{"{"x" * 50}": {text}}}'
    wanted: Type = named("String")
    for _ in range(200):
        wanted = named("Dict", wanted)
    try:
        read(wanted, text)
    except Failed as failed:
        assert failed.message.endswith("x: expected String, found Int 1")
        assert len(failed.message) < 300
    else:
        raise AssertionError
