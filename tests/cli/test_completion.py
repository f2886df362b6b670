"""Completion as shells ask for it: bash for real; zsh and fish where they are installed, else what they would get."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import dark, made

from dark_cli.commands.completion import SCRIPTS, cut

BIN = str(Path(sys.executable).parent)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("completion") / "shop")
    for words in (
        ("http", "GET", "/hello/:name", '"Hello ${name}"'),
        ("http", "GET", "/help", "if true then 1 else 2"),
        ("fn", "Shop::total(a: Int) -> Int", "a"),
        ("type", "Note = { text: String }"),
        ("db", "Notes", "Note"),
        ("worker", "mail", "event"),
    ):
        assert dark(folder, "insert", *words).code == 0
    return folder


def offered(shop: Path, *words: str) -> list[str]:
    return dark(shop, "complete", "fish", "--", *words).out.splitlines()


def test_commands_come_first(shop: Path) -> None:
    assert offered(shop, "und") == ["undo\tTake your last edit back, or the one that you name"]
    assert offered(shop, "--ve") == ["--version"]
    assert "complete" not in [line.partition("\t")[0] for line in offered(shop, "")]


def test_addresses_and_paths(shop: Path) -> None:
    assert offered(shop, "show", "GET:/hel") == ["GET:/hello/:name", "GET:/help"]
    assert offered(shop, "--canvas", ".", "show", "worker") == ["worker:mail"]
    assert offered(shop, "show", "GET:/help#body.t") == ["GET:/help#body.then"]
    assert offered(shop, "show", "GET:/hello/:name#body.") == [
        "GET:/hello/:name#body.parts.0",
        "GET:/hello/:name#body.parts.1",
    ]
    assert offered(shop, "show", "GET:/none#body.") == []


def test_options_of_the_command(shop: Path) -> None:
    assert offered(shop, "undo", "--") == ["--as", "--canvas", "--dry-run", "--expect", "--help", "--json", "--strict"]
    assert "--after" in offered(shop, "db", "ls", "--")


def test_names(shop: Path) -> None:
    assert offered(shop, "insert", "wo") == ["worker", "worker:mail"]
    assert offered(shop, "insert", "http", "P") == ["POST", "PUT", "PATCH"]
    assert offered(shop, "db", "get", "N") == ["Notes-v0"]
    assert offered(shop, "ls", "fn") == ["fn"]
    assert offered(shop, "completion", "z") == ["zsh"]
    assert "List::map" in offered(shop, "docs", "List::ma")
    assert "Shop::total_v0" in offered(shop, "uses", "Shop")


def test_without_a_canvas_there_are_commands(tmp_path: Path) -> None:
    assert offered(tmp_path / "none", "undo") == ["undo\tTake your last edit back, or the one that you name"]
    assert offered(tmp_path / "none", "show", "G") == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dark", ["dark"]),
        ("dark ", ["dark", ""]),
        ("dark show  GET:/h", ["dark", "show", "GET:/h"]),
        ("dark show 'GET:/a b", ["dark", "show", "GET:/a b"]),
        ('dark insert fn "F::f(a: Int)" ', ["dark", "insert", "fn", "F::f(a: Int)", ""]),
    ],
)
def test_a_line_is_cut_as_the_shell_does(line: str, words: list[str]) -> None:
    assert cut(line) == words


def in_shell(shell: str, shop: Path, script: str) -> list[str]:
    done = subprocess.run(
        [shell, *(["--norc", "--noprofile"] if shell == "bash" else []), "-c", script],
        cwd=shop,
        capture_output=True,
        text=True,
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(shop), "DARK_CANVAS": str(shop)},
        timeout=30,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dark und", ["undo"]),
        # bash cuts words at colons and replaces what stands after the last one.
        ("dark show GET:/hel", ["/hello/:name", "/help"]),
        ("dark show GET:/hello/:n", ["name"]),
        ("dark show wor", ["worker:mail"]),
        ("dark nothing-like-that x", []),
    ],
)
def test_bash(shop: Path, line: str, expected: list[str]) -> None:
    asked = f"COMP_LINE='{line}' COMP_POINT={len(line)}\n_dark\n"
    script = f"{SCRIPTS['bash']}\n{asked}printf '%s\\n' \"${{COMPREPLY[@]}}\""
    assert in_shell("bash", shop, script) == expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish(shop: Path) -> None:
    script = f"{SCRIPTS['fish']}\ncomplete --do-complete 'dark show GET:/hel'"
    assert in_shell("fish", shop, script) == ["GET:/hello/:name", "GET:/help"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh(shop: Path) -> None:
    shims = "compdef() { }; compadd() { shift 2; print -l ${(P)1}; }"
    script = f"{shims}\n{SCRIPTS['zsh']}\nwords=(dark show GET:/hel); CURRENT=3; _dark"
    assert in_shell("zsh", shop, script) == ["GET:/hello/:name", "GET:/help"]


@pytest.mark.parametrize("shell", sorted(SCRIPTS))
def test_each_script_asks_for_its_own_shell(tmp_path: Path, shell: str) -> None:
    script = dark(tmp_path, "completion", shell).out
    assert f"dark complete {shell} -- " in script
    assert "2>/dev/null" in script


def test_words_of_an_option(shop: Path) -> None:
    assert offered(shop, "check", "--format", "") == ["text", "lines", "json"]
    assert offered(shop, "check", "--format", "l") == ["lines"]
    assert "--strict" in [line.partition("\t")[0] for line in offered(shop, "check", "--")]
    assert offered(shop, "type", "Shop::") == ["Shop::total_v0"]
