"""Every request is recorded: what came in, what was read and done, what was decided, what came of it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import time
from contextlib import closing
from pathlib import Path

import apsw
from canvas_harness import LIBRARY, Shop, limited, process
from recorded import ask, bytes_on_disk, read, service, traces
from serving_harness import Client, spell

from dark_lang.edits.drafting import Draft
from dark_lang.names import NOWHERE, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes.toplevels import Http, Switch
from dark_lang.notation.reading import read_expression
from runtime.canvas import Canvas
from runtime.hosting import Host
from runtime.replaying.campaigns import replay
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.files import DROPPED
from runtime.traces.identities import spell_trace
from runtime.traces.records import Kind, Origin
from runtime.traces.sampling import EACH_SECOND, ONE_IN, Sampling

ORDERS = ("db Orders String", 'POST /orders/:id = DB::set(Orders-v0, id, "tea"); DB::get(Orders-v0, id)!')


def test_what_came_in_and_what_came_of_it(shop: Shop) -> None:
    handler = shop.add(*ORDERS)[1]
    with service(shop) as made:
        assert ask(made, "POST", "/orders/7?a=1", b"body", (b"x-a", b"b")).status == 200
        (opened,) = traces(made)
    trace = opened.trace
    assert (trace.origin, trace.toplevel, trace.address, trace.trial) == (
        Origin.REQUEST,
        handler,
        "POST:/orders/:id",
        False,
    )
    assert trace.asked is not None and trace.answered is not None
    assert (trace.asked.method, trace.asked.path, trace.asked.query) == ("POST", b"/orders/7", b"a=1")
    assert trace.asked.body == b"body" and (b"x-a", b"b") in trace.asked.headers
    assert (trace.answered.status, trace.answered.body) == (200, b"tea")
    assert [(call.kind, call.key, call.value) for call in trace.calls] == [
        (Kind.SET, "7", ["tea"]),
        (Kind.GET, "7", ["tea"]),
    ]
    assert trace.diff == shop.host.canvas.frontier[0]
    assert trace.duration > 0 and trace.weight == 1


def test_an_answer_that_failed_names_its_trace(shop: Shop) -> None:
    shop.add("GET /n/:n = Int::divide(1, String::length(n) - 1)", "GET /hole = ?later")
    with service(shop) as made:
        for path, status, kind in (("/n/1", 500, "Failed"), ("/hole", 501, "Stopped")):
            answer = ask(made, "GET", path)
            assert answer.status == status
            opened = traces(made)[0]
            assert json.loads(answer.body)["trace"] == spell_trace(opened.trace.id)
            assert opened.trace.failure is not None and opened.trace.failure.kind == kind
            assert opened.trace.failure.node


def test_what_a_handler_cannot_read_is_an_answer_and_no_failure(shop: Shop) -> None:
    shop.add("POST /strict = request.json", "POST /whole = request")
    with service(shop) as made:
        assert ask(made, "POST", "/strict", b"{").status == 400
        assert ask(made, "POST", "/whole", b"{").status == 200
        assert ask(made, "GET", "/%ff").status == 400
        assert [opened.trace.failure for opened in traces(made)] == [None, None, None]
        with closing(TraceReader(shop.folder)) as reader:
            recorded = list(reader.ids(Filter(unmatched=False)))
            canvas, settings = shop.host.canvas, shop.host.settings
            report = replay(reader, recorded, canvas, LIBRARY, settings, lambda _done, _of: None, len(recorded))
    assert (report.same, report.differing) == (2, 0)


def test_requests_that_take_long_are_recorded_from_their_process(tmp_path: Path) -> None:
    shop = limited(tmp_path / "shop", time_ms=20_000)
    shop.add(
        "db Rows Int",
        'POST /slow = let n = List::fold(List::range(0, 900000), 0, (a, b) => a + b); DB::set(Rows-v0, "n", n); n',
    )
    with service(shop) as made:
        assert ask(made, "POST", "/slow").status == 200
        assert made.answering.metrics.slow == 1
        (opened,) = traces(made)
    assert [call.kind for call in opened.trace.calls] == [Kind.SET]


def test_decisions_are_recorded_with_their_reasons(shop: Shop) -> None:
    (handler,) = shop.add('GET /p = "old"')

    def put_switch(draft: Draft, canvas: Canvas) -> NodeId:
        switch = Switch(draft.fresh(), 1, "", "price", True, 10_000, "salt", "murmur3", (), (), (), None)
        draft.create_toplevel(switch)
        tree = draft.tree(handler)
        assert isinstance(tree, Http)
        new = read_expression('"new"', canvas.naming, draft.fresh).tree
        old = dataclasses.replace(tree.body, id=draft.fresh())
        assert isinstance(old, e.String)
        old = read_expression('"old"', canvas.naming, draft.fresh).tree
        from dark_lang.names import Defined

        draft.replace(handler, tree.body.id, e.Toggle(draft.fresh(), Defined(switch.id), old, new))
        return switch.id

    switch = shop.host.edit(put_switch, author="test").result
    with service(shop) as made:
        assert ask(made, "GET", "/p").body == b"new"
        (opened,) = traces(made, Filter(side=(switch, True)))
        assert traces(made, Filter(side=(switch, False))) == []
    assert [tuple(decided) for decided in opened.trace.decisions] == [(switch, True, "share")]


def test_what_no_handler_takes_is_kept_apart(shop: Shop) -> None:
    shop.add('GET /here = "here"')
    with service(shop) as made:
        for path in ("/there", "/there", "/%zz"):
            assert ask(made, "GET", path).status in (404, 400)
        assert ask(made, "POST", "/here").status == 405
        assert {opened.trace.toplevel for opened in traces(made)} == {NOWHERE}
        with closing(TraceReader(shop.folder)) as reader:
            assert {(one.method, one.path, one.times) for one in reader.missing()} == {
                ("GET", "/there", 2),
                ("GET", "/%zz", 1),
                ("POST", "/here", 1),
            }


def test_of_many_alike_some_are_kept_and_stand_for_all() -> None:
    sampling = Sampling()
    pace = sampling.pace(NodeId(1))
    weights = [sampling.weight(pace, 7, always=False) for _ in range(5_000)]
    assert weights[:EACH_SECOND] == [1] * EACH_SECOND
    kept = [weight for weight in weights[EACH_SECOND:] if weight]
    assert set(kept) == {ONE_IN} and 0 <= 5_000 - sum(weights) < ONE_IN
    assert sampling.weight(pace, 7, always=True) >= 1  # an error is kept whatever came before
    assert sampling.weight(pace, 8, always=False) >= 1  # the next second begins anew


def test_a_disk_that_refuses_stops_the_recording_and_nothing_else(shop: Shop) -> None:
    shop.add('GET /x = "x"')
    (shop.folder / "data").mkdir(exist_ok=True)
    place = shop.folder / "data" / "traces.sqlite"
    place.mkdir()
    with service(shop) as made:
        assert ask(made, "GET", "/x").status == 200
        made.count()
        assert made.recorder is not None and made.recorder.trouble
        assert made.host.recording_trouble() == made.recorder.trouble
        metrics = ask(made, "GET", "/_dark/metrics", traffic=False).body.decode()
        assert "dark_traces_failing 1" in metrics and "dark_traces_dropped_total 1" in metrics
        place.rmdir()
        assert ask(made, "GET", "/x").status == 200
        assert len(traces(made)) == 1
        assert not made.recorder.trouble
        with closing(TraceReader(shop.folder)) as reader:
            assert reader.dropped() == 1


def test_a_damaged_file_is_set_aside(shop: Shop) -> None:
    shop.add('GET /x = "x"')
    place = shop.folder / "data" / "traces.sqlite"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"this is no database, but it is long enough to be taken for one" * 100)
    with service(shop) as made:
        ask(made, "GET", "/x")
        made.count()  # finds it damaged
        ask(made, "GET", "/x")
        assert 1 <= len(traces(made)) <= 2  # the first is there, too, if it was found damaged before there was any
    (aside,) = place.parent.glob("traces.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")


def test_a_segment_that_is_damaged_is_counted_and_skipped(shop: Shop) -> None:
    shop.add('GET /x = "x"')
    with service(shop) as made:
        ask(made, "GET", "/x")
        made.count()
        ask(made, "GET", "/x")
        made.count()
    with closing(apsw.Connection(str(shop.folder / "data" / "traces.sqlite"))) as connection:
        connection.execute("UPDATE segments SET packed = x'00' WHERE id = (SELECT min(id) FROM segments)")
    with closing(TraceReader(shop.folder)) as reader:
        assert len(reader.traces(Filter(), 10)) == 1
        assert reader.unreadable == 1


def test_a_kill_loses_no_more_than_the_last_moments(tmp_path: Path) -> None:
    Shop(tmp_path).add('GET /x/:n = "x ${n}"')
    with process(tmp_path, 1) as (server, port), Client(port) as client:
        answered: list[tuple[int, float]] = []
        for nth in range(60):
            client.send(spell("GET", f"/x/{nth}"))
            assert client.answer().status == 200
            answered.append((nth, time.monotonic()))
            time.sleep(0.01)
        os.kill(server.pid, signal.SIGKILL)
        killed = time.monotonic()
        server.wait(20)
    there = {int(opened.trace.variables[0]) for opened in read(tmp_path)}
    # A flush interval is 50 ms; a machine under load may take ten times that to come to it.
    assert {nth for nth, at in answered if at < killed - 0.5} <= there


def test_no_credential_reaches_the_disk(shop: Shop) -> None:
    text = shop.folder / "canvas.toml"
    text.write_text(text.read_text() + '\n[traces]\nsealed = ["password", "pin", "token"]\n')
    shop.host = Host.open(shop.folder, library=LIBRARY)
    shop.add(
        "POST /login = { said: request.json, got: request.headers, query: request.query }",
        'GET /reset/:token = "for ${token}"',
    )
    secrets = [b"hunter2-header", b"hunter2-cookie", b"hunter2-body", b"hunter2-query", b"hunter2-path", b"918273645"]
    with service(shop) as made:
        body = json.dumps({"user": "ada", "deep": [{"password": "hunter2-body", "pin": 918273645}]}).encode()
        headers = ((b"authorization", b"Bearer hunter2-header"), (b"cookie", b"a=hunter2-cookie; b=1"))
        answer = ask(made, "POST", "/login?password=hunter2-query", body, *headers)
        assert answer.status == 200 and b"hunter2-body" in answer.body  # the handler may say it
        ask(made, "GET", "/reset/hunter2-path")
        ask(made, "POST", "/login", b'{"password": "hunter2-body')  # not JSON
        ask(made, "POST", "/login", b"password=hunter2%2Dbody", (b"content-type", b"application/x-www-form-urlencoded"))
        shown, whole = traces(made), traces(made, unsealed=True)
    on_disk = bytes_on_disk(shop.folder)
    assert b"ada" in on_disk
    for secret in secrets:
        assert secret not in on_disk, secret
    assert all(opened.sealed for opened in shown)
    assert not any(opened.sealed for opened in whole)
    restored = next(opened.trace for opened in whole if opened.trace.asked and opened.trace.asked.body == body)
    assert restored.asked is not None and restored.asked.query == b"password=hunter2-query"
    assert dict(restored.asked.headers)[b"cookie"] == b"a=hunter2-cookie; b=1"
    assert restored.answered is not None and restored.answered.body == answer.body


def test_what_is_deleted_is_gone_from_the_disk(shop: Shop) -> None:
    from runtime.traces.deleting import delete_traces

    shop.add('GET /x/:n = "kept"')
    with service(shop) as made:
        ask(made, "GET", "/x/remarkable")
        ask(made, "GET", "/x/other")
        doomed = next(o.trace.id for o in traces(made) if o.trace.variables == ("remarkable",))
        assert delete_traces(shop.folder, [doomed]) == 1
        assert [opened.trace.variables for opened in traces(made)] == [("other",)]
    assert b"remarkable" not in bytes_on_disk(shop.folder)


def test_the_oldest_go_first(shop: Shop) -> None:
    text = shop.folder / "canvas.toml"
    text.write_text(text.read_text() + "\n[traces]\neach = 5\n")
    shop.host = Host.open(shop.folder, library=LIBRARY)
    shop.add('GET /x/:n = "x"', 'GET /y = "y"')
    with service(shop) as made:
        for nth in range(20):
            ask(made, "GET", f"/x/{nth}")
        ask(made, "GET", "/y")
        made.count()
        assert made.recorder is not None
        made.recorder.tidy()
        there = [opened.trace for opened in traces(made)]
    assert [trace.variables for trace in there] == [(), *(((str(nth)),) for nth in (19, 18, 17, 16, 15))]
    with closing(apsw.Connection(str(shop.folder / "data" / "traces.sqlite"))) as connection:
        segments = connection.execute("SELECT count(*) FROM segments").fetchall()
        used = connection.execute("SELECT count(DISTINCT segment) FROM traces").fetchall()
    assert segments == used
    assert DROPPED  # what has no room is counted under it
