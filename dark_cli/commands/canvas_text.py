"""The whole canvas as text, and back.

Only translates: `runtime.exporting` prints and reads. Invariant: an import is one diff, or none.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from dark_cli.commands.making import command, edit_options
from dark_cli.display import plural
from dark_cli.editing import Change, Place, edit
from dark_cli.workspace import Workspace
from dark_lang.errors import RefusedError
from dark_lang.names import spell_id
from dark_lang.notation.addresses import label_of
from dark_lang.notation.printing import print_toplevel
from runtime import asking
from runtime.exporting import export_text, read_text

if TYPE_CHECKING:
    from dark_lang.edits.drafting import Draft
    from runtime.canvas import Canvas


@command("export")
@click.pass_obj
def export(workspace: Workspace) -> None:
    """Print the whole canvas as text, which `dark import` reads."""
    canvas = workspace.canvas
    if workspace.json:
        workspace.answer(
            [
                {
                    "id": spell_id(each),
                    "address": canvas.entries[each].label,
                    "code": print_toplevel(canvas.tree(each), canvas.naming),
                }
                for each in asking.alive(canvas)
            ]
        )
        return
    workspace.write(export_text(canvas))


@command("import")
@click.argument("file", required=False)
@edit_options
@click.pass_obj
def import_(workspace: Workspace, file: str | None) -> None:
    """Read what `dark export` printed, from FILE or standard input, and make it part of this canvas, as one diff.

    Refused if any of it is here already: what is here is never replaced by the way.
    """
    source = workspace.stdin() if file in (None, "-") else workspace.read(str(file)).decode("utf-8", "replace")

    def change(draft: Draft, canvas: Canvas) -> Change:
        imported = read_text(source, canvas.naming, draft.fresh)
        taken = [label for tree in imported.toplevels if canvas.labelled(label := label_of(tree)) is not None]
        if taken:
            raise RefusedError(
                f"{plural(len(taken), 'definition')} of that text {'is' if len(taken) == 1 else 'are'} here already",
                details=tuple(taken[:10]),
                # Two definitions of one label would be two versions, or two handlers of which one never answers.
                suggestion=f"take it away first: dark delete {shlex.join(taken[:3])}{' …' * (len(taken) > 3)}",
            )
        for tree in imported.toplevels:
            draft.create_toplevel(tree)
        # Of many definitions the list says more than the code.
        places = [Place(tree.id, tree.id) for tree in imported.toplevels] if len(imported.toplevels) == 1 else []
        notes = [f"imported {plural(len(imported.toplevels), 'definition')}", *imported.repairs]
        return Change(tuple(places), tuple(notes))

    edit(workspace, change)
