"""What is compared: a side of a switch, a function in another's place, or the program as it was at a diff.

Must not know what it is run with. Invariant: what a side is called leads to the same program again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dark_lang.deciding import Side
from dark_lang.errors import AddressError, RefusedError, UsageError
from dark_lang.names import Defined, Fresh, NodeId, Ref
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.records import NamedTuple
from dark_lang.restructuring.surgery import changed

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.hosting import Host
    from runtime.linking import CanvasView


class Compared(NamedTuple):
    """One side of a comparison. `concerns`: traces that do not come to it are of no interest; None: all are."""

    name: str
    canvas: CanvasView
    pinned: Mapping[NodeId, Side]
    concerns: NodeId | None
    own_checks: bool  # whether the checks of the canvas itself hold for it


def read_sides(host: Host, words: tuple[str, ...]) -> tuple[Compared, Compared]:
    """`toggle:NAME`, two functions, two diffs, or a diff and `now`. Raises UsageError, AddressError, RefusedError."""
    canvas = host.canvas
    if len(words) == 1:
        name, _, side = words[0].partition("=")
        switch = _switch(canvas, name)
        if switch is None and name.startswith("toggle:"):
            raise AddressError(
                f"no switch is called {name[7:]}", suggestion="dark toggle list shows those that there are"
            )
        if switch is None or side:
            raise UsageError(
                f"compare {words[0]} with what?",
                suggestion="dark compare toggle:NAME; or two functions, two diffs, or a diff and now",
            )
        return _pinned(canvas, name, switch, Side.OLD), _pinned(canvas, name, switch, Side.NEW)
    first, second = (_side(host, word) for word in words)
    if isinstance(first, int) and isinstance(second, int):
        plain = Compared(words[0], canvas, {}, first, True)
        instead = _Instead(canvas, first, second)
        return plain, Compared(words[1], instead, {}, first, False)
    if isinstance(first, Compared) and isinstance(second, Compared):
        return first, second
    raise UsageError("two of a kind can be compared: two functions, two diffs, or two sides of switches")


def _side(host: Host, word: str) -> Compared | NodeId:
    canvas = host.canvas
    if word == "now":
        return Compared("now", canvas, {}, None, True)
    name, _, side = word.partition("=")
    switch = _switch(canvas, name)
    if switch is not None:
        if side not in ("old", "new"):
            raise UsageError(f"which side of {name}?", suggestion=f"{name}=old or {name}=new")
        return _pinned(canvas, name, switch, Side(side))
    if len(word) >= 4 and not set(word) - set("0123456789abcdef"):
        return Compared(word, host.canvases_around(word)[1], {}, None, True)
    found = canvas.find(word).toplevel_id
    if canvas.entries[found].kind is not top.Function:
        raise AddressError(f"{word} is no function, no switch and no diff")
    return found


def _switch(canvas: Canvas, word: str) -> NodeId | None:
    found = canvas.labelled(word) if word.startswith("toggle:") else None
    return found if found is not None and canvas.entries[found].kind is top.Switch else None


def _pinned(canvas: Canvas, name: str, switch: NodeId, side: Side) -> Compared:
    return Compared(f"{name}={side.value}", canvas, {switch: side}, switch, True)


class _Instead:
    """A canvas in which one function does what another does (`linking.CanvasView`)."""

    def __init__(self, canvas: Canvas, replaced: NodeId, instead: NodeId) -> None:
        one, other = canvas.tree(replaced), canvas.tree(instead)
        assert isinstance(one, top.Function) and isinstance(other, top.Function)
        if len(one.params) != len(other.params):
            raise RefusedError(
                "the two functions take different numbers of arguments, so one cannot stand for the other"
            )
        fresh = Fresh(replaced ^ instead)
        args = tuple([e.Variable(fresh(), param.name) for param in one.params])
        self._canvas = canvas
        self._replaced = replaced
        self._tree = changed(one, body=e.Call(fresh(), Defined(instead), (), args))
        self.entries: Mapping[NodeId, Any] = canvas.entries
        self.preferred = canvas.preferred

    @property
    def naming(self) -> Naming:
        return self._canvas.naming

    def tree(self, toplevel: NodeId, /) -> top.Toplevel:
        return self._tree if toplevel == self._replaced else self._canvas.tree(toplevel)

    def content(self, toplevel: NodeId, /) -> bytes:
        content = self._canvas.content(toplevel)
        return content if toplevel != self._replaced else b"instead " + content

    def resolve(self, realm: Realm, text: str, /) -> Ref:
        return self._canvas.resolve(realm, text)

    def labels(self) -> list[str]:
        return self._canvas.labels()

    def labelled(self, label: str, /) -> NodeId | None:
        return self._canvas.labelled(label)
