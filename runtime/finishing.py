"""Whether code can run to its end, with all that it calls; which side of a Partial or a Conflict runs; and whether all
its values are what their types say.

Must not know linked code. Invariant: answers follow from the snapshot alone and are kept for as long as it is;
functions that call each other in a circle are finished when nothing is missing in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from dark_lang.checking.marks import Kind
from dark_lang.names import Defined, NodeId
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, descend, find
from dark_lang.restructuring.finishing import first_gap_among
from runtime.checking import Checks
from runtime.definitions import Definitions

if TYPE_CHECKING:
    from runtime.linking import CanvasView

Called: TypeAlias = frozenset[NodeId] | None
"""The functions of the canvas that a definition mentions; None if it is out of the question itself."""

_UNDECIDED = (e.Partial, e.Conflict, p.Conflict, t.Conflict)


class Finishing:
    def __init__(self, canvas: CanvasView, checks: Checks) -> None:
        self._definitions = Definitions(canvas)
        self._checks = checks
        self._finished: dict[NodeId, Called] = {}
        self._clean: dict[NodeId, Called] = {}

    def is_finished(self, root: Node, *, within: top.Toplevel) -> bool:
        """Whether nothing is missing in a node, or in what it calls. `within`: the definition that it stands in, or
        is."""
        return _holds_for_all(self._look(root, within), self._look_at)

    def is_clean(self, toplevel: NodeId) -> bool:
        """Whether every value in a definition, and in all that it calls, is of its type and there: no side of a
        choice is unfinished, nothing is undecided, and nothing goes by a type that is anybody's guess."""
        return _holds_for_all(self._clean_at(toplevel), self._clean_at)

    def partial_runs_new(self, tree: top.Toplevel, partial: NodeId) -> bool:
        node = find(tree, partial)
        return isinstance(node, e.Partial) and self.is_finished(node.new, within=tree)

    def conflict_side(self, tree: top.Toplevel, conflict: NodeId, preferred: Mapping[NodeId, NodeId]) -> int:
        """What this host served before it came to the conflict; else the base or, if that is unfinished, the first
        alternative that is not."""
        node = find(tree, conflict)
        if not isinstance(node, e.Conflict):
            return 0
        sides = (node.base, *node.alternatives)
        served = preferred.get(conflict)
        for number, side in enumerate(sides):
            if side.id == served:
                return number
        return next((number for number, side in enumerate(sides) if self.is_finished(side, within=tree)), 0)

    def _look_at(self, function: NodeId) -> Called:
        if function not in self._finished:
            tree = self._definitions.definition(Defined(function))
            self._finished[function] = None if tree is None else self._look(tree, tree)
        return self._finished[function]

    def _look(self, root: Node, tree: top.Toplevel) -> Called:
        if first_gap_among(root, self._checks.misfits(tree)) is not None:
            return None
        return frozenset(self._mentioned(root, running_only=True))

    def _clean_at(self, toplevel: NodeId) -> Called:
        if toplevel not in self._clean:
            self._clean[toplevel] = self._look_closely(toplevel)
        return self._clean[toplevel]

    def _look_closely(self, toplevel: NodeId) -> Called:
        tree = self._definitions.definition(Defined(toplevel))
        if tree is None:
            return None
        checked = self._checks.of(toplevel)
        if not checked.is_sound or any(mark.kind in _MISSING or mark.kind.is_error for mark in checked.marks):
            return None
        if any(isinstance(node, _UNDECIDED) for node in descend(tree)):
            return None
        return frozenset(self._mentioned(tree, running_only=False))

    def _mentioned(self, root: Node, *, running_only: bool) -> Iterator[NodeId]:
        work = [root]
        while work:
            node = work.pop()
            match node:
                case e.Partial(old=side) | e.Toggle(old=side) if running_only:
                    work.append(side)
                    continue
                case e.Call(function=function) | e.FunctionRef(function=function):
                    ref = self._definitions.resolved(Realm.FUNCTION, function)
                    if isinstance(ref, Defined):
                        yield ref.id
            work.extend(children_of(node))


_MISSING = (Kind.HOLE, Kind.UNREAD, Kind.CONFLICT)


def _holds_for_all(called: Called, look: Callable[[NodeId], Called]) -> bool:
    """Whether it holds for what is called, and for what that calls, and so on."""
    if called is None:
        return False
    seen: set[NodeId] = set()
    work = list(called)
    while work:
        function = work.pop()
        if function in seen:
            continue
        seen.add(function)
        called = look(function)
        if called is None:
            return False
        work.extend(called)
    return True
