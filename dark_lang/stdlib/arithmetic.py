"""Numbers as the operators and the modules Int and Float share them.

Must not know declarations. Invariant: Ints are exact or Failed; Floats follow IEEE 754, where Python would raise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from dark_lang.errors import Failed
from dark_lang.values.digits import read_int
from dark_lang.values.limits import INT_BITS
from dark_lang.values.model import Case, error, ok

_INT: Final = r"(?a)[+-]?[0-9]+"
_FLOAT: Final = r"(?a)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?"


def multiply_ints(a: int, b: int) -> int:
    if a.bit_length() + b.bit_length() > INT_BITS:
        raise Failed(f"the product would have more than {INT_BITS:,} bits")
    return a * b


def power_ints(base: int, exponent: int) -> int:
    if exponent < 0:
        raise Failed("an Int cannot be raised to a negative power; Float::power can")
    if base in (0, 1, -1):
        return base if exponent % 2 else base * base if exponent else 1
    if (base.bit_length() - 1) * exponent > INT_BITS:
        raise Failed(f"the power would have more than {INT_BITS:,} bits")
    return int(base**exponent)


def divide_ints(a: int, b: int) -> int:
    """Towards zero."""
    if b == 0:
        raise Failed("an Int cannot be divided by 0")
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def modulo_ints(a: int, b: int) -> int:
    """With the sign of `b`."""
    if b == 0:
        raise Failed("there is no remainder modulo 0")
    return a % b


def divide_floats(a: float, b: float) -> float:
    if b:
        return a / b
    if a == 0.0 or a != a or b != b:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def power_floats(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan


def whole(number: float, rounding: Callable[[float], int]) -> int:
    if not math.isfinite(number):
        raise Failed(f"{'NaN' if number != number else 'Infinity'} cannot be made an Int")
    return rounding(number)


def round_half_away(number: float) -> int:
    floor = math.floor(number)
    rest = number - floor  # exact: both have the same scale
    return floor + (rest > 0.5 or (rest == 0.5 and number > 0))


def to_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        raise Failed("the Int is too large for a Float") from None


def parse_int(text: str) -> Case:
    """A Result: Ok of the Int, or Error of why not."""
    if not re.fullmatch(_INT, text):
        return error(f"{_quoted(text)} is no Int")
    try:
        return ok(read_int(text.removeprefix("+")))
    except Failed as failed:
        return error(failed.message)


def parse_float(text: str) -> Case:
    """A Result: Ok of a finite Float, or Error of why not."""
    if not re.fullmatch(_FLOAT, text):
        return error(f"{_quoted(text)} is no Float")
    number = float(text)
    return ok(number) if math.isfinite(number) else error(f"{_quoted(text)} is too large for a Float")


def _quoted(text: str) -> str:
    return f'"{text}"' if len(text) <= 40 else f'"{text[:40]}…"'
