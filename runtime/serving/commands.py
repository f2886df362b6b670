"""The server's side of the warm path: runs shell commands in the process that has the canvas open (DESIGN 8.4).

Must not know any command, nor click: what a command does is `execute`, which whoever starts the server passes in.
Invariants: commands run one at a time, in one thread of their own; none runs before its client has said GO; whoever
connects is the user that the server runs as.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import selectors
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from runtime import framing
from runtime.framing import Frames, frame
from runtime.local_sockets import is_own, reachable

if TYPE_CHECKING:
    from runtime.hosting import Host

log = logging.getLogger(__name__)

STACK_BYTES = 512 * 1024 * 1024  # of address space: `run` takes guest code as deep as the server's own threads do
PATIENCE = 2.0  # seconds for a client to say GO


Laggards: TypeAlias = Callable[[float], tuple[str, ...]]
"""Waits for so many seconds at most until every serving process has bound the newest diff; those that have not."""


@dataclass(slots=True)
class Request:
    """A command as a client sent it. The server never opens a client's path: contents came along."""

    id: bytes = b""
    release: str = ""
    argv: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    author: str = ""
    columns: int = 80
    rows: int = 24
    terminals: tuple[bool, bool, bool] = (False, False, False)  # stdin, stdout, stderr
    stdin: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)


class Reply:
    """Where a command's output goes. Small outputs travel in one piece with the exit code. What a client is slow to
    take, since a pager shows it, waits here and then in a thread of its own, so that no other command waits for it."""

    def __init__(self, connection: socket.socket, laggards: Laggards, count: Callable[[], None]) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._held = bytearray()
        self.laggards = laggards
        self.count = count

    def out(self, data: bytes) -> None:
        self._write(framing.OUT, data)

    def err(self, data: bytes) -> None:
        self._write(framing.ERR, data)

    def cancelled(self) -> bool:
        """Whether the client has gone, or wants no more: it has closed its way to us."""
        waiting = select.poll()
        waiting.register(self._connection, select.POLLIN)
        try:
            return bool(waiting.poll(0)) and self._connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def finish(self, code: int) -> None:
        self._held += frame(framing.EXIT, str(code).encode())
        self._flush()
        if self._held:
            rest = (self._connection.dup(), bytes(self._held))
            threading.Thread(target=_send_rest, args=rest, name="dark reply", daemon=True).start()

    def _write(self, tag: bytes, data: bytes) -> None:
        self._held += frame(tag, data)
        if len(self._held) > 65536:
            self._flush()

    def _flush(self) -> None:
        try:
            while self._held:
                del self._held[: self._connection.send(self._held)]
        except BlockingIOError:
            pass  # the rest goes with what comes next
        except OSError:
            self._held.clear()  # the client has gone, and misses this; the command goes on, for what it appended stands


def _send_rest(connection: socket.socket, data: bytes) -> None:
    with connection, contextlib.suppress(OSError):
        connection.setblocking(True)
        connection.sendall(data)


Execute: TypeAlias = "Callable[[Host, Request, Reply], int]"
"""Runs one command and returns its exit code. What it raises is logged, and answered as exit code 70."""


def read_request(frames: list[tuple[bytes, bytes]]) -> Request:
    """Raises FrameError for what no client of ours sends."""
    request = Request()
    try:
        for tag, payload in frames:
            _take(request, tag, payload)
    except (ValueError, LookupError) as error:
        raise framing.FrameError(f"a request that cannot be read: {error}") from error
    return request


def _take(request: Request, tag: bytes, payload: bytes) -> None:
    if tag == framing.VERSION:
        protocol, _, request.release = payload.decode().partition(" ")
        if protocol != str(framing.PROTOCOL):
            request.release = ""
    elif tag == framing.REQUEST:
        request.id = payload
    elif tag == framing.ARGUMENT:
        request.argv.append(payload.decode("utf-8", "surrogateescape"))
    elif tag == framing.VARIABLE:
        name, _, value = payload.decode("utf-8", "surrogateescape").partition("=")
        request.environment[name] = value
    elif tag == framing.AUTHOR:
        request.author = payload.decode("utf-8", "replace")
    elif tag == framing.TERMINAL:
        columns, rows, flags = payload.decode().split()
        request.columns, request.rows = int(columns), int(rows)
        request.terminals = (flags[0] == "1", flags[1] == "1", flags[2] == "1")
    elif tag == framing.STDIN:
        request.stdin = payload
    elif tag == framing.FILE:
        word, _, contents = payload.partition(b"\0")
        request.files[word.decode("utf-8", "surrogateescape")] = contents
    else:
        raise framing.FrameError(f"a frame {tag!r} in a request")


