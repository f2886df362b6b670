"""What definitions may do, found over the call graph."""

from __future__ import annotations

import generators
import pytest
from hypothesis import HealthCheck, given, settings
from memory_canvas import MemoryCanvas, library

from dark_lang.checking.effects import Inferred, infer_all, mentions
from dark_lang.library import Effect
from dark_lang.names import Fresh, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from runtime.effects import Effects


def effects(canvas: MemoryCanvas) -> Effects:
    return Effects(canvas, library())


def effect_of(canvas: MemoryCanvas, body: str) -> Effect:
    return effects(canvas).of(canvas.http("/x", body)).effect


@pytest.fixture
def canvas() -> MemoryCanvas:
    canvas = MemoryCanvas()
    canvas.datastore("Rows-v0")
    canvas.function("M::pure(n: Int) -> Int", "n + 1")
    canvas.function("M::reads(k: String) -> Option<String>", "DB::get(Rows-v0, k)")
    canvas.function("M::writes(k: String) -> String", 'DB::set(Rows-v0, k, "v")')
    canvas.function("M::through(k: String) -> String", "M::writes(k)")
    return canvas


@pytest.mark.parametrize(
    ("body", "effect"),
    [
        ("1 + 2", Effect.PURE),
        ("M::pure(1)", Effect.PURE),
        ("DateTime::now()", Effect.RANDOM),
        ("Int::random(1, 6)", Effect.RANDOM),
        ('M::reads("a")', Effect.READS),
        ("DB::count(Rows-v0)", Effect.READS),
        ('M::through("a")', Effect.WRITES),
        # Where it is written counts, not where it is called.
        ('let f = x => M::writes(x)\n"never called"', Effect.WRITES),
        ("List::map([], M::writes)", Effect.WRITES),
        ("if false then M::reads(1) else 2", Effect.READS),
        # A name that means nothing yet does nothing.
        ("M::missing(1)", Effect.PURE),
        ("?hole", Effect.PURE),
    ],
)
def test_effects(canvas: MemoryCanvas, body: str, effect: Effect) -> None:
    assert effect_of(canvas, body) is effect


def test_both_sides_and_the_condition_of_a_switch_count(canvas: MemoryCanvas) -> None:
    switch = canvas.switch("s", condition='DB::get(Rows-v0, "on") == Some("yes")')
    f = canvas.fresh

    def toggle(old: str, new: str) -> Effect:
        from dark_lang.names import Defined

        body = e.Toggle(f(), Defined(switch), canvas.read(old), canvas.read(new))
        return effects(canvas).of(canvas.add(top.Http(f(), 1, "", "GET", "/t", body))).effect

    assert toggle("1", "2") is Effect.READS
    assert toggle('M::writes("a")', "2") is Effect.WRITES
    assert toggle("1", 'M::writes("a")') is Effect.WRITES


@pytest.mark.parametrize("kind", ["partial", "conflict"])
def test_all_sides_count(canvas: MemoryCanvas, kind: str) -> None:
    f = canvas.fresh
    sides = (canvas.read("1"), canvas.read('M::writes("a")'))
    for one, other in (sides, sides[::-1]):
        body = e.Partial(f(), one, other) if kind == "partial" else e.Conflict(f(), one, (other,))
        handler = canvas.add(top.Http(f(), 1, "", "GET", "/p", body))
        assert effects(canvas).of(handler).effect is Effect.WRITES


def test_circles_do_what_any_in_them_does(canvas: MemoryCanvas) -> None:
    a = canvas.function("M::a(n: Int) -> Int", "?")
    canvas.function("M::b(n: Int) -> Int", "M::a(n)")
    tree = canvas.tree(a)
    assert isinstance(tree, top.Function)
    body = canvas.read('let _ = M::writes("k")\nM::b(n)')
    canvas.add(top.Function(a, 1, "", tree.name, tree.version, (), tree.params, tree.result, body))
    assert effect_of(canvas, "M::b(1)") is Effect.WRITES
    assert effect_of(canvas, "M::a(1)") is Effect.WRITES


