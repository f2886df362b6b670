"""The shell's side of the warm path: hands a command to a server of its canvas, if there is one (DESIGN 8.4).

Imports only `sys`, `os`, `_socket` and modules of ours that import nothing: each further import would cost every
command more than the server takes to run it. Invariant: after GO a command never runs a second time; if the
connection breaks then, the caller is told so (`BrokenOffError`) and looks the request up.
"""

from __future__ import annotations

import _socket
import os
import sys

from dark_cli.authorship import find_author
from dark_cli.commands.table import GLOBAL_OPTIONS_WITH_VALUE, Entry, entry_of
from runtime import framing
from runtime.framing import Frames, frame

# Seconds; a server that is busy for longer is not waited for. Tests of what a server does say how long they wait.
ACCEPT_WITHIN = float(os.environ.get("DARK_TEST_PATIENCE") or 0.2)
LISTED = ("NO_COLOR", "TERM", "LANG", "TZ")  # and DARK_*


class BrokenOffError(Exception):
    """The server went away after it had taken the command. `request` is what to look for in the log."""

    def __init__(self, request: bytes) -> None:
        super().__init__()
        self.request = request


def name_in(argv: list[str]) -> str:
    """The command's name: the first word that is no option."""
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word in GLOBAL_OPTIONS_WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            return word
    return ""


def option_in(argv: list[str], name: str) -> str:
    """The value of an option that every command has, wherever it stands before `--`."""
    for index, word in enumerate(argv):
        if word == "--":
            break
        if word == name and index + 1 < len(argv):
            return argv[index + 1]
        if word.startswith(name + "="):
            return word[len(name) + 1 :]
    return ""


def find_folder(argv: list[str]) -> str:
    """The canvas that a command is about: an absolute path, or "" if there is none."""
    given = option_in(argv, "--canvas") or os.environ.get("DARK_CANVAS") or ""
    folder = os.path.abspath(given)  # the current folder if nothing is given
    while not os.path.exists(folder + "/canvas.toml"):
        above = os.path.dirname(folder)
        if given or above == folder:
            return ""
        folder = above
    return folder


def run_warm(argv: list[str]) -> int | None:
    """Lets a server run the command; its exit code. None: nobody ran it, nor will. Raises BrokenOffError."""
    entry = entry_of(name_in(argv))
    if entry is None or not entry.warm or any(word in entry.cold_words for word in argv):
        return None
    folder = find_folder(argv)
    connection = connect(folder) if folder else None
    if connection is None:
        return None
    request = os.urandom(16)
    try:
        connection.sendall(describe(argv, entry, folder, request))
        frames = Frames()
        taken, rest = _is_taken(connection, frames)
        if not taken:
            return None
    except (OSError, framing.FrameError):
        return None
    except KeyboardInterrupt:
        return 130  # closing the connection is what keeps the server from running it
    try:
        return relay(connection, frames, rest, request)
    finally:
        connection.close()


def ask(folder: str, argv: list[str], *, within: float = 0.3 + ACCEPT_WITHIN) -> int | None:
    """The exit code of a short command whose output nobody needs; None if no server answered in time."""
    entry = entry_of(name_in(argv))
    connection = connect(folder)
    if connection is None or entry is None:
        return None
    try:
        connection.sendall(describe(argv, entry, folder, os.urandom(16)))
        frames = Frames()
        taken, found = _is_taken(connection, frames)
        if not taken:
            return None
        connection.sendall(frame(framing.GO))
        connection.settimeout(within)
        while True:
            for tag, payload in found:
                if tag == framing.EXIT:
                    return int(payload)
            data = connection.recv(65536)
            if not data:
                return None
            found = frames.feed(data)
    except (OSError, framing.FrameError):
        return None
    finally:
        connection.close()


def connect(folder: str) -> _socket.socket | None:
    """A connection to the server of the canvas at `folder`, run by this user; None if there is none."""
    path = os.fsencode(folder) + b"/.dark/" + framing.SOCKET.encode()
    if not os.path.exists(path):
        return None
    opened = -1
    connection = None
    try:
        if len(path) > framing.PATH_LIMIT:
            opened = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
            path = b"/proc/self/fd/%d/%s" % (opened, framing.SOCKET.encode())
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.settimeout(ACCEPT_WITHIN)
        connection.connect(path)
    except OSError:
        if connection is not None:
            connection.close()
        return None
    finally:
        if opened >= 0:
            os.close(opened)
    if hasattr(_socket, "SO_PEERCRED"):
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
        if int.from_bytes(credentials[4:8], sys.byteorder) != os.geteuid():
            connection.close()
            return None
    return connection


