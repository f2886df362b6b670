"""Tuple2 and Tuple3. The functions come before the tuple, as users of these names know them."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import LibraryFunction
from dark_lang.stdlib.expecting import tuple_of
from dark_lang.values.model import Value

Function = Callable[..., Value]


def _two(value: Value) -> tuple[Value, ...]:
    return tuple_of(2, value, "the tuple")


def _three(value: Value) -> tuple[Value, ...]:
    return tuple_of(3, value, "the tuple")


def _both(f: Function, g: Function, pair: Value) -> Value:
    first, second = _two(pair)
    return f(first), g(second)


def _all(f: Function, g: Function, h: Function, triple: Value) -> Value:
    first, second, third = _three(triple)
    return f(first), g(second), h(third)


def _same(value: Value) -> Value:
    return value


FUNCTIONS = (
    LibraryFunction(
        "Tuple2::create_v0<a, b>(first: a, second: b) -> (a, b)",
        lambda first, second: (first, second),
        "The tuple of both.",
        ("Tuple2::create_v0(1, 2) == (1, 2)",),
    ),
    LibraryFunction(
        "Tuple2::first_v0<a, b>(tuple: (a, b)) -> a",
        lambda pair: _two(pair)[0],
        "Its first.",
        ("Tuple2::first_v0((1, 2)) == 1",),
    ),
    LibraryFunction(
        "Tuple2::second_v0<a, b>(tuple: (a, b)) -> b",
        lambda pair: _two(pair)[1],
        "Its second.",
        ("Tuple2::second_v0((1, 2)) == 2",),
    ),
    LibraryFunction(
        "Tuple2::swap_v0<a, b>(tuple: (a, b)) -> (b, a)",
        lambda pair: _two(pair)[::-1],
        "The second, then the first.",
        ("Tuple2::swap_v0((1, 2)) == (2, 1)",),
    ),
    LibraryFunction(
        "Tuple2::mapFirst_v0<a, b, c>(f: a -> c, tuple: (a, b)) -> (c, b)",
        lambda f, pair: _both(f, _same, pair),
        "With what the function makes of the first in its place.",
        ("Tuple2::mapFirst_v0(x => x + 1, (1, 2)) == (2, 2)",),
    ),
    LibraryFunction(
        "Tuple2::mapSecond_v0<a, b, c>(f: b -> c, tuple: (a, b)) -> (a, c)",
        lambda f, pair: _both(_same, f, pair),
        "With what the function makes of the second in its place.",
        ("Tuple2::mapSecond_v0(x => x + 1, (1, 2)) == (1, 3)",),
    ),
    LibraryFunction(
        "Tuple2::mapBoth_v0<a, b, c, d>(fFirst: a -> c, fSecond: b -> d, tuple: (a, b)) -> (c, d)",
        _both,
        "With what the functions make of both in their places.",
        ("Tuple2::mapBoth_v0(x => x + 1, y => y * 2, (1, 2)) == (2, 4)",),
    ),
    LibraryFunction(
        "Tuple3::create_v0<a, b, c>(first: a, second: b, third: c) -> (a, b, c)",
        lambda first, second, third: (first, second, third),
        "The tuple of all three.",
        ("Tuple3::create_v0(1, 2, 3) == (1, 2, 3)",),
    ),
    LibraryFunction(
        "Tuple3::first_v0<a, b, c>(tuple: (a, b, c)) -> a",
        lambda triple: _three(triple)[0],
        "Its first.",
        ("Tuple3::first_v0((1, 2, 3)) == 1",),
    ),
    LibraryFunction(
        "Tuple3::second_v0<a, b, c>(tuple: (a, b, c)) -> b",
        lambda triple: _three(triple)[1],
        "Its second.",
        ("Tuple3::second_v0((1, 2, 3)) == 2",),
    ),
    LibraryFunction(
        "Tuple3::third_v0<a, b, c>(tuple: (a, b, c)) -> c",
        lambda triple: _three(triple)[2],
        "Its third.",
        ("Tuple3::third_v0((1, 2, 3)) == 3",),
    ),
    LibraryFunction(
        "Tuple3::mapFirst_v0<a, b, c, d>(f: a -> d, tuple: (a, b, c)) -> (d, b, c)",
        lambda f, triple: _all(f, _same, _same, triple),
        "With what the function makes of the first in its place.",
        ("Tuple3::mapFirst_v0(x => x + 1, (1, 2, 3)) == (2, 2, 3)",),
    ),
    LibraryFunction(
        "Tuple3::mapSecond_v0<a, b, c, d>(f: b -> d, tuple: (a, b, c)) -> (a, d, c)",
        lambda f, triple: _all(_same, f, _same, triple),
        "With what the function makes of the second in its place.",
        ("Tuple3::mapSecond_v0(x => x + 1, (1, 2, 3)) == (1, 3, 3)",),
    ),
    LibraryFunction(
        "Tuple3::mapThird_v0<a, b, c, d>(f: c -> d, tuple: (a, b, c)) -> (a, b, d)",
        lambda f, triple: _all(_same, _same, f, triple),
        "With what the function makes of the third in its place.",
        ("Tuple3::mapThird_v0(x => x + 1, (1, 2, 3)) == (1, 2, 4)",),
    ),
    LibraryFunction(
        "Tuple3::mapAllThree_v0<a, b, c, d, e, f>"
        "(fFirst: a -> d, fSecond: b -> e, fThird: c -> f, tuple: (a, b, c)) -> (d, e, f)",
        _all,
        "With what the functions make of all three in their places.",
        ("Tuple3::mapAllThree_v0(x => x, y => y, z => z * 2, (1, 2, 3)) == (1, 2, 6)",),
    ),
)
