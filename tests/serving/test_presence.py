"""An edit is live when every serving process has bound it; those that have not are named, those that died are not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from runtime.serving.presence import Presence

FIRST = SimpleNamespace(lamport=1, frontier=(b"a" * 32,))
SECOND = SimpleNamespace(lamport=2, frontier=(b"b" * 32,))
OTHER = SimpleNamespace(lamport=2, frontier=(b"c" * 32,))

ANOTHER_PROCESS = """
import sys
from pathlib import Path
from types import SimpleNamespace
from runtime.serving.presence import Presence
presence = Presence(Path(sys.argv[1]))
for line in sys.stdin:
    lamport, letter = line.split()
    presence.note(SimpleNamespace(lamport=int(lamport), frontier=(letter.encode() * 32,)))
    print("noted", flush=True)
"""


class Another:
    def __init__(self, dark: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", ANOTHER_PROCESS, str(dark)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def note(self, bound: SimpleNamespace) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(bound.lamport, bound.frontier[0][:1].decode(), file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "noted\n"

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Another]:
    process = Another(tmp_path)
    yield process
    process.close()


def test_nobody_else_is_waited_for(tmp_path: Path) -> None:
    presence = Presence(tmp_path)
    presence.note(FIRST)
    assert presence.laggards(SECOND, 5.0) == ()
    presence.close()
    assert list((tmp_path / "serving").iterdir()) == []


def test_a_process_that_has_not_come_so_far_is_named(tmp_path: Path, another: Another) -> None:
    another.note(FIRST)
    presence = Presence(tmp_path)
    begun = time.monotonic()
    assert presence.laggards(SECOND, 0.05) == (f"process {another.process.pid}",)
    assert time.monotonic() - begun >= 0.05
    another.note(SECOND)
    assert presence.laggards(SECOND, 5.0) == ()
    presence.close()


def test_as_many_edits_are_not_the_same_edits(tmp_path: Path, another: Another) -> None:
    another.note(OTHER)
    presence = Presence(tmp_path)
    assert presence.laggards(SECOND, 0.01) != ()
    presence.close()


def test_a_process_that_was_killed_is_forgotten(tmp_path: Path, another: Another) -> None:
    another.note(FIRST)
    another.close()
    assert (tmp_path / "serving" / str(another.process.pid)).exists()
    presence = Presence(tmp_path)
    assert presence.laggards(SECOND, 5.0) == ()
    assert [path.name for path in (tmp_path / "serving").iterdir()] == [str(os.getpid())]
    presence.close()


def test_a_full_disk_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presence = Presence(tmp_path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        presence.note(FIRST)
    presence.note(SECOND)
    assert [path.read_bytes()[:12] for path in (tmp_path / "serving").iterdir()] == [b"000000000002"]
    presence.close()


def test_where_nothing_can_be_written_it_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "dark").write_text("no folder")
    presence = Presence(tmp_path / "dark")
    presence.note(FIRST)
    assert presence.laggards(FIRST, 5.0) == ()
    presence.close()
