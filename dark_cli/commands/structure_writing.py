"""Commands that put code somewhere or take it away: insert, replace-node, fill, retarget, set, rename, delete.

Only translates. Invariant: code is taken as it stands, whatever it is; only a missing place, or the wrong sort for it,
is refused.
"""

from __future__ import annotations

import click

from dark_cli.commands.making import command, edit_options, in_place_option
from dark_cli.commands.structure import behind_switch, perform, perform_at, place_options, text_argument, where_of
from dark_cli.commands.structure_kinds import KIND_WORDS, insert_new
from dark_cli.commands.structure_site import Site
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError, LockedError, UsageError
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.placing import insert as insert_text
from dark_lang.restructuring.removing import delete as delete_node
from dark_lang.restructuring.renaming import rename as rename_node
from dark_lang.restructuring.replacing import fill as fill_hole
from dark_lang.restructuring.replacing import replace_node as replace_at
from dark_lang.restructuring.replacing import retarget as retarget_call
from dark_lang.restructuring.setting import set_field

_NOW = click.option("--now", is_flag=True, help="Let unfinished code run at once; keep no old side.")


@command("insert")
@click.argument("words", nargs=-1, required=True)
@click.option("--from-404", "missing", metavar="REQUEST", help="A handler for a request that none took: 'GET /a/b'.")
@place_options
@in_place_option
@edit_options
@click.pass_obj
def insert(workspace: Workspace, /, words: tuple[str, ...], missing: str | None, **flags: bool) -> None:
    """Add a definition, or something to a list.

    \b
    dark insert http GET /hello/:name '"Hello ${name}"'
    dark insert fn 'Shop::double(n: Int) -> Int' 'n * 2'
    dark insert type 'User = { name: String }'
    dark insert db Users User            dark insert worker NAME BODY
    dark insert cron NAME SCHEDULE BODY  dark insert repl NAME BODY
    dark insert test NAME BODY           dark insert secret NAME
    dark insert ADDR CODE [--first --last --before --after]
    """
    where = where_of(flags)
    if missing is not None:
        words = (*words[:1], *_asked_in_vain(workspace, words, missing), *words[1:])
    if words[0] in KIND_WORDS and not (len(words) == 2 and "#" in words[0]):
        if where is not None:
            raise UsageError("a definition has no place in a list", suggestion="leave the flag out")
        texts = [text_argument(workspace, word) for word in words]
        perform(workspace, lambda site: insert_new(site, texts))
        return
    if len(words) != 2:
        raise UsageError(
            f"insert takes an address and code, or a kind and what belongs to it, not {len(words)} words",
            suggestion=f"kinds are {', '.join(KIND_WORDS)}; quote code for the shell",
        )
    text = text_argument(workspace, words[1])

    def operation(site: Site) -> Changed:
        toplevel, spot = site.spot(words[0], where)
        return insert_text(site.draft, site, toplevel, spot, text)

    perform(workspace, operation)


def _asked_in_vain(workspace: Workspace, words: tuple[str, ...], missing: str) -> tuple[str, str]:
    """The method and the route of a request that no handler took. Raises UsageError, AddressError."""
    from dark_cli.traffic import opened_traces  # late: other edits ask for no traffic

    if words[0] != "http" or len(words) > 2:
        raise UsageError("--from-404 makes a handler", suggestion="dark insert http --from-404 'GET /a/b' [BODY]")
    method, _, path = missing.strip().rpartition(" ")
    with opened_traces(workspace) as reader:
        found = [one for one in reader.missing() if one.path == path and (not method or one.method == method.upper())]
    if not found:
        raise AddressError(
            f"no request for {missing} found no handler", suggestion="dark ls --404 lists those that did"
        )
    # What stands for itself in a path would be a variable in a route.
    route = "/".join([f"%3A{piece[1:]}" if piece.startswith(":") else piece for piece in found[0].path.split("/")])
    return found[0].method, route


@command("replace-node")
@click.argument("address")
@click.argument("code")
@_NOW
@in_place_option
@edit_options
@click.pass_obj
def replace_node(workspace: Workspace, address: str, code: str, now: bool) -> None:
    """Put CODE in the place of the node at ADDRESS. If it is unfinished and the old was not, the old runs on."""
    text = text_argument(workspace, code)

    try:
        perform_at(
            workspace,
            address,
            lambda site, toplevel, node: replace_at(site.draft, site, toplevel, node, text, now=now),
        )
    except LockedError as error:
        raise behind_switch(workspace, error, address, text) from None


@command("fill")
@click.argument("address")
@click.argument("code")
@in_place_option
@edit_options
@click.pass_obj
def fill(workspace: Workspace, address: str, code: str) -> None:
    """Put CODE into the hole at ADDRESS, or into the only hole below it."""
    text = text_argument(workspace, code)

    try:
        perform_at(
            workspace,
            address,
            lambda site, toplevel, node: fill_hole(site.draft, site, toplevel, node, text),
        )
    except LockedError as error:
        raise behind_switch(workspace, error, address, text) from None


@command("retarget")
@click.argument("address")
@click.argument("function")
@_NOW
@edit_options
@click.pass_obj
def retarget(workspace: Workspace, address: str, function: str, now: bool) -> None:
    """Let the call at ADDRESS go to another FUNCTION; its arguments stay."""

    perform_at(
        workspace,
        address,
        lambda site, toplevel, node: retarget_call(site.draft, site, toplevel, node, function, now=now),
    )


@command("set")
@click.argument("address")
@click.argument("field")
@click.argument("value")
@_NOW
@in_place_option
@edit_options
@click.pass_obj
def set_(workspace: Workspace, address: str, field: str, value: str, now: bool) -> None:
    """Set a FIELD of what is at ADDRESS: method, route, doc, schedule, name, a number, a guard …"""
    text = text_argument(workspace, value)

    perform_at(
        workspace,
        address,
        lambda site, toplevel, node: set_field(site.draft, site, toplevel, node, field, text, now=now),
    )


@command("rename")
@click.argument("address")
@click.argument("name")
@edit_options
@click.pass_obj
def rename(workspace: Workspace, address: str, name: str) -> None:
    """Give a definition, parameter, variable, field or hole another NAME, with all its uses."""

    perform_at(
        workspace,
        address,
        lambda site, toplevel, node: rename_node(site.draft, site, toplevel, node, name),
    )


@command("delete")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@in_place_option
@edit_options
@click.pass_obj
def delete(workspace: Workspace, addresses: tuple[str, ...]) -> None:
    """Move what is at each ADDRESS to the trash. A hole stays where something is needed."""

    def operation(site: Site) -> list[Changed]:
        # All are looked up before any goes, so that `args.0 args.1` means what it says.
        targets = [site.node(address) for address in dict.fromkeys(addresses)]
        return [delete_node(site.draft, site, at.toplevel, at.node) for at in targets]

    perform(workspace, operation)
