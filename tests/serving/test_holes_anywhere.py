"""Deleting any single node of a sample leaves every other handler serving as before. A handler that can come to the
place answers 501, or what it answered before if it does not come there. What leaves no hole behind (an arm, a field, an
item of a list) makes another finished program: it answers something, if only that no arm fits.

What is right is what the whole sample answers to the same requests, each with the same rows before it.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

import pytest

from dark_cli.commands.structure_site import Site
from dark_lang.checking.marks import Checked, Kind
from dark_lang.errors import RefusedError
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import shape_of
from dark_lang.nodes.walking import descend
from dark_lang.restructuring.removing import delete
from dark_lang.stdlib import standard_library
from runtime.app import Service
from runtime.canvas import Canvas
from runtime.hosting import Host
from runtime.serving.answering import Answering
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.snapshots import Snapshots

SAMPLES = Path(__file__).parents[2] / "sample_canvases"
FEW = 60  # nodes of each sample in a quick run


class Request(NamedTuple):
    method: str
    target: str
    form: str = ""
    json: str = ""

    def incoming(self) -> Incoming:
        path, _, query = self.target.partition("?")
        kind = b"application/json" if self.json else b"application/x-www-form-urlencoded"
        body = (self.json or self.form).encode()
        headers = [(b"host", b"localhost:8000"), (b"content-type", kind), (b"content-length", str(len(body)).encode())]
        return Incoming(self.method, path.encode(), query.encode(), headers, body, "127.0.0.1", 8000)


REQUESTS = {
    "hello": (
        Request("GET", "/"),
        Request("GET", "/hello/ada"),
        Request("GET", "/fib/7"),
        Request("GET", "/fib/40"),
        Request("GET", "/fib/x"),
        Request("GET", "/shapes/circle/2"),
        Request("GET", "/shapes/square/2"),
        Request("GET", "/shapes/line/2"),
        Request("GET", "/words?text=one+two+one"),
        Request("GET", "/words"),
    ),
    "links": (
        Request("GET", "/"),
        Request("POST", "/", form="url=https%3A%2F%2Fbob.example%2F"),
        Request("POST", "/", form="url=nonsense"),
        Request("POST", "/"),
        Request("GET", "/{code}"),
        Request("GET", "/nothing"),
        Request("GET", "/api/links"),
        Request("GET", "/api/links/{code}"),
        Request("GET", "/api/links/nothing"),
        Request("POST", "/api/links", json='{"url": "https://bob.example/"}'),
        Request("POST", "/api/links", json='{"url": 1}'),
        Request("DELETE", "/api/links/{code}"),
    ),
}


def ask(answering: Answering, request: Request) -> Outgoing:
    waited: Future[Outgoing] = Future()
    made = answering.answer(request.incoming(), waited.set_result)
    return made if made is not None else waited.result(10)


class Bench:
    """A copy of a sample, served in this process; `whole` answers for what it was before anything was deleted."""

    def __init__(self, name: str, folder: Path) -> None:
        shutil.copytree(SAMPLES / name, folder)
        self.host = Host.open(folder, library=standard_library())
        self.service = Service(self.host)
        self.canvas: Canvas = self.host.canvas
        program = self.service.snapshots.current.program
        self.whole = Answering(Snapshots(self.canvas, lambda _: program), self.service.data)
        self.has_rows = name == "links"
        self.requests = [self._placed(request) for request in REQUESTS[name]]
        self.right = [self.answer(self.whole, request) for request in self.requests]
        self.takers = [self._taker(request) for request in self.requests]
        self.reach = {taker: self._closure(taker) for taker in self.takers}

    def close(self) -> None:
        self.service.close()
        self.host.close()

    def answer(self, answering: Answering, request: Request) -> tuple[int, bytes]:
        """With the same rows before it, whatever came before."""
        if self.has_rows:
            for code in re.findall(rb'"code": ?"(\w+)"', ask(self.whole, Request("GET", "/api/links")).body):
                ask(self.whole, Request("DELETE", f"/api/links/{code.decode()}"))
            ask(self.whole, Request("POST", "/api/links", json='{"url": "https://ada.example/"}'))
        made = ask(answering, request)
        return made.status, re.sub(rb'"trace": "\w+"', b"", made.body)

    def _placed(self, request: Request) -> Request:
        if "{code}" not in request.target:
            return request
        made = ask(self.whole, Request("POST", "/api/links", json='{"url": "https://ada.example/"}'))
        (code,) = re.findall(rb'"code": ?"(\w+)"', made.body)
        return request._replace(target=request.target.replace("{code}", code.decode()))

    def _taker(self, request: Request) -> NodeId:
        chosen = self.service.snapshots.current.find(request.method, request.target.partition("?")[0].encode())
        assert not isinstance(chosen, set), request
        return chosen[0].id

    def _closure(self, toplevel: NodeId) -> set[NodeId]:
        """All that a definition names, and all that that names."""
        found: set[NodeId] = set()
        work = [toplevel]
        while work:
            each = work.pop()
            if each not in found:
                found.add(each)
                work.extend(ref.id for ref in _refs(self.canvas.tree(each)))
        return found

    def places(self) -> list[tuple[NodeId, NodeId]]:
        alive = [each for each, entry in self.canvas.entries.items() if entry.alive]
        return [(each, node.id) for each in sorted(alive) for node in list(descend(self.canvas.tree(each)))[1:]]

    def judge(self, toplevel: NodeId, node: NodeId) -> None:
        try:
            self.host.edit(
                lambda draft, canvas: delete(draft, Site(draft, canvas), toplevel, node),
                author="test",
                command="delete",
            )
        except RefusedError:
            return  # a hole is there already
        try:
            checks = self.host.canvas.checks
            users = [each for each in self.reach if toplevel in self.reach[each]]
            marked = {each: [checks.of(one) for one in self.reach[each]] for each in users}
            for request, taker, right in zip(self.requests, self.takers, self.right, strict=True):
                got = self.answer(self.service.answering, request)
                if got != right:
                    assert taker in marked, (request, got, right)
                    judge_other(request, got, marked[taker])
        finally:
            self.host.undo(author="test")


def judge_other(request: Request, got: tuple[int, bytes], checked: list[Checked]) -> None:
    """Another answer than that of the whole program has a reason: something is unfinished, or an arm is gone."""
    kinds = {mark.kind for each in checked for mark in each.marks}
    unfinished = any(not kind.is_warning for kind in kinds)
    status, body = got
    if status == 501:
        assert unfinished, request
        assert b'"hole": "' in body, body
    elif status == 503:
        assert b"limit of time" in body  # the arm that kept it from running long may be what is gone
    elif status >= 500:
        assert Kind.INEXHAUSTIVE in kinds, (request, got)


def _refs(tree: top.Toplevel) -> Iterator[Defined]:
    for node in descend(tree):
        for name in shape_of(type(node)).scalars:
            held = getattr(node, name)
            if isinstance(held, Defined):
                yield held


@pytest.fixture(scope="module", params=REQUESTS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(request.param, tmp_path_factory.mktemp("sample") / request.param)
    yield made
    made.close()


def test_the_requests_come_to_every_handler(bench: Bench) -> None:
    handlers = {each for each, entry in bench.canvas.entries.items() if entry.alive and entry.kind is top.Http}
    assert handlers == set(bench.takers)
    assert {status for status, _ in bench.right} <= {200, 201, 302, 303, 404, 422, 501}
    assert [bench.answer(bench.service.answering, request) for request in bench.requests] == bench.right


def test_some_nodes(bench: Bench) -> None:
    for place in random.Random(1).sample(bench.places(), FEW):
        bench.judge(*place)


@pytest.mark.full
def test_every_node(bench: Bench) -> None:
    for place in bench.places():
        bench.judge(*place)
