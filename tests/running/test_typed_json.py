"""Calls that read JSON as values of a type: what the checker says of them, and that it says so of exactly those that
could not run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from memory_canvas import MemoryCanvas, library

from dark_lang.checking.marks import Kind
from dark_lang.compiling.compiled import Left
from dark_lang.library import DECODING_FUNCTIONS
from dark_lang.values.model import Json
from runtime.checking import Checks
from runtime.linking import CodeCache


def marks(canvas: MemoryCanvas, body: str) -> list[tuple[Kind, str]]:
    handler = canvas.http("/x", body)
    return [(mark.kind, mark.says) for mark in Checks(canvas, library()).of(handler).marks]


@pytest.mark.parametrize(
    "body",
    [
        "Json::as<User>(request.json)!",
        "Json::as<List<User>>(request.json)",
        "String::length((Json::as<User>(request.json)!).name)",
        'Int::toString(Json::parse("1")!)',
        'Json::get(Json::parse("{}")!, "a")',
        "request.json |> Json::as<User>()",
        "List::map([request.json], Json::as<User>)",
    ],
)
def test_known(body: str) -> None:
    canvas = MemoryCanvas()
    canvas.type("User = { name: String }")
    assert marks(canvas, body) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Json::as(request.json)!", "what Json::as is to read is not known here; write the type: Json::as<User>(…)"),
        ('Json::parse("1")', "what Json::parse is to read is not known here; write the type: Json::parse<User>(…)"),
        ("(Json::as(request.json)!).name", "which fields"),
        ("Json::as<User -> Int>(request.json)!", "a function, cannot be read from JSON"),
        ("Json::as<List<Response>>(request.json)!", "a Response cannot be read from JSON"),
        ("List::map([request.json], Json::as)", "what Json::as is to read"),
        ("request.json |> Json::as()", "what Json::as is to read"),
    ],
)
def test_not_known(body: str, says: str) -> None:
    canvas = MemoryCanvas()
    canvas.type("User = { name: String }")
    found = marks(canvas, body)
    assert [kind for kind, _ in found] == [Kind.UNCLEAR]
    assert says in found[0][1]


def test_a_type_that_changes_is_read_as_it_is_now() -> None:
    """The code that reads is the same, and so is kept."""
    canvas, cache = MemoryCanvas(), CodeCache()
    user = canvas.type("User = { name: String }")
    reader = canvas.function("M::read(json: Json) -> Result<User, String>", "Json::as(json)")
    json = Json({"name": "Ada"})
    assert canvas.linker(cache).callable_for(reader)(json).values == ({"name": "Ada"},)
    longer = MemoryCanvas()
    changed = longer.trees[longer.type("User = { name: String, age: Int }")]
    canvas.trees[user] = replace(canvas.trees[user], definition=changed.definition)
    assert canvas.linker(cache).callable_for(reader)(json).values == ("age: expected Int, found nothing",)


def test_declarations_and_compiler_agree_which_functions_decode() -> None:
    declared = {(each.name, each.version) for each, function in library().functions.items() if function.decodes}
    assert declared == DECODING_FUNCTIONS


def test_an_error_leaves_a_handler_with_its_path() -> None:
    canvas = MemoryCanvas()
    canvas.type("User = { name: String }")
    handler = canvas.http("/x", "Json::as<User>(request.json)!")
    left = canvas.call(handler, {"json": Json({"name": 1})})
    assert isinstance(left, Left)
    assert left.value.values == ("name: expected String, found Int 1",)
