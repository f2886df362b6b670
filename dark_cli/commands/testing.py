"""`dark test`: the tests of a canvas, for people and for machines that go by the exit code.

Only translates: `runtime.testing` runs. Invariant: exit 1 if one failed; an unfinished one fails nobody.
"""

from __future__ import annotations

import time

import click

from dark_cli.commands.making import command
from dark_cli.display_tests import explained, result_report, show_results
from dark_cli.progressing import progress
from dark_cli.workspace import Workspace
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from runtime.canvas import Canvas
from runtime.linking import CodeCache
from runtime.testing.junit import junit
from runtime.testing.reaching import Reach
from runtime.testing.results import Outcome, Verdicts
from runtime.testing.running import Runner

LOOK_EVERY = 0.2  # seconds


@command("test")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1)
@click.option("--watch", is_flag=True, help="Go on, and run what each edit can affect.")
@click.option("--format", "form", type=click.Choice(("text", "json", "junit")), default="text", show_default=True)
@click.pass_obj
def test(workspace: Workspace, addresses: tuple[str, ...], watch: bool, form: str) -> None:
    """Run all tests, or those that are at, or can be affected by, each ADDRESS. Exit 1 if one fails.

    Each runs under every side of the switches on its path: all old, all new, and each alone the other way.
    """
    cache = CodeCache()
    canvas = workspace.canvas
    results = _run(workspace, canvas, _wanted(canvas, addresses), cache)
    _show(workspace, canvas, results, form)
    while watch:
        time.sleep(LOOK_EVERY)
        touched = workspace.host.refresh()
        if touched:
            canvas = workspace.canvas
            results = _run(workspace, canvas, Reach(canvas).affected(touched), cache)
            if results:
                _show(workspace, canvas, results, form)
    if any(result.outcome is Outcome.FAILED for result in results):
        click.get_current_context().exit(1)


def _wanted(canvas: Canvas, addresses: tuple[str, ...]) -> list[NodeId]:
    reach = Reach(canvas)
    if not addresses:
        return reach.tests()
    named = {canvas.find(address).toplevel_id for address in addresses}
    tests = {each for each in named if canvas.entries[each].kind is top.Test}
    others = named - tests
    return [each for each in reach.tests() if each in tests or not others.isdisjoint(reach.reached(each))]


def _run(workspace: Workspace, canvas: Canvas, tests: list[NodeId], cache: CodeCache) -> list[Verdicts]:
    tester = Runner(canvas, canvas.library, workspace.host.settings, cache)
    results = []
    with progress(workspace, "testing") as tell:
        for nth, each in enumerate(tests, 1):
            results.append(tester.run(each))
            tell(nth, len(tests))
    return results


def _show(workspace: Workspace, canvas: Canvas, results: list[Verdicts], form: str) -> None:
    if workspace.json or form == "json":
        workspace.answer([result_report(canvas, result) for result in results])
    elif form == "junit":
        name = workspace.host.settings.name
        workspace.print(junit(name, results, lambda result: explained(canvas, result)))
    else:
        show_results(workspace, canvas, results)
