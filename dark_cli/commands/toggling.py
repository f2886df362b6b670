"""`dark toggle`: switches between code as it runs and code as it is to be.

Only translates: `dark_lang.restructuring.switches` edits, `runtime.switches` answers. Invariant: every change of a
switch is an edit like any other: recorded, shown, and taken back by `dark undo`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from dark_cli.commands import toggling_questions as questions
from dark_cli.commands.making import edit_options, group
from dark_cli.commands.structure import perform, text_argument
from dark_cli.commands.structure_site import Site
from dark_cli.commands.toggling_coverage import cover
from dark_cli.traffic import find_switch
from dark_cli.workspace import Workspace
from dark_lang.deciding import Side
from dark_lang.errors import RefusedError, UsageError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.restructuring import switches
from dark_lang.restructuring.changing import Changed
from runtime.traces.spans import read_span


@group("toggle")
def toggle() -> None:
    """Switches between code as it runs and code as it is to be."""


@toggle.command("create")
@click.argument("address")
@click.argument("name")
@click.option("--new", "new", metavar="CODE", default="", help="The new side; a hole, if it is not given.")
@click.option("--when", "when", metavar="CONDITION", default="", help="Only where this is true.")
@click.option("--existing", is_flag=True, help="Let a switch that there is stand here, too.")
@click.option("--algorithm", metavar="NAME", default="murmur3", help="murmur3, or murmur3/100.")
@click.option("--like", metavar="SWITCH", help="Give the new side to the same subjects as that one.")
@edit_options
@click.pass_obj
def create(
    workspace: Workspace,
    address: str,
    name: str,
    new: str,
    when: str,
    existing: bool,
    algorithm: str,
    like: str | None,
) -> None:
    """Put a switch around the code at ADDRESS: what is there is the old side, and still what everybody gets."""
    name = name.removeprefix("toggle:")
    code = text_argument(workspace, new) if new else ""
    condition = text_argument(workspace, when) if when else ""

    def operation(site: Site) -> Changed | list[Changed]:
        at = site.node(address)
        node = _body_of(site, at.toplevel) if at.node == at.toplevel else at.node
        owner = site.owner(f"toggle:{name}")
        if existing and owner is not None:
            return switches.put_switch(site.draft, site, at.toplevel, node, owner, code)
        rule = switches.Rule(algorithm, _salt(workspace, site, like), condition)
        done = switches.create_switch(site.draft, site, at.toplevel, node, name, code, rule)
        if condition:
            _require_reading(site, done[-1].toplevel)
        return done

    perform(workspace, operation)


def _salt(workspace: Workspace, site: Site, like: str | None) -> str:
    if not like:
        return ""
    tree = site.draft.tree(_found(workspace, site, like))
    assert isinstance(tree, top.Switch)
    return tree.salt


def _body_of(site: Site, toplevel: NodeId) -> NodeId:
    tree = site.draft.tree(toplevel)
    if not isinstance(tree, top.Http | top.Function | top.Worker | top.Cron | top.Repl | top.Test):
        raise RefusedError("a switch stands around code, and this has none")
    return tree.body.id


@toggle.command("when")
@click.argument("name")
@click.argument("condition")
@edit_options
@click.pass_obj
def when(workspace: Workspace, name: str, condition: str) -> None:
    """Give the new side only where CONDITION is true. It sees request, event, subject and now; `true` is for all."""
    text = text_argument(workspace, condition)

    def change(site: Site, switch: NodeId) -> Changed:
        done = switches.set_condition(site.draft, site, switch, text)
        _require_reading(site, switch)
        return done

    _on_switch(workspace, name, change)


def _require_reading(site: Site, switch: NodeId) -> None:
    from runtime.switches.conditions import require_reading  # late: most changes of a switch set no condition

    tree = site.draft.tree(switch)
    assert isinstance(tree, top.Switch)
    require_reading(site.canvas, tree)


@toggle.command("allow")
@click.argument("name")
@click.argument("subjects", metavar="SUBJECT...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take them from the list.")
@edit_options
@click.pass_obj
def allow(workspace: Workspace, name: str, subjects: tuple[str, ...], remove: bool) -> None:
    """Give the new side to each SUBJECT, whatever the share."""
    listed = None if remove else True
    _on_switch(workspace, name, lambda site, switch: switches.list_subjects(site.draft, switch, subjects, listed))


@toggle.command("deny")
@click.argument("name")
@click.argument("subjects", metavar="SUBJECT...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take them from the list.")
@edit_options
@click.pass_obj
def deny(workspace: Workspace, name: str, subjects: tuple[str, ...], remove: bool) -> None:
    """Never give the new side to any SUBJECT."""
    listed = None if remove else False
    _on_switch(workspace, name, lambda site, switch: switches.list_subjects(site.draft, switch, subjects, listed))


@toggle.command("rollout")
@click.argument("name")
@click.argument("percent")
@click.option(
    "--then", "steps", metavar="50 in 1h", nargs=3, multiple=True, help="And more, later; may be given again."
)
@click.option("--guard", "guards", metavar="errors|latency", multiple=True, help="Stop if the new side does worse.")
@edit_options
@click.pass_obj
def rollout(
    workspace: Workspace, name: str, percent: str, steps: tuple[tuple[str, str, str], ...], guards: tuple[str, ...]
) -> None:
    """Give the new side to PERCENT of the subjects, 0 to 100. Raising it takes it from nobody.

    \b
    dark toggle rollout price 10 --then 50 in 1h --then 100 in 1d --guard errors
    """
    points = read_percent(percent)
    now = int(workspace.now() * 1_000_000)
    ramp = [_step(*step, now) for step in steps]
    _on_switch(workspace, name, lambda site, switch: switches.set_ramp(site.draft, switch, points, ramp, guards))


def _step(share: str, word: str, span: str, now: int) -> tuple[int, int]:
    """When, in microseconds since 1970, and how much. Each counts from now."""
    if word != "in":
        raise UsageError(f"`{share} {word} {span}` is no step of a ramp", suggestion="--then 50 in 1h")
    return now + read_span(span), read_percent(share)


def read_percent(text: str) -> int:
    """Hundredths of a percent. Raises UsageError."""
    whole, _, rest = text.strip().removesuffix("%").strip().partition(".")
    if not whole.isdigit() or len(whole) > 3 or (rest and not rest.isdigit()) or len(rest) > 2:
        raise UsageError(f"{text!r} is no percentage", suggestion="write 0 to 100, in steps of 0.01")
    points = int(whole) * 100 + int(rest.ljust(2, "0") or "0")
    if points > 10_000:
        raise UsageError(f"{text!r} is more than all", suggestion="write 0 to 100, in steps of 0.01")
    return points


@toggle.command("on")
@click.argument("name")
@edit_options
@click.pass_obj
def on(workspace: Workspace, name: str) -> None:
    """Undo off: the rule holds again, as it was."""
    _on_switch(workspace, name, lambda site, switch: switches.set_on(site.draft, switch, True))


@toggle.command("off")
@click.argument("name")
@edit_options
@click.pass_obj
def off(workspace: Workspace, name: str) -> None:
    """Give everybody the old side, at once; the rule is kept."""
    _on_switch(workspace, name, lambda site, switch: switches.set_on(site.draft, switch, False))


@toggle.command("needs")
@click.argument("name")
@click.argument("other")
@click.option("--old", is_flag=True, help="The old side of the other, not its new one.")
@click.option("--remove", is_flag=True, help="It needs it no more.")
@edit_options
@click.pass_obj
def needs(workspace: Workspace, name: str, other: str, old: bool, remove: bool) -> None:
    """Give the new side of NAME only to those who get the new side of OTHER."""
    wanted = None if remove else not old

    def change(site: Site, switch: NodeId) -> Changed:
        return switches.set_prerequisite(site.draft, site, switch, _found(workspace, site, other), wanted)

    _on_switch(workspace, name, change)


@toggle.command("finish")
@click.argument("name")
@click.option("--prune", is_flag=True, help="Delete what nothing uses any more, too.")
@edit_options
@click.pass_obj
def finish(workspace: Workspace, name: str, prune: bool) -> None:
    """Leave the new side wherever the switch stands, and take the switch away."""
    _settle(workspace, name, Side.NEW, prune)


@toggle.command("drop")
@click.argument("name")
@click.option("--prune", is_flag=True, help="Delete what nothing uses any more, too.")
@edit_options
@click.pass_obj
def drop(workspace: Workspace, name: str, prune: bool) -> None:
    """Leave the old side wherever the switch stands, and take the switch away."""
    _settle(workspace, name, Side.OLD, prune)


def _settle(workspace: Workspace, name: str, side: Side, prune: bool) -> None:
    from runtime.switches.leaving import unused_after  # late: only these two ask what is left over

    def settle(site: Site, switch: NodeId) -> list[Changed]:
        others = [site.draft.tree(each) for each in _switches(site)]
        known = [tree for tree in others if isinstance(tree, top.Switch) and tree.id != switch]
        done = switches.settle_switch(site.draft, site, switch, side, known)
        left = unused_after(site.canvas, site, [changed.toplevel for changed in done])
        if prune:
            for each in left:
                site.draft.delete_toplevel(each)
        if left:
            said = "deleted, since nothing uses them" if prune else "nothing uses any more (--prune deletes them)"
            names = ", ".join(site.canvas.entries[each].label for each in left)
            done.append(Changed(done[0].toplevel, (), (f"{said}: {names}",)))
        return done

    _on_switch(workspace, name, settle)


def _switches(site: Site) -> Sequence[NodeId]:
    before = [entry.id for entry in site.canvas.alive() if entry.kind is top.Switch]
    made = [toplevel for toplevel, tree in site.pending.items() if isinstance(tree, top.Switch)]
    return [*(each for each in before if each not in site.pending), *made]


def _on_switch(workspace: Workspace, name: str, change: Callable[[Site, NodeId], Changed | list[Changed]]) -> None:
    perform(workspace, lambda site: change(site, _found(workspace, site, name)))


def _found(workspace: Workspace, site: Site, name: str) -> NodeId:
    owner = site.owner(f"toggle:{name.removeprefix('toggle:')}")
    return owner if owner is not None else find_switch(workspace, name)


for _question in (*questions.COMMANDS, cover):
    toggle.add_command(_question)
