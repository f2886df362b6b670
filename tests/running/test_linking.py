"""Linked code: what a snapshot's functions call, what cannot be bound, and what counts as finished."""

from __future__ import annotations

from dataclasses import replace

import pytest
from memory_canvas import MemoryCanvas, MemoryWorld, same_recursion_limit

from dark_lang.compiling.compiled import Left
from dark_lang.compiling.translating import Types
from dark_lang.errors import Failed, Stopped
from dark_lang.names import Defined, NodeId
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.values.model import NONE, error, some
from runtime.linking import CodeCache, Linker
from runtime.running import run


def edited(canvas: MemoryCanvas, toplevel: NodeId, body: str) -> MemoryCanvas:
    """The next snapshot."""
    after = MemoryCanvas()
    after.fresh = canvas.fresh
    after.trees = dict(canvas.trees)
    tree: Toplevel = after.trees[toplevel]
    after.trees[toplevel] = replace(tree, body=canvas.read(body))
    return after


def call(linker: Linker, toplevel: NodeId, *args: object) -> object:
    with same_recursion_limit():
        return run(linker.callable_for(toplevel), args, world=MemoryWorld())


def test_a_snapshot_keeps_the_code_that_it_began_with() -> None:
    cache = CodeCache()
    canvas = MemoryCanvas()
    price = canvas.function("Shop::price() -> Int", "1")
    total = canvas.function("Shop::total() -> Int", "Shop::price() * 10")
    before = canvas.linker(cache)
    begun = before.callable_for(total)  # linked, but its callee not yet
    after = edited(canvas, price, "2").linker(cache)
    assert call(after, total) == 20
    with same_recursion_limit():
        assert run(begun, (), world=MemoryWorld()) == 10
    assert call(before, total) == 10


def test_a_definition_is_compiled_once_for_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Toplevel] = []

    def counting(tree: Toplevel, *types: Types) -> object:
        compiled.append(tree)
        return compile_toplevel(tree, *types)

    from runtime import linking

    compile_toplevel = linking.compile_toplevel
    monkeypatch.setattr(linking, "compile_toplevel", counting)
    cache = CodeCache(size=8)
    canvas = MemoryCanvas()
    one = canvas.function("M::one() -> Int", "1")
    for _ in range(3):
        assert call(canvas.linker(cache), one) == 1
    assert len(compiled) == 1
    for number in range(30):  # old ones make room
        assert call(canvas.linker(cache), canvas.function(f"M::f{number}() -> Int", f"{number}")) == number


def test_a_name_that_meant_nothing_means_what_bears_it_when_it_is_linked() -> None:
    canvas = MemoryCanvas()
    user = canvas.function("M::user() -> Int", "M::later(1) + 1")
    with pytest.raises(Stopped, match="came to what does not fit: unknown function M::later"):
        call(canvas.linker(), user)
    canvas.function("M::later(n: Int) -> Int", "n + 40")
    assert call(canvas.linker(), user) == 42


def test_what_is_deleted_is_not_there() -> None:
    canvas = MemoryCanvas()
    leaf = canvas.function("M::leaf() -> Int", "1")
    user = canvas.function("M::user() -> Int", "M::leaf() + 1")
    shape = canvas.type("Shape = Dot | Line(Int)")
    maker = canvas.function("M::make() -> Any", "Shape::Line(1)")
    assert canvas.linker().finished(user)
    canvas.deleted |= {leaf, shape}
    with pytest.raises(Stopped, match="the function M::leaf_v0 is in the trash"):
        call(canvas.linker(), user)
    assert call(canvas.linker(), maker).says == "what does not fit: the type Shape_v0 is in the trash"
    assert not canvas.linker().finished(user)


def test_functions_as_values_may_mention_each_other() -> None:
    canvas = MemoryCanvas()
    canvas.function("M::a(n: Int) -> Int", "?")
    text = "if n == 0 then 0 else [n - 1] |> List::map(M::a) |> List::fold(0, Op::add)"
    b = canvas.function("M::b(n: Int) -> Int", text)
    a = canvas.resolve(Realm.FUNCTION, "M::a")
    assert isinstance(a, Defined)
    body = canvas.read("if n == 0 then 100 else [n - 1] |> List::map(M::b) |> List::fold(0, Op::add)")
    canvas.trees[a.id] = replace(canvas.trees[a.id], body=body)
    assert call(canvas.linker(), b, 5) == 100


