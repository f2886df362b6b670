"""Whole canvases over HTTP: what is written in the language is what the next request gets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from canvas_harness import Shop, live, process
from serving_harness import Answer, Client, ask, spell

from dark_lang.errors import CanvasError
from runtime.app import create_app, serve
from runtime.serving.server import listen


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.add(
        "db Counts Int",
        "fn Shop::double(n: Int) -> Int = n * 2",
        "fn Shop::forever(n: Int) -> Int = 1 + Shop::forever(n)",
        'GET /hello/:name = "Hello ${name}"',
        "GET /double = { twice: Shop::double(21) }",
        'GET /item/:id = Dict::get(#{ "a": 1 }, id)!',
        'GET /check/:word = (if word == "good" then Ok(word) else Error("${word} is not good"))!',
        'POST /name = Json::get(request.json, "name")!',
        "POST /form = request.form",
        "GET /query = request.query",
        "GET /whole = request",
        "GET /unfinished = { a: 1, b: ?later }",
        'GET /wanted = { whole: String::length(?name), wrong: 1 + "x" }',
        'GET /misfit = { wrong: 1 + "x" }',
        "GET /draft/:x = ?",
        'GET /draft/:y = "finished"',
        "GET /files/:rest* = rest",
        'POST /count = let n = Option::withDefault(DB::get(Counts-v0, "n"), 0)\nDB::set(Counts-v0, "n", n + 1)\nn + 1',
        'POST /spoil = DB::set(Counts-v0, "n", 1000)\n1 / 0 > 1.0 && ?',
        "GET /deep = Shop::forever(1)",
        "GET /long = List::range(1, 1000) |> List::map(x => List::length(List::range(x, 900000)))",
    )
    return shop


@pytest.fixture(scope="module")
def port(shop: Shop) -> Iterator[int]:
    with live(shop) as found:
        yield found


def trial(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    return ask(port, method, path, body, host=f"localhost:{port}", **headers)


CASES = """
GET /hello/ada          200  Hello ada
GET /hello/a%2Fb        200  Hello a/b
GET /double             200  {"twice":42}
GET /item/a             200  1
GET /check/good         200  good
GET /query?a=b%20c      200  {"a":"b c"}
GET /files/a/b%20c      200  a/b c
GET /draft/1            200  finished
"""


@pytest.mark.parametrize("line", [line for line in CASES.splitlines() if line])
def test_a_handler_answers(port: int, line: str) -> None:
    method, path, status, text = line.split(maxsplit=3)
    answer = ask(port, method, path)
    assert (answer.status, answer.text) == (int(status), text)


def test_a_try_that_leaves_the_handler(port: int) -> None:
    assert ask(port, "GET", "/item/b").status == 404
    bad = ask(port, "GET", "/check/bad")
    assert (bad.status, json.loads(bad.body)["detail"]) == (422, "bad is not good")


def test_bodies(port: int) -> None:
    assert ask(port, "POST", "/name", b'{"name": "Ada"}').text == '"Ada"'
    assert ask(port, "POST", "/name", b"{}").status == 404
    for bad in (b"{", b"\xff", b'{"a":1}x', b"[" * 5000, b"1e999"):
        answer = ask(port, "POST", "/name", bad)
        assert answer.status in (400, 404), bad
    form = "application/x-www-form-urlencoded"
    assert ask(port, "POST", "/form", b"a=1&b=%C3%A9+f", content_type=form).text == '{"a":"1","b":"é f"}'
    assert ask(port, "POST", "/form", b"a=%ff", content_type=form).status == 400
    assert ask(port, "POST", "/form", b"a=1", content_type="text/plain").status == 415
    parts = b'--x\r\ncontent-disposition: form-data; name="a"; filename="b"\r\n\r\nhello\r\n--x--\r\n'
    content = '{"a":{"filename":"b","type":"application/octet-stream","content":"aGVsbG8="}}'
    assert ask(port, "POST", "/form", parts, content_type="multipart/form-data; boundary=x").text == content
    assert ask(port, "POST", "/form", parts[:-9], content_type="multipart/form-data; boundary=x").status == 400


def test_the_whole_request(port: int) -> None:
    seen = json.loads(ask(port, "GET", "/whole?x=1", cookie="a=b").body)
    assert set(seen) == {"method", "path", "params", "query", "headers", "cookies", "body", "json", "form"}
    assert seen["cookies"] == {"a": "b"}
    assert ask(port, "GET", "/hello/x?a=%ff").status == 200
    assert ask(port, "GET", "/whole?a=%ff").status == 400


def test_a_hole_is_501(port: int, shop: Shop) -> None:
    outside = ask(port, "GET", "/unfinished")
    assert outside.status == 501
    assert set(json.loads(outside.body)) == {"type", "title", "status", "detail", "trace"}
    assert "later" not in outside.text
    inside = json.loads(trial(port, "GET", "/unfinished").body)
    assert inside["handler"] == "GET:/unfinished"
    assert shop.host.canvas.find(f"id:{inside['hole']}").label == "GET:/unfinished"


@pytest.mark.parametrize(("path", "expected"), [("/wanted", "String"), ("/misfit", "Int"), ("/unfinished", None)])
def test_the_developer_is_told_what_a_hole_should_hold(port: int, path: str, expected: str | None) -> None:
    told = json.loads(trial(port, "GET", path).body)
    assert (told["status"], told.get("expected")) == (501, expected)
    assert "expected" not in json.loads(ask(port, "GET", path).body)


def test_writes_stand_only_with_an_answer(port: int) -> None:
    first = int(ask(port, "POST", "/count").text)
    assert ask(port, "POST", "/spoil").status >= 500
    assert int(ask(port, "POST", "/count").text) == first + 1


def test_runaways_end(port: int) -> None:
    assert ask(port, "GET", "/deep").status == 500
    assert ask(port, "GET", "/long").status == 503
    assert ask(port, "GET", "/hello/x").status == 200


def test_every_edit_shows_in_the_next_answer(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    with live(shop) as port, Client(port) as client:

        def text(path: str) -> str:
            # The developer's own tries: others would lock what they come to.
            client.send(spell("GET", path, host=f"127.0.0.1:{port}"))
            return client.answer().text

        assert "has no handlers yet" in text("/")
        (handler,) = shop.add('GET /x/:name = "one ${name}"')
        assert text("/x/a") == "one a"
        shop.rewrite(handler, '"two ${name}"')
        assert text("/x/a") == "two a"
        shop.host.undo(author="test")
        assert text("/x/a") == "one a"
        (more,) = shop.add('GET /x/b = "concrete"')
        assert text("/x/b") == "concrete"
        shop.delete(more)
        assert text("/x/b") == "one b"
        (function,) = shop.add("fn Shop::f(n: Int) -> Int = n + 1")
        (calling,) = shop.add("GET /f = Shop::f(1)")
        assert text("/f") == "2"
        shop.rewrite(function, "n + 10")
        assert text("/f") == "11"
        shop.delete(calling)
        client.send(spell("GET", "/f"))
        assert client.answer().status == 404


def test_an_edit_by_another_process_arrives(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    with live(shop) as port:
        Shop(tmp_path).add('GET /elsewhere = "arrived"')
        deadline = time.monotonic() + 30
        while ask(port, "GET", "/elsewhere").status != 200 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert ask(port, "GET", "/elsewhere").text == "arrived"


def test_a_port_in_use(shop: Shop) -> None:
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(CanvasError) as raised:
        serve(shop.host, port=port, announce=lambda _: None)
    assert str(port) in raised.value.message
    assert f"--port {port + 1}" in raised.value.suggestion
    taken.close()


def test_any_asgi_server_can_host_a_canvas(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.add('GET /hello/:name = "Hello ${name}"', "db Counts Int")
    shop.add('POST /count = DB::set(Counts-v0, "n", 1)\nDB::count(Counts-v0)')
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(tmp_path), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = int(listener.getsockname()[1])
    assert ask(port, "GET", "/hello/ada").text == "Hello ada"
    assert ask(port, "POST", "/count").text == "1"
    server.should_exit = True
    thread.join()


# Processes


def counting(folder: Path) -> None:
    shop = Shop(folder)
    shop.add("db Counts Int")
    shop.add(
        "POST /count/:key = let n = Option::withDefault(DB::get(Counts-v0, key), 0)\n"
        "DB::set(Counts-v0, key, n + 1)\nn + 1",
        "GET /count/:key = DB::get(Counts-v0, key)!",
    )


def workers_of(server: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [int(child) for child in children]


def press(port: int, key: str, times: int, kept: list[int]) -> None:
    for _ in range(times):
        with contextlib.suppress(OSError, EOFError):
            answer = ask(port, "POST", f"/count/{key}")
            if answer.status == 200:
                kept.append(int(answer.text))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in /proc")
def test_workers_lose_nothing_when_one_of_them_is_killed(tmp_path: Path) -> None:
    counting(tmp_path)
    with process(tmp_path, 2) as (server, port):
        kept: dict[str, list[int]] = {"a": [], "b": [], "c": []}
        threads = [threading.Thread(target=press, args=(port, key, 80, kept[key])) for key in kept]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        # One of the two owns the rows; whichever it is, killing both in turn kills the owner.
        for worker in workers_of(server):
            os.kill(worker, signal.SIGKILL)
            time.sleep(0.5)
        for thread in threads:
            thread.join()
        for key, counts in kept.items():
            assert len(counts) > 20
            assert counts == sorted(set(counts))
            assert int(ask(port, "GET", f"/count/{key}").text) >= counts[-1]
        assert len(workers_of(server)) == 2


def test_two_servers_of_one_canvas_both_serve(tmp_path: Path) -> None:
    counting(tmp_path)
    with process(tmp_path, 1) as (_, one), process(tmp_path, 1) as (_, two):
        assert ask(one, "POST", "/count/x").text == "1"
        assert ask(two, "POST", "/count/x").text == "2"
        assert ask(one, "GET", "/count/x").text == "2"


def test_an_orderly_end_answers_what_is_under_way(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.add("POST /slow = List::length(List::range(1, 400000) |> List::map(x => x * 2 + 1))")
    with process(tmp_path, 1) as (server, port), Client(port) as client:
        # Its asking for the body tells that the server has taken the request up.
        request = spell("POST", "/slow", b"x", expect="100-continue")
        client.send(request[:-1])
        assert client.answer().status == 100
        server.terminate()
        time.sleep(0.05)
        client.send(request[-1:])
        assert client.answer().status in (200, 503)
        assert server.wait(30) == 0
