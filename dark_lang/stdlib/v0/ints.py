"""Int: whole numbers of any size up to 1,000,000 bits."""

from __future__ import annotations

import math
import re
from typing import Final

from dark_lang.library import Effect, LibraryFunction, World
from dark_lang.stdlib.arithmetic import divide_ints, modulo_ints, multiply_ints, parse_int, power_ints, to_float
from dark_lang.stdlib.expecting import all_of_type
from dark_lang.stdlib.randomness import below
from dark_lang.values.digits import int_text
from dark_lang.values.model import Value, error, ok

_HEX: Final = r"(?a)-?[0-9a-fA-F]{1,250000}"


def _remainder(value: int, divisor: int) -> Value:
    if divisor == 0:
        return error("there is no remainder of a division by 0")
    return ok(value - divisor * divide_ints(value, divisor))


def _sqrt(a: int) -> float:
    return math.sqrt(to_float(a)) if a >= 0 else math.nan


def _sum(numbers: list[Value]) -> int:
    all_of_type(int, "Ints", numbers, "Int::sum")
    return sum(numbers)


def _random(world: World, start: int, end: int) -> int:
    low, high = (start, end) if start <= end else (end, start)
    return low + below(world, high - low + 1)


def _clamp(value: int, limit_a: int, limit_b: int) -> int:
    low, high = (limit_a, limit_b) if limit_a <= limit_b else (limit_b, limit_a)
    return low if value < low else high if value > high else value


def _parse_hex(text: str) -> Value:
    if not re.fullmatch(_HEX, text):
        return error("the text is no number in base 16")
    return ok(int(text, 16))


