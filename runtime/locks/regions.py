"""What of a definition runs for others: its body without the new sides in it, and each new side that its switch gives
away.

Must not know usage. Invariant: a new side that only those on an allow list get is nobody's region, and neither is what
it alone refers to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dark_lang.deciding import gives_all
from dark_lang.names import Defined, NodeId, Ref, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of
from runtime.asking import reference_in
from runtime.data.usage import Served

if TYPE_CHECKING:
    from runtime.linking import CanvasView

Reference = tuple[tuple[Ref, ...], Realm, Ref]
"""The switches whose new sides it stands in, the outermost first; and what is referred to there."""

_ROOM: Final = 50_000
_found: dict[bytes, tuple[Reference, ...]] = {}
"""By content. Shared by threads: a lost entry is made anew."""


def references(canvas: CanvasView, toplevel: NodeId) -> tuple[Reference, ...]:
    """What a definition refers to, and in which new sides. Raises AddressError."""
    content = canvas.content(toplevel)
    found = _found.get(content)
    if found is None:
        if len(_found) >= _ROOM:
            _found.clear()
        found = _found[content] = tuple(dict.fromkeys(_references(canvas.tree(toplevel))))
    return found


def _references(tree: Node) -> Iterator[Reference]:
    stack: list[tuple[Node, tuple[Ref, ...]]] = [(tree, ())]
    while stack:
        node, switches = stack.pop()
        found = reference_in(node)
        if found is not None and found[0] is not Realm.SWITCH:
            yield (switches, *found)
        if isinstance(node, e.Toggle):
            stack.append((node.old, switches))
            stack.append((node.new, (*switches, node.switch)))
        else:
            stack += [(child, switches) for child in children_of(node)]


def is_given(canvas: CanvasView, switch: Ref) -> bool:
    """Whether a switch gives its new side to anyone who is not on its allow list."""
    tree = _rule(canvas, switch)
    if tree is None or not tree.on or tree.share <= 0:
        return False
    return not (isinstance(tree.condition, e.Bool) and not tree.condition.value)


def is_everybodys(canvas: CanvasView, switch: Ref) -> bool:
    """Whether a switch gives its new side, if it is finished, to everybody."""
    tree = _rule(canvas, switch)
    return tree is not None and gives_all(tree)


def _rule(canvas: CanvasView, switch: Ref) -> top.Switch | None:
    if isinstance(switch, Unresolved):
        switch = canvas.resolve(Realm.SWITCH, switch.text)
    entry = canvas.entries.get(switch.id) if isinstance(switch, Defined) else None
    if entry is None or not entry.alive or not isinstance(switch, Defined):
        return None
    tree = canvas.tree(switch.id)
    return tree if isinstance(tree, top.Switch) else None


def runs_with(canvas: CanvasView, toplevel: NodeId) -> Iterator[NodeId]:
    """The definitions that what runs of this one refers to."""
    for switches, realm, ref in references(canvas, toplevel):
        if all(is_given(canvas, switch) for switch in switches):
            found = canvas.resolve(realm, ref.text) if isinstance(ref, Unresolved) else ref
            if isinstance(found, Defined):
                entry = canvas.entries.get(found.id)
                if entry is not None and entry.alive:
                    yield found.id


def serving(canvas: CanvasView, entry: NodeId) -> list[Served]:
    """All that serves a request that comes to `entry`: it, and what it reaches."""
    seen = {entry}
    work = [entry]
    while work:
        for each in runs_with(canvas, work.pop()):
            if each not in seen:
                seen.add(each)
                work.append(each)
    return [Served(each, canvas.content(each), each == entry) for each in seen]
