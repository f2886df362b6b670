"""What a shell says when its server goes away, or its person loses patience, in the middle of a command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from in_process import dark as dark_here
from in_process import made

from dark_cli.warm import relay
from dark_lang.nodes import toplevels as top
from dark_lang.stdlib import standard_library
from runtime import framing
from runtime.framing import Frames, frame
from runtime.hosting import Host
from runtime.serving.commands import CommandSocket, Reply, Request

DARK = str(Path(sys.executable).parent / "dark")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return made(tmp_path / "shop")


def start(folder: Path, *words: str, patience: str = "30") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [DARK, *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "DARK_AUTHOR": "ada", "DARK_TEST_PATIENCE": patience},
    )


def leave_after_go(folder: Path, act: Callable[[bytes], None]) -> threading.Thread:
    """A server that takes one command, does `act` with its request id, and is gone."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / ".dark" / "serve.sock"))
    listener.listen()

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.settimeout(30)
            cutter, frames = Frames(), []
            while not frames or frames[-1][0] != framing.END:
                frames += cutter.feed(connection.recv(65536))
            connection.sendall(frame(framing.ACCEPTED))
            assert cutter.feed(connection.recv(100)) == [(framing.GO, b"")]
            act(next(payload for tag, payload in frames if tag == framing.REQUEST))
        (folder / ".dark" / "serve.sock").unlink()

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_an_edit_that_was_recorded_is_found_and_not_made_again(shop: Path) -> None:
    def record(request: bytes) -> None:
        host = Host.open(shop, library=standard_library())
        host.edit(
            lambda draft, _: draft.create_toplevel(top.Secret(draft.fresh(), 1, "", "stripe")),
            author="ada",
            command="insert secret stripe",
            request=request,
        )

    thread = leave_after_go(shop, record)
    out, err = start(shop, "insert", "http", "GET", "/x", "1").communicate(timeout=30)
    thread.join()
    assert out == b""
    assert b"the edit was recorded" in err
    assert dark_here(shop, "ls").out.split()[1:] == ["secret:stripe"]


def test_an_edit_that_was_not_recorded_is_not_made_either(shop: Path) -> None:
    thread = leave_after_go(shop, lambda _: None)
    client = start(shop, "insert", "http", "GET", "/x", "1")
    _, err = client.communicate(timeout=30)
    thread.join()
    assert client.returncode == 7
    assert b"no edit was recorded" in err
    assert "nothing yet" in dark_here(shop, "ls").out


def test_a_server_that_does_not_answer_is_not_waited_for(shop: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(shop / ".dark" / "serve.sock"))
        listener.listen()
        begun = time.monotonic()
        client = start(shop, "insert", "http", "GET", "/x", "1", patience="")
        client.communicate(timeout=30)
        assert client.returncode == 0
        assert time.monotonic() - begun >= 0.2
    assert "GET:/x" in dark_here(shop, "ls").out


def test_ctrl_c_cancels_what_a_server_has_not_recorded_yet(shop: Path) -> None:
    begun, seen = threading.Event(), []

    def execute(_host: object, _request: Request, reply: Reply) -> int:
        begun.set()
        limit = time.monotonic() + 30
        while not reply.cancelled() and time.monotonic() < limit:
            time.sleep(0.002)
        seen.append(reply.cancelled())
        reply.err(b"dark: interrupted; nothing was changed\n")
        return 130

    commands = CommandSocket(SimpleNamespace(folder=shop), execute)
    assert commands.open()
    try:
        client = start(shop, "ls")
        assert begun.wait(30)
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=30)
    finally:
        commands.close()
    assert (client.returncode, seen) == (130, [True])
    assert err == b"dark: interrupted; nothing was changed\n"


class InterruptedAfterGo:
    """A connection on which Ctrl-C falls between the server's hearing GO and our knowing that it was said."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.settimeout, self.recv, self.shutdown = connection.settimeout, connection.recv, connection.shutdown

    def sendall(self, data: bytes) -> None:
        self._connection.sendall(data)
        raise KeyboardInterrupt


def test_ctrl_c_as_go_is_said_waits_for_what_the_server_says(capfd: pytest.CaptureFixture[str]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(frame(framing.ERR, b"interrupted\n") + frame(framing.EXIT, b"130"))
        assert relay(InterruptedAfterGo(ours), Frames(), [], b"r" * 16) == 130
        assert theirs.recv(100) == frame(framing.GO) and theirs.recv(1) == b""
    assert capfd.readouterr().err == "interrupted\n"


def test_a_server_that_leaves_before_go_ran_nothing() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        assert relay(ours, Frames(), [], b"r" * 16) is None


def test_ctrl_c_without_a_server(shop: Path) -> None:
    assert dark_here(shop, "insert", "http", "GET", "/x", "1").code == 0
    client = start(shop, "log", "--follow")
    try:
        assert client.stdout is not None
        client.stdout.readline()  # it follows by now
        client.send_signal(signal.SIGINT)
        _, err = client.communicate(timeout=30)
    finally:
        client.kill()
    assert (client.returncode, err) == (130, b"")


def test_a_closed_pipe_ends_quietly(shop: Path) -> None:
    done = subprocess.run(
        f"{DARK} --help | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=shop,
        capture_output=True,
        timeout=30,
    )
    assert done.stderr == b""
    assert done.stdout.startswith(b"dark COMMAND")
