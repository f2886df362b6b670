"""Looking after a canvas: what is unfinished in the program, what is wrong with its files, packing them.

Only translates. Invariant: `check` and `doctor` without `--repair` change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

import click

from dark_cli.commands.making import command
from dark_cli.display import plural, show_marks
from dark_cli.display_edits import mark_report
from dark_cli.display_problems import problem_report, short_file, show_problem
from dark_cli.workspace import Workspace
from dark_lang.errors import CorruptionError
from runtime.marking import Kind, all_marks, marks_in

PROGRESS_EVERY = 5_000  # lines where there is no terminal


@command("check")
@click.argument("address", required=False)
@click.pass_obj
def check(workspace: Workspace, address: str | None) -> None:
    """Look for holes and for what does not fit, in all of the canvas or at ADDRESS. Exit 1 if there is any."""
    canvas = workspace.canvas
    found = list(all_marks(canvas) if address is None else marks_in(canvas, canvas.find(address).toplevel_id))
    if workspace.json:
        workspace.answer([mark_report(canvas, mark) for mark in found])
    elif found:
        holes = sum(mark.kind is Kind.HOLE for mark in found)
        show_marks(workspace, canvas, found)
        counts = ((holes, "hole"), (len(found) - holes, "mark"))
        workspace.print(", ".join(plural(count, noun) for count, noun in counts if count))
    else:
        workspace.print("everything is finished")
    if found:
        click.get_current_context().exit(1)


@command("doctor")
@click.option("--repair", is_flag=True, help="Set aside what is bad, into diffs/.bad.")
@click.pass_obj
def doctor(workspace: Workspace, repair: bool) -> None:
    """Verify every file of the canvas. Exit 8 if something is wrong and was not set aside."""
    from runtime.diagnosing import diagnose  # late: no other command looks at every byte

    with progress(workspace, "reading") as tell:
        diagnosis = diagnose(workspace.folder, repair=repair, progress=tell)
    if workspace.json:
        workspace.answer(
            {
                "diffs": diagnosis.diffs,
                "problems": [problem_report(problem) for problem in diagnosis.problems],
                "moved": dict(diagnosis.moved),
                "sound": diagnosis.is_sound,
            }
        )
    else:
        for problem in diagnosis.problems:
            show_problem(workspace, problem)
        for source, target in diagnosis.moved:
            workspace.print(f"moved {short_file(source)} to {PurePath(target).parent}")
        workspace.print(f"{plural(diagnosis.diffs, 'diff')}, {'all sound' if diagnosis.is_sound else 'not all sound'}")
    if not diagnosis.is_sound:
        click.get_current_context().exit(CorruptionError.exit_code)


@command("pack")
@click.pass_obj
def pack(workspace: Workspace) -> None:
    """Put many small diff files into few large ones. The program stays the same."""
    with progress(workspace, "packing") as tell:
        packed = workspace.host.pack(progress=tell)
    if workspace.json:
        workspace.answer({"packs": list(packed.packs), "diffs": packed.diffs})
    elif packed.packs:
        workspace.print(f"packed {plural(packed.diffs, 'diff')} into {plural(len(packed.packs), 'file')}")
    else:
        workspace.print("nothing to pack: ranges of 4,096 diffs are packed once they are over")


@contextmanager
def progress(workspace: Workspace, what: str) -> Iterator[Callable[[int, int], None]]:
    """Where a terminal shows errors, a line that is overwritten; elsewhere plain lines, seldom."""
    told = 0

    def tell(done: int, of: int) -> None:
        nonlocal told
        if workspace.terminal.stderr:
            workspace.progress(f"{what}: {done:,} of {of:,}")
        elif done - told >= PROGRESS_EVERY:
            told = done
            workspace.complain(f"{what}: {done:,} of {of:,}")

    yield tell
    workspace.progress("")
