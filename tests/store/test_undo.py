from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desks import Desk

from dark_lang.errors import AddressError, RefusedError, StaleError
from dark_lang.names import NodeId
from runtime.canvas import Canvas


@pytest.fixture
def handler(desk: Desk) -> NodeId:
    made = desk.handler("a", 0)
    for value in (1, 2, 3):
        desk.set(made, value)
    return made


def test_undo_goes_back_one_by_one_and_redo_forth(desk: Desk, handler: NodeId) -> None:
    seen = []
    for _ in range(3):
        desk.host.undo(author="ada")
        seen.append(desk.value(handler))
    for _ in range(2):
        desk.host.redo(author="ada")
        seen.append(desk.value(handler))
    desk.host.undo(author="ada")
    seen.append(desk.value(handler))
    desk.set(handler, 9)
    desk.host.undo(author="ada")
    seen.append(desk.value(handler))
    assert seen == [2, 1, 0, 1, 2, 1, 1]


def test_undo_to_the_beginning_and_all_of_it_again(desk: Desk, handler: NodeId) -> None:
    for _ in range(4):
        desk.host.undo(author="ada")
    assert not desk.host.canvas.entries[handler].alive
    with pytest.raises(AddressError, match="nothing of ada's left"):
        desk.host.undo(author="ada")
    for _ in range(4):
        desk.host.redo(author="ada")
    assert desk.value(handler) == 3
    with pytest.raises(AddressError):
        desk.host.redo(author="ada")


def test_everybody_undoes_their_own(desk: Desk, handler: NodeId) -> None:
    other = desk.handler("b", 1, author="bob")
    assert desk.host.undo(author="ada").result.command == "set 3"
    assert desk.host.undo(author="bob").touched == {other}
    assert desk.host.undo(author="ada").result.command == "set 2"


def test_what_somebody_changed_since_is_refused_by_name(desk: Desk, handler: NodeId) -> None:
    desk.set(handler, 7, author="bob")
    before = desk.diff_files()
    with pytest.raises(StaleError) as caught:
        desk.host.undo(author="ada")
    assert any("bob" in line and "set 7" in line for line in caught.value.details)
    assert desk.diff_files() == before


def test_any_diff_by_its_id(desk: Desk, handler: NodeId) -> None:
    other = desk.handler("b", 1)
    made = next(entry for entry in desk.host.log() if entry.command == "insert b")
    desk.set(handler, 4)
    desk.host.undo(author="ada", diff=made.id.hex()[:10])
    assert not desk.host.canvas.entries[other].alive and desk.value(handler) == 4
    desk.host.undo(author="ada")
    assert desk.value(handler) == 3  # not the undo, but what was done before it
    with pytest.raises(StaleError):
        desk.host.undo(author="ada", diff=made.id.hex()[:10])  # it is undone already


def test_the_last_edit_of_a_toplevel(desk: Desk, handler: NodeId) -> None:
    desk.handler("b", 1)
    assert desk.host.undo(author="bob", toplevel=handler).result.command == "set 3"
    assert desk.host.undo(author="bob", toplevel=handler).result.command == "set 2"
    assert desk.value(handler) == 1


def test_the_whole_canvas_as_it_was(desk: Desk, handler: NodeId) -> None:
    then = next(entry for entry in desk.host.log() if entry.command == "set 2")
    new = desk.handler("b", 5)
    desk.host.edit(lambda draft, _: draft.delete_toplevel(handler), author="bob", command="delete")
    desk.host.restore_at(then.id.hex(), author="ada")
    assert desk.value(handler) == 2 and not desk.host.canvas.entries[new].alive
    desk.host.undo(author="ada")
    assert not desk.host.canvas.entries[handler].alive and desk.host.canvas.entries[new].alive


def test_the_canvas_before_and_after_a_diff(desk: Desk, handler: NodeId) -> None:
    def value(canvas: Canvas) -> int:
        return canvas.tree(handler).body.value

    log = {entry.command: entry.id.hex() for entry in desk.host.log()}
    before, after = desk.host.canvases_around(log["set 2"])
    assert (value(before), value(after)) == (1, 2)
    after, now = desk.host.canvases_around(log["set 1"], since=True)
    assert (value(after), value(now)) == (1, 3)
    before, _ = desk.host.canvases_around(log["insert a"])
    assert handler not in before.entries and before.labels() == []


def test_a_dry_run_shows_and_does_nothing(desk: Desk, handler: NodeId) -> None:
    outcome = desk.set(handler, 8, dry_run=True)
    assert outcome.diff_id == b"" and outcome.after.tree(handler) != outcome.before.tree(handler)
    assert desk.value(handler) == 3 and len(desk.diff_files()) == 4


def test_a_judge_sees_what_would_be_and_can_refuse(desk: Desk, handler: NodeId) -> None:
    def judge(before: Canvas, after: Canvas, touched: frozenset[NodeId]) -> None:
        assert before.tree(handler) != after.tree(handler) and touched == {handler}
        raise RefusedError("no")

    with pytest.raises(RefusedError):
        desk.set(handler, 8, judge=judge)
    assert desk.value(handler) == 3 and len(desk.diff_files()) == 4


def test_expect_is_stale_only_if_what_it_touches_changed(desk: Desk, handler: NodeId) -> None:
    seen = next(desk.host.log(1)).id.hex()[:12]
    desk.handler("b", 1)
    desk.set(handler, 4, expect=seen)
    with pytest.raises(StaleError) as caught:
        desk.set(handler, 5, expect=seen)
    assert "set 4" in caught.value.details[0] and desk.value(handler) == 4
    with pytest.raises(AddressError):
        desk.set(handler, 5, expect="0" * 64)


def test_expect_sees_what_came_by_merge_with_a_lower_number(desk: Desk, handler: NodeId, tmp_path: Path) -> None:
    clone = Desk(shutil.copytree(desk.folder, tmp_path / "clone"))
    clone.set(handler, 50, author="bob")  # number 5, beside …
    desk.handler("b", 1)  # number 5 and
    desk.handler("c", 1)  # number 6, which is what ada has seen
    seen = next(desk.host.log(1)).id.hex()
    shutil.copytree(clone.folder / "diffs", desk.folder / "diffs", dirs_exist_ok=True)
    desk.host.refresh()
    with pytest.raises(StaleError, match="changed since"):
        desk.set(handler, 5, expect=seen)


def test_a_request_is_found_again(desk: Desk, handler: NodeId) -> None:
    request = b"0123456789abcdef"
    outcome = desk.set(handler, 4, request=request)
    entry = desk.host.find_request(request)
    assert entry is not None and entry.id == outcome.diff_id
    assert desk.host.find_request(b"x" * 16) is None


def test_listeners_hear_each_snapshot_once(desk: Desk, handler: NodeId) -> None:
    heard: list[tuple[Canvas, frozenset[NodeId]]] = []
    stop = desk.host.subscribe(lambda canvas, touched: heard.append((canvas, touched)))
    outcome = desk.set(handler, 4)
    desk.set(handler, 4)  # changes nothing
    stop()
    desk.set(handler, 5)
    assert heard == [(outcome.after, frozenset({handler}))]
