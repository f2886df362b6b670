"""Whatever the text: a tree, nothing lost, and what is printed reads back to it with nothing repaired."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hostile_texts import PIECES, accident, hostile, hostile_toplevel
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_names import PlainNames

from dark_lang.names import Fresh
from dark_lang.nodes.walking import same
from dark_lang.notation.printing import print_any
from dark_lang.notation.reading import (
    Reading,
    read_expression,
    read_pattern,
    read_signature,
    read_toplevel,
    read_type,
    read_typedef,
)

NAMES = PlainNames()
Read = Callable[..., Reading[Any]]
WIDTHS = st.sampled_from([8, 40, 100])


def check_fixed_point(read: Read, text: str, width: int) -> None:
    reading = read(text, NAMES, Fresh(1))
    printed = print_any(reading.tree, NAMES, width=width)
    again = read(printed, NAMES, Fresh(2))
    assert same(again.tree, reading.tree), printed
    assert again.repairs == (), printed
    assert print_any(again.tree, NAMES, width=width) == printed


@pytest.mark.parametrize("read", [read_expression, read_pattern, read_type])
@settings(max_examples=200, deadline=None)
@given(random=st.randoms(use_true_random=False), width=WIDTHS)
def test_any_text_reads_to_a_fixed_point(read: Read, random: Random, width: int) -> None:
    check_fixed_point(read, hostile(random), width)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(), max_size=40), width=WIDTHS)
def test_any_characters_read_to_a_fixed_point(text: str, width: int) -> None:
    check_fixed_point(read_expression, text, width)


@settings(max_examples=200, deadline=None)
@given(random=st.randoms(use_true_random=False), width=WIDTHS)
def test_any_text_is_a_definition(random: Random, width: int) -> None:
    check_fixed_point(read_toplevel, hostile_toplevel(random), width)


@settings(max_examples=100, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_signatures_and_type_definitions_never_fail(random: Random) -> None:
    text = hostile_toplevel(random)
    for word, read in (("fn ", read_signature), ("type ", read_typedef)):
        reading = read(text.removeprefix(word), NAMES, Fresh(1))
        printed = print_any(reading.tree, NAMES)
        assert same(read_toplevel(printed, NAMES, Fresh(2)).tree, reading.tree)


PLACES = [
    *("{w}", " {w}", "{w} ", "?{w}", "U{w}", "M::{w}", "// {w}\n", '"{w}', "{w}:", ".{w}", "€{w}", "U::U{w}("),
    *("secret {w}", "S{w}-v0", "toggle {w} {{", "..{w}", "F::f<{w}>", "F::f<{{ {w}: U{w} | }}>", "#{{{w}", "{w} =>"),
    *("({w}", 'c"{w}"', "| {w}", "let {w}", "[{w}"),
]


@pytest.mark.parametrize(
    "read", [read_expression, read_pattern, read_type, read_signature, read_typedef, read_toplevel]
)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_word_is_lost(read: Read, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.sampled_from(PLACES) | st.sampled_from([None]), min_size=1, max_size=14))
    words = [f"zq{index}z" for index in range(len(places))]
    fillers = st.sampled_from([piece for piece in PIECES if piece != "\ud800"])
    text, written = "", []
    for place, word in zip(places, words, strict=True):
        if place is None:
            text += data.draw(fillers)
        else:
            text += place.format(w=word)
            written.append(word)
    printed = print_any(read(text, NAMES, Fresh(1)).tree, NAMES)
    assert [word for word in written if word not in printed] == []


@settings(max_examples=100, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_repairs_are_in_order_and_inside_the_text(random: Random) -> None:
    text = accident(random)
    repairs = read_expression(text, NAMES, Fresh(1)).repairs
    assert list(repairs) == sorted(repairs, key=lambda repair: (repair.start, repair.end))
    assert all(0 <= repair.start <= repair.end <= len(text) and repair.message for repair in repairs)


@pytest.mark.full
def test_many_hostile_texts() -> None:
    random = Random(20_260_301)
    for _ in range(200_000):
        text = hostile(random)
        try:
            read_expression(text, NAMES, Fresh(1))
        except Exception as error:
            raise AssertionError(f"reading fails: {text!r}") from error


@pytest.mark.full
def test_many_fixed_points() -> None:
    random = Random(20_260_302)
    for _ in range(30_000):
        check_fixed_point(read_expression, hostile(random), random.choice([8, 40, 100]))
        check_fixed_point(read_toplevel, hostile_toplevel(random), 80)
