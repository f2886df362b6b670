"""What all structural commands share: the way from a command's words to an edit, alone or as a part of `apply`.

Must not know single operations; they are in `dark_lang.restructuring`. Invariant: a command that runs alone and the
same command on a line of `apply` do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dark_cli.commands.structure_site import Site
from dark_cli.editing import Change, Place, edit
from dark_cli.workspace import Workspace
from dark_lang.edits.drafting import Draft
from dark_lang.errors import LockedError, UsageError
from dark_lang.names import NodeId
from dark_lang.nodes.shape import Sort
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.spots import Where
from dark_lang.restructuring.surgery import sort_of

if TYPE_CHECKING:
    from runtime.canvas import Canvas


F = TypeVar("F", bound=Callable[..., Any])


class Batch:
    """The edits of one `apply`, made one after the other on one draft."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.done: list[Changed] = []


_batch: ContextVar[Batch | None] = ContextVar("batch", default=None)


def run_batch(batch: Batch, run: Callable[[], None]) -> None:
    """Runs commands so that their edits go to the batch."""
    token = _batch.set(batch)
    try:
        run()
    finally:
        _batch.reset(token)


def perform(workspace: Workspace, operation: Callable[[Site], Changed | list[Changed]]) -> None:
    """Makes an edit: alone, as a diff that is recorded and shown, or as a part of the batch that runs."""
    batch = _batch.get()
    guards = workspace.guards
    if batch is not None:
        batch.site.in_place, guards.in_place = guards.in_place, False  # each line says so for itself
        batch.done.extend(_as_list(operation(batch.site)))
        return

    def change(draft: Draft, canvas: Canvas) -> Change:
        site = Site(draft, canvas)
        site.in_place = guards.in_place
        return as_change(site, _as_list(operation(site)))

    edit(workspace, change)


def perform_at(workspace: Workspace, address: str, operation: Callable[[Site, NodeId, NodeId], Changed]) -> None:
    """The same for an edit at one node: `operation` gets the id of its definition and its own."""

    def at_node(site: Site) -> Changed:
        at = site.node(address)
        return operation(site, at.toplevel, at.node)

    perform(workspace, at_node)


def behind_switch(workspace: Workspace, error: LockedError, address: str, code: str) -> LockedError:
    """The same refusal with the line that puts this very code behind a switch, where it can stand behind one."""
    from runtime.locks.judging import switch_command  # late: few edits are refused

    canvas = workspace.canvas
    found = canvas.find(address)
    inside = found.node.id != found.toplevel_id and sort_of(found.node) is Sort.EXPRESSION
    if not inside or "dark toggle" not in error.suggestion:
        return error
    command = switch_command(canvas, found.toplevel_id, address, code)
    return LockedError(error.message, details=error.details, suggestion=f"change it behind a switch: {command}")


def _as_list(changed: Changed | list[Changed]) -> list[Changed]:
    return changed if isinstance(changed, list) else [changed]


def as_change(site: Site, changes: list[Changed]) -> Change:
    """What all operations of an edit did, and what settled because of them."""
    changes = [*changes, *site.settle_waiting()]
    places = [Place(changed.toplevel, node) for changed in changes for node in changed.shown]
    notes = [note for changed in changes for note in changed.notes]
    return Change(tuple(dict.fromkeys(places)), tuple(dict.fromkeys(notes)))


def text_argument(workspace: Workspace, argument: str) -> str:
    """An argument that is code; `-` is standard input, which lines of `apply` do not have."""
    if argument == "-" and _batch.get() is not None:
        raise UsageError("`-` stands for standard input, which a line of `apply` has not")
    return workspace.text(argument)


def place_options(function: F) -> F:
    """`--first`, `--last`, `--before` and `--after`; `where_of` says what they come to."""
    for name, told in reversed(_PLACES):
        function = click.option(f"--{name}", is_flag=True, help=told)(function)
    return function


_PLACES = (
    ("first", "As the first in the list there."),
    ("last", "As the last in it; this is what happens anyway."),
    ("before", "Before what is there, in the list or among the statements that it stands in."),
    ("after", "After it."),
)


def where_of(flags: Mapping[str, bool]) -> Where | None:
    """The place that `place_options` ask for. UsageError for two at once."""
    chosen = [where for (name, _), where in zip(_PLACES, Where, strict=True) if flags[name]]
    if len(chosen) > 1:
        raise UsageError("only one of --first, --last, --before and --after")
    return chosen[0] if chosen else None
