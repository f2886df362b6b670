"""The warm path by itself: the real client in its own process, the real socket, a command that tells what it got."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime import framing
from runtime.framing import Frames, frame
from runtime.serving.commands import PATIENCE, CommandSocket, Execute, Reply, Request, read_request

DARK = str(Path(sys.executable).parent / "dark")


@contextlib.contextmanager
def listening(folder: Path, execute: Execute) -> Iterator[CommandSocket]:
    commands = CommandSocket(SimpleNamespace(folder=folder), execute)
    assert commands.open()
    try:
        yield commands
    finally:
        commands.close()


@pytest.fixture
def canvas(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "canvas.toml").write_text('name = "shop"\nid = "00112233445566778899aabbccddeeff"\nformat = 1\n')
    return folder


def dark(folder: Path, *words: str, stdin: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "DARK_AUTHOR": "ada",
        "DARK_TEST_PATIENCE": "30",
        "OTHER": "x",
    } | variables
    return subprocess.run([DARK, *words], cwd=folder, input=stdin, capture_output=True, env=environment, timeout=30)


def test_a_command_is_run_by_the_server_with_all_that_it_needs(canvas: Path) -> None:
    heard: list[Request] = []

    def execute(_host: object, request: Request, reply: Reply) -> int:
        heard.append(request)
        reply.out(b"out\n")
        reply.err(b"err\n")
        return 6

    with listening(canvas, execute):
        done = dark(canvas, "show", "-", "-1", "é", stdin=b"text", DARK_X="1", NO_COLOR="1")
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 6)
    (request,) = heard
    assert request.argv == ["show", "-", "-1", "é"]
    assert request.environment == {"DARK_AUTHOR": "ada", "DARK_TEST_PATIENCE": "30", "DARK_X": "1", "NO_COLOR": "1"}
    assert (request.author, request.stdin, len(request.id)) == ("ada", b"text", 16)
    assert (request.columns, request.rows, request.terminals) == (80, 24, (False, False, False))


def test_file_arguments_travel_as_contents(canvas: Path, tmp_path: Path) -> None:
    files: list[dict[str, bytes]] = []

    def execute(_host: object, request: Request, _reply: Reply) -> int:
        files.append(request.files)
        return 0

    (tmp_path / "edits.txt").write_bytes(b"\x00\xff")
    with listening(canvas, execute):
        assert dark(canvas, "apply", "../edits.txt", "../none.txt").returncode == 0
    assert files == [{"../edits.txt": b"\x00\xff"}]


def test_only_the_user_can_reach_the_socket(canvas: Path) -> None:
    with listening(canvas, lambda _host, _request, _reply: 0):
        path = canvas / ".dark" / "serve.sock"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.exists()


def test_a_canvas_may_lie_deeper_than_a_socket_path_may_be_long(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    (folder / "canvas.toml").write_text("")

    def execute(_host: object, _request: Request, reply: Reply) -> int:
        reply.out(b"deep\n")
        return 0

    with listening(folder, execute):
        assert dark(folder, "ls").stdout == b"deep\n"


def test_a_second_server_leaves_the_socket_to_the_first(canvas: Path) -> None:
    with listening(canvas, lambda _host, _request, _reply: 5):
        assert CommandSocket(SimpleNamespace(folder=canvas), lambda _host, _request, _reply: 0).open() is False
        assert dark(canvas, "ls").returncode == 5


def test_a_socket_that_a_killed_server_left_is_taken_over(canvas: Path) -> None:
    (canvas / ".dark").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(canvas / ".dark" / "serve.sock"))
    with listening(canvas, lambda _host, _request, _reply: 5):
        assert dark(canvas, "ls").returncode == 5


def test_commands_run_one_at_a_time(canvas: Path) -> None:
    running, most = [0], [0]

    def execute(_host: object, _request: Request, _reply: Reply) -> int:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.01)
        running[0] -= 1
        return 0

    with listening(canvas, execute):
        callers = [threading.Thread(target=dark, args=(canvas, "ls")) for _ in range(6)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert most == [1]


def _connect(canvas: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(str(canvas / ".dark" / "serve.sock"))
    return connection


def _request(*words: str, release: str = framing.RELEASE) -> bytes:
    version = frame(framing.VERSION, f"{framing.PROTOCOL} {release}".encode())
    arguments = b"".join(frame(framing.ARGUMENT, word.encode()) for word in words)
    return version + arguments + frame(framing.END)


def test_nothing_runs_before_the_client_says_go(canvas: Path) -> None:
    ran: list[str] = []

    def execute(_host: object, request: Request, _reply: Reply) -> int:
        ran.append(request.argv[0])
        return 0

    with listening(canvas, execute):
        with _connect(canvas) as gives_up:
            gives_up.sendall(_request("first"))
            assert Frames().feed(gives_up.recv(100)) == [(framing.ACCEPTED, b"")]
        with _connect(canvas) as goes_on:
            goes_on.sendall(_request("second"))
            assert Frames().feed(goes_on.recv(100)) == [(framing.ACCEPTED, b"")]
            goes_on.sendall(frame(framing.GO))
            assert Frames().feed(goes_on.recv(100)) == [(framing.EXIT, b"0")]
    assert ran == ["second"]


def test_another_release_is_refused(canvas: Path) -> None:
    with listening(canvas, lambda _host, _request, _reply: 0), _connect(canvas) as connection:
        connection.sendall(_request("ls", release="9.9.9"))
        assert Frames().feed(connection.recv(100)) == [(framing.REFUSED, framing.RELEASE.encode())]


@pytest.mark.parametrize(
    "junk", [b"", b"GET / HTTP/1.1\r\n\r\n", b"v" + b"\xff" * 4, b"z\0\0\0\0.\0\0\0\0", b"t\0\0\0\1x.\0\0\0\0"]
)
def test_junk_does_not_stop_the_server(canvas: Path, junk: bytes) -> None:
    with listening(canvas, lambda _host, _request, _reply: 4):
        with _connect(canvas) as connection:
            connection.sendall(junk)
        assert dark(canvas, "ls").returncode == 4


def test_a_client_that_says_nothing_keeps_nobody_waiting(canvas: Path) -> None:
    with listening(canvas, lambda _host, _request, _reply: 4), _connect(canvas):
        assert dark(canvas, "ls").returncode == 4


def test_a_client_that_leaves_is_seen(canvas: Path) -> None:
    seen: list[bool] = []
    done = threading.Event()

    def execute(_host: object, _request: Request, reply: Reply) -> int:
        seen.append(reply.cancelled())
        limit = time.monotonic() + 30
        while not reply.cancelled() and time.monotonic() < limit:
            time.sleep(0.001)
        seen.append(reply.cancelled())
        done.set()
        return 0

    with listening(canvas, execute):
        with _connect(canvas) as connection:
            connection.sendall(_request("ls"))
            connection.recv(100)
            connection.sendall(frame(framing.GO))
            time.sleep(0.02)
        assert done.wait(30)
    assert seen == [False, True]


def test_large_output_arrives_whole(canvas: Path) -> None:
    text = bytes(range(256)) * 20_000

    def execute(_host: object, _request: Request, reply: Reply) -> int:
        for start in range(0, len(text), 100_000):
            reply.out(text[start : start + 100_000])
        return 0

    with listening(canvas, execute):
        assert dark(canvas, "ls").stdout == text


def test_a_failure_in_the_server_is_our_own_fault(canvas: Path) -> None:
    def execute(_host: object, _request: Request, _reply: Reply) -> int:
        raise ZeroDivisionError

    with listening(canvas, execute):
        done = dark(canvas, "ls")
    assert done.returncode == 70
    assert b"Traceback" not in done.stderr


def test_a_cut_request_is_no_request() -> None:
    with pytest.raises(framing.FrameError):
        read_request([(framing.TERMINAL, b"80")])
    with pytest.raises(framing.FrameError):
        Frames().feed(b"a\xff\xff\xff\xff")


def test_the_releases_agree() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'version = "{framing.RELEASE}"' in text


def test_a_client_that_is_slow_to_read_gets_all_and_keeps_nobody_waiting(canvas: Path) -> None:
    """`dark log | less`, say."""
    text = b"".join(b"%07d\n" % nth for nth in range(300_000))

    def execute(_host: object, request: Request, reply: Reply) -> int:
        if request.argv == ["log"]:
            for at in range(0, len(text), 50_000):
                reply.out(text[at : at + 50_000])
        return 3

    environment = {"PATH": os.environ["PATH"], "DARK_AUTHOR": "ada", "DARK_TEST_PATIENCE": "30"}
    with listening(canvas, execute):
        with subprocess.Popen([DARK, "log"], cwd=canvas, stdout=subprocess.PIPE, env=environment) as slow:
            assert slow.stdout is not None
            first = slow.stdout.read(8)
            time.sleep(PATIENCE / 2)
            assert dark(canvas, "ls").returncode == 3  # now, though nobody reads the other; else it would not end
            time.sleep(PATIENCE)
            assert first + slow.stdout.read() == text
        assert slow.returncode == 3


def test_who_says_nothing_is_let_go_at_the_end(canvas: Path) -> None:
    with listening(canvas, lambda _host, _request, _reply: 0):
        silent = _connect(canvas)
        assert dark(canvas, "ls").returncode == 0  # so that it has been taken
    with silent:
        silent.settimeout(30)
        assert silent.recv(1) == b""
    gc.collect()
