"""Whatever a tree says, checking it ends, never fails, and gives each expression, pattern and parameter a type of a
bounded size: generated trees, mangled real ones, hostile texts, and trees deeper than anybody could write."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache, reduce
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from generators import expressions, toplevels
from hostile_texts import accident, pieces
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_canvas import MemoryCanvas, library

from dark_lang.checking.checker import check
from dark_lang.checking.marks import Checked, Kind
from dark_lang.checking.terms import LARGEST_SETTLED
from dark_lang.names import Defined, Fresh, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Sort
from dark_lang.nodes.walking import descend, rebuild, with_fresh_ids
from dark_lang.types import Fn, Named, Record, Tuple, Type, describe
from runtime.checking import Interfaces
from runtime.hosting import Host

OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
TYPED = frozenset({Sort.EXPRESSION, Sort.PATTERN, Sort.PARAMETER})
SAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "sample_canvases").glob("*/canvas.toml"))


@cache
def canvas() -> MemoryCanvas:
    made = MemoryCanvas()
    made.type("Shape = Circle(Float) | Rect(Float, Float) | Red")
    made.type("User = { name: String, next: Option<User>, .. }")
    made.type("Item<a> = { held: a, more: List<Item<Item<a>>> }")
    made.function("Shop::total<a>(x: List<a>, f: a -> Int) -> Int", "?")
    made.function("Shop::price(x: { price: Int, .. }) -> Option<Float>", "None")
    made.datastore("Users-v0")
    made.switch("new-price")
    return made


def judge(tree: top.Toplevel) -> Checked:
    found = check(tree, Interfaces(canvas(), library()))
    assert {node.id for node in descend(tree) if node.SORT in TYPED} <= set(found.types)
    ids = {node.id for node in descend(tree)}
    for mark in found.marks:
        assert mark.node in ids
        assert len(mark.says) < 2_000
    for type_ in set(found.types.values()):
        assert size(type_) <= LARGEST_SETTLED
    return found


def size(type_: Type) -> int:
    work, seen = [type_], 0
    while work:
        seen += 1
        match work.pop():
            case Named(_, inner) | Tuple(inner):
                work.extend(inner)
            case Fn(params, result):
                work.extend((*params, result))
            case Record(fields):
                work.extend(held for _, held in fields)
            case _:
                pass
    return seen


def repl(body: e.Expression, fresh: Callable[[], NodeId]) -> top.Repl:
    return top.Repl(fresh(), 1, "", "case", body)


@OFTEN
@given(toplevels(4))
def test_generated_definitions(tree: top.Toplevel) -> None:
    judge(tree)


@OFTEN
@given(st.integers(0, 2**64 - 1))
def test_hostile_texts(seed: int) -> None:
    choose = Random(seed)
    text = choose.choice([pieces, accident])(choose)
    judge(repl(canvas().read(text), canvas().fresh))


@cache
def real() -> tuple[top.Toplevel, ...]:
    found: list[top.Toplevel] = []
    for folder in SAMPLES:
        with TemporaryDirectory() as place:
            shutil.copytree(folder, Path(place) / "copy")
            host = Host.open(Path(place) / "copy", library=library())
            found.extend(host.canvas.tree(each) for each, entry in host.canvas.entries.items() if entry.alive)
            host.close()
    return tuple(found)


@OFTEN
@given(st.integers(0, 2**32), expressions(2), st.randoms(use_true_random=False))
def test_real_definitions_with_parts_put_elsewhere(nth: int, other: e.Expression, choose: object) -> None:
    trees = real()
    tree = trees[nth % len(trees)]
    pool = [*descend(tree), *descend(other)]
    for _ in range(3):
        nodes = list(descend(tree))[1:]
        if not nodes:
            return
        old = choose.choice(nodes)  # type: ignore[attr-defined]
        fitting = [node for node in pool if node.SORT is old.SORT]
        new = with_fresh_ids(choose.choice(fitting), canvas().fresh)  # type: ignore[attr-defined]
        tree = rebuild(tree, lambda node, old=old, new=new: new if node.id == old.id else node)  # type: ignore[misc]
    judge(tree)


# Deep trees


class ShallowCanvas(MemoryCanvas):
    """Tells contents apart without looking into them, which `repr` cannot do with a tree that is so deep."""

    def content(self, toplevel: NodeId) -> bytes:
        return bytes(8) + toplevel.to_bytes(8, "big")


FRESH = Fresh(7)
DEEP = pytest.mark.parametrize("levels", [2_000, pytest.param(10_000, marks=pytest.mark.full)])


def variable(name: str) -> e.Variable:
    return e.Variable(FRESH(), name)


def binding(name: str) -> p.Variable:
    return p.Variable(FRESH(), name)


def add(a: e.Expression, b: e.Expression) -> e.Call:
    return e.Call(FRESH(), Standard("Op::add", 0), (), (a, b))


def _calling(name: str) -> e.Lambda:
    return e.Lambda(FRESH(), (binding("x"),), e.Apply(FRESH(), variable(name), (variable("x"),)))


Wrapping = Callable[[e.Expression, int], e.Expression]

SPINES: dict[str, Wrapping] = {
    "lists": lambda inner, _: e.List(FRESH(), (inner,)),
    "tuples": lambda inner, _: e.Tuple(FRESH(), (inner, e.Int(FRESH(), 1))),
    "records": lambda inner, _: e.Record(FRESH(), (e.Field(FRESH(), "a", inner),)),
    "dicts": lambda inner, _: e.Dict(FRESH(), (e.Entry(FRESH(), e.String(FRESH(), ()), inner),)),
    "cases": lambda inner, _: e.Construct(FRESH(), Standard("Option"), "Some", (inner,)),
    "lambdas": lambda inner, n: e.Lambda(FRESH(), (binding(f"x{n % 3}"),), inner),
    "applications": lambda inner, _: e.Apply(FRESH(), inner, (e.Int(FRESH(), 1),)),
    "arguments": lambda inner, _: e.Apply(FRESH(), variable("f"), (inner,)),
    "fields": lambda inner, _: e.FieldAccess(FRESH(), "a", inner),
    "updates": lambda inner, _: e.RecordUpdate(FRESH(), inner, (e.Field(FRESH(), "a", e.Int(FRESH(), 1)),)),
    "sums to the left": lambda inner, _: add(inner, e.Int(FRESH(), 1)),
    "sums to the right": lambda inner, _: add(e.Int(FRESH(), 1), inner),
    "lets": lambda inner, n: e.Let(FRESH(), binding(f"x{n}"), variable(f"x{n + 1}"), inner),
    "lets of lists": lambda inner, _: e.Let(FRESH(), binding("x"), e.List(FRESH(), (variable("x"),)), inner),
    "values of lets": lambda inner, _: e.Let(FRESH(), binding("x"), inner, variable("x")),
    "lambdas of lets": lambda inner, _: e.Let(
        FRESH(),
        binding("f"),
        e.Lambda(FRESH(), (binding("x"),), e.Apply(FRESH(), variable("f"), (variable("x"),))),
        inner,
    ),
    "choices": lambda inner, _: e.If(FRESH(), e.Bool(FRESH(), True), inner, e.Hole(FRESH(), "")),
    "matches": lambda inner, _: e.Match(FRESH(), variable("x"), (e.Arm(FRESH(), binding("x"), None, inner),)),
    "subjects": lambda inner, _: e.Match(FRESH(), inner, (e.Arm(FRESH(), binding("x"), None, variable("x")),)),
    "pipes": lambda inner, _: e.Pipe(FRESH(), inner, (e.Lambda(FRESH(), (binding("x"),), variable("x")),)),
    "steps": lambda inner, _: e.Pipe(FRESH(), e.Int(FRESH(), 1), (inner,)),
    "tries": lambda inner, _: e.Try(FRESH(), inner),
    "texts": lambda inner, _: e.String(FRESH(), (inner,)),
    "toggles": lambda inner, _: e.Toggle(FRESH(), Standard("no"), inner, e.Hole(FRESH(), "")),
    "conflicts": lambda inner, _: e.Conflict(FRESH(), inner, (e.Hole(FRESH(), ""),)),
    "notes": lambda inner, _: e.Note(FRESH(), "so it is", False, inner),
}


@pytest.mark.parametrize("spine", SPINES)
@DEEP
def test_deep_expressions(spine: str, levels: int) -> None:
    wrap = SPINES[spine]
    tree: e.Expression = e.Int(FRESH(), 1)
    for level in range(levels):
        tree = wrap(tree, level)
    judge(repl(tree, FRESH))


PATTERNS: dict[str, Callable[[p.Pattern], p.Pattern]] = {
    "lists": lambda inner: p.List(FRESH(), "rest", (inner,)),
    "tuples": lambda inner: p.Tuple(FRESH(), (inner, p.Wildcard(FRESH()))),
    "records": lambda inner: p.Record(FRESH(), (p.FieldPattern(FRESH(), "a", inner),)),
    "cases": lambda inner: p.Constructor(FRESH(), Standard("Option"), "Some", (inner,)),
    "conflicts": lambda inner: p.Conflict(FRESH(), inner, (p.Hole(FRESH(), ""),)),
    "alternatives": lambda inner: p.Conflict(FRESH(), p.Hole(FRESH(), ""), (inner,)),
}


@pytest.mark.parametrize("spine", PATTERNS)
@DEEP
def test_deep_patterns(spine: str, levels: int) -> None:
    pattern: p.Pattern = p.Variable(FRESH(), "x")
    for _ in range(levels):
        pattern = PATTERNS[spine](pattern)
    arms = tuple([e.Arm(FRESH(), with_fresh_ids(pattern, FRESH), None, variable("x")) for _ in range(2)])
    judge(repl(e.Match(FRESH(), e.Hole(FRESH(), ""), arms), FRESH))
    judge(repl(e.Let(FRESH(), pattern, e.Hole(FRESH(), ""), variable("x")), FRESH))


WRITTEN: dict[str, Callable[[t.Type], t.Type]] = {
    "lists": lambda inner: t.Named(FRESH(), Standard("List"), (inner,)),
    "tuples": lambda inner: t.Tuple(FRESH(), (inner, inner)),
    "functions": lambda inner: t.Fn(FRESH(), (t.Variable(FRESH(), "a"),), inner),
    "parameters": lambda inner: t.Fn(FRESH(), (inner,), t.Variable(FRESH(), "a")),
    "records": lambda inner: t.Record(FRESH(), "", (t.FieldType(FRESH(), "a", inner),)),
    "conflicts": lambda inner: t.Conflict(FRESH(), inner, (t.Hole(FRESH(), ""),)),
}


@pytest.mark.parametrize("spine", WRITTEN)
@DEEP
def test_deep_types(spine: str, levels: int) -> None:
    if spine == "tuples":
        levels = 12  # each is twice as large
    written: t.Type = t.Named(FRESH(), Standard("Int"), ())
    for _ in range(levels):
        written = WRITTEN[spine](written)
    written = with_fresh_ids(written, FRESH)
    params = (top.Parameter(FRESH(), "x", written),)
    function = top.Function(FRESH(), 1, "", "Deep::f", 0, (), params, written, e.Variable(FRESH(), "x"))
    definition = top.Type(FRESH(), 1, "", "Deep", 0, (), written)
    made = ShallowCanvas()
    for tree in (function, definition):
        made.add(tree)
    known = Interfaces(made, library())
    for tree in (function, definition):
        found = check(tree, known)
        for type_ in set(found.types.values()):
            assert len(describe(type_)) < 100_000
    call = e.Call(FRESH(), Defined(function.id), (), (e.Hole(FRESH(), ""),))
    check(repl(call, FRESH), known)


# Types that grow

GROWING = {
    "pairs": ("let b = (1, 1)", "let b = (b, b)", "b"),
    "records": ("let b = { a: 1, b: 1 }", "let b = { a: b, b: b }", "b"),
    "lambdas": ("let f = x => (x, x)", "let f = x => (f(x), f(x))", "f(1)"),
    "lambdas of themselves": ("let f = x => (x, x)", "let f = x => f(f(x))", "f(1)"),
    "functions that take functions": ("let f = x => (x, x)", "let f = (g => x => (g(x), g(x)))(f)", "f"),
    "matches": ("let b = Some(1)", "let b = match b { x -> (x, x) }", "b"),
    "patterns": ("let b = (1, 1)", "let (c, d) = (b, b)\nlet b = (c, d, c, d)", "b"),
}


@pytest.mark.parametrize("growing", GROWING)
@pytest.mark.parametrize("times", [10, 64])
def test_types_that_grow(growing: str, times: int) -> None:
    first, again, last = GROWING[growing]
    lines = [first, *[again] * times, last]
    tree = reduce(_with_line, reversed(lines[:-1]), canvas().read(last))
    found = judge(repl(tree, canvas().fresh))
    kinds = {mark.kind for mark in found.marks}
    assert kinds <= {Kind.TOO_LARGE, Kind.UNUSED}
    if times == 64:
        assert not found.is_sound or Kind.TOO_LARGE in kinds
    for type_ in set(found.types.values()):
        assert hash(type_) == hash(type_)
        assert len(describe(type_)) < 20_000


def _with_line(body: e.Expression, line: str) -> e.Expression:
    """The line before the body; each is read alone, for together they would be too deep to be read."""
    tree = canvas().read(line)
    lets: list[e.Let] = []
    while isinstance(tree, e.Let):
        lets.append(tree)
        tree = tree.body
    for let in reversed(lets):
        body = e.Let(let.id, let.pattern, let.value, body)
    return body


def test_samples_are_found() -> None:
    assert len(real()) >= 5
