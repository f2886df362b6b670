"""What is packed for another process is what the snapshot has."""

from __future__ import annotations

import pickle

import generators
import pytest
from hypothesis import HealthCheck, given, settings
from memory_canvas import MemoryCanvas, MemoryWorld, library

from dark_lang.errors import AddressError, RunError
from dark_lang.names import Defined, Fresh, NodeId, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from runtime.lanes.capsules import PackedCanvas, pack
from runtime.lanes.messages import Frames, error_of, failure_of, frame
from runtime.linking import CanvasView, Linker
from runtime.running import run


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(generators.toplevels(4))
def test_trees_come_out_as_they_went_in(tree: top.Toplevel) -> None:
    canvas = MemoryCanvas()
    canvas.add(tree)
    packed = PackedCanvas(pack(canvas, [tree.id]).data)
    assert packed.tree(tree.id) == tree
    assert packed.content(tree.id) == canvas.content(tree.id)


class DeepCanvas(MemoryCanvas):
    def content(self, toplevel: NodeId) -> bytes:
        return toplevel.to_bytes(8, "big")


def test_trees_may_be_of_any_depth() -> None:
    canvas, fresh = DeepCanvas(), Fresh(9)
    body: e.Expression = e.Int(fresh(), 7)
    for _ in range(20_000):
        body = e.List(fresh(), (body,))
    handler = canvas.add(top.Http(fresh(), 1, "", "GET", "/d", body))
    tree = PackedCanvas(pack(canvas, [handler]).data).tree(handler)
    depth, node = 0, tree.body  # type: ignore[union-attr]
    while isinstance(node, e.List):
        depth, node = depth + 1, node.items[0]
    assert (depth, type(node)) == (20_000, e.Int)


def shop() -> tuple[MemoryCanvas, NodeId]:
    canvas = MemoryCanvas()
    canvas.function("M::double(n: Int) -> Int", "n * 2")
    canvas.function("M::later(n: Int) -> Int", "M::unwritten(n)")
    canvas.function("M::apart(n: Int) -> Int", "n")
    handler = canvas.http("/x", "List::map([1, 2], M::double) |> List::fold(M::later(3), (a, b) => a + b)")
    canvas.function("M::unwritten(n: Int) -> Int", "n + 100")
    return canvas, handler


def test_all_that_is_reached_comes_along_and_nothing_else() -> None:
    canvas, handler = shop()
    packed = PackedCanvas(pack(canvas, [handler]).data)
    names = {getattr(packed.tree(each), "name", "") for each in packed.entries}
    assert {"M::double", "M::later", "M::unwritten"} <= names
    assert "M::apart" not in names
    assert packed.resolve(Realm.FUNCTION, "M::unwritten") == canvas.resolve(Realm.FUNCTION, "M::unwritten")
    assert packed.resolve(Realm.FUNCTION, "M::apart") == Unresolved("M::apart")


def test_it_runs_the_same() -> None:
    canvas, handler = shop()
    results = []
    for view in (canvas, PackedCanvas(pack(canvas, [handler]).data)):
        call = Linker(view, library()).callable_for(handler)
        results.append(run(call, ({},), world=MemoryWorld()))
    assert results == [109, 109]


@pytest.mark.parametrize(("share", "on"), [(0, True), (10_000, True), (10_000, False), (5_000, True)])
def test_switches_decide_the_same(share: int, on: bool) -> None:
    canvas = MemoryCanvas()
    needed = canvas.switch("base", share=10_000)
    from dark_lang.names import spell_id

    switch = canvas.switch("s", share=share, on=on, condition="1 == 1", prerequisites=((spell_id(needed), True),))
    f = canvas.fresh
    body = e.Toggle(f(), Defined(switch), canvas.read('"old"'), canvas.read('"new"'))
    handler = canvas.add(top.Http(f(), 1, "", "GET", "/t", body))
    packed = PackedCanvas(pack(canvas, [handler]).data)
    for subject in ("ada", "bob", "eve", None):
        results = []
        for view in (canvas, packed):
            call = Linker(view, library()).callable_for(handler)
            results.append(run(call, ({},), world=MemoryWorld(), subject=subject))
        assert results[0] == results[1]


def outcome(view: CanvasView, handler: NodeId) -> object:
    try:
        return run(Linker(view, library()).callable_for(handler), ({},), world=MemoryWorld())
    except RunError as error:
        again = error_of(failure_of(error))
        assert (type(again), again.message, again.node) == (type(error), error.message, error.node)
        return type(error), error.message, error.node


def test_mistakes_and_failures_say_the_same() -> None:
    canvas = MemoryCanvas()
    for body in ("M::missing(1)", "Thing(1)", '1 + "a"', "1 + ?hole", "M::missing", "{ a: 1 }.b", "Int::mod(1, 0)"):
        handler = canvas.http("/x", body)
        assert outcome(PackedCanvas(pack(canvas, [handler]).data), handler) == outcome(canvas, handler)


def test_what_never_was_cannot_be_packed() -> None:
    with pytest.raises(AddressError):
        pack(MemoryCanvas(), [NodeId(5)])


def test_equal_contents_have_equal_keys() -> None:
    canvas, handler = shop()
    assert pack(canvas, [handler]).key == pack(canvas, [handler]).key
    canvas.function("M::unwritten(n: Int) -> Int", "n + 200")
    changed = pack(canvas, [handler])
    assert PackedCanvas(changed.data).resolve(Realm.FUNCTION, "M::unwritten") is not None


def test_frames_arrive_in_any_pieces() -> None:
    messages = [b"x" * 10, ("a", 1), b"", list(range(1000))]
    stream = b"".join([frame(message) for message in messages])
    for size in (1, 7, 100, len(stream)):
        frames = Frames()
        found = [each for at in range(0, len(stream), size) for each in frames.feed(stream[at : at + size])]
        assert found == messages
    assert pickle.loads(frame(5)[8:]) == 5
