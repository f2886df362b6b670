"""Every warm command, run by a server and by the shell's own process, on copies of one canvas: the same bytes, the same
exit code, the same state afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import dark, made

from dark_cli.commands.table import COMMANDS, HIDDEN

DARK = str(Path(sys.executable).parent / "dark")
START = 1_700_000_000

SETUP = (
    ("insert", "type", "Note = { text: String, done: Bool }"),
    ("insert", "type", "Shape = Circle(Float) | Square(Float)"),
    ("insert", "db", "Notes", "Note"),
    ("insert", "fn", "Shop::total(a: Int, b: Int) -> Int", "a + b"),
    ("insert", "http", "GET", "/hello/:name", '"Hello ${name}"'),
    ("insert", "http", "GET", "/sum", "let total = Shop::total(1, 2)\nlet twice = total * 2\n[total, twice, ?more]"),
    ("insert", "http", "GET", "/first", 'List::head_v0(["a", "b"])'),
    ("insert", "worker", "mail", "event.to"),
    ("insert", "cron", "nightly", "every 1h", "()"),
    ("insert", "repl", "scratch", "{ a: 1, b: nobody }"),
    ("insert", "test", "adds", "Shop::total(1, 2) == 3"),
    ("insert", "http", "GET", "/gone", '"gone"'),
    ("delete", "GET:/gone"),
    ("db", "set", "Notes", "tea", '{ text: "buy tea", done: false }'),
)

# In order: each command works on what those before it left.
COMMAND_LINES: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("ls",),
    ("ls", "http", "--json"),
    ("ls", "nothing-like-that"),
    ("show", "GET:/sum"),
    ("show", "GET:/sum", "--ids"),
    ("show", "GET:/sum", "--plain"),
    ("show", "GET:/sum", "--json"),
    ("show", "GET:/none"),
    ("show", "--no-such-option"),
    ("show", "--help"),
    ("find", "total"),
    ("find", "total", "--json"),
    ("find", "--code", "?a + ?b"),
    ("docs",),
    ("docs", "List::map"),
    ("docs", "Shop::total", "--json"),
    ("docs", "Nothing::like_that"),
    ("log",),
    ("log", "GET:/sum", "--json"),
    ("log", "--limit", "2"),
    ("trash",),
    ("trash", "--json"),
    ("holes",),
    ("holes", "--json"),
    ("marks",),
    ("marks", "repl:scratch", "--json"),
    ("type", "Shop::total"),
    ("type", "GET:/sum"),
    ("type", "GET:/sum#body.body.value.args.0", "--json"),
    ("type", "worker:mail"),
    ("type", "GET:/none"),
    ("uses", "Shop::total"),
    ("uses", "Shop::total", "--json"),
    ("uses", "GET:/sum#body.pattern"),
    ("callers", "Shop::total"),
    ("callers", "Shop::total", "--json"),
    ("deps", "GET:/sum", "--deep"),
    ("deps", "GET:/sum", "--json"),
    ("conflicts",),
    ("versions", "Shop::total"),
    ("versions", "Shop::total", "--json"),
    ("outdated",),
    ("outdated", "--json"),
    ("run", "1 + 2"),
    ("run", "-1"),
    ("run", "Shop::total", "1", "-3"),
    ("run", "GET:/hello/:name", "ada", "--json"),
    ("run", "GET:/sum"),
    ("run", "1 + true"),
    ("db", "ls"),
    ("db", "ls", "Notes"),
    ("db", "get", "Notes", "tea", "--json"),
    ("db", "get", "Notes", "none"),
    ("db", "set", "Notes", "milk", '{ text: "milk", done: true }'),
    ("db", "delete", "Notes", "milk"),
    ("db", "count", "Notes"),
    ("complete", "bash", "--", "dark show GET:/h"),
    ("complete", "zsh", "--", "show", "GET:/sum#body."),
    ("complete", "fish", "--", "st"),
    ("complete", "bash", "--", "dark check --format l"),
    ("insert", "http", "GET", "/new", '"new"'),
    ("insert", "http", "GET", "/json", "{ a: 1 }", "--json"),
    ("insert", "http", "GET", "/dry", '"dry"', "--dry-run"),
    ("insert", "http", "GET", "/strict", "?", "--strict"),
    ("replace-node", "GET:/hello/:name#body.parts.0", '"Good evening, "'),
    ("replace-node", "GET:/hello/:name#body.parts.9", "1"),
    ("replace-node", "GET:/new#body", "(("),
    ("undo",),
    ("redo",),
    ("undo", "--json"),
    ("undo", "no-such-thing"),
    ("fill", "GET:/sum#hole", "-7"),
    ("retarget", "GET:/sum#body.value", "Op::multiply"),
    ("undo",),
    ("set", "GET:/new", "doc", "What is new."),
    ("rename", "Shop::total", "Shop::sum"),
    ("wrap", "GET:/new#body", "[?it]"),
    ("insert", "GET:/new#body.items", "1", "--last"),
    ("insert", "GET:/new#body.items", "2", "--last"),
    ("transpose", "GET:/new#body.items.0"),
    ("move", "GET:/new#body.items.0", "GET:/new#body.items", "--last"),
    ("copy", "GET:/new#body.items.0", "GET:/new#body.items", "--first"),
    ("split", "GET:/new#body.items.1"),
    ("undo",),
    ("insert", "http", "GET", "/nested", "[[1], 2, [3, 4]]"),
    ("slurp", "GET:/nested#body.items.0"),
    ("barf", "GET:/nested#body.items.0"),
    ("join", "GET:/nested#body.items.0"),
    ("raise", "GET:/nested#body.items.0"),
    ("splice", "GET:/new#body"),
    ("extract", "GET:/sum#body.body.value", "Shop::double"),
    ("extract", "GET:/hello/:name#body", "greeting", "--let"),
    ("inline", "GET:/sum#body"),
    ("rewrite", "?a * 2", "?a + ?a"),
    ("accept", "GET:/new"),
    ("abandon", "GET:/new"),
    ("resolve", "GET:/new", "base"),
    ("actions", "GET:/sum#body"),
    ("actions", "repl:scratch#body.fields.1.value"),
    ("insert", "http", "GET", "/fits", "Shop::sum(?first, 1 + ?second)"),
    ("holes", "GET:/fits"),
    ("actions", "GET:/fits#hole", "--json"),
    ("apply", "-"),
    ("delete", "GET:/new"),
    ("restore", "GET:/new"),
    ("restore", "nothing"),
    ("trash", "GET:/sum"),
    ("trash", "GET:/sum", "--json"),
    ("restore", "GET:/sum#zzzzzzzzzzzzzzzz"),
    ("restore",),
    ("diff", "ffffffffffff"),
    ("log", "--limit", "3", "--json"),
    ("trace", "list"),
    ("trace", "list", "GET:/sum", "--json"),
    ("trace", "show", "last"),
    ("trace", "list", "--status", "6xx"),
    ("trace", "delete"),
    ("ls", "--404"),
    ("locks",),
    ("locks", "--json"),
    ("unlock", "GET:/sum", "--reason", "nobody needs it"),
    ("toggle", "create", "GET:/nested#body", "shape", "--new", "[]"),
    ("toggle", "create", "GET:/nested#body", "shape"),
    ("toggle", "rollout", "shape", "12.5"),
    ("toggle", "rollout", "shape", "101"),
    ("toggle", "allow", "shape", "ada", "bob", "--json"),
    ("toggle", "when", "shape", "subject == 1"),
    ("toggle", "off", "shap"),
    ("toggle", "finish", "shape", "--prune"),
    ("nonsense",),
)

STDIN = b"insert http GET /applied '1'\nset GET:/applied doc 'by apply'\n"

# What is measured, and what differs by nature: how an edit was made known, and the ids of diffs, which hold a random
# request id. The lengths of those do not differ.
_MEASURED = re.compile(
    rb"(?:live|recorded) in [\d.]+ ms|\"(?:milliseconds|microseconds|live|time)\": [\w.]+|[0-9a-f]{8,64}"
    rb"| +[\d.]+ (?:\xc2\xb5s|ms)|\d\d-\d\d \d\d:\d\d|at [k-z]{6}[k-z]*"
)


def environment(nth: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "DARK_AUTHOR": "ada@example.com",
        "DARK_TEST_PATIENCE": "30",
        "DARK_TEST_TIME": str(START + nth),
        "DARK_TEST_SEED": str(nth + 1),
    }


def by_server(folder: Path, nth: int, *words: str) -> tuple[int, bytes, bytes]:
    stdin = STDIN if "-" in words else b""
    done = subprocess.run(
        [DARK, *words], cwd=folder, input=stdin, capture_output=True, env=environment(nth), timeout=60
    )
    return done.returncode, _settled(folder, done.stdout), _settled(folder, done.stderr)


def by_shell(folder: Path, nth: int, *words: str) -> tuple[int, bytes, bytes]:
    """As the shell's own process does it, but in this one, since starting a hundred of them takes long."""
    stdin = STDIN if "-" in words else b""
    done = dark(folder, *words, stdin=stdin, author="ada@example.com", variables=environment(nth))
    return done.code, _settled(folder, done.out.encode()), _settled(folder, done.err.encode())


