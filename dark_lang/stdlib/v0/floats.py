"""Float: numbers of 64 bits as IEEE 754 has them, infinities and NaN among them."""

from __future__ import annotations

import math

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib.arithmetic import divide_floats, parse_float, power_floats, round_half_away, whole
from dark_lang.stdlib.expecting import all_of_type
from dark_lang.values.digits import counted
from dark_lang.values.model import Value

_LARGEST_DECIMALS = 20


def _sum(numbers: list[Value]) -> float:
    all_of_type(float, "Floats", numbers, "Float::sum")
    return float(sum(numbers))


def _clamp(value: float, limit_a: float, limit_b: float) -> float:
    if limit_a != limit_a or limit_b != limit_b:
        raise Failed("Float::clamp needs limits that are numbers, and got NaN")
    low, high = (limit_a, limit_b) if limit_a <= limit_b else (limit_b, limit_a)
    return low if value < low else high if value > high else value


def _max(a: float, b: float) -> float:
    return math.nan if a != a or b != b else max(a, b)


def _min(a: float, b: float) -> float:
    return math.nan if a != a or b != b else min(a, b)


def _format(number: float, decimals: int) -> str:
    if not 0 <= decimals <= _LARGEST_DECIMALS:
        raise Failed(f"Float::format writes 0 to {_LARGEST_DECIMALS} decimals, not {counted(decimals)}")
    return f"{number:.{decimals}f}"