def describe(argv: list[str], entry: Entry, folder: str, request: bytes) -> bytes:
    """The whole request, as frames."""
    parts = [
        frame(framing.VERSION, f"{framing.PROTOCOL} {framing.RELEASE}".encode()),
        frame(framing.REQUEST, request),
        frame(framing.AUTHOR, find_author(os.environ, folder).encode("utf-8", "surrogateescape")),
        frame(framing.TERMINAL, measure_terminal().encode()),
    ]
    parts.extend(frame(framing.ARGUMENT, os.fsencode(word)) for word in argv)
    parts.extend(
        frame(framing.VARIABLE, os.fsencode(f"{name}={value}"))
        for name, value in os.environ.items()
        if name in LISTED or name.startswith("DARK_")
    )
    if wants_stdin(argv, entry):
        parts.append(frame(framing.STDIN, read_all(0)))
    parts.extend(
        frame(framing.FILE, os.fsencode(word) + b"\0" + contents)
        for word in file_words(argv, entry)
        if (contents := _contents(word)) is not None
    )
    parts.append(frame(framing.END))
    return b"".join(parts)


def wants_stdin(argv: list[str], entry: Entry) -> bool:
    return "-" in argv or (entry.reads_stdin and not os.isatty(0))


def file_words(argv: list[str], entry: Entry) -> list[str]:
    """The words of a command that name files, as far as its row in the table says."""
    found = [argv[index + 1] for index, word in enumerate(argv[:-1]) if word in entry.file_options]
    if entry.files:
        found.extend(word for word in argv if word != "-" and not word.startswith("-"))
    return found


def measure_terminal() -> str:
    """Columns, rows, and a digit for each of stdin, stdout and stderr: whether it is a terminal."""
    flags = "".join("1" if os.isatty(stream) else "0" for stream in (0, 1, 2))
    for stream in (1, 2, 0):
        if flags[stream] == "1":
            try:
                columns, rows = os.get_terminal_size(stream)
            except OSError:
                continue
            if columns > 0:
                return f"{columns} {rows} {flags}"
    return f"80 24 {flags}"


def read_all(stream: int) -> bytes:
    parts = []
    while part := os.read(stream, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _contents(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return None


def _is_taken(connection: _socket.socket, frames: Frames) -> tuple[bool, list[tuple[bytes, bytes]]]:
    while data := connection.recv(65536):
        found = frames.feed(data)
        if found:
            return found[0][0] == framing.ACCEPTED, found[1:]
    return False, []


def relay(connection: _socket.socket, frames: Frames, found: list[tuple[bytes, bytes]], request: bytes) -> int | None:
    """Says GO and copies what the server says to the shell until it says how it ended. None if GO never left, so that
    nobody runs the command. Raises BrokenOffError.

    Ctrl-C closes our way to the server, which then appends nothing more, and goes on listening for what it had done;
    a second one leaves. GO is said under the same watch: a server may have heard it before we know that we said it.
    """
    connection.settimeout(None)
    said = interrupted = False
    while True:
        try:
            if not said and not interrupted:
                connection.sendall(frame(framing.GO))
                said = True
            for tag, payload in found:
                if tag == framing.OUT:
                    write_all(1, payload)
                elif tag == framing.ERR:
                    write_all(2, payload)
                elif tag == framing.EXIT:
                    return 130 if interrupted else int(payload)
            data = connection.recv(1 << 20)
            if not data and not said:
                return 130  # it heard no GO
            if not data:
                raise BrokenOffError(request)
            found = frames.feed(data)
        except KeyboardInterrupt:
            if interrupted:
                return 130
            interrupted = True
            found = []
            connection.shutdown(_socket.SHUT_WR)
        except BrokenPipeError:
            return PIPE_CLOSED if said else None  # who reads our output is gone; or the server, before GO
        except (OSError, framing.FrameError):
            if not said and not interrupted:
                return None
            raise BrokenOffError(request) from None


PIPE_CLOSED = 141  # as the shell reports a program that a closed pipe ended


def write_all(stream: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(stream, view) :]
