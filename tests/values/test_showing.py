"""How values show, and the parts that need no world: instants, digits, characters, type names."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime

import pytest
from guest_values import DATETIMES, TEXTS, values
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.errors import Failed, Stopped
from dark_lang.names import NodeId
from dark_lang.values.describing import name_kind, type_name
from dark_lang.values.digits import int_text, read_int
from dark_lang.values.graphemes import clusters, count_clusters, is_cluster, slice_clusters
from dark_lang.values.instants import instant_text, read_instant
from dark_lang.values.model import NONE, Case, Char, DatastoreValue, GuestDict, HoleValue, Json, Value, some
from dark_lang.values.showing import show


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-3, "-3"),
        (1.0, "1.0"),
        (math.nan, "Float::nan_v0()"),
        (-math.inf, "-Float::infinity_v0()"),
        (True, "true"),
        ('a"\n\\ $x ${y}', '"a\\"\\n\\\\ $x \\${y}"'),
        ("\u202e\x00", '"\\u{202e}\\u{0}"'),
        (Char("é"), 'c"é"'),
        ((), "()"),
        ((1, 2), "(1, 2)"),
        ([some(1), NONE], "[Some(1), None]"),
        ({"a": 1, "b c": {}}, '{ a: 1, "b c": {} }'),
        (GuestDict(k=1), '#{ "k": 1 }'),
        (GuestDict(), "#{}"),
        (Case(NodeId(1), "Rect", (1.0, 2.0)), "Rect(1.0, 2.0)"),
        (datetime(2024, 2, 29, tzinfo=UTC), 'DateTime("2024-02-29T00:00:00Z")'),
        (Json({"a": [None, True]}), 'Json({"a": [null, true]})'),
        (DatastoreValue(NodeId(1), "Users-v0"), "Users-v0"),
        (print, "<a function>"),
    ],
)
def test_how_values_show(value: Value, text: str) -> None:
    assert show(value) == text


@given(values(), st.integers(0, 40))
def test_one_line_no_longer_than_asked(value: Value, limit: int) -> None:
    text = show(value, limit=limit)
    assert len(text) <= limit + 1
    assert not any(unicodedata.category(char) == "Cc" for char in text)
    assert show(value).startswith(text.removesuffix("…"))


def test_holes_and_depth() -> None:
    with pytest.raises(Stopped):
        show([HoleValue(NodeId(1), "")])
    with pytest.raises(Stopped):
        type_name(HoleValue(NodeId(1), ""))
    deep: Value = 1
    for _ in range(20_000):
        deep = [deep]
    assert len(show(deep)) == 10_001
    assert show(deep, limit=5) == "[[[[[…"


def test_type_names() -> None:
    assert [type_name(v) for v in (1, True, (), (1, 2), {}, GuestDict(), NONE, Case(NodeId(1), "Red", ()), len)] == [
        "Int",
        "Bool",
        "Unit",
        "Tuple",
        "Record",
        "Dict",
        "Option",
        "Red",
        "Fn",
    ]
    assert name_kind(1) == "an Int"
    assert name_kind(Json(None)) == "a Json"
    assert name_kind(len) == "a function"


@given(DATETIMES)
def test_instants_round_trip(instant: datetime) -> None:
    assert read_instant(instant_text(instant)) == instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2024-02-29T10:00", "2024-02-29T10:00:00Z"),
        ("2024-02-29 10:00:01.25Z", "2024-02-29T10:00:01.250000Z"),
        ("2024-02-29T00:30:00+01:30", "2024-02-28T23:00:00Z"),
        ("2024-02-29T10:00:00-0800", "2024-02-29T18:00:00Z"),
    ],
)
def test_forms_of_instants(text: str, expected: str) -> None:
    instant = read_instant(text)
    assert instant is not None
    assert instant_text(instant) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-02-29",
        "2024-1-1",
        "2024-01-01T25:00",
        "0001-01-01T00:00:00+01:00",
        "2024-01-01T00:00:00+24:00",
        "２０２４-01-01",
    ],
)
def test_no_instants(text: str) -> None:
    assert read_instant(text) is None


@given(st.integers(min_value=-(10**2000), max_value=10**2000))
def test_digits_round_trip(number: int) -> None:
    assert read_int(int_text(number)) == number


def test_long_digits() -> None:
    assert int_text(10**19_999) == "1" + "0" * 19_999
    assert int_text(-(10**1200)) == "-1" + "0" * 1200
    assert read_int("-" + "1" * 20_000) < 0
    assert show(1 << 100_000) == "<an Int of 100,001 bits>"
    for convert in (lambda: int_text(10**20_000), lambda: read_int("1" * 20_001), lambda: int_text(1 << 1_000_000)):
        with pytest.raises(Failed, match="20,000 digits"):
            convert()


@given(TEXTS)
def test_clusters_join_again(text: str) -> None:
    found = clusters(text)
    assert "".join(found) == text
    assert count_clusters(text) == len(found)
    assert slice_clusters(text, 1, -1) == "".join(found[1:-1])
    assert all(is_cluster(each) for each in found)


def test_what_a_reader_counts() -> None:
    assert count_clusters("e\u0301👩‍👩‍👧🇩🇪\r\n") == 4
    assert count_clusters("a\r\nb") == 3
    assert not is_cluster("")
    assert not is_cluster("ab")
