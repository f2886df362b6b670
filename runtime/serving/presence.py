"""Which processes of this host serve a canvas, and how far each has come: so that an edit is called live only when
every one of them has bound it.

Each holds a file in `.dark/serving`, locked for as long as it lives, and writes there what it has bound. Must not know
what is bound. Invariant: a process that died, however it died, is never waited for.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Protocol

FOLDER = "serving"
_SIZE = 12 + 8 * 4
_PAUSE = 0.001  # seconds between two looks


class Bound(Protocol):
    """What a process has bound: a canvas."""

    @property
    def lamport(self) -> int: ...
    @property
    def frontier(self) -> tuple[bytes, ...]: ...


class Presence:
    """This process, as the others see it. `close` it. Where nothing can be written nobody edits either, so there it
    does nothing."""

    def __init__(self, dark: Path) -> None:
        self._folder = dark / FOLDER
        self._path = self._folder / str(os.getpid())
        self._file = -1
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def note(self, bound: Bound) -> None:
        """Call it when the canvas has been bound. On a full disk the others go on waiting, until there is room."""
        # As one write of one size, so that nobody reads half of it, or the rest of a longer one.
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, _state(bound), 0)

    def laggards(self, bound: Bound, within: float) -> tuple[str, ...]:
        """Waits until the other processes have bound that much too; those that have not after `within` seconds."""
        if self._file < 0:
            return ()
        others = [path for path in self._folder.iterdir() if path != self._path and _is_held(path)]
        if not others:
            return ()
        wanted = _state(bound)
        limit = time.monotonic() + within
        while others:
            others = [path for path in others if not _has_come(path, wanted)]
            if not others or time.monotonic() > limit:
                break
            time.sleep(_PAUSE)
        return tuple(f"process {path.name}" for path in sorted(others) if _is_held(path))

    def close(self) -> None:
        if self._file >= 0:
            with contextlib.suppress(OSError):
                self._path.unlink()
            os.close(self._file)
            self._file = -1


def _state(bound: Bound) -> bytes:
    """Twelve digits of the lamport number, then eight bytes of the first diffs that nothing builds on yet."""
    state = b"%012d" % bound.lamport + b"".join(diff[:8] for diff in sorted(bound.frontier)[:4])
    return state.ljust(_SIZE, b"-")


def _has_come(path: Path, wanted: bytes) -> bool:
    try:
        state = path.read_bytes()[:_SIZE]
    except OSError:
        return True
    # With a higher number it has bound something that builds on this, or came beside it: its watcher lists all.
    return state == wanted or state[:12] > wanted[:12]


def _is_held(path: Path) -> bool:
    """Whether the process of that file lives; removes the file if not."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    with contextlib.suppress(OSError):
        path.unlink()
    return False
