"""What is unfinished or does not fit in a canvas: what the checker marks, and what edits disagree on.

Must not know how marks are shown. Invariants: every function here is total; a mark names the smallest node that
explains it; nothing is stored, all is computed from a snapshot.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from dark_lang.checking.marks import Kind, Mark
from dark_lang.edits.grown import Disagreement
from dark_lang.edits.grown import Kind as DisagreementKind
from dark_lang.names import NodeId
from dark_lang.nodes.walking import descend
from runtime.asking import alive
from runtime.halving import WORTHWHILE, in_two

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.store.diffs import Progress


__all__ = ["Kind", "Mark"]


def marks_in(canvas: Canvas, toplevel: NodeId) -> list[Mark]:
    """All marks and holes of a toplevel that is alive, in the order of its text."""
    checked = canvas.checks.of(toplevel)
    if not canvas.entries[toplevel].conflicts:
        return list(checked.marks)
    present = {node.id for node in descend(canvas.tree(toplevel))}
    shown = {mark.node for mark in checked.marks if mark.kind is Kind.CONFLICT}
    disagreeing = [
        _disagreeing(canvas.entries[toplevel].label, toplevel, disagreement, disagreement.node in present)
        for disagreement in canvas.materialized(toplevel).conflicts
        if disagreement.node not in shown  # the tree tells of those, and of each once
    ]
    return [*checked.marks, *sorted(disagreeing, key=lambda mark: (mark.node, mark.sentence))]


def _disagreeing(label: str, toplevel: NodeId, disagreement: Disagreement, present: bool) -> Mark:
    """What is not in the tree any more has no address: then the mark is at the definition, and says how to go on."""
    if present:
        how = "; dark set settles it" if disagreement.kind is DisagreementKind.SCALAR else ""
        return Mark(toplevel, disagreement.node, Kind.CONFLICT, disagreement.what + how)
    diff = f"{max(disagreement.writes).diff:016x}"[:8]
    sentence = (
        f"a part was deleted by diff {diff} while another edit changed it; "
        f"dark undo {diff} brings it back, dark resolve {label} current lets it go"
        if disagreement.kind is DisagreementKind.DELETED_MODIFIED
        else f"a part is gone: {disagreement.what}; dark resolve {label} current leaves it so"
    )
    return Mark(toplevel, toplevel, Kind.CONFLICT, sentence)


def _about_trash(canvas: Canvas) -> Iterator[Mark]:
    """Whole definitions that one edit deleted and another changed."""
    for entry in sorted(canvas.deleted(), key=lambda entry: entry.label):
        for disagreement in canvas.materialized(entry.id).conflicts:
            if disagreement.node == entry.id and disagreement.kind is DisagreementKind.DELETED_MODIFIED:
                how = f"dark restore {entry.label} brings it back, and to delete it again lets it go"
                sentence = f"deleted while another edit changed it; {how}"
                yield Mark(entry.id, entry.id, Kind.CONFLICT, sentence)


def all_marks(canvas: Canvas, progress: Progress | None = None) -> Iterator[Mark]:
    """In the order of the definitions' addresses."""
    there = alive(canvas)
    with _collecting_seldom(len(there)) as collect:

        def look_at(toplevel: NodeId) -> list[Mark]:
            collect()
            return marks_in(canvas, toplevel)

        # A program of ten thousand definitions takes seconds, which two processes halve.
        for done, found in enumerate(in_two(look_at, there)):
            if progress is not None and done % 100 == 0:
                progress(done, len(there))
            yield from found
    yield from _about_trash(canvas)


@contextmanager
def _collecting_seldom(definitions: int) -> Iterator[Callable[[], None]]:
    """Checking makes many objects, most of which go at once; the collector would look again and again at those that
    stay: a quarter of the time in a large program. Now it looks at new ones alone, when it is told to."""
    was_on = gc.isenabled() and definitions >= WORTHWHILE
    turns = count(1)

    def collect() -> None:
        if was_on and next(turns) % 200 == 0:
            gc.collect(0)

    if was_on:
        gc.disable()
    try:
        yield collect
    finally:
        if was_on:
            gc.enable()


def marks_at(canvas: Canvas, address: str) -> list[Mark]:
    """The marks of what an address means, and of what is below it. Raises AddressError."""
    found = canvas.find(address)
    below = {node.id for node in descend(found.node)}
    return [mark for mark in marks_in(canvas, found.toplevel_id) if mark.node in below]


def marks_of_touched(canvas: Canvas, touched: Iterable[NodeId]) -> list[Mark]:
    """The marks of those of the toplevels that are alive."""
    entries = canvas.entries
    present = [toplevel for toplevel in touched if toplevel in entries and entries[toplevel].alive]
    in_order = sorted(present, key=lambda toplevel: entries[toplevel].label)
    return [mark for toplevel in in_order for mark in marks_in(canvas, toplevel)]


def new_trouble(before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> list[Mark]:
    """The marks in the touched toplevels that were not there before."""
    touched = list(touched)
    known = {(mark.node, mark.kind) for mark in marks_of_touched(before, touched)}
    return [mark for mark in marks_of_touched(after, touched) if (mark.node, mark.kind) not in known]
