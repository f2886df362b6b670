"""Which process of a host owns a canvas's rows, and how the others have it write for them.

The owner holds a lock on `data/owner`, which the system releases when it dies, however it dies, and listens on a
socket in `.dark`. Must not know what is in a commit's rows. Invariants: at most one process writes the rows; a batch
that is sent again after a break is written once.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from dark_lang.errors import CanvasError, WireError
from dark_lang.wire import decode_plain, encode_plain
from runtime.data.commits import (
    Commit,
    Outcome,
    commit_from_plain,
    commit_to_plain,
    outcome_from_plain,
    outcome_to_plain,
)
from runtime.data.committing import OwnerGone
from runtime.local_sockets import is_own, reachable, receive_exactly

log = logging.getLogger(__name__)

LOCK = "owner"
SOCKET = "data.sock"
LARGEST_FRAME = 1 << 30
ANSWER_SECONDS = 30.0

Submit = Callable[[Commit, Callable[[Outcome], None]], None]


class Ownership:
    """The lock. Raises CanvasError when the data folder cannot be made."""

    def __init__(self, data: Path) -> None:
        self._path = data / LOCK
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Whether this process is the owner, now or already."""
        if self._file is not None:
            return True
        try:
            self._path.parent.mkdir(exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CanvasError(
                f"the data of this canvas cannot be written: {error}",
                suggestion="look at the permissions of the canvas's folder",
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _send(connection: socket.socket, plain: object) -> None:
    payload = encode_plain(plain)
    connection.sendall(struct.pack(">I", len(payload)) + payload)


def _receive(connection: socket.socket) -> object:
    """Raises EOFError at the end, WireError for bytes that are not ours."""
    (length,) = struct.unpack(">I", receive_exactly(connection, 4))
    if length > LARGEST_FRAME:
        raise WireError(f"a frame claims {length} bytes")
    return decode_plain(receive_exactly(connection, length))


class Desk:
    """The owner's side: takes batches from the other processes, each of which has a thread here."""

    def __init__(self, dark: Path, submit: Submit) -> None:
        self._dark = dark
        self._submit = submit
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._closed = False

    def open(self) -> None:
        """Raises OSError. A socket that an owner left when it died is replaced."""
        self._dark.mkdir(mode=0o700, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with reachable(self._dark, SOCKET) as path:
            Path(path).unlink(missing_ok=True)
            listener.bind(path)
            Path(path).chmod(0o600)
            listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="dark data desk", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        if self._listener is not None:
            with reachable(self._dark, SOCKET) as path, contextlib.suppress(OSError):
                Path(path).unlink()
            # shutdown wakes the thread in accept(), which close alone does not.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while not self._closed:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if not is_own(connection):
                connection.close()
                continue
            self._connections.add(connection)
            threading.Thread(target=self._hear, args=(connection,), name="dark data", daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with connection:
            try:
                while not self._closed:
                    plain = _receive(connection)
                    if type(plain) is not list:
                        raise WireError("a batch is a list")
                    _send(connection, self._judge([commit_from_plain(item) for item in plain]))
            except (EOFError, OSError):
                pass  # the process at the other end has gone; what it sent stands
            except WireError as error:
                log.warning("a process sent no commits to the owner of the rows: %s", error)
            finally:
                self._connections.discard(connection)

    def _judge(self, commits: list[Commit]) -> list[object]:
        outcomes: list[object] = [None] * len(commits)
        left = threading.Semaphore(0)

        def settle(nth: int, outcome: Outcome) -> None:
            outcomes[nth] = outcome_to_plain(outcome)
            left.release()

        for nth, commit in enumerate(commits):
            self._submit(commit, partial(settle, nth))
        for _ in commits:
            left.acquire()
        return outcomes


class Remote:
    """Another process's way to the owner."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    def reach(cls, dark: Path) -> Remote | None:
        """None if nobody listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(ANSWER_SECONDS)
            with reachable(dark, SOCKET) as path:
                connection.connect(path)
        except OSError:
            connection.close()
            return None
        if not is_own(connection):
            connection.close()
            return None
        return cls(connection)

    def write(self, batch: Sequence[Commit], _passed_on: Collection[int] = ()) -> list[Outcome]:
        """Raises OwnerGone. To the owner, all that comes this way is passed on."""
        try:
            _send(self._connection, [commit_to_plain(commit) for commit in batch])
            plain = _receive(self._connection)
        except (OSError, EOFError, WireError) as error:
            raise OwnerGone(str(error)) from error
        if type(plain) is not list:
            raise OwnerGone("the owner answered something else than outcomes")
        return [outcome_from_plain(item) for item in plain]

    def close(self) -> None:
        self._connection.close()
