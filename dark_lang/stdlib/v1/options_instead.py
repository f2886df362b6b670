"""What gave a value or nothing at all in version 0, and gives an Option since."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import Effect, LibraryFunction, World
from dark_lang.stdlib import costs
from dark_lang.stdlib.expecting import truth
from dark_lang.stdlib.v0.datastores import found_rows
from dark_lang.values.model import NONE, DatastoreValue, GuestDict, Value, some


def _find_first(items: list[Value], f: Callable[..., Value]) -> Value:
    for item in items:
        if truth(f(item), "what the function of List::findFirst gives"):
            return some(item)
    return NONE


def _get(entries: GuestDict, key: str) -> Value:
    return some(entries[key]) if key in entries else NONE


def _get_row(world: World, store: DatastoreValue, key: str) -> Value:
    found = world.db_get(store.id, key)
    return NONE if found is None else some(found)


def _get_many(world: World, store: DatastoreValue, keys: list[Value]) -> Value:
    rows = found_rows(world, store, keys)
    return some([value for _, value in rows]) if len(rows) == len(keys) else NONE


FUNCTIONS = (
    LibraryFunction(
        "List::head_v1<a>(list: List<a>) -> Option<a>",
        lambda items: some(items[0]) if items else NONE,
        "The first item; None if there is none.",
        ("List::head_v1([1, 2]) == Some(1)", "List::head_v1([]) == None"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::last_v1<a>(list: List<a>) -> Option<a>",
        lambda items: some(items[-1]) if items else NONE,
        "The last item; None if there is none.",
        ("List::last_v1([1, 2]) == Some(2)", "List::last_v1([]) == None"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::getAt_v1<a>(list: List<a>, index: Int) -> Option<a>",
        lambda items, index: some(items[index]) if 0 <= index < len(items) else NONE,
        "The item at a place (the first is 0); None if there is none.",
        ('List::getAt_v1(["a", "b"], 1) == Some("b")', "List::getAt_v1([1], -1) == None"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "List::findFirst_v1<a>(list: List<a>, f: a -> Bool) -> Option<a>",
        _find_first,
        "The first item of which the function holds; None if there is none.",
        ("List::findFirst_v1([1, 2, 3], x => x > 1) == Some(2)", "List::findFirst_v1([1], x => x > 1) == None"),
    ),
    LibraryFunction(
        "Dict::get_v1<a>(dict: Dict<a>, key: String) -> Option<a>",
        _get,
        "The value under the key; None if there is none.",
        ('Dict::get_v1(#{ "a": 1 }, "a") == Some(1)', 'Dict::get_v1(#{ "a": 1 }, "b") == None'),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "DB::get_v1<a>(store: Datastore<a>, key: String) -> Option<a>",
        _get_row,
        "The value under the key; None if there is none.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        "DB::getMany_v1<a>(store: Datastore<a>, keys: List<String>) -> Option<List<a>>",
        _get_many,
        "The values under all of the keys; None if one of them is missing.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        "DB::getAll_v1<a>(store: Datastore<a>) -> List<(String, a)>",
        lambda world, store: world.db_items(store.id),
        "Every key with its value, in the order of the keys.",
        effect=Effect.READS,
    ),
)
