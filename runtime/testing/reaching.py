"""Which tests an edit can affect: those that it touched, and those from which code reaches what it touched.

Must not know how tests run. Invariant: a test that is left out gives what it gave before. A request in a test reaches
the handler of its route, if method and path are written in it, else every handler.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dark_lang.names import Defined, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from runtime.asking import uses_in
from runtime.serving.routes import BadPath, Branch, matches, plant, read_path, read_route

if TYPE_CHECKING:
    from runtime.canvas import Canvas

_REQUESTS: Final = frozenset({"Test::request", "Test::requestWith", "Test::requestWithBytes"})


class Reach:
    """Of one canvas; what a definition reaches is found once."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._reached: dict[NodeId, frozenset[NodeId]] = {}
        self._root: Branch | None = None

    def tests(self) -> list[NodeId]:
        """All that there are, by label."""
        found = [entry for entry in self._canvas.alive() if entry.kind is top.Test]
        return [entry.id for entry in sorted(found, key=lambda entry: entry.label)]

    def affected(self, touched: Iterable[NodeId]) -> list[NodeId]:
        changed = frozenset(touched)
        return [test for test in self.tests() if test in changed or not changed.isdisjoint(self.reached(test))]

    def reached(self, test: NodeId) -> frozenset[NodeId]:
        """The definitions that a test may run, datastores, types and switches among them."""
        found = self._reached.get(test)
        if found is None:
            seen = {test}
            work = [test, *self._handlers(test)]
            seen.update(work)
            while work:
                for use in uses_in(self._canvas, work.pop()):
                    if isinstance(use.ref, Defined) and use.ref.id not in seen and self._is_alive(use.ref.id):
                        seen.add(use.ref.id)
                        work.append(use.ref.id)
            found = self._reached[test] = frozenset(seen)
        return found

    def _is_alive(self, toplevel: NodeId) -> bool:
        entry = self._canvas.entries.get(toplevel)
        return entry is not None and entry.alive

    def _handlers(self, test: NodeId) -> set[NodeId]:
        found: set[NodeId] = set()
        for node in descend(self._canvas.tree(test)):
            if not (
                isinstance(node, e.Call) and isinstance(node.function, Standard) and node.function.name in _REQUESTS
            ):
                continue
            method, path = (_text(arg) for arg in (*node.args, None, None)[:2])
            if method is None or path is None:
                return {entry.id for entry in self._canvas.alive() if entry.kind is top.Http}
            found |= self._at(method.upper(), path.partition("?")[0])
        return found

    def _at(self, method: str, path: str) -> set[NodeId]:
        if self._root is None:
            self._root = plant(
                (read_route(entry.method, entry.name), entry.id)
                for entry in self._canvas.alive()
                if entry.kind is top.Http
            )
        try:
            found = matches(self._root, read_path(path.encode()))
        except BadPath:
            return set()
        wanted = ("HEAD", "GET") if method == "HEAD" else (method,)
        # All that match: an edit may finish one that comes before another.
        return {each for match in found for one in wanted for each in match.handlers.get(one, ())}


def _text(node: e.Expression | None) -> str | None:
    if not isinstance(node, e.String):
        return None
    parts = [part.value if isinstance(part, e.Text) else None for part in node.parts]
    return None if None in parts else "".join([part for part in parts if part is not None])
