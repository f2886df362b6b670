"""What may come next on a command line: commands, options, addresses, names, switches.

Must not know shells (`commands.completion` does). Invariants: never raises for what somebody has typed so far; decodes
no code but that of the one toplevel whose inside is being named.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from dark_cli.commands.table import COMMANDS, GLOBAL_OPTIONS_WITH_VALUE, entry_of
from dark_cli.kinds import KINDS
from dark_lang.errors import DarkError
from dark_lang.nodes.shape import Arity, Node
from dark_lang.nodes.walking import steps_of

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas

MOST = 500
SHELLS = ("bash", "zsh", "fish")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
MADE = ("http", "fn", "type", "db", "worker", "cron", "repl", "test")

_NO_ADDRESS = {
    "new",
    "status",
    "doctor",
    "pack",
    "export",
    "import",
    "serve",
    "outdated",
    "undo",
    "redo",
    "apply",
}
_LIBRARY_TOO = {"docs", "uses", "versions", "retarget"}


def complete(workspace: Workspace, words: list[str]) -> list[str]:
    """The words that may stand in place of the last of `words`, which is what has been typed of it."""
    *before, typed = words or [""]
    if before and before[-1] in GLOBAL_OPTIONS_WITH_VALUE:
        return []
    names = _plain(before)
    if not names:
        if typed.startswith("-"):
            return _fitting(("--help", "--version", "--json", *GLOBAL_OPTIONS_WITH_VALUE), typed)
        return _fitting(COMMANDS, typed)
    entry = entry_of(names[0])
    if entry is None:
        return []
    if typed.startswith("-"):
        return _fitting(_options(names), typed)
    if before[-1].startswith("-") and (choices := _choices(names, before[-1])):
        return _fitting(choices, typed)
    try:
        return _words(workspace, names, typed)
    except DarkError:
        return []  # no canvas here, or none that can be read: then there are no addresses


def _plain(words: list[str]) -> list[str]:
    """The words that are neither options nor the values of those that every command has."""
    found, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in GLOBAL_OPTIONS_WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            found.append(word)
    return found


def _options(names: list[str]) -> list[str]:
    command = _command(names)
    if command is None:
        return []
    found = {word for parameter in command.params if isinstance(parameter, click.Option) for word in parameter.opts}
    return sorted({word for word in found if word.startswith("--")} | {"--help"})


def _choices(names: list[str], option: str) -> tuple[str, ...]:
    """What may stand behind an option that takes one of a few words."""
    command = _command(names)
    for parameter in command.params if command is not None else ():
        if option in parameter.opts and isinstance(parameter.type, click.Choice):
            return tuple(parameter.type.choices)
    return ()


def _command(names: list[str]) -> click.Command | None:
    from dark_cli.executing import load  # late: it imports this module's users

    entry = entry_of(names[0])
    command: click.Command | None = load(entry) if entry is not None else None
    for name in names[1:]:
        if not isinstance(command, click.Group) or name not in command.commands:
            break
        command = command.commands[name]
    return command


def _words(workspace: Workspace, names: list[str], typed: str) -> list[str]:
    command, *given = names
    if command == "completion":
        return _fitting(SHELLS, typed)
    if command == "insert" and not given:
        return [*_fitting(MADE, typed), *_addresses(workspace.canvas, typed)]
    if command == "insert" and given == ["http"]:
        return _fitting(METHODS, typed)
    if command == "insert" and given[0] in MADE:
        return []
    if command == "db":
        return _datastores(workspace.canvas, given, typed)
    if command == "restore":
        return _fitting((entry.label for entry in workspace.canvas.entries.values() if not entry.alive), typed)
    if command in _NO_ADDRESS:
        return []
    found = _addresses(workspace.canvas, typed)
    if command == "ls":
        found = [*_fitting((word for _, word in KINDS), typed), *found]
    if command in _LIBRARY_TOO:
        found = [*found, *_fitting(sorted(workspace.canvas.library.newest), typed)]
    return found[:MOST]


def _datastores(canvas: Canvas, given: list[str], typed: str) -> list[str]:
    if not given:
        return _fitting(("ls", "get", "set", "delete", "count"), typed)
    if len(given) > 1:
        return []
    stores = {kind for kind, word in KINDS if word == "db"}
    return _fitting((entry.label for entry in canvas.entries.values() if entry.alive and entry.kind in stores), typed)


def _addresses(canvas: Canvas, typed: str) -> list[str]:
    label, inside, path = typed.partition("#")
    if inside:
        return [f"{label}#{each}" for each in _paths(canvas, label, path)]
    labels = canvas.labels()
    first = bisect_left(labels, typed)
    found = []
    for each in labels[first : first + MOST]:
        if not each.startswith(typed):
            break
        found.append(each)
    return found


def _paths(canvas: Canvas, label: str, typed: str) -> list[str]:
    """The paths that go one step further than what has been typed in full."""
    reached, _, begun = typed.rpartition(".")
    node: Node = canvas.find(f"{label}#{reached}" if reached else label).node
    prefix = f"{reached}." if reached else ""
    steps = {
        f"{prefix}{step.slot.label}{f'.{step.nth}' if step.slot.arity is Arity.MANY else ''}": None
        for step in steps_of(node)
    }
    return [path for path in steps if path.startswith(prefix + begun)]


def _fitting(words: Iterable[str], typed: str) -> list[str]:
    return [word for word in words if word.startswith(typed)]
