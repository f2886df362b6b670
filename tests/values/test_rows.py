"""Rows: every value that can be stored comes back the same, and nothing else goes in or comes out."""

from __future__ import annotations

import math
from typing import Any

import pytest
from guest_values import values
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.errors import CorruptionError, Failed, Stopped
from dark_lang.names import NodeId
from dark_lang.values.model import Case, DatastoreValue, HoleValue, Json, Response, Value, some
from dark_lang.values.rows import decode_row, encode_row


def is_plain(parts: Any, depth: int = 0) -> bool:
    if type(parts) is list:
        return depth < 2 and all(is_plain(part, depth + 1) for part in parts)
    if type(parts) is int:
        return -(2**63) <= parts < 2**63
    return parts is None or type(parts) in (str, bytes, bool) or (type(parts) is float and math.isfinite(parts))


@given(values())
def test_round_trip(value: Value) -> None:
    parts = encode_row(value)
    assert is_plain(parts)
    assert repr(decode_row(parts)) == repr(value)  # repr tells types and signs of zero apart, and NaN from nothing


def test_the_format_of_rows_that_exist() -> None:
    row = [[2, "a", "b", "c"], [0, 2], 1, None, [4, b"\0\0\0\0\0\0\0\x09", "Circle", 1], 2.5, [10], [2, "x"], None]
    value = {"a": [1, ()], "b": Case(NodeId(9), "Circle", (2.5,)), "c": Json({"x": None})}
    assert encode_row(value) == row
    assert decode_row(row) == value


def test_depth_and_size_are_capped() -> None:
    deep: Value = 1
    for _ in range(512):
        deep = [deep]
    assert decode_row(encode_row(deep)) == deep
    shared: Value = [1]
    for _ in range(40):
        shared = [shared, shared]
    for value in ([deep], shared):
        with pytest.raises(Failed):
            encode_row(value)


def test_what_cannot_be_stored() -> None:
    for value in (print, DatastoreValue(NodeId(1), "Users-v0"), Response(200, (), 1)):
        with pytest.raises(Failed, match="cannot be stored"):
            encode_row({"a": value})
    with pytest.raises(Stopped) as stopped:
        encode_row(some(HoleValue(NodeId(5), "")))
    assert stopped.value.node == 5


PARTS = st.recursive(
    st.one_of(st.none(), st.integers(-2, 12), st.text(max_size=2), st.binary(max_size=9), st.floats()),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(PARTS)
def test_other_parts_are_corruption_or_a_value(parts: Any) -> None:
    try:
        decode_row(parts)
    except CorruptionError as corruption:
        assert "stored row" in corruption.message
