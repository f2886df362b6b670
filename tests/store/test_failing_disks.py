"""A disk that is full, or cannot be written: exit 7, nothing half written, and the snapshot before stays."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desks import Desk, contents

from dark_lang.errors import CanvasError
from runtime.store import files


def refuse(desk: Desk, handler: int) -> CanvasError:
    """The error of an edit that must change nothing."""
    before, names = contents(desk.host), sorted(path.name for path in desk.diff_files())
    with pytest.raises(CanvasError) as caught:
        desk.set(handler, 99)
    assert caught.value.exit_code == 7
    assert contents(desk.host) == before
    assert sorted(path.name for path in desk.diff_files()) == names
    left = {path.name for path in (desk.folder / "diffs" / ".tmp").glob("*")} - {"journal"}
    assert not left
    return caught.value


def test_a_file_limit_as_a_full_disk(desk: Desk) -> None:
    """Of another process, since the limit cannot be raised again in one that gave up the right to."""
    desk.handler("a", 1)
    script = (
        "import resource, sys; from pathlib import Path; from desks import Desk, contents\n"
        "from dark_lang.errors import CanvasError\n"
        "desk = Desk(Path(sys.argv[1])); before = contents(desk.host)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))\n"
        "try: desk.handler('b' * 300)\n"
        "except CanvasError as error: print(error.exit_code, contents(desk.host) == before)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    for limit in (0, 10, 300):
        words = [sys.executable, "-c", script, str(desk.folder), str(limit)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout == "7 True\n"
    assert len(desk.diff_files()) == 1
    assert not {path.name for path in (desk.folder / "diffs" / ".tmp").iterdir()} - {"journal"}
    assert len(Desk(desk.folder).host.canvas.entries) == 1


@pytest.mark.parametrize("call", ["fsync", "write", "open"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_whatever_fails_while_writing(desk: Desk, monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    handler = desk.handler("a", 1)
    real = getattr(os, call)
    calls = []

    def failing(*args: object, **named: object) -> object:
        is_ours = call != "open" or (isinstance(args[1], int) and args[1] & os.O_CREAT)
        if is_ours:
            calls.append(args)
            raise OSError(code, os.strerror(code))
        return real(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, call, failing)
        assert os.strerror(code) in refuse(desk, handler).message
    assert len(calls) == 1, "what failed is not tried again"
    desk.set(handler, 2)
    assert Desk(desk.folder).value(handler) == 2


def test_a_short_write_is_a_full_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = desk.handler("a", 1)
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "write", lambda handle, data: real(handle, data[: len(data) // 2]))
        refuse(desk, handler)
    desk.set(handler, 2)
    assert Desk(desk.folder).value(handler) == 2


def test_a_file_where_the_staging_folder_should_be(desk: Desk) -> None:
    handler = desk.handler("a", 1)
    shutil.rmtree(desk.folder / "diffs" / ".tmp")
    (desk.folder / "diffs" / ".tmp").write_text("")
    before = contents(desk.host)
    with pytest.raises(CanvasError) as caught:
        desk.set(handler, 2)
    assert caught.value.exit_code == 7 and contents(desk.host) == before


def test_caches_that_cannot_be_written_cost_only_time(desk: Desk) -> None:
    handler = desk.handler("a", 1)
    shutil.rmtree(desk.folder / ".dark")
    (desk.folder / ".dark").write_text("")
    other = Desk(desk.folder)
    other.set(handler, 2)
    assert other.host.save() is False
    other.host.close()
    assert Desk(desk.folder).value(handler) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write(desk: Desk) -> None:
    handler = desk.handler("a", 1)
    for path in (desk.folder / "diffs", desk.folder / "diffs" / ".tmp"):
        path.chmod(0o500)
    try:
        before = contents(desk.host)
        with pytest.raises(CanvasError):
            desk.set(handler, 2)
        assert contents(desk.host) == before
    finally:
        for path in (desk.folder / "diffs", desk.folder / "diffs" / ".tmp"):
            path.chmod(0o700)
