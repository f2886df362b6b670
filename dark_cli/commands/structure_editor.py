"""Commands that make many changes at once, or say which can be made: edit, apply, actions.

Only translates, but for starting the person's editor. Invariant: all edits of an `apply` are one diff, or none is
recorded; a text in the editor replaces only what it was made of.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dark_cli.commands.making import command, edit_options, in_place_option
from dark_cli.commands.structure import Batch, as_change, perform, run_batch
from dark_cli.commands.structure_site import Site
from dark_cli.commands.table import entry_of
from dark_cli.editing import Change
from dark_cli.editing import edit as make_edit
from dark_cli.workspace import Workspace
from dark_lang.edits.drafting import Draft
from dark_lang.errors import DarkError, StaleError, UsageError
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.offering import actions as actions_at
from dark_lang.restructuring.revising import revise, text_of

if TYPE_CHECKING:
    from runtime.canvas import Canvas

_GUARDS = ("--dry-run", "--strict", "--expect", "--json", "--canvas", "--as")


@command("edit")
@click.argument("address")
@in_place_option
@edit_options
@click.pass_obj
def edit(workspace: Workspace, address: str) -> None:
    """Edit what is at ADDRESS as text, in $VISUAL or $EDITOR; what the text leaves alone is not touched."""
    canvas = workspace.canvas
    found = canvas.find(address)
    shown = text_of(canvas.tree(found.toplevel_id), canvas.naming, found.node.id)
    text = _edited(workspace, shown)
    if text == shown:
        workspace.print("nothing to change")
        return

    def operation(site: Site) -> Changed:
        now = text_of(site.draft.tree(found.toplevel_id), site.naming, found.node.id)
        if now != shown:
            raise StaleError(f"{address} was changed while it was in the editor", suggestion="edit it again")
        return revise(site.draft, site, found.toplevel_id, found.node.id, text)

    perform(workspace, operation)


def _edited(workspace: Workspace, text: str) -> str:
    """What the person's editor leaves of a text. UsageError if there is no editor, or it fails."""
    editor = workspace.environment.get("VISUAL") or workspace.environment.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="dark-") as folder:
        path = Path(folder) / "code.dark"
        path.write_text(text + "\n", encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(editor), str(path)], check=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot start the editor {editor!r}: {error}", suggestion="set EDITOR") from error
        if done.returncode:
            raise UsageError(f"the editor {editor!r} ended with {done.returncode}; nothing was changed")
        return path.read_bytes().decode("utf-8", "replace").removesuffix("\n")


@command("apply")
@click.argument("file", default="-")
@edit_options
@click.pass_obj
def apply(workspace: Workspace, file: str) -> None:
    """Make many edits as one diff: each line of FILE, or of standard input, is a command without `dark`.

    Quotes are those of a shell and may go over lines; `#` at the start of a line begins a comment."""
    text = workspace.stdin() if file == "-" else workspace.read(file).decode("utf-8", "replace")
    lines = list(_command_lines(text))

    def change(draft: Draft, canvas: Canvas) -> Change:
        batch = Batch(Site(draft, canvas))
        for number, words in lines:
            run_batch(batch, partial(_run_line, workspace, words, number))
        return as_change(batch.site, batch.done)

    make_edit(workspace, change)


def _command_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The words of each command with the number of its first line. UsageError for a quote that never closes."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not held and (not line.strip() or line.lstrip().startswith("#")):
            continue
        first = first if held else number
        held = f"{held}\n{line}" if held else line
        try:
            words = shlex.split(held)
        except ValueError:
            continue  # a quote is open: the next line goes on with it
        yield first, words[1:] if words[:1] == ["dark"] else words
        held = ""
    if held:
        raise UsageError(f"line {first}: a quote is never closed")


def _run_line(workspace: Workspace, words: list[str], number: int) -> None:
    """One edit of a batch. Errors say which line they are of; nothing of the batch is recorded then."""
    name, *rest = words or [""]  # `dark` alone
    entry = entry_of(name)
    if entry is None or (entry.group != "structure" and name != "toggle") or name in ("edit", "apply"):
        raise _no_edit(name, number)
    if guard := next((word for word in rest if word.partition("=")[0] in _GUARDS), None):
        raise UsageError(f"line {number}: {guard} belongs to `dark apply` itself")
    found = getattr(import_module(f"dark_cli.commands.{entry.module}"), entry.attribute)
    if not _edits(found, rest):
        raise _no_edit(" ".join(words[:2]), number)
    try:
        with found.make_context(name, rest, obj=workspace) as context:
            found.invoke(context)
    except click.ClickException as error:
        raise UsageError(f"line {number}: {error.format_message()}") from error
    except DarkError as error:
        told = type(error)(f"line {number}: {error.message}", details=error.details, suggestion=error.suggestion)
        raise told from error


def _edits(found: click.Command, words: Sequence[str]) -> bool:
    """Whether it would change the canvas, and not only tell of it. Words that name no command are for click to tell."""
    if isinstance(found, click.Group):
        part = found.commands.get(words[0]) if words else None
        return part is None or _edits(part, words[1:])
    return any("--dry-run" in parameter.opts for parameter in found.params)


def _no_edit(name: str, number: int) -> UsageError:
    return UsageError(f"line {number}: {name!r} is no command that edits", suggestion="dark --help lists commands")


FITS_OFFERED = 8


@command("actions")
@click.argument("address")
@click.pass_obj
def actions(workspace: Workspace, address: str) -> None:
    """List what can be done at ADDRESS, as commands to type; a ? in them is yours to fill in.

    First what would make a mark there go away, then what fits into a hole.
    """
    from runtime.telling import fits, mends  # late: no edit needs it

    canvas = workspace.canvas
    found = canvas.find(address)
    lines = actions_at(
        canvas.tree(found.toplevel_id),
        found.node,
        address,
        mends=mends(canvas, found.toplevel_id, found.node.id),
        fits=[fit.code for fit in fits(canvas, found.toplevel_id, found.node.id)[:FITS_OFFERED]],
    )
    if workspace.json:
        workspace.answer(lines)
        return
    for line in lines:
        workspace.print(line)
