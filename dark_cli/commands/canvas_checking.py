"""`dark check`: whether a program is finished, for people and for machines that go by the exit code.

Only translates: `runtime.marking` finds. Invariant: every format names places by addresses that other commands take.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from dark_cli.commands.making import command
from dark_cli.display import plural
from dark_cli.display_edits import mark_report
from dark_cli.display_marks import mark_line, show_details
from dark_cli.progressing import progress
from dark_cli.workspace import Workspace
from dark_lang.records import NamedTuple
from runtime.marking import Kind, Mark, all_marks, marks_at

FORMATS = ("text", "lines", "json")


@command("check")
@click.argument("address", required=False)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="text; one line a mark; or JSON, as --json."
)
@click.pass_obj
def check(workspace: Workspace, address: str | None, strict: bool, form: str) -> None:
    """Look for holes and for what does not fit, in all of the canvas or at ADDRESS. Exit 1 if there is any.

    Warnings (nothing fits, nothing comes here, unused, deprecated) are listed and stop nothing.
    """
    canvas = workspace.canvas
    if address is None:
        with progress(workspace, "checking") as tell:
            found = list(all_marks(canvas, tell))
        counts = Counts.of(found, sum(1 for _ in canvas.alive()))
    else:
        found = marks_at(canvas, address)
        counts = Counts.of(found, 1)
    if workspace.json or form == "json":
        workspace.answer({**counts._asdict(), "found": [mark_report(canvas, mark) for mark in found]})
    elif form == "lines":
        for mark in found:
            workspace.print(mark_line(canvas, mark))
    else:
        show_details(workspace, canvas, found)
        workspace.print(counts.sentence())
    if counts.holes or counts.marks or (strict and counts.warnings):
        click.get_current_context().exit(1)


class Counts(NamedTuple):
    """How many there are of each; `clean`: of the definitions, those without any."""

    holes: int
    marks: int
    warnings: int
    definitions: int
    clean: int

    @classmethod
    def of(cls, found: Sequence[Mark], definitions: int) -> Counts:
        holes = sum(mark.kind is Kind.HOLE for mark in found)
        warnings = sum(mark.kind.is_warning for mark in found)
        marked = len({mark.toplevel for mark in found})
        return cls(holes, len(found) - holes - warnings, warnings, definitions, max(0, definitions - marked))

    def sentence(self) -> str:
        counted = ((self.holes, "hole"), (self.marks, "mark"), (self.warnings, "warning"))
        there = ", ".join([plural(count, noun) for count, noun in counted if count])
        if not there:
            return "everything is finished"
        if self.definitions == 1:
            return there
        return f"{there}; {self.clean:,} of {self.definitions:,} definitions are clean"
