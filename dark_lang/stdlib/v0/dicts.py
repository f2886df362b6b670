"""Dict: values under String keys, in the order in which the keys came."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import Deprecation, LibraryFunction
from dark_lang.names import Standard
from dark_lang.stdlib import costs, growing
from dark_lang.stdlib.expecting import is_some, key_and_value, of_type, truth
from dark_lang.values.jsonifying import to_json
from dark_lang.values.model import NONE, UNIT, GuestDict, Value, some

Function = Callable[..., Value]


def _with(entries: GuestDict, key: str, value: Value) -> GuestDict:
    changed = GuestDict(entries)
    changed[key] = value
    return changed


def _without(entries: GuestDict, key: str) -> GuestDict:
    changed = GuestDict(entries)
    changed.pop(key, None)
    return changed


def _update(entries: GuestDict, key: str, f: Function) -> GuestDict:
    found = f(some(entries[key]) if key in entries else NONE)
    if is_some(found, "what the function of Dict::update gives"):
        return _with(entries, key, found.values[0])
    return _without(entries, key)


def _from_list(pairs: list[Value]) -> GuestDict:
    return GuestDict([key_and_value(pair, "each item of the List") for pair in pairs])


def _from_distinct(pairs: list[Value]) -> Value:
    entries = _from_list(pairs)
    return some(entries) if len(entries) == len(pairs) else NONE


def _map(entries: GuestDict, f: Function) -> GuestDict:
    changed = GuestDict()
    for key, value in entries.items():
        changed[key] = f(key, value)
    return changed


def _filter(entries: GuestDict, f: Function) -> GuestDict:
    kept = GuestDict()
    for key, value in entries.items():
        if truth(f(key, value), "what the function of Dict::filter gives"):
            kept[key] = value
    return kept


def _filter_map(entries: GuestDict, f: Function) -> GuestDict:
    kept = GuestDict()
    for key, value in entries.items():
        found = f(key, value)
        if is_some(found, "what the function of Dict::filterMap gives"):
            kept[key] = found.values[0]
    return kept


def _fold(entries: GuestDict, init: Value, f: Function) -> Value:
    for key, value in entries.items():
        init = f(init, key, value)
    return init


def _find(entries: GuestDict, f: Function) -> Value:
    for key, value in entries.items():
        if truth(f(key, value), "what the function of Dict::findFirst gives"):
            return some((key, value))
    return NONE


def _map_keys(entries: GuestDict, f: Function) -> GuestDict:
    changed = GuestDict()
    for key, value in entries.items():
        changed[of_type(str, "a String", f(key), "what the function of Dict::mapKeys gives")] = value
    return changed


FUNCTIONS = (
    LibraryFunction("Dict::empty_v0<a>() -> Dict<a>", lambda: GuestDict(), "No entries.", ("Dict::empty_v0() == #{}",)),
    LibraryFunction(
        "Dict::singleton_v0<a>(key: String, value: a) -> Dict<a>",
        lambda key, value: GuestDict({key: value}),
        "One entry.",
        ('Dict::singleton_v0("a", 1) == #{ "a": 1 }',),
    ),
    LibraryFunction(
        "Dict::size_v0<a>(dict: Dict<a>) -> Int",
        lambda entries: len(entries),
        "How many entries.",
        ('Dict::size_v0(#{ "a": 1 }) == 1',),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "Dict::isEmpty_v0<a>(dict: Dict<a>) -> Bool",
        lambda entries: not entries,
        "Whether it has no entries.",
        ("Dict::isEmpty_v0(#{})",),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "Dict::get_v0<a>(dict: Dict<a>, key: String) -> Any",
        lambda entries, key: entries.get(key, UNIT),
        "The value under the key, or `()` if there is none.",
        ('Dict::get_v0(#{ "a": 1 }, "a") == 1', 'Dict::get_v0(#{ "a": 1 }, "b") == ()'),
        deprecated=Deprecation(
            "what it gives for nothing cannot be told from a value",
            Standard("Dict::get", 1),
            "Option::withDefault_v0(Dict::get_v1(?dict, ?key), ())",
        ),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "Dict::getWithDefault_v0<a>(dict: Dict<a>, key: String, default: a) -> a",
        lambda entries, key, default: entries.get(key, default),
        "The value under the key, or the default.",
        ('Dict::getWithDefault_v0(#{ "a": 1 }, "b", 0) == 0',),
    ),
    LibraryFunction(
        "Dict::member_v0<a>(dict: Dict<a>, key: String) -> Bool",
        lambda entries, key: key in entries,
        "Whether something is under the key.",
        ('Dict::member_v0(#{ "a": 1 }, "a")',),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "Dict::set_v0<a>(dict: Dict<a>, key: String, value: a) -> Dict<a>",
        _with,
        "The same with the value under the key.",
        ('Dict::set_v0(#{ "a": 1 }, "b", 2) == #{ "a": 1, "b": 2 }',),
        growing=growing.set_entry,
    ),
    LibraryFunction(
        "Dict::remove_v0<a>(dict: Dict<a>, key: String) -> Dict<a>",
        _without,
        "The same without the key.",
        ('Dict::remove_v0(#{ "a": 1, "b": 2 }, "a") == #{ "b": 2 }',),
    ),
    LibraryFunction(
        "Dict::update_v0<a>(dict: Dict<a>, key: String, f: Option<a> -> Option<a>) -> Dict<a>",
        _update,
        "The same with what the function makes of the value under the key; it gives None to have no entry.",
        ('Dict::update_v0(#{ "a": 1 }, "a", old => Option::map_v0(old, n => n + 1)) == #{ "a": 2 }',),
        cost=costs.entered,
    ),
    LibraryFunction(
        "Dict::keys_v0<a>(dict: Dict<a>) -> List<String>",
        lambda entries: list(entries),
        "All keys.",
        ('Dict::keys_v0(#{ "a": 1, "b": 2 }) == ["a", "b"]',),
    ),
    LibraryFunction(
        "Dict::values_v0<a>(dict: Dict<a>) -> List<a>",
        lambda entries: list(entries.values()),
        "All values.",
        ('Dict::values_v0(#{ "a": 1, "b": 2 }) == [1, 2]',),
    ),
    LibraryFunction(
        "Dict::toList_v0<a>(dict: Dict<a>) -> List<(String, a)>",
        lambda entries: list(entries.items()),
        "Each key with its value.",
        ('Dict::toList_v0(#{ "a": 1 }) == [("a", 1)]',),
    ),
    LibraryFunction(
        "Dict::fromList_v0<a>(entries: List<(String, a)>) -> Option<Dict<a>>",
        _from_distinct,
        "The Dict with these entries; None if two have the same key.",
        ('Dict::fromList_v0([("a", 1)]) == Some(#{ "a": 1 })', 'Dict::fromList_v0([("a", 1), ("a", 2)]) == None'),
    ),
    LibraryFunction(
        "Dict::fromListOverwritingDuplicates_v0<a>(entries: List<(String, a)>) -> Dict<a>",
        _from_list,
        "The Dict with these entries; of two with one key, the later counts.",
        ('Dict::fromListOverwritingDuplicates_v0([("a", 1), ("a", 2)]) == #{ "a": 2 }',),
    ),
    LibraryFunction(
        "Dict::merge_v0<a>(left: Dict<a>, right: Dict<a>) -> Dict<a>",
        lambda left, right: GuestDict({**left, **right}),
        "The entries of both; where both have a key, the right one's value.",
        ('Dict::merge_v0(#{ "a": 1, "b": 2 }, #{ "b": 3 }) == #{ "a": 1, "b": 3 }',),
    ),
    LibraryFunction(
        "Dict::map_v0<a, b>(dict: Dict<a>, f: (String, a) -> b) -> Dict<b>",
        _map,
        "What the function makes of each key and value, under the same keys.",
        ('Dict::map_v0(#{ "a": 1 }, (key, n) => n * 2) == #{ "a": 2 }',),
    ),
    LibraryFunction(
        "Dict::mapKeys_v0<a>(dict: Dict<a>, f: String -> String) -> Dict<a>",
        _map_keys,
        "The same values under what the function makes of their keys.",
        ('Dict::mapKeys_v0(#{ "a": 1 }, key => String::toUppercase_v0(key)) == #{ "A": 1 }',),
    ),
    LibraryFunction(
        "Dict::filter_v0<a>(dict: Dict<a>, f: (String, a) -> Bool) -> Dict<a>",
        _filter,
        "The entries of whose key and value the function holds.",
        ('Dict::filter_v0(#{ "a": 1, "b": 2 }, (key, n) => n > 1) == #{ "b": 2 }',),
    ),
    LibraryFunction(
        "Dict::filterMap_v0<a, b>(dict: Dict<a>, f: (String, a) -> Option<b>) -> Dict<b>",
        _filter_map,
        "What is in the Somes that the function gives; its Nones are left out.",
        ('Dict::filterMap_v0(#{ "a": 1, "b": 2 }, (key, n) => if n > 1 then Some(key) else None) == #{ "b": "b" }',),
    ),
    LibraryFunction(
        "Dict::fold_v0<a, b>(dict: Dict<a>, init: b, f: (b, String, a) -> b) -> b",
        _fold,
        "Starts with `init`, and puts in its place what the function makes of it and each key and value in turn.",
        ('Dict::fold_v0(#{ "a": 1, "b": 2 }, 0, (sum, key, n) => sum + n) == 3',),
        growing=growing.fold_dict,
    ),
    LibraryFunction(
        "Dict::findFirst_v0<a>(dict: Dict<a>, f: (String, a) -> Bool) -> Option<(String, a)>",
        _find,
        "The first entry of whose key and value the function holds.",
        ('Dict::findFirst_v0(#{ "a": 1, "b": 2 }, (key, n) => n > 1) == Some(("b", 2))',),
    ),
    LibraryFunction(
        "Dict::foreach_v0<a, b>(dict: Dict<a>, f: a -> b) -> Dict<b>",
        lambda entries, f: GuestDict([(key, f(value)) for key, value in entries.items()]),
        "What the function makes of each value, under the same keys.",
        ('Dict::foreach_v0(#{ "a": 1 }, n => n + 1) == #{ "a": 2 }',),
        deprecated=Deprecation(
            "Dict::map passes the key too", Standard("Dict::map", 0), "Dict::map_v0(?dict, (_, value) => (?f)(value))"
        ),
    ),
    LibraryFunction(
        "Dict::toJson_v0<a>(dict: Dict<a>) -> String",
        lambda entries: to_json(entries),
        "The Dict as JSON text.",
        (r'Dict::toJson_v0(#{ "a": 1 }) == "{\"a\":1}"',),
    ),
)
