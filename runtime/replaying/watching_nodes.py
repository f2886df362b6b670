"""What each node of the code came to, when a trace is run again.

Each expression is put into a call of a function that notes its value and gives it back; the rest of the program is
compiled, linked and run as ever. So nothing of the compiler knows about it. Must not know how values are shown.
Invariants: a program so changed gives what it gave before, within the limits of depth; of a node that runs many times,
the last value is kept, and how often.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, Final

from dark_lang.deciding import Side
from dark_lang.errors import AddressError
from dark_lang.library import Library, LibraryFunction
from dark_lang.names import Fresh, NodeId, Ref
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node, Sort, shape_of
from dark_lang.nodes.walking import children_of, descend, rebuild
from dark_lang.records import NamedTuple
from dark_lang.values.model import Value
from runtime.replaying.rerunning import Rerunner, Result
from runtime.settings import Settings
from runtime.traces.files import Opened

if TYPE_CHECKING:
    from runtime.canvas import Canvas

DEEPEST: Final = 100
"""Nodes below this depth are not watched: the call around each would make the code too deep to run."""


class Seen(NamedTuple):
    value: Value
    times: int


class Watch:
    """What was seen, by node."""

    def __init__(self) -> None:
        self.seen: dict[NodeId, Seen] = {}
        self.function = LibraryFunction("Trace::see_v0<a>(node: Int, value: a) -> a", self._see, "Notes a value.")

    def _see(self, node: Value, value: Value) -> Value:
        before = self.seen.get(node)
        self.seen[node] = Seen(value, 1 if before is None else before.times + 1)
        return value


def watched(toplevel: top.Toplevel, watch: Watch) -> top.Toplevel:
    """The same definition with each expression in a call of the watch."""
    fresh = Fresh(toplevel.id ^ 0x5EE)
    left_out = _left_out(toplevel)

    def change(node: Node) -> Node:
        if shape_of(type(node)).sort is not Sort.EXPRESSION or node.id in left_out:
            return node
        args: tuple[Any, ...] = (e.Int(fresh(), node.id), node)
        return e.Call(fresh(), watch.function.identity, (), args)

    return rebuild(toplevel, change)


def _left_out(toplevel: top.Toplevel) -> Container[NodeId]:
    """Where no call can stand, or where it would say nothing: the steps of a pipe, what is called, blocks whose last
    line has the same value, and what is too deep."""
    found: set[NodeId] = set()
    for node in descend(toplevel):
        if isinstance(node, e.Pipe):
            for step in node.steps:
                found.add(step.id)
                while isinstance(step, e.Try):
                    step = step.value
                    found.add(step.id)
        elif isinstance(node, e.Let | e.Note | e.Lambda | e.FunctionRef | e.Int | e.Unit | e.DatastoreRef):
            found.add(node.id)
    level: list[Node] = [toplevel]
    depth = 0
    while level:
        depth += 1
        below = [child for node in level for child in children_of(node)]
        if depth > DEEPEST:
            found.update(node.id for node in below)
        level = below
    return found


class _WatchedCanvas:
    """A canvas whose code is watched (`linking.CanvasView`)."""

    def __init__(self, canvas: Canvas, watch: Watch) -> None:
        self._canvas = canvas
        self._watch = watch
        self._trees: dict[NodeId, top.Toplevel] = {}
        self.entries: Mapping[NodeId, Any] = canvas.entries
        self.preferred = canvas.preferred

    @property
    def naming(self) -> Naming:
        return self._canvas.naming

    def tree(self, toplevel: NodeId, /) -> top.Toplevel:
        found = self._trees.get(toplevel)
        if found is None:
            found = self._canvas.tree(toplevel)
            if not isinstance(found, top.Type | top.Datastore | top.Switch | top.Secret):
                found = watched(found, self._watch)
            self._trees[toplevel] = found
        return found

    def content(self, toplevel: NodeId, /) -> bytes:
        return b"watched " + self._canvas.content(toplevel)

    def resolve(self, realm: Realm, text: str, /) -> Ref:
        return self._canvas.resolve(realm, text)

    def labels(self) -> list[str]:
        return self._canvas.labels()

    def labelled(self, label: str, /) -> NodeId | None:
        return self._canvas.labelled(label)


def watch_trace(canvas: Canvas, library: Library, settings: Settings, opened: Opened) -> tuple[Result, Watch]:
    """Runs a trace through the code of that canvas, each switch giving the side that it gave then."""
    watch = Watch()
    watching = Library([*library.functions.values(), watch.function])
    pinned = {decided.switch: Side.NEW if decided.new else Side.OLD for decided in opened.trace.decisions}
    view = _WatchedCanvas(canvas, watch)
    try:
        canvas.tree(opened.trace.toplevel)
    except AddressError:
        return Rerunner(canvas, library, settings).rerun(opened), watch
    return Rerunner(view, watching, settings).rerun(opened, pinned=pinned), watch
