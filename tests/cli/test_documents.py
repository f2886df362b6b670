"""The documents beside this file, and every document of the project that shows commands, say what happens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from transcripts import matches, read_steps, run_document

HERE = Path(__file__).parent


@pytest.mark.parametrize("document", sorted(HERE.glob("*.md")), ids=lambda path: path.stem)
def test_document(document: Path, tmp_path: Path) -> None:
    run_document(document, tmp_path)


def test_steps_are_read_with_their_outputs() -> None:
    steps = read_steps("text\n```console\n$ echo 'a\n> b'\na\nb\n\n$ true\n```\n$ no command\n")
    assert [(step.command, step.expected) for step in steps] == [("echo 'a\nb'", ["a", "b", ""]), ("true", [])]


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        (["live in 3 ms"], ["live in 12.5 ms"], True),
        (["> kx  1"], [">  mvq  1"], True),
        (["> kx  1"], ["  kx  1"], False),
        (["a", "...", "d"], ["a", "b", "c", "d"], True),
        (["a", "..."], ["a"], True),
        (["a ... d"], ["a b c d"], True),
        (["a"], ["a", "b"], False),
        (["diff 01ab45cd67"], ["diff ff00112233"], True),
        (["total 12345678"], ["total 12345679"], False),
    ],
)
def test_what_stands_for_what(expected: list[str], actual: list[str], fits: bool) -> None:
    assert (matches(expected, actual) is not None) is fits
