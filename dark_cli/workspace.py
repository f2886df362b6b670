"""What a command works with: the opened canvas, who asks, where output goes. The same in a shell's process and in a
server's, so a command never touches `sys.stdout`, the environment or a path of its own.

Must not know any command. Invariant: nothing heavy is imported or opened before a command asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dark_lang.errors import UsageError
from dark_lang.records import dataclass

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.hosting import Host

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the person sees the output on. The flags say which streams are terminals."""

    columns: int = 80
    rows: int = 24
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False


@dataclass(slots=True)
class Guards:
    """What `--dry-run`, `--strict`, `--expect` and `--in-place` ask of an edit."""

    dry_run: bool = False
    in_place: bool = False
    strict: bool = False
    expect: str = ""


class Workspace:
    """One command's surroundings. `json`, `override` and `author` may still be set by the command's own options."""

    def __init__(
        self,
        *,
        argv: Sequence[str],
        out: Callable[[bytes], None],
        err: Callable[[bytes], None],
        environment: Mapping[str, str],
        author: str,
        terminal: Terminal,
        stdin: Callable[[], bytes],
        read: Callable[[str], bytes],
        request: bytes,
        host: Host | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        bound_within: Callable[[float], tuple[str, ...]] = lambda _seconds: (),
        count: Callable[[], None] = lambda: None,
    ) -> None:
        self.argv = argv
        self.environment = environment
        self.author = author
        self.terminal = terminal
        self.request = request  # 16 bytes, written into the diff
        self.cancelled = cancelled
        self.bound_within = bound_within  # in a server: which of its processes have not bound the newest diff by then
        self.count = count  # in a server: writes what it has counted of its traffic until now
        self.json = False
        self.override = ""  # --canvas
        self.guards = Guards()
        self.warm = host is not None  # whether this is the process that serves
        self._out = out
        self._err = err
        self._stdin = stdin
        self._read = read
        self._host = host
        self._coloured = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"

    # The canvas

    @property
    def folder(self) -> Path:
        """The folder of the canvas. Raises CanvasError if there is none here or above."""
        if self._host is not None:
            return self._host.folder
        from runtime.settings import find_canvas  # late: commands without a canvas need none of it

        return find_canvas(Path.cwd(), self.override or self.environment.get("DARK_CANVAS") or None)

    @property
    def host(self) -> Host:
        """The opened canvas; opened at the first use. Raises CanvasError, CorruptionError."""
        if self._host is None:
            from dark_cli.opening import open_host  # late: it imports the runtime and the library

            self._host = open_host(self)
        return self._host

    @property
    def canvas(self) -> Canvas:
        """The snapshot as it is now."""
        return self.host.canvas

    def now(self) -> float:
        """Seconds since 1970. DARK_TEST_TIME fixes it, for tests that compare outputs."""
        fixed = self.environment.get("DARK_TEST_TIME")
        return float(fixed) if fixed else time.time()

    # Input

    def text(self, argument: str) -> str:
        """An argument that is code or a value: `-` means what stands on standard input."""
        return self.stdin() if argument == "-" else argument

    def stdin(self) -> str:
        return self._stdin().decode("utf-8", "replace")

    def read(self, path: str) -> bytes:
        """The contents of a file that was named on the command line. Raises UsageError."""
        try:
            return self._read(path)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from error

    # Output

    def print(self, text: str = "") -> None:
        """One line, or several, on standard output."""
        self._out(_bytes(text + "\n"))

    def write(self, text: str) -> None:
        self._out(_bytes(text))

    def complain(self, text: str) -> None:
        """One line on standard error."""
        self._err(_bytes(text + "\n"))

    def progress(self, text: str) -> None:
        """One line on a terminal that the next one overwrites; "" clears it."""
        if self.terminal.stderr:
            self._err(_bytes(f"\r\033[K{text}"))

    def answer(self, value: Any) -> None:
        """The answer to `--json`: plain lists, dicts, text, numbers."""
        import json  # late: seldom needed, and 3 ms

        self.print(json.dumps(value, indent=2, ensure_ascii=False))

    def paint(self, text: str, style: str, *, error: bool = False) -> str:
        """`text` in a colour or weight of CODES, where the terminal wants colour. `error`: for standard error."""
        shown = self.terminal.stderr if error else self.terminal.stdout
        return f"\033[{CODES[style]}m{text}\033[0m" if shown and self._coloured and text else text

    @property
    def width(self) -> int:
        return max(40, min(self.terminal.columns, 100))


current: ContextVar[Workspace] = ContextVar("workspace")
"""Of the command that runs in this thread; for code that is called back without it, such as click's own help."""


def _bytes(text: str) -> bytes:
    # Always UTF-8, whatever the locale: the same bytes from a shell's process and from a server's.
    return text.encode("utf-8", "replace")
