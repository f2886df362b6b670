"""`dark serve`.

Only translates: `runtime.app` puts the server together. Invariant: what runs the shell's commands in the server is the
same function that runs them in a shell.
"""

from __future__ import annotations

from textwrap import fill

import click

from dark_cli.commands.making import command
from dark_cli.workspace import Workspace
from dark_lang.errors import UsageError


@command("serve")
@click.argument("folder", metavar="[CANVAS]", required=False)
@click.option("--host", metavar="ADDRESS", help="Where to listen; this machine alone by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="8000 by default; 0 takes any that is free.")
@click.option("--workers", type=click.IntRange(1, 64), help="How many processes.")
@click.pass_obj
def serve(workspace: Workspace, folder: str | None, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the canvas, here or in the folder CANVAS, over HTTP. Each edit is live at once. Ctrl-C ends it."""
    from dark_cli.serving import execute_in_server  # late: it imports all other commands
    from runtime import app  # late: the server's parts take 100 ms to import

    if folder is not None:
        if workspace.override:
            raise UsageError("the canvas was named twice", suggestion="dark serve CANVAS")
        workspace.override = folder
    opened = workspace.host
    settings = opened.settings.serve
    app.serve(
        opened,
        address=host or settings.host,
        port=settings.port if port is None else port,
        workers=workers or settings.workers,
        execute=execute_in_server,
        announce=lambda text: workspace.print(fill(text, workspace.width)),
    )
