"""Op: what the infix and prefix operators mean, so that they can stand in a pipe or be passed on.

The compiler does the common cases itself; what comes here may be anything, a hole too. Invariant: each says what the
operator needs, and what it found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dark_lang.errors import Failed, RunError
from dark_lang.library import LibraryFunction
from dark_lang.stdlib import costs, growing
from dark_lang.stdlib.arithmetic import divide_floats, modulo_ints, multiply_ints, power_floats, power_ints
from dark_lang.stdlib.expecting import room_for_text
from dark_lang.values.demanding import hole_reached, misfit
from dark_lang.values.describing import name_kind
from dark_lang.values.equality import equal
from dark_lang.values.model import HoleValue, Value
from dark_lang.values.ordering import compare


def _unfit(sign: str, needed: str, a: Value, b: Value) -> RunError:
    for value in (a, b):
        if type(value) is HoleValue:
            return hole_reached(value)
    suggestion = "`++` joins two Strings" if sign == "+" and str in (type(a), type(b)) else ""
    if {type(a), type(b)} == {int, float}:
        suggestion = "Int::toFloat makes a Float of an Int"
    return Failed(f"`{sign}` needs {needed}, and got {name_kind(a)} and {name_kind(b)}", suggestion=suggestion)


def _numeric(
    sign: str, ints: Callable[[int, int], Value], floats: Callable[[float, float], Value]
) -> Callable[[Value, Value], Value]:
    def body(a: Value, b: Value) -> Value:
        kind = type(a)
        if kind is type(b):
            if kind is int:
                return ints(a, b)
            if kind is float:
                return floats(a, b)
        raise _unfit(sign, "two Ints or two Floats", a, b)

    return body


def _divide(a: Value, b: Value) -> Value:
    if type(a) is float and type(b) is float:
        return divide_floats(a, b)
    error = _unfit("/", "two Floats", a, b)
    if type(a) is int and type(b) is int:
        error.suggestion = "Int::divide divides Ints, and Int::toFloat makes a Float of one"
    raise error


def _modulo(a: Value, b: Value) -> Value:
    if type(a) is int and type(b) is int:
        return modulo_ints(a, b)
    raise _unfit("%", "two Ints", a, b)


def _negate(a: Value) -> Value:
    if type(a) is int or type(a) is float:
        return -a
    raise misfit("an Int or a Float", a, "what `-` stands before")


def _not(a: Value) -> Value:
    if a is True or a is False:
        return a is False
    raise misfit("a Bool", a, "what `!` stands before")


def _append(a: Value, b: Value) -> Value:
    if type(a) is str and type(b) is str:
        room_for_text(len(a) + len(b), "`++`")
        return a + b
    raise _unfit("++", "two Strings", a, b)


def _ordered(floats: Callable[[float, float], bool], verdict: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def body(a: Value, b: Value) -> Value:
        # NaN has a place when a list is sorted, and none for these.
        if type(a) is float and type(b) is float:
            return floats(a, b)
        return verdict(compare(a, b))

    return body


_NUMBERS: Final = "<number>(a: number, b: number) -> number"
_ORDER: Final = "<a>(a: a, b: a) -> Bool"

FUNCTIONS = (
    LibraryFunction(
        f"Op::add_v0{_NUMBERS}",
        _numeric("+", lambda a, b: a + b, lambda a, b: a + b),
        "`a + b`: the sum of two Ints or of two Floats.",
        ("1 + 2 == 3", "0.5 + 0.25 == 0.75"),
    ),
    LibraryFunction(
        f"Op::subtract_v0{_NUMBERS}",
        _numeric("-", lambda a, b: a - b, lambda a, b: a - b),
        "`a - b`: the difference of two Ints or of two Floats.",
        ("3 - 5 == -2", "1.0 - 0.5 == 0.5"),
    ),
    LibraryFunction(
        f"Op::multiply_v0{_NUMBERS}",
        _numeric("*", multiply_ints, lambda a, b: a * b),
        "`a * b`: the product of two Ints or of two Floats. An Int may have 1,000,000 bits.",
        ("6 * 7 == 42", "1.5 * 2.0 == 3.0"),
    ),
    LibraryFunction(
        "Op::divide_v0(a: Float, b: Float) -> Float",
        _divide,
        "`a / b`: the quotient of two Floats. Dividing by 0.0 gives an infinity, or NaN for 0.0 / 0.0.",
        ("1.0 / 4.0 == 0.25", "1.0 / 0.0 == Float::infinity_v0()"),
    ),
    LibraryFunction(
        "Op::modulo_v0(a: Int, b: Int) -> Int",
        _modulo,
        "`a % b`: what is left of `a` modulo `b`, with the sign of `b`.",
        ("7 % 3 == 1", "-1 % 3 == 2"),
    ),
    LibraryFunction(
        f"Op::power_v0{_NUMBERS}",
        _numeric("^", power_ints, power_floats),
        "`a ^ b`: `a` to the power of `b`. Of Ints, `b` may not be negative.",
        ("2 ^ 10 == 1024", "2.0 ^ -1.0 == 0.5"),
    ),
    LibraryFunction(
        "Op::negate_v0<number>(a: number) -> number",
        _negate,
        "`-a`: the Int or Float of the other sign.",
        ("-(1 + 2) == -3",),
    ),
    LibraryFunction(
        "Op::append_v0(a: String, b: String) -> String",
        _append,
        "`a ++ b`: one String after the other.",
        ('"ab" ++ "cd" == "abcd"',),
        growing=growing.append_text,
        cost=costs.joined_operands,
    ),
    LibraryFunction(
        f"Op::equals_v0{_ORDER}",
        lambda a, b: equal(a, b),
        "`a == b`: whether two values are of one type and equal, whatever is in them. NaN is equal to nothing.",
        ("[1, 2] == [1, 2]", "{ a: 1, b: 2 } == { b: 2, a: 1 }", "(1 == 2) == false"),
    ),
    LibraryFunction(
        f"Op::notEquals_v0{_ORDER}",
        lambda a, b: not equal(a, b),
        "`a != b`: the opposite of `a == b`.",
        ("1 != 2", "(Some(1) != Some(1)) == false"),
    ),
    LibraryFunction(
        f"Op::lessThan_v0{_ORDER}",
        _ordered(lambda a, b: a < b, lambda verdict: verdict < 0),
        "`a < b`: whether `a` comes before `b`. Strings compare by code points, Lists by their first difference.",
        ("1 < 2", '"ab" < "b"', "[1, 2] < [1, 3]"),
    ),
    LibraryFunction(
        f"Op::lessThanOrEqualTo_v0{_ORDER}",
        _ordered(lambda a, b: a <= b, lambda verdict: verdict <= 0),
        "`a <= b`: whether `a` comes before `b` or is equal to it.",
        ("2 <= 2", "1.5 <= 2.0"),
    ),
    LibraryFunction(
        f"Op::greaterThan_v0{_ORDER}",
        _ordered(lambda a, b: a > b, lambda verdict: verdict > 0),
        "`a > b`: whether `a` comes after `b`.",
        ("2 > 1", '("a" > "b") == false'),
    ),
    LibraryFunction(
        f"Op::greaterThanOrEqualTo_v0{_ORDER}",
        _ordered(lambda a, b: a >= b, lambda verdict: verdict >= 0),
        "`a >= b`: whether `a` comes after `b` or is equal to it.",
        ("2 >= 2", "(1 >= 2) == false"),
    ),
    LibraryFunction(
        "Op::not_v0(a: Bool) -> Bool",
        _not,
        "`!a`: true for false, and false for true.",
        ("!false", "(!true) == false"),
    ),
)