def test_an_http_handler_that_is_left_says_so() -> None:
    canvas = MemoryCanvas()
    choice = 'if id == "1" then Some(5)! else if id == "2" then Error("bad")! else None!'
    handler = canvas.http("/users/:id", f"let f = x => x!; let inner = f(None); {choice}")
    assert call(canvas.linker(), handler, {}, "1") == 5
    assert call(canvas.linker(), handler, {}, "2") == Left(error("bad"))
    assert call(canvas.linker(), handler, {}, "3") == Left(NONE)
    plain = canvas.http("/plain", "Some(request.path)")
    assert call(canvas.linker(), plain, {"path": "/plain"}) == some("/plain")


def test_rows_are_reached_through_the_world_of_the_run() -> None:
    canvas = MemoryCanvas()
    canvas.datastore("Users-v0")
    world = MemoryWorld()
    assert canvas.evaluate('DB::set(Users-v0, "a", "Ada"); DB::count(Users-v0)', world=world) == 1
    assert canvas.evaluate("DB::count(Users-v0)", world=world) == 1
    assert canvas.evaluate("DB::count(Users-v0)") == 0


@pytest.mark.parametrize(
    ("body", "is_finished"),
    [
        ("1", True),
        ("?", False),
        ("x", False),
        ("let x = 1; x", True),
        ('?"text"', False),
        ("M::whole(1)", True),
        ("M::whole()", False),
        ("1 |> M::whole()", True),
        ("1 |> M::whole(2)", False),
        ("M::open(1)", False),
        ("M::calls_open(1)", False),
        ("[1] |> List::map(M::open)", False),
        ("M::round(1)", True),
        ("M::nowhere(1)", False),
        ("List::nowhere(1)", False),
        ("List::map([1])", False),
        ("partial { new: ?, old: 1 }", True),
        ("partial { new: 1, old: ? }", False),
        ("toggle t { old: 1, new: ? }", True),
        ("toggle t { old: M::open(1), new: 1 }", False),
        ("conflict { base: ?, or: 2 }", True),
        ("conflict { base: ?, or: M::open(1) }", False),
        ("Option::withDefault(Some(1), 2)", True),
        ("Some(1)", False),
        ("Some()", False),
        ("match 1 { ? -> 1, _ -> 2 }", False),
        ("{ ?: 1 }", False),
        ("DB::count(Users-v0)", True),
        ("Users-v0", False),
        ("DB::count(Users-v9)", False),
    ],
)
def test_finished(body: str, is_finished: bool) -> None:
    canvas = MemoryCanvas()
    canvas.datastore("Users-v0")
    canvas.function("M::whole(n: Int) -> Int", "n")
    canvas.function("M::open(n: Int) -> Int", "?")
    canvas.function("M::calls_open(n: Int) -> Int", "M::open(n) + 1")
    canvas.function("M::round(n: Int) -> Int", "M::round(n)")
    function = canvas.function("M::f() -> Int", body)
    assert canvas.linker().finished(function) is is_finished


def test_a_host_keeps_the_side_of_a_conflict_that_it_served() -> None:
    canvas = MemoryCanvas()
    body = canvas.read("conflict { base: 1, or: 2, or: 3 }")
    assert isinstance(body, e.Conflict)
    function = canvas.function("M::f() -> Int", "1")
    canvas.trees[function] = replace(canvas.trees[function], body=body)
    assert call(canvas.linker(), function) == 1
    canvas.preferred = {body.id: body.alternatives[1].id}
    assert call(canvas.linker(), function) == 3


def test_the_node_to_blame_is_the_smallest() -> None:
    canvas = MemoryCanvas()
    inner = canvas.read("1 + true")
    call_ = canvas.read("[0] |> List::map(x => 2)")
    assert isinstance(call_, e.Pipe)
    step = call_.steps[0]
    assert isinstance(step, e.Call)
    failing = replace(call_, steps=(replace(step, args=(replace(step.args[0], body=inner),)),))
    with pytest.raises(Failed) as failed:
        canvas.evaluate(failing)
    assert failed.value.node == inner.id
    hole = e.Hole(canvas.fresh(), "here")
    with pytest.raises(Stopped) as stopped:
        canvas.evaluate(replace(inner, args=(hole, hole)))
    assert stopped.value.node == hole.id
