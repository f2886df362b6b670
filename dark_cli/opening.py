"""Opens the canvas of a command that runs in the shell's own process, and finds out when its edit was live.

Must not know commands or how things look. Invariant: a server is asked only over its socket; its files are never read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dark_lang.errors import DarkError

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.hosting import Host


class InterruptionError(DarkError):
    """The person pressed Ctrl-C before anything was recorded."""

    exit_code: ClassVar[int] = 130


@dataclass(frozen=True, slots=True)
class Liveness:
    """`served`: whether a server of this canvas was there. `laggards`: its processes that had not bound it in time."""

    milliseconds: float
    served: bool
    laggards: tuple[str, ...] = ()


def open_host(workspace: Workspace) -> Host:
    from dark_lang.stdlib import standard_library  # late: a canvas that a server has open needs none of this
    from runtime.hosting import Host

    return Host.open(workspace.folder, library=standard_library())


def await_live(workspace: Workspace, diff_id: bytes, started: float) -> Liveness:
    """Waits until every serving process has bound the diff, for 100 ms at most. `started` is a time.perf_counter()."""
    if workspace.warm:
        laggards = workspace.bound_within(0.1)
        return Liveness((time.perf_counter() - started) * 1000, True, laggards)
    served = _ask_server(str(workspace.folder), diff_id)
    return Liveness((time.perf_counter() - started) * 1000, served)


def _ask_server(folder: str, diff_id: bytes) -> bool:
    """Pokes the server, if there is one, with the hidden command `live`; whether it has bound the diff."""
    from dark_cli import warm  # late: this module is also imported in servers, which never ask themselves

    return warm.ask(folder, ["live", diff_id.hex()]) == 0
