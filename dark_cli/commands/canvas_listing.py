"""`dark ls`.

Only translates. Invariant: it decodes no code, and imports neither notation nor compiler, so it costs the same whatever
handlers contain.
"""

from __future__ import annotations

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
@click.pass_obj
def ls(workspace: Workspace, words: tuple[str, ...]) -> None:
    """List what the canvas consists of: all of it, a kind (http, fn, type …), or what contains a WORD."""
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


def _fits(entry: Entry, kinds: Mapping[str, type[Node]], word: str) -> bool:
    return entry.kind is kinds[word] if word in kinds else word.casefold() in entry.label.casefold()
