"""Every edit from the shell, in one place: make it, record it, show the tree around it and when it was live.

Must not know what the edits do; `dark_lang.restructuring` does. Invariant: all edits print the same things in the same
order, so that a person, or a script with `--json`, learns them once.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dark_cli import display_edits
from dark_cli.commands.making import edit_options
from dark_cli.opening import InterruptionError, await_live
from dark_cli.workspace import Workspace
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.records import dataclass
from runtime.marking import new_trouble

if TYPE_CHECKING:
    from dark_lang.edits.drafting import Draft
    from runtime.canvas import Canvas
    from runtime.hosting import Outcome, Terms

__all__ = ["Change", "Place", "edit", "edit_options"]


@dataclass(frozen=True, slots=True)
class Place:
    """A node to show, with what stands around it. A toplevel's own id shows all of it."""

    toplevel: NodeId
    node: NodeId


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit did, for the person who made it."""

    places: tuple[Place, ...] = ()
    notes: tuple[str, ...] = ()  # sentences: repairs of what was typed, names that were bound anew, what is unused now


def edit(
    workspace: Workspace, change: Callable[[Draft, Canvas], Change], *, words: Sequence[str] | None = None
) -> None:
    """Applies `change` to the newest state as one diff, and shows what came of it.

    `change` may be called more than once and does nothing but edit the draft. `words` are recorded as the command;
    by default those that were typed. Raises what `change` raises, and StaleError, LockedError, RefusedError
    (`--strict`), CanvasError (the store cannot be written).
    """
    started = time.perf_counter()

    def unless_interrupted(draft: Draft, canvas: Canvas) -> Change:
        result = change(draft, canvas)
        if workspace.cancelled():
            raise InterruptionError("interrupted; nothing was changed")
        return result

    outcome = workspace.host.edit(unless_interrupted, **terms(workspace, words))
    finish(workspace, outcome, outcome.result, started)


def terms(workspace: Workspace, words: Sequence[str] | None = None) -> Terms:
    """What each edit, undo and restore passes to the Host: who, by which words, and what `edit_options` asked for."""
    guards = workspace.guards
    return {
        "author": workspace.author,
        "command": shlex.join(words if words is not None else workspace.argv),
        "dry_run": guards.dry_run,
        "expect": guards.expect or None,
        "request": workspace.request,
        "judge": _refuse_trouble if guards.strict else None,
    }


def _refuse_trouble(before: Canvas, after: Canvas, touched: frozenset[NodeId]) -> None:
    trouble = [mark for mark in new_trouble(before, after, touched) if not mark.kind.is_warning]
    if trouble:
        raise RefusedError(
            "this would leave something unfinished, and --strict was asked for",
            details=tuple(f"{after.entries[mark.toplevel].label}: {mark.says}" for mark in trouble[:10]),
        )


def finish(workspace: Workspace, outcome: Outcome[Any], change: Change, started: float) -> None:
    """Shows an edit that has been made. `started` is a time.perf_counter()."""
    liveness = None
    if not workspace.guards.dry_run:
        liveness = await_live(workspace, outcome, started)
    display_edits.show_outcome(workspace, outcome, change.places, change.notes, liveness)
