"""List: sorting, grouping, and telling equal items apart. Guest functions are called first, once for each item; what
sorts is Python, with keys of ours."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import LibraryFunction
from dark_lang.stdlib.expecting import of_type
from dark_lang.values.model import NONE, GuestDict, Value, error, ok, some
from dark_lang.values.ordering import compare, places_in_order, sort_key, sorted_values

Function = Callable[..., Value]


def _sort_by(items: list[Value], f: Function) -> list[Value]:
    return [items[place] for place in places_in_order([f(item) for item in items])]


class _VerdictError(Exception):
    """A comparator gave another number than -1, 0 and 1."""


def _sort_by_comparator(items: list[Value], f: Function) -> Value:
    """A merge sort of ours: `functools.cmp_to_key` would have C call the guest."""
    runs = [[item] for item in items]
    try:
        while len(runs) > 1:
            merged = [_merge(a, b, f) for a, b in zip(runs[::2], runs[1::2], strict=False)]
            runs = merged + (runs[-1:] if len(runs) % 2 else [])
    except _VerdictError as verdict:
        return error(f"the comparator must give -1, 0 or 1, and gave {verdict}")
    return ok(runs[0] if runs else [])


def _merge(a: list[Value], b: list[Value], f: Function) -> list[Value]:
    merged = []
    i = j = 0
    while i < len(a) and j < len(b):
        verdict = of_type(int, "an Int", f(a[i], b[j]), "what the comparator gives")
        if not -1 <= verdict <= 1:
            raise _VerdictError(str(verdict) if abs(verdict) < 1000 else "a larger one")
        if verdict <= 0:
            merged.append(a[i])
            i += 1
        else:
            merged.append(b[j])
            j += 1
    return merged + a[i:] + b[j:]


def _unique_by(items: list[Value], keys: list[Value]) -> list[Value]:
    seen = set()
    kept = []
    for item, key in zip(items, keys, strict=True):
        mark = sort_key(key)
        if mark not in seen:
            seen.add(mark)
            kept.append(item)
    return kept


def _group_by(items: list[Value], f: Function) -> list[Value]:
    groups: dict[Value, tuple[Value, list[Value]]] = {}
    for item in items:
        key = f(item)
        groups.setdefault(sort_key(key), (key, []))[1].append(item)
    return list(groups.values())


def _group_by_text(items: list[Value], f: Function) -> GuestDict:
    groups = GuestDict()
    for item in items:
        key = of_type(str, "a String", f(item), "what the function of List::toDictBy gives")
        groups.setdefault(key, []).append(item)
    return groups


def _extreme(items: list[Value], keys: list[Value], sign: int) -> Value:
    """The first item whose key is least (sign 1) or greatest (sign -1)."""
    if not items:
        return NONE
    best = 0
    for place in range(1, len(items)):
        if compare(keys[place], keys[best]) == -sign:
            best = place
    return some(items[best])


FUNCTIONS = (
    LibraryFunction(
        "List::sort_v0<a>(list: List<a>) -> List<a>",
        sorted_values,
        "The items in order; equal ones stay as they were. Fails if they are of different types, or are functions.",
        ("List::sort_v0([3, 1, 2]) == [1, 2, 3]", "List::sort_v0([[2], [1, 5]]) == [[1, 5], [2]]"),
    ),
    LibraryFunction(
        "List::sortBy_v0<a, b>(list: List<a>, f: a -> b) -> List<a>",
        _sort_by,
        "The items in the order of what the function makes of them; equal ones stay as they were.",
        ('List::sortBy_v0(["ccc", "a", "bb"], s => String::length_v1(s)) == ["a", "bb", "ccc"]',),
    ),
    LibraryFunction(
        "List::sortByComparator_v0<a>(list: List<a>, f: (a, a) -> Int) -> Result<List<a>, String>",
        _sort_by_comparator,
        "In the order that the function decides: -1 if the first comes before, 0 if they are equal, 1 if after.",
        ("List::sortByComparator_v0([1, 3, 2], (a, b) => if a > b then -1 else 1) == Ok([3, 2, 1])",),
    ),
    LibraryFunction(
        "List::unique_v0<a>(list: List<a>) -> List<a>",
        lambda items: _unique_by(items, items),
        "The first of each that are equal, in the order in which they came.",
        ("List::unique_v0([1, 2, 1, 3, 2]) == [1, 2, 3]",),
    ),
    LibraryFunction(
        "List::uniqueBy_v0<a, b>(list: List<a>, f: a -> b) -> List<a>",
        lambda items, f: _unique_by(items, [f(item) for item in items]),
        "The first of each of which the function makes equal values.",
        ("List::uniqueBy_v0([1, 2, 3, 4], x => x % 2) == [1, 2]",),
    ),
    LibraryFunction(
        "List::groupBy_v0<a, b>(list: List<a>, f: a -> b) -> List<(b, List<a>)>",
        _group_by,
        "What the function makes of items, each with its items, in the order of their first.",
        ("List::groupBy_v0([1, 2, 3], x => x % 2) == [(1, [1, 3]), (0, [2])]",),
    ),
    LibraryFunction(
        "List::toDictBy_v0<a>(list: List<a>, f: a -> String) -> Dict<List<a>>",
        _group_by_text,
        "A Dict of the items, under the text that the function makes of each.",
        ('List::toDictBy_v0(["ab", "c", "ad"], s => String::first_v0(s, 1)) == #{ "a": ["ab", "ad"], "c": ["c"] }',),
    ),
    LibraryFunction(
        "List::min_v0<a>(list: List<a>) -> Option<a>",
        lambda items: _extreme(items, items, 1),
        "The first in order; None if there are no items.",
        ("List::min_v0([3, 1, 2]) == Some(1)", "List::min_v0([]) == None"),
    ),
    LibraryFunction(
        "List::max_v0<a>(list: List<a>) -> Option<a>",
        lambda items: _extreme(items, items, -1),
        "The last in order; None if there are no items.",
        ("List::max_v0([3, 1, 2]) == Some(3)",),
    ),
    LibraryFunction(
        "List::minBy_v0<a, b>(list: List<a>, f: a -> b) -> Option<a>",
        lambda items, f: _extreme(items, [f(item) for item in items], 1),
        "The item of which the function makes the least.",
        ("List::minBy_v0([-3, 1], x => x * x) == Some(1)",),
    ),
    LibraryFunction(
        "List::maxBy_v0<a, b>(list: List<a>, f: a -> b) -> Option<a>",
        lambda items, f: _extreme(items, [f(item) for item in items], -1),
        "The item of which the function makes the greatest.",
        ("List::maxBy_v0([-3, 1], x => x * x) == Some(-3)",),
    ),
)
