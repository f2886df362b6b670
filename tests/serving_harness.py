"""A server in a thread, with handlers written in Python, and a client that speaks bytes.

Serving asks little of a canvas (`snapshots.Canvas`, `snapshots.Program`); tests of HTTP and of rows stand on that, so
that they can have handlers that no canvas would: slow ones, broken ones. Tests of whole canvases are in
test_canvas_over_http.py.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dark_lang.deciding import Side
from dark_lang.library import Effect, World
from dark_lang.names import NodeId
from dark_lang.nodes.expressions import Variable
from dark_lang.nodes.toplevels import Http
from dark_lang.values.model import Value
from runtime.current import Run
from runtime.data.datastore import Data
from runtime.data.usage import Served, Usage
from runtime.lanes.capsules import Capsule
from runtime.serving.answering import Answering
from runtime.serving.exchanges import Caps
from runtime.serving.messages import Outgoing
from runtime.serving.responses import outgoing
from runtime.serving.server import listen, run_server
from runtime.serving.snapshots import Snapshots
from runtime.serving.traffic import Traffic
from runtime.settings import Settings
from runtime.traces.recorder import Recorder

Handler = Callable[..., Value]
STORE = NodeId(0xFEDCBA9876543210)


@dataclass(frozen=True)
class PythonEntry:
    id: NodeId
    method: str
    name: str
    alive: bool = True
    kind: type[Http] = Http

    @property
    def label(self) -> str:
        return f"{self.method}:{self.name}"

    @property
    def since(self) -> tuple[int, int]:
        return (int(self.id), 0)


class PythonCanvas:
    """Handlers by "METHOD /route". A handler gets (world, request, *variables); those named in `unfinished` are."""

    def __init__(self, handlers: Mapping[str, Handler], unfinished: frozenset[str] = frozenset()) -> None:
        self.entries: dict[NodeId, PythonEntry] = {}
        self.handlers: dict[NodeId, Handler] = {}
        self.unfinished: set[NodeId] = set()
        for nth, (route, handler) in enumerate(handlers.items(), 1):
            method, _, path = route.partition(" ")
            self.entries[NodeId(nth)] = PythonEntry(NodeId(nth), method, path)
            self.handlers[NodeId(nth)] = handler
            if route in unfinished:
                self.unfinished.add(NodeId(nth))

    @property
    def frontier(self) -> tuple[bytes, ...]:
        return ()

    def tree(self, toplevel: NodeId) -> Http:
        entry = self.entries[toplevel]
        # The bare variable makes the whole request come, since who reads Python cannot say which fields are needed.
        return Http(toplevel, 1, "", entry.method, entry.name, Variable(NodeId(toplevel + 10_000), "request"))

    # As snapshots.Program

    asks: frozenset[str] | None = frozenset()

    def callable_for(self, toplevel: NodeId) -> Handler:
        return self.handlers[toplevel]

    def finished(self, toplevel: NodeId) -> bool:
        return toplevel not in self.unfinished

    def effect(self, handler: NodeId) -> Effect:
        return Effect.WRITES

    def answer(
        self,
        call: Handler,
        args: tuple[Value, ...],
        world: World,
        *,
        brief: bool = False,
        deadline: float = 0.0,
        inspect: Callable[[Run], None] | None = None,
        forced: Mapping[NodeId, Side] | None = None,
    ) -> Outgoing:
        return outgoing(call(world, *args))

    def outgoing(self, call: Handler, *args: Value) -> Outgoing:
        raise NotImplementedError("Python handlers take a world")

    def serving(self, handler: NodeId) -> list[Served]:
        return [Served(handler, b"python", True)]

    def pack(self, handler: NodeId) -> Capsule:
        raise NotImplementedError("Python handlers run where they are")

    def place(self, node: NodeId) -> str:
        return f"node {node}"

    def wanted(self, node: NodeId) -> str:
        return "Person"


def answering_for(canvas: PythonCanvas, data: Data, traffic: Traffic | None = None) -> Answering:
    return Answering(Snapshots(canvas, lambda _: canvas), data, traffic=traffic)


@contextlib.contextmanager
def serving(folder: Path, handlers: Mapping[str, Handler], *, caps: Caps | None = None) -> Iterator[Serving]:
    data = Data.open(folder, serving=True)
    usage, recorder = Usage(folder), Recorder(folder, Settings("python", "00" * 16))
    answering = answering_for(PythonCanvas(handlers), data, Traffic(usage, recorder))
    try:
        with served(answering, caps or Caps()) as port:
            yield Serving(port, answering, data)
    finally:
        recorder.close()
        usage.close()
        data.close()


@dataclass(frozen=True)
class Serving:
    port: int
    answering: Answering
    data: Data


@contextlib.contextmanager
def in_a_thread(serve: Callable[[socket.socket, Callable[[], None], int], None]) -> Iterator[int]:
    """The port on which `serve` serves; it is given a listener, what to call when it does, and its lifeline."""
    listener = listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    near, far = os.pipe()
    up = threading.Event()
    thread = threading.Thread(target=lambda: serve(listener, up.set, near), daemon=True)
    thread.start()
    assert up.wait(20)
    try:
        yield port
    finally:
        os.close(far)
        thread.join(15)
        os.close(near)
        assert not thread.is_alive()


def served(answering: Answering, caps: Caps) -> contextlib.AbstractContextManager[int]:
    return in_a_thread(
        lambda listener, started, lifeline: run_server(
            listener, answering, caps=caps, started=started, lifeline=lifeline
        )
    )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """One connection. `send` bytes, `answer` reads one answer."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.held = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, *, head: bool = False) -> Answer:
        """Raises EOFError if the server closes first."""
        while b"\r\n\r\n" not in self.held:
            self._more()
        start, _, self.held = self.held.partition(b"\r\n\r\n")
        lines = start.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            headers[name] = value
        length = 0 if head else int(headers.get("content-length", "0"))
        while len(self.held) < length:
            self._more()
        body, self.held = self.held[:length], self.held[length:]
        return Answer(int(lines[0].split()[1]), headers, body)

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError(self.held)
        self.held += data

    def at_end(self) -> bool:
        """Whether the server has closed the connection, with nothing left to read."""
        try:
            return not self.held and self.sock.recv(1) == b""
        except ConnectionResetError:
            return True


def spell(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    given = {"host": "test", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body and "transfer-encoding" not in given:
        given["content-length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    with Client(port) as client:
        client.send(spell(method, path, body, **headers))
        return client.answer(head=method == "HEAD")
