"""JSON: our encoder against Python's, what JSON cannot hold, and texts that mean harm."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from guest_values import raw_json, values
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.errors import Failed, Stopped
from dark_lang.names import NodeId
from dark_lang.values.jsonifying import from_json, to_json
from dark_lang.values.model import (
    NONE,
    Case,
    Char,
    DatastoreValue,
    GuestDict,
    HoleValue,
    Json,
    Response,
    Value,
    error,
    ok,
    some,
)


@given(raw_json())
def test_round_trip(raw: Any) -> None:
    text = to_json(Json(raw))
    assert repr(from_json(text).raw) == repr(raw)
    assert repr(json.loads(text)) == repr(raw)


@given(values())
def test_whatever_is_written_is_json(value: Value) -> None:
    try:
        text = to_json(value)
    except Failed as failed:
        assert "finite numbers only" in failed.message
        return
    text.encode()
    from_json(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": [True, 2.5, "é\n"]}, '{"a":1,"b":[true,2.5,"é\\n"]}'),
        (GuestDict(k=()), '{"k":null}'),
        ((1, "a"), '[1,"a"]'),
        ([], "[]"),
        ({}, "{}"),
        (NONE, "null"),
        (some([some(1)]), "[1]"),
        (ok(1), '{"Ok":[1]}'),
        (error("no"), '{"Error":["no"]}'),
        (Case(NodeId(9), "Red", ()), '"Red"'),
        (Case(NodeId(9), "Rect", (1.0, 2.0)), '{"Rect":[1.0,2.0]}'),
        (Char("é"), '"é"'),
        (datetime(2024, 2, 29, 15, 30, tzinfo=UTC), '"2024-02-29T15:30:00Z"'),
        (datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC), '"0001-02-03T04:05:06.000007Z"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (b"hi", '"aGk="'),
        (-0.0, "-0.0"),
        (Json({"a": None}), '{"a":null}'),
    ],
)
def test_how_values_are_written(value: Value, text: str) -> None:
    assert to_json(value) == text


def deep(levels: int) -> Value:
    value: Value = 1
    for _ in range(levels):
        value = [value]
    return value


def test_what_json_cannot_hold() -> None:
    shared: Value = ["x" * 1000]
    for _ in range(40):
        shared = [shared, shared]
    for value in (
        math.nan,
        math.inf,
        print,
        DatastoreValue(NodeId(1), "Users-v0"),
        Response(200, (), 1),
        deep(513),
        shared,
        10**20_000,
    ):
        with pytest.raises(Failed):
            to_json([value])
    assert to_json(10**5000) == "1" + "0" * 5000
    assert to_json(deep(512)) == "[" * 512 + "1" + "]" * 512


def test_a_hole_stops() -> None:
    for value in (HoleValue(NodeId(7), ""), {"a": HoleValue(NodeId(7), "")}, some(HoleValue(NodeId(7), ""))):
        with pytest.raises(Stopped) as stopped:
            to_json(value)
        assert stopped.value.node == 7


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[1,]",
        "{1:2}",
        "'a'",
        "01",
        "+1",
        ".5",
        "1.",
        "nul",
        "NaN",
        "-Infinity",
        "1e999",
        "1 2",
        '"a\nb"',
        '"\\x"',
        "\ufeff1",
    ],
)
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(Failed) as failed:
        from_json(text)
    assert len(failed.value.message) < 200


def test_texts_that_mean_harm() -> None:
    for text in ("1" * 250 + "e99", "9" * 20_001, "[" * 513 + "]" * 513, "[" * 1_000_000, '{"a":' * 100_000):
        with pytest.raises(Failed) as failed:
            from_json(text)
        assert len(failed.value.message) < 200


def test_what_is_read() -> None:
    assert from_json(' {"a":1,"a":2} ').raw == {"a": 2}
    assert from_json("9" * 5000).raw == 10**5000 - 1
    assert from_json("-" + "9" * 700).raw == 1 - 10**700
    assert from_json('"\\ud83d\\ude00 \\ud83d x"').raw == "😀 \ufffd x"
    assert from_json('{"\\udc00": 1}').raw == {"\ufffd": 1}
    assert from_json("[" * 512 + "]" * 512)
    assert from_json('"' + "[" * 5000 + '"').raw == "[" * 5000
    assert repr(from_json("[1, 1.0, -0.0, 1E2]").raw) == "[1, 1.0, -0.0, 100.0]"


@given(st.text(alphabet='[]{}",:\\u0d8e1. -\n', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        raw = from_json(text).raw
    except Failed:
        return
    assert repr(from_json(to_json(Json(raw))).raw) == repr(raw)
