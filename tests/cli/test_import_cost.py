"""What a command may import: nothing but the bare minimum where a server runs it; one command module where not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from dark_cli.commands.table import COMMANDS, HIDDEN
from runtime.serving.commands import CommandSocket

DARK = str(Path(sys.executable).parent / "dark")


def imported(folder: Path, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", DARK, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "DARK_AUTHOR": "ada"},
        timeout=30,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_a_command_that_a_server_runs_imports_next_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "canvas.toml").write_text("")
    commands = CommandSocket(SimpleNamespace(folder=tmp_path), lambda _host, _request, _reply: 0)
    assert commands.open()
    try:
        modules = imported(tmp_path, "ls")
    finally:
        commands.close()
    bare = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        timeout=30,
    ).stderr
    bare_modules = {line.rpartition("|")[2].strip() for line in bare.splitlines()}
    assert modules - bare_modules == {
        *("__future__", "_socket", "runtime", "runtime.framing"),
        *("dark_cli", "dark_cli.authorship", "dark_cli.commands", "dark_cli.commands.table"),
        *("dark_cli.entry", "dark_cli.warm"),
    }


def test_a_cold_command_imports_one_command_module(tmp_path: Path) -> None:
    script = "import sys; from dark_cli.executing import run_cold; run_cold(sys.argv[1:]); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script, "completion", "bash"], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    modules = set(done.stdout.splitlines()[-1].split())
    ours = {entry.module for entry in (*COMMANDS.values(), *HIDDEN.values())}
    assert {each for each in ours if f"dark_cli.commands.{each}" in modules} == {"completion"}
    heavy = {"runtime.hosting", "dark_lang.stdlib", "dark_lang.nodes.expressions", "apsw", "uvicorn", "asyncio", "json"}
    assert not modules & heavy
