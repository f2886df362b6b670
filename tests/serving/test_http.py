"""HTTP as a peer sees it, well-behaved or not, over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving_harness import Client, Handler, Serving, ask, serving, spell

from dark_lang.compiling.compiled import Left
from dark_lang.errors import Failed, LimitReached, Stopped
from dark_lang.values.model import NONE, Char, HoleValue, Json, Response, Value, error, some
from runtime.data.worlds import RequestWorld
from runtime.serving.exchanges import Caps


def _fail(_world: RequestWorld, _request: Value) -> Value:
    raise Failed("the secret of the innermost place")


def _crash(_world: RequestWorld, _request: Value) -> Value:
    raise RuntimeError("the secret of the innermost place")


def _stop(_world: RequestWorld, _request: Value) -> Value:
    raise Stopped("the hole ?login was reached", node=0x1234567890ABCDEF)


def _tire(limit: str) -> Handler:
    def handler(_world: RequestWorld, _request: Value) -> Value:
        raise LimitReached("the secret of the innermost place", limit=limit)

    return handler


def _gives(value: Value) -> Handler:
    return lambda _world, _request: value


HANDLERS: dict[str, Handler] = {
    "GET /text": _gives("plain ✓"),
    "GET /json": _gives({"a": [1, True, 1.5, "x"]}),
    "GET /bytes": _gives(b"\x00\xff"),
    "GET /char": _gives(Char("é")),
    "GET /some": _gives(some(3)),
    "GET /none": _gives(NONE),
    "GET /left/none": _gives(Left(NONE)),
    "GET /left/error": _gives(Left(error("no such colour"))),
    "GET /left/record": _gives(Left(error({"field": "colour"}))),
    "GET /hole": _gives([1, HoleValue(7, "x")]),
    "GET /teapot": _gives(Response(418, (("X-Kind", "pot"), ("Content-Type", "text/html")), "<b>")),
    "GET /empty": _gives(Response(204, (), "nothing of this")),
    "GET /moved": _gives(Response(302, (("Location", "/text"),), "")),
    "GET /lying": _gives(Response(200, (("Content-Length", "5000"), ("Connection", "close"), ("x", "y")), "short")),
    "GET /split": _gives(Response(200, (("x", "a\r\nset-cookie: b"),), "")),
    "GET /named": _gives(Response(200, (("x y", "a"),), "")),
    "GET /status": _gives(Response(99, (), "")),
    "GET /function": _gives(len),
    "GET /half": _gives("\ud800"),
    "GET /fail": _fail,
    "GET /crash": _crash,
    "GET /stop": _stop,
    "GET /slow": _tire("time"),
    "GET /deep": _tire("depth"),
    "GET /large": _gives("x" * 3_000_000),
    "GET /hello/:name": lambda _world, _request, name: f"Hello {name}",
    "POST /echo": lambda _world, request: request["body"],
    "PUT /whole": lambda _world, request: {k: v for k, v in request.items() if k != "body"},
    "GET /whole": lambda _world, request: {k: v for k, v in request.items() if k != "body"},
    "POST /json": lambda _world, request: request["json"],
    "GET /custom": _gives(Response(200, (("access-control-allow-origin", "https://one"),), "")),
    "OPTIONS /own": _gives("mine"),
    "DELETE /own": _gives("gone"),
}

CAPS = Caps(header_bytes=4096, header_seconds=1.0, body_bytes=10_000, body_seconds=1.0, idle_seconds=30.0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("http"), HANDLERS, caps=CAPS) as found:
        yield found


ANSWERS = """
/text        200  text/plain; charset=utf-8   plain ✓
/json        200  application/json            {"a":[1,true,1.5,"x"]}
/char        200  text/plain; charset=utf-8   é
/some        200  application/json            3
/none        200  application/json            null
/teapot      418  text/html                   <b>
/hello/ada   200  text/plain; charset=utf-8   Hello ada
/hello/a%2Fb 200  text/plain; charset=utf-8   Hello a/b
"""


@pytest.mark.parametrize("line", [line for line in ANSWERS.splitlines() if line])
def test_what_a_value_says(server: Serving, line: str) -> None:
    path, status, rest = line.split(maxsplit=2)
    kind, _, body = rest.partition("   ")
    answer = ask(server.port, "GET", path)
    assert (answer.status, answer.headers["content-type"]) == (int(status), kind.strip())
    assert answer.text == body.strip()


PROBLEMS = """
/left/none    404
/left/error   422
/left/record  422
/nowhere      404
/hello/%ff    400
/hello/%zz    400
/hello/       404
/fail         500
/crash        500
/deep         500
/slow         503
/stop         501
/hole         501
/split        500
/named        500
/status       500
/function     500
/half         500
"""


@pytest.mark.parametrize("line", [line for line in PROBLEMS.splitlines() if line])
def test_what_goes_wrong_is_a_problem_that_shows_nothing_of_the_inside(server: Serving, line: str) -> None:
    path, status = line.split()
    answer = ask(server.port, "GET", path)
    assert answer.status == int(status)
    assert answer.headers["content-type"] == "application/problem+json"
    document = json.loads(answer.body)
    assert document["status"] == int(status)
    assert ("trace" in document) == (answer.status >= 500)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_an_error_that_a_handler_leaves_with_is_told(server: Serving) -> None:
    assert json.loads(ask(server.port, "GET", "/left/error").body)["detail"] == "no such colour"
    assert json.loads(ask(server.port, "GET", "/left/record").body)["error"] == {"field": "colour"}


def test_the_trace_id_leads_to_the_log(server: Serving, caplog: pytest.LogCaptureFixture) -> None:
    trace = json.loads(ask(server.port, "GET", "/fail").body)["trace"]
    logged = [record.getMessage() for record in caplog.records if trace in record.getMessage()]
    assert len(logged) == 1
    assert "GET:/fail" in logged[0]
    assert "the secret of the innermost place" in logged[0]


@pytest.mark.parametrize(
    ("host", "more", "named"),
    [
        ("localhost:{port}", {}, True),
        ("127.0.0.1:{port}", {}, True),
        ("[::1]:{port}", {}, True),
        ("localhost", {}, False),
        ("example.org:{port}", {}, False),
        ("localhost:{port}", {"x_forwarded_for": "1.2.3.4"}, False),
        ("localhost:{port}", {"forwarded": "for=1.2.3.4"}, False),
        ("localhost:{port}", {"via": "1.1 proxy"}, False),
        ("localhost:{port}", {"x_real_ip": "1.2.3.4"}, False),
    ],
)
def test_a_hole_is_named_to_the_developer_alone(server: Serving, host: str, more: dict[str, str], named: bool) -> None:
    answer = ask(server.port, "GET", "/stop", host=host.format(port=server.port), **more)
    document = json.loads(answer.body)
    assert answer.status == 501
    assert ("hole" in document) == named
    assert document.get("expected") == ("Person" if named else None)
    assert ("?login" in answer.text) == named
    metrics = ask(server.port, "GET", "/_dark/metrics", host=host.format(port=server.port), **more)
    assert (metrics.status == 200) == named


def test_bodies_without_content(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("GET", "/empty") + spell("GET", "/text"))
        empty = client.answer()
        assert (empty.status, empty.body) == (204, b"")
        assert "content-length" not in empty.headers
        assert client.answer().text == "plain ✓"


def test_a_handler_cannot_lie_about_the_length(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("GET", "/lying") * 2)
        for _ in range(2):
            answer = client.answer()
            assert answer.body == b"short"
            assert answer.headers["x"] == "y"


def test_head_runs_get(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("HEAD", "/text") + spell("GET", "/text"))
        head = client.answer(head=True)
        assert (head.status, head.headers["content-length"]) == (200, "9")
        assert client.answer().body == "plain ✓".encode()


def test_methods_that_are_not_there(server: Serving) -> None:
    answer = ask(server.port, "DELETE", "/text")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert ask(server.port, "DELETE", "/nowhere").status == 404


def test_cors(server: Serving) -> None:
    asked = {"origin": "https://a", "access_control_request_headers": "x-one, x-two"}
    answer = ask(server.port, "OPTIONS", "/whole", **asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, PUT"
    assert answer.headers["access-control-allow-headers"] == "x-one, x-two"
    assert ask(server.port, "OPTIONS", "/own").text == "mine"
    assert ask(server.port, "OPTIONS", "*").status == 204
    assert ask(server.port, "OPTIONS", "/nowhere/at/all").status == 404
    assert ask(server.port, "GET", "/text", origin="https://a").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in ask(server.port, "GET", "/text").headers
    own = ask(server.port, "GET", "/custom", origin="https://a")
    assert own.headers["access-control-allow-origin"] == "https://one"


def test_the_request_that_a_handler_sees(server: Serving) -> None:
    answer = ask(
        server.port,
        "PUT",
        "/whole?a=1&a=2&b=x+y%26z&c",
        b"k=v&k=w&x=%C3%A9",
        cookie='one=1; two="2"',
        x_thing="y",
        content_type="application/x-www-form-urlencoded",
    )
    seen = json.loads(answer.body)
    assert seen["method"] == "PUT"
    assert seen["path"] == "/whole"
    assert seen["query"] == {"a": "2", "b": "x y&z", "c": ""}
    assert seen["cookies"] == {"one": "1", "two": "2"}
    assert seen["headers"]["x-thing"] == "y"
    assert seen["form"] == {"k": ["v", "w"], "x": "é"}
    assert seen["json"] is None
    assert seen["params"] == {}


def test_a_body_that_is_json(server: Serving) -> None:
    assert json.loads(ask(server.port, "POST", "/json", b'{"a": [1, null]}').body) == {"a": [1, None]}
    assert ask(server.port, "POST", "/json", b"{").text == "null"


def test_a_query_that_is_no_text(server: Serving) -> None:
    assert ask(server.port, "GET", "/whole?a=%ff").status == 400


# Hostile


def test_a_large_head(server: Serving) -> None:
    for head in (
        b"GET /text HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 5000 + b"\r\n\r\n",
        b"GET /text HTTP/1.1\r\n" + b"".join(b"h%d: %s\r\n" % (n, b"v" * 50) for n in range(100)) + b"\r\n",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n",
        spell("GET", "/text") + b"GET /text HTTP/1.1\r\nx: " + b"a" * 6000 + b"\r\n\r\n",
    ):
        with Client(server.port) as client:
            client.send(head)
            answer = client.answer()
            if answer.status == 200:
                answer = client.answer()
            assert answer.status == 431
            assert client.at_end()


def test_a_head_without_end(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(b"GET /text HTTP/1.1\r\nx: ")
        with pytest.raises(OSError):  # at some point, which is not ours to know, the server stops reading
            for _ in range(10_000):
                client.send(b"a" * 10_000)
                time.sleep(0.001)


def test_a_deep_pipeline_is_no_large_head(server: Serving) -> None:
    with Client(server.port) as client:
        pieces = spell("GET", "/hello/x") * 500
        client.send(pieces[:-7])
        for _ in range(499):
            assert client.answer().text == "Hello x"
        client.send(pieces[-7:])
        assert client.answer().text == "Hello x"


def test_a_large_body(server: Serving) -> None:
    for request in (
        spell("POST", "/echo", b"x" * 20_000),
        b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + b"1000\r\n%s\r\n" % (b"x" * 4096) * 4,
    ):
        with Client(server.port) as client:
            client.send(request)
            assert client.answer().status == 413
            assert client.at_end()
    assert ask(server.port, "POST", "/echo", b"x" * 10_000).body == b"x" * 10_000


def test_a_chunked_body(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        client.send(b"2\r\nde\r\n0\r\n\r\n")
        assert client.answer().body == b"abcde"


def test_expect_continue(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n")
        assert client.answer().status == 100
        client.send(b"abc")
        assert client.answer().body == b"abc"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /text HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /text HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /text HTTP/1.1\r\nhost : x\r\n\r\n",
        b"GET /te\x00xt HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage(server: Serving, garbage: bytes) -> None:
    with Client(server.port) as client:
        client.send(garbage)
        answer = client.answer()
        assert answer.status == 400
        assert client.at_end()
    assert ask(server.port, "GET", "/text").status == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([spell("GET", "/text"), b"\r\n", b"GET "]))))
def test_any_bytes(server: Serving, pieces: list[bytes]) -> None:
    with Client(server.port) as client:
        try:
            for piece in pieces:
                client.send(piece)
            client.sock.shutdown(socket.SHUT_WR)
            while client.sock.recv(65536):
                pass
        except OSError:
            pass
    assert ask(server.port, "GET", "/text").status == 200


def test_requests_in_pieces(server: Serving) -> None:
    with Client(server.port) as client:
        for byte in spell("GET", "/hello/slow"):
            client.send(bytes([byte]))
        assert client.answer().text == "Hello slow"


def test_a_pipeline_is_answered_in_order(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(b"".join(spell("GET", f"/hello/{n}") for n in range(300)))
        assert [client.answer().text for n in range(300)] == [f"Hello {n}" for n in range(300)]


def test_a_pipeline_of_large_answers_waits_for_its_reader(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("GET", "/large") * 30)
        time.sleep(0.3)
        for _ in range(30):
            assert len(client.answer().body) == 3_000_000


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [("1.1", None, True), ("1.1", "close", False), ("1.0", None, False), ("1.0", "keep-alive", True)],
)
def test_keeping_alive(server: Serving, version: str, connection: str | None, kept: bool) -> None:
    line = b"" if connection is None else f"connection: {connection}\r\n".encode()
    with Client(server.port) as client:
        client.send(b"GET /text HTTP/%s\r\nhost: x\r\n%s\r\n" % (version.encode(), line))
        assert client.answer().status == 200
        if kept:
            client.send(spell("GET", "/text"))
            assert client.answer().status == 200
        else:
            assert client.at_end()


def test_a_peer_that_closes_its_side_gets_its_answer(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("GET", "/text"))
        client.sock.shutdown(socket.SHUT_WR)
        assert client.answer().text == "plain ✓"
        assert client.at_end()


def test_an_upgrade_is_answered_as_a_plain_request(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("GET", "/text", connection="Upgrade, HTTP2-Settings", upgrade="h2c", http2_settings=""))
        assert client.answer().text == "plain ✓"
        assert client.at_end()


def test_an_absolute_target(server: Serving) -> None:
    assert ask(server.port, "GET", "http://elsewhere/hello/ada?x=1").text == "Hello ada"
    assert ask(server.port, "CONNECT", "elsewhere:443").status == 400


def test_slow_heads_and_bodies_are_ended(server: Serving) -> None:
    answers: list[int] = []

    def drip(request: bytes) -> None:
        with Client(server.port) as client:
            started = time.monotonic()
            try:
                for byte in request:
                    client.send(bytes([byte]))
                    time.sleep(0.05)
                    if time.monotonic() - started > 8:
                        return
            except OSError:
                pass
            answers.append(client.answer().status)

    body = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n"
    requests = [b"GET /text HTTP/1.1\r\nx: " + b"y" * 500, body, body + b"y" * 500]
    threads = [threading.Thread(target=drip, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    assert ask(server.port, "GET", "/text").status == 200
    for thread in threads:
        thread.join()
    assert answers == [408, 408, 408]


def test_an_ordinary_client(server: Serving) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(3):
        connection.request("POST", "/echo", b"hello")
        assert connection.getresponse().read() == b"hello"
    connection.close()


def test_the_pages_of_the_server(server: Serving) -> None:
    host = f"localhost:{server.port}"
    assert json.loads(ask(server.port, "GET", "/_dark/health").body) == {"status": "ok"}
    assert ask(server.port, "POST", "/_dark/health").status == 405
    ask(server.port, "GET", "/an/unknown/place")
    missing = json.loads(ask(server.port, "GET", "/_dark/404s", host=host).body)
    assert {"GET", "/an/unknown/place"} <= set(missing[0].values())
    metrics = ask(server.port, "GET", "/_dark/metrics", host=host).text
    assert 'dark_requests_total{status="404"}' in metrics
    assert f"dark_handlers {len(HANDLERS)}" in metrics
    assert ask(server.port, "GET", "/_dark/else", host=host).status == 404
    server.answering.token = "open sesame"
    try:
        assert ask(server.port, "GET", "/_dark/metrics", authorization="Bearer open sesame").status == 200
        assert ask(server.port, "GET", "/_dark/metrics", authorization="Bearer open").status == 404
    finally:
        server.answering.token = ""


def test_an_empty_canvas_says_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path, {}) as server:
        answer = ask(server.port, "GET", "/")
        assert answer.status == 404
        assert "dark insert http GET /hello/:name" in answer.text
        page = ask(server.port, "GET", "/", accept="text/html,*/*")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<h1>" in page.text


def test_what_is_under_way_at_the_end_is_answered(tmp_path: Path) -> None:
    entered = threading.Event()

    def slow(_world: RequestWorld, _request: Value) -> Value:
        entered.set()
        time.sleep(0.3)
        return "done"

    with serving(tmp_path, {"GET /": slow}) as server:
        busy, idle = Client(server.port), Client(server.port)
        busy.send(spell("GET", "/"))
        assert entered.wait(5)
    assert busy.answer().text == "done"
    assert idle.at_end()
    busy.sock.close()
    idle.sock.close()


def test_json_of_a_request_is_a_json(tmp_path: Path) -> None:
    seen: list[Value] = []

    def look(_world: RequestWorld, request: Value) -> Value:
        seen.append(request["json"])
        return ""

    with serving(tmp_path, {"POST /": look}) as server:
        ask(server.port, "POST", "/", b"[1]")
    assert seen == [Json([1])]
