"""Whether code can run to its end, with all that it calls, and so which side of a Partial or a Conflict runs.

Must not know linked code. Invariant: answers follow from one state of the program and are kept for as long as it is;
functions that call each other in a circle are finished when nothing is missing in any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from dark_lang.names import Defined, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import find
from dark_lang.restructuring.finishing import Program, first_gap, mentioned

Called: TypeAlias = frozenset[NodeId] | None
"""The functions of the canvas that a definition mentions; None if it is out of the question itself."""


class Finishing:
    """`known`: a snapshot (`Definitions`), or one with edits that are not recorded yet."""

    def __init__(self, known: Program) -> None:
        self._known = known
        self._local: dict[NodeId, Called] = {}

    def is_finished(self, root: Node, *, within: top.Toplevel) -> bool:
        """Whether nothing is missing in a node, or in what it calls. `within`: the definition that it stands in, or
        is."""
        return holds_for_all(self._look(root, within), self._look_at)

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
        if function not in self._local:
            tree = self._known.definition(Defined(function))
            self._local[function] = None if tree is None else self._look(tree, tree)
        return self._local[function]

    def _look(self, root: Node, tree: top.Toplevel) -> Called:
        if first_gap(root, tree, self._known) is not None:
            return None
        return frozenset(mentioned(root, self._known.naming, running_only=True))


def holds_for_all(called: Called, look: Callable[[NodeId], Called]) -> bool:
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
