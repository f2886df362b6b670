"""Two outcomes are told apart by path; what the clock and chance make different is noise, and structure never is."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

from canvas_harness import Shop
from hypothesis import given
from hypothesis import strategies as st
from recorded import ask, put_switch, service

from dark_lang.names import NodeId
from runtime.fuzzing.searching import Fuzzer
from runtime.fuzzing.telling import test_of_find as written_down
from runtime.replaying.campaigns import compare
from runtime.replaying.comparing import differences, noise_of, without_noise
from runtime.replaying.rerunning import Result
from runtime.replaying.sides import read_sides
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.records import Answered

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)


def answer(value: Any) -> Result:
    body = json.dumps(value).encode()
    return Result(Answered(200, (), body, len(body)))


@given(json_values, json_values)
def test_what_is_equal_does_not_differ_and_what_is_not_does(one: Any, other: Any) -> None:
    found = differences(answer(one), answer(other))
    assert bool(found) == (json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert [each.path for each in differences(answer(other), answer(one))] == [each.path for each in found]


@given(json_values, json_values, json_values)
def test_structure_is_never_noise(one: Any, again: Any, other: Any) -> None:
    noise = noise_of(answer(one), answer(again))
    found = differences(answer(one), answer(other))
    assert [each for each in without_noise(found, noise) if each.structural] == [
        each for each in found if each.structural
    ]


def test_sides_are_compared_and_the_clock_is_noise(shop: Shop) -> None:
    (total,) = shop.add("fn Shop::total(n: Int) -> Int = n * 2")
    shop.add(
        "db Rows Int",
        "POST /t/:n = let total = Shop::total(String::length(n)); DB::set(Rows-v0, n, total);"
        " { total: total, at: DateTime::now(), key: DB::generateKey() }",
    )
    put_switch(shop, total, "double", "if n == 3 then 7 else n + n")
    with service(shop) as made:
        for n in ("a", "ab", "abc", "abcd"):
            assert ask(made, "POST", f"/t/{n}").status == 200
        made.count()
        canvas, host = shop.host.canvas, shop.host
        with closing(TraceReader(shop.folder)) as reader:
            ids = list(reader.ids(Filter()))
            report = compare(
                reader, ids, read_sides(host, ("toggle:double",)), canvas.library, host.settings, lambda *_: None, 4
            )
        assert (report.ran, report.same) == (4, 3)
        assert set(report.paths) == {"body.total", "effect 1 abc"}
        assert set(report.noise) == {"body.at", "body.key"}
        assert made.data.count(next(iter(made.data.stores()))) == 4  # nothing was written anew


def test_fuzzing_finds_crashes_holes_and_unlike_sides_and_makes_them_small(shop: Shop) -> None:
    crash, hole, sides, handler = shop.add(
        "fn Shop::crash(xs: List<Int>) -> Int = Int::divide(100, List::length(xs) - 2)",
        "fn Shop::hole(n: Int) -> Int = if n > 50 then ?large else n",
        "fn Shop::sides(n: Int) -> Int = n",
        "GET /sides = Shop::sides(11)",
    )
    switch = put_switch(shop, sides, "s", "if n > 10 then 10 else n")
    canvas = shop.host.canvas

    def search(target: NodeId, switch: NodeId | None = None) -> list[str]:
        fuzzer = Fuzzer(canvas, canvas.library, shop.host.settings, switch)
        return [written_down(canvas, find) for find in fuzzer.search(target, 200, lambda _count: None)]

    assert search(crash) == ["Shop::crash_v0([0, 0])"]
    assert search(hole) == ["Shop::hole_v0(51)"]
    assert search(sides, switch) == ["Test::equal(Shop::sides_v0(11), 11)"]
    (made,) = search(handler, switch)
    assert made.endswith(
        'Test::equal(answer.status, 200)\nTest::equal(answer.json, Result::unwrap(Json::parse<Json>("11")))'
    )
