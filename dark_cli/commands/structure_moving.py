"""Commands that move code about: move, copy, wrap, splice, raise, slurp, barf, split, join, transpose.

Only translates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import click

from dark_cli.commands.making import command, edit_options
from dark_cli.commands.structure import Site, perform, text_argument, where_of
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


def _at(workspace: Workspace, address: str, operate: Callable[[Site, NodeId, NodeId], Changed]) -> None:
    def operation(site: Site) -> Changed:
        at = site.node(address)
        return operate(site, at.toplevel, at.node)

    perform(workspace, operation)


def _simple(workspace: Workspace, address: str, operation: Operation) -> None:
    _at(workspace, address, lambda site, toplevel, node: operation(site.draft, site, toplevel, node))


def _sided(workspace: Workspace, address: str, operation: OneSided, before: bool) -> None:
    _at(workspace, address, lambda site, toplevel, node: operation(site.draft, site, toplevel, node, before=before))


def _target(site: Site, destination: str, where: Where | None) -> Target:
    toplevel, node, slot = site.find(destination)
    if where is None and not slot:
        return Target(toplevel, node)
    return Target(toplevel, site.spot(destination, where)[1])


@command("move")
@click.argument("address")
@click.argument("destination")
@click.option("--first", is_flag=True, help="As the first in the list at DESTINATION.")
@click.option("--last", is_flag=True, help="As the last in it.")
@click.option("--before", is_flag=True, help="Before DESTINATION.")
@click.option("--after", is_flag=True, help="After DESTINATION.")
@edit_options
@click.pass_obj
def move(
    workspace: Workspace, address: str, destination: str, first: bool, last: bool, before: bool, after: bool
) -> None:
    """Move what is at ADDRESS into the hole at DESTINATION, or into a list or among statements there."""
    where = where_of(first, last, before, after)

    def operation(site: Site) -> Changed:
        at = site.node(address)
        return placing.move(site.draft, site, at.toplevel, at.node, _target(site, destination, where))

    perform(workspace, operation)


@command("copy")
@click.argument("address")
@click.argument("destination")
@click.option("--first", is_flag=True, help="As the first in the list at DESTINATION.")
@click.option("--last", is_flag=True, help="As the last in it.")
@click.option("--before", is_flag=True, help="Before DESTINATION.")
@click.option("--after", is_flag=True, help="After DESTINATION.")
@edit_options
@click.pass_obj
def copy(
    workspace: Workspace, address: str, destination: str, first: bool, last: bool, before: bool, after: bool
) -> None:
    """Copy what is at ADDRESS into the hole at DESTINATION, or into a list or among statements there. A whole
    definition is copied under the name DESTINATION."""
    where = where_of(first, last, before, after)

    def operation(site: Site) -> Changed:
        at = site.node(address)
        if at.node == at.toplevel:
            return copy_definition(site.draft, site, at.toplevel, destination)
        return placing.copy(site.draft, site, at.toplevel, at.node, _target(site, destination, where))

    perform(workspace, operation)


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
    _at(workspace, address, lambda site, toplevel, node: wrapping.wrap(site.draft, site, toplevel, node, text))


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
    _at(workspace, address, lambda site, toplevel, node: dividing.split(site.draft, site, toplevel, node, at=at))


@command("join")
@click.argument("address")
@edit_options
@click.pass_obj
def join(workspace: Workspace, address: str) -> None:
    """Make one of two: what split cut, lets, lists side by side."""
    _simple(workspace, address, joining.join)
