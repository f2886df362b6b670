"""What is unfinished or does not fit in a canvas: what the checker marks, and what edits disagree on.

Must not know how marks are shown. Invariants: every function here is total; a mark names the smallest node that
explains it; nothing is stored, all is computed from a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dark_lang.checking.marks import Kind, Mark
from dark_lang.edits.grown import Disagreement
from dark_lang.edits.grown import Kind as DisagreementKind
from dark_lang.names import Defined, NodeId
from dark_lang.nodes.walking import descend
from runtime.asking import alive, uses_in

if TYPE_CHECKING:
    from runtime.canvas import Canvas


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


def all_marks(canvas: Canvas) -> Iterator[Mark]:
    for entry in sorted(canvas.alive(), key=lambda entry: entry.label):
        yield from marks_in(canvas, entry.id)
    yield from _about_trash(canvas)


def marks_of_touched(canvas: Canvas, touched: Iterable[NodeId]) -> list[Mark]:
    """The marks of those of the toplevels that are alive."""
    entries = canvas.entries
    present = [toplevel for toplevel in touched if toplevel in entries and entries[toplevel].alive]
    present.sort(key=lambda toplevel: entries[toplevel].label)
    return [mark for toplevel in present for mark in marks_in(canvas, toplevel)]


def new_trouble(before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> list[Mark]:
    """The marks in the touched toplevels that were not there before."""
    touched = list(touched)
    known = {(mark.node, mark.kind) for mark in marks_of_touched(before, touched)}
    return [mark for mark in marks_of_touched(after, touched) if (mark.node, mark.kind) not in known]


MANY = 2_000  # definitions, among which it takes too long to look for uses after each edit


def affected(before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> set[NodeId]:
    """The toplevels whose marks an edit may have changed: those that it touched, and those that use what it made,
    deleted, or gave another signature. In a canvas of many definitions only the former."""
    found = set(touched)
    changed = {Defined(each) for each in found if _is_seen_changed(before, after, each)}
    if changed and len(after.entries) <= MANY:
        found.update(each for each in alive(after) if any(use.ref in changed for use in uses_in(after, each)))
    return found


def _is_seen_changed(before: Canvas, after: Canvas, toplevel: NodeId) -> bool:
    """Whether a definition looks different to those who use it."""
    old, new = before.entries.get(toplevel), after.entries.get(toplevel)
    if old is None or new is None:
        return False  # it was made just now: nobody uses it
    if old.alive != new.alive:
        return True
    return before.checks.interface(toplevel) != after.checks.interface(toplevel)
