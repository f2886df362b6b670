"""`dark ls`.

Only translates. Invariant: it decodes no code, and imports neither notation nor compiler, so it costs the same whatever
handlers contain.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import click

from dark_cli.commands.making import command
from dark_cli.display import show_table
from dark_cli.kinds import KINDS, word_of
from dark_cli.workspace import Workspace
from dark_lang.names import spell_id
from dark_lang.nodes.shape import Node
from runtime.entries import Entry


@command("ls")
@click.argument("words", nargs=-1)
@click.option("--404", "missing", is_flag=True, help="The requests that no handler took.")
@click.pass_obj
def ls(workspace: Workspace, words: tuple[str, ...], missing: bool) -> None:
    """List what the canvas consists of: all of it, a kind (http, fn, type …), or what contains a WORD."""
    if missing:
        _list_missing(workspace, words)
        return
    canvas = workspace.canvas
    kinds = {word: kind for kind, word in KINDS}
    order = {kind: number for number, (kind, _) in enumerate(KINDS)}
    found = [entry for entry in canvas.alive() if all(_fits(entry, kinds, word) for word in words)]
    found.sort(key=lambda entry: (order[entry.kind], entry.label))
    if workspace.json:
        workspace.answer(
            [{"id": spell_id(entry.id), "kind": word_of(entry.kind), "address": entry.label} for entry in found]
        )
        return
    show_table(workspace, [(canvas.short_id(entry.id), entry.label) for entry in found], styles=("dim",))
    if not found:
        workspace.print(f"nothing fits {' '.join(words)}" if words else "nothing yet; dark insert makes something")


def _list_missing(workspace: Workspace, words: tuple[str, ...]) -> None:
    from dark_cli.display_times import ago  # late: other lists tell no times
    from dark_cli.traffic import opened_traces
    from runtime.traces.unanswered import unanswered

    with opened_traces(workspace) as reader:
        found = [
            one
            for one in unanswered(workspace.canvas, reader.missing())
            if all(word.casefold() in one.path.casefold() for word in words)
        ]
    if workspace.json:
        workspace.answer(
            [{"method": one.method, "path": one.path, "count": one.times, "last": one.last} for one in found]
        )
        return
    rows = [(f"{one.method} {one.path}", f"{one.times:,}", ago(workspace, one.last)) for one in found]
    show_table(workspace, rows, styles=("", "dim", "dim"))
    if found:
        one = found[0]
        workspace.print(f"dark insert http --from-404 {shlex.quote(f'{one.method} {one.path}')} makes a handler of one")
    else:
        workspace.print("every request found a handler")


def _fits(entry: Entry, kinds: Mapping[str, type[Node]], word: str) -> bool:
    return entry.kind is kinds[word] if word in kinds else word.casefold() in entry.label.casefold()
