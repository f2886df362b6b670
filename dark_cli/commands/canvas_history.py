"""Who changed what; taking edits back and bringing them again; the trash.

Only translates: `runtime.hosting` does it. Invariant: whatever is taken back here is an edit like any other, shown as
one, and can be taken back itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from dark_cli.commands.making import command, edit_options
from dark_cli.display import clip, show_table
from dark_cli.display_diffs import diff_report, show_diff
from dark_cli.display_times import moment
from dark_cli.workspace import Workspace
from dark_lang.names import NodeId, spell_id

if TYPE_CHECKING:
    from runtime.hosting import LogEntry

FOLLOW_EVERY = 0.2  # seconds


@command("log")
@click.argument("address", required=False)
@click.option("--limit", "-n", type=click.IntRange(0), default=20, show_default=True, help="How many edits.")
@click.option("--follow", "-f", is_flag=True, help="Go on and print edits as they come.")
@click.pass_obj
def log(workspace: Workspace, address: str | None, limit: int, follow: bool) -> None:
    """List who changed what, newest first: in the whole canvas, or at ADDRESS."""
    toplevel = None if address is None else _toplevel(workspace, address)
    entries = list(workspace.host.log(limit, toplevel=toplevel))
    if workspace.json:
        workspace.answer([_report(entry) for entry in entries])
    else:
        _show_entries(workspace, reversed(entries) if follow else entries)
        if not entries and not follow:
            workspace.print("no edits yet")
    if follow:
        _follow(workspace, toplevel, {entry.id for entry in entries})


def _follow(workspace: Workspace, toplevel: NodeId | None, seen: set[bytes]) -> None:
    while True:
        time.sleep(FOLLOW_EVERY)
        if not workspace.host.refresh():
            continue
        new = [entry for entry in workspace.host.log(100, toplevel=toplevel) if entry.id not in seen]
        seen.update(entry.id for entry in new)
        if workspace.json:
            for entry in reversed(new):
                workspace.answer(_report(entry))
        else:
            _show_entries(workspace, reversed(new))


def _show_entries(workspace: Workspace, entries: Iterable[LogEntry]) -> None:
    for entry in entries:
        head = f"{entry.id.hex()[:8]}  {moment(workspace, entry.time)}  "
        said = f"{clip(entry.author, 20)}  "
        room = max(20, workspace.width - len(head) - len(said))
        workspace.print(
            f"{workspace.paint(head, 'dim')}{workspace.paint(said, 'cyan')}{clip(entry.command, room)}".rstrip()
        )


def _report(entry: LogEntry) -> dict[str, Any]:
    return {
        "diff": entry.id.hex(),
        "time": entry.time,
        "author": entry.author,
        "command": entry.command,
        "undoes": entry.undoes.hex() or None,
        "touched": [spell_id(toplevel) for toplevel in sorted(entry.touched)],
    }


@command("diff")
@click.argument("diff_id", metavar="DIFF")
@click.option("--since", is_flag=True, help="All that changed after that diff.")
@click.pass_obj
def diff(workspace: Workspace, diff_id: str, since: bool) -> None:
    """Show what DIFF changed, as code before and after."""
    before, after = workspace.host.canvases_around(diff_id, since=since)
    if workspace.json:
        workspace.answer(diff_report(before, after))
    else:
        show_diff(workspace, before, after)


@command("undo")
@click.argument("what", required=False)
@edit_options
@click.pass_obj
def undo(workspace: Workspace, what: str | None) -> None:
    """Take back your last edit; or WHAT: a diff by its id, or the last edit at an address."""
    _take_back(workspace, what, redo=False)


@command("redo")
@edit_options
@click.pass_obj
def redo(workspace: Workspace) -> None:
    """Take your last undo back."""
    _take_back(workspace, None, redo=True)


def _take_back(workspace: Workspace, what: str | None, *, redo: bool) -> None:
    raise NotImplementedError


@command("trash")
@click.pass_obj
def trash(workspace: Workspace) -> None:
    """List the definitions that were deleted. `dark restore` brings one back."""
    canvas = workspace.canvas
    gone = sorted((entry for entry in canvas.entries.values() if not entry.alive), key=lambda entry: entry.label)
    if workspace.json:
        workspace.answer([{"id": spell_id(entry.id), "address": entry.label} for entry in gone])
        return
    show_table(workspace, [(spell_id(entry.id)[:6], entry.label) for entry in gone], styles=("dim",))
    if not gone:
        workspace.print("the trash is empty")


def _toplevel(workspace: Workspace, address: str) -> NodeId:
    return workspace.canvas.find(address).toplevel_id
