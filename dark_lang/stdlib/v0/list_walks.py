"""List: what walks over the items with a function. Loops all, since C must not call what a guest wrote."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import Deprecation, LibraryFunction
from dark_lang.names import Standard
from dark_lang.stdlib import growing
from dark_lang.stdlib.expecting import is_some, of_type, room_for_items, truth
from dark_lang.values.demanding import misfit
from dark_lang.values.model import NONE, UNIT, Value, some

Function = Callable[..., Value]


def _fold(items: list[Value], init: Value, f: Function) -> Value:
    for item in items:
        init = f(init, item)
    return init


def _scan(items: list[Value], init: Value, f: Function) -> list[Value]:
    steps = [init]
    for item in items:
        init = f(init, item)
        steps.append(init)
    return steps


def _filter(items: list[Value], f: Function) -> list[Value]:
    kept = []
    for item in items:
        verdict = f(item)
        if verdict is True:
            kept.append(item)
        elif verdict is not False:
            raise misfit("a Bool", verdict, "what the function of List::filter gives")
    return kept


def _filter_map(items: list[Value], f: Function) -> list[Value]:
    kept = []
    for item in items:
        found = f(item)
        if is_some(found, "what the function of List::filterMap gives"):
            kept.append(found.values[0])
    return kept


def _flat_map(items: list[Value], f: Function) -> list[Value]:
    joined: list[Value] = []
    for item in items:
        joined += of_type(list, "a List", f(item), "what the function of List::flatMap gives")
        room_for_items(len(joined), "List::flatMap")
    return joined


def _find(items: list[Value], f: Function) -> int:
    """The place of the first item of which `f` holds, or -1."""
    for place, item in enumerate(items):
        if truth(f(item), "what the function gives for each item"):
            return place
    return -1


def _find_or_unit(items: list[Value], f: Function) -> Value:
    place = _find(items, f)
    return items[place] if place >= 0 else UNIT


def _find_index(items: list[Value], f: Function) -> Value:
    place = _find(items, f)
    return some(place) if place >= 0 else NONE


def _count(items: list[Value], f: Function) -> int:
    count = 0
    for item in items:
        count += truth(f(item), "what the function of List::count gives")
    return count


def _partition(items: list[Value], f: Function) -> tuple[Value, ...]:
    sides: tuple[list[Value], list[Value]] = ([], [])
    for item in items:
        sides[0 if truth(f(item), "what the function of List::partition gives") else 1].append(item)
    return sides


def _prefix(items: list[Value], f: Function) -> int:
    """How many items at the start `f` holds of, until the first of which it does not."""
    for place, item in enumerate(items):
        if not truth(f(item), "what the function gives for each item"):
            return place
    return len(items)


def _map2(a: list[Value], b: list[Value], f: Function) -> Value:
    return some([f(x, y) for x, y in zip(a, b, strict=True)]) if len(a) == len(b) else NONE


FUNCTIONS = (
    LibraryFunction(
        "List::map_v0<a, b>(list: List<a>, f: a -> b) -> List<b>",
        lambda items, f: [f(item) for item in items],
        "What the function makes of each item.",
        ("List::map_v0([1, 2], x => x * 2) == [2, 4]",),
    ),
    LibraryFunction(
        "List::indexedMap_v0<a, b>(list: List<a>, f: (Int, a) -> b) -> List<b>",
        lambda items, f: [f(place, item) for place, item in enumerate(items)],
        "What the function makes of each place (the first is 0) and item.",
        ("List::indexedMap_v0([5, 6], (i, x) => i + x) == [5, 7]",),
    ),
    LibraryFunction(
        "List::map2_v0<a, b, c>(as: List<a>, bs: List<b>, f: (a, b) -> c) -> Option<List<c>>",
        _map2,
        "What the function makes of the items at the same places; None if one List is longer.",
        ("List::map2_v0([1, 2], [10, 20], (a, b) => a + b) == Some([11, 22])",),
    ),
    LibraryFunction(
        "List::map2shortest_v0<a, b, c>(as: List<a>, bs: List<b>, f: (a, b) -> c) -> List<c>",
        lambda a, b, f: [f(x, y) for x, y in zip(a, b, strict=False)],
        "What the function makes of the items at the same places, as far as both go.",
        ("List::map2shortest_v0([1, 2, 3], [10], (a, b) => a + b) == [11]",),
    ),
    LibraryFunction(
        "List::fold_v0<a, b>(list: List<a>, init: b, f: (b, a) -> b) -> b",
        _fold,
        "Starts with `init`, and puts in its place what the function makes of it and each item in turn.",
        ("List::fold_v0([1, 2, 3], 0, (sum, x) => sum + x) == 6",),
        growing=growing.fold_list,
    ),
    LibraryFunction(
        "List::scan_v0<a, b>(list: List<a>, init: b, f: (b, a) -> b) -> List<b>",
        _scan,
        "As List::fold, with every step kept, `init` first.",
        ("List::scan_v0([1, 2, 3], 0, (sum, x) => sum + x) == [0, 1, 3, 6]",),
    ),
    LibraryFunction(
        "List::filter_v0<a>(list: List<a>, f: a -> Bool) -> List<a>",
        _filter,
        "The items of which the function holds.",
        ("List::filter_v0([1, 2, 3], x => x > 1) == [2, 3]",),
    ),
    LibraryFunction(
        "List::filterMap_v0<a, b>(list: List<a>, f: a -> Option<b>) -> List<b>",
        _filter_map,
        "What is in the Somes that the function gives; its Nones are left out.",
        ("List::filterMap_v0([1, 2, 3], x => if x > 1 then Some(x * 10) else None) == [20, 30]",),
    ),
    LibraryFunction(
        "List::flatMap_v0<a, b>(list: List<a>, f: a -> List<b>) -> List<b>",
        _flat_map,
        "The items of all the Lists that the function gives.",
        ("List::flatMap_v0([1, 2], x => [x, x]) == [1, 1, 2, 2]",),
    ),
    LibraryFunction(
        "List::findFirst_v0<a>(list: List<a>, f: a -> Bool) -> Any",
        _find_or_unit,
        "The first item of which the function holds, or `()` if there is none.",
        ("List::findFirst_v0([1, 2, 3], x => x > 1) == 2", "List::findFirst_v0([1], x => x > 1) == ()"),
        deprecated=Deprecation(
            "what it gives for nothing cannot be told from an item",
            Standard("List::findFirst", 1),
            "Option::withDefault_v0(List::findFirst_v1(?list, ?f), ())",
        ),
    ),
    LibraryFunction(
        "List::findIndex_v0<a>(list: List<a>, f: a -> Bool) -> Option<Int>",
        _find_index,
        "The place (the first is 0) of the first item of which the function holds.",
        ("List::findIndex_v0([1, 2, 3], x => x > 1) == Some(1)",),
    ),
    LibraryFunction(
        "List::all_v0<a>(list: List<a>, f: a -> Bool) -> Bool",
        lambda items, f: _prefix(items, f) == len(items),
        "Whether the function holds of every item.",
        ("List::all_v0([1, 2], x => x > 0)", "List::all_v0([], x => false)"),
    ),
    LibraryFunction(
        "List::any_v0<a>(list: List<a>, f: a -> Bool) -> Bool",
        lambda items, f: _find(items, f) >= 0,
        "Whether the function holds of some item.",
        ("List::any_v0([1, 2], x => x > 1)", "List::any_v0([], x => true) == false"),
    ),
    LibraryFunction(
        "List::count_v0<a>(list: List<a>, f: a -> Bool) -> Int",
        _count,
        "Of how many items the function holds.",
        ("List::count_v0([1, 2, 3], x => x > 1) == 2",),
    ),
    LibraryFunction(
        "List::partition_v0<a>(list: List<a>, f: a -> Bool) -> (List<a>, List<a>)",
        _partition,
        "The items of which the function holds, and the others.",
        ("List::partition_v0([1, 2, 3], x => x > 1) == ([2, 3], [1])",),
    ),
    LibraryFunction(
        "List::takeWhile_v0<a>(list: List<a>, f: a -> Bool) -> List<a>",
        lambda items, f: items[: _prefix(items, f)],
        "The items before the first of which the function does not hold.",
        ("List::takeWhile_v0([1, 2, 1], x => x < 2) == [1]",),
    ),
    LibraryFunction(
        "List::dropWhile_v0<a>(list: List<a>, f: a -> Bool) -> List<a>",
        lambda items, f: items[_prefix(items, f) :],
        "The items from the first on of which the function does not hold.",
        ("List::dropWhile_v0([1, 2, 1], x => x < 2) == [2, 1]",),
    ),
    LibraryFunction(
        "List::foreach_v0<a, b>(list: List<a>, f: a -> b) -> List<b>",
        lambda items, f: [f(item) for item in items],
        "What the function makes of each item.",
        ("List::foreach_v0([1, 2], x => x + 1) == [2, 3]",),
        deprecated=Deprecation("it was renamed", Standard("List::map", 0), "List::map_v0(?list, ?f)"),
    ),
)
