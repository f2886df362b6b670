from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from desks import Desk, contents

from benchmarks.canvases import build
from runtime.diagnosing import diagnose
from runtime.store import packs
from runtime.store.problems import ProblemKind


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of 16 numbers."""
    for module in (packs, __import__("runtime.store.packing", fromlist=["RANGE"])):
        monkeypatch.setattr(module, "RANGE", 16)


@pytest.fixture
def long(tmp_path: Path, short: None) -> Desk:
    """A canvas of 100 diffs."""
    build(tmp_path / "long", handlers=10, diffs=100, packed=False)
    return Desk(tmp_path / "long")


def test_packs_hold_what_the_loose_files_held(long: Desk) -> None:
    before = contents(long.host)
    log = [entry.id for entry in long.host.log()]
    done = long.host.pack()
    # 1 to 15, then 16 each up to 95; 96 to 100 stay, because their range is not over.
    assert len(done.packs) == 6 and done.loose_removed == 95 and len(long.diff_files()) == 5
    for desk in (long, Desk(long.folder)):
        assert contents(desk.host) == before and desk.host.problems == ()
        assert [entry.id for entry in desk.host.log()] == log
    shutil.rmtree(long.folder / ".dark")
    fresh = Desk(long.folder)
    assert contents(fresh.host) == before and [entry.id for entry in fresh.host.log()] == log
    assert fresh.host.pack().packs == ()
    assert diagnose(long.folder).problems == ()


def test_edits_and_undo_go_on_over_packs(long: Desk) -> None:
    first = next(iter(long.host.canvas.entries))
    long.host.pack()
    again = Desk(long.folder)
    changed = again.host.log(toplevel=first)
    assert len(list(changed)) == 10
    oldest = list(again.host.log())[-1]
    again.host.restore_at(oldest.id.hex(), author="ada")
    assert sum(entry.alive for entry in again.host.canvas.entries.values()) == 1


def test_clones_that_pack_on_their_own_make_the_same_packs(long: Desk, tmp_path: Path) -> None:
    clone = Desk(shutil.copytree(long.folder, tmp_path / "clone"))
    assert long.host.pack().packs == clone.host.pack().packs


def test_packs_of_two_clones_become_one_when_it_holds_both(long: Desk, tmp_path: Path) -> None:
    """Each has, in a range that is over, diffs that the other lacks."""
    clone = Desk(shutil.copytree(long.folder, tmp_path / "clone"))
    for desk, name in ((long, "mine"), (clone, "theirs")):
        for nth in range(20):
            desk.handler(f"{name}{nth}", nth)
        desk.host.pack()
    shutil.copytree(clone.folder / "diffs", long.folder / "diffs", dirs_exist_ok=True)
    long.host.refresh()
    both = contents(long.host)
    assert {"GET:/mine0", "GET:/theirs0"} <= set(long.host.canvas.labels())
    done = long.host.pack()
    assert done.packs_removed == 2
    starts = [name[:12] for name in sorted(path.name for path in (long.folder / "diffs" / "packs").iterdir())]
    assert len(starts) == len(set(starts))
    assert contents(Desk(long.folder).host) == both


def test_readers_are_never_without_a_diff_while_others_pack(long: Desk) -> None:
    expected = contents(long.host)
    wrong: list[object] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            shutil.rmtree(long.folder / ".dark", ignore_errors=True)
            desk = Desk(long.folder)
            found = contents(desk.host)
            if found != expected or desk.host.problems:
                wrong.append((len(found), desk.host.problems))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    packer = Desk(long.folder)
    for _ in range(3):
        packer.host.pack()
        unpack(long.folder)
        packer.host.refresh()
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert contents(packer.host) == expected and packer.host.problems == ()


def test_what_is_unpacked_between_two_listings_is_read(long: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout of what was before the packing."""
    expected = contents(long.host)
    long.host.pack()
    shutil.rmtree(long.folder / ".dark")
    listed, done = os.listdir, []

    def listdir(folder: Path) -> list[str]:
        names = listed(folder)
        if Path(folder).name == "diffs" and not done:
            done.append(folder)
            unpack(long.folder)
        return names

    monkeypatch.setattr(os, "listdir", listdir)
    assert contents(Desk(long.folder).host) == expected


def unpack(canvas: Path) -> None:
    """As a checkout may: loose files in the place of packs."""
    diffs = canvas / "diffs"
    for path in sorted((diffs / "packs").iterdir()):
        for start, data in packs.split(path.read_bytes()):
            (diffs / f".{start}").write_bytes(data)
            (diffs / f".{start}").rename(diffs / _loose_name(data))
        path.unlink()


def _loose_name(data: bytes) -> str:
    from dark_lang import wire
    from runtime.store.files import DiffRef, diff_file

    return diff_file(DiffRef(wire.decode_diff(data).lamport, wire.diff_id(data)))


def test_a_killed_packer_leaves_both_and_the_next_one_finishes(long: Desk) -> None:
    before = contents(long.host)
    kept = {path.name: path.read_bytes() for path in long.diff_files()}
    long.host.pack()
    for name, data in kept.items():
        (long.folder / "diffs" / name).write_bytes(data)
    again = Desk(long.folder)
    assert contents(again.host) == before
    assert [entry.lamport for entry in again.host.log()] == list(range(100, 0, -1))
    assert again.host.pack().loose_removed == 95
    assert contents(Desk(long.folder).host) == before


def test_a_damaged_pack_is_named_and_what_is_sound_in_it_is_saved(long: Desk, later: Callable[[], None]) -> None:
    before = contents(long.host)
    long.host.pack()
    bad = min((long.folder / "diffs" / "packs").iterdir())
    data = bytearray(bad.read_bytes())
    data[-1] ^= 1  # the last of its fifteen diffs
    bad.write_bytes(data)
    later()
    found = diagnose(long.folder)
    assert (f"diffs/packs/{bad.name}", ProblemKind.CORRUPT) in {(each.file, each.kind) for each in found.problems}
    assert len(found.problems) == 2, "and the first of those that wait for what is in it"
    repaired = diagnose(long.folder, repair=True)
    assert repaired.is_sound and not bad.exists()
    names = [path.name for path in long.diff_files()]
    assert len([name for name in names if int(name[:12]) < 16]) == 14
    # Number 15 is lost here, and all later ones wait for it, until a clone brings it back.
    waiting = Desk(long.folder)
    assert {problem.kind for problem in waiting.host.problems} == {ProblemKind.WAITING}
    start = [nth for nth, _ in packs.split(bytes(data))][-1]
    data[-1] ^= 1
    lost = bytes(data[start:])
    (long.folder / "diffs" / _loose_name(lost)).write_bytes(lost)
    assert contents(Desk(long.folder).host) == before
    waiting.host.refresh()
    assert contents(waiting.host) == before


def test_a_truncated_pack_may_still_be_on_its_way(long: Desk, tmp_path: Path) -> None:
    before = contents(long.host)
    long.host.pack()
    arriving = min((long.folder / "diffs" / "packs").iterdir())
    data = arriving.read_bytes()
    clone = shutil.copytree(long.folder, tmp_path / "clone")
    shutil.rmtree(clone / ".dark")
    target = clone / "diffs" / "packs" / arriving.name
    target.write_bytes(data[:50])
    desk = Desk(clone)
    assert desk.host.canvas.labels() == [] and ProblemKind.CORRUPT not in {each.kind for each in desk.host.problems}
    target.write_bytes(data)
    desk.host.refresh()
    assert contents(desk.host) == before and desk.host.problems == ()
