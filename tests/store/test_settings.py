from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dark_lang.errors import CanvasError, NewerFormat
from runtime.settings import FORMAT, create_canvas, find_canvas, read_settings


def test_a_new_canvas_has_all_its_parts(tmp_path: Path) -> None:
    settings = create_canvas(tmp_path / "shop", "shop")
    folder = tmp_path / "shop"
    assert read_settings(folder) == settings
    assert (folder / "diffs").is_dir() and (folder / "data").is_dir()
    assert stat.S_IMODE((folder / ".dark").stat().st_mode) == 0o700
    assert set((folder / ".gitignore").read_text().split()) == {"data/", ".dark/", "diffs/.tmp/"}
    assert (folder / ".gitattributes").read_text() == "diffs/** -text\n"


def test_what_git_ignores_already_stays_ignored(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\ndata/")
    create_canvas(tmp_path, "shop")
    assert (tmp_path / ".gitignore").read_text().splitlines() == ["*.pyc", "data/", ".dark/", "diffs/.tmp/"]


def test_a_canvas_is_not_made_twice(folder: Path) -> None:
    with pytest.raises(CanvasError, match="is a canvas already"):
        create_canvas(folder, "again")


def test_a_canvas_cannot_be_made_inside_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CanvasError, match="cannot make a canvas"):
        create_canvas(tmp_path / "file" / "shop", "shop")


def test_it_is_found_from_below(folder: Path) -> None:
    below = folder / "docs" / "deep"
    below.mkdir(parents=True)
    assert find_canvas(below) == folder
    assert find_canvas(folder.parent, "shop") == folder


@pytest.mark.parametrize("override", [None, "elsewhere"])
def test_where_there_is_none_it_says_what_to_do(tmp_path: Path, override: str | None) -> None:
    with pytest.raises(CanvasError) as caught:
        find_canvas(tmp_path, override)
    assert "dark new" in caught.value.suggestion


def test_a_newer_format_is_refused_with_both_versions(folder: Path) -> None:
    text = (folder / "canvas.toml").read_text()
    (folder / "canvas.toml").write_text(text.replace(f"format = {FORMAT}", "format = 7"))
    with pytest.raises(NewerFormat, match=f"7.*{FORMAT}"):
        read_settings(folder)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[limits", "not readable as TOML"),
        ("limits = 3", "expected a section"),
        ("[limits]\ntime_ms = 'soon'", "whole number"),
        ("[limits]\ntime_ms = -1", "0 or more"),
        ("[limits]\ntime_ms = true", "whole number"),
        ("[locks]\nloopback = 1", "true or false"),
        ("[subject]\nfunction = 1", "text in quotes"),
    ],
)
def test_settings_that_do_not_fit_are_named(folder: Path, line: str, told: str) -> None:
    identity = read_settings(folder).id
    (folder / "canvas.toml").write_text(f'name = "shop"\nid = "{identity}"\n{line}\n')
    with pytest.raises(CanvasError, match=told):
        read_settings(folder)


def test_keys_of_other_releases_are_let_be(folder: Path) -> None:
    path = folder / "canvas.toml"
    path.write_text(path.read_text() + "wind = 3\n[weather]\nrain = true\n")
    assert read_settings(folder).name == "shop"


@pytest.mark.parametrize("identity", ["", "xyz", "0" * 31, "G" * 32])
def test_an_id_that_is_none_is_refused(folder: Path, identity: str) -> None:
    (folder / "canvas.toml").write_text(f'name = "shop"\nid = "{identity}"\n')
    with pytest.raises(CanvasError, match="hex digits"):
        read_settings(folder)