FUNCTIONS = (
    LibraryFunction("Int::add_v0(a: Int, b: Int) -> Int", lambda a, b: a + b, "The sum.", ("Int::add_v0(2, 3) == 5",)),
    LibraryFunction(
        "Int::subtract_v0(a: Int, b: Int) -> Int",
        lambda a, b: a - b,
        "The difference `a - b`.",
        ("Int::subtract_v0(2, 3) == -1",),
    ),
    LibraryFunction(
        "Int::multiply_v0(a: Int, b: Int) -> Int", multiply_ints, "The product.", ("Int::multiply_v0(4, 5) == 20",)
    ),
    LibraryFunction(
        "Int::divide_v0(a: Int, b: Int) -> Int",
        divide_ints,
        "The whole part of `a / b`, so that it rounds towards zero. Fails if `b` is 0.",
        ("Int::divide_v0(7, 2) == 3", "Int::divide_v0(-7, 2) == -3"),
    ),
    LibraryFunction(
        "Int::mod_v0(a: Int, b: Int) -> Int",
        modulo_ints,
        "`a % b`: what is left of `a` modulo `b`, with the sign of `b`. Fails if `b` is 0.",
        ("Int::mod_v0(15, 6) == 3", "Int::mod_v0(-15, 6) == 3"),
    ),
    LibraryFunction(
        "Int::remainder_v0(value: Int, divisor: Int) -> Result<Int, String>",
        _remainder,
        "What Int::divide leaves over, with the sign of `value`; an Error if the divisor is 0.",
        ("Int::remainder_v0(-15, 6) == Ok(-3)", "Result::isError_v0(Int::remainder_v0(1, 0))"),
    ),
    LibraryFunction(
        "Int::power_v0(base: Int, exponent: Int) -> Int",
        power_ints,
        "`base ^ exponent`. Fails if the exponent is negative.",
        ("Int::power_v0(2, 8) == 256", "Int::power_v0(7, 0) == 1"),
    ),
    LibraryFunction(
        "Int::negate_v0(a: Int) -> Int", lambda a: -a, "The Int of the other sign.", ("Int::negate_v0(5) == -5",)
    ),
    LibraryFunction(
        "Int::absoluteValue_v0(a: Int) -> Int",
        lambda a: abs(a),
        "The distance from 0.",
        ("Int::absoluteValue_v0(-5) == 5",),
    ),
    LibraryFunction(
        "Int::max_v0(a: Int, b: Int) -> Int",
        lambda a, b: a if a >= b else b,
        "The larger.",
        ("Int::max_v0(2, 3) == 3",),
    ),
    LibraryFunction(
        "Int::min_v0(a: Int, b: Int) -> Int",
        lambda a, b: a if a <= b else b,
        "The smaller.",
        ("Int::min_v0(2, 3) == 2",),
    ),
    LibraryFunction(
        "Int::clamp_v0(value: Int, limitA: Int, limitB: Int) -> Int",
        _clamp,
        "The value, or the limit that it is beyond. The limits may come in either order.",
        ("Int::clamp_v0(12, 0, 10) == 10", "Int::clamp_v0(-1, 10, 0) == 0", "Int::clamp_v0(5, 0, 10) == 5"),
    ),
    LibraryFunction(
        "Int::greaterThan_v0(a: Int, b: Int) -> Bool", lambda a, b: a > b, "`a > b`.", ("Int::greaterThan_v0(2, 1)",)
    ),
    LibraryFunction(
        "Int::greaterThanOrEqualTo_v0(a: Int, b: Int) -> Bool",
        lambda a, b: a >= b,
        "`a >= b`.",
        ("Int::greaterThanOrEqualTo_v0(2, 2)",),
    ),
    LibraryFunction(
        "Int::lessThan_v0(a: Int, b: Int) -> Bool", lambda a, b: a < b, "`a < b`.", ("Int::lessThan_v0(1, 2)",)
    ),
    LibraryFunction(
        "Int::lessThanOrEqualTo_v0(a: Int, b: Int) -> Bool",
        lambda a, b: a <= b,
        "`a <= b`.",
        ("Int::lessThanOrEqualTo_v0(2, 2)",),
    ),
    LibraryFunction(
        "Int::isEven_v0(a: Int) -> Bool", lambda a: a % 2 == 0, "Whether 2 divides it.", ("Int::isEven_v0(4)",)
    ),
    LibraryFunction(
        "Int::isOdd_v0(a: Int) -> Bool", lambda a: a % 2 == 1, "Whether 2 does not divide it.", ("Int::isOdd_v0(-3)",)
    ),
    LibraryFunction(
        "Int::sum_v0(numbers: List<Int>) -> Int", _sum, "The sum of all, 0 for none.", ("Int::sum_v0([1, 2, 3]) == 6",)
    ),
    LibraryFunction(
        "Int::sqrt_v0(a: Int) -> Float",
        _sqrt,
        "The square root; NaN if the number is negative.",
        ("Int::sqrt_v0(9) == 3.0",),
    ),
    LibraryFunction(
        "Int::toFloat_v0(a: Int) -> Float",
        to_float,
        "The Float nearest to it. Fails for what is beyond the Floats.",
        ("Int::toFloat_v0(2) == 2.0",),
    ),
    LibraryFunction(
        "Int::toString_v0(a: Int) -> String", int_text, "Its decimal digits.", ('Int::toString_v0(-42) == "-42"',)
    ),
    LibraryFunction(
        "Int::parse_v0(text: String) -> Result<Int, String>",
        parse_int,
        "The Int whose decimal digits these are, a sign before them or not, and nothing else.",
        ('Int::parse_v0("-42") == Ok(-42)', 'Result::isError_v0(Int::parse_v0("4 2"))'),
    ),
    LibraryFunction(
        "Int::toHex_v0(a: Int) -> String",
        lambda a: f"{a:x}",
        "Its digits in base 16, in lower case.",
        ('Int::toHex_v0(255) == "ff"', 'Int::toHex_v0(-1) == "-1"'),
    ),
    LibraryFunction(
        "Int::parseHex_v0(text: String) -> Result<Int, String>",
        _parse_hex,
        "The Int whose digits in base 16 these are.",
        ('Int::parseHex_v0("FF") == Ok(255)', 'Result::isError_v0(Int::parseHex_v0("0x1"))'),
    ),
    LibraryFunction(
        "Int::random_v0(start: Int, end: Int) -> Int",
        _random,
        "A random Int from `start` to `end`, both included.",
        ("Int::random_v0(3, 3) == 3",),
        effect=Effect.RANDOM,
    ),
)
