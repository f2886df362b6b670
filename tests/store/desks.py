"""A host, and the words in which the tests of the store speak to it."""

from __future__ import annotations

from pathlib import Path

from dark_lang.edits.drafting import Draft
from dark_lang.library import Library
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as tl
from runtime.canvas import Canvas
from runtime.hosting import Host, Outcome

EMPTY = Library(())


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = Host.open(folder, library=EMPTY)

    def handler(self, name: str, value: int = 0, author: str = "ada") -> NodeId:
        """Makes `GET /name` that answers a number."""

        def change(draft: Draft, canvas: Canvas) -> NodeId:
            toplevel = tl.Http(draft.fresh(), 1, "", "GET", f"/{name}", e.Int(draft.fresh(), value))
            draft.create_toplevel(toplevel)
            return toplevel.id

        return self.host.edit(change, author=author, command=f"insert {name}").result

    def set(self, toplevel: NodeId, value: int, author: str = "ada", **guards: object) -> Outcome[None]:
        return self.host.edit(
            lambda draft, _: draft.set(toplevel, self.number(toplevel), "value", value),
            author=author,
            command=f"set {value}",
            **guards,
        )

    def number(self, toplevel: NodeId) -> NodeId:
        return self.host.canvas.tree(toplevel).body.id

    def value(self, toplevel: NodeId) -> int:
        body = self.host.canvas.tree(toplevel).body
        assert isinstance(body, e.Int)
        return body.value

    def diff_files(self) -> list[Path]:
        return sorted((self.folder / "diffs").glob("*.cbor"))


def contents(host: Host) -> dict[str, bytes]:
    """The whole program, comparably."""
    return {f"{entry.label} {entry.id}": entry.content + bytes([entry.alive]) for entry in host.canvas.entries.values()}
