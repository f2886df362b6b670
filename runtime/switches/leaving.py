"""What nothing uses any more, once a switch is gone.

Must not know how it went. Invariant: only what was used before, by code that changed, is among the answer; what is
asked from outside (handlers, workers, jobs, tests) never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from dark_lang.names import Defined, NodeId
from dark_lang.nodes import toplevels as top
from runtime.asking import uses_in

if TYPE_CHECKING:
    from runtime.canvas import Canvas

_LEAVABLE: Final = (top.Function, top.Type)


class After(Protocol):
    """The program as the edit leaves it."""

    def users(self, definition: NodeId) -> Sequence[NodeId]: ...


def unused_after(before: Canvas, after: After, changed: Iterable[NodeId]) -> list[NodeId]:
    """The functions and types that the changed definitions used before, or that those used alone, by label."""
    found: set[NodeId] = set()
    work = [use for toplevel in changed for use in _used_in(before, toplevel)]
    while work:
        each = work.pop()
        entry = before.entries.get(each)
        if each in found or entry is None or not entry.alive or not issubclass(entry.kind, _LEAVABLE):
            continue
        if all(user in found for user in after.users(each)):
            found.add(each)
            work += _used_in(before, each)
    return sorted(found, key=lambda each: before.entries[each].label)


def _used_in(canvas: Canvas, toplevel: NodeId) -> list[NodeId]:
    return [use.ref.id for use in uses_in(canvas, toplevel) if isinstance(use.ref, Defined)]
