"""The README's tutorial and those of the samples are what happens."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.transcripts import plain_environment, run_document

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_canvases"


def test_the_tutorial(tmp_path: Path) -> None:
    run_document(ROOT / "README.md", tmp_path)


@pytest.mark.parametrize("sample", ["hello", "links", "shop"])
def test_a_sample(sample: str, tmp_path: Path) -> None:
    canvas = tmp_path / sample
    shutil.copytree(SAMPLES / sample, canvas, ignore=shutil.ignore_patterns("data", ".dark"))
    run_document(canvas / "README.md", canvas)


def steps_of_the_workflow() -> list[str]:
    text = (ROOT / "docs" / "ci.md").read_text()
    steps = re.findall(r"- run: (dark .*)", text)
    assert len(steps) == 3
    return steps


def run_step(step: str, canvas: Path) -> subprocess.CompletedProcess[str]:
    variables = plain_environment(canvas.parent) | {"GITHUB_STEP_SUMMARY": str(canvas.parent / "summary.md")}
    return subprocess.run(
        ["bash", "-euc", step], cwd=canvas, env=variables, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_workflow_for_ci(tmp_path: Path) -> None:
    """It passes for a canvas that is finished, and each step says no for what it is there for."""
    canvas = tmp_path / "shop"
    shutil.copytree(SAMPLES / "shop", canvas, ignore=shutil.ignore_patterns("data", ".dark"))
    check, test, coverage = steps_of_the_workflow()
    assert run_step(check, canvas).returncode == 1  # the search is not written yet
    assert run_step(test, canvas).returncode == 0
    assert run_step(coverage, canvas).returncode == 1
    assert run_step("dark toggle drop search", canvas).returncode == 0
    for step in (check, test, coverage):
        done = run_step(step, canvas)
        assert done.returncode == 0, (step, done.stdout, done.stderr)
    assert "| bulk | tests | tests | covered |" in (tmp_path / "summary.md").read_text()
    assert "<testsuite" in (canvas / "tests.xml").read_text()
    assert run_step("dark replace-node Cart::add#body '[]'", canvas).returncode == 0
    assert run_step(test, canvas).returncode == 1
