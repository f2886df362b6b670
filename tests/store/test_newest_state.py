"""An edit builds on the newest state that the store has, also where the writer has not looked for a while."""

from __future__ import annotations

import pytest
from desks import Desk

from dark_lang.errors import RefusedError
from runtime.store import packing, packs


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of 16 numbers."""
    for module in (packs, packing):
        monkeypatch.setattr(module, "RANGE", 16)


def test_what_others_wrote_and_packed_is_built_on(desk: Desk, short: None) -> None:
    other = Desk(desk.folder)
    handler = desk.handler("x")
    other.host.refresh()
    for number in range(40):
        other.set(handler, number + 1)
    other.host.pack()
    desk.set(handler, 1000)
    fresh = Desk(desk.folder)
    assert fresh.value(handler) == 1000 == desk.value(handler)
    assert next(fresh.host.log()).lamport == 42


def test_nothing_is_built_on_what_a_checkout_took_away(desk: Desk) -> None:
    handler = desk.handler("x")
    desk.set(handler, 1)
    desk.set(handler, 2)
    desk.diff_files()[-1].unlink()
    desk.set(handler, 3)
    fresh = Desk(desk.folder)
    assert fresh.value(handler) == 3 == desk.value(handler)
    assert fresh.host.problems == ()


def test_what_nobody_could_read_is_not_written(desk: Desk) -> None:
    handler = desk.handler("x")
    with pytest.raises(RefusedError, match="at most 1,000 characters"):
        desk.set(handler, 1, author="a" * 2000)
    assert desk.value(handler) == 0 and len(desk.diff_files()) == 1
