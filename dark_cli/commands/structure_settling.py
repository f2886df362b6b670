"""Commands that settle what stands side by side: accept and abandon for partials, resolve for conflicts.

Only translates. Invariant: what is not chosen goes to the trash; nothing is settled that the address does not name.
"""

from __future__ import annotations

from collections.abc import Container

import click

from dark_cli.commands.making import command, edit_options
from dark_cli.commands.structure import perform_at, text_argument
from dark_cli.commands.structure_site import Site
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError
from dark_lang.names import NodeId
from dark_lang.restructuring import confirming, replacing
from dark_lang.restructuring.changing import Changed


@command("accept")
@click.argument("address")
@click.option("--now", is_flag=True, help="Even if the new code is unfinished.")
@edit_options
@click.pass_obj
def accept(workspace: Workspace, address: str, now: bool) -> None:
    """Let the new side of the partial at ADDRESS take the place of the old; or let an edit serve that is held back,
    since it came from elsewhere and changes what serves traffic."""
    held = {toplevel for toplevel, _ in workspace.host.held()}
    if held:
        toplevel = find_held(workspace, held, address)
        if toplevel is not None:
            label = dict(workspace.host.held())[toplevel]
            workspace.host.release(toplevel, workspace.author)
            if workspace.json:
                workspace.answer({"released": label})
            else:
                workspace.print(f"{label} serves as it is in the program now")
            return

    perform_at(
        workspace,
        address,
        lambda site, toplevel, node: replacing.accept(site.draft, site, toplevel, node, now=now),
    )


def find_held(workspace: Workspace, held: Container[NodeId], address: str) -> NodeId | None:
    """The definition at an address, if it is among those; one that was deleted is named by what it was called."""
    for toplevel, label in workspace.host.held():
        if address == label:
            return toplevel
    try:
        found = workspace.canvas.find(address)
    except AddressError:
        return None
    return found.toplevel_id if found.toplevel_id in held and found.node.id == found.toplevel_id else None


@command("abandon")
@click.argument("address")
@edit_options
@click.pass_obj
def abandon(workspace: Workspace, address: str) -> None:
    """Let the old side of the partial at ADDRESS stay, and drop the new one."""

    perform_at(
        workspace,
        address,
        lambda site, toplevel, node: replacing.abandon(site.draft, site, toplevel, node),
    )


@command("resolve")
@click.argument("address")
@click.argument("choice")
@edit_options
@click.pass_obj
def resolve(workspace: Workspace, address: str, choice: str) -> None:
    """Settle the conflict at ADDRESS: CHOICE is the number of an alternative, `base`, or code instead of all.

    Where one edit deleted or moved what another edit changed or moved too, CHOICE is `current`: it stays as it is now.
    """
    text = text_argument(workspace, choice)

    def operation(site: Site, toplevel: NodeId, node: NodeId) -> Changed:
        if text == "current" and node == toplevel:
            return confirming.confirm(site.draft, toplevel)
        return replacing.resolve_conflict(site.draft, site, toplevel, node, text)

    perform_at(workspace, address, operation)
