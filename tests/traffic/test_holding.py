"""Nothing leaves a held world, and what is replayed finds what it found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from canvas_harness import Shop
from hypothesis import given
from hypothesis import strategies as st
from recorded import ask, service, traces

from dark_lang.errors import Failed
from dark_lang.library import World
from dark_lang.names import NodeId
from runtime.data.datastore import Data
from runtime.holding import EPOCH, Empty, HeldWorld, NotRecorded, Recorded
from runtime.replaying.comparing import differences
from runtime.replaying.rerunning import Rerunner, Skip, result_of
from runtime.traces.identities import TraceId
from runtime.traces.records import Kind, Origin, Trace
from runtime.traces.watching_world import WatchingWorld

STORES = (NodeId(5), NodeId((1 << 63) + 9))

OUTWARD = {"db_set", "db_delete"}
"""What of a World changes something outside."""
INWARD = {"now", "random_bytes", "db_get", "db_keys", "db_items", "db_count", "bench"}


def test_every_way_out_of_a_world_is_known_here() -> None:
    """Whoever adds one has to say how it is held back."""
    ways = {name for name in vars(World) if not name.startswith("_")}
    assert ways == OUTWARD | INWARD
    assert ways <= vars(HeldWorld).keys()
    assert OUTWARD | INWARD - {"bench"} <= vars(WatchingWorld).keys()
    assert {kind.name.lower() for kind in Kind if kind.is_effect} == {"set", "delete"}


operations = st.lists(
    st.one_of(
        st.tuples(st.just("get"), st.sampled_from(STORES), st.sampled_from("abc")),
        st.tuples(st.just("set"), st.sampled_from(STORES), st.sampled_from("abc"), st.integers(0, 9)),
        st.tuples(st.just("delete"), st.sampled_from(STORES), st.sampled_from("abc")),
        st.tuples(st.sampled_from(("keys", "items", "count")), st.sampled_from(STORES)),
        st.tuples(st.just("now")),
        st.tuples(st.just("random"), st.integers(1, 4)),
    ),
    max_size=12,
)


def act(world: World, operation: tuple[object, ...]) -> object:
    match operation:
        case ("get", store, key):
            return world.db_get(NodeId(store), str(key))  # type: ignore[arg-type]
        case ("set", store, key, value):
            return world.db_set(NodeId(store), str(key), value)  # type: ignore[arg-type]
        case ("delete", store, key):
            return world.db_delete(NodeId(store), str(key))  # type: ignore[arg-type]
        case ("keys", store):
            return world.db_keys(NodeId(store))  # type: ignore[arg-type]
        case ("items", store):
            return world.db_items(NodeId(store))  # type: ignore[arg-type]
        case ("count", store):
            return world.db_count(NodeId(store))  # type: ignore[arg-type]
        case ("now",):
            return world.now()
        case ("random", count):
            return world.random_bytes(int(str(count)))
    raise AssertionError(operation)


def recorded(world: WatchingWorld) -> Trace:
    watched = world.watched()
    return Trace(
        TraceId(1), Origin.RUN, NodeId(0), "", b"", True, 0, 1, (), None, None, None, watched.calls, (), None, None, ""
    )


@given(st.lists(st.tuples(st.sampled_from(STORES), st.sampled_from("abc"), st.integers(0, 9))), operations)
def test_a_run_that_is_replayed_finds_what_it_found(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[NodeId, str, int]], operations: list[tuple[object, ...]]
) -> None:
    data = Data.open(tmp_path_factory.mktemp("rows"))
    try:
        for store, key, value in rows:
            data.set(store, key, value)
        world = WatchingWorld(data)
        found = [act(world, operation) for operation in operations]
        world.end()
        replayed = HeldWorld(Recorded(recorded(world), EPOCH))
        assert [act(replayed, operation) for operation in operations] == found
        effects = [call for call in recorded(world).calls if call.kind.is_effect]
        assert replayed.effects == effects
    finally:
        data.close()


def test_what_was_not_recorded_is_not_made_up() -> None:
    empty = Trace(TraceId(1), Origin.RUN, NodeId(0), "", b"", True, 0, 1, (), None, None, None, (), (), None, None, "")
    world = HeldWorld(Recorded(empty, EPOCH + timedelta(days=1)))
    assert world.now() == datetime(1970, 1, 2, tzinfo=UTC)  # when it was is known
    for operation in (("get", 5, "a"), ("keys", 5), ("items", 5), ("count", 5), ("random", 3)):
        with pytest.raises(NotRecorded):
            act(world, operation)
    assert world.lacking


def test_a_held_world_reads_its_own_writes_and_goes_back() -> None:
    world = HeldWorld(Empty())
    world.db_set(STORES[0], "a", 1)
    mark = world.mark()
    world.db_set(STORES[0], "b", 2)
    world.db_delete(STORES[0], "a")
    assert world.db_items(STORES[0]) == [("b", 2)]
    world.revert(mark)
    assert world.db_items(STORES[0]) == [("a", 1)]
    assert [(call.kind, call.key) for call in world.effects] == [(Kind.SET, "a")]
    assert world.random_bytes(4) == HeldWorld(Empty()).random_bytes(4)
    with pytest.raises(Failed):
        world.bench()


def test_replaying_traffic_changes_nothing_and_gives_the_same(shop: Shop) -> None:
    shop.add(
        "db Rows Int",
        "POST /n/:k = let n = Option::withDefault(DB::get(Rows-v0, k), 0) + 1; DB::set(Rows-v0, k, n);"
        " { n: n, all: DB::count(Rows-v0), at: DateTime::now(), id: DB::generateKey() }",
        "GET /broken = Int::divide(1, DB::count(Rows-v0) - 2)",
    )
    with service(shop) as made:
        for key in "aab":
            assert ask(made, "POST", f"/n/{key}").status == 200
        assert ask(made, "GET", "/broken").status == 500
        found = traces(made)
        rows = {store: made.data.count(store) for store in made.data.stores()}
        canvas = shop.host.canvas
        rerunner = Rerunner(canvas, canvas.library, shop.host.settings)
        for opened in found:
            result = rerunner.rerun(opened)
            assert result.skip is None
            assert differences(result_of(opened.trace), result) == []
        assert {store: made.data.count(store) for store in made.data.stores()} == rows
        assert len(traces(made)) == len(found)
        gone = found[0]._replace(trace=replace(found[0].trace, toplevel=NodeId(12345)))
        assert rerunner.rerun(gone).skip is Skip.GONE
        assert rerunner.rerun(found[0]._replace(sealed=True)).skip is Skip.SEALED
        assert rerunner.rerun(found[0]._replace(trace=replace(found[0].trace, partial="much"))).skip is Skip.PARTIAL
