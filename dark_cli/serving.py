"""Runs commands in a server's process, for shells that send them over its socket.

Must not know sockets, nor any command. Invariant: a command that a shell waits for imports nothing any more: importing
this module imports all that a server may run.
"""

from __future__ import annotations

import contextlib

from dark_cli.commands.table import COMMANDS, HIDDEN
from dark_cli.executing import execute, load, readable
from dark_cli.opening import as_tests_say
from dark_cli.workspace import Terminal, Workspace
from dark_lang.errors import DarkError
from runtime.hosting import Host
from runtime.serving.commands import Reply, Request

LOADED = tuple(load(entry) for entry in (*COMMANDS.values(), *HIDDEN.values()) if entry.warm)


def execute_in_server(host: Host, request: Request, reply: Reply) -> int:
    """Runs one command on the canvas that the server has open. Returns its exit code."""
    argv = [readable(word) for word in request.argv]

    def read(path: str) -> bytes:
        if path not in request.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return request.files[path]

    workspace = Workspace(
        argv=argv,
        out=reply.out,
        err=reply.err,
        environment=request.environment,
        author=request.author,
        terminal=Terminal(request.columns, request.rows, *request.terminals),
        stdin=lambda: request.stdin,
        read=read,
        request=request.id,
        host=host,
        cancelled=reply.cancelled,
        bound_within=reply.laggards,
        count=reply.count,
    )
    with as_tests_say(host, request.environment):
        # If the store cannot be read just now, what is known of it has to do; an edit will say so itself.
        with contextlib.suppress(DarkError):
            host.refresh()
        return execute(workspace, argv)
