"""Runs commands in the tests' own process: as a shell would, without starting a Python for each."""

from __future__ import annotations

import gc
from itertools import count
from pathlib import Path
from typing import NamedTuple

from dark_cli.executing import execute
from dark_cli.workspace import Terminal, Workspace


class Done(NamedTuple):
    code: int
    out: str
    err: str


def dark(
    folder: Path,
    *words: str,
    stdin: bytes = b"",
    author: str = "ada",
    terminal: Terminal | None = None,
    variables: dict[str, str] | None = None,
) -> Done:
    out, err = bytearray(), bytearray()
    argv = list(words)
    workspace = Workspace(
        argv=argv,
        out=out.extend,
        err=err.extend,
        environment={"TZ": "UTC", "DARK_CANVAS": str(folder)} | (variables or {}),
        author=author,
        terminal=terminal or Terminal(),
        stdin=lambda: stdin,
        read=lambda path: Path(path).read_bytes(),
        request=b"",
    )
    code = execute(workspace, argv)
    _forget()
    return Done(code, out.decode(), err.decode())


_commands = count(1)


def _forget() -> None:
    """A shell's process ends, and with it what it had mapped. Here the canvases of many commands would stay, since each
    has the collector overlook what it loaded, until there are no file descriptors left."""
    gc.unfreeze()
    if next(_commands) % 50 == 0:
        gc.collect()


def made(folder: Path) -> Path:
    """A new, empty canvas."""
    assert dark(folder.parent, "new", str(folder), variables={"DARK_CANVAS": ""}).code == 0
    return folder
