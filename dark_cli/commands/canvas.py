"""The canvas at a glance: make one, say how it is, print code, find words.

Only translates. Invariant: each place is named by an address that other commands take.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dark_cli.commands.making import command
from dark_cli.display import address_of, clip, plural, short_author, show_marks, show_table, show_tree
from dark_cli.display_edits import mark_report
from dark_cli.display_problems import problem_report, show_problem
from dark_cli.display_times import ago
from dark_cli.display_traffic import traffic_of
from dark_cli.evaluating import read as read_code
from dark_cli.kinds import KINDS
from dark_cli.workspace import Workspace
from dark_lang.errors import UsageError
from dark_lang.names import NodeId, spell_id
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.notation.printing import print_any, print_toplevel
from runtime import asking
from runtime.marking import Kind, all_marks, marks_in


@command("new")
@click.argument("folder")
@click.option("--name", help="What it is called; the folder's name by default.")
@click.pass_obj
def new(workspace: Workspace, folder: str, name: str | None) -> None:
    """Make a canvas in FOLDER, which is made too."""
    from runtime.settings import create_canvas  # late: no other command makes one

    path = Path(folder)
    settings = create_canvas(path, name or path.resolve().name)
    if workspace.json:
        workspace.answer({"name": settings.name, "id": settings.id, "folder": str(path.resolve())})
        return
    workspace.print(f"made the canvas {settings.name} in {folder}")
    workspace.print(f"serve it: {'' if folder == '.' else f'cd {folder} && '}dark serve")


FEW = 1_000  # definitions, among which it takes no time to look for holes


@command("status")
@click.pass_obj
def status(workspace: Workspace) -> None:
    """Say what this canvas is, and what needs attention."""
    canvas = workspace.canvas
    host = workspace.host
    counts = [(word, sum(canvas.entries[each].kind is kind for each in asking.alive(canvas))) for kind, word in KINDS]
    last = next(iter(host.log(1)), None)
    marks = list(all_marks(canvas)) if len(canvas.entries) <= FEW else []
    holes = sum(mark.kind is Kind.HOLE for mark in marks)
    conflicts = sum(mark.kind is Kind.CONFLICT for mark in marks)
    warnings = sum(mark.kind.is_warning for mark in marks)
    wrong = len(marks) - holes - conflicts - warnings
    workspace.count()
    traffic = traffic_of(workspace)
    if workspace.json:
        workspace.answer(
            {
                "name": host.settings.name,
                "id": host.settings.id,
                "folder": str(host.folder),
                "traffic": traffic.report(),
                "definitions": {word: count for word, count in counts if count},
                "last": last.id.hex() if last else None,
                "holes": holes,
                "conflicts": conflicts,
                "marks": wrong,
                "warnings": warnings,
                "problems": [problem_report(problem) for problem in host.problems],
            }
        )
        return
    workspace.print(f"canvas {workspace.paint(host.settings.name, 'bold')}")
    definitions = [plural(count, _NOUNS[word]) for word, count in counts if count]
    empty = "empty; dark insert http GET /hello '\"Hello\"' makes a handler"
    workspace.print(", ".join(definitions) if definitions else empty)
    if last:
        said = f"last edit {ago(workspace, last.time)} by {short_author(last.author)}: {last.command}"
        workspace.print(clip(said, workspace.width))
    if marks:
        parts = ((holes, "hole"), (wrong, "mark"), (conflicts, "conflict"), (warnings, "warning"))
        workspace.print(f"{', '.join(plural(count, noun) for count, noun in parts if count)}; dark check lists them")
    if len(canvas.entries) > FEW:
        workspace.print("dark check looks for holes and marks")
    for line in traffic.lines():
        workspace.print(line)
    for problem in host.problems:
        show_problem(workspace, problem)


_NOUNS = {
    "http": "handler",
    "fn": "function",
    "type": "type",
    "db": "datastore",
    "worker": "worker",
    "cron": "cron job",
    "repl": "repl",
    "test": "test",
    "toggle": "toggle",
    "secret": "secret",
}


@command("show")
@click.argument("address")
@click.option("--ids", is_flag=True, help="Put the ids of nodes into the margin.")
@click.option("--plain", is_flag=True, help="Print the notation and nothing else.")
@click.pass_obj
def show(workspace: Workspace, address: str, ids: bool, plain: bool) -> None:
    """Print the code at ADDRESS: a definition, or a node inside one."""
    canvas = workspace.canvas
    found = canvas.find(address)
    whole = found.node.id == found.toplevel_id
    if workspace.json:
        workspace.answer(_report(workspace, found.toplevel_id, found.node))
        return
    if ids:
        show_tree(workspace, canvas, found.toplevel_id, None if whole else found.node.id)
    elif whole:
        tree = canvas.tree(found.toplevel_id)
        workspace.print(print_toplevel(tree, canvas.naming, width=workspace.width).rstrip("\n"))
    else:
        workspace.print(print_any(found.node, canvas.naming))
    if plain:
        return
    below = {node.id for node in descend(found.node)}
    marks = [mark for mark in marks_in(canvas, found.toplevel_id) if mark.node in below]
    if marks:
        workspace.print()
        show_marks(workspace, canvas, marks)


def _report(workspace: Workspace, toplevel: NodeId, node: Node) -> dict[str, Any]:
    canvas = workspace.canvas
    tree = canvas.tree(toplevel)
    below = {each.id for each in descend(node)}
    return {
        "id": spell_id(node.id),
        "toplevel": spell_id(toplevel),
        "address": address_of(canvas, toplevel, node.id),
        "kind": type(node).__name__,
        "language": tree.language,
        "doc": tree.doc,
        "code": print_toplevel(tree, canvas.naming) if node.id == toplevel else print_any(node, canvas.naming),
        "nodes": [
            {
                "id": spell_id(each.id),
                "kind": type(each).__name__,
                "address": address_of(canvas, toplevel, each.id),
            }
            for each in descend(tree)
            if each.id in below
        ],
        "marks": [mark_report(canvas, mark) for mark in marks_in(canvas, toplevel) if mark.node in below],
    }


@command("find")
@click.argument("words", nargs=-1, required=True)
@click.option("--code", is_flag=True, help="WORDS are code, in which a hole like ?x stands for anything.")
@click.pass_obj
def find(workspace: Workspace, words: tuple[str, ...], code: bool) -> None:
    """Find lines of code, addresses and docs that contain WORDS, whatever their case; or code of one shape."""
    wanted = " ".join(words)
    if not wanted.strip():
        raise UsageError("find what?", suggestion="dark find WORDS")
    canvas = workspace.canvas
    if code:
        pattern = read_code(workspace, wanted)
        matched = asking.nodes_like(canvas, pattern)
        found = [(toplevel, node.id, print_any(node, canvas.naming)) for toplevel, node in matched]
    else:
        found = list(asking.lines_with(canvas, wanted))
    rows = [(canvas.short_id(node), address_of(canvas, toplevel, node), line) for toplevel, node, line in found]
    if workspace.json:
        workspace.answer(
            [
                {"id": spell_id(node), "toplevel": spell_id(toplevel), "address": row[1], "line": line}
                for (toplevel, node, line), row in zip(found, rows, strict=True)
            ]
        )
        return
    show_table(workspace, [(short, where, clip(line, 60)) for short, where, line in rows], styles=("dim", "", ""))
    if not rows:
        workspace.print(f"nothing {'looks like' if code else 'contains'} {wanted}")
