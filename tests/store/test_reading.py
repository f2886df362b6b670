"""What the store makes of files: whole ones, half ones, others', nonsense."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from desks import EMPTY, Desk, contents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dark_lang import wire
from dark_lang.errors import CanvasError
from runtime.diagnosing import diagnose
from runtime.hosting import Host
from runtime.settings import create_canvas
from runtime.store.files import DiffRef, diff_file
from runtime.store.problems import ProblemKind


def kinds(host: Host) -> list[ProblemKind]:
    return [problem.kind for problem in host.problems]


def written(folder: Path, data: bytes, lamport: int = 1) -> Path:
    path = folder / "diffs" / diff_file(DiffRef(lamport, sha256(data).digest()))
    path.write_bytes(data)
    return path


def test_what_was_edited_is_there_after_opening_again(desk: Desk) -> None:
    first = desk.handler("a", 1)
    desk.set(first, 2)
    again = Desk(desk.folder)
    assert again.value(first) == 2
    assert contents(again.host) == contents(desk.host)


def test_the_caches_may_go_at_any_time(desk: Desk) -> None:
    first = desk.handler("a", 1)
    desk.host.save()
    shutil.rmtree(desk.folder / ".dark")
    desk.set(first, 2)
    shutil.rmtree(desk.folder / "diffs" / ".tmp")
    desk.set(first, 3)
    assert Desk(desk.folder).value(first) == 3


def test_a_half_copied_diff_is_waited_for(desk: Desk, tmp_path: Path) -> None:
    first = desk.handler("a", 1)
    clone = shutil.copytree(desk.folder, tmp_path / "clone")
    name = Desk(clone)
    name.set(first, 2)
    arriving = name.diff_files()[-1]
    data = arriving.read_bytes()
    target = desk.folder / "diffs" / arriving.name
    target.write_bytes(data[:40])
    assert desk.host.refresh() == frozenset()
    assert desk.host.problems == () and desk.value(first) == 1
    target.write_bytes(data)
    assert desk.host.refresh() == {first}
    assert desk.value(first) == 2


def test_what_came_before_a_scan_failed_is_not_forgotten(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.handler("a", 1)
    clone = Desk(shutil.copytree(desk.folder, tmp_path / "clone"))
    clone.set(first, 2)
    clone.set(first, 3)
    for path in clone.diff_files()[1:]:
        shutil.copy(path, desk.folder / "diffs")
    last = desk.diff_files()[-1]
    real, listed = os.listdir, []

    def listdir(folder: Path) -> list[str]:
        listed.append(folder)
        if len(listed) > 3:
            raise OSError(5, "Input/output error")
        if len(listed) == 3:
            last.unlink()  # listed, and gone when it is read: so everything is listed again
        return real(folder)

    monkeypatch.setattr(os, "listdir", listdir)
    with pytest.raises(CanvasError):
        desk.host.refresh()
    monkeypatch.undo()
    assert desk.value(first) == 2
    shutil.copy(clone.diff_files()[-1], desk.folder / "diffs")
    desk.host.refresh()
    assert desk.value(first) == 3


def test_one_that_stands_still_is_reported_and_the_rest_serves(desk: Desk, later: Callable[[], None]) -> None:
    first = desk.handler("a", 1)
    desk.set(first, 2)
    bad = desk.diff_files()[-1]
    whole = bad.read_bytes()
    bad.write_bytes(whole[:-3])
    other = Desk(desk.folder)
    assert other.value(first) == 1
    later()
    other.host.refresh()
    assert [(problem.file, problem.kind) for problem in other.host.problems] == [
        (f"diffs/{bad.name}", ProblemKind.CORRUPT)
    ]
    bad.write_bytes(whole)  # somebody copies it anew
    later()
    other.host.refresh()
    assert other.host.problems == () and other.value(first) == 2


def test_doctor_sets_aside_what_is_bad_and_nothing_else(desk: Desk, later: Callable[[], None]) -> None:
    first = desk.handler("a", 1)
    desk.set(first, 2)
    bad = desk.diff_files()[-1]
    bad.write_bytes(b"\xff" + bad.read_bytes())
    (desk.folder / "diffs" / "notes.txt").write_text("hello")
    later()
    found = diagnose(desk.folder)
    assert not found.is_sound and not found.moved and found.diffs == 1
    assert {problem.file for problem in found.problems} == {f"diffs/{bad.name}", "diffs/notes.txt"}
    repaired = diagnose(desk.folder, repair=True)
    assert repaired.is_sound and len(repaired.moved) == 2
    assert not bad.exists() and (desk.folder / dict(repaired.moved)[f"diffs/{bad.name}"]).exists()
    assert diagnose(desk.folder).problems == ()
    assert Desk(desk.folder).value(first) == 1


def test_a_diff_of_another_canvas_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.handler("a", 1)
    create_canvas(tmp_path / "other", "other")
    stranger = Desk(tmp_path / "other")
    stranger.handler("b", 1)
    shutil.copy(stranger.diff_files()[0], desk.folder / "diffs")
    before = contents(desk.host)
    desk.host.refresh()
    assert contents(desk.host) == before and kinds(desk.host) == [ProblemKind.FOREIGN]
    desk.handler("c", 3)  # and edits go on
    assert kinds(Desk(desk.folder).host) == [ProblemKind.FOREIGN]


def newer(data: bytes) -> bytes:
    """The same with a higher format number, which stands right behind the head of the array."""
    at = 1 if data[0] < 0x98 else 2
    assert data[at] <= wire.FORMAT
    return data[:at] + bytes([wire.FORMAT + 1]) + data[at + 1 :]


def test_a_newer_diff_is_refused_at_opening_and_ignored_while_serving(desk: Desk) -> None:
    first = desk.handler("a", 1)
    written(desk.folder, newer(desk.diff_files()[0].read_bytes()), 2)
    desk.host.refresh()
    assert kinds(desk.host) == [ProblemKind.NEWER] and desk.value(first) == 1
    with pytest.raises(CanvasError, match=f"{wire.FORMAT + 1}.*{wire.FORMAT}"):
        Host.open(desk.folder, library=EMPTY)


def test_a_name_that_lies_about_its_number_is_corruption(desk: Desk) -> None:
    desk.handler("a", 1)
    source = desk.diff_files()[0]
    source.rename(source.with_name(source.name.replace("000000000001-", "000000000009-")))
    other = Desk(desk.folder)
    assert kinds(other.host) == [ProblemKind.CORRUPT] and not other.host.canvas.entries


def test_a_number_that_does_not_follow_from_the_parents_is_corruption(desk: Desk) -> None:
    """Else one hostile diff with the highest number would end the canvas."""
    first = desk.handler("a", 1)
    source = desk.diff_files()[0]
    diff = dataclasses.replace(
        wire.decode_diff(source.read_bytes()), parents=(sha256(source.read_bytes()).digest(),), lamport=999_999_999_999
    )
    written(desk.folder, wire.encode_diff(dataclasses.replace(diff, writes=())), 999_999_999_999)
    desk.host.refresh()
    assert kinds(desk.host) == [ProblemKind.CORRUPT]
    desk.set(first, 2)
    assert kinds(Desk(desk.folder).host) == [ProblemKind.CORRUPT]
    desk.host.save()
    assert kinds(Desk(desk.folder).host) == [ProblemKind.CORRUPT]


def test_a_diff_whose_parent_is_missing_waits_and_is_told(desk: Desk, tmp_path: Path) -> None:
    first = desk.handler("a", 1)
    for value in (2, 3):
        desk.set(first, value)
    names = [path.name for path in desk.diff_files()]
    held = desk.folder / "diffs" / names[1]
    held.rename(tmp_path / names[1])
    other = Desk(desk.folder)
    assert other.value(first) == 1 and kinds(other.host) == [ProblemKind.WAITING]
    other.host.save()
    assert kinds(Desk(desk.folder).host) == [ProblemKind.WAITING]
    (tmp_path / names[1]).rename(held)
    for each in (other, Desk(desk.folder)):
        each.host.refresh()
        assert each.value(first) == 3 and each.host.problems == ()


def test_a_diff_that_vanishes_leaves_the_program_loudly(desk: Desk) -> None:
    first = desk.handler("a", 1)
    desk.set(first, 2)
    desk.host.save()
    told: list[frozenset[int]] = []
    desk.host.subscribe(lambda _, touched: told.append(touched))
    desk.diff_files()[-1].unlink()
    desk.host.refresh()
    assert desk.value(first) == 1 and kinds(desk.host) == [ProblemKind.VANISHED] and told == [frozenset({first})]
    assert Desk(desk.folder).value(first) == 1


def test_names_with_a_dot_are_nobodys_business(desk: Desk) -> None:
    desk.handler("a", 1)
    (desk.folder / "diffs" / ".DS_Store").write_bytes(b"x")
    (desk.folder / "diffs" / ".bad").mkdir()
    desk.host.refresh()
    assert desk.host.problems == () and diagnose(desk.folder).problems == ()


def test_pipes_folders_and_dangling_links_do_not_stop_it(desk: Desk) -> None:
    first = desk.handler("a", 1)
    names = [diff_file(DiffRef(nth, bytes([nth]) * 32)) for nth in (1, 2, 3)]
    os.mkfifo(desk.folder / "diffs" / names[0])
    (desk.folder / "diffs" / names[1]).mkdir()
    (desk.folder / "diffs" / names[2]).symlink_to("/nowhere")
    desk.host.refresh([names[2]])
    other = Desk(desk.folder)
    assert other.value(first) == 1
    assert set(kinds(other.host)) == {ProblemKind.UNREADABLE}


def test_files_in_place_of_the_folders(folder: Path) -> None:
    (folder / "diffs").rmdir()
    (folder / "diffs").write_text("")
    with pytest.raises(CanvasError) as caught:
        Host.open(folder, library=EMPTY)
    assert caught.value.exit_code == 7


def test_an_empty_clone_has_no_diffs_folder(folder: Path) -> None:
    (folder / "diffs").rmdir()
    shutil.rmtree(folder / ".dark")
    desk = Desk(folder)
    first = desk.handler("a", 1)
    assert Desk(folder).value(first) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200), mutate=st.integers(0, 3), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_any_bytes_as_a_diff_file(desk: Desk, data: bytes, mutate: int, at: int, byte: int) -> None:
    if not desk.diff_files():
        desk.handler("a", 1)
    sound = [path for path in desk.diff_files() if path.name.startswith("000000000001-")]
    if mutate:
        whole = bytearray(min(sound, key=lambda path: path.stat().st_mtime_ns).read_bytes())
        whole[at % len(whole)] = byte
        data = bytes(whole)
    before = contents(desk.host)
    path = written(desk.folder, data, 1)
    try:
        desk.host.refresh([path.name])
        # One byte of a sound diff may make another sound one (another value, say); all else changes nothing.
        if not mutate:
            assert contents(desk.host) == before
        diagnose(desk.folder)
        try:
            Desk(desk.folder)
        except CanvasError as error:
            assert "format" in error.message  # the byte that was hit counts formats
    finally:
        if path not in sound:
            path.unlink()
        desk.host.refresh()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign", "random"])
def test_a_damaged_cache_is_made_anew_without_a_word(desk: Desk, tmp_path: Path, damage: str) -> None:
    made = [desk.handler(name, nth) for nth, name in enumerate("abcde")]
    desk.host.save()
    image = desk.folder / ".dark" / "image"
    data = image.read_bytes()
    if damage == "cut":
        image.write_bytes(data[: len(data) // 2])
    elif damage == "flip":
        for at in range(0, len(data), 7):  # wherever it is hit: index, identities, ledgers
            (desk.folder / ".dark" / "image").write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
            again = Desk(desk.folder)
            assert [again.value(each) for each in made] == [0, 1, 2, 3, 4]
            assert again.host.canvas.find("id:" + again.host.canvas.short_id(made[0])).toplevel_id == made[0]
            assert again.host.problems == ()
        return
    elif damage == "empty":
        image.write_bytes(b"")
    elif damage == "foreign":
        create_canvas(tmp_path / "other", "other")
        stranger = Desk(tmp_path / "other")
        stranger.handler("z", 9)
        stranger.host.save()
        shutil.copy(tmp_path / "other" / ".dark" / "image", image)
    else:
        image.write_bytes(os.urandom(len(data)))
    again = Desk(desk.folder)
    assert [again.value(each) for each in made] == [0, 1, 2, 3, 4] and again.host.problems == ()
