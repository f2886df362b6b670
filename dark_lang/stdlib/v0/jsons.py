"""Json: text to values and back, and ways into what came from outside. None wherever something else is there."""

from __future__ import annotations

from typing import Any

from dark_lang.library import Deprecation, LibraryFunction
from dark_lang.names import Standard
from dark_lang.stdlib import costs
from dark_lang.stdlib.expecting import all_of_type
from dark_lang.values.jsonifying import from_json, to_json
from dark_lang.values.model import NONE, GuestDict, Json, Value, some

_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _get(json: Json, key: str) -> Value:
    raw = json.raw
    return some(Json(raw[key])) if type(raw) is dict and key in raw else NONE


def _get_at(json: Json, index: int) -> Value:
    raw = json.raw
    return some(Json(raw[index])) if type(raw) is list and 0 <= index < len(raw) else NONE


def _path(json: Json, keys: list[Value]) -> Value:
    all_of_type(str, "Strings", keys, "Json::path")
    raw = json.raw
    for key in keys:
        if type(raw) is not dict or key not in raw:
            return NONE
        raw = raw[key]
    return some(Json(raw))


def _as(kind: type, raw: Any) -> Value:
    return some(raw) if type(raw) is kind else NONE


def _as_float(json: Json) -> Value:
    raw = json.raw
    if type(raw) is int and abs(raw) < 1 << 1000:
        return some(float(raw))
    return _as(float, raw)


def _as_int(json: Json) -> Value:
    raw = json.raw
    if type(raw) is float and raw.is_integer() and abs(raw) <= 1 << 53:
        return some(int(raw))
    return _as(int, raw)


def _as_list(json: Json) -> Value:
    return some([Json(item) for item in json.raw]) if type(json.raw) is list else NONE


def _as_dict(json: Json) -> Value:
    raw = json.raw
    return some(GuestDict([(key, Json(item)) for key, item in raw.items()])) if type(raw) is dict else NONE


def _from(value: Value) -> Json:
    return from_json(to_json(value))


_ADA = r'Result::unwrap_v0(Json::parse_v1("{\"name\": \"Ada\", \"age\": 36, \"tags\": [true]}"))'

FUNCTIONS = (
    LibraryFunction(
        "Json::parse_v0(text: String) -> Json",
        from_json,
        "What the JSON text says. Fails if it is none.",
        ('Json::asInt_v0(Json::parse_v0("1")) == Some(1)',),
        deprecated=Deprecation(
            "it fails where an Error could be handled",
            Standard("Json::parse", 1),
            "Result::unwrap_v0(Json::parse_v1(?text))",
        ),
    ),
    LibraryFunction(
        "Json::stringify_v0<a>(value: a) -> String",
        to_json,
        "The value as JSON text: records and Dicts are objects, None is null, `Some(x)` is x, a DateTime is ISO 8601"
        " text. Fails for functions, NaN and infinities.",
        (r'Json::stringify_v0({ a: [1.5, 2.5], b: None }) == "{\"a\":[1.5,2.5],\"b\":null}"',),
        cost=costs.written,
    ),
    LibraryFunction(
        "Json::from_v0<a>(value: a) -> Json",
        _from,
        "The value as Json, as Json::stringify would write it.",
        ('Json::get_v0(Json::from_v0({ a: 1 }), "a") == Some(Json::from_v0(1))',),
        cost=costs.written,
    ),
    LibraryFunction(
        "Json::null_v0() -> Json", lambda: Json(None), "The null of JSON.", ("Json::isNull_v0(Json::null_v0())",)
    ),
    LibraryFunction(
        "Json::isNull_v0(json: Json) -> Bool",
        lambda json: json.raw is None,
        "Whether it is null.",
        ("Json::isNull_v0(Json::from_v0(1)) == false",),
    ),
    LibraryFunction(
        "Json::kind_v0(json: Json) -> String",
        lambda json: _KINDS[type(json.raw)],
        "One of null, boolean, number, string, array and object.",
        ('Json::kind_v0(Json::from_v0([])) == "array"',),
    ),
    LibraryFunction(
        "Json::get_v0(json: Json, key: String) -> Option<Json>",
        _get,
        "What an object has under the key; None if it has nothing there, or is no object.",
        (f'Json::get_v0({_ADA}, "age") == Some(Json::from_v0(36))', f'Json::get_v0({_ADA}, "x") == None'),
    ),
    LibraryFunction(
        "Json::getAt_v0(json: Json, index: Int) -> Option<Json>",
        _get_at,
        "What an array has at the place (the first is 0); None if it has nothing there, or is no array.",
        ("Json::getAt_v0(Json::from_v0([5, 6]), 1) == Some(Json::from_v0(6))",),
    ),
    LibraryFunction(
        "Json::path_v0(json: Json, keys: List<String>) -> Option<Json>",
        _path,
        "What is under the keys, one object inside the other.",
        ('Json::path_v0(Json::from_v0({ a: { b: 1 } }), ["a", "b"]) == Some(Json::from_v0(1))',),
    ),
    LibraryFunction(
        "Json::asString_v0(json: Json) -> Option<String>",
        lambda json: _as(str, json.raw),
        "Its text, if it is a string.",
        ('Json::asString_v0(Json::from_v0("a")) == Some("a")', "Json::asString_v0(Json::from_v0(1)) == None"),
    ),
    LibraryFunction(
        "Json::asInt_v0(json: Json) -> Option<Int>",
        _as_int,
        "The number, if it is whole.",
        ("Json::asInt_v0(Json::from_v0(1)) == Some(1)", "Json::asInt_v0(Json::from_v0(1.5)) == None"),
    ),
    LibraryFunction(
        "Json::asFloat_v0(json: Json) -> Option<Float>",
        _as_float,
        "The number, whole or not.",
        ("Json::asFloat_v0(Json::from_v0(1)) == Some(1.0)",),
    ),
    LibraryFunction(
        "Json::asBool_v0(json: Json) -> Option<Bool>",
        lambda json: _as(bool, json.raw),
        "The truth value, if it is one.",
        ("Json::asBool_v0(Json::from_v0(true)) == Some(true)",),
    ),
    LibraryFunction(
        "Json::asList_v0(json: Json) -> Option<List<Json>>",
        _as_list,
        "The items, if it is an array.",
        ("Option::map_v0(Json::asList_v0(Json::from_v0([1, 2])), items => List::length_v0(items)) == Some(2)",),
    ),
    LibraryFunction(
        "Json::asDict_v0(json: Json) -> Option<Dict<Json>>",
        _as_dict,
        "The members, if it is an object.",
        ('Option::map_v0(Json::asDict_v0(Json::from_v0({ a: 1 })), dict => Dict::keys_v0(dict)) == Some(["a"])',),
    ),
    LibraryFunction(
        "Json::keys_v0(json: Json) -> List<String>",
        lambda json: list(json.raw) if type(json.raw) is dict else [],
        "The names of an object's members; none if it is no object.",
        ('Json::keys_v0(Json::from_v0({ a: 1, b: 2 })) == ["a", "b"]',),
    ),
)
