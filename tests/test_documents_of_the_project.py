"""The README's tutorial and those of the samples are what happens."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.transcripts import run_document

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_canvases"


def test_the_tutorial(tmp_path: Path) -> None:
    run_document(ROOT / "README.md", tmp_path)


@pytest.mark.parametrize("sample", ["hello", "links"])
def test_a_sample(sample: str, tmp_path: Path) -> None:
    canvas = tmp_path / sample
    shutil.copytree(SAMPLES / sample, canvas, ignore=shutil.ignore_patterns("data", ".dark"))
    run_document(canvas / "README.md", canvas)
