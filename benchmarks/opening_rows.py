"""How long it takes to open a large canvas, with caches and as a fresh clone, and what memory that takes.

Must not build canvases (`canvases`). Invariant: each opening happens in a process of its own.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reporting import Row, median
from benchmarks.servers import dark_server, resident_megabytes


def _serve_once(canvas: Path) -> tuple[float, float]:
    """Seconds from the start of `dark serve` to its first answer, and megabytes resident then."""
    started = time.perf_counter()
    with dark_server(canvas) as server:
        return time.perf_counter() - started, resident_megabytes(server.process.pid)


def opening_rows(canvas: Path) -> Iterator[Row]:
    _serve_once(canvas)  # so that caches are there
    openings = [_serve_once(canvas) for _ in range(5)]
    seconds, megabytes = median([s for s, _ in openings]), median([m for _, m in openings])
    yield Row("open and serve 10,000 handlers, 100,000 diffs", f"{seconds:.2f} s", "", seconds, "s", 0.5)
    yield Row("… memory", f"{megabytes:.0f} MB", "", megabytes, "MB", 120)
    shutil.rmtree(canvas / ".dark")
    fresh, _ = _serve_once(canvas)
    yield Row("… as a fresh clone", f"{fresh:.1f} s", "", fresh, "s", 10)
