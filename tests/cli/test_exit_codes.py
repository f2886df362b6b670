"""What a command ends with, and what it says then: one line, details, what to do; never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import dark, made

from dark_cli.commands import canvas_listing
from dark_cli.workspace import Terminal
from runtime.store import inbox


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = made(tmp_path / "shop")
    assert dark(folder, "insert", "http", "GET", "/hello/:name", '"Hello ${name}"').code == 0
    return folder


def test_done(shop: Path) -> None:
    done = dark(shop, "ls")
    assert (done.code, done.err) == (0, "")
    assert "GET:/hello/:name" in done.out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["check"], 0, ""),
        (["nonsense"], 2, "there is no command"),
        (["statsu"], 2, "did you mean dark status?"),
        (["show"], 2, "Missing argument"),
        (["show", "--nope", "GET:/hello/:name"], 2, "No such option"),
        (["--nope", "ls"], 2, "there is no option `--nope`"),
        (["log", "--limit", "many"], 2, "many"),
        (["show", "GET:/helo/:name"], 3, "GET:/hello/:name"),
        (["show", "GET:/hello/:name#body.nowhere"], 3, "nowhere"),
        (["show", "\x00\U0010ffff"], 3, ""),
        (["undo", "ffffffff"], 3, "ffffffff"),
        (["insert", "http", "GET", "/x", "?", "--strict"], 6, "--strict"),
        (["run", "1 + true"], 1, ""),
        (["db", "get", "Nothing", "k"], 3, "no datastore"),
        (["restore"], 2, "restore what"),
    ],
)
def test_codes(shop: Path, words: list[str], code: int, says: str) -> None:
    done = dark(shop, *words)
    assert (done.code, says in done.err) == (code, True), done
    assert "Traceback" not in done.err
    assert all(len(line) <= 160 for line in done.err.splitlines())


def test_a_check_that_finds_something_fails(shop: Path) -> None:
    assert dark(shop, "insert", "http", "GET", "/x", "[?missing, nobody]").code == 0
    done = dark(shop, "check")
    assert done.code == 1
    assert "hole ?missing" in done.out
    assert "unknown name nobody" in done.out
    assert [mark["kind"] for mark in json.loads(dark(shop, "check", "--json").out)["found"]] == ["hole", "unknown"]


def test_no_canvas(tmp_path: Path) -> None:
    done = dark(tmp_path, "ls")
    assert done.code == 7
    assert "canvas.toml" in done.err
    assert "dark new" in done.err


def test_a_newer_format_is_refused_by_both_versions(shop: Path) -> None:
    path = shop / "canvas.toml"
    path.write_text(path.read_text().replace("format = 1", "format = 7"))
    done = dark(shop, "ls")
    assert done.code == 7
    assert "7" in done.err
    assert "1" in done.err


def test_a_stale_guard(shop: Path) -> None:
    first = json.loads(dark(shop, "log", "--json").out)[0]["diff"]
    assert dark(shop, "replace-node", "GET:/hello/:name#body", '"Hi"', author="bob").code == 0
    done = dark(shop, "replace-node", "GET:/hello/:name#body", '"Ho"', "--expect", first)
    assert done.code == 5
    assert "bob" in done.err


def test_an_undo_of_what_others_changed_names_them(shop: Path) -> None:
    assert dark(shop, "replace-node", "GET:/hello/:name#body", '"Hi"').code == 0
    assert dark(shop, "replace-node", "GET:/hello/:name#body", '"Ho"', author="bob").code == 0
    done = dark(shop, "undo")
    assert done.code == 5
    assert "bob" in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_canvas(shop: Path) -> None:
    (shop / "diffs").chmod(0o500)
    try:
        done = dark(shop, "insert", "http", "GET", "/x", "1")
    finally:
        (shop / "diffs").chmod(0o700)
    assert done.code == 7


def test_corruption(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "STILL_SECONDS", 0.0)
    diff = next((shop / "diffs").glob("*.cbor"))
    diff.write_bytes(b"\xff" * 100)
    done = dark(shop, "doctor")
    assert done.code == 8
    assert f"{diff.name[:21]}….cbor" in done.out
    assert json.loads(dark(shop, "doctor", "--json").out)["problems"][0]["file"] == f"diffs/{diff.name}"
    repaired = dark(shop, "doctor", "--repair")
    assert repaired.code == 0
    assert f"moved diffs/{diff.name[:21]}….cbor to diffs/.bad\n" in repaired.out
    assert max(map(len, (done.out + repaired.out).splitlines())) <= 80
    assert dark(shop, "doctor").code == 0


def test_our_own_fault(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("over nothing")

    monkeypatch.setattr(canvas_listing, "show_table", breaks)
    done = dark(shop, "ls")
    assert done.code == 70
    assert done.err.count("\n") == 1
    assert "ZeroDivisionError: over nothing" in done.err
    (crash,) = (shop / ".dark").glob("crash-*.txt")
    assert str(crash) in done.err
    assert "Traceback" in crash.read_text()


def test_errors_as_json(shop: Path) -> None:
    done = dark(shop, "show", "GET:/none", "--json")
    assert done.out == ""
    report = json.loads(done.err)
    assert report["exit"] == 3
    assert report["error"]


def test_numbers_below_zero_are_no_options(shop: Path) -> None:
    assert dark(shop, "run", "-1").out == "-1\n"
    assert dark(shop, "run", "--json", "-1").out == "-1\n"
    assert dark(shop, "replace-node", "GET:/hello/:name#body", "-5", "--json").code == 0
    assert dark(shop, "show", "GET:/hello/:name#body").out == "-5\n"
    assert dark(shop, "run", "--", "-5 + 1").out == "-4\n"
    assert dark(shop, "run", "-x").code == 2


def test_standard_input_is_read_for_a_dash(shop: Path) -> None:
    assert dark(shop, "run", "-", stdin=b"1 +\n 1").out == "2\n"


def test_global_options_stand_anywhere(shop: Path) -> None:
    for words in (["--json", "ls"], ["ls", "--json"], ["--as", "bob", "ls", "--json"]):
        assert json.loads(dark(shop, *words).out)[0]["address"] == "GET:/hello/:name"
    assert dark(shop.parent, "ls", f"--canvas={shop}", variables={"DARK_CANVAS": ""}).code == 0
    assert dark(shop, "insert", "http", "GET", "/x", "1", "--as", "bob").code == 0
    assert "bob" in dark(shop, "log", "--limit", "1").out


def test_colour_is_for_terminals_that_want_it(shop: Path) -> None:
    terminal = Terminal(stdout=True)
    assert "\033[" in dark(shop, "ls", terminal=terminal).out
    assert "\033[" not in dark(shop, "ls", terminal=terminal, variables={"NO_COLOR": "1"}).out
    assert "\033[" not in dark(shop, "ls", terminal=terminal, variables={"TERM": "dumb"}).out
    assert "\033[" not in dark(shop, "ls").out
    assert "\033[" not in dark(shop, "show", "GET:/none", terminal=terminal).err
    assert "\033[" in dark(shop, "show", "GET:/none", terminal=Terminal(stderr=True)).err


def test_dark_alone_shows_where_to_begin(shop: Path) -> None:
    inside = dark(shop)
    assert inside.code == 0
    assert "dark serve" in inside.out
    outside = dark(shop.parent, variables={"DARK_CANVAS": "/nonexistent"})
    assert "dark new shop" in outside.out


def test_help_fits_eighty_columns(shop: Path) -> None:
    for words in (["--help"], ["show", "--help"], ["insert", "--help"], ["db", "--help"], ["help", "undo"]):
        done = dark(shop, *words)
        assert done.code == 0, words
        assert max(map(len, done.out.splitlines())) <= 80, words


IN_TWO = """
import sys
import runtime.halving, runtime.marking
from in_process import dark
from pathlib import Path
runtime.halving.WORTHWHILE = runtime.marking.WORTHWHILE = 2
done = dark(Path(sys.argv[1]), "check")
sys.stdout.buffer.write(done.out.encode())
sys.exit(done.code)
"""


def test_two_processes_find_what_one_finds(shop: Path) -> None:
    for nth in range(6):
        assert dark(shop, "insert", "http", "GET", f"/two{nth}", '"${1}${nobdy}" ++ ?it').code == 0
    alone = dark(shop, "check")
    # In a process of its own, which has one thread: no other is forked.
    words = [sys.executable, "-c", IN_TWO, str(shop)]
    both = subprocess.run(words, capture_output=True, cwd=Path(__file__).parent, check=False)
    assert (both.returncode, both.stdout.decode()) == (alone.code, alone.out)
    assert alone.code == 1


def test_thousands_of_marks_far_down_are_told_briefly(shop: Path) -> None:
    """Their paths would have had thousands of steps each, and `check` and `marks` seemed to hang."""
    steps = "".join(f"let a{nth} = 1\n" for nth in range(2_000))
    assert dark(shop, "insert", "http", "GET", "/steps", f"{steps}2").code == 0
    done = dark(shop, "check", "--format", "lines")
    lines = [line for line in done.out.splitlines() if ": unused: " in line]
    assert (done.code, len(lines)) == (0, 2_000)
    assert max(map(len, lines)) < 400
    deepest = lines[-1].partition(": ")[0]
    assert dark(shop, "show", deepest, "--plain").out.strip() == "a1999"
