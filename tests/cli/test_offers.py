"""What `dark actions` offers for a mark or a hole can be typed as it stands, and does what it is offered for."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from in_process import Done, dark, made

DEFINITIONS = (
    ("type", "Item = { name: String, price: Int }"),
    ("type", "Shape = Circle(Float) | Square(Float)"),
    ("db", "Items", "Item"),
    ("fn", "Shop::total(items: List<Item>, tax: Int) -> Int", "tax"),
    ("fn", "Shop::first(items: List<Item>) -> Option<Item>", "List::head(items)"),
    ("fn", "Shop::gone(n: Int) -> Int", "n"),
    ("http", "GET", "/gone", "Shop::gone(1)"),
)

# The handler's body, the place that is marked or a hole, and the beginning of the first line that is offered there.
CASES = (
    ('Int::toString("1" |> String::length())', "#body.args.0", "dark replace-node"),
    ("Shop::totl([], 3)", "#body", "dark retarget 'GET:/case#body' Shop::total_v0"),
    ("let number = 1\nnumbr + 1", "#body.body.args.0", "dark replace-node 'GET:/case#body.body.args.0' number"),
    ('"a ${1}"', "#body.parts.1", "dark wrap 'GET:/case#body.parts.1' 'Int::toString(?it)'"),
    ('String::length("a") + "1"', "#body.args.1", "dark wrap 'GET:/case#body.args.1' 'Int::parse(?it)!'"),
    ("1.5 + 1", "#body.args.1", "dark wrap 'GET:/case#body.args.1' 'Int::toFloat(?it)'"),
    ('"${Shop::first([])!.name}${List::head(["a"])}"', "#body.parts.1", "dark wrap 'GET:/case#body.parts.1' '?it!'"),
    ("Option::withDefault(1, 2)", "#body.args.0", "dark wrap 'GET:/case#body.args.0' 'Some(?it)'"),
    ("Shop::first([]).name", "#body", "dark rewrite '?it.name' '?it!.name' --in 'GET:/case#body'"),
    ("request.query.page", "#body", "dark rewrite '?it.page' 'Dict::get(?it, \"page\")' --in 'GET:/case#body'"),
    ('request.query."a b"', "#body", "dark rewrite"),
    ("Shop::total([])", "#body", "dark insert 'GET:/case#body' '?' --last"),
    ("Shop::total([], 1, 2, 3)", "#body", "dark rewrite 'Shop::total_v0(?x1, ?x2, ?x3, ?x4)' "),
    (
        "[] |> Shop::total(1, 2)",
        "#body.steps.0",
        "dark rewrite 'Shop::total_v0(?x1, ?x2, ?x3)' ",
    ),
    ("Circle()", "#body", "dark insert 'GET:/case#body' '?' --last"),
    ("Circle(1.0, 2.0)", "#body", "dark rewrite 'Shape_v0::Circle(?x1, ?x2)' 'Shape_v0::Circle(?x1)'"),
    ("let f = (x, y) => x + y\nf(1)", "#body.body", "dark insert 'GET:/case#body.body' '?' --last"),
    ("1!", "#body", "dark splice 'GET:/case#body'"),
    ("List::foreach([1], x => x)", "#body", "dark rewrite 'List::foreach_v0(?list, ?f)' 'List::map_v0(?list, ?f)'"),
    ("[1] |> List::foreach(x => x)", "#body.steps.0", "dark rewrite 'List::foreach_v0(?list, ?f)'"),
    ("let unused = 1\n2", "#body.pattern", "dark rename 'GET:/case#body.pattern' _unused"),
    ("match Some(1) { Some(n) -> n }", "#body", "dark insert 'GET:/case#body' '_ -> ?' --last"),
    ("match true { _ -> 1, true -> 2 }", "#body.arms.1", "dark delete 'GET:/case#body.arms.1'"),
    ("match Circle(1.0) { Shape::Circl(r) -> r, _ -> 0.0 }", "#body.arms.0.pattern", "dark set"),
    ("Circel(1.0)", "#body", "dark set 'GET:/case#body' case Circle"),
    ("match Circle(1.0) { Circel(r) -> r, _ -> 0.0 }", "#body.arms.0.pattern", "dark set"),
    ("Shape_v0::Circel(1.0)", "#body", "dark set 'GET:/case#body' case Circle"),
    ('let item = { name: "a", price: 1 }\nitem.nam', "#body.body", "dark set 'GET:/case#body.body' label name"),
    ('DB::get(Itms-v0, "a")', "#body.args.0", "dark replace-node 'GET:/case#body.args.0' Items-v0"),
    ("Shop::total(?, 1)", "#body.args.0", "dark fill 'GET:/case#body.args.0' ?"),
    ('let n = 1\nlet s = "a"\nn + ?', "#body.body.body.args.1", "dark fill 'GET:/case#body.body.body.args.1' n"),
    ("if ? then 1 else 2", "#body.condition", "dark fill 'GET:/case#body.condition' true"),
    ('DB::set(?, "a", { name: "a", price: 1 })', "#body.args.0", "dark fill 'GET:/case#body.args.0' Items-v0"),
    ("Shop::total(Option::toList(?), 1)", "#body.args.0.args.0", "dark fill"),
    ('String::length("${request.path}${?}")', "#body.args.0.parts.1", "dark fill"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("offers") / "shop")
    for words in DEFINITIONS:
        done(folder, "insert", *words)
    done(folder, "delete", "Shop::gone")
    return folder


def done(folder: Path, *words: str) -> Done:
    answer = dark(folder, *words)
    assert answer.code == 0, (words, answer)
    return answer


def marks_at(folder: Path, address: str) -> set[str]:
    """Their kinds; none where the place is gone."""
    answer = dark(folder, "check", address, "--json")
    if answer.code == 3:
        return set()
    return {mark["kind"] for mark in json.loads(answer.out)["found"] if mark["address"] == address}


@pytest.mark.parametrize(("body", "place", "first"), CASES, ids=[f"{body}{place}" for body, place, _ in CASES])
def test_what_is_offered_first(shop: Path, body: str, place: str, first: str) -> None:
    done(shop, "insert", "http", "GET", "/case", body)
    try:
        address = f"GET:/case{place}"
        before = marks_at(shop, address)
        lines = json.loads(done(shop, "actions", address, "--json").out)
        assert lines[0].startswith(first), lines
        done(shop, *shlex.split(lines[0])[1:])
        left = marks_at(shop, address)
        assert not before or left < before or lines[0].endswith(" ?"), (before, left)
    finally:
        done(shop, "delete", "GET:/case")


def test_what_was_deleted_is_brought_back(shop: Path) -> None:
    lines = json.loads(done(shop, "actions", "GET:/gone#body", "--json").out)
    assert lines[0] == "dark restore Shop::gone_v0"
    done(shop, *shlex.split(lines[0])[1:])
    assert json.loads(done(shop, "check", "GET:/gone", "--json").out)["found"] == []
    done(shop, "delete", "Shop::gone")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("Shop::total(?, 1)", "#body.args.0"),
        ('"a ${1}"', "#body.parts.1"),
        ("Shop::totl([1, 2], n)", "#body"),
        ("let n = ?\nmatch n { Some(m) -> m, None -> 1 }", "#body.body"),
    ],
)
def test_each_line_is_one_that_the_command_line_takes(shop: Path, body: str, place: str) -> None:
    done(shop, "insert", "http", "GET", "/case", body)
    try:
        for line in json.loads(done(shop, "actions", f"GET:/case{place}", "--json").out):
            answer = dark(shop, *shlex.split(line)[1:], "--dry-run")
            assert answer.code in (0, 6), (line, answer)  # 6: there is a reason not to, and it says which
    finally:
        done(shop, "delete", "GET:/case")
