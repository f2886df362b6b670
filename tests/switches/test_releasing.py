"""Who gets a side, and how that changes by itself: subjects, signed requests, ramps, conditions that only look."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from canvas_harness import LIBRARY, Shop
from hypothesis import given
from hypothesis import strategies as st
from recorded import ask, put_switch, service, traces

from dark_cli.commands.structure_site import Site
from dark_lang.deciding import Side
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.notation.reading import read_expression
from dark_lang.ramps import spell_step, steps_of
from dark_lang.restructuring.surgery import changed
from dark_lang.restructuring.switches import list_subjects, set_condition, set_on, set_ramp, set_share
from runtime.hosting import Host
from runtime.keys import canvas_key
from runtime.switches.conditions import require_reading
from runtime.switches.forcing import read_header, signed_header
from runtime.switches.ramping import Counted, Ramps, is_worse

KEY = bytes(range(32))
CANVAS = bytes(16)
sides = st.dictionaries(st.integers(1, 2**64 - 1).map(NodeId), st.sampled_from(Side), min_size=1, max_size=3)


@given(sides, st.integers(0, 2_000), st.integers(0, 2_000), st.binary(max_size=3), st.integers(0, 200))
def test_a_header_forces_what_was_signed_and_nothing_else(
    forced: dict[NodeId, Side], expires: int, now: int, noise: bytes, place: int
) -> None:
    value = signed_header(KEY, CANVAS, forced, expires)
    assert read_header(KEY, CANVAS, value, now) == (forced if now <= expires else None)
    assert read_header(bytes(32), CANVAS, value, 0) is None
    assert read_header(KEY, bytes([1]) * 16, value, 0) is None
    other = (value[:place] + noise.decode("latin-1") + value[place + len(noise) :]) if noise else value + "0"
    if other != value:
        assert read_header(KEY, CANVAS, other, 0) is None


def set_up(shop: Shop, subject: str = "", header: str = "x-user") -> NodeId:
    """A handler behind a switch that is on, for nobody."""
    (handler,) = shop.add('GET /p = "old"')
    switch = put_switch(shop, handler, "p", '"new"')
    shop.host.edit(lambda draft, _: set_on(draft, switch, True), author="test")
    lines = [f'trusted_header = "{header}"'] if header else []
    lines += [f'function = "{subject}"'] if subject else []
    text = shop.folder / "canvas.toml"
    text.write_text(text.read_text() + "\n[subject]\n" + "\n".join(lines) + "\n")
    shop.host = Host.open(shop.folder, library=LIBRARY)
    return switch


def allow(shop: Shop, switch: NodeId, *subjects: str) -> None:
    shop.host.edit(lambda draft, _: list_subjects(draft, switch, subjects, True), author="test")


def test_lists_trust_the_header_that_is_named_and_no_other(shop: Shop) -> None:
    switch = set_up(shop)
    allow(shop, switch, "ada")
    with service(shop) as made:
        assert ask(made, "GET", "/p", b"", (b"x-user", b"ada")).body == b"new"
        assert ask(made, "GET", "/p", b"", (b"x-user", b"bob")).body == b"old"
        assert ask(made, "GET", "/p", b"", (b"x-other", b"ada")).body == b"old"
        assert ask(made, "GET", "/p").body == b"old"


def test_what_a_switch_looks_at_changes_no_answer_of_who_does_not(shop: Shop) -> None:
    switch = set_up(shop)
    shop.add("POST /strict = request.json", "POST /loose = request.path", "POST /all = request")
    for condition in ("true", 'request.path == "/p"', "request.json == request.json", "Bool::not(request == request)"):
        change = partial(set_condition, switch=switch, text=condition)
        shop.host.edit(lambda draft, canvas, change=change: change(draft, Site(draft, canvas)), author="test")
        with service(shop) as made:
            assert ask(made, "POST", "/strict", b"{").status == 400
            assert ask(made, "POST", "/loose", b"{").status == 200
            assert ask(made, "POST", "/all", b"{").status == 200


def test_a_toggle_whose_switch_is_gone_says_so_in_the_trace(shop: Shop) -> None:
    switch = set_up(shop)
    shop.host.edit(lambda draft, _: draft.delete_toplevel(switch), author="test")
    with service(shop) as made:
        assert ask(made, "GET", "/p", b"", (b"x-user", b"ada")).body == b"old"
        (opened,) = traces(made)
    assert [tuple(decided) for decided in opened.trace.decisions] == [(switch, False, "missing")]


@pytest.mark.parametrize(
    ("body", "headers", "listed"),
    [
        ('Dict::get(request.headers, "x-user")', ((b"x-user", b"ada"),), True),
        ('Dict::get(request.headers, "x-other")', ((b"x-other", b"ada"),), False),  # nobody vouches for it
        ('Dict::get(request.cookies, "user")', ((b"cookie", b"user=ada"),), False),  # anybody can write one
        ("Shop::ask(request)", ((b"cookie", b"user=ada"),), False),
        ('Some("ada")', (), True),
        ('if Int::divide(1, 0) == 1 then Some("ada") else None', (), False),  # it fails
        ("?later", (), False),
    ],
)
def test_who_asks_is_what_the_function_says(
    shop: Shop, body: str, headers: tuple[tuple[bytes, bytes], ...], listed: bool
) -> None:
    shop.add('fn Shop::ask(request: Request) -> Option<String> = Dict::get(request.cookies, "user")')
    shop.add(f"fn Shop::who(request: Request) -> Option<String> = {body}")
    switch = set_up(shop, "Shop::who")
    allow(shop, switch, "ada")
    with service(shop) as made:
        answer = ask(made, "GET", "/p", b"", *headers)
        assert (answer.status, answer.body) == (200, b"new" if listed else b"old")
        # A cookie counts for shares.
        shop.host.edit(lambda draft, _: set_share(draft, switch, 9_999), author="test")
        if "cookie" in body or "Shop::ask" in body:
            assert ask(made, "GET", "/p", b"", *headers).body == b"new"


def test_a_signed_request_gets_its_side_and_is_a_trial(shop: Shop) -> None:
    switch = set_up(shop)
    key = canvas_key(shop.host.settings.canvas, create=True)
    assert key is not None
    value = signed_header(key, shop.host.settings.canvas, {switch: Side.NEW}, 2**40).encode()
    with service(shop) as made:
        assert ask(made, "GET", "/p", b"", (b"x-dark-force", value)).body == b"new"
        assert ask(made, "GET", "/p", b"", (b"x-dark-force", value + b"0")).body == b"old"
        assert [opened.trace.trial for opened in traces(made)] == [False, True]
        shop.host.edit(lambda draft, _: set_on(draft, switch, False), author="test")
        assert ask(made, "GET", "/p", b"", (b"x-dark-force", value)).body == b"old"  # off is off


def test_a_condition_only_looks(shop: Shop) -> None:
    shop.add(
        "db Seen Bool",
        'fn Shop::note() -> Bool = DB::set(Seen-v0, "a", true)',
        "fn Shop::look() -> Bool = DB::count(Seen-v0) == 0",
    )
    switch = set_up(shop)
    canvas = shop.host.canvas
    rule = canvas.tree(switch)
    assert isinstance(rule, top.Switch)
    for text, fine in (("Shop::note()", False), ("Shop::look()", True), ('DB::delete(Seen-v0, "a") == ()', False)):
        from dark_lang.names import Fresh

        tree = changed(rule, condition=read_expression(text, canvas.naming, Fresh(1)).tree)
        if fine:
            require_reading(canvas, tree)
        else:
            with pytest.raises(RefusedError, match="only looks"):
                require_reading(canvas, tree)


def ramp(shop: Shop, switch: NodeId, points: int, *steps: tuple[int, int], guards: tuple[str, ...] = ()) -> None:
    shop.host.edit(lambda draft, _: set_ramp(draft, switch, points, steps, guards), author="test")


def share(shop: Shop, switch: NodeId) -> int:
    tree = shop.host.canvas.tree(switch)
    assert isinstance(tree, top.Switch)
    return tree.share


def test_a_ramp_takes_its_steps_when_they_are_due(shop: Shop) -> None:
    switch = set_up(shop)
    day = 86_400_000_000
    begin = 1_800_000_000_000_000
    now = begin
    ramps = Ramps(shop.host, lambda: now)
    ramp(shop, switch, 1_000, (begin + day, 5_000), (begin + 2 * day, 10_000))
    ramps.look()
    assert share(shop, switch) == 1_000
    now = begin + day
    ramps.look()
    assert share(shop, switch) == 5_000
    last = next(iter(shop.host.log(1)))
    assert (last.author, last.command) == ("ramp", "toggle rollout p 50")
    now = begin + 9 * day
    ramps.look()
    tree = shop.host.canvas.tree(switch)
    assert isinstance(tree, top.Switch) and tree.share == 10_000 and steps_of(tree) == []
    shop.host.undo(author="ramp")
    assert share(shop, switch) == 5_000
    with pytest.raises(RefusedError, match="goes up"):
        ramp(shop, switch, 1_000, (begin, 500))
    with pytest.raises(RefusedError, match="no guard"):
        ramp(shop, switch, 1_000, (begin, 2_000), guards=("luck",))


def test_a_guard_stops_a_ramp_whose_new_side_fails(shop: Shop) -> None:
    (handler,) = shop.add('GET /g/:n = "fine"')
    switch = put_switch(shop, handler, "g", '"${Int::toString(Int::divide(1, 0))}"')
    text = shop.folder / "canvas.toml"
    text.write_text(text.read_text() + '\n[subject]\ntrusted_header = "x-user"\n')
    shop.host = Host.open(shop.folder, library=LIBRARY)
    shop.host.edit(lambda draft, _: set_on(draft, switch, True), author="test")
    begin = 1_800_000_000_000_000
    ramp(shop, switch, 5_000, (begin, 10_000), guards=("errors",))
    with service(shop) as made:
        for nth in range(160):
            ask(made, "GET", f"/g/{nth}", b"", (b"x-user", f"u{nth}".encode()))
        made.count()
        Ramps(shop.host).look()
    tree = shop.host.canvas.tree(switch)
    assert isinstance(tree, top.Switch) and tree.share == 5_000 and steps_of(tree) == []


@given(st.integers(0, 200), st.integers(0, 200))
def test_equal_sides_are_never_worse(runs: int, failed: int) -> None:
    same = Counted(runs, min(runs, failed), runs * 7)
    assert not is_worse("errors", same, same) and not is_worse("latency", same, same)
    assert is_worse("errors", Counted(100, 0, 0), Counted(100, 50, 0))
    assert is_worse("latency", Counted(100, 0, 100), Counted(100, 0, 500))
    assert not is_worse("errors", Counted(100, 0, 0), Counted(10, 10, 0))  # too few to tell


def test_two_rollouts_at_a_time_are_a_conflict_that_is_shown_and_serves_what_served(shop: Shop, tmp_path: Path) -> None:
    switch = set_up(shop)
    clone = tmp_path / "clone"
    shutil.copytree(shop.folder, clone, ignore=shutil.ignore_patterns("data", ".dark"))
    with service(shop) as made:
        assert ask(made, "GET", "/p").body == b"old"
        shop.host.edit(lambda draft, _: set_share(draft, switch, 10_000), author="ada")
        assert ask(made, "GET", "/p").body == b"new"
        Shop(clone).host.edit(lambda draft, _: set_share(draft, switch, 100), author="bob")
        for path in (clone / "diffs").glob("*.cbor"):
            if not (shop.folder / "diffs" / path.name).exists():
                shutil.copy(path, shop.folder / "diffs" / path.name)
        shop.host.refresh()
        assert shop.host.canvas.materialized(switch).conflicts
        assert ask(made, "GET", "/p").body == b"new"
    shop.host = Host.open(shop.folder, library=LIBRARY)
    with service(shop) as made:
        assert ask(made, "GET", "/p").body == b"new"  # after a restart, too
        shop.host.edit(lambda draft, _: set_share(draft, switch, 0), author="ada")  # which settles it
        assert ask(made, "GET", "/p").body == b"old"
    assert spell_step(0, 1) == "1970-01-01T00:00:00Z 1"
