"""What `dark` alone says: where to begin; and the list of commands.

Must not know how commands work. Invariant: everything listed is a row of the table.
"""

from __future__ import annotations

from dark_cli.commands.table import COMMANDS, GROUPS
from dark_cli.workspace import Workspace
from dark_lang.errors import CanvasError


def show_beginning(workspace: Workspace) -> None:
    say = workspace.print
    try:
        folder = workspace.folder
    except CanvasError:
        say("Dark serves a program that you change while it runs, from the shell.\n")
        _steps(
            workspace,
            ("dark new shop && cd shop", "make a canvas"),
            ("dark serve &", "serve it"),
            ("dark insert http GET /hello/:name '\"Hello ${name}\"'", "a handler, live at once"),
            ("curl localhost:8000/hello/ada", "ask it"),
        )
    else:
        say(f"Canvas {workspace.paint(folder.name, 'bold')}\n")
        _steps(
            workspace,
            ("dark status", "what it is, what needs attention"),
            ("dark ls", "what it consists of"),
            ("dark show ADDRESS --ids", "code, with names for its parts"),
            ("dark replace-node ADDRESS CODE", "change it; dark undo takes it back"),
            ("dark serve", "serve it"),
        )
    say("\ndark --help lists all commands; dark COMMAND --help explains one.")


def _steps(workspace: Workspace, *steps: tuple[str, str]) -> None:
    width = max(len(step) for step, _ in steps)
    for step, says in steps:
        workspace.print(f"  {step.ljust(width)}   {workspace.paint(says, 'dim')}")


def show_commands(workspace: Workspace) -> None:
    say = workspace.print
    say("dark COMMAND [WORDS] [OPTIONS]\n")
    width = max(len(name) for name in COMMANDS)
    for group, title in GROUPS.items():
        say(workspace.paint(title, "bold"))
        for name, entry in COMMANDS.items():
            if entry.group == group:
                say(f"  {name.ljust(width)}  {entry.summary}")
        say()
    say("All take --json, --canvas DIR and --as AUTHOR.")
    say("Edits take --dry-run, --strict and --expect DIFF.")
    say("`-` as an argument reads standard input; words after `--` are never options.")
