"""How often requests come to what is not finished: counted behind the answers, and kept."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from canvas_harness import limited, live
from serving_harness import ask

from dark_lang.names import NodeId, spell_id
from runtime.data.usage import Reached, Usage, read_stops


def counts(canvas: Path) -> dict[NodeId, tuple[int, int]]:
    return {node: (reached.traffic, reached.trials) for node, reached in read_stops(canvas).items()}


def test_nothing_was_counted(tmp_path: Path) -> None:
    assert read_stops(tmp_path) == {}


def test_processes_add_to_one_another(tmp_path: Path) -> None:
    high = NodeId(2**64 - 1)
    for _ in range(2):
        usage = Usage(tmp_path)
        usage.stopped(high, trial=False)
        usage.stopped(high, trial=True)
        usage.stopped(NodeId(7), trial=False)
        usage.close()
    assert counts(tmp_path) == {high: (2, 2), NodeId(7): (2, 0)}


def test_threads_lose_nothing(tmp_path: Path) -> None:
    usages = [Usage(tmp_path), Usage(tmp_path)]

    def count(usage: Usage) -> None:
        for nth in range(500):
            usage.stopped(NodeId(1 + nth % 3), trial=False)
            if nth % 100 == 0:
                usage.flush()

    threads = [threading.Thread(target=count, args=(usage,)) for usage in usages * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for usage in usages:
        usage.close()
    assert sum(traffic for traffic, _ in counts(tmp_path).values()) == 2_000


def test_a_disk_that_refuses_loses_nothing_that_it_takes_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("no folder")
    usage = Usage(tmp_path)
    usage.stopped(NodeId(7), trial=False)
    usage.flush()
    usage.flush()
    assert "cannot be written" in caplog.text
    assert read_stops(tmp_path) == {}
    (tmp_path / "data").unlink()
    usage.stopped(NodeId(7), trial=False)
    usage.close()
    assert counts(tmp_path) == {NodeId(7): (2, 0)}


def test_what_is_damaged_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "usage.sqlite").write_bytes(b"nonsense" * 1000)
    assert read_stops(tmp_path) == {}


def test_what_was_last_long_ago_is_forgotten(tmp_path: Path) -> None:
    usage = Usage(tmp_path)
    usage._add({NodeId(1): Reached(5, 0, 1_000_000)}, (), 0)
    usage.stopped(NodeId(2), trial=False)
    usage.close()
    assert counts(tmp_path) == {NodeId(2): (1, 0)}


def test_requests_are_counted_where_they_stop(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=30_000)
    shop.add(
        'GET /price/:item = { item: item, price: if item == "tea" then 1 else ?price }',
        'GET /misfit = 1 + "x"',
        "GET /slow = List::fold(List::range(1, 900000), 0, (a, b) => a + b) + ?rest",
    )
    with live(shop) as port:
        for _ in range(3):
            assert ask(port, "GET", "/price/coffee").status == 501
        assert ask(port, "GET", "/price/coffee", host=f"localhost:{port}").status == 501
        assert ask(port, "GET", "/price/tea").status == 200
        assert ask(port, "GET", "/misfit").status == 501
        assert ask(port, "GET", "/slow").status == 501
    canvas = shop.host.canvas
    found = {canvas.find(f"id:{spell_id(node)}").label: count for node, count in counts(shop.host.folder).items()}
    assert found == {"GET:/price/:item": (3, 1), "GET:/misfit": (1, 0), "GET:/slow": (1, 0)}
