"""Commands that move code about: move, copy, wrap, splice, raise, slurp, barf, split, join, transpose.

Only translates. Invariant: an operation gets the one node that its address means; a list, or several, is refused
before anything is changed.
"""

from __future__ import annotations

from typing import Protocol

import click

from dark_cli.commands.making import command, edit_options, in_place_option
from dark_cli.commands.structure import perform_at, place_options, text_argument, where_of
from dark_cli.commands.structure_site import Site
from dark_cli.workspace import Workspace
from dark_lang.edits.drafting import Draft
from dark_lang.names import NodeId
from dark_lang.restructuring import dividing, joining, neighbouring, placing, wrapping
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.copying import copy_definition
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.placing import Target
from dark_lang.restructuring.spots import Where

_BEFORE = click.option("--before", is_flag=True, help="On the side before it, not after it.")


class Operation(Protocol):
    def __call__(self, draft: Draft, known: Known, toplevel: NodeId, target: NodeId, /) -> Changed: ...


class OneSided(Protocol):
    def __call__(self, draft: Draft, known: Known, toplevel: NodeId, target: NodeId, /, *, before: bool) -> Changed: ...


def _simple(workspace: Workspace, address: str, operation: Operation) -> None:
    perform_at(workspace, address, lambda site, toplevel, node: operation(site.draft, site, toplevel, node))


def _sided(workspace: Workspace, address: str, operation: OneSided, before: bool) -> None:
    perform_at(
        workspace, address, lambda site, toplevel, node: operation(site.draft, site, toplevel, node, before=before)
    )


def _target(site: Site, destination: str, where: Where | None) -> Target:
    toplevel, node, slot = site.find(destination)
    if where is None and not slot:
        return Target(toplevel, node)
    return Target(toplevel, site.spot(destination, where)[1])


@command("move")
@click.argument("address")
@click.argument("destination")
@place_options
@in_place_option
@edit_options
@click.pass_obj
def move(workspace: Workspace, /, address: str, destination: str, **flags: bool) -> None:
    """Move what is at ADDRESS into the hole at DESTINATION, or into a list or among statements there."""
    where = where_of(flags)

    def operation(site: Site, toplevel: NodeId, node: NodeId) -> Changed:
        return placing.move(site.draft, site, toplevel, node, _target(site, destination, where))

    perform_at(workspace, address, operation)


@command("copy")
@click.argument("address")
@click.argument("destination")
@place_options
@edit_options
@click.pass_obj
def copy(workspace: Workspace, /, address: str, destination: str, **flags: bool) -> None:
    """Copy what is at ADDRESS into the hole at DESTINATION, or into a list or among statements there. A whole
    definition is copied under the name DESTINATION."""
    where = where_of(flags)

    def operation(site: Site, toplevel: NodeId, node: NodeId) -> Changed:
        if node == toplevel:
            return copy_definition(site.draft, site, toplevel, destination)
        return placing.copy(site.draft, site, toplevel, node, _target(site, destination, where))

    perform_at(workspace, address, operation)


@command("wrap")
@click.argument("address")
@click.argument("form")
@edit_options
@click.pass_obj
def wrap(workspace: Workspace, address: str, form: str) -> None:
    """Put code around what is at ADDRESS: 'if ? then ?it else ?', where ?it is the place of what was there.

    FORM may also be the name of a function, or one of if, let, match, some, ok, error, list, tuple, record, dict,
    lambda, pipe, string, try, not, and, or, statement, partial.
    """
    text = text_argument(workspace, form)
    perform_at(workspace, address, lambda site, toplevel, node: wrapping.wrap(site.draft, site, toplevel, node, text))


@command("splice")
@click.argument("address")
@edit_options
@click.pass_obj
def splice(workspace: Workspace, address: str) -> None:
    """Put the children of what is at ADDRESS in its place."""
    _simple(workspace, address, wrapping.splice)


@command("raise")
@click.argument("address")
@edit_options
@click.pass_obj
def raise_(workspace: Workspace, address: str) -> None:
    """Put what is at ADDRESS in the place of its parent."""
    _simple(workspace, address, wrapping.raise_node)


@command("slurp")
@click.argument("address")
@_BEFORE
@edit_options
@click.pass_obj
def slurp(workspace: Workspace, address: str, before: bool) -> None:
    """Let the list, pipe or block at ADDRESS take in what follows it."""
    _sided(workspace, address, neighbouring.slurp, before)


@command("barf")
@click.argument("address")
@_BEFORE
@edit_options
@click.pass_obj
def barf(workspace: Workspace, address: str, before: bool) -> None:
    """Let the list, pipe or block at ADDRESS push out its last part."""
    _sided(workspace, address, neighbouring.barf, before)


@command("transpose")
@click.argument("address")
@_BEFORE
@in_place_option
@edit_options
@click.pass_obj
def transpose(workspace: Workspace, address: str, before: bool) -> None:
    """Let what is at ADDRESS change places with what follows it."""
    _sided(workspace, address, neighbouring.transpose, before)


@command("split")
@click.argument("address")
@click.option("--at", type=click.IntRange(1), metavar="N", help="In a text: after so many characters.")
@edit_options
@click.pass_obj
def split(workspace: Workspace, address: str, at: int | None) -> None:
    """Cut a list, string, pipe or match in two before ADDRESS; an `if a && b`, a `let (a, b) = (1, 2)` at ADDRESS."""
    perform_at(workspace, address, lambda site, toplevel, node: dividing.split(site.draft, site, toplevel, node, at=at))


@command("join")
@click.argument("address")
@edit_options
@click.pass_obj
def join(workspace: Workspace, address: str) -> None:
    """Make one of two: what split cut, lets, lists side by side."""
    _simple(workspace, address, joining.join)
