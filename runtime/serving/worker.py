"""One of several serving processes, as `workers` starts it: python -m runtime.serving.worker FOLDER LISTENER LIFELINE
READY EXECUTE, where the numbers are open files and EXECUTE is "module:name" or nothing.

Must not know HTTP, nor what a command does. Invariant: it ends with whoever started it, however that ends."""

from __future__ import annotations

import importlib
import os
import socket
import sys
from pathlib import Path

from dark_lang.errors import DarkError
from dark_lang.stdlib import standard_library
from runtime.app import serve_process
from runtime.hosting import Host
from runtime.logs import log_to_stderr
from runtime.serving.commands import Execute


def _execute(name: str) -> Execute | None:
    """What runs the shell's commands, by name: it lives above this layer, and only who started us knows it."""
    if not name:
        return None
    module, _, function = name.partition(":")
    found: Execute = getattr(importlib.import_module(module), function)
    return found


def main(words: list[str]) -> int:
    folder, listener, lifeline, ready, execute = words
    log_to_stderr()
    try:
        host = Host.open(Path(folder), library=standard_library())
    except DarkError as error:
        print(f"dark: {error.message}", file=sys.stderr)
        return error.exit_code
    serve_process(
        host,
        socket.socket(fileno=int(listener)),
        execute=_execute(execute),
        started=lambda: _tell(int(ready)),
        lifeline=int(lifeline),
    )
    return 0


def _tell(ready: int) -> None:
    os.write(ready, b".")
    os.close(ready)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
