"""What is unfinished or does not fit, told at length: where, what was expected, what was found, what to do.

Must not know commands. Invariants: on 80 columns nothing is cut off but addresses that are longer than that; one mark
is one line where lines are asked for, however long.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from dark_cli.display import address_of
from dark_lang.checking.marks import ANYTHING
from runtime.marking import Kind

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas
    from runtime.marking import Mark

_MARGIN = 4


def mark_line(canvas: Canvas, mark: Mark) -> str:
    """`ADDRESS: kind: sentence`, for editors and grep."""
    return f"{address_of(canvas, mark.toplevel, mark.node)}: {mark.kind.value}: {' '.join(mark.says.split())}"


def show_details(workspace: Workspace, canvas: Canvas, marks: Sequence[Mark]) -> None:
    """A paragraph for each, with a blank line after it."""
    for mark in marks:
        style = "dim" if mark.kind.is_warning else "yellow"
        kind = mark.sentence if mark.kind is Kind.HOLE else mark.kind.value
        kind = f"warning: {kind}" if mark.kind.is_warning else kind
        place = address_of(canvas, mark.toplevel, mark.node)
        workspace.print(f"{workspace.paint(place, 'bold')}  {workspace.paint(kind, style)}")
        for line in _details(mark, workspace.width - _MARGIN):
            workspace.print(f"{' ' * _MARGIN}{line}")
        workspace.print()


def _details(mark: Mark, width: int) -> list[str]:
    lines: list[str] = []
    if mark.sentence == f"expected {mark.expected}, found {mark.found}":
        lines += _labelled("expected", mark.expected, width) + _labelled("found", mark.found, width)
    else:
        if mark.kind is not Kind.HOLE:
            lines += wrap(mark.sentence, width)
        if mark.expected not in ("", ANYTHING) and not mark.found:
            lines += _labelled("expected", mark.expected, width)
    return lines + (wrap(mark.suggestion, width) if mark.suggestion else [])


def _labelled(label: str, text: str, width: int) -> list[str]:
    first, *others = wrap(text, width - 10) or [""]
    return [f"{label:<8}  {first}", *[f"{'':<10}{line}" for line in others]]
