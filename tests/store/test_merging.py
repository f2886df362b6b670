"""Clones that are brought together by copying files, as `git merge`, `rsync` and `cp` do."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from desks import Desk, contents

from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e


def clone(desk: Desk, folder: Path) -> Desk:
    shutil.copytree(desk.folder, folder, ignore=shutil.ignore_patterns(".dark", "data", ".tmp"))
    return Desk(folder)


@pytest.fixture
def forked(desk: Desk, tmp_path: Path) -> tuple[Desk, Desk, NodeId]:
    """Two clones that both changed a handler, and each made one of its own."""
    shared = desk.handler("shared", 0)
    other = clone(desk, tmp_path / "other")
    for each, name, value in ((desk, "ada", 1), (other, "bob", 2)):
        each.set(shared, value, author=name)
        each.handler(f"of-{name}", value, author=name)
    return desk, other, shared


def test_any_order_gives_the_same_program(forked: tuple[Desk, Desk, NodeId], tmp_path: Path) -> None:
    desk, other, _ = forked
    files = {path.name: path for each in (desk, other) for path in each.diff_files()}
    seen = []
    for seed in range(5):
        target = clone(desk, tmp_path / f"c{seed}")
        for path in target.diff_files():
            path.unlink()
        target.host.refresh()
        names = list(files)
        random.Random(seed).shuffle(names)
        for name in names:
            shutil.copy(files[name], target.folder / "diffs")
            target.host.refresh([name] if seed % 2 else None)
        target.host.refresh()
        seen += [contents(target.host), contents(Desk(target.folder).host)]
        assert len(target.host.canvas.frontier) == 2
    assert all(each == seen[0] for each in seen) and len(seen[0]) == 3


def test_the_next_edit_joins_what_was_merged(forked: tuple[Desk, Desk, NodeId]) -> None:
    desk, other, _ = forked
    shutil.copytree(other.folder / "diffs", desk.folder / "diffs", dirs_exist_ok=True)
    desk.handler("after")  # without a refresh: the edit itself may or may not have seen them
    desk.host.refresh()
    desk.handler("last")
    assert len(desk.host.canvas.frontier) == 1


@pytest.mark.parametrize("keeps", [True, False])
def test_a_conflict_keeps_what_this_host_served(forked: tuple[Desk, Desk, NodeId], keeps: bool) -> None:
    desk, other, shared = forked
    desk.host.keeps_serving = keeps
    served = desk.host.canvas.tree(shared).body.id
    desk.host.edit(
        lambda draft, _: draft.replace(shared, served, e.String(draft.fresh(), ())), author="ada", command="replace"
    )
    other.host.edit(
        lambda draft, _: draft.replace(shared, served, e.Bool(draft.fresh(), True)), author="bob", command="replace"
    )
    before = desk.host.canvas.tree(shared).body.id
    shutil.copytree(other.folder / "diffs", desk.folder / "diffs", dirs_exist_ok=True)
    desk.host.refresh()
    conflict = desk.host.canvas.tree(shared).body
    assert isinstance(conflict, e.Conflict) and desk.host.canvas.entries[shared].conflicts
    assert desk.host.canvas.preferred == ({conflict.id: before} if keeps else {})
    desk.handler("later")
    assert desk.host.canvas.preferred == ({conflict.id: before} if keeps else {})
    again = Desk(desk.folder)  # the server is started anew
    again.host.keeps_serving = True
    assert again.host.canvas.preferred == ({conflict.id: before} if keeps else {})


def test_two_definitions_with_one_label(desk: Desk, tmp_path: Path) -> None:
    other = clone(desk, tmp_path / "other")
    older = desk.handler("same", 1)
    desk.handler("more", 1)
    younger = other.handler("more", 2)
    other.handler("same", 2)
    shutil.copytree(other.folder / "diffs", desk.folder / "diffs", dirs_exist_ok=True)
    desk.host.refresh()
    canvas = desk.host.canvas
    assert canvas.find("GET:/same").toplevel_id == older  # number 1 beside number 2
    assert canvas.find("GET:/more").toplevel_id == younger
    assert set(canvas.shadowed.values()) == {older, younger} and len(canvas.shadowed) == 2
    assert contents(Desk(desk.folder).host) == contents(desk.host)
