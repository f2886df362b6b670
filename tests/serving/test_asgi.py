"""The ASGI entrance under an ASGI server that knows nothing of us."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from serving_harness import STORE, Client, PythonCanvas, answering_for, ask

from dark_lang.values.model import Value
from runtime.data.committing import Deliver
from runtime.data.datastore import Data
from runtime.data.worlds import RequestWorld
from runtime.serving.asgi import Application
from runtime.serving.messages import Incoming, Outgoing


def _count(world: RequestWorld, _request: Value) -> Value:
    count = (world.db_get(STORE, "n") or 0) + 1
    world.db_set(STORE, "n", count)
    return count


class _Service:
    body_bytes = 1000
    header_bytes = 2000

    def __init__(self, folder: Path) -> None:
        handlers = {
            "GET /hello/:name": lambda _world, _request, name: {"name": name},
            "POST /count": _count,
            "POST /echo": lambda _world, request: request["body"],
            "GET /query": lambda _world, request: request["query"],
        }
        self._data = Data.open(folder, serving=True)
        self._answering = answering_for(PythonCanvas(handlers), self._data)
        self.closed = False

    @property
    def deliver(self) -> Deliver | None:
        return self._answering.deliver

    @deliver.setter
    def deliver(self, deliver: Deliver | None) -> None:
        self._answering.deliver = deliver

    def answer(self, incoming: Incoming, done: Callable[[Outgoing], None]) -> Outgoing | None:
        return self._answering.answer(incoming, done)

    def close(self) -> None:
        self._data.close()
        self.closed = True


@pytest.fixture(scope="module", params=["on", "off"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    services: list[_Service] = []

    def open_service() -> _Service:
        services.append(_Service(tmp_path_factory.mktemp("asgi")))
        return services[-1]

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Application(open_service), lifespan=request.param, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join()
    assert len(services) == 1
    assert services[0].closed == (request.param == "on")
    services[0].close()


def test_the_same_answers(port: int) -> None:
    assert ask(port, "GET", "/hello/a%2Fb").body == b'{"name":"a/b"}'
    assert ask(port, "GET", "/query?x=%C3%A9").body == '{"x":"é"}'.encode()
    assert ask(port, "POST", "/echo", b"\x00\xff").body == b"\x00\xff"
    assert ask(port, "GET", "/nowhere").status == 404
    assert ask(port, "GET", "/hello/%ff").status == 400
    assert ask(port, "PUT", "/echo", b"x").status == 405
    head = ask(port, "HEAD", "/hello/ada")
    assert (head.status, head.headers["content-length"], head.body) == (200, "14", b"")


def test_writes_wait_for_the_disk(port: int) -> None:
    before = int(ask(port, "POST", "/count").body)
    assert int(ask(port, "POST", "/count").body) == before + 1


def test_a_request_has_one_host(port: int) -> None:
    for hosts, status in ((b"", 400), (b"host: x\r\n", 200), (b"host: x\r\nhost: y\r\n", 400)):
        with Client(port) as client:
            client.send(b"GET /hello/ada HTTP/1.1\r\n%s\r\n" % hosts)
            assert client.answer().status == status


def test_caps(port: int) -> None:
    assert ask(port, "POST", "/echo", b"x" * 1001).status == 413
    assert ask(port, "GET", "/hello/ada", x="y" * 3000).status == 431


def test_a_trial_is_known(port: int) -> None:
    assert ask(port, "GET", "/_dark/metrics", host=f"127.0.0.1:{port}").status == 200
    assert ask(port, "GET", "/_dark/metrics", host=f"127.0.0.1:{port}", via="x").status == 404
    assert json.loads(ask(port, "GET", "/_dark/health").body)["status"] == "ok"
