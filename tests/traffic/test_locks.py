"""What serves traffic does not change under it, and nothing else is in anybody's way."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from canvas_harness import LIBRARY, Shop
from generators import expressions
from hypothesis import assume, given
from hypothesis import strategies as st
from recorded import ask, service

from dark_lang.edits.drafting import Draft
from dark_lang.errors import LockedError
from dark_lang.names import Defined, Fresh, NodeId, Ref
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Sort, shape_of
from dark_lang.nodes.walking import descend, same
from dark_lang.restructuring.normalizing import normalize
from dark_lang.restructuring.surgery import substitute
from runtime.app import Service
from runtime.canvas import Canvas
from runtime.data import usage
from runtime.hosting import Host
from runtime.locks.judging import takes_from
from runtime.locks.matching import runs_the_same
from runtime.locks.uses import unlock
from runtime.serving.routes import matches, plant, read_path, read_route

SWITCH = Defined(NodeId(77))


def nobody(_switch: Ref | e.Toggle) -> bool:
    return False


def everybody(_switch: Ref | e.Toggle) -> bool:
    return True


def handler(body: e.Expression) -> top.Http:
    return top.Http(NodeId(1 << 60), 1, "", "GET", "/x", body)


def plain(body: e.Expression) -> top.Http:
    """Without sides that wait, so that what a change does is plain."""
    assume(not any(isinstance(node, e.Toggle | e.Partial | e.Note) for node in descend(body)))
    return handler(body)


@given(expressions(), expressions(depth=1), st.data())
def test_a_switch_around_anything_changes_nothing(body: e.Expression, new: e.Expression, data: st.DataObject) -> None:
    before = plain(body)
    fresh = Fresh(1)
    places = [node for node in descend(before) if shape_of(type(node)).sort is Sort.EXPRESSION]
    around = data.draw(st.sampled_from(places))
    assert isinstance(around, e.Expression)
    toggle = e.Toggle(fresh(), SWITCH, around, new)
    behind = substitute(before, {around.id: toggle})
    assert runs_the_same(before, behind, nobody, nobody)
    other = e.Toggle(toggle.id, SWITCH, around, e.Hole(fresh(), "other"))
    assert runs_the_same(behind, substitute(before, {around.id: other}), nobody, nobody)  # the new side is worked on
    assert runs_the_same(behind, before, nobody, nobody)  # drop
    assert runs_the_same(behind, substitute(before, {around.id: new}), nobody, nobody)  # finish
    assert runs_the_same(substitute(before, {around.id: new}), behind, nobody, everybody)  # and its undo
    if not same(new, other.new):
        assert not runs_the_same(behind, substitute(before, {around.id: other}), everybody, nobody)
    partial = e.Partial(fresh(), e.Hole(fresh(), ""), around)
    assert runs_the_same(before, substitute(before, {around.id: partial}), nobody, nobody)


@given(expressions(), expressions(depth=1), st.data())
def test_other_code_in_any_place_is_another(body: e.Expression, new: e.Expression, data: st.DataObject) -> None:
    before = plain(body)
    assume(not any(isinstance(node, e.Toggle | e.Partial | e.Note) for node in descend(new)))
    places = [node for node in descend(before) if shape_of(type(node)).sort is Sort.EXPRESSION]
    target = data.draw(st.sampled_from(places))
    fresh = Fresh(2)
    after = normalize(substitute(before, {target.id: new}), fresh, kept=set())
    assume(not same(normalize(before, fresh, kept=set()), after))
    assert not runs_the_same(before, after, nobody, nobody)
    assert runs_the_same(after, after, everybody, nobody)


ROUTES = st.lists(st.sampled_from(["a", "b", ":x", ":y"]), min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from(["/" + "/".join(parts), "/" + "/".join([*parts, ":rest*"])])
)
PATHS = [b"/" + b"/".join(parts) for parts in ([b"a"], [b"b"], [b"c"], [b"a", b"a"], [b"a", b"b"], [b"a", b"c"],
         [b"b", b"a"], [b"c", b"a"], [b"c", b"c"], [b"a", b"a", b"a"], [b"a", b"b", b"c"], [b"c", b"c", b"c"],
         [b"b", b"c", b"a"], [b"a", b"a", b"a", b"a"], [b"c", b"b", b"a", b"c"])]  # fmt: skip


@given(ROUTES, ROUTES)
def test_a_route_takes_requests_exactly_where_it_comes_first(mine: str, theirs: str) -> None:
    first, second = read_route("GET", mine), read_route("GET", theirs)
    alone = plant([(second, NodeId(2))])
    both = plant([(second, NodeId(2)), (first, NodeId(1))])
    taken = False
    for path in PATHS:
        segments = read_path(path)
        if any(True for _ in matches(alone, segments)):
            found = next(matches(both, segments)).handlers["GET"][0]
            taken = taken or found == NodeId(1)
    if taken:
        assert takes_from(first, second)
    if not takes_from(first, second):
        assert not taken


def refused(shop: Shop, act: Callable[[], object], *words: str) -> None:
    with pytest.raises(LockedError) as caught:
        act()
    told = " ".join([caught.value.message, *caught.value.details, caught.value.suggestion])
    for word in words:
        assert word in told
    assert caught.value.exit_code == 4


def served(made: Service, *paths: str) -> None:
    for path in paths:
        assert ask(made, "GET", path).status == 200
    made.count()


def test_use_makes_lock_through_the_call_graph(shop: Shop) -> None:
    inner, outer, aside, h = shop.add(
        'fn Shop::inner(n: Int) -> String = "inner"',
        "fn Shop::outer(n: Int) -> String = Shop::inner(n)",
        'fn Shop::aside(n: Int) -> String = "aside"',
        "GET /x = Shop::outer(1)",
    )
    with service(shop) as made:
        shop.rewrite(inner, '"still free"')
        ask(made, "GET", "/x", traffic=False)
        made.count()
        shop.rewrite(inner, '"a trial locks nothing"')
        served(made, "/x")
        refused(shop, lambda: shop.rewrite(h, '"other"'), "GET:/x", "dark toggle create")
        refused(shop, lambda: shop.rewrite(outer, '"other"'), "Shop::outer", "GET:/x runs it")
        refused(shop, lambda: shop.rewrite(inner, '"other"'), "Shop::inner", "GET:/x runs it")
        refused(shop, lambda: shop.delete(inner), "Shop::inner")
        shop.rewrite(aside, '"nobody uses it"')
        shop.add('GET /y = "new"')


def test_what_stops_at_a_hole_serves_nobody_and_may_be_written(shop: Shop) -> None:
    inner, h = shop.add("fn Shop::inner(n: Int) -> String = ?later", "GET /x/:n = Shop::inner(String::length(n))")
    with service(shop) as made:
        assert ask(made, "GET", "/x/1").status == 501
        made.count()
        shop.rewrite(inner, 'if n > 1 then ? else "one"')
        shop.rewrite(h, "Shop::inner(String::length(n) + 0)")
        served(made, "/x/1")
        refused(shop, lambda: shop.rewrite(inner, '"all"'), "GET:/x/:n runs it")


def test_a_lock_does_not_lag_behind_a_hole(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "INTERVAL", 60.0)
    _, h = shop.add("GET /hole = ?", 'GET /x = "x"')
    with service(shop) as made:
        ask(made, "GET", "/hole")  # counted later; what comes next is counted at once all the same
        assert ask(made, "GET", "/x").status == 200
        end = time.monotonic() + 20
        while shop.host.locks.why(shop.host.canvas, h) is None:
            assert time.monotonic() < end
            time.sleep(0.01)
        refused(shop, lambda: shop.rewrite(h, '"y"'))


def test_a_lock_ends_with_its_window_and_what_served_stays_frozen(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    settings = tmp_path / "canvas.toml"
    settings.write_text(settings.read_text() + "\n[locks]\nwindow_days = 0\n")
    shop = Shop(tmp_path)
    function, h = shop.add('fn Shop::f(n: Int) -> String = "f"', "GET /x = Shop::f(1)")
    with service(shop) as made:
        served(made, "/x")
        time.sleep(0.01)
        refused(shop, lambda: shop.rewrite(function, '"g"'), "what served does not change")
        shop.rewrite(h, '"free again"')


def test_an_unlock_lasts_until_the_next_request(shop: Shop) -> None:
    (h,) = shop.add('GET /x = "x"')
    with service(shop) as made:
        served(made, "/x")
        unlock(shop.folder, [h], "ada", "because")
        shop.rewrite(h, '"y"')
        served(made, "/x")
        refused(shop, lambda: shop.rewrite(h, '"z"'))
        assert [(one.toplevel, one.author, one.reason) for one in shop.host.locks.uses.unlocks()] == [
            (h, "ada", "because")
        ]


def test_undo_goes_back_to_what_served(shop: Shop) -> None:
    (h,) = shop.add('GET /x = "one"')
    with service(shop) as made:
        served(made, "/x")
        unlock(shop.folder, [h], "ada", "because")
        shop.rewrite(h, '"two"')
        served(made, "/x")
        shop.host.undo(author="test")
        assert ask(made, "GET", "/x").body == b"one"


@pytest.mark.parametrize("share", [10_000, 9_999])
def test_undo_of_finish_is_no_change_where_the_switch_gives_all(shop: Shop, share: int) -> None:
    (h,) = shop.add('GET /x = "old"')

    def put(draft: Draft, canvas: Canvas) -> None:
        switch = draft.fresh()
        draft.create_toplevel(top.Switch(switch, 1, "", "s", True, share, "s", "murmur3", (), (), (), None))
        tree = draft.tree(h)
        assert isinstance(tree, top.Http)
        new = e.String(draft.fresh(), (e.Text(draft.fresh(), "new"),))
        draft.replace(h, tree.body.id, e.Toggle(draft.fresh(), Defined(switch), tree.body, new))

    def finish(draft: Draft, canvas: Canvas) -> None:
        tree = draft.tree(h)
        assert isinstance(tree, top.Http) and isinstance(tree.body, e.Toggle)
        draft.replace(h, tree.body.id, tree.body.new)
        draft.delete_toplevel(canvas.find("toggle:s").toplevel_id)

    with service(shop) as made:
        served(made, "/x")
        shop.host.edit(put, author="test")
        shop.host.edit(finish, author="test")
        served(made, "/x")
        if share < 10_000:
            refused(shop, lambda: shop.host.undo(author="test"))
            return
        shop.host.undo(author="test")
    # Nor is it held by a server that starts anew, before any request.
    shop.host = Host.open(shop.folder, library=LIBRARY)
    with service(shop) as made:
        assert shop.host.held() == []
        tree = made.host.canvas.tree(h)
        assert isinstance(tree, top.Http) and isinstance(tree.body, e.Toggle)
        assert ask(made, "GET", "/x").body == b"new"


def test_a_clone_without_traffic_is_free(shop: Shop, tmp_path: Path) -> None:
    (h,) = shop.add('GET /x = "x"')
    with service(shop) as made:
        served(made, "/x")
    shutil.copytree(shop.folder, tmp_path / "clone", ignore=shutil.ignore_patterns("data", ".dark"))
    Shop(tmp_path / "clone").rewrite(h, '"y"')
    Shop(shop.folder)
    refused(shop, lambda: Shop(shop.folder).rewrite(h, '"y"'))  # without a server, too


@pytest.mark.parametrize("serving", ['["GET:/x"]', '["*"]'])
def test_a_clone_without_traffic_is_locked_where_it_says_so(tmp_path: Path, serving: str) -> None:
    shop = Shop(tmp_path)
    inner, h, other = shop.add('fn Shop::inner(n: Int) -> String = "inner"', "GET /x = Shop::inner(1)", 'GET /y = "y"')
    settings = tmp_path / "canvas.toml"
    settings.write_text(settings.read_text() + f"\n[locks]\nserving = {serving}\n")
    shop = Shop(tmp_path)
    for toplevel in (inner, h):
        refused(shop, lambda toplevel=toplevel: shop.rewrite(toplevel, '"z"'), "canvas.toml says", "dark toggle create")
    if serving == '["*"]':
        refused(shop, lambda: shop.rewrite(other, '"z"'), "canvas.toml says")
    else:
        shop.rewrite(other, '"z"')
    unlock(shop.folder, [h, other], "ada", "because")
    shop.rewrite(inner, '"z"')
    shop.rewrite(h, '"z"')


def arrive(shop: Shop, act: Callable[[Shop], object]) -> None:
    """An edit made in a clone, whose files come here."""
    clone = shop.folder.parent / "clone"
    shutil.rmtree(clone, ignore_errors=True)
    shutil.copytree(shop.folder, clone, ignore=shutil.ignore_patterns("data", ".dark", "*.sock"))
    act(Shop(clone))
    for path in (clone / "diffs").glob("*.cbor"):
        if not (shop.folder / "diffs" / path.name).exists():
            shutil.copy(path, shop.folder / "diffs" / path.name)
    shop.host.refresh()


def test_what_arrives_is_held_until_somebody_accepts_it(shop: Shop) -> None:
    h, free, doomed = shop.add('GET /x = "old"', 'GET /free = "old"', 'GET /doomed = "here"')
    with service(shop) as made:
        served(made, "/x", "/doomed")
        arrive(shop, lambda clone: (clone.rewrite(h, '"new"'), clone.rewrite(free, '"new"'), clone.delete(doomed)))
        arrive(shop, lambda clone: clone.add('GET /:any = "taken"', 'GET /x/y = "more"'))
        assert ask(made, "GET", "/x").body == b"old"
        assert ask(made, "GET", "/free").body == b"new"
        assert ask(made, "GET", "/doomed").body == b"here"
        assert [label for _, label in shop.host.held()] == ["GET:/doomed", "GET:/x"]
        assert "'new'" in str(shop.host.canvas.tree(h))  # it is in the program
    # A server that starts anew holds the same.
    shop.host = Host.open(shop.folder, library=LIBRARY)
    with service(shop) as made:
        assert ask(made, "GET", "/x").body == b"old"
        assert ask(made, "GET", "/doomed").body == b"here"
        assert [label for _, label in shop.host.held()] == ["GET:/doomed", "GET:/x"]
        shop.host.release(h, "ada")
        assert ask(made, "GET", "/x").body == b"new"
        shop.host.release(doomed, "ada")
        assert ask(made, "GET", "/doomed").body == b"taken"
        assert shop.host.held() == []


def test_a_switch_that_arrives_is_never_held(shop: Shop) -> None:
    (h,) = shop.add('GET /x = "old"')

    def put_switch(clone: Shop) -> None:
        def change(draft: Draft, canvas: Canvas) -> None:
            switch = top.Switch(draft.fresh(), 1, "", "s", True, 10_000, "s", "murmur3", (), (), (), None)
            draft.create_toplevel(switch)
            tree = draft.tree(h)
            assert isinstance(tree, top.Http)
            old, new = (e.String(draft.fresh(), (e.Text(draft.fresh(), text),)) for text in ("old", "new"))
            draft.replace(h, tree.body.id, e.Toggle(draft.fresh(), Defined(switch.id), old, new))

        clone.host.edit(change, author="other")

    with service(shop) as made:
        served(made, "/x")
        arrive(shop, put_switch)
        assert ask(made, "GET", "/x").body == b"new"
        assert shop.host.held() == []
