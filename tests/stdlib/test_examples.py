"""Every example of a standard function is run as a program of its own, and is true. So is what becomes of it when the
templates of deprecated functions rewrite its calls."""

from __future__ import annotations

import pytest
from memory_canvas import MemoryCanvas

from dark_lang.library import LibraryFunction
from dark_lang.library_signatures import parse_signature
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, rebuild
from dark_lang.notation.reading import read_expression
from dark_lang.stdlib import standard_library

LIBRARY = standard_library()
CANVAS = MemoryCanvas()
CHANGED_ON_PURPOSE = {r'String::length_v0("e\u{301}") == 2', "DateTime::hour_v0(Result::unwrap_v0"}
"""Beginnings of the examples that show what the newer version does better."""


def read(text: str) -> e.Expression:
    reading = read_expression(text, CANVAS, CANVAS.fresh)
    assert not reading.repairs
    return reading.tree


def examples() -> list[object]:
    return [
        pytest.param(example, id=f"{identity.name}_v{identity.version}-{nth}")
        for identity, function in LIBRARY.functions.items()
        for nth, example in enumerate(function.examples)
    ]


@pytest.mark.parametrize("example", examples())
def test_example_is_true(example: str) -> None:
    assert CANVAS.evaluate(read(example)) is True


@pytest.mark.parametrize("example", examples())
def test_example_is_true_of_code_that_trusts_its_types(example: str) -> None:
    canvas = MemoryCanvas()
    place = canvas.add(top.Repl(canvas.fresh(), 1, "", "example", read(example)))
    if canvas.linker().clean.is_clean(place):  # all but those that show an older function, which gives Any
        assert canvas.call(place) is True


def functions(*, deprecated: bool) -> list[object]:
    return [
        pytest.param(function, id=f"{identity.name}_v{identity.version}")
        for identity, function in LIBRARY.functions.items()
        if (function.deprecated is not None) == deprecated
    ]


@pytest.mark.parametrize("function", functions(deprecated=True))
def test_template_keeps_what_the_call_means(function: LibraryFunction) -> None:
    assert function.deprecated is not None
    params = [name for name, _ in parse_signature(function).params]
    template = read(function.deprecated.template)
    holes = {node.label for node in descend(template) if isinstance(node, e.Hole)}
    assert holes <= set(params)
    assert any(
        isinstance(node, e.Call) and node.function == function.deprecated.successor for node in descend(template)
    )

    def rewritten(node: Node) -> Node:
        if not isinstance(node, e.Call) or node.function != function.identity:
            return node
        given = dict(zip(params, node.args, strict=True))
        return rebuild(template, lambda part: given[part.label] if isinstance(part, e.Hole) else part)

    for example in function.examples:
        if not example.startswith(tuple(CHANGED_ON_PURPOSE)):
            tree = rebuild(read(example), rewritten)
            assert not any(isinstance(node, e.Call) and node.function == function.identity for node in descend(tree))
            assert CANVAS.evaluate(tree) is True


@pytest.mark.parametrize("function", functions(deprecated=False))
def test_example_calls_what_it_explains(function: LibraryFunction) -> None:
    for example in function.examples:
        calls = {node.function for node in descend(read(example)) if isinstance(node, e.Call)}
        assert function.identity in calls
        assert not any(LIBRARY.functions[ref].deprecated for ref in calls if ref in LIBRARY.functions)
