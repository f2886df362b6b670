"""Option: Some value, or None."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib.expecting import is_some, truth
from dark_lang.values.model import NONE, Case, Value, error, ok, some

Function = Callable[..., Value]
_OPTION = "the Option"


def _map(option: Case, f: Function) -> Case:
    return some(f(option.values[0])) if is_some(option, _OPTION) else NONE


def _map2(a: Case, b: Case, f: Function) -> Case:
    both = is_some(a, _OPTION) and is_some(b, _OPTION)
    return some(f(a.values[0], b.values[0])) if both else NONE


def _and_then(option: Case, f: Function) -> Case:
    if not is_some(option, _OPTION):
        return NONE
    found: Case = f(option.values[0])
    is_some(found, "what the function of Option::andThen gives")
    return found


def _filter(option: Case, f: Function) -> Case:
    kept = is_some(option, _OPTION) and truth(f(option.values[0]), "what the function of Option::filter gives")
    return option if kept else NONE


def _unwrap(option: Case) -> Value:
    if is_some(option, _OPTION):
        return option.values[0]
    raise Failed("Option::unwrap found None", suggestion="Option::withDefault, a match or `!` can handle it")


def _flatten(option: Case) -> Case:
    if not is_some(option, _OPTION):
        return NONE
    inner: Case = option.values[0]
    is_some(inner, "what is in the Option")
    return inner


def _collect(options: list[Value]) -> Case:
    values = []
    for option in options:
        if not is_some(option, "each item of the List"):
            return NONE
        values.append(option.values[0])
    return some(values)


FUNCTIONS = (
    LibraryFunction(
        "Option::map_v0<a, b>(option: Option<a>, f: a -> b) -> Option<b>",
        _map,
        "Some of what the function makes of the value; None stays None.",
        ("Option::map_v0(Some(1), x => x + 1) == Some(2)", "Option::map_v0(None, x => x + 1) == None"),
    ),
    LibraryFunction(
        "Option::map2_v0<a, b, c>(option1: Option<a>, option2: Option<b>, f: (a, b) -> c) -> Option<c>",
        _map2,
        "Some of what the function makes of both values; None if one is None.",
        ("Option::map2_v0(Some(1), Some(2), (a, b) => a + b) == Some(3)",),
    ),
    LibraryFunction(
        "Option::andThen_v0<a, b>(option: Option<a>, f: a -> Option<b>) -> Option<b>",
        _and_then,
        "What the function makes of the value, which is an Option itself; None stays None.",
        ("Option::andThen_v0(Some([1]), list => List::head_v1(list)) == Some(1)",),
    ),
    LibraryFunction(
        "Option::filter_v0<a>(option: Option<a>, f: a -> Bool) -> Option<a>",
        _filter,
        "The same if the function holds of the value, else None.",
        ("Option::filter_v0(Some(1), x => x > 1) == None",),
    ),
    LibraryFunction(
        "Option::withDefault_v0<a>(option: Option<a>, default: a) -> a",
        lambda option, default: option.values[0] if is_some(option, _OPTION) else default,
        "The value, or the default.",
        ("Option::withDefault_v0(Some(1), 0) == 1", "Option::withDefault_v0(None, 0) == 0"),
    ),
    LibraryFunction(
        "Option::orElse_v0<a>(option: Option<a>, other: Option<a>) -> Option<a>",
        lambda option, other: option if is_some(option, _OPTION) else other,
        "The first if it is Some, else the second.",
        ("Option::orElse_v0(None, Some(1)) == Some(1)",),
    ),
    LibraryFunction(
        "Option::unwrap_v0<a>(option: Option<a>) -> a",
        _unwrap,
        "The value. Fails for None.",
        ("Option::unwrap_v0(Some(1)) == 1",),
    ),
    LibraryFunction(
        "Option::isSome_v0<a>(option: Option<a>) -> Bool",
        lambda option: is_some(option, _OPTION),
        "Whether there is a value.",
        ("Option::isSome_v0(Some(1))", "Option::isSome_v0(None) == false"),
    ),
    LibraryFunction(
        "Option::isNone_v0<a>(option: Option<a>) -> Bool",
        lambda option: not is_some(option, _OPTION),
        "Whether there is no value.",
        ("Option::isNone_v0(None)",),
    ),
    LibraryFunction(
        "Option::flatten_v0<a>(option: Option<Option<a>>) -> Option<a>",
        _flatten,
        "The Option inside the Option.",
        ("Option::flatten_v0(Some(Some(1))) == Some(1)", "Option::flatten_v0(Some(None)) == None"),
    ),
    LibraryFunction(
        "Option::toList_v0<a>(option: Option<a>) -> List<a>",
        lambda option: list(option.values) if is_some(option, _OPTION) else [],
        "A List of the value, or of nothing.",
        ("Option::toList_v0(Some(1)) == [1]", "Option::toList_v0(None) == []"),
    ),
    LibraryFunction(
        "Option::toResult_v0<a, e>(option: Option<a>, error: e) -> Result<a, e>",
        lambda option, problem: ok(option.values[0]) if is_some(option, _OPTION) else error(problem),
        "Ok of the value, or the Error.",
        ('Option::toResult_v0(None, "none") == Error("none")',),
    ),
    LibraryFunction(
        "Option::collect_v0<a>(options: List<Option<a>>) -> Option<List<a>>",
        _collect,
        "Some of all the values, or None if one is missing.",
        ("Option::collect_v0([Some(1), Some(2)]) == Some([1, 2])", "Option::collect_v0([Some(1), None]) == None"),
    ),
)
