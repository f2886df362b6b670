"""All that is locked, for who asks for the list.

Must not know how it is shown. Invariant: it says the same as `Locks.why` of each definition alone, at the cost of one
walk through what the entries in use reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.names import NodeId
from runtime.locks.judging import Locks, Why, microseconds_now
from runtime.locks.regions import runs_with

if TYPE_CHECKING:
    from runtime.canvas import Canvas


def all_locks(canvas: Canvas, locks: Locks) -> list[tuple[NodeId, Why]]:
    """By label: to which requests come, what those run, and what served before and is frozen."""
    in_use = {
        entry: last
        for entry, last in locks.in_use(canvas, microseconds_now()).items()
        if entry in canvas.entries and canvas.entries[entry].alive
    }
    found: dict[NodeId, Why] = {entry: Why(False, entry, last) for entry, last in in_use.items()}
    for entry, last in sorted(in_use.items(), key=lambda item: -item[1]):
        work = [entry]
        while work:
            for each in runs_with(canvas, work.pop()):
                if each not in found:
                    found[each] = Why(False, entry, last)
                    work.append(each)
    for each in locks.uses.all_served():
        held = canvas.entries.get(each)
        if each not in found and held is not None and held.alive:
            why = locks.why(canvas, each)
            if why is not None:
                found[each] = why
    return sorted(found.items(), key=lambda item: canvas.entries[item[0]].label)
