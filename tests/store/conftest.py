"""Canvases in temporary folders."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from desks import Desk

from runtime.settings import create_canvas


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_canvas(tmp_path / "shop", "shop")
    return tmp_path / "shop"


@pytest.fixture
def desk(folder: Path) -> Desk:
    return Desk(folder)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets so much time pass that every file has stood still."""

    def pass_time() -> None:
        real = time.time_ns
        monkeypatch.setattr(time, "time_ns", lambda: real() + 10**10)

    return pass_time
