"""Sockets between processes of one user on one host, in a canvas's `.dark` folder.

Must not know what travels over them. Invariant: only the user that a socket belongs to is heard.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

PATH_LIMIT = 107  # bytes of a socket's path that the kernel takes


@contextlib.contextmanager
def reachable(folder: Path, name: str) -> Iterator[str]:
    """A path to the socket `name` that is short enough for the kernel: in a deep canvas, through the open folder."""
    path = folder / name
    if len(os.fsencode(path)) <= PATH_LIMIT:
        yield str(path)
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{name}"
    finally:
        os.close(opened)


def is_own(connection: socket.socket) -> bool:
    """Whether the other end runs as our user. Where the system does not say, the 0700 folder has to do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(uid == os.geteuid())


def receive_exactly(connection: socket.socket, count: int) -> bytes:
    """Waits for so many bytes. Raises EOFError if the other end closes before."""
    held = bytearray()
    while len(held) < count:
        piece = connection.recv(min(1 << 20, count - len(held)))
        if not piece:
            raise EOFError("the other end closed the connection")
        held += piece
    return bytes(held)
