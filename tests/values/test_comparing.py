"""Equality and order: laws on random values, and the cases that laws do not decide."""

from __future__ import annotations

import math
from itertools import pairwise, permutations

import pytest
from guest_values import alike, values
from hypothesis import given

from dark_lang.errors import Failed, Stopped
from dark_lang.names import NodeId
from dark_lang.values.equality import equal
from dark_lang.values.model import NONE, Case, Char, GuestDict, HoleValue, Json, Response, Value, some
from dark_lang.values.ordering import compare, places_in_order, sort_key, sorted_values

HOLE = HoleValue(NodeId(42), "price")


def nested(levels: int, value: Value) -> Value:
    for _ in range(levels):
        value = [value]
    return value


@given(alike())
def test_compare_is_a_total_order(three: tuple[Value, Value, Value]) -> None:
    for a, b, c in permutations(three):
        assert compare(a, b) == -compare(b, a)
        assert compare(a, a) == 0
        if compare(a, b) <= 0 and compare(b, c) <= 0:
            assert compare(a, c) <= 0


@given(alike())
def test_keys_and_equality_agree_with_compare(three: tuple[Value, Value, Value]) -> None:
    a, b, _ = three
    low, high = sort_key(a), sort_key(b)
    assert compare(a, b) == (low > high) - (low < high)
    if equal(a, b):
        assert compare(a, b) == 0
        assert hash(low) == hash(high)


@given(values())
def test_a_value_comes_with_itself(value: Value) -> None:
    assert compare(value, value) == 0
    assert equal(value, value) or "nan" in repr(value)


@given(alike())
def test_sorting_is_stable_and_in_order(three: tuple[Value, ...]) -> None:
    items = list(three) * 2
    ordered = sorted_values(items)
    assert all(compare(a, b) <= 0 for a, b in pairwise(ordered))
    places = places_in_order(items)
    assert sorted(places) == list(range(len(items)))
    assert all(x < y for x, y in pairwise(places) if compare(items[x], items[y]) == 0)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        (1, True),
        ("a", Char("a")),
        ({"a": 1}, GuestDict({"a": 1})),
        ((), []),
        (math.nan, math.nan),
        (some(1), some(2)),
        (Case(NodeId(1), "A", ()), Case(NodeId(2), "A", ())),
        ([1, 2], [1]),
        ({"a": 1}, {"b": 1}),
        (Json(1), Json(True)),
    ],
)
def test_these_differ(a: Value, b: Value) -> None:
    assert not equal(a, b)
    assert not equal([a], [b])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (0.0, -0.0),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (GuestDict(a=[1]), GuestDict(a=[1])),
        (Json({"a": [None]}), Json({"a": [None]})),
        (Response(200, (), {"a": 1}), Response(200, (), {"a": 1})),
        (NONE, Case("Option", "None", ())),
    ],
)
def test_these_are_equal(a: Value, b: Value) -> None:
    assert equal(a, b)


def test_depth_does_not_matter() -> None:
    assert equal(nested(20_000, 1), nested(20_000, 1))
    assert compare(nested(20_000, 1), nested(20_000, 2)) == -1
    assert sort_key(nested(20_000, 1)) < sort_key(nested(20_000, 2))


def test_a_hole_stops() -> None:
    for ask in (lambda: equal([1, HOLE], [1, 2]), lambda: compare(HOLE, 1), lambda: sort_key([HOLE])):
        with pytest.raises(Stopped) as stopped:
            ask()
        assert stopped.value.node == 42
    assert not equal([1, HOLE], [2, HOLE])  # it ends before it comes there


def test_what_has_no_order_says_so() -> None:
    with pytest.raises(Failed, match="an Int and a String"):
        compare(1, "a")
    with pytest.raises(Failed, match="different types"):
        sorted_values([1, 2.0])
    with pytest.raises(Failed, match="a function cannot be ordered"):
        compare(print, print)
    with pytest.raises(Failed, match="a function cannot be compared"):
        equal(test_a_hole_stops, test_a_hole_stops)
