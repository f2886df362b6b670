"""Whether code can trust its types: every value in it, and in all that it calls, is there and of its type.

Must not know linked code. Invariants: what is clean only calls what is clean; no side of a choice in it is unfinished,
nothing in it is undecided, and nothing goes by a type that is anybody's guess. What comes from outside (a row, an
argument of a shell) is made to fit by whoever lets it in.
"""

from __future__ import annotations

from typing import Final

from dark_lang.checking.marks import Kind
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.walking import descend
from dark_lang.restructuring.finishing import mentioned
from runtime.checking import Checks
from runtime.definitions import Definitions
from runtime.finishing import Called, holds_for_all

_UNDECIDED: Final = (e.Partial, e.Conflict, p.Conflict, t.Conflict)
_MISSING: Final = frozenset({Kind.HOLE, Kind.UNREAD, Kind.CONFLICT})


class Cleanness:
    def __init__(self, definitions: Definitions, checks: Checks) -> None:
        self._definitions = definitions
        self._checks = checks
        self._local: dict[NodeId, Called] = {}

    def is_clean(self, toplevel: NodeId) -> bool:
        return holds_for_all(self._look_at(toplevel), self._look_at)

    def _look_at(self, toplevel: NodeId) -> Called:
        if toplevel not in self._local:
            self._local[toplevel] = self._look(toplevel)
        return self._local[toplevel]

    def _look(self, toplevel: NodeId) -> Called:
        tree = self._definitions.definition(Defined(toplevel))
        if tree is None or isinstance(tree, top.Worker):
            return None  # what is in an event is known from its uses alone, and comes from outside
        checked = self._checks.of(toplevel)
        if not checked.is_sound or any(mark.kind in _MISSING or mark.kind.is_error for mark in checked.marks):
            return None
        if any(isinstance(node, _UNDECIDED) for node in descend(tree)):
            return None
        return frozenset(mentioned(tree, self._definitions.naming, running_only=False))