def _settled(folder: Path, text: bytes) -> bytes:
    return _MEASURED.sub(b"*", text.replace(str(folder).encode(), b"~"))


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The canvas twice: the first is served, the second is not."""
    top = tmp_path_factory.mktemp("both")
    warm, cold = top / "warm" / "shop", top / "cold" / "shop"
    warm.parent.mkdir()
    made(warm)
    server = _serve(warm)
    try:
        for nth, words in enumerate(SETUP):
            code, out, err = by_server(warm, 100 + nth, *words)
            assert code == 0, (words, out, err)
    finally:
        _end(server)
    shutil.copytree(warm, cold, ignore=shutil.ignore_patterns("serve.sock", "serving", "*.sock"))
    server = _serve(warm)
    yield warm, cold
    _end(server)


def _serve(folder: Path) -> subprocess.Popen[bytes]:
    server = subprocess.Popen(
        [DARK, "serve", "--port", "0"], cwd=folder, env=environment(0), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    limit = time.monotonic() + 20
    while not (folder / ".dark" / "serve.sock").exists():
        assert server.poll() is None, server.communicate()[0]
        assert time.monotonic() < limit
        time.sleep(0.01)
    return server


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=20)


def test_both_ways_give_the_same(copies: tuple[Path, Path]) -> None:
    warm, cold = copies
    differing = []
    for nth, words in enumerate(COMMAND_LINES):
        one, other = by_server(warm, 1000 + nth, *words), by_shell(cold, 1000 + nth, *words)
        if one != other or one[0] == 70 or b"Traceback" in one[2]:
            differing.append((words, one, other))
    assert not differing
    assert by_shell(warm, 1, "export") == by_shell(cold, 1, "export")


@pytest.mark.parametrize("words", [("ls",), ("show", "GET:/sum"), ("undo", "--dry-run"), ("run", "-1"), ("nonsense",)])
def test_a_process_of_its_own_gives_the_same(copies: tuple[Path, Path], words: tuple[str, ...]) -> None:
    _, cold = copies
    assert by_server(cold, 5000, *words) == by_shell(cold, 5000, *words)  # nobody serves this one


def test_each_warm_command_is_among_them() -> None:
    tried = {words[0] for words in COMMAND_LINES}
    warm = {name for name, entry in (COMMANDS | HIDDEN).items() if entry.warm}
    assert warm - tried <= {"live"}  # which a shell sends to a server, and nobody else
