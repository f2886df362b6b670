"""Every tree in normal form prints to a text that reads back to it, ids aside, with nothing repaired."""

from __future__ import annotations

from generators import expressions, patterns, toplevels, types
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_names import PlainNames

from dark_lang.names import Fresh
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, same
from dark_lang.notation.printing import (
    print_expression,
    print_flat,
    print_header,
    print_lines,
    print_pattern,
    print_short,
    print_toplevel,
    print_type,
)
from dark_lang.notation.reading import Reading, read_expression, read_pattern, read_toplevel, read_type

NAMES = PlainNames()
WIDTHS = st.sampled_from([5, 30, 80, 100])
EXPRESSIONS, PATTERNS, TYPES, TOPLEVELS = expressions(3), patterns(3), types(3), toplevels(3)


def check_same(reading: Reading[Node], tree: Node) -> None:
    assert same(reading.tree, tree)
    assert reading.repairs == ()


@settings(max_examples=300, deadline=None)
@given(tree=EXPRESSIONS, width=WIDTHS)
def test_expressions(tree: e.Expression, width: int) -> None:
    check_same(read_expression(print_expression(tree, NAMES, width=width), NAMES, Fresh(1)), tree)


@settings(max_examples=150, deadline=None)
@given(tree=EXPRESSIONS)
def test_expressions_on_one_line(tree: e.Expression) -> None:
    check_same(read_expression(print_flat(tree, NAMES), NAMES, Fresh(1)), tree)


@settings(max_examples=150, deadline=None)
@given(tree=PATTERNS, width=WIDTHS)
def test_patterns(tree: p.Pattern, width: int) -> None:
    check_same(read_pattern(print_pattern(tree, NAMES, width=width), NAMES, Fresh(1)), tree)


@settings(max_examples=150, deadline=None)
@given(tree=TYPES, width=WIDTHS)
def test_types(tree: t.Type, width: int) -> None:
    check_same(read_type(print_type(tree, NAMES, width=width), NAMES, Fresh(1)), tree)


@settings(max_examples=250, deadline=None)
@given(tree=TOPLEVELS, width=WIDTHS)
def test_toplevels(tree: top.Toplevel, width: int) -> None:
    check_same(read_toplevel(print_toplevel(tree, NAMES, width=width), NAMES, Fresh(1)), tree)


@settings(max_examples=100, deadline=None)
@given(tree=TOPLEVELS)
def test_headers_and_short_forms_are_one_line(tree: top.Toplevel) -> None:
    assert "\n" not in print_header(tree, NAMES)
    short = print_short(tree, NAMES, most=40)
    assert "\n" not in short
    assert len(short) <= 40


@settings(max_examples=150, deadline=None)
@given(tree=TOPLEVELS, width=WIDTHS)
def test_every_node_begins_on_exactly_one_line(tree: top.Toplevel, width: int) -> None:
    lines = print_lines(tree, NAMES, width=width)
    begun = [node_id for line in lines for node_id in line.ids]
    assert sorted(begun) == sorted(node.id for node in descend(tree))
    assert all(line.node == (line.ids[0] if line.ids else 0) for line in lines)
    assert "\n".join(" " * line.indent + line.text for line in lines) + "\n" == print_toplevel(tree, NAMES, width=width)
