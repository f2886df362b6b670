"""Folds that let their accumulator grow in place give what they would give otherwise, and take no longer for more."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_canvas import MemoryCanvas, library

from dark_lang.compiling.compiled import GROWING
from dark_lang.compiling.translating import compile_expression
from dark_lang.errors import RunError
from dark_lang.library import GROWING_FOLDS, GROWING_FUNCTIONS
from dark_lang.values.showing import show
from runtime.running import Limits

FAST = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(canvas: MemoryCanvas, text: str) -> tuple[str, object]:
    try:
        return "value", show(canvas.evaluate(canvas.read(text), limits=Limits(time_ms=20_000)))
    except RunError as error:
        return type(error).__name__, error.message


def grows(canvas: MemoryCanvas, text: str) -> bool:
    return any(need.label == GROWING for need in compile_expression(canvas.read(text)).needs.values())


def fold(body: str, init: str, items: str = "[1, 2, 3, 4]") -> str:
    made = f"List::fold({items}, init, (acc, x) => ({body}))"
    return f"let init = {init}; let other = [9]; let made = {made}; (made, init, other)"


def plainly(body: str, init: str, items: str = "[1, 2, 3, 4]") -> str:
    """The same, and the accumulator has another name too, so that it is no longer used once."""
    return fold(f"let its = acc; {body.replace('acc', 'its')}", init, items)


TAILS = st.sampled_from(
    [
        *["acc", "List::pushBack(acc, x)", "List::append(acc, [x, x])", "other"] * 4,
        "acc |> List::pushBack(x) |> List::pushBack(x + 1)",
        "List::append(List::pushBack(acc, x), other)",
        "List::append(acc, x)",
        "List::pushBack(acc, if x == 2 then ? else x)",
        "List::pushBack(acc, x + ?)",
        "List::pushBack(acc, (if x == 3 then None else Some(x))!)",
        "List::pushBack(List::pushBack(acc, x), (if x == 3 then Error(1) else Ok(x))!)",
        "List::pushBack(acc, List::length(acc))",
        "List::pushBack(other, acc)",
        "List::pushBack(other, x)",
        "[acc]",
        "other",
        "x",
        "?",
        'acc ++ "a"',
        'acc ++ Int::toString(x) ++ ","',
        'Dict::set(acc, "k", x)',
        "Dict::set(acc, Int::toString(x), x)",
        "Dict::set(acc, x, x)",
        "(() => acc)()",
        "let f = () => acc; List::pushBack(acc, f)",
        "List::map(acc, y => y)",
        "List::fold([x, x], acc, (acc, y) => List::pushBack(acc, y))",
        "List::fold([x, x], List::pushBack(acc, 0), (in, y) => if y == 2 then other else List::pushBack(in, y))",
        "List::fold(acc, [], (acc, y) => List::pushBack(acc, y))",
        "List::pushBack(acc, List::fold([1], [], (acc, y) => List::pushBack(acc, y)))",
        "List::fold(5, acc, (acc, y) => List::pushBack(acc, y))",
        "List::pushBack(acc, 1 / 0)",
    ]
)
BODIES = st.recursive(
    TAILS,
    lambda inner: (
        st.builds("(if x % {} == 0 then {} else {})".format, st.integers(2, 3), inner, inner)
        | st.builds("(match x {{ 1 -> {}, n if n > 3 -> {}, _ -> {} }})".format, inner, inner, inner)
        | st.builds("(let y = x + 1; {})".format, inner)
    ),
    max_leaves=5,
)
INITS = st.sampled_from(["[]", "[0]", "[1, 2]", "other", "other", '""', '"text"', "#{}", '#{ "k": 0 }', "()", "3", "?"])


@FAST
@given(BODIES, INITS)
def test_growing_in_place_cannot_be_told_from_copying(body: str, init: str) -> None:
    canvas = MemoryCanvas()
    assert outcome(canvas, fold(body, init)) == outcome(canvas, plainly(body, init))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("List::pushBack(acc, x)", True),
        ("if x > 1 then acc else acc |> List::append([x])", True),
        ('let text = Int::toString(x); acc ++ text ++ ","', True),
        ("List::fold([x], acc, (acc, y) => List::pushBack(acc, y))", True),
        ("List::pushBack(acc, List::length(acc))", False),
        ("List::pushBack(acc, () => acc)", False),
        ("let acc = [x]; List::pushBack(acc, x)", False),
        ("List::pushBack([], acc)", False),
        ("List::map(List::pushBack(acc, x), y => y)", False),
        ("acc", False),
    ],
)
def test_what_grows_in_place(body: str, expected: bool) -> None:
    canvas = MemoryCanvas()
    assert grows(canvas, fold(body, "[]")) is expected
    if expected and "fold" not in body:
        assert not grows(canvas, plainly(body, "[]"))


def test_dicts_are_folded_too() -> None:
    canvas = MemoryCanvas()
    text = 'Dict::fold(#{ "a": 1, "b": 2 }, [7], (acc, key, n) => List::pushBack(acc, (key, n)))'
    assert grows(canvas, text)
    assert outcome(canvas, text) == ("value", '[7, ("a", 1), ("b", 2)]')
    assert outcome(canvas, text.replace('#{ "a": 1, "b": 2 }', "5"))[0] == "Failed"


def test_the_declarations_and_the_compiler_agree() -> None:
    declared = {identity for identity, function in library().functions.items() if function.growing is not None}
    assert {(identity.name, identity.version) for identity in declared} == {*GROWING_FUNCTIONS, *GROWING_FOLDS}


@pytest.mark.parametrize(
    ("body", "init"),
    [
        ("List::pushBack(acc, x)", "[]"),
        ("List::append(acc, [x, x])", "[]"),
        ('acc ++ Int::toString(x) ++ ";"', '""'),
        ("Dict::set(acc, Int::toString(x), x)", "#{}"),
        ("List::fold([x, x], acc, (acc, y) => List::pushBack(acc, y))", "[]"),
    ],
)
def test_a_hundred_thousand_items_are_not_a_million_times_the_work_of_a_hundred(body: str, init: str) -> None:
    canvas = MemoryCanvas()

    def seconds(count: int) -> float:
        tree = canvas.read(f"let made = List::fold(List::range(1, {count}), {init}, (acc, x) => {body}); 1")
        started = time.process_time()
        canvas.evaluate(tree, limits=Limits(time_ms=60_000))
        return time.process_time() - started

    assert seconds(100_000) < 40 * min(seconds(10_000) for _ in range(3))


@pytest.mark.parametrize(
    ("body", "init"),
    [
        ("List::pushBack(acc, x)", "[]"),
        ("if List::last(acc) == Some(x) then acc else List::pushBack(acc, List::length(acc))", "[]"),
        ("List::append(acc, [x, x])", "[0]"),
        ('acc ++ Int::toString(x) ++ ";"', '""'),
        ('if String::isEmpty(acc) then acc ++ "a" else acc ++ Int::toString(x)', '"b"'),
        ("Dict::set(acc, Int::toString(x), Option::withDefault(Dict::get(acc, Int::toString(x - 1)), 0) + 1)", "#{}"),
        ("let k = Int::toString(x); if Dict::member(acc, k) then acc else Dict::set(acc, k, Dict::size(acc))", "#{}"),
        ("List::fold([x, x], acc, (acc, y) => List::pushBack(acc, y))", "[]"),
    ],
)
def test_nor_are_they_where_types_are_known(body: str, init: str) -> None:
    canvas = MemoryCanvas()
    text = f"let first = {init}; let made = List::fold(List::range(1, n), first, (acc, x) => ({body})); let _ = made; n"
    function = canvas.function("M::work(n: Int) -> Int", text)
    assert canvas.linker().clean.is_clean(function)

    def seconds(count: int) -> float:
        started = time.process_time()
        canvas.call(function, count, limits=Limits(time_ms=60_000))
        return time.process_time() - started

    assert seconds(100_000) < 40 * min(seconds(10_000) for _ in range(3))
