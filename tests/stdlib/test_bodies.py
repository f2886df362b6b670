"""What bodies promise beyond their examples: sizes are checked before memory is taken, holes stop, C calls no guest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_canvas import MemoryCanvas

from dark_lang import stdlib
from dark_lang.errors import Failed, Stopped
from dark_lang.stdlib.arithmetic import (
    divide_floats,
    divide_ints,
    multiply_ints,
    parse_int,
    power_ints,
    round_half_away,
)
from dark_lang.stdlib.randomness import below, next_below
from dark_lang.stdlib.text import decode_component, encode_component
from dark_lang.values.limits import INT_BITS
from dark_lang.values.model import Response, ok

CANVAS = MemoryCanvas()


@pytest.mark.parametrize(
    "code",
    [
        "2 ^ 1000001",
        "(2 ^ 600000) * (2 ^ 600000)",
        "Int::multiply(2 ^ 600000, 2 ^ 600000)",
        "Int::toString(2 ^ 100000)",
        'String::repeat("ab", 9999999999999)',
        'String::padStart("a", "b", 9999999999999)',
        'String::padEnd("a", "b", 9999999999999)',
        'String::replaceAll(String::repeat("a", 100000), "a", String::repeat("b", 1000))',
        'String::join(List::repeat(100000, String::repeat("b", 1000)), "")',
        'String::repeat("a", 9000000) ++ String::repeat("a", 9000000)',
        'Url::encode(String::repeat(" ", 9000000))',
        'Html::escape(String::repeat("&", 9000000))',
        "List::range(0, 9999999999999)",
        "List::repeat(9999999999999, 1)",
        "List::flatten(List::repeat(100000, List::range(1, 1000)))",
        "List::window(List::range(1, 100000), 50000)",
        "List::flatMap(List::range(1, 1000), x => List::range(1, 100000))",
        'Json::stringify(List::repeat(100000, String::repeat("b", 1000)))',
        "DateTime::fromSeconds(9999999999999)",
        "DateTime::addDays(DateTime::fromSeconds(0), 10 ^ 300)",
        "String::random(9999999999999)",
    ],
)
def test_too_large_a_result_is_refused(code: str) -> None:
    with pytest.raises(Failed):
        CANVAS.evaluate(code)


@pytest.mark.parametrize(
    "code",
    [
        "List::member([1, ?], 2)",
        "List::sort([?, 1])",
        "List::unique([?])",
        "List::filter([1], x => ?)",
        "List::sortByComparator([1, 2], (a, b) => ?)",
        'String::join([?], "")',
        "Dict::fromList([(?, 1)])",
        "Option::andThen(Some(1), x => ?)",
        "Result::collect([?])",
        "Json::stringify({ a: ? })",
        "List::length(?)",
        "1 + ?",
        "?later == 1",
    ],
)
def test_a_hole_that_is_needed_stops(code: str) -> None:
    with pytest.raises(Stopped) as stopped:
        CANVAS.evaluate(code)
    assert stopped.value.node


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("List::length([?])", 1),
        ("List::length(List::push([1], ?))", 2),
        ("List::length(List::map([1], x => ?))", 1),
        ("Option::isSome(Some(?))", True),
        ('Dict::keys(Dict::set(#{}, "a", ?))', ["a"]),
        ("Tuple2::second((?, 2))", 2),
        ("Option::withDefault(Some(1), ?)", 1),
    ],
)
def test_a_hole_that_is_only_passed_on_does_not(code: str, expected: object) -> None:
    assert CANVAS.evaluate(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        r'Http::redirect("/a\r\nset-cookie: b=c")',
        r'Http::redirect("https://example.com/ü?q=a b")',
        r'Http::html("<p>")',
    ],
)
def test_headers_of_responses_are_safe(code: str) -> None:
    response = CANVAS.evaluate(code)
    assert isinstance(response, Response)
    for name, value in response.headers:
        assert f"{name}{value}".isascii()
        assert f"{name}{value}".isprintable()


@pytest.mark.parametrize(
    "code",
    [
        r'Http::withHeader(Http::text(""), "x", "a\r\nb: c")',
        r'Http::withHeader(Http::text(""), "x y", "a")',
        r'Http::withHeader(Http::text(""), "", "a")',
        r'Http::respondWithHeaders(200, #{ "x": "a\nb" }, 1)',
        r'Http::respondWithHeaders(200, #{ "x": 1 }, 1)',
        r'Http::setCookie(Http::text(""), "a", "b; Path=/", #{})',
        r'Http::setCookie(Http::text(""), "a=b", "c", #{})',
        r'Http::setCookie(Http::text(""), "a", "b", #{ "Path": "/; Secure" })',
        r"Http::respond(99, 1)",
    ],
)
def test_no_response_is_split(code: str) -> None:
    with pytest.raises(Failed):
        CANVAS.evaluate(code)


def test_power_is_exact_up_to_its_limit() -> None:
    assert power_ints(2, INT_BITS - 1).bit_length() == INT_BITS
    assert power_ints(-1, 10**30) == 1
    assert power_ints(-1, 10**30 + 1) == -1
    assert power_ints(0, 0) == 1
    assert power_ints(1, 10**30) == 1


@given(st.integers(), st.integers())
def test_ints(a: int, b: int) -> None:
    assert multiply_ints(a, b) == a * b
    assert parse_int(str(a)) == ok(a)
    if b:
        quotient = divide_ints(a, b)
        assert abs(a - quotient * b) < abs(b)
        assert quotient == 0 or (quotient > 0) == ((a > 0) == (b > 0))


@given(st.floats(), st.floats())
def test_division_never_raises(a: float, b: float) -> None:
    quotient = divide_floats(a, b)
    if b:
        assert repr(quotient) == repr(a / b)


@given(st.floats(-1e15, 1e15))
def test_rounding_halves_away_from_zero(number: float) -> None:
    assert round_half_away(-number) == -round_half_away(number)
    assert abs(round_half_away(number) - number) <= 0.5


@given(st.text())
def test_percent_encoding_round_trip(text: str) -> None:
    assert decode_component(encode_component(text)) == ok(text)


class Bytes:
    """Of a World, its random bytes alone: those of a list, again and again."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def random_bytes(self, count: int) -> bytes:
        taken = (self.data * (count + 1))[:count]
        self.data = self.data[1:] + bytes([(self.data[0] + 77) % 256])
        return taken


