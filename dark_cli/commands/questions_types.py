"""What is not written yet, what does not fit, of what type something is.

Only translates: `runtime.marking` and `runtime.telling` answer. Invariant: each answer names places by addresses that
other commands take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dark_cli.commands.making import command
from dark_cli.display import WIDEST, address_of, mark_row, show_marks, show_table
from dark_cli.display_edits import mark_report
from dark_cli.display_effects import effect_words
from dark_cli.display_times import ago
from dark_cli.workspace import Workspace
from dark_lang.names import NodeId, spell_id
from runtime.marking import Kind, Mark, all_marks, marks_at

if TYPE_CHECKING:
    from dark_lang.checking.fitting import Fit
    from dark_lang.checking.origins import Origin
    from runtime.canvas import Canvas
    from runtime.data.usage import Reached


@command("holes")
@click.argument("address", required=False)
@click.pass_obj
def holes(workspace: Workspace, address: str | None) -> None:
    """List what is not written yet, in the whole canvas or at ADDRESS, with what would fit there.

    A hole that requests came to says how often: by traffic, and by the developer's own trials.
    """
    from runtime.data.usage import read_stops  # late: no other list needs these
    from runtime.telling import fits, spelled

    canvas = workspace.canvas
    found = [mark for mark in _marks(workspace, address) if mark.kind is Kind.HOLE]
    workspace.count()
    reached = read_stops(workspace.folder) if found else {}
    if workspace.json:
        workspace.answer(
            [
                {
                    **mark_report(canvas, mark),
                    "fits": [
                        {"code": fit.code, "type": spelled(canvas, fit.type)}
                        for fit in fits(canvas, mark.toplevel, mark.node)
                    ],
                    "reached": reached[mark.node]._asdict() if mark.node in reached else None,
                }
                for mark in found
            ]
        )
        return
    rows = [mark_row(canvas, mark) for mark in found]
    widths = [min(max(len(row[column]) for row in rows), WIDEST) for column in (0, 1)] if rows else []
    for mark, row in zip(found, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        show_table(workspace, [(*cells, row[-1])], styles=("dim", "", "yellow"))
        _show_fits(workspace, fits(canvas, mark.toplevel, mark.node))
        if mark.node in reached:
            workspace.print(f"      {_reached(workspace, reached[mark.node])}")
    if not found:
        workspace.print("no holes")


def _show_fits(workspace: Workspace, found: Sequence[Fit]) -> None:
    """On one line: as many as there is room for."""
    line = "      fits:"
    for nth, fit in enumerate(found):
        longer = f"{line}{',' if nth else ''} {fit.code}"
        if len(longer) > workspace.width - 3:
            line += ", …" if nth else " …"
            break
        line = longer
    if found:
        workspace.print(line)


def _reached(workspace: Workspace, reached: Reached) -> str:
    often = [f"{reached.traffic:,} by traffic"] if reached.traffic else []
    often += [f"{reached.trials:,} by trials"] if reached.trials else []
    return f"reached: {', '.join(often)}; last {ago(workspace, reached.last)}"


@command("marks")
@click.argument("address", required=False)
@click.pass_obj
def marks(workspace: Workspace, address: str | None) -> None:
    """List what does not fit: unknown names, other types than expected, wrong numbers of arguments, and warnings."""
    _list_marks(workspace, [mark for mark in _marks(workspace, address) if mark.kind is not Kind.HOLE], "no marks")


@command("conflicts")
@click.argument("address", required=False)
@click.pass_obj
def conflicts(workspace: Workspace, address: str | None) -> None:
    """List where edits disagree. `dark resolve` settles them."""
    found = [mark for mark in _marks(workspace, address) if mark.kind is Kind.CONFLICT]
    _list_marks(workspace, found, "no conflicts")


def _marks(workspace: Workspace, address: str | None) -> list[Mark]:
    canvas = workspace.canvas
    return list(all_marks(canvas)) if address is None else marks_at(canvas, address)


def _list_marks(workspace: Workspace, found: list[Mark], nothing: str) -> None:
    if workspace.json:
        workspace.answer([mark_report(workspace.canvas, mark) for mark in found])
    elif found:
        show_marks(workspace, workspace.canvas, found)
    else:
        workspace.print(nothing)


@command("type")
@click.argument("address")
@click.pass_obj
def type_(workspace: Workspace, address: str) -> None:
    """Say of what type the code at ADDRESS is, where the type comes from, and what the code may do when it runs.

    Of a function that is its signature, of a handler what it answers with.
    """
    from runtime.telling import tell  # late: it imports all that the checker knows

    canvas = workspace.canvas
    found = canvas.find(address)
    told = tell(canvas, found.toplevel_id, found.node)
    if workspace.json:
        origin = told.origin
        node = origin.node if origin is not None else None
        report: dict[str, Any] = {
            "id": spell_id(found.node.id),
            "address": address_of(canvas, found.toplevel_id, found.node.id),
            "types": list(told.types),
            **({"expected": told.wanted} if told.wanted else {}),
            **({"from": origin.says} if origin is not None else {}),
            **({"origin": address_of(canvas, found.toplevel_id, node)} if node is not None else {}),
        }
        if told.effect is not None:
            report["effect"] = told.effect.effect.name.lower()
            report["through"] = [canvas.entries[each].label for each in told.effect.path]
        workspace.answer(report)
        return
    rows = [("type" if nth == 0 else "", held) for nth, held in enumerate(told.types)]
    rows += [("expected", told.wanted)] if told.wanted else []
    rows += [("from", _origin(canvas, found.toplevel_id, told.origin))] if told.origin is not None else []
    rows += [("effect", effect_words(canvas, told.effect))] if told.effect is not None else []
    show_table(workspace, rows, styles=("dim", ""))
    if not rows:
        workspace.print("it has no type")


def _origin(canvas: Canvas, toplevel: NodeId, origin: Origin) -> str:
    return origin.says if origin.node is None else f"{origin.says}: {address_of(canvas, toplevel, origin.node)}"
