"""Opens the canvas of a command that runs in the shell's own process, and finds out when its edit was live.

Must not know commands or how things look. Invariant: a server is asked only over its socket; its files are never read.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from dark_lang.errors import DarkError
from dark_lang.records import dataclass

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.hosting import Host, Outcome


LIVE_WITHIN = 0.1  # seconds


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
    """Raises CanvasError, CorruptionError."""
    from dark_lang.stdlib import standard_library  # late: a canvas that a server has open needs none of this
    from runtime.hosting import Host

    host = Host.open(workspace.folder, library=standard_library(), progress=_progress(workspace))
    _fix(host, workspace.environment)
    return host


def _progress(workspace: Workspace) -> Callable[[int, int], None] | None:
    """Shows how far reading has come: on a terminal only, and not before it has taken a while."""
    if not workspace.terminal.stderr:
        return None
    begun = time.perf_counter()

    def show(done: int, of: int) -> None:
        if time.perf_counter() - begun > 0.5:
            workspace.progress(f"reading the canvas: {done:,} of {of:,}" if done < of else "")

    return show


@contextlib.contextmanager
def as_tests_say(host: Host, environment: Mapping[str, str]) -> Iterator[None]:
    """For one command: clock and ids as DARK_TEST_TIME and DARK_TEST_SEED have them, to compare two runs."""
    before = host.clock, host.entropy
    _fix(host, environment)
    try:
        yield
    finally:
        host.clock, host.entropy = before


def _fix(host: Host, environment: Mapping[str, str]) -> None:
    fixed_time, fixed_seed = environment.get("DARK_TEST_TIME"), environment.get("DARK_TEST_SEED")
    if fixed_time:
        host.clock = lambda: int(float(fixed_time) * 1e6)
    if fixed_seed:
        host.entropy = lambda: int(fixed_seed)


def await_live(workspace: Workspace, outcome: Outcome[object], started: float) -> Liveness:
    """Waits until every serving process has bound the diff, for 100 ms at most. `started` is a time.perf_counter()."""
    laggards: tuple[str, ...] = ()
    served = workspace.warm
    if outcome.diff_id and workspace.warm:
        laggards = workspace.bound_within(LIVE_WITHIN)
    elif outcome.diff_id:
        served = _ask_server(str(workspace.folder), outcome.after.lamport, outcome.diff_id)
    return Liveness((time.perf_counter() - started) * 1000, served, laggards)


def _ask_server(folder: str, lamport: int, diff_id: bytes) -> bool:
    """Pokes the server, if there is one, with the hidden command `live`; whether it has bound the diff."""
    from dark_cli import warm  # late: this module is also imported in servers, which never ask themselves

    return warm.ask(folder, ["live", str(lamport), diff_id.hex()]) == 0