@given(st.integers(1, 10**30), st.binary(min_size=1, max_size=4), st.integers(0, 2**64 - 1))
def test_choices_are_in_range(count: int, data: bytes, seed: int) -> None:
    assert 0 <= below(Bytes(data), count) < count
    drawn, after = next_below(seed, count)
    assert 0 <= drawn < count
    assert next_below(seed, count) == (drawn, after)


def test_choices_are_even() -> None:
    seed, counts = 7, [0, 0, 0]
    for _ in range(3000):
        drawn, seed = next_below(seed, 3)
        counts[drawn] += 1
    assert all(900 < count < 1100 for count in counts)


GUESTS = {"f", "g", "h"}
"""What parameters are called that hold functions of guests."""
FOLDER = Path(stdlib.__file__).parent


def calls_from_c(tree: ast.AST) -> Iterator[str]:
    """Where a guest's function might be called by C: in a generator, which C drives, or as an argument of a builtin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.GeneratorExp) and {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & GUESTS:
            yield f"line {node.lineno}: a generator"
        if isinstance(node, ast.Call):
            passed = [*node.args, *[keyword.value for keyword in node.keywords]]
            called = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
            if {each.id for each in passed if isinstance(each, ast.Name)} & GUESTS and not called.startswith("_"):
                yield f"line {node.lineno}: {called} gets it"


def test_c_calls_no_guest() -> None:
    found = {
        str(path.relative_to(FOLDER)): list(calls_from_c(ast.parse(path.read_text("utf-8"))))
        for path in FOLDER.rglob("*.py")
    }
    assert {path: places for path, places in found.items() if places} == {}
    assert list(calls_from_c(ast.parse("sorted(x, key=f); any(f(y) for y in x); _own(f)"))) != []
