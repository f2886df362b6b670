"""How deep a tree may be, what becomes of what is deeper, and what costs no depth at all."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from plain_names import PlainNames

from dark_lang.names import Fresh, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, descend, same
from dark_lang.notation.printing import print_any, print_expression, print_lines
from dark_lang.notation.reading import read_expression, read_pattern, read_type
from dark_lang.notation.tokens import MAX_BRACKETS, MAX_DEPTH

NAMES = PlainNames()
COUNT = 10_000
LONG = 3_000  # far beyond any limit of depth or recursion


@contextmanager
def frames(count: int) -> Iterator[None]:
    """Room for so many more calls."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + count)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def unread(tree: Node) -> list[e.Unread]:
    return [node for node in descend(tree) if isinstance(node, e.Unread)]


def depth_of(tree: Node) -> int:
    deepest, stack = 0, [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in children_of(node))
    return deepest


NESTS = [
    ("(1, ", ")"),
    ("[", "]"),
    ("f(", ")"),
    ("{ a: ", "}"),
    ("#{ 1: ", "}"),
    ('"${', '}"'),
    ("match x { a -> ", "}"),
    ("(let a = 1\n", ")"),
    ("toggle n { old: 1, new: ", "}"),
    ("{ f(x) | a: ", "}"),
]


@pytest.mark.parametrize(("opener", "closer"), NESTS)
def test_brackets_nest_up_to_the_limit(opener: str, closer: str) -> None:
    with frames(620):
        reading = read_expression(opener * (MAX_BRACKETS - 1) + "f(x)" + closer * (MAX_BRACKETS - 1), NAMES, Fresh(1))
    assert reading.repairs == ()
    assert unread(reading.tree) == []


@pytest.mark.parametrize(("opener", "closer"), NESTS)
def test_deeper_brackets_are_kept_as_text(opener: str, closer: str) -> None:
    with frames(620):
        reading = read_expression(opener * COUNT + "x" + closer * COUNT, NAMES, Fresh(1))
    assert any(opener * 3 in kept.text for kept in unread(reading.tree))
    assert any("kept as text" in repair.message for repair in reading.repairs)
    assert depth_of(reading.tree) <= MAX_DEPTH
    again = read_expression(print_expression(reading.tree, NAMES), NAMES, Fresh(2))
    assert same(again.tree, reading.tree)
    assert again.repairs == ()


@pytest.mark.parametrize("opener", ["(", "[", "#{", '"${', "f(", "{a:", "F::f<(", "match x { a -> "])
def test_brackets_that_are_never_closed(opener: str) -> None:
    with frames(620):
        for read in (read_expression, read_pattern, read_type):
            reading = read(opener * COUNT, NAMES, Fresh(1))
            assert reading.repairs
            print_any(reading.tree, NAMES)


@pytest.mark.parametrize(
    "piece", ["- ", "!", "x => ", "if ", "if a then ", "match ", "let a = ", "1 + if x then ", "a = "]
)
def test_what_nests_without_brackets_is_kept_as_text_too(piece: str) -> None:
    with frames(620):
        reading = read_expression(piece * COUNT + "end", NAMES, Fresh(1))
        printed = print_expression(reading.tree, NAMES)
        again = read_expression(printed, NAMES, Fresh(2))
    assert reading.repairs
    assert "end" in printed
    assert same(again.tree, reading.tree)
    assert again.repairs == ()


@pytest.mark.parametrize("piece", [".a", "!", "(x)"])
def test_what_touches_its_operand_nests_too(piece: str) -> None:
    tree = read_expression("x" + piece * COUNT, NAMES, Fresh(1)).tree
    assert depth_of(tree) <= MAX_DEPTH
    assert len(unread(tree)) == 1
    small = read_expression("x" + piece * (MAX_DEPTH - 10), NAMES, Fresh(1))
    assert small.repairs == ()


@pytest.mark.parametrize(
    ("piece", "end"),
    [
        *(("f(x)\n", "x"), ("let a = 1\n", "a"), ("1 + ", "2"), ("a && ", "b"), ("a || ", "b"), ("2 ^ ", "3")),
        *(("a |> ", "f()"), ("1 - ", "2"), ("a < ", "b"), ("// why\n", "x"), ("match x {} + -", "y")),
    ],
)
def test_spines_have_any_length(piece: str, end: str) -> None:
    with frames(620):
        reading = read_expression(piece * LONG + end, NAMES, Fresh(1))
        printed = print_expression(reading.tree, NAMES)
        again = read_expression(printed, NAMES, Fresh(2))
    assert reading.repairs == ()
    assert again.repairs == ()
    assert same(again.tree, reading.tree)
    assert unread(reading.tree) == []


def test_any_tree_prints_however_deep() -> None:
    new = Fresh(1)
    tree: e.Expression = e.Variable(new(), "x")
    for _ in range(COUNT):
        tree = e.If(new(), e.Bool(new(), True), e.Let(new(), p.Wildcard(new()), e.Unit(new()), tree), e.List(new(), ()))
    with frames(100):
        assert print_lines(tree, NAMES)


def test_trees_that_are_out_of_the_normal_form_print_too() -> None:
    new = Fresh(1)
    odd = [
        e.Variable(new(), "let"),
        e.Variable(new(), "no word"),
        e.Float(new(), float("nan")),
        e.Float(new(), float("-inf")),
        e.Int(new(), 10**5000),
        e.Hole(new(), "a b"),
        e.Tuple(new(), ()),
        e.Construct(NodeId(9), NAMES.resolve_case("Some"), "lower", ()),
    ]
    for tree in odd:
        printed = print_expression(tree, NAMES)
        assert read_expression(printed, NAMES, new).repairs == ()
    assert print_expression(odd[2], NAMES) == "Float::nan_v0()"
    assert print_expression(odd[3], NAMES) == "-Float::infinity_v0()"


def test_numbers_have_at_most_4000_digits() -> None:
    longest = "9" * 4000
    assert print_expression(read_expression(longest, NAMES, Fresh(1)).tree, NAMES) == longest
    reading = read_expression("-" + longest + "9", NAMES, Fresh(1))
    assert len(unread(reading.tree)) == len(reading.repairs) == 1
