"""Signatures tell the truth: every example of a standard function is well typed, and every part of it that can be run
by itself comes to a value of the type that the checker gives it."""

from __future__ import annotations

import pytest
from memory_canvas import MemoryCanvas, library

from dark_lang.checking.checker import check
from dark_lang.checking.marks import Checked, Kind
from dark_lang.errors import RunError
from dark_lang.fitting import Fitting, Misfit
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, descend
from dark_lang.types import describe
from runtime.checking import Interfaces

CANVAS = MemoryCanvas()
INTERFACES = Interfaces(CANVAS, library())
FITTING = Fitting(lambda _: None)
HARMLESS = (Kind.DEPRECATED, Kind.UNUSED)
LOOSE = frozenset(identity for identity, function in library().functions.items() if "Any" in function.signature)


def examples() -> list[object]:
    return [
        pytest.param(example, id=f"{identity.name}_v{identity.version}-{nth}")
        for identity, function in library().functions.items()
        for nth, example in enumerate(function.examples)
    ]


def checked(example: str) -> tuple[top.Test, Checked]:
    tree = top.Test(CANVAS.fresh(), 1, "", "example", CANVAS.read(example))
    return tree, check(tree, INTERFACES)


def closed_parts(tree: Node) -> list[e.Expression]:
    """The expressions without free names, largest first. Steps of pipes are none, since they lack an argument."""
    found: list[e.Expression] = []
    for node in descend(tree):
        if isinstance(node, e.Call | e.Apply | e.Pipe | e.Construct | e.List | e.Record | e.Let | e.Match | e.If):
            inner = list(descend(node))
            bound = {each.name for each in inner if isinstance(each, p.Variable)}
            bound |= {each.rest for each in inner if isinstance(each, p.List) and each.rest}
            if all(each.name in bound for each in inner if isinstance(each, e.Variable)):
                found.append(node)
    steps = {step.id for node in descend(tree) if isinstance(node, e.Pipe) for step in _steps(node)}
    return [node for node in found if node.id not in steps]


def _steps(pipe: e.Pipe) -> list[Node]:
    work: list[Node] = list(pipe.steps)
    found: list[Node] = []
    while work:
        step = work.pop()
        found.append(step)
        if isinstance(step, e.Try):
            work.extend(children_of(step))
    return found


@pytest.mark.parametrize("example", examples())
def test_values_in_examples_are_of_their_types(example: str) -> None:
    tree, found = checked(example)
    assert [mark.says for mark in found.marks if mark.kind not in HARMLESS] == []
    assert found.is_sound or any(isinstance(n, e.Call | e.FunctionRef) and n.function in LOOSE for n in descend(tree))
    for part in closed_parts(tree.body):
        try:
            value = CANVAS.evaluate(part)
        except RunError:
            assert part is not tree.body  # a part may fail whose failure another part handles
            continue
        wanted = found.types[part.id]
        judged = FITTING.judge(wanted)(value)
        assert not isinstance(judged, Misfit), (describe(wanted), judged)