FUNCTIONS = (
    LibraryFunction(
        "Float::add_v0(a: Float, b: Float) -> Float",
        lambda a, b: a + b,
        "The sum.",
        ("Float::add_v0(0.5, 0.25) == 0.75",),
    ),
    LibraryFunction(
        "Float::subtract_v0(a: Float, b: Float) -> Float",
        lambda a, b: a - b,
        "The difference `a - b`.",
        ("Float::subtract_v0(1.0, 0.25) == 0.75",),
    ),
    LibraryFunction(
        "Float::multiply_v0(a: Float, b: Float) -> Float",
        lambda a, b: a * b,
        "The product.",
        ("Float::multiply_v0(1.5, 2.0) == 3.0",),
    ),
    LibraryFunction(
        "Float::divide_v0(a: Float, b: Float) -> Float",
        divide_floats,
        "The quotient `a / b`; an infinity or NaN if `b` is 0.0.",
        ("Float::divide_v0(9.0, 2.0) == 4.5",),
    ),
    LibraryFunction(
        "Float::power_v0(base: Float, exponent: Float) -> Float",
        power_floats,
        "`base ^ exponent`; NaN where the result would be no real number.",
        ("Float::power_v0(4.0, 0.5) == 2.0",),
    ),
    LibraryFunction(
        "Float::sqrt_v0(a: Float) -> Float",
        lambda a: math.sqrt(a) if a >= 0 else math.nan,
        "The square root; NaN if the number is negative.",
        ("Float::sqrt_v0(25.0) == 5.0", "Float::isNaN_v0(Float::sqrt_v0(-1.0))"),
    ),
    LibraryFunction(
        "Float::negate_v0(a: Float) -> Float",
        lambda a: -a,
        "The Float of the other sign.",
        ("Float::negate_v0(2.5) == -2.5",),
    ),
    LibraryFunction(
        "Float::absoluteValue_v0(a: Float) -> Float",
        lambda a: abs(a),
        "The distance from 0.",
        ("Float::absoluteValue_v0(-2.5) == 2.5",),
    ),
    LibraryFunction(
        "Float::max_v0(a: Float, b: Float) -> Float",
        _max,
        "The larger; NaN if one of them is.",
        ("Float::max_v0(1.0, 2.0) == 2.0",),
    ),
    LibraryFunction(
        "Float::min_v0(a: Float, b: Float) -> Float",
        _min,
        "The smaller; NaN if one of them is.",
        ("Float::min_v0(1.0, 2.0) == 1.0",),
    ),
    LibraryFunction(
        "Float::clamp_v0(value: Float, limitA: Float, limitB: Float) -> Float",
        _clamp,
        "The value, or the limit that it is beyond. The limits may come in either order.",
        ("Float::clamp_v0(1.5, 0.0, 1.0) == 1.0", "Float::clamp_v0(0.5, 1.0, 0.0) == 0.5"),
    ),
    LibraryFunction(
        "Float::greaterThan_v0(a: Float, b: Float) -> Bool",
        lambda a, b: a > b,
        "`a > b`; false if one is NaN.",
        ("Float::greaterThan_v0(2.0, 1.0)",),
    ),
    LibraryFunction(
        "Float::greaterThanOrEqualTo_v0(a: Float, b: Float) -> Bool",
        lambda a, b: a >= b,
        "`a >= b`; false if one is NaN.",
        ("Float::greaterThanOrEqualTo_v0(2.0, 2.0)",),
    ),
    LibraryFunction(
        "Float::lessThan_v0(a: Float, b: Float) -> Bool",
        lambda a, b: a < b,
        "`a < b`; false if one is NaN.",
        ("Float::lessThan_v0(1.0, 2.0)",),
    ),
    LibraryFunction(
        "Float::lessThanOrEqualTo_v0(a: Float, b: Float) -> Bool",
        lambda a, b: a <= b,
        "`a <= b`; false if one is NaN.",
        ("Float::lessThanOrEqualTo_v0(2.0, 2.0)",),
    ),
    LibraryFunction(
        "Float::ceiling_v0(a: Float) -> Int",
        lambda a: whole(a, math.ceil),
        "The next Int upwards. Fails for NaN and infinities, as all roundings do.",
        ("Float::ceiling_v0(1.2) == 2", "Float::ceiling_v0(-1.2) == -1"),
    ),
    LibraryFunction(
        "Float::roundUp_v0(a: Float) -> Int",
        lambda a: whole(a, math.ceil),
        "The next Int upwards, as Float::ceiling.",
        ("Float::roundUp_v0(1.2) == 2",),
    ),
    LibraryFunction(
        "Float::floor_v0(a: Float) -> Int",
        lambda a: whole(a, math.floor),
        "The next Int downwards.",
        ("Float::floor_v0(1.8) == 1", "Float::floor_v0(-1.2) == -2"),
    ),
    LibraryFunction(
        "Float::roundDown_v0(a: Float) -> Int",
        lambda a: whole(a, math.floor),
        "The next Int downwards, as Float::floor.",
        ("Float::roundDown_v0(1.8) == 1",),
    ),
    LibraryFunction(
        "Float::round_v0(a: Float) -> Int",
        lambda a: whole(a, round_half_away),
        "The nearest Int; halves go away from zero.",
        ("Float::round_v0(2.5) == 3", "Float::round_v0(-2.5) == -3", "Float::round_v0(2.4) == 2"),
    ),
    LibraryFunction(
        "Float::truncate_v0(a: Float) -> Int",
        lambda a: whole(a, math.trunc),
        "What stands before the decimal point.",
        ("Float::truncate_v0(-1.8) == -1",),
    ),
    LibraryFunction(
        "Float::roundTowardsZero_v0(a: Float) -> Int",
        lambda a: whole(a, math.trunc),
        "What stands before the decimal point, as Float::truncate.",
        ("Float::roundTowardsZero_v0(1.8) == 1",),
    ),
    LibraryFunction(
        "Float::sum_v0(numbers: List<Float>) -> Float",
        _sum,
        "The sum of all, 0.0 for none.",
        ("Float::sum_v0([0.5, 1.0]) == 1.5",),
    ),
    LibraryFunction(
        "Float::parse_v0(text: String) -> Result<Float, String>",
        parse_float,
        "The Float that the text writes in decimals, an exponent after it or not; NaN and infinity are none.",
        (
            'Float::parse_v0("1.5") == Ok(1.5)',
            'Float::parse_v0("2e3") == Ok(2000.0)',
            'Result::isError_v0(Float::parse_v0("x"))',
        ),
    ),
    LibraryFunction(
        "Float::toString_v0(a: Float) -> String",
        lambda a: repr(a),
        "The shortest decimals that mean this Float; `nan`, `inf` or `-inf` for the others.",
        ('Float::toString_v0(0.1) == "0.1"', 'Float::toString_v0(2.0) == "2.0"'),
    ),
    LibraryFunction(
        "Float::format_v0(a: Float, decimals: Int) -> String",
        _format,
        "The number with so many decimals.",
        ('Float::format_v0(3.14159, 2) == "3.14"', 'Float::format_v0(2.0, 0) == "2"'),
    ),
    LibraryFunction(
        "Float::infinity_v0() -> Float",
        lambda: math.inf,
        "Larger than every number.",
        ("Float::infinity_v0() > 1e308",),
    ),
    LibraryFunction(
        "Float::nan_v0() -> Float",
        lambda: math.nan,
        "What is no number, and equal to nothing, itself included.",
        ("Float::nan_v0() != Float::nan_v0()",),
    ),
    LibraryFunction(
        "Float::isNaN_v0(a: Float) -> Bool", lambda a: a != a, "Whether it is NaN.", ("Float::isNaN_v0(0.0 / 0.0)",)
    ),
    LibraryFunction(
        "Float::isFinite_v0(a: Float) -> Bool",
        lambda a: math.isfinite(a),
        "Whether it is neither NaN nor an infinity.",
        ("Float::isFinite_v0(1.0)", "Float::isFinite_v0(1.0 / 0.0) == false"),
    ),
)
