from __future__ import annotations

import itertools
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from desks import Desk

from runtime import watching
from runtime.watching import Watcher


def wait_for(desk: Desk, handler: int, value: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while desk.value(handler) != value:
        assert time.monotonic() < deadline, "nobody noticed"
        time.sleep(0.002)


def test_what_another_process_writes_arrives(desk: Desk) -> None:
    handler = desk.handler("a", 0)
    other = Desk(desk.folder)
    watcher = Watcher(desk.host)
    watcher.start()
    try:
        for value in range(1, 6):
            other.set(handler, value)
            wait_for(desk, handler, value)
    finally:
        watcher.stop()


def test_without_events_a_look_now_and_then_finds_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = desk.handler("a", 0)

    def no_watches(*_: object, **__: object) -> object:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watching, "watch", no_watches)
    monkeypatch.setattr(watching, "RESCAN_SECONDS", 0.05)
    watcher = Watcher(desk.host)
    watcher.start()
    try:
        Desk(desk.folder).set(handler, 1)
        wait_for(desk, handler, 1)
    finally:
        watcher.stop()


def test_packs_and_files_that_change_in_place_are_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    handler = desk.handler("a", 0)
    clone = Desk(shutil.copytree(desk.folder, tmp_path / "clone"))
    clone.set(handler, 1)
    arriving = clone.diff_files()[-1]
    monkeypatch.setattr(watching, "RESCAN_SECONDS", 0.05)
    watcher = Watcher(desk.host)
    watcher.start()
    try:
        target = desk.folder / "diffs" / arriving.name
        data = arriving.read_bytes()
        with target.open("wb") as file:
            for at in range(0, len(data), 50):
                file.write(data[at : at + 50])
                file.flush()
                time.sleep(0.02)
        wait_for(desk, handler, 1)
        assert desk.host.problems == ()
    finally:
        watcher.stop()


def test_a_folder_that_is_taken_away_returns(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    handler = desk.handler("a", 0)
    monkeypatch.setattr(watching, "RESCAN_SECONDS", 0.05)
    watcher = Watcher(desk.host)
    watcher.start()
    try:
        (desk.folder / "diffs").rename(tmp_path / "elsewhere")
        deadline = time.monotonic() + 10
        while desk.host.canvas.labels():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        shutil.copytree(tmp_path / "elsewhere", desk.folder / "diffs", dirs_exist_ok=True)
        deadline = time.monotonic() + 10
        while not desk.host.canvas.labels():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert desk.value(handler) == 0
    finally:
        watcher.stop()


def test_a_server_has_its_cache_written_by_another_process(desk: Desk) -> None:
    handler = desk.handler("a", 0)
    desk.host.save()
    image = desk.folder / ".dark" / "image"
    before = image.stat().st_mtime_ns
    desk.host.save_aside()
    for value in range(1, 70):
        desk.set(handler, value)
    assert image.stat().st_mtime_ns == before
    desk.host.save_aside()
    desk.host.save_aside()  # one at a time
    deadline = time.monotonic() + 20
    while image.stat().st_mtime_ns == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    desk.host.close()
    again = Desk(desk.folder)
    assert again.value(handler) == 69 and not again.host.save(only_if_worthwhile=True)


def test_while_many_ask_it_wakes_up_less_often_and_still_finds_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = desk.handler("a", 0)
    monkeypatch.setattr(watching, "RESCAN_SECONDS", 0.05)
    steps: list[int] = []
    watch = watching.watch

    def noting(*args: Any, **options: Any) -> Any:
        steps.append(options["step"])
        return watch(*args, **options)

    monkeypatch.setattr(watching, "watch", noting)
    asked = itertools.count(0, 1_000_000)
    done = 0

    def requests() -> int:
        nonlocal done
        done = next(asked) if many else done
        return done

    many = True
    other = Desk(desk.folder)
    watcher = Watcher(desk.host, requests=requests)
    watcher.start()
    try:
        for value, wanted in ((1, True), (2, False), (3, True)):
            many = wanted
            deadline = time.monotonic() + 10
            while watcher.is_busy is not wanted:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            other.set(handler, value)
            wait_for(desk, handler, value)
    finally:
        watcher.stop()
    assert steps[0] < steps[1] and set(steps) == {steps[0], steps[1]}