def test_where_an_effect_comes_from(canvas: MemoryCanvas) -> None:
    found = effects(canvas).of(canvas.http("/x", 'M::through("a")'))
    names = [canvas.tree(each).name for each in found.path]  # type: ignore[union-attr]
    assert (found.source, names) == (Standard("DB::set", 0), ["M::through", "M::writes"])
    assert effects(canvas).of(canvas.http("/y", "1")) == Inferred(Effect.PURE, None, ())


def test_the_deleted_do_nothing(canvas: MemoryCanvas) -> None:
    handler = canvas.http("/x", 'M::writes("a")')
    writes = next(each for each, tree in canvas.trees.items() if getattr(tree, "name", "") == "M::writes")
    canvas.deleted.add(writes)
    assert effects(canvas).of(handler).effect is Effect.PURE


def test_an_edit_is_seen_by_those_who_call() -> None:
    canvas = MemoryCanvas()
    canvas.datastore("Rows-v0")
    function = canvas.function("M::f(n: Int) -> Int", "n")
    handler = canvas.http("/x", "M::f(1)")
    assert effects(canvas).of(handler).effect is Effect.PURE
    tree = canvas.tree(function)
    assert isinstance(tree, top.Function)
    body = canvas.read("DB::count(Rows-v0)")
    canvas.add(top.Function(function, 1, "", tree.name, tree.version, (), tree.params, tree.result, body))
    assert effects(canvas).of(handler).effect is Effect.READS


class DeepCanvas(MemoryCanvas):
    def content(self, toplevel: NodeId) -> bytes:
        return b"deep" + toplevel.to_bytes(8, "big")


def test_deep_trees_and_long_chains() -> None:
    canvas = DeepCanvas()
    canvas.datastore("Rows-v0")
    fresh = Fresh(3)
    body: e.Expression = canvas.read("DB::count(Rows-v0)")
    for _ in range(20_000):
        body = e.List(fresh(), (body,))
    assert Effect.READS is effects(canvas).of(canvas.add(top.Http(fresh(), 1, "", "GET", "/d", body))).effect
    canvas.function("M::f0(n: Int) -> Int", "DB::count(Rows-v0)")
    for nth in range(1, 300):
        canvas.function(f"M::f{nth}(n: Int) -> Int", f"M::f{nth - 1}(n)")
    found = effects(canvas).of(canvas.http("/c", "M::f299(1)"))
    assert found.effect is Effect.READS
    assert len(found.path) == 300


class _Counting:
    """A program that says how often it was asked."""

    def __init__(self, canvas: MemoryCanvas) -> None:
        self.inner = effects(canvas)
        self.asked: list[NodeId] = []
        self.resolved = self.inner.resolved
        self.effect = self.inner.effect

    def mentions(self, definition: NodeId) -> object:
        self.asked.append(definition)
        return self.inner.mentions(definition)


def test_each_definition_is_looked_at_once() -> None:
    canvas = MemoryCanvas()
    for nth in range(12):
        calls = " + ".join([f"M::g{other}(n)" for other in range(nth)] or ["n"])
        canvas.function(f"M::g{nth}(n: Int) -> Int", f"{calls} + {calls}")
    program = _Counting(canvas)
    infer_all(mentions(canvas.read("M::g11(1)")), program)  # type: ignore[arg-type]
    assert len(program.asked) == len(set(program.asked)) == 12


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(generators.toplevels(3))
def test_whatever_stands_there(tree: top.Toplevel) -> None:
    """The effect is that of the strongest standard function in it, since it calls no other definition."""
    canvas = MemoryCanvas()
    canvas.add(tree)
    refs = [node.function for node in descend(tree) if isinstance(node, e.Call | e.FunctionRef)]
    strongest = max(
        [library().functions[ref].effect for ref in refs if ref in library().functions], default=Effect.PURE
    )
    assert effects(canvas).of(tree.id).effect >= strongest
