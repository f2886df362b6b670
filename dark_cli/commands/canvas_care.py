"""Looking after a canvas: what is wrong with its files, packing them.

Only translates. Invariant: `doctor` without `--repair` changes nothing.
"""

from __future__ import annotations

from pathlib import PurePath

import click

from dark_cli.commands.making import command
from dark_cli.display import plural
from dark_cli.display_problems import problem_report, short_file, show_problem
from dark_cli.progressing import progress
from dark_cli.workspace import Workspace
from dark_lang.errors import CorruptionError


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
