"""`make demo`: the main job, on a copy of a sample canvas.

Serves the copy, asks it, edits it three times with structural commands, asks again after each, and prints what changed
and how long it took from the start of the command to an answer by the new code. Then it keeps serving, unless
DEMO_ONCE=1. Knows nothing of our modules: it does what a person at a shell would do.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
DARK = str(Path(sys.executable).parent / "dark")
SAMPLE = "hello"
EDITS = (
    ("/hello/ada", ["replace-node", "GET:/hello/:name#body.parts.0", '"Good evening, "']),
    ("/hello/bob", ["wrap", "GET:/hello/:name#body", 'if String::startsWith(name, "a") then ?it else "Who?"']),
    ("/now/live", ["insert", "http", "GET", "/now/:word", "{ word: word, shout: String::toUppercase(word) }"]),
)
BOLD, DIM, GREEN, PLAIN = ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("",) * 4


def free_port() -> int:
    """8000 if nobody has it, else any."""
    for wanted in (8000, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("demo: no free port on the loopback address")


def ask(port: int, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return str(response.read().decode())
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.reason}"


def wait_until_up(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"demo: the server ended with exit code {server.returncode}")
        try:
            ask(port, "/_dark/health")
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("demo: the server did not come up within 20 seconds")


def spell(command: list[str]) -> str:
    return " ".join(word if word.replace("-", "").isalnum() else f"'{word}'" for word in ["dark", *command])


def show_edit(canvas: Path, port: int, path: str, command: list[str]) -> None:
    before = ask(port, path)
    started = time.perf_counter()
    done = subprocess.run([DARK, *command], cwd=canvas, capture_output=True, text=True, check=False)
    after = ask(port, path)
    took = (time.perf_counter() - started) * 1000
    if done.returncode != 0:
        raise SystemExit(f"demo: {spell(command)} ended with exit code {done.returncode}:\n{done.stderr}")
    print(f"\n{BOLD}$ {spell(command)}{PLAIN}")
    print(f"  {DIM}GET {path}{PLAIN}")
    print(f"  {DIM}before{PLAIN}  {before}")
    print(f"  {DIM}after{PLAIN}   {after}")
    print(f"  {GREEN}{took:.0f} ms{PLAIN} {DIM}from the start of the command to this answer{PLAIN}")


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="dark-demo-"))
    canvas = folder / SAMPLE
    shutil.copytree(HERE / SAMPLE, canvas, ignore=shutil.ignore_patterns("data", ".dark"))
    port = free_port()
    server = subprocess.Popen([DARK, "serve", "--port", str(port)], cwd=canvas, stdout=subprocess.DEVNULL)
    try:
        wait_until_up(port, server)
        print(f"{BOLD}A copy of sample_canvases/{SAMPLE} is live at http://localhost:{port}{PLAIN}")
        print(f"  {DIM}{canvas}{PLAIN}")
        for path, command in EDITS:
            show_edit(canvas, port, path, command)
        if os.environ.get("DEMO_ONCE") == "1":
            return
        print(f"\n{BOLD}Still serving.{PLAIN} In another shell, try:")
        print(f"  source {Path(DARK).parent / 'activate'}")
        print(f"  cd {canvas}")
        print("  dark ls")
        print(f"  dark undo && curl http://localhost:{port}/now/live")
        print(f"{DIM}Ctrl-C ends it.{PLAIN}", flush=True)
        server.wait()
    except KeyboardInterrupt:
        print()
    finally:
        server.terminate()
        server.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
