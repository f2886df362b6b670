"""Datastores from the shell, and the hidden command by which a shell learns when its edit is live.

Only translates: `runtime.data` keeps the rows. Invariant: values are read and printed in the notation, and with
`--json` as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dark_cli.commands.making import command, group
from dark_cli.display import clip, plural, show_table
from dark_cli.evaluating import evaluate
from dark_cli.opening import LIVE_WITHIN
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError
from dark_lang.names import NodeId, spell_id
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import suggest
from dark_lang.values.jsonifying import to_json
from dark_lang.values.showing import show

if TYPE_CHECKING:
    from runtime.data.datastore import Data


@group("db")
def db() -> None:
    """Look into datastores, and set values."""


@db.command("ls")
@click.argument("store", required=False)
@click.option("--limit", "-n", type=click.IntRange(1), default=100, show_default=True, help="How many rows.")
@click.option("--after", metavar="KEY", help="Go on after this key.")
@click.pass_obj
def ls(workspace: Workspace, store: str | None, limit: int, after: str | None) -> None:
    """List the datastores, or the rows of STORE."""
    with _data(workspace) as data:
        if store is None:
            _list_stores(workspace, data)
            return
        name, store_id = _store(workspace, store)
        rows = data.page(store_id, after=after, limit=limit)
        count = data.count(store_id)
    if workspace.json:
        workspace.answer({key: _plain(value) for key, value in rows})
        return
    show_table(workspace, [(key, clip(show(value), workspace.width)) for key, value in rows], styles=("cyan",))
    if not rows:
        workspace.print("no rows")
    elif len(rows) == limit and count > limit:
        workspace.print(f"of {count}; dark db ls {name} --after {rows[-1][0]} goes on")


def _list_stores(workspace: Workspace, data: Data) -> None:
    stores = sorted(
        (entry for entry in workspace.canvas.alive() if entry.kind is top.Datastore), key=lambda entry: entry.label
    )
    rows = [(entry, data.count(entry.id)) for entry in stores]
    if workspace.json:
        workspace.answer([{"id": spell_id(entry.id), "name": entry.label, "rows": count} for entry, count in rows])
        return
    show_table(workspace, [(entry.label, plural(count, "row")) for entry, count in rows], styles=("", "dim"))
    if not rows:
        workspace.print("no datastores; dark insert db NAME TYPE makes one")


@db.command("get")
@click.argument("store")
@click.argument("key")
@click.pass_obj
def get(workspace: Workspace, store: str, key: str) -> None:
    """Print the value at KEY."""
    name, store_id = _store(workspace, store)
    with _data(workspace) as data:
        value = data.get(store_id, key)
    if value is None:
        raise AddressError(f"{name} has no key {key}", suggestion=f"dark db ls {name} lists them")
    if workspace.json:
        workspace.answer(_plain(value))
    else:
        workspace.print(show(value))


@db.command("set")
@click.argument("store")
@click.argument("key")
@click.argument("value")
@click.pass_obj
def set_(workspace: Workspace, store: str, key: str, value: str) -> None:
    """Set KEY to VALUE, an expression."""
    name, store_id = _store(workspace, store)
    found = evaluate(workspace, workspace.text(value))
    with _data(workspace) as data:
        data.set(store_id, key, found)
    if workspace.json:
        workspace.answer({"store": name, "key": key, "value": _plain(found)})
    else:
        workspace.print(f"{name} {key} = {clip(show(found), workspace.width)}")


@db.command("delete")
@click.argument("store")
@click.argument("key")
@click.pass_obj
def delete(workspace: Workspace, store: str, key: str) -> None:
    """Delete the row at KEY."""
    name, store_id = _store(workspace, store)
    with _data(workspace) as data:
        if not data.delete(store_id, key):
            raise AddressError(f"{name} has no key {key}", suggestion=f"dark db ls {name} lists them")
    if workspace.json:
        workspace.answer({"store": name, "key": key, "deleted": True})
    else:
        workspace.print(f"deleted {key} from {name}")


@db.command("count")
@click.argument("store")
@click.pass_obj
def count(workspace: Workspace, store: str) -> None:
    """Print how many rows STORE has."""
    name, store_id = _store(workspace, store)
    with _data(workspace) as data:
        number = data.count(store_id)
    if workspace.json:
        workspace.answer({"store": name, "rows": number})
    else:
        workspace.print(str(number))


def _data(workspace: Workspace) -> Any:
    from contextlib import closing

    from runtime.data.datastore import Data  # late: the database's library is 10 ms

    return closing(Data.open(workspace.folder))


def _store(workspace: Workspace, word: str) -> tuple[str, NodeId]:
    """The full name and the id of a datastore: `Users-v1`, or `Users` for the newest."""
    canvas = workspace.canvas
    for label in (word, f"db:{word}"):
        found = canvas.labelled(label)
        if found is not None and canvas.entries[found].kind is top.Datastore:
            return canvas.entries[found].label, found
    versions = canvas.versions(f"{word}-v")
    if versions:
        return canvas.entries[versions[-1][1]].label, versions[-1][1]
    names = [entry.label for entry in canvas.alive() if entry.kind is top.Datastore]
    near = suggest(word, names)
    raise AddressError(
        f"no datastore is called {word}",
        suggestion=f"did you mean {near}?" if near else "dark db ls lists them",
    )


def _plain(value: object) -> Any:
    """What a value is as JSON."""
    import json  # late: only --json needs it

    return json.loads(to_json(value))


@command("live", hidden=True)
@click.argument("lamport", type=int)
@click.argument("diff")
@click.pass_obj
def live(workspace: Workspace, lamport: int, diff: str) -> None:
    """Bind a diff that another process recorded; exit with 0 once it is live everywhere."""
    from runtime.store.files import DiffRef, diff_file  # late: only a shell without a warm path asks

    workspace.host.refresh([diff_file(DiffRef(lamport, bytes.fromhex(diff)))])
    if workspace.canvas.lamport < lamport or workspace.bound_within(LIVE_WITHIN):
        click.get_current_context().exit(1)
