"""Canvases that are served and asked, and what was recorded of it."""

from __future__ import annotations

import contextlib
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
from canvas_harness import Shop

from dark_lang.edits.drafting import Draft
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import with_fresh_ids
from dark_lang.notation.reading import read_expression
from runtime.app import Service
from runtime.canvas import Canvas
from runtime.keys import canvas_key
from runtime.serving.messages import Incoming, Outgoing
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.files import Opened
from runtime.traces.sealing import Sealer

FORWARDED = (b"forwarded", b"for=192.0.2.1")


@contextlib.contextmanager
def service(shop: Shop) -> Iterator[Service]:
    """The service without sockets: what `ask` asks."""
    made = Service(shop.host)
    try:
        yield made
    finally:
        made.close()


def ask(
    made: Service,
    method: str,
    path: str,
    body: bytes = b"",
    *headers: tuple[bytes, bytes],
    traffic: bool = True,
) -> Outgoing:
    """The answer, waited for. `traffic`: that somebody passed the request on."""
    fields = [(b"host", b"127.0.0.1:8000"), *headers, *([FORWARDED] if traffic else [])]
    target, _, query = path.partition("?")
    incoming = Incoming(method, target.encode(), query.encode(), fields, body, "127.0.0.1", 8000)
    told = threading.Event()
    answers: list[Outgoing] = []

    def done(answer: Outgoing) -> None:
        answers.append(answer)
        told.set()

    at_once = made.answer(incoming, done)
    if at_once is not None:
        return at_once
    assert told.wait(20)
    return answers[0]


def traces(made: Service, wanted: Filter | None = None, *, unsealed: bool = False) -> list[Opened]:
    """Newest first."""
    made.count()
    return read(made.host.folder, wanted, unsealed=unsealed, canvas=made.host.settings.canvas)


def read(folder: Path, wanted: Filter | None = None, *, unsealed: bool = False, canvas: bytes = b"") -> list[Opened]:
    sealer = Sealer(canvas_key(canvas)) if unsealed else None
    with closing(TraceReader(folder, sealer)) as reader:
        return reader.traces(wanted or Filter(), 100_000)


def bytes_on_disk(folder: Path) -> bytes:
    """All that stands in the files of `data/`, segments unpacked."""
    found = b"".join(path.read_bytes() for path in sorted((folder / "data").rglob("*")) if path.is_file())
    path = folder / "data" / "traces.sqlite"
    if path.exists():
        with closing(apsw.Connection(str(path))) as connection:
            for (packed,) in connection.execute("SELECT packed FROM segments"):
                assert isinstance(packed, bytes)
                found += zlib.decompress(packed)
    return found


def put_switch(shop: Shop, definition: NodeId, name: str, new: str) -> NodeId:
    """Around the body of a function or a handler."""

    def change(draft: Draft, canvas: Canvas) -> NodeId:
        switch = top.Switch(draft.fresh(), 1, "", name, False, 0, name, "murmur3", (), (), (), None)
        draft.create_toplevel(switch)
        tree = draft.tree(definition)
        assert isinstance(tree, top.Function | top.Http)
        side = read_expression(new, canvas.naming, draft.fresh).tree
        old = with_fresh_ids(tree.body, draft.fresh)
        draft.replace(definition, tree.body.id, e.Toggle(draft.fresh(), Defined(switch.id), old, side))
        return switch.id

    return shop.host.edit(change, author="test").result
