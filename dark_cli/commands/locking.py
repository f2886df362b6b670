"""`dark locks` and `dark unlock`: what serves traffic does not change under it.

Only translates: `runtime.locks` knows. Invariant: every line names an address that other commands take, and why.
"""

from __future__ import annotations

import click

from dark_cli.commands.making import command
from dark_cli.display import short_author, show_table
from dark_cli.display_times import ago, moment
from dark_cli.workspace import Workspace
from dark_lang.errors import RefusedError, UsageError
from dark_lang.names import NodeId, spell_id
from runtime.locks.judging import Why
from runtime.locks.listing import all_locks
from runtime.locks.uses import unlock as let_go


@command("locks")
@click.argument("address", required=False)
@click.pass_obj
def locks(workspace: Workspace, address: str | None) -> None:
    """List what is locked, and why; or say so of what is at ADDRESS."""
    canvas = workspace.canvas
    workspace.count()
    known = workspace.host.locks
    if address is None:
        found = all_locks(canvas, known)
    else:
        toplevel = canvas.find(address).toplevel_id
        why = known.why(canvas, toplevel)
        found = [(toplevel, why)] if why is not None else []
    undone = sorted(known.uses.unlocks(), key=lambda one: (-one.at, _label(workspace, one.toplevel)))
    if workspace.json:
        workspace.answer(
            {
                "locked": [
                    {
                        "id": spell_id(toplevel),
                        "address": canvas.entries[toplevel].label,
                        "frozen": why.frozen,
                        "entry": canvas.entries[why.entry].label if why.entry else None,
                        "last": why.last or None,
                    }
                    for toplevel, why in found
                ],
                "unlocked": [
                    {"id": spell_id(one.toplevel), "time": one.at, "author": one.author, "reason": one.reason}
                    for one in undone
                ],
            }
        )
        return
    show_table(
        workspace,
        [(canvas.entries[toplevel].label, _told(workspace, toplevel, why)) for toplevel, why in found],
        styles=("", "dim"),
    )
    if not found:
        workspace.print("nothing serves traffic here" if address is None else f"{address} is not locked")
    recent = [one for one in undone if address is None or one.toplevel == canvas.find(address).toplevel_id][:5]
    for one in recent:
        who = f"{moment(workspace, one.at)} by {short_author(one.author)}"
        said = f"unlocked {who}: {_label(workspace, one.toplevel)}: {one.reason}"
        workspace.print(workspace.paint(said, "yellow"))


def _label(workspace: Workspace, toplevel: NodeId) -> str:
    entry = workspace.canvas.entries.get(toplevel)
    return entry.label if entry is not None else spell_id(toplevel)


def _told(workspace: Workspace, toplevel: int, why: Why) -> str:
    if not why.last:
        entry = workspace.canvas.entries[why.entry].label
        return "serves elsewhere" if why.entry == toplevel else f"used by {entry}, which serves elsewhere"
    when = ago(workspace, why.last)
    if why.frozen:
        return f"served {when}, frozen"
    if why.entry == toplevel:
        return f"last request {when}"
    return f"used by {workspace.canvas.entries[why.entry].label}, last request {when}"


@command("unlock")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--reason", metavar="WHY", default="", help="Why; it is recorded with your name.")
@click.pass_obj
def unlock(workspace: Workspace, addresses: tuple[str, ...], reason: str) -> None:
    """Let what is at each ADDRESS be changed, until the next request comes to it."""
    if not reason.strip():
        raise UsageError("say why", suggestion="dark unlock ADDRESS --reason 'nobody calls it any more'")
    canvas, known = workspace.canvas, workspace.host.locks
    workspace.count()
    found = [canvas.find(address).toplevel_id for address in addresses]
    for toplevel in found:
        why = known.why(canvas, toplevel)
        label = canvas.entries[toplevel].label
        if why is None:
            raise RefusedError(f"{label} is not locked")
        if why.entry and why.entry != toplevel:
            entry = canvas.entries[why.entry].label
            if why.entry not in found:
                raise RefusedError(
                    f"{label} is locked since {entry} runs it",
                    suggestion=f"unlock that as well: dark unlock {label} {entry} --reason WHY",
                )
    let_go(workspace.folder, found, workspace.author, reason.strip())
    if workspace.json:
        workspace.answer({"unlocked": [canvas.entries[each].label for each in found]})
    else:
        workspace.print(f"unlocked {', '.join(canvas.entries[each].label for each in found)}, until the next request")
