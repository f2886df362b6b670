"""Commands that keep what a program does and change how it says it: extract, inline, rewrite.

Only translates. Invariant: names mean after it what they meant before, or it is refused.
"""

from __future__ import annotations

from dataclasses import replace

import click

from dark_cli.commands.making import command, edit_options
from dark_cli.commands.structure import perform, perform_at, text_argument
from dark_cli.commands.structure_site import Site
from dark_cli.workspace import Workspace
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.notation.addresses import inner_address, label_of
from dark_lang.notation.printing import print_any
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.extracting import extract_function, extract_let
from dark_lang.restructuring.inlining import inline as inline_at
from dark_lang.restructuring.rewriting import Rule, find_matches, read_rule
from dark_lang.restructuring.rewriting import rewrite as rewrite_in
from dark_lang.restructuring.surgery import require


@command("extract")
@click.argument("address")
@click.argument("name")
@click.option("--let", "as_let", is_flag=True, help="A let before the statement, not a function.")
@edit_options
@click.pass_obj
def extract(workspace: Workspace, address: str, name: str, as_let: bool) -> None:
    """Make a function NAME of the expression at ADDRESS, with what it uses as parameters; or a let."""

    def operation(site: Site) -> list[Changed]:
        at = site.node(address)
        if as_let:
            return [extract_let(site.draft, site, at.toplevel, at.node, name)]
        return extract_function(site.draft, site, at.toplevel, at.node, name)

    perform(workspace, operation)


@command("inline")
@click.argument("address")
@edit_options
@click.pass_obj
def inline(workspace: Workspace, address: str) -> None:
    """Put the value of the let at ADDRESS where it is used, or the body of the function where it is called."""

    perform_at(
        workspace,
        address,
        lambda site, toplevel, node: inline_at(site.draft, site, toplevel, node),
    )


@command("rewrite")
@click.argument("pattern")
@click.argument("template")
@click.option("--in", "address", metavar="ADDR", help="Only in this definition, or below this node.")
@click.option("--now", is_flag=True, help="Let unfinished code run at once; keep no old side.")
@edit_options
@click.pass_obj
def rewrite(workspace: Workspace, pattern: str, template: str, address: str | None, now: bool) -> None:
    """Put TEMPLATE wherever PATTERN stands. ?x in the pattern matches anything, the same label the same code."""
    left, right = text_argument(workspace, pattern), text_argument(workspace, template)

    def operation(site: Site) -> list[Changed]:
        rule = read_rule(left, right, site, site.draft.fresh)
        places = _places(site, address)
        matched = _matches(site, places, rule) if workspace.guards.dry_run else ()
        done = [rewrite_in(site.draft, site, toplevel, rule, inside=inside, now=now) for toplevel, inside in places]
        changes = [changed for changed in done if changed is not None]
        if not changes:
            raise RefusedError("the pattern stands nowhere there", suggestion="dark find WORDS looks for words")
        return [replace(changes[0], notes=(*matched, *changes[0].notes)), *changes[1:]]

    perform(workspace, operation)


def _matches(site: Site, places: list[tuple[NodeId, NodeId | None]], rule: Rule) -> tuple[str, ...]:
    """Where the pattern stands, for a dry run."""
    found: list[str] = []
    for toplevel, inside in places:
        tree = site.draft.tree(toplevel)
        root = tree if inside is None else require(tree, inside)
        found.extend(
            f"{label_of(tree)}#{inner_address(tree, node.id)}: {print_any(node, site.naming)}"
            for node in find_matches(root, rule, site)
        )
    return tuple(found)


def _places(site: Site, address: str | None) -> list[tuple[NodeId, NodeId | None]]:
    """Definitions, with a node where only what is below it is meant."""
    if address is None:
        return [(toplevel, None) for toplevel in site.toplevels()]
    at = site.node(address)
    return [(at.toplevel, None if at.node == at.toplevel else at.node)]
