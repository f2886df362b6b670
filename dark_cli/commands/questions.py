"""What refers to what, and what has a newer version.

Only translates: `runtime.asking` answers. Invariant: each answer names places by addresses that
other commands take.
"""

from __future__ import annotations

import click

from dark_cli.commands.making import command
from dark_cli.display import address_of, clip, plural, show_table
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError
from dark_lang.names import Defined, NodeId, Ref, Standard, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes.shape import Node
from dark_lang.notation.printing import print_any
from runtime import asking
from runtime.referring import without_version


@command("uses")
@click.argument("address")
@click.pass_obj
def uses(workspace: Workspace, address: str) -> None:
    """List where a definition, a function of the library, or a binding is used."""
    canvas = workspace.canvas
    places: list[tuple[NodeId, NodeId]]
    standard = _standard(workspace, address)
    if standard is not None:
        places = [(use.toplevel, use.node) for use in asking.uses_of(canvas, standard)]
    else:
        found = canvas.find(address)
        if found.node.id == found.toplevel_id:
            places = [(use.toplevel, use.node) for use in asking.uses_of(canvas, Defined(found.toplevel_id))]
        else:
            variables = asking.variable_uses(canvas, found.toplevel_id, found.node.id)
            places = [(found.toplevel_id, node) for node in variables]
    _list_places(workspace, places, "not used")


@command("callers")
@click.argument("address")
@click.pass_obj
def callers(workspace: Workspace, address: str) -> None:
    """List what uses a definition, what uses that, and so on up to handlers and jobs."""
    canvas = workspace.canvas
    found = asking.callers_of(canvas, canvas.find(address).toplevel_id)
    if workspace.json:
        workspace.answer(
            [
                {"steps": steps, "id": spell_id(toplevel), "address": canvas.entries[toplevel].label}
                for steps, toplevel in found
            ]
        )
        return
    for steps, toplevel in found:
        workspace.print(f"{'  ' * (steps - 1)}{canvas.entries[toplevel].label}")
    if not found:
        workspace.print("nothing uses it")


@command("deps")
@click.argument("address")
@click.option("--deep", is_flag=True, help="And what those depend on.")
@click.pass_obj
def deps(workspace: Workspace, address: str, deep: bool) -> None:
    """List what something depends on."""
    canvas = workspace.canvas
    found = asking.dependencies_of(canvas, canvas.find(address).toplevel_id, deep=deep)
    if workspace.json:
        workspace.answer(
            [
                {
                    "steps": steps,
                    "name": canvas.naming.name_of(realm, ref),
                    "realm": realm.name.lower(),
                    **_identity(ref),
                }
                for steps, ref, realm in found
            ]
        )
        return
    for steps, ref, realm in found:
        workspace.print(f"{'  ' * (steps - 1)}{canvas.naming.name_of(realm, ref)}")
    if not found:
        workspace.print("it depends on nothing")


@command("versions")
@click.argument("name")
@click.pass_obj
def versions(workspace: Workspace, name: str) -> None:
    """List the versions of a function, a type or a datastore, and how often each is used."""
    canvas = workspace.canvas
    found = asking.versions_of(canvas, without_version(name))
    if not found:
        raise AddressError(f"nothing is called {name}", suggestion="dark ls lists the canvas, dark docs the library")
    rows = []
    for version, ref in found:
        count = len(asking.uses_of(canvas, ref))
        rows.append((version, ref, _name(workspace, ref), count))
    if workspace.json:
        workspace.answer(
            [{"version": version, "name": said, "uses": count, **_identity(ref)} for version, ref, said, count in rows]
        )
        return
    show_table(workspace, [(said, plural(count, "use")) for _, _, said, count in rows], styles=("", "dim"))


@command("outdated")
@click.pass_obj
def outdated(workspace: Workspace) -> None:
    """List uses of what is deprecated or has a newer version."""
    canvas = workspace.canvas
    found = asking.outdated_uses(canvas)
    rows = [
        (
            address_of(canvas, each.use.toplevel, each.use.node),
            canvas.naming.name_of(each.use.realm, each.use.ref),
            canvas.naming.name_of(each.use.realm, each.newer),
            each.reason,
        )
        for each in found
    ]
    if workspace.json:
        workspace.answer(
            [
                {"address": address, "id": spell_id(each.use.node), "uses": old, "newer": newer, "reason": reason}
                for each, (address, old, newer, reason) in zip(found, rows, strict=True)
            ]
        )
        return
    lines = [(place, f"{old} -> {newer}{': ' if reason else ''}{reason}") for place, old, newer, reason in rows]
    show_table(workspace, lines)
    if not rows:
        workspace.print("everything is up to date")


def _list_places(workspace: Workspace, places: list[tuple[NodeId, NodeId]], nothing: str) -> None:
    canvas = workspace.canvas
    nodes = {toplevel: {node.id: node for node in _nodes(workspace, toplevel)} for toplevel, _ in places}
    rows = [
        (node, address_of(canvas, toplevel, node), clip(print_any(nodes[toplevel][node], canvas.naming), 50))
        for toplevel, node in places
    ]
    if workspace.json:
        workspace.answer([{"id": spell_id(node), "address": place, "code": code} for node, place, code in rows])
        return
    show_table(workspace, [(canvas.short_id(node), place, code) for node, place, code in rows], styles=("dim", "", ""))
    if not rows:
        workspace.print(nothing)


def _nodes(workspace: Workspace, toplevel: NodeId) -> list[Node]:
    from dark_lang.nodes.walking import descend  # late, with the questions about one place

    return list(descend(workspace.canvas.tree(toplevel)))


def _standard(workspace: Workspace, name: str) -> Standard | None:
    """The function of the library that bears this name, unless the canvas has one of that name."""
    if "::" not in name or "#" in name:
        return None
    ref = workspace.canvas.naming.resolve(Realm.FUNCTION, name)
    return ref if isinstance(ref, Standard) else None


def _name(workspace: Workspace, ref: Ref) -> str:
    if isinstance(ref, Defined):
        return workspace.canvas.entries[ref.id].label
    return workspace.canvas.naming.name_of(Realm.FUNCTION, ref)


def _identity(ref: Ref) -> dict[str, str]:
    return {"id": spell_id(ref.id)} if isinstance(ref, Defined) else {}