class CommandSocket:
    """Listens on `.dark/serve.sock` of a canvas. `open` it once the canvas is served; `close` finishes what runs.
    `count` writes what this process has counted of its traffic, for a command that is to tell of it."""

    def __init__(
        self,
        host: Host,
        execute: Execute,
        laggards: Laggards = lambda _seconds: (),
        count: Callable[[], None] = lambda: None,
    ) -> None:
        self._host = host
        self._laggards = laggards
        self._count = count
        self._dark = host.folder / ".dark"
        self._execute = execute
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._wake, self._wake_far = os.pipe()
        self._closing = False
        self._inode = (0, 0)

    def open(self) -> bool:
        """Starts listening in a thread. False if another process already takes commands for this canvas, or if no
        socket can be made here; then they run in the shells' own processes."""
        try:
            return self._listen()
        except OSError as error:
            log.warning("commands of shells cannot be taken in %s: %s", self._dark, error)
            return False

    def _listen(self) -> bool:
        self._dark.mkdir(mode=0o700, exist_ok=True)
        with reachable(self._dark, framing.SOCKET) as path:
            if _is_answered(path):
                return False
            Path(path).unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # The mode is set before anybody can connect: bind makes the file, listen opens the door.
            listener.bind(path)
            Path(path).chmod(0o600)
            listener.listen(64)
            status = Path(path).stat()
            self._inode = (status.st_dev, status.st_ino)
        listener.setblocking(False)
        self._listener = listener
        self._thread = self._start_thread()
        return True

    def close(self) -> None:
        """Waits for the command that runs, if any, and removes the socket if it is still ours."""
        if self._thread is None:
            return
        self._closing = True
        os.write(self._wake_far, b".")
        self._thread.join()
        self._thread = None
        with reachable(self._dark, framing.SOCKET) as path, contextlib.suppress(OSError):
            status = Path(path).stat()
            if (status.st_dev, status.st_ino) == self._inode:
                Path(path).unlink()
        if self._listener is not None:
            self._listener.close()
        os.close(self._wake)
        os.close(self._wake_far)

    def _start_thread(self) -> threading.Thread:
        thread = threading.Thread(target=self._serve, name="dark commands", daemon=True)
        before = threading.stack_size(STACK_BYTES)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
        return thread

    def _serve(self) -> None:
        assert self._listener is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._closing:
                for key, _ in selector.select():
                    if key.fileobj is self._listener:
                        self._accept(selector)
                    elif isinstance(key.data, _Caller):
                        self._hear(selector, key.data)
            for key in selector.get_map().values():
                if isinstance(key.data, _Caller):  # has not said yet what it wants, and does it itself now
                    key.data.connection.close()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        assert self._listener is not None
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if not is_own(connection):
            connection.close()
            return
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ, _Caller(connection))

    def _hear(self, selector: selectors.BaseSelector, caller: _Caller) -> None:
        try:
            complete = caller.receive()
        except BlockingIOError:
            return
        except (OSError, EOFError, framing.FrameError) as error:
            log.debug("a command was not heard to its end: %s", error)
            complete = None
        if complete is False:
            return
        selector.unregister(caller.connection)
        with caller.connection:
            if complete:
                caller.connection.settimeout(PATIENCE)
                self._answer(caller)

    def _answer(self, caller: _Caller) -> None:
        connection = caller.connection
        try:
            request = read_request(caller.frames)
            if request.release != framing.RELEASE:
                connection.sendall(frame(framing.REFUSED, framing.RELEASE.encode()))
                return
            connection.sendall(frame(framing.ACCEPTED))
            if not caller.hear_go():
                return
        except (OSError, framing.FrameError) as error:
            log.debug("a command was not taken: %s", error)
            return
        reply = Reply(connection, self._laggards, self._count)
        try:
            code = self._execute(self._host, request, reply)
        except Exception:
            log.exception("a command failed in the server: %s", request.argv[:1])
            reply.err(b"dark: the server failed at this command; its log says more\n")
            code = 70
        reply.finish(code)


class _Caller:
    """One connection, until its request is complete."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.frames: list[tuple[bytes, bytes]] = []
        self._cutter = Frames()

    def receive(self) -> bool:
        """Takes what has arrived; True once END is there. Raises EOFError if the client has gone."""
        data = self.connection.recv(1 << 20)
        if not data:
            raise EOFError("the client closed the connection")
        for tag, payload in self._cutter.feed(data):
            if tag == framing.END:
                return True
            self.frames.append((tag, payload))
        return False

    def hear_go(self) -> bool:
        got = b""
        while len(got) < framing.HEAD:
            data = self.connection.recv(framing.HEAD - len(got))
            if not data:
                return False
            got += data
        return got == frame(framing.GO)


def _is_answered(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True
