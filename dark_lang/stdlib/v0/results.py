"""Result: Ok of a value, or the Error that says why there is none."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib.expecting import is_ok, is_some
from dark_lang.values.model import NONE, Case, Value, error, ok, some
from dark_lang.values.showing import show

Function = Callable[..., Value]
_RESULT = "the Result"
_SHOWN = 200  # characters of an Error in the message of a failure


def _map(result: Case, f: Function) -> Case:
    return ok(f(result.values[0])) if is_ok(result, _RESULT) else result


def _map_error(result: Case, f: Function) -> Case:
    return result if is_ok(result, _RESULT) else error(f(result.values[0]))


def _map2(a: Case, b: Case, f: Function) -> Case:
    if not is_ok(a, _RESULT):
        return a
    return ok(f(a.values[0], b.values[0])) if is_ok(b, _RESULT) else b


def _and_then(result: Case, f: Function) -> Case:
    if not is_ok(result, _RESULT):
        return result
    found: Case = f(result.values[0])
    is_ok(found, "what the function of Result::andThen gives")
    return found


def _unwrap(result: Case) -> Value:
    if is_ok(result, _RESULT):
        return result.values[0]
    problem = result.values[0]
    raise Failed(problem if type(problem) is str else f"Result::unwrap found Error({show(problem, limit=_SHOWN)})")


def _collect(results: list[Value]) -> Case:
    values = []
    for result in results:
        if not is_ok(result, "each item of the List"):
            failed: Case = result
            return failed
        values.append(result.values[0])
    return ok(values)


FUNCTIONS = (
    LibraryFunction(
        "Result::map_v0<a, b, e>(result: Result<a, e>, f: a -> b) -> Result<b, e>",
        _map,
        "Ok of what the function makes of the value; an Error stays as it is.",
        ("Result::map_v0(Ok(1), x => x + 1) == Ok(2)", 'Result::map_v0(Error("no"), x => x + 1) == Error("no")'),
    ),
    LibraryFunction(
        "Result::mapError_v0<a, e, d>(result: Result<a, e>, f: e -> d) -> Result<a, d>",
        _map_error,
        "The Error of what the function makes of the error; an Ok stays as it is.",
        ('Result::mapError_v0(Error("no"), why => "${why}!") == Error("no!")',),
    ),
    LibraryFunction(
        "Result::map2_v0<a, b, c, e>(result1: Result<a, e>, result2: Result<b, e>, f: (a, b) -> c) -> Result<c, e>",
        _map2,
        "Ok of what the function makes of both values, or the first Error.",
        ("Result::map2_v0(Ok(1), Ok(2), (a, b) => a + b) == Ok(3)",),
    ),
    LibraryFunction(
        "Result::andThen_v0<a, b, e>(result: Result<a, e>, f: a -> Result<b, e>) -> Result<b, e>",
        _and_then,
        "What the function makes of the value, which is a Result itself; an Error stays as it is.",
        ('Result::andThen_v0(Ok("1"), text => Int::parse_v0(text)) == Ok(1)',),
    ),
    LibraryFunction(
        "Result::withDefault_v0<a, e>(result: Result<a, e>, default: a) -> a",
        lambda result, default: result.values[0] if is_ok(result, _RESULT) else default,
        "The value, or the default.",
        ('Result::withDefault_v0(Error("no"), 0) == 0', "Result::withDefault_v0(Ok(1), 0) == 1"),
    ),
    LibraryFunction(
        "Result::orElse_v0<a, e>(result: Result<a, e>, other: Result<a, e>) -> Result<a, e>",
        lambda result, other: result if is_ok(result, _RESULT) else other,
        "The first if it is Ok, else the second.",
        ('Result::orElse_v0(Error("no"), Ok(1)) == Ok(1)',),
    ),
    LibraryFunction(
        "Result::unwrap_v0<a, e>(result: Result<a, e>) -> a",
        _unwrap,
        "The value. Fails for an Error, with its text if it is a String.",
        ("Result::unwrap_v0(Ok(1)) == 1",),
    ),
    LibraryFunction(
        "Result::isOk_v0<a, e>(result: Result<a, e>) -> Bool",
        lambda result: is_ok(result, _RESULT),
        "Whether it is Ok.",
        ("Result::isOk_v0(Ok(1))",),
    ),
    LibraryFunction(
        "Result::isError_v0<a, e>(result: Result<a, e>) -> Bool",
        lambda result: not is_ok(result, _RESULT),
        "Whether it is an Error.",
        ('Result::isError_v0(Error("no"))', "Result::isError_v0(Ok(1)) == false"),
    ),
    LibraryFunction(
        "Result::toOption_v0<a, e>(result: Result<a, e>) -> Option<a>",
        lambda result: some(result.values[0]) if is_ok(result, _RESULT) else NONE,
        "Some of the value; None for an Error.",
        ("Result::toOption_v0(Ok(1)) == Some(1)", 'Result::toOption_v0(Error("no")) == None'),
    ),
    LibraryFunction(
        "Result::fromOption_v0<a, e>(option: Option<a>, error: e) -> Result<a, e>",
        lambda option, problem: ok(option.values[0]) if is_some(option, "the Option") else error(problem),
        "Ok of the value, or the Error.",
        ('Result::fromOption_v0(Some(1), "none") == Ok(1)', 'Result::fromOption_v0(None, "none") == Error("none")'),
    ),
    LibraryFunction(
        "Result::collect_v0<a, e>(results: List<Result<a, e>>) -> Result<List<a>, e>",
        _collect,
        "Ok of all the values, or the first Error.",
        ("Result::collect_v0([Ok(1), Ok(2)]) == Ok([1, 2])", 'Result::collect_v0([Ok(1), Error("no")]) == Error("no")'),
    ),
)
