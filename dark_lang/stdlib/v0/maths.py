"""Math: functions of real numbers. Where one has no value the answer is NaN or None."""

from __future__ import annotations

import math
from collections.abc import Callable

from dark_lang.library import LibraryFunction
from dark_lang.values.model import NONE, Value, some


def _total(function: Callable[[float], float]) -> Callable[[float], float]:
    """Python raises where IEEE 754 has a value."""

    def body(number: float) -> float:
        try:
            return function(number)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.copysign(math.inf, number) if function is math.sinh else math.inf

    return body


def _in_range(function: Callable[[float], float]) -> Callable[[float], Value]:
    def body(ratio: float) -> Value:
        return some(function(ratio)) if -1.0 <= ratio <= 1.0 else NONE

    return body


def _logarithm(number: float) -> Value:
    return some(math.log(number)) if number > 0 else NONE


FUNCTIONS = (
    LibraryFunction("Math::pi_v0() -> Float", lambda: math.pi, "Half a turn in radians.", ("Math::pi_v0() > 3.14",)),
    LibraryFunction(
        "Math::tau_v0() -> Float", lambda: math.tau, "A turn in radians.", ("Math::tau_v0() == 2.0 * Math::pi_v0()",)
    ),
    LibraryFunction(
        "Math::e_v0() -> Float", lambda: math.e, "The base of natural logarithms.", ("Math::e_v0() > 2.71",)
    ),
    LibraryFunction(
        "Math::sin_v0(angleInRadians: Float) -> Float", _total(math.sin), "The sine.", ("Math::sin_v0(0.0) == 0.0",)
    ),
    LibraryFunction(
        "Math::cos_v0(angleInRadians: Float) -> Float", _total(math.cos), "The cosine.", ("Math::cos_v0(0.0) == 1.0",)
    ),
    LibraryFunction(
        "Math::tan_v0(angleInRadians: Float) -> Float", _total(math.tan), "The tangent.", ("Math::tan_v0(0.0) == 0.0",)
    ),
    LibraryFunction(
        "Math::sinh_v0(a: Float) -> Float", _total(math.sinh), "The hyperbolic sine.", ("Math::sinh_v0(0.0) == 0.0",)
    ),
    LibraryFunction(
        "Math::cosh_v0(a: Float) -> Float", _total(math.cosh), "The hyperbolic cosine.", ("Math::cosh_v0(0.0) == 1.0",)
    ),
    LibraryFunction(
        "Math::tanh_v0(a: Float) -> Float", _total(math.tanh), "The hyperbolic tangent.", ("Math::tanh_v0(0.0) == 0.0",)
    ),
    LibraryFunction(
        "Math::acos_v0(ratio: Float) -> Option<Float>",
        _in_range(math.acos),
        "The angle with this cosine, in radians; None outside -1.0 to 1.0.",
        ("Math::acos_v0(1.0) == Some(0.0)", "Math::acos_v0(2.0) == None"),
    ),
    LibraryFunction(
        "Math::asin_v0(ratio: Float) -> Option<Float>",
        _in_range(math.asin),
        "The angle with this sine, in radians; None outside -1.0 to 1.0.",
        ("Math::asin_v0(0.0) == Some(0.0)", "Math::asin_v0(-2.0) == None"),
    ),
    LibraryFunction(
        "Math::atan_v0(ratio: Float) -> Float",
        _total(math.atan),
        "The angle with this tangent, in radians.",
        ("Math::atan_v0(0.0) == 0.0",),
    ),
    LibraryFunction(
        "Math::atan2_v0(y: Float, x: Float) -> Float",
        lambda y, x: math.atan2(y, x),
        "The angle of the point (x, y), in radians from -pi to pi.",
        ("Math::atan2_v0(0.0, 1.0) == 0.0",),
    ),
    LibraryFunction(
        "Math::degrees_v0(angleInDegrees: Float) -> Float",
        lambda angle: math.radians(angle),
        "An angle given in degrees, in radians.",
        ("Math::degrees_v0(180.0) == Math::pi_v0()",),
    ),
    LibraryFunction(
        "Math::radians_v0(angleInRadians: Float) -> Float",
        lambda angle: angle,
        "An angle given in radians, in radians: to say which unit was meant.",
        ("Math::radians_v0(1.5) == 1.5",),
    ),
    LibraryFunction(
        "Math::turns_v0(angleInTurns: Float) -> Float",
        lambda angle: angle * math.tau,
        "An angle given in turns, in radians.",
        ("Math::turns_v0(0.5) == Math::pi_v0()",),
    ),
    LibraryFunction(
        "Math::exp_v0(a: Float) -> Float",
        _total(math.exp),
        "Euler's number to the power of this one.",
        ("Math::exp_v0(0.0) == 1.0",),
    ),
    LibraryFunction(
        "Math::log_v0(a: Float) -> Option<Float>",
        _logarithm,
        "The natural logarithm; None unless the number is above 0.0.",
        ("Math::log_v0(1.0) == Some(0.0)", "Math::log_v0(0.0) == None"),
    ),
)
