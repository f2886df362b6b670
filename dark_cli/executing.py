"""Runs one command: in the shell's own process, or in a server's for a shell that asked over its socket.

Must not know what any command does. Invariant: both ways end in `execute`, with the same words and the same
surroundings, so that they cannot differ; whatever goes wrong ends in an exit code and a line that a person can read.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from dark_cli import warm
from dark_cli.authorship import find_author
from dark_cli.beginning import show_beginning, show_commands
from dark_cli.commands.table import COMMANDS, GLOBAL_OPTIONS_WITH_VALUE, Entry, entry_of
from dark_cli.workspace import Terminal, Workspace, current
from dark_lang.errors import CanvasError, DarkError, UsageError
from runtime.framing import RELEASE


def execute(workspace: Workspace, argv: list[str]) -> int:
    """Runs the command that `argv` spells, and returns its exit code (DESIGN 8.3). Never raises, but for
    KeyboardInterrupt and a closed pipe."""
    token = current.set(workspace)
    try:
        return _dispatch(workspace, argv)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"{context.command_path} --help shows how it is used" if context else ""
        show_error(workspace, UsageError(error.format_message(), suggestion=hint))
        return 2
    except DarkError as error:
        show_error(workspace, error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        show_error(workspace, CanvasError(f"{error.strerror or error}{where}"))
        return 7
    except Exception as error:
        _show_crash(workspace, argv, error)
        return 70
    finally:
        current.reset(token)


def _dispatch(workspace: Workspace, argv: list[str]) -> int:
    name = warm.name_in(argv)
    before, after = _around(argv, name)
    if "--version" in before:
        workspace.print(f"dark {RELEASE}")
        return 0
    workspace.json = "--json" in before
    workspace.override = warm.option_in(argv, "--canvas")
    workspace.author = warm.option_in(argv, "--as") or workspace.author
    if not name:
        if "--help" in before or "-h" in before:
            show_commands(workspace)
        else:
            _refuse_unknown_options(before)
            show_beginning(workspace)
        return 0
    if name == "help":
        return _dispatch(workspace, [*after[:1], "--help"])
    entry = entry_of(name)
    if entry is None:
        raise UsageError(f"there is no command `{name}`", suggestion=_nearest(name))
    _refuse_unknown_options(before)
    command = load(entry)
    with command.make_context(f"dark {name}", after, obj=workspace, **_settings(workspace)) as context:
        command.invoke(context)
    return 0


def load(entry: Entry) -> click.Command:
    """The click command of a row of the table; imports the one module that has it."""
    found = getattr(import_module(f"dark_cli.commands.{entry.module}"), entry.attribute)
    assert isinstance(found, click.Command)
    return found


def _settings(workspace: Workspace) -> dict[str, Any]:
    return {"terminal_width": workspace.width, "max_content_width": workspace.width}


def _around(argv: list[str], name: str) -> tuple[list[str], list[str]]:
    """The words before the command's name, and those after it."""
    if not name:
        return argv, []
    index = 0
    while argv[index] != name or (index and argv[index - 1] in GLOBAL_OPTIONS_WITH_VALUE):
        index += 1
    return argv[:index], argv[index + 1 :]


def _refuse_unknown_options(words: list[str]) -> None:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in GLOBAL_OPTIONS_WITH_VALUE:
            skip = True
        elif word != "--json" and not word.startswith(("--canvas=", "--as=")):
            raise UsageError(
                f"there is no option `{word}` before a command", suggestion="dark --help lists what there is"
            )


def _nearest(name: str) -> str:
    from dark_lang.notation.addresses import suggest  # late: only a misspelt command needs it

    near = suggest(name, COMMANDS)
    return f"did you mean dark {near}?" if near else "dark --help lists the commands"


def show_error(workspace: Workspace, error: DarkError) -> None:
    """One line that says what is wrong, what was found, and what to do."""
    if workspace.json:
        import json  # late, as everywhere

        report = {
            "error": error.message,
            "details": list(error.details),
            "suggestion": error.suggestion,
            "exit": error.exit_code,
        }
        workspace.complain(json.dumps(report, ensure_ascii=False))
        return
    workspace.complain(f"{workspace.paint('dark:', 'red', error=True)} {error.message}")
    for line in error.details:
        workspace.complain(f"  {line}")
    if error.suggestion:
        workspace.complain(f"  {error.suggestion}")


def _show_crash(workspace: Workspace, argv: list[str], error: Exception) -> None:
    import traceback  # late: this should never happen

    text = f"dark {RELEASE}, Python {sys.version}\n{argv!r}\n\n" + "".join(traceback.format_exception(error))
    path = _write_crash(workspace, text)
    says = str(error).splitlines()[0][:120] if str(error) else ""
    workspace.complain(f"dark: our own fault: {type(error).__name__}{': ' if says else ''}{says}; details in {path}")


def _write_crash(workspace: Workspace, text: str) -> str:
    import tempfile  # late, as above

    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    folders = [Path(tempfile.gettempdir())]
    with contextlib.suppress(Exception):
        folders.insert(0, workspace.folder / ".dark")
    for folder in folders:
        with contextlib.suppress(OSError):
            (folder / name).write_text(text, encoding="utf-8")
            return str(folder / name)
    return "no file, since none could be written"


# In the shell's own process


def run_cold(argv: list[str]) -> int:
    """Runs a command here. Returns its exit code; KeyboardInterrupt passes."""
    entry = entry_of(warm.name_in(argv))
    if entry is None or not entry.warm or any(word in entry.cold_words for word in argv):
        gc.enable()  # others are over before there is much to collect
    argv = [readable(word) for word in argv]
    try:
        return execute(_own_workspace(argv), argv)
    except BrokenPipeError:
        return warm.PIPE_CLOSED


def explain_broken(argv: list[str], request: bytes) -> int:
    """After a connection broke in the middle of a command: says whether it was recorded; never runs it again."""
    workspace = _own_workspace(argv)
    try:
        entry = workspace.host.find_request(request)
    except DarkError as error:
        show_error(workspace, error)
        return error.exit_code
    if entry is not None:
        workspace.complain(f"dark: the server went away, but the edit was recorded, as diff {entry.id.hex()[:12]}")
        return 0
    show_error(workspace, CanvasError("the server went away; no edit was recorded", suggestion="run the command again"))
    return CanvasError.exit_code


def _own_workspace(argv: list[str]) -> Workspace:
    columns, rows, flags = warm.measure_terminal().split()
    return Workspace(
        argv=argv,
        out=lambda data: warm.write_all(1, data),
        err=lambda data: warm.write_all(2, data),
        environment=os.environ,
        author=find_author(os.environ, warm.find_folder(argv)),
        terminal=Terminal(int(columns), int(rows), *(flag == "1" for flag in flags)),
        stdin=lambda: warm.read_all(0),
        read=lambda path: Path(path).read_bytes(),
        request=os.urandom(16),
    )


def readable(word: str) -> str:
    """What a shell passes need not be UTF-8: what is not becomes U+FFFD."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
