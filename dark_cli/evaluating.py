"""Expressions that a person types to have them evaluated, for `run` and `db set`.

Must not know the commands. Invariant: an expression that cannot be read whole is not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_cli.workspace import Workspace
from dark_lang.errors import UsageError
from dark_lang.names import Fresh
from dark_lang.nodes.expressions import Expression
from dark_lang.notation.reading import read_expression

if TYPE_CHECKING:
    from dark_lang.values.model import Value


def read(workspace: Workspace, text: str) -> Expression:
    """Raises UsageError if the text had to be repaired."""
    reading = read_expression(text, workspace.canvas.naming, Fresh(0))
    if reading.repairs:
        raise UsageError(
            f"this cannot be read as an expression: {text[:60]}",
            details=tuple(repair.message for repair in reading.repairs[:5]),
        )
    return reading.tree


def evaluate(workspace: Workspace, text: str, *, recorded: bool = False) -> Value:
    """The value of an expression; what it writes to datastores is kept. `recorded`: as a run of its own. Raises
    UsageError, RunError, CanvasError."""
    from runtime.evaluating import evaluating, with_rows  # late: compiler and database, which only runs need
    from runtime.traces.runs import recording

    step = evaluating(workspace.canvas, read(workspace, text), workspace.host.settings.limits)
    told = recording(workspace.host, clip_to_line(text)) if recorded else None
    return with_rows(workspace.folder, step, told)


def clip_to_line(text: str) -> str:
    """The first 200 characters, as one line."""
    return " ".join(text.split())[:200]
