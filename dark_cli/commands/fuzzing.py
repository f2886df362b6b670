"""`dark fuzz`: inputs that break a function or a handler, or that two sides of a switch answer differently.

Only translates: `runtime.fuzzing` looks. Invariant: exit 1 if something was found; each find comes with a line that
makes a test of it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from dark_cli.commands.making import command, edit_options
from dark_cli.commands.structure import perform
from dark_cli.commands.structure_kinds import insert_new
from dark_cli.display import clip
from dark_cli.display_tests import place_of
from dark_cli.progressing import progress
from dark_cli.workspace import Workspace
from dark_lang.errors import RefusedError, UsageError
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import toplevels as top
from runtime.asking import uses_of

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.fuzzing.searching import Find


@command("fuzz")
@click.argument("address")
@click.option("--tries", type=click.IntRange(1), default=300, show_default=True, help="Inputs, for each find.")
@click.option("--save", is_flag=True, help="Make a test of each find.")
@edit_options
@click.pass_obj
def fuzz(workspace: Workspace, address: str, tries: int, save: bool) -> None:
    """Try inputs, made from the types, on the function or handler at ADDRESS: what fails, and what comes to a hole.

    For toggle:NAME: wherever the switch stands, what its two sides answer differently. Nothing leaves the process.
    """
    from runtime.fuzzing.searching import Fuzzer  # late: Hypothesis is half a second

    canvas = workspace.canvas
    found = canvas.find(address).toplevel_id
    switch = found if canvas.entries[found].kind is top.Switch else None
    targets = [found] if switch is None else _around(canvas, found)
    fuzzer = Fuzzer(canvas, canvas.library, workspace.host.settings, switch)
    finds: list[Find] = []
    with progress(workspace, "trying") as tell:
        for target in targets:
            finds += fuzzer.search(target, tries, lambda count: tell(count, tries))
    if workspace.json:
        workspace.answer([_report(canvas, find) for find in finds])
    else:
        _show(workspace, canvas, finds, len(targets))
    if save and finds:
        tests = [(name, body) for name, body in (_test(canvas, find) for find in finds) if body]
        perform(workspace, lambda site: [insert_new(site, ["test", name, body]) for name, body in tests])
    if finds:
        click.get_current_context().exit(1)


def _around(canvas: Canvas, switch: NodeId) -> list[NodeId]:
    """The functions and handlers in which a switch stands."""
    found = {use.toplevel for use in uses_of(canvas, Defined(switch))}
    kinds = (top.Function, top.Http)
    targets = [each for each in found if issubclass(canvas.entries[each].kind, kinds)]
    if not targets:
        raise UsageError("this switch stands in no function and no handler")
    return sorted(targets, key=lambda each: canvas.entries[each].label)


def _show(workspace: Workspace, canvas: Canvas, finds: list[Find], targets: int) -> None:
    from runtime.fuzzing.telling import spelled_input  # late, as above

    for find in finds:
        workspace.print(workspace.paint(clip(spelled_input(canvas, find), workspace.width), "bold"))
        for line in _what(canvas, find):
            workspace.print(f"  {clip(line, workspace.width - 2)}")
        name, body = _test(canvas, find)
        if body:
            workspace.print(f"  dark insert test {name} {shlex.quote(body)}")
    if not finds:
        workspace.print("nothing was found" if targets == 1 else f"nothing was found in {targets} definitions")


def _what(canvas: Canvas, find: Find) -> list[str]:
    if find.differences:
        return [f"{one.path}: old {one.before}, new {one.after}" for one in find.differences[:5]]
    assert find.failure is not None
    where = place_of(canvas, find.failure.node)
    return [f"{find.failure.message}{f', at {where}' if where else ''}"]


def _test(canvas: Canvas, find: Find) -> tuple[str, str]:
    """A name that is free, and the body of a test; "" if the input cannot be written."""
    from runtime.fuzzing.telling import test_of_find  # late, as above

    label = canvas.entries[find.toplevel].label.lower()
    stem = "-".join("".join(char if char.isalnum() and char.isascii() else " " for char in label).split()[:4])
    nth = 1
    while canvas.labelled(f"test:{stem}-{nth}") is not None:
        nth += 1
    try:
        return f"{stem}-{nth}", test_of_find(canvas, find)
    except RefusedError:
        return "", ""


def _report(canvas: Canvas, find: Find) -> dict[str, Any]:
    from runtime.fuzzing.telling import spelled_input  # late, as above

    name, body = _test(canvas, find)
    return {
        "address": canvas.entries[find.toplevel].label,
        "input": spelled_input(canvas, find),
        "failure": find.failure.message if find.failure is not None else None,
        "kind": find.failure.kind if find.failure is not None else "difference",
        "differences": [{"path": one.path, "old": one.before, "new": one.after} for one in find.differences],
        "test": {"name": name, "body": body} if body else None,
    }
