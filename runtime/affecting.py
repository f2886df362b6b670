"""Whose marks an edit may have changed.

Must not know what marks say. Invariants: a definition whose marks changed is among the answer unless that is said to be
cut short; finding it decodes nothing but what differs in the eyes of others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.records import NamedTuple
from runtime.asking import is_alive, users_of

if TYPE_CHECKING:
    from runtime.canvas import Canvas


class Affected(NamedTuple):
    toplevels: frozenset[NodeId]
    left_out: int  # how many more there are


MOST: Final = 500
"""Definitions whose marks are worth the time after an edit: a tenth of a second."""


def affected(before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> Affected:
    """The toplevels whose marks an edit may have changed: those that it touched, and those that use what it made,
    deleted, or made look different."""
    changed = set(touched)
    found: set[NodeId] = set()
    work = [each for each in changed if _looks_different(before, after, each)]
    seen = set(work)
    while work:
        definition = work.pop()
        entries = (before.entries.get(definition), after.entries.get(definition))
        is_type = any(entry is not None and entry.kind is top.Type for entry in entries)
        for user in users_of(after, definition, entries):
            found.add(user)
            # What a type is like is seen by those, too, who use a function, a type or a datastore that speaks of it.
            if is_type and user not in seen and after.entries[user].kind in _SPEAKING:
                seen.add(user)
                work.append(user)
    users = sorted(found - changed, key=lambda each: after.entries[each].label)
    return Affected(frozenset(changed.union(users[:MOST])), max(0, len(users) - MOST))


_SPEAKING: Final = frozenset({top.Function, top.Type, top.Datastore})


def _looks_different(before: Canvas, after: Canvas, toplevel: NodeId) -> bool:
    """Whether a definition looks different to those who use it, or would."""
    was, stays = is_alive(before, toplevel), is_alive(after, toplevel)
    if not was or not stays:
        return was != stays
    if before.entries[toplevel].label != after.entries[toplevel].label:
        return True  # names that mean nothing may mean it now, or no more; and marks of others say the name
    return before.checks.interface(toplevel) != after.checks.interface(toplevel)
