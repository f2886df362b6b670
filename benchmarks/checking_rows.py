"""How long the checker takes: for all of a large canvas, and for what one edit in it can affect.

Must not build canvases (`canvases`). Invariant: what is measured after an edit is what a person is told after one: the
marks of everything that it may have changed, those of before beside them.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reporting import Row, median, percentile
from benchmarks.servers import DARK
from dark_lang.edits.drafting import Draft
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes.walking import descend
from dark_lang.stdlib import standard_library
from runtime.affecting import affected
from runtime.canvas import Canvas
from runtime.hosting import Host
from runtime.marking import new_trouble


def checking_rows(canvas: Path, rounds: int) -> Iterator[Row]:
    subprocess.run([DARK, "ls"], cwd=canvas, capture_output=True, check=True)  # so that caches are there
    started = time.perf_counter()
    subprocess.run([DARK, "check"], cwd=canvas, capture_output=True, check=True)
    seconds = time.perf_counter() - started
    yield Row("check the whole of 10,000 handlers, cold", f"{seconds:.2f} s", "", seconds, "s", 5)
    times = _rechecks(canvas, rounds)
    p95 = percentile(times, 0.95)
    yield Row(
        "re-check after a one-node edit, p50, 10,000 handlers",
        f"{median(times):.2f} ms",
        f"p95 {p95:.2f} ms",
        median(times),
        "ms",
        5,
    )


def _rechecks(canvas: Path, rounds: int) -> list[float]:
    """Milliseconds, each for another handler."""
    host = Host.open(canvas, library=standard_library())
    try:
        handlers = [entry.id for entry in host.canvas.alive() if entry.kind is tl.Http][: rounds + 3]
        return [_recheck(host, handler, nth) for nth, handler in enumerate(handlers, 1_000_000)][3:]
    finally:
        host.close()


def _recheck(host: Host, handler: NodeId, value: int) -> float:
    def change(draft: Draft, _: Canvas) -> None:
        number = next((node for node in descend(draft.tree(handler)) if isinstance(node, e.Int)), None)
        if number is not None:
            draft.set(handler, number.id, "value", value)

    outcome = host.edit(change, author="benchmark", command="set a number")
    started = time.perf_counter()
    concerned = affected(outcome.before, outcome.after, outcome.touched)
    new_trouble(outcome.before, outcome.after, concerned.toplevels)
    return (time.perf_counter() - started) * 1000
