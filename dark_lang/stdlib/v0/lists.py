"""List: making, taking apart, putting together. Version 0 of what takes one item gives the item or nothing: `()`."""

from __future__ import annotations

from dark_lang.library import Deprecation, Effect, LibraryFunction, World
from dark_lang.names import Standard
from dark_lang.stdlib import costs, growing
from dark_lang.stdlib.expecting import all_of_type, room_for_items, room_for_new_items, tuple_of
from dark_lang.stdlib.randomness import below
from dark_lang.values.equality import equal
from dark_lang.values.model import NONE, UNIT, Value, some

_NOTHING = "what it gives for nothing cannot be told from an item"


def _empty() -> list[Value]:
    return []


def _range(lowest: int, highest: int) -> list[Value]:
    room_for_new_items(highest - lowest + 1, "List::range")
    return list(range(lowest, highest + 1))


def _repeat(times: int, value: Value) -> list[Value]:
    room_for_new_items(times, "List::repeat")
    return [value] * max(times, 0)


def _append(a: list[Value], b: list[Value]) -> list[Value]:
    room_for_items(len(a) + len(b), "List::append")
    return a + b


def _flatten(lists: list[Value]) -> list[Value]:
    all_of_type(list, "Lists", lists, "List::flatten")
    room_for_items(sum([len(each) for each in lists]), "List::flatten")
    return [item for each in lists for item in each]


def _interleave(a: list[Value], b: list[Value]) -> list[Value]:
    shorter = min(len(a), len(b))
    both = [item for pair in zip(a, b, strict=False) for item in pair]
    return [*both, *a[shorter:], *b[shorter:]]


def _interpose(items: list[Value], separator: Value) -> list[Value]:
    spaced = [each for item in items for each in (separator, item)]
    return spaced[1:]


def _member(items: list[Value], value: Value) -> bool:
    return any(equal(item, value) for item in items)


def _unzip(pairs: list[Value]) -> tuple[Value, ...]:
    taken = [tuple_of(2, pair, "each item of the List for List::unzip") for pair in pairs]
    return [first for first, _ in taken], [second for _, second in taken]


def _chunk(items: list[Value], size: int) -> list[Value]:
    step = max(size, 1)
    return [items[start : start + step] for start in range(0, len(items), step)]


def _window(items: list[Value], size: int) -> list[Value]:
    width = max(size, 1)
    count = max(len(items) - width + 1, 0)
    room_for_items(count * width, "List::window")
    return [items[start : start + width] for start in range(count)]


def _random_element(world: World, items: list[Value]) -> Value:
    return some(items[below(world, len(items))]) if items else NONE


