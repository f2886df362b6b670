"""Invariants of generated code: whatever the tree, it compiles, runs to a value or a RunError, and does nothing but
what guest code may do."""

from __future__ import annotations

import generators
import pytest
from hypothesis import HealthCheck, given, settings
from instructions import check_instructions
from memory_canvas import MemoryCanvas

from dark_lang.compiling.translating import compile_expression, compile_toplevel
from dark_lang.errors import RunError
from dark_lang.names import Fresh, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from dark_lang.values.model import HoleValue
from runtime.running import Limits

FAST = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@FAST
@given(generators.toplevels(3))
def test_generated_code_is_of_a_fixed_set_of_instructions(tree: top.Toplevel) -> None:
    compiled = compile_toplevel(tree)
    check_instructions(compiled)


@FAST
@given(generators.expressions(4))
def test_any_expression_runs_to_a_value_or_an_error_of_its_own(tree: e.Expression) -> None:
    canvas = MemoryCanvas()
    ids = {node.id for node in descend(tree)}
    try:
        canvas.evaluate(tree, limits=Limits(time_ms=2_000, depth=2_000))
    except RunError as error:
        assert error.node in ids
        assert "fault is not the program's" not in error.message


def numbers() -> Fresh:
    return Fresh(77)


def int_(fresh: Fresh, value: int) -> e.Int:
    return e.Int(fresh(), value)


def variable(fresh: Fresh, name: str) -> e.Variable:
    return e.Variable(fresh(), name)


def op(fresh: Fresh, name: str, *args: e.Expression) -> e.Call:
    return e.Call(fresh(), Standard(f"Op::{name}"), (), args)


LENGTH = 10_000


@pytest.mark.parametrize(
    "spine", ["lets", "sums", "powers", "ands", "pipes", "negations", "fields", "applies", "statements"]
)
def test_spines_have_no_limit(spine: str) -> None:
    fresh = numbers()
    body: e.Expression = int_(fresh, 1)
    expected: object = 1
    match spine:
        case "lets":
            for number in range(LENGTH):
                body = e.Let(fresh(), p.Variable(fresh(), f"x{number % 7}"), int_(fresh, number), body)
        case "statements":
            for _ in range(LENGTH):
                body = e.Let(fresh(), p.Wildcard(fresh()), e.Unit(fresh()), body)
        case "sums":
            for _ in range(LENGTH):
                body = op(fresh, "add", body, variable(fresh, "one"))
            body, expected = e.Let(fresh(), p.Variable(fresh(), "one"), int_(fresh, 1), body), LENGTH + 1
        case "powers":
            for _ in range(LENGTH):
                body = op(fresh, "power", int_(fresh, 1), body)
        case "ands":
            body, expected = e.Bool(fresh(), True), True
            for _ in range(LENGTH):
                body = e.And(fresh(), body, e.Bool(fresh(), True))
        case "pipes":
            step = op(fresh, "add", int_(fresh, 1))
            body, expected = e.Pipe(fresh(), body, (step,) * LENGTH), LENGTH + 1
        case "negations":
            for _ in range(LENGTH):
                body = op(fresh, "negate", body)
        case "fields":
            body = variable(fresh, "r")
            for _ in range(LENGTH):
                body = e.FieldAccess(fresh(), "r", body)
            body = e.Let(fresh(), p.Variable(fresh(), "r"), e.Record(fresh(), ()), body)
            with pytest.raises(RunError, match="has no field `r`"):
                MemoryCanvas().evaluate(body)
            return
        case "applies":
            for _ in range(LENGTH):
                body = e.Apply(fresh(), body, ())
            with pytest.raises(RunError, match="only functions can be called"):
                MemoryCanvas().evaluate(body)
            return
    assert MemoryCanvas().evaluate(body) == expected


NESTINGS = {
    "list": lambda fresh, inner: e.List(fresh(), (inner,)),
    "call": lambda fresh, inner: op(fresh, "equals", int_(fresh, 1), inner),
    "then": lambda fresh, inner: e.If(fresh(), e.Bool(fresh(), True), inner, int_(fresh, 1)),
    "else": lambda fresh, inner: e.If(fresh(), e.Bool(fresh(), False), int_(fresh, 1), inner),
    "condition": lambda fresh, inner: e.If(fresh(), inner, e.Bool(fresh(), True), e.Bool(fresh(), True)),
    "lambda": lambda fresh, inner: e.Apply(fresh(), e.Lambda(fresh(), (), inner), ()),
    "bound": lambda fresh, inner: e.Let(fresh(), p.Variable(fresh(), "x"), inner, variable(fresh, "x")),
    "subject": lambda fresh, inner: (
        e.Match(
            fresh(),
            inner,
            (
                e.Arm(fresh(), p.Int(fresh(), 3), None, inner),
                e.Arm(fresh(), p.Variable(fresh(), "x"), None, variable(fresh, "x")),
            ),
        )
        if isinstance(inner, e.Int)
        else e.Match(fresh(), inner, (e.Arm(fresh(), p.Variable(fresh(), "x"), None, variable(fresh, "x")),))
    ),
    "arm": lambda fresh, inner: e.Match(
        fresh(),
        int_(fresh, 1),
        (e.Arm(fresh(), p.Int(fresh(), 3), None, int_(fresh, 4)), e.Arm(fresh(), p.Wildcard(fresh()), None, inner)),
    ),
    "guard": lambda fresh, inner: e.Match(
        fresh(), int_(fresh, 1), (e.Arm(fresh(), p.Wildcard(fresh()), inner, e.Bool(fresh(), True)),)
    ),
    "text": lambda fresh, inner: e.String(fresh(), (e.Text(fresh(), "a"), inner)),
    "and": lambda fresh, inner: e.And(fresh(), e.Bool(fresh(), True), inner),
    "toggle": lambda fresh, inner: (
        e.Toggle(fresh(), Standard("none"), inner, inner)
        if isinstance(inner, e.Int)
        else e.Toggle(fresh(), Standard("none"), inner, int_(fresh, 1))
    ),
}


@pytest.mark.parametrize("kind", NESTINGS)
@pytest.mark.parametrize("placed", ["value", "argument"])
def test_trees_of_the_greatest_depth_compile(kind: str, placed: str) -> None:
    fresh = numbers()
    body: e.Expression = e.Bool(fresh(), True) if kind not in ("text",) else e.String(fresh(), ())
    for _ in range(125 if kind == "lambda" else 249):  # a call of a lambda is two nodes deep
        body = NESTINGS[kind](fresh, body)
    if placed == "argument":
        body = e.List(fresh(), (body,))
    try:
        MemoryCanvas().evaluate(body)
    except RunError as error:
        assert "deep" not in error.message


def test_what_is_deeper_fails_when_it_runs() -> None:
    fresh = numbers()
    body: e.Expression = int_(fresh, 1)
    for _ in range(50_000):
        body = e.List(fresh(), (body,))
    with pytest.raises(RunError, match="nested too deeply"):
        MemoryCanvas().evaluate(body)


def test_code_depends_on_the_content_alone() -> None:
    fresh = numbers()
    tree = op(fresh, "add", int_(fresh, 1), e.Hole(fresh(), "x"))
    first, second = compile_expression(tree), compile_expression(tree)
    assert first.code == second.code
    assert first.needs == second.needs
    assert list(first.constants.values()) == [HoleValue(NodeId(tree.args[1].id), "x")]
