"""JSON read as values of a type: `Json::parse<User>(text)`, `Json::as<User>(request.json)`.

Which type that is stands at the call, or follows from what is done with the value; an Error says where the JSON is
something else. `Json::parse` gives a Json itself where that is the type asked for.
"""

from __future__ import annotations

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.values.decoding import Decoder, decode
from dark_lang.values.jsonifying import from_json
from dark_lang.values.model import Json, Value, error, ok


def _parse(decoder: Decoder, text: str) -> Value:
    try:
        return ok(decode(decoder, from_json(text)))
    except Failed as failed:
        return error(failed.message)


def _as(decoder: Decoder, json: Json) -> Value:
    try:
        return ok(decode(decoder, json))
    except Failed as failed:
        return error(failed.message)


FUNCTIONS = (
    LibraryFunction(
        "Json::parse_v2<a>(text: String) -> Result<a, String>",
        _parse,
        "What the JSON text says, as a value of the type: `Json::parse<User>(text)`. The Error says where it is none.",
        (
            'Json::parse_v2<List<Int>>("[1, 2]") == Ok([1, 2])',
            'Json::parse_v2<{ n: Option<Int> }>("{}") == Ok({ n: None })',
            r'Json::parse_v2<Dict<Int>>("{\"a\": true}") == Error("a: expected Int, found Bool true")',
            'Result::isOk_v0(Json::parse_v2<Json>("[1, null]"))',
        ),
        decodes=True,
    ),
    LibraryFunction(
        "Json::as_v0<a>(json: Json) -> Result<a, String>",
        _as,
        "The Json as a value of the type: `Json::as<User>(request.json)`. The Error says where it is none.",
        (
            'Json::as_v0<(Int, String)>(Json::from_v0((1, "a"))) == Ok((1, "a"))',
            'Json::as_v0<List<Int>>(Json::from_v0([1.0, 2.5])) == Error("1: expected Int, found Float 2.5")',
        ),
        decodes=True,
    ),
)
