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
from dark_cli.commands.structure import perform
from dark_cli.commands.structure_site import Site
from dark_cli.display import clip, short_author, show_table
from dark_cli.display_diffs import diff_report, show_diff
from dark_cli.display_times import moment
from dark_cli.editing import Change, Place, edit, finish, terms
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError, UsageError
from dark_lang.names import NodeId, read_id_prefix, spell_id
from dark_lang.notation.addresses import suggest
from dark_lang.notation.printing import print_any
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.restoring import deleted_nodes, restore_node

if TYPE_CHECKING:
    from dark_lang.edits.drafting import Draft
    from runtime.canvas import Canvas
    from runtime.hosting import LogEntry, Outcome

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
        workspace.host.refresh()
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
        said = f"{short_author(entry.author)}  "
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
    started = time.perf_counter()
    host = workspace.host
    settings = terms(workspace)
    if what is None:
        outcome = host.undo(**settings)
    elif _is_diff_id(what):
        outcome = host.undo(**settings, diff=what)
    else:
        outcome = host.undo(**settings, toplevel=workspace.canvas.find(what).toplevel_id)
    finish(workspace, outcome, _taken_back(outcome, "took back"), started)


@command("redo")
@edit_options
@click.pass_obj
def redo(workspace: Workspace) -> None:
    """Take your last undo back."""
    started = time.perf_counter()
    outcome = workspace.host.redo(**terms(workspace))
    finish(workspace, outcome, _taken_back(outcome, "took back the undo"), started)


def _taken_back(outcome: Outcome[LogEntry], what: str) -> Change:
    entry = outcome.result
    places = dict.fromkeys(Place(write.toplevel, write.node) for write in entry.diff.writes)
    note = clip(f"{what} {entry.id.hex()[:8]} by {short_author(entry.author)}: {entry.command}", 78)
    return Change(tuple(places), (note,))


def _is_diff_id(word: str) -> bool:
    """Ids of nodes have the letters k to z, those of diffs are hex: the two never look alike."""
    return len(word) >= 2 and not set(word.lower()) - set("0123456789abcdef")


@command("restore")
@click.argument("what", required=False)
@click.option("--at", metavar="DIFF", help="Make the whole canvas what it was then.")
@edit_options
@click.pass_obj
def restore(workspace: Workspace, what: str | None, at: str | None) -> None:
    """Bring WHAT back from the trash, by its id or address; or, with --at, the whole canvas as it was at a diff.

    GET:/hello#kxq is what `dark trash GET:/hello` lists as kxq: it goes back to where it stood.
    """
    if (what is None) == (at is None):
        raise UsageError("restore what?", suggestion="dark restore ID, from dark trash; or dark restore --at DIFF")
    if at is not None:
        started = time.perf_counter()
        outcome = workspace.host.restore_at(at, **terms(workspace))
        note = f"the canvas is as it was at {outcome.result.id.hex()[:8]}: {clip(outcome.result.command, 60)}"
        finish(workspace, outcome, Change((), (note,)), started)
        return

    label, inside, word = str(what).partition("#")
    if inside:
        perform(workspace, lambda site: _restored(site, label, word))
        return

    def change(draft: Draft, canvas: Canvas) -> Change:
        toplevel = _deleted(canvas, str(what))
        draft.restore_toplevel(toplevel)
        return Change((Place(toplevel, toplevel),))

    edit(workspace, change)


def _restored(site: Site, label: str, word: str) -> Changed:
    toplevel = site.node(label).toplevel
    bounds = read_id_prefix(word.removeprefix("id:"))
    gone = [node.id for node in deleted_nodes(site.draft.ledger(toplevel))]
    found = [node for node in gone if bounds is not None and bounds[0] <= node < bounds[1]]
    if len(found) != 1:
        raise AddressError(
            f"{'several things' if found else 'nothing'} deleted in {label} answers to {word}",
            suggestion=f"dark trash {label} lists what was deleted there",
        )
    return restore_node(site.draft, site, toplevel, found[0])


def _deleted(canvas: Canvas, word: str) -> NodeId:
    """The definition in the trash that an id or an address means. Raises AddressError."""
    bounds = read_id_prefix(word.removeprefix("id:"))
    gone = list(canvas.deleted())
    found = [entry for entry in gone if entry.label == word]
    if not found and bounds is not None:
        found = [entry for entry in gone if bounds[0] <= entry.id < bounds[1]]
    if len(found) == 1:
        return found[0].id
    if found:
        listed = tuple(f"{spell_id(entry.id)[:8]}  {entry.label}" for entry in found)
        raise AddressError(f"{len(found)} things in the trash answer to {word}", details=listed, suggestion="use an id")
    near = suggest(word, [entry.label for entry in gone])
    raise AddressError(
        f"nothing in the trash answers to {word}",
        suggestion=f"did you mean {near}?" if near else "dark trash lists what is there",
    )


@command("trash")
@click.argument("address", required=False)
@click.pass_obj
def trash(workspace: Workspace, address: str | None) -> None:
    """List the definitions that were deleted, or what was deleted and replaced in the one at ADDRESS, the last first.
    `dark restore` brings one back."""
    canvas = workspace.canvas
    if address is not None:
        _list_deleted_in(workspace, address)
        return
    gone = sorted(canvas.deleted(), key=lambda entry: entry.label)
    if workspace.json:
        workspace.answer([{"id": spell_id(entry.id), "address": entry.label} for entry in gone])
        return
    show_table(workspace, [(spell_id(entry.id)[:6], entry.label) for entry in gone], styles=("dim",))
    if not gone:
        workspace.print("the trash is empty")


def _list_deleted_in(workspace: Workspace, address: str) -> None:
    found = workspace.canvas.find(address)
    nodes = deleted_nodes(workspace.host.ledger(found.toplevel_id))
    texts = [print_any(node, workspace.canvas.naming) for node in nodes]
    if workspace.json:
        workspace.answer(
            [
                {"id": spell_id(node.id), "address": f"{found.label}#{spell_id(node.id)}", "code": text}
                for node, text in zip(nodes, texts, strict=True)
            ]
        )
        return
    width = workspace.width - 8
    rows = [(spell_id(node.id)[:6], clip(text, width)) for node, text in zip(nodes, texts, strict=True)]
    show_table(workspace, rows, styles=("dim",))
    if not nodes:
        workspace.print(f"nothing was deleted in {found.label}")


def _toplevel(workspace: Workspace, address: str) -> NodeId:
    return workspace.canvas.find(address).toplevel_id
