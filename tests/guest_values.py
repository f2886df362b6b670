"""Random guest values for property tests: every type that can be stored, nested a few levels."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from dark_lang.names import NodeId
from dark_lang.values.model import NONE, UNIT, Case, Char, GuestDict, Json, error, ok, some

S = st.SearchStrategy[Any]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LABELS = st.one_of(st.sampled_from(["a", "b", "name", "x y", ""]), TEXTS)
INTS = st.one_of(
    st.integers(-3, 3), st.integers(), st.sampled_from([2**63, -(2**63), 2**63 - 1, -(2**63) - 1, 10**700])
)
FLOATS = st.floats()
DATETIMES = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)).map(
    lambda d: d.replace(tzinfo=UTC, fold=0)
)
CHARS = st.sampled_from(["a", "b", "é", "e\u0301", "👩‍👩‍👧"]).map(Char)

RAW_SCALARS: S = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)


@cache
def raw_json() -> S:
    return st.recursive(
        RAW_SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(LABELS, inner, max_size=4)),
        max_leaves=8,
    )


@cache
def scalars() -> S:
    return st.one_of(
        st.just(UNIT),
        st.booleans(),
        INTS,
        FLOATS,
        CHARS,
        TEXTS,
        st.binary(max_size=6),
        DATETIMES,
        st.uuids(),
        raw_json().map(Json),
    )


def _nested(inner: S) -> S:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, min_size=2, max_size=3).map(tuple),
        st.dictionaries(LABELS, inner, max_size=3),
        st.dictionaries(LABELS, inner, max_size=3).map(GuestDict),
        st.just(NONE),
        inner.map(some),
        inner.map(ok),
        inner.map(error),
        st.builds(
            lambda type_, name, held: Case(NodeId(type_), name, tuple(held)),
            st.sampled_from([7, 2**63 + 1]),
            st.sampled_from(["Circle", "Rect"]),
            st.lists(inner, max_size=2),
        ),
    )


@cache
def values() -> S:
    return st.recursive(scalars(), _nested, max_leaves=8)


@cache
def alike() -> S:
    """Three values of one type, often equal or nearly so."""
    small = st.recursive(
        st.integers(-1, 1),
        lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(LABELS, inner, max_size=2)),
    )
    kinds: list[S] = [
        INTS,
        FLOATS,
        TEXTS,
        CHARS,
        st.booleans(),
        DATETIMES,
        st.lists(st.integers(-1, 1), max_size=3),
        st.lists(FLOATS, max_size=2),
        st.dictionaries(st.sampled_from("ab"), st.integers(-1, 1)),
        st.dictionaries(st.sampled_from("ab"), st.integers(-1, 1)).map(GuestDict),
        st.one_of(st.just(NONE), st.integers(-1, 1).map(some)),
        small.map(Json),
        st.one_of(RAW_SCALARS, st.sampled_from([1, 1.0, 2, 0, -0.0])).map(Json),
    ]
    return st.one_of([st.tuples(kind, kind, kind) for kind in kinds])