FUNCTIONS = (
    LibraryFunction("List::empty_v0<a>() -> List<a>", _empty, "No items.", ("List::empty_v0() == []",)),
    LibraryFunction(
        "List::singleton_v0<a>(value: a) -> List<a>",
        lambda value: [value],
        "One item.",
        ("List::singleton_v0(1) == [1]",),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::range_v0(lowest: Int, highest: Int) -> List<Int>",
        _range,
        "The Ints from the lowest to the highest, both included; none if the highest is the lower.",
        ("List::range_v0(1, 3) == [1, 2, 3]", "List::range_v0(3, 1) == []"),
        cost=costs.ranged,
    ),
    LibraryFunction(
        "List::repeat_v0<a>(times: Int, value: a) -> List<a>",
        _repeat,
        "The value so many times.",
        ('List::repeat_v0(2, "a") == ["a", "a"]',),
        cost=costs.filled,
    ),
    LibraryFunction(
        "List::length_v0<a>(list: List<a>) -> Int",
        lambda items: len(items),
        "How many items.",
        ("List::length_v0([7, 8]) == 2",),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::isEmpty_v0<a>(list: List<a>) -> Bool",
        lambda items: not items,
        "Whether it has no items.",
        ("List::isEmpty_v0([])", "List::isEmpty_v0([1]) == false"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::head_v0<a>(list: List<a>) -> Any",
        lambda items: items[0] if items else UNIT,
        "The first item, or `()` if there is none.",
        ("List::head_v0([1, 2]) == 1", "List::head_v0([]) == ()"),
        deprecated=Deprecation(_NOTHING, Standard("List::head", 1), "Option::withDefault_v0(List::head_v1(?list), ())"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::last_v0<a>(list: List<a>) -> Any",
        lambda items: items[-1] if items else UNIT,
        "The last item, or `()` if there is none.",
        ("List::last_v0([1, 2]) == 2", "List::last_v0([]) == ()"),
        deprecated=Deprecation(_NOTHING, Standard("List::last", 1), "Option::withDefault_v0(List::last_v1(?list), ())"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::getAt_v0<a>(list: List<a>, index: Int) -> Any",
        lambda items, index: items[index] if 0 <= index < len(items) else UNIT,
        "The item at a place (the first is 0), or `()` if there is none.",
        ('List::getAt_v0(["a", "b"], 1) == "b"', "List::getAt_v0([], 0) == ()"),
        deprecated=Deprecation(
            _NOTHING, Standard("List::getAt", 1), "Option::withDefault_v0(List::getAt_v1(?list, ?index), ())"
        ),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::tail_v0<a>(list: List<a>) -> Option<List<a>>",
        lambda items: some(items[1:]) if items else NONE,
        "All but the first; None if there is no first.",
        ("List::tail_v0([1, 2, 3]) == Some([2, 3])", "List::tail_v0([]) == None"),
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::take_v0<a>(list: List<a>, count: Int) -> List<a>",
        lambda items, count: items[: max(count, 0)],
        "The first so many, or all.",
        ("List::take_v0([1, 2, 3], 2) == [1, 2]", "List::take_v0([1], -1) == []"),
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::drop_v0<a>(list: List<a>, count: Int) -> List<a>",
        lambda items, count: items[max(count, 0) :],
        "All but the first so many.",
        ("List::drop_v0([1, 2, 3], 2) == [3]",),
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::push_v0<a>(list: List<a>, value: a) -> List<a>",
        lambda items, value: [value, *items],
        "The value, then the items.",
        ("List::push_v0([2], 1) == [1, 2]",),
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::pushBack_v0<a>(list: List<a>, value: a) -> List<a>",
        lambda items, value: [*items, value],
        "The items, then the value.",
        ("List::pushBack_v0([1], 2) == [1, 2]",),
        growing=growing.push_back,
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::append_v0<a>(as: List<a>, bs: List<a>) -> List<a>",
        _append,
        "The items of one, then those of the other.",
        ("List::append_v0([1], [2, 3]) == [1, 2, 3]",),
        growing=growing.append_list,
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::flatten_v0<a>(lists: List<List<a>>) -> List<a>",
        _flatten,
        "The items of all the Lists in it.",
        ("List::flatten_v0([[1], [], [2, 3]]) == [1, 2, 3]",),
    ),
    LibraryFunction(
        "List::interleave_v0<a>(as: List<a>, bs: List<a>) -> List<a>",
        _interleave,
        "By turns one of each; at the end what the longer has more.",
        ("List::interleave_v0([1, 2, 3], [10, 20]) == [1, 10, 2, 20, 3]",),
    ),
    LibraryFunction(
        "List::interpose_v0<a>(list: List<a>, separator: a) -> List<a>",
        _interpose,
        "With the separator between each two.",
        ("List::interpose_v0([1, 2, 3], 0) == [1, 0, 2, 0, 3]",),
    ),
    LibraryFunction(
        "List::reverse_v0<a>(list: List<a>) -> List<a>",
        lambda items: items[::-1],
        "From the last to the first.",
        ("List::reverse_v0([1, 2, 3]) == [3, 2, 1]",),
        cost=costs.copied,
    ),
    LibraryFunction(
        "List::member_v0<a>(list: List<a>, value: a) -> Bool",
        _member,
        "Whether one of the items is equal to the value.",
        ("List::member_v0([1, 2], 2)", "List::member_v0([1, 2], 3) == false"),
    ),
    LibraryFunction(
        "List::contains_v0<a>(list: List<a>, value: a) -> Bool",
        _member,
        "Whether one of the items is equal to the value.",
        ("List::contains_v0([1, 2], 2)",),
        deprecated=Deprecation("it was renamed", Standard("List::member", 0), "List::member_v0(?list, ?value)"),
    ),
    LibraryFunction(
        "List::zip_v0<a, b>(as: List<a>, bs: List<b>) -> Option<List<(a, b)>>",
        lambda a, b: some(list(zip(a, b, strict=True))) if len(a) == len(b) else NONE,
        "Pairs of the items at the same places; None if one List is longer.",
        ('List::zip_v0([1, 2], ["a", "b"]) == Some([(1, "a"), (2, "b")])', "List::zip_v0([1], []) == None"),
    ),
    LibraryFunction(
        "List::zipShortest_v0<a, b>(as: List<a>, bs: List<b>) -> List<(a, b)>",
        lambda a, b: list(zip(a, b, strict=False)),
        "Pairs of the items at the same places, as far as both go.",
        ("List::zipShortest_v0([1, 2], [3]) == [(1, 3)]",),
    ),
    LibraryFunction(
        "List::zip3_v0<a, b, c>(as: List<a>, bs: List<b>, cs: List<c>) -> Option<List<(a, b, c)>>",
        lambda a, b, c: some(list(zip(a, b, c, strict=True))) if len(a) == len(b) == len(c) else NONE,
        "Triples of the items at the same places; None unless all are of one length.",
        ("List::zip3_v0([1], [2], [3]) == Some([(1, 2, 3)])",),
    ),
    LibraryFunction(
        "List::unzip_v0<a, b>(pairs: List<(a, b)>) -> (List<a>, List<b>)",
        _unzip,
        "The first items of all pairs, and the second.",
        ('List::unzip_v0([(1, "a"), (2, "b")]) == ([1, 2], ["a", "b"])',),
    ),
    LibraryFunction(
        "List::chunk_v0<a>(list: List<a>, size: Int) -> List<List<a>>",
        _chunk,
        "The items in Lists of that size (at least 1), the last of which may be shorter.",
        ("List::chunk_v0([1, 2, 3], 2) == [[1, 2], [3]]",),
    ),
    LibraryFunction(
        "List::window_v0<a>(list: List<a>, size: Int) -> List<List<a>>",
        _window,
        "Every run of that many neighbours.",
        ("List::window_v0([1, 2, 3], 2) == [[1, 2], [2, 3]]",),
        cost=costs.windowed,
    ),
    LibraryFunction(
        "List::randomElement_v0<a>(list: List<a>) -> Option<a>",
        _random_element,
        "One of the items by chance; None if there are none.",
        ("List::randomElement_v0([7]) == Some(7)",),
        effect=Effect.RANDOM,
    ),
)
