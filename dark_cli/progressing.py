"""How far long work has come.

Must not know the work. Invariant: standard output stays free for the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dark_cli.workspace import Workspace

PROGRESS_EVERY = 5_000  # lines where there is no terminal


@contextmanager
def progress(workspace: Workspace, what: str) -> Iterator[Callable[[int, int], None]]:
    """Where a terminal shows errors, a line that is overwritten; elsewhere plain lines, seldom."""
    told = 0

    def tell(done: int, of: int) -> None:
        nonlocal told
        if workspace.terminal.stderr:
            workspace.progress(f"{what}: {done:,} of {of:,}")
        elif done - told >= PROGRESS_EVERY:
            told = done
            workspace.complain(f"{what}: {done:,} of {of:,}")

    yield tell
    workspace.progress("")
