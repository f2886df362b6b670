"""Whole canvases served for tests: edited as the commands do it, in a thread of the test or in a process."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from serving_harness import in_a_thread

from dark_lang.edits.drafting import Draft
from dark_lang.library import Library
from dark_lang.names import NodeId
from dark_lang.nodes.toplevels import Datastore, Function, Http, Toplevel
from dark_lang.notation.reading import read_expression, read_signature, read_type
from dark_lang.stdlib import standard_library
from runtime.app import serve_process
from runtime.canvas import Canvas
from runtime.hosting import Host
from runtime.settings import create_canvas

LIBRARY = standard_library()


class Shop:
    """A canvas, edited as the commands do it."""

    def __init__(self, folder: Path, library: Library = LIBRARY) -> None:
        if not (folder / "canvas.toml").exists():
            create_canvas(folder, "shop")
        self.folder = folder
        self.host = Host.open(folder, library=library)

    def add(self, *definitions: str) -> list[NodeId]:
        """`GET /route = body`, `fn Shop::f(a: Int) -> Int = body`, `db Name Type`."""
        return [self._add(definition) for definition in definitions]

    def _add(self, definition: str) -> NodeId:
        def change(draft: Draft, canvas: Canvas) -> NodeId:
            fresh = draft.fresh
            head, _, body = definition.partition(" = ")
            kind, _, rest = head.partition(" ")
            if kind == "db":
                name, _, type_ = rest.partition(" ")
                read = read_type(type_, canvas.naming, fresh).tree
                made: Toplevel = Datastore(fresh(), 1, "", name, 0, read, None, None)
            elif kind == "fn":
                function = read_signature(rest, canvas.naming, fresh).tree
                made = dataclasses.replace(function, body=read_expression(body, canvas.naming, fresh).tree)
            else:
                made = Http(fresh(), 1, "", kind, rest, read_expression(body, canvas.naming, fresh).tree)
            draft.create_toplevel(made)
            return made.id

        return self.host.edit(change, author="test", command="test").result

    def rewrite(self, toplevel: NodeId, body: str) -> None:
        def change(draft: Draft, canvas: Canvas) -> None:
            old = draft.tree(toplevel)
            assert isinstance(old, Http | Function)
            draft.replace(toplevel, old.body.id, read_expression(body, canvas.naming, draft.fresh).tree)

        self.host.edit(change, author="test", command="test")

    def delete(self, toplevel: NodeId) -> None:
        self.host.edit(lambda draft, _: draft.delete_toplevel(toplevel), author="test", command="test")


def limited(folder: Path, **limits: int) -> Shop:
    Shop(folder)
    chosen = {"time_ms": 500, "memory_bytes": 100_000_000, **limits}
    lines = "".join([f"{name} = {value}\n" for name, value in chosen.items()])
    text = (folder / "canvas.toml").read_text().partition("[limits]")[0]
    (folder / "canvas.toml").write_text(f"{text}[limits]\n{lines}")
    return Shop(folder)


def live(shop: Shop) -> contextlib.AbstractContextManager[int]:
    return in_a_thread(
        lambda listener, started, lifeline: serve_process(
            shop.host, listener, execute=None, started=started, lifeline=lifeline
        )
    )


_SERVE = """
import sys
from pathlib import Path
from dark_lang.stdlib import standard_library
from runtime.app import serve
from runtime.hosting import Host
host = Host.open(Path(sys.argv[1]), library=standard_library())
serve(host, port=0, workers=int(sys.argv[2]), announce=lambda line: print(line, flush=True))
"""


@contextlib.contextmanager
def process(folder: Path, workers: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    words = [sys.executable, "-c", _SERVE, str(folder), str(workers)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert "is live at" in line, server.communicate()
        yield server, int(line.strip().rpartition(":")[2])
    finally:
        if server.poll() is None:
            server.terminate()
        _, errors = server.communicate(timeout=20)
        assert server.returncode in (0, -signal.SIGKILL), errors
