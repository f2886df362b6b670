"""The bytes between the `dark` command and a server of its canvas: tagged, counted frames.

Imports nothing, because the shell's side pays for every import on each command; must not know what the frames mean to
either side. Invariant: a frame is one letter, four bytes of length and that many bytes, so a reader never guesses.

    client                                       server
    VERSION REQUEST ARGUMENT* VARIABLE* … END
                                                 ACCEPTED (or REFUSED: nothing was run, nor will be)
    GO
                                                 OUT* ERR* EXIT

The server runs nothing before it has read GO, and the client sends GO only for an ACCEPTED that came in time: so a
client that gave up and runs the command itself can be sure that nobody else does.
"""

from __future__ import annotations

PROTOCOL = 1
RELEASE = "0.1.0"  # of this package; a server of another release refuses, and the command runs in its own process
SOCKET = "serve.sock"  # in the canvas's .dark folder
PATH_LIMIT = 107  # bytes of a socket's path that the kernel takes

VERSION = b"v"  # "1 0.1.0"
REQUEST = b"r"  # 16 bytes, by which the edit can be found again in the log
ARGUMENT = b"a"
VARIABLE = b"e"  # NAME=value, of the listed environment
AUTHOR = b"u"
TERMINAL = b"t"  # columns, rows, and three digits: whether stdin, stdout, stderr are terminals
STDIN = b"i"
FILE = b"f"  # the word on the command line, a zero byte, the contents
END = b"."
GO = b"g"

ACCEPTED = b"A"
REFUSED = b"R"
OUT = b"O"
ERR = b"E"
EXIT = b"X"

HEAD = 5
LARGEST = 1 << 28


class FrameError(Exception):
    """The bytes are no frames of ours."""


def frame(tag: bytes, payload: bytes = b"") -> bytes:
    return tag + len(payload).to_bytes(4, "big") + payload


class Frames:
    """Cuts what arrives into frames: feed it bytes, take what is complete."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """The frames that `data` completes, as (tag, payload). Raises FrameError if one claims an absurd length."""
        held = self._held
        held += data
        found = []
        start = 0
        while len(held) - start >= HEAD:
            length = int.from_bytes(held[start + 1 : start + HEAD], "big")
            if length > LARGEST:
                raise FrameError(f"a frame claims {length} bytes")
            end = start + HEAD + length
            if len(held) < end:
                break
            found.append((bytes(held[start : start + 1]), bytes(held[start + HEAD : end])))
            start = end
        del held[:start]
        return found
