"""Several processes on one store: nothing acknowledged is lost, and all see the same program."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from desks import Desk, contents

from runtime.diagnosing import diagnose
from runtime.store.problems import ProblemKind

_WRITER = Path(__file__).with_name("writer.py")


def start(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, str(_WRITER), str(folder), name, str(count)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def acknowledged(output: str) -> set[str]:
    # A line that was cut off in the middle was never said.
    return {line for line in output.splitlines() if len(line) == 64}


@pytest.mark.parametrize("writers", [8, pytest.param(100, marks=pytest.mark.full)])
def test_kill_9_loses_nothing_that_was_acknowledged(folder: Path, writers: int) -> None:
    chance = random.Random(9)
    said: set[str] = set()
    for batch in range(0, writers, 8):
        running = [start(folder, f"w{nth}", 100_000) for nth in range(batch, min(batch + 8, writers))]
        for process in running:
            assert process.stdout is not None
            said.add(process.stdout.readline().strip())
        for process in running:
            time.sleep(chance.uniform(0.0, 0.05))
            process.send_signal(signal.SIGKILL)
        for process in running:
            assert process.stdout is not None
            # Not communicate(): it loses the lines that came along with the one that was read before.
            said |= acknowledged(process.stdout.read())
            process.communicate()
    present = {path.name[13:77] for path in (folder / "diffs").glob("*.cbor")}
    assert len(said) > writers and said <= present
    found = diagnose(folder)
    assert {problem.kind for problem in found.problems} <= {ProblemKind.LEFTOVER}
    assert found.diffs == len(present)
    desk = Desk(folder)
    assert len(contents(desk.host)) == writers
    desk.handler("after")


@pytest.mark.parametrize(("writers", "diffs"), [(4, 25), pytest.param(16, 100, marks=pytest.mark.full)])
def test_many_at_once_lose_nothing_and_agree(folder: Path, writers: int, diffs: int) -> None:
    running = [start(folder, f"w{nth}", diffs) for nth in range(writers)]
    said = []
    for process in running:
        assert process.stdout is not None
        said += [line.strip() for line in iter(process.stdout.readline, "done\n")]
    assert len(set(said)) == writers * (diffs - 1)
    seen = {process.communicate("go\n")[0].strip() for process in running}
    desk = Desk(folder)
    assert seen == {sha256(repr(sorted(contents(desk.host).items())).encode()).hexdigest()}
    assert len(desk.diff_files()) == writers * diffs
    assert [entry.lamport for entry in desk.host.log()] == list(range(writers * diffs, 0, -1))  # one line, no forks
