"""DB: rows of a datastore, by key. The datastore comes first, as what is worked on does elsewhere.

Reads see the last commit and the run's own writes; writes take effect when the handler's answer does.
"""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.errors import Failed
from dark_lang.library import Deprecation, Effect, LibraryFunction, World
from dark_lang.names import Standard
from dark_lang.stdlib.expecting import all_of_type, truth
from dark_lang.values.demanding import hole_reached
from dark_lang.values.model import NONE, UNIT, DatastoreValue, GuestDict, HoleValue, Value, some

Function = Callable[..., Value]
LONGEST_KEY = 1_000
"""Characters."""


def set_row(world: World, store: DatastoreValue, key: str, value: Value) -> Value:
    if type(value) is HoleValue:
        raise hole_reached(value)
    if len(key) > LONGEST_KEY:
        raise Failed(f"a key of {len(key):,} characters is too long for a datastore; the most are {LONGEST_KEY:,}")
    world.db_set(store.id, key, value)
    return value


def _get_or_unit(world: World, store: DatastoreValue, key: str) -> Value:
    found = world.db_get(store.id, key)
    return UNIT if found is None else found


def _get_with_default(world: World, store: DatastoreValue, key: str, default: Value) -> Value:
    found = world.db_get(store.id, key)
    return default if found is None else found


def found_rows(world: World, store: DatastoreValue, keys: list[Value]) -> list[tuple[str, Value]]:
    all_of_type(str, "Strings", keys, "a function of DB")
    rows = [(key, world.db_get(store.id, key)) for key in keys]
    return [(key, value) for key, value in rows if value is not None]


def _delete(world: World, store: DatastoreValue, key: str) -> Value:
    world.db_delete(store.id, key)
    return UNIT


def _delete_all(world: World, store: DatastoreValue) -> Value:
    for key in world.db_keys(store.id):
        world.db_delete(store.id, key)
    return UNIT


def _update(world: World, store: DatastoreValue, key: str, f: Function) -> Value:
    found = world.db_get(store.id, key)
    return NONE if found is None else some(set_row(world, store, key, f(found)))


def _matching(world: World, store: DatastoreValue, f: Function) -> list[tuple[str, Value]]:
    kept = []
    for key, value in world.db_items(store.id):
        if truth(f(value), "what the filter of the query gives"):
            kept.append((key, value))
    return kept


def _query_one(world: World, store: DatastoreValue, f: Function) -> Value:
    for _, value in world.db_items(store.id):
        if truth(f(value), "what the filter of the query gives"):
            return some(value)
    return NONE


def _generate_key(world: World) -> str:
    return world.random_bytes(16).hex()


_STORE = "<a>(store: Datastore<a>"
_ROWS = "the rows and their keys can be had together"

FUNCTIONS = (
    LibraryFunction(
        f"DB::get_v0{_STORE}, key: String) -> Any",
        _get_or_unit,
        "The value under the key, or `()` if there is none.",
        effect=Effect.READS,
        deprecated=Deprecation(
            "what it gives for nothing cannot be told from a value",
            Standard("DB::get", 1),
            "Option::withDefault_v0(DB::get_v1(?store, ?key), ())",
        ),
    ),
    LibraryFunction(
        f"DB::getWithDefault_v0{_STORE}, key: String, default: a) -> a",
        _get_with_default,
        "The value under the key, or the default.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::exists_v0{_STORE}, key: String) -> Bool",
        lambda world, store, key: world.db_get(store.id, key) is not None,
        "Whether something is under the key.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::set_v0{_STORE}, key: String, value: a) -> a",
        set_row,
        "Puts the value under the key, in place of what was there, and gives it back.",
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        f"DB::update_v0{_STORE}, key: String, f: a -> a) -> Option<a>",
        _update,
        "Puts what the function makes of the value under the key in its place, and gives it; None if there is none.",
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        f"DB::delete_v0{_STORE}, key: String) -> Unit",
        _delete,
        "Takes away what is under the key, if anything is.",
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        f"DB::deleteAll_v0{_STORE}) -> Unit",
        _delete_all,
        "Takes away every row.",
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        f"DB::keys_v0{_STORE}) -> List<String>",
        lambda world, store: world.db_keys(store.id),
        "All keys, in order.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::count_v0{_STORE}) -> Int",
        lambda world, store: world.db_count(store.id),
        "How many rows there are.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::getAll_v0{_STORE}) -> List<a>",
        lambda world, store: [value for _, value in world.db_items(store.id)],
        "All values, in the order of their keys.",
        effect=Effect.READS,
        deprecated=Deprecation(
            _ROWS, Standard("DB::getAll", 1), "List::map_v0(DB::getAll_v1(?store), pair => Tuple2::second_v0(pair))"
        ),
    ),
    LibraryFunction(
        f"DB::values_v0{_STORE}) -> List<a>",
        lambda world, store: [value for _, value in world.db_items(store.id)],
        "All values, in the order of their keys.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::getAllWithKeys_v0{_STORE}) -> Dict<a>",
        lambda world, store: GuestDict(world.db_items(store.id)),
        "All values under their keys.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::getMany_v0{_STORE}, keys: List<String>) -> List<a>",
        lambda world, store, keys: [value for _, value in found_rows(world, store, keys)],
        "The values under those of the keys that there are.",
        effect=Effect.READS,
        deprecated=Deprecation(
            "it does not say that some are missing", Standard("DB::getExisting", 0), "DB::getExisting_v0(?store, ?keys)"
        ),
    ),
    LibraryFunction(
        f"DB::getExisting_v0{_STORE}, keys: List<String>) -> List<a>",
        lambda world, store, keys: [value for _, value in found_rows(world, store, keys)],
        "The values under those of the keys that there are.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::getManyWithKeys_v0{_STORE}, keys: List<String>) -> Dict<a>",
        lambda world, store, keys: GuestDict(found_rows(world, store, keys)),
        "The values under those of the keys that there are, with their keys.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::query_v0{_STORE}, filter: a -> Bool) -> List<a>",
        lambda world, store, f: [value for _, value in _matching(world, store, f)],
        "The values of which the function holds.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::queryWithKey_v0{_STORE}, filter: a -> Bool) -> Dict<a>",
        lambda world, store, f: GuestDict(_matching(world, store, f)),
        "The values of which the function holds, under their keys.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::queryOne_v0{_STORE}, filter: a -> Bool) -> Option<a>",
        _query_one,
        "The first value, in the order of the keys, of which the function holds.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        f"DB::queryCount_v0{_STORE}, filter: a -> Bool) -> Int",
        lambda world, store, f: len(_matching(world, store, f)),
        "Of how many values the function holds.",
        effect=Effect.READS,
    ),
    LibraryFunction(
        "DB::generateKey_v0() -> String",
        _generate_key,
        "A random key that no other row will have.",
        ("String::length_v1(DB::generateKey_v0()) == 32",),
        effect=Effect.RANDOM,
    ),
)
