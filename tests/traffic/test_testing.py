"""Tests of a canvas: what they expect, under which sides they run, and who runs them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from canvas_harness import LIBRARY, Shop
from hypothesis import given
from hypothesis import strategies as st
from recorded import ask, put_switch, service

from dark_lang.edits.drafting import Draft
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.notation.reading import read_expression
from runtime.app import Service
from runtime.canvas import Canvas
from runtime.testing.background import told
from runtime.testing.reaching import Reach
from runtime.testing.results import Outcome, Verdicts
from runtime.testing.running import Runner


def add_test(shop: Shop, name: str, body: str) -> NodeId:
    def change(draft: Draft, canvas: Canvas) -> NodeId:
        reading = read_expression(body, canvas.naming, draft.fresh)
        assert not reading.repairs
        made = top.Test(draft.fresh(), 1, "", name, reading.tree)
        draft.create_toplevel(made)
        return made.id

    return shop.host.edit(change, author="test").result


def result(shop: Shop, test: NodeId) -> Verdicts:
    canvas = shop.host.canvas
    return Runner(canvas, canvas.library, shop.host.settings).run(test)


@pytest.mark.parametrize(
    ("body", "outcome", "found", "expected"),
    [
        ("1 + 1 == 2", Outcome.PASSED, "", ""),
        ("1 + 1 == 3", Outcome.FAILED, "false", "true"),
        ("Test::equal([1, 2], [1, 3])", Outcome.FAILED, "[1, 2]", "[1, 3]"),
        ("Test::isTrue(1 > 2)", Outcome.FAILED, "false", "true"),
        ("Int::divide(1, 0)", Outcome.FAILED, "an Int cannot be divided by 0", ""),
        ("?later", Outcome.UNFINISHED, "it gives the hole ?later", ""),
        ("if ?later then 1 else 2", Outcome.UNFINISHED, "the run came to the hole ?later", ""),
        ('1 + "a" == 2', Outcome.FAILED, "the run came to what does not fit: expected Int, found String", ""),
        ('Test::fails(_ => 1, "zero")', Outcome.FAILED, "1", 'a failure that says "zero"'),
        ('Test::fails(_ => Int::divide(1, 0), "DIVIDED")', Outcome.PASSED, "", ""),
        ('Test::request("GET", "/nothing").status == 404', Outcome.PASSED, "", ""),
        ("DateTime::now() == DateTime::fromSeconds(0)", Outcome.PASSED, "", ""),
        ("DB::generateKey() == DB::generateKey()", Outcome.FAILED, "false", "true"),
    ],
)
def test_what_comes_of_a_test(shop: Shop, body: str, outcome: Outcome, found: str, expected: str) -> None:
    made = result(shop, add_test(shop, "t", body))
    assert made.outcome is outcome
    if made.first is not None:
        mistake, _ = made.first
        assert (mistake.found, mistake.expected) == (found, expected.replace('"', "'"))
        assert mistake.node


def test_a_request_in_a_test_is_one_over_http_that_leaves_nothing(shop: Shop) -> None:
    shop.add(
        "db Rows Int",
        "POST /rows/:k = DB::set(Rows-v0, k, String::length(k)); { k: k, q: request.query, h: request.headers }",
        "POST /broken/:k = DB::set(Rows-v0, k, 1); Int::divide(1, 0)",
        "POST /bad/:k = DB::set(Rows-v0, k, 1); Http::respond(500, k)",
    )
    test = add_test(
        shop,
        "t",
        'let answer = Test::requestWith("POST", "/rows/abc?a=1", #{ "X-Mine": "m" }, "")\n'
        "Test::equal(answer.status, 200)\n"
        'Test::equal(answer.text, "{\\"k\\":\\"abc\\",\\"q\\":{\\"a\\":\\"1\\"},\\"h\\":{\\"x-mine\\":\\"m\\"}}")\n'
        'Test::equal(DB::get(Rows-v0, "abc"), Some(3))\n'
        'Test::equal(Test::request("POST", "/broken/x").status, 500)\n'
        'Test::equal(Test::request("POST", "/bad/y").status, 500)\n'
        'Test::equal(DB::keys(Rows-v0), ["abc"])\n'
        'Test::equal(List::map(Test::effects(), did => did.key), ["abc"])',
    )
    made = result(shop, test)
    assert made.outcome is Outcome.PASSED, made.attempts
    with service(shop) as running:
        assert running.data.stores() == {}


def test_each_side_of_each_switch_is_tried(shop: Shop) -> None:
    one, two, three = shop.add(
        'fn Shop::one() -> String = "a"', 'fn Shop::two() -> String = "b"', 'fn Shop::three() -> String = "c"'
    )
    switches = [
        put_switch(shop, one, "one", '"A"'),
        put_switch(shop, two, "two", "?not-yet"),
        put_switch(shop, three, "three", '"C"'),
    ]
    shop.add('GET /all = "${Shop::one()}${Shop::two()}"')
    test = add_test(shop, "t", 'Test::equal(String::toLowercase(Test::request("GET", "/all").text), "ab")')
    made = result(shop, test)
    tried = [{switch: new for switch, new in attempt.sides.items() if new} for attempt in made.attempts]
    assert tried == [{}, {switches[0]: True}, {switches[1]: True}, {switches[0]: True, switches[1]: True}] or tried == [
        {},
        {switches[1]: True},
        {switches[0]: True},
        {switches[0]: True, switches[1]: True},
    ]
    assert len(made.attempts) == 2 + 2
    outcomes = {frozenset(switch for switch, new in a.sides.items() if new): a.outcome for a in made.attempts}
    assert outcomes[frozenset()] is outcomes[frozenset(switches[:1])] is Outcome.PASSED
    assert outcomes[frozenset(switches[1:2])] is outcomes[frozenset(switches[:2])] is Outcome.UNFINISHED
    assert made.outcome is Outcome.UNFINISHED
    assert made.covered == {(switches[0], False), (switches[0], True), (switches[1], False)}
    assert not any(switch == switches[2] for switch, _ in made.covered)


@given(st.sampled_from(range(5)))
def test_a_test_is_affected_by_what_it_can_come_to(tmp_path_factory: pytest.TempPathFactory, nth: int) -> None:
    shop = Shop(tmp_path_factory.mktemp("reach"))
    ids = shop.add(
        "fn Shop::inner() -> Int = 1",
        "fn Shop::outer() -> Int = Shop::inner()",
        "fn Shop::aside() -> Int = 1",
        "GET /x/:n = Shop::outer()",
        "GET /other = Shop::aside()",
    )
    direct = add_test(shop, "direct", "Shop::outer() == 1")
    asking = add_test(shop, "asking", 'Test::request("GET", "/x/1").status == 200')
    any_ = add_test(shop, "any", 'let path = "/other"; Test::request("GET", path).status == 200')
    expected = {
        0: {direct, asking, any_},
        1: {direct, asking, any_},
        2: {any_},
        3: {asking, any_},
        4: {any_},
    }[nth]
    assert set(Reach(shop.host.canvas).affected({ids[nth]})) == expected


def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


def outcomes(made: Service) -> dict[str, Outcome]:
    return {known.label: known.outcome for known in made.tests.known().values()}


def test_tests_run_beside_the_server_after_each_edit(shop: Shop) -> None:
    (function,) = shop.add("fn Shop::f(n: Int) -> Int = n + 1")
    add_test(shop, "adds", "Shop::f(1) == 2")
    other = add_test(shop, "other", "true")
    with service(shop) as made:
        until(lambda: outcomes(made) == {"test:adds": Outcome.PASSED, "test:other": Outcome.PASSED})
        assert made.tests.take_news() == []
        shop.rewrite(function, "n + 2")
        until(lambda: outcomes(made)["test:adds"] is Outcome.FAILED)
        assert [told(news) for news in made.tests.take_news()] == ["test:adds fails: expected true, found false"]
        assert b'"test:adds"' in ask(made, "GET", "/_dark/tests", traffic=False).body
        # The process dies; the next edit starts another.
        process = made.tests._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        shop.rewrite(function, "n + 1")
        until(lambda: outcomes(made)["test:adds"] is Outcome.PASSED)
        assert [told(news) for news in made.tests.take_news()] == ["test:adds passes again"]
        shop.delete(other)
        until(lambda: set(outcomes(made)) == {"test:adds"})
    assert LIBRARY


def test_of_a_test_that_was_deleted_nothing_more_is_said(shop: Shop) -> None:
    bad = add_test(shop, "bad", "false")
    with service(shop) as made:
        until(lambda: outcomes(made) == {"test:bad": Outcome.FAILED})
        shop.delete(bad)
        assert (made.tests.take_news(), made.tests.failing()) == ([], [])
