"""What others notice of handlers that run away, and when those end: 1 and 4 of each kind beside a quiet handler.

Must not know how servers are started. Invariants: a quiet round and one with runaways follow each other, several times,
and are compared by their medians; each round has handlers of its own, which the server has not yet seen take long.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.http_rows import new_canvas
from benchmarks.load import Result, paced_load
from benchmarks.reporting import Row, median, percentile
from benchmarks.servers import Client, Server, dark_server

TURNS = 5
PER_SECOND = 400
SECONDS = 1.2  # a little more than the limit of time
LIMIT_MS = 1_000  # what `dark new` writes
BESIDE_MS = 10.0
AFTER_MS = 150.0
COUNTS = (1, 4)


@dataclass(frozen=True, slots=True)
class Runaway:
    name: str
    head: str
    body: str
    call: str


RUNAWAYS = (
    Runaway("endless recursion", "deep(n: Int) -> Int", "1 + Bad::deep(n + 1)", "Bad::deep(1)"),
    Runaway("endless loop", "loop(n: Int) -> Int", "Bad::loop(n + 1)", "Bad::loop(1)"),
    Runaway(
        "huge list",
        "list(l: List<Int>) -> List<Int>",
        "Bad::list(List::append(l, List::range(1, 200000)))",
        "Bad::list([])",
    ),
    Runaway("growing string", "text(s: String) -> String", 'Bad::text(s ++ "more and more")', 'Bad::text("")'),
    Runaway(
        "giant integer product",
        "product(n: Int, m: Int) -> Int",
        "if n * n > m then Bad::product(n + 1, m) else m",
        "Bad::product(3 ^ 300000, 1)",
    ),
    Runaway(
        "evil pattern",
        "look(s: String) -> Bool",
        'if Regex::contains(s, "(x+x+)+y") == Ok(true) then true else Bad::look(s)',
        'Bad::look(String::repeat("x", 90000))',
    ),
    Runaway(
        "slow sort",
        "sort(l: List<Int>) -> List<Int>",
        "Bad::sort(List::reverse(List::sort(l)))",
        "Bad::sort(List::map(List::range(1, 300000), x => Int::mod(x * 7919, 1000003)))",
    ),
    Runaway("deep nesting", "nest(l: List<a>) -> List<a>", "Bad::nest([l])", "Bad::nest([])"),
)


def runaway_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = new_canvas(Path(folder), _commands(Path(folder)))
        with dark_server(canvas) as server:
            paced_load(server.port, "/quiet", per_second=PER_SECOND, seconds=1.0)
            for nth, runaway in enumerate(RUNAWAYS):
                for count in COUNTS:
                    yield from _rows(server, nth, runaway, count)


def _commands(folder: Path) -> list[list[str]]:
    lines = ['insert http GET /quiet \'{ id: 7, tags: ["a", "b"], active: true }\'']
    for nth, runaway in enumerate(RUNAWAYS):
        lines.append(f"insert fn 'Bad::{runaway.head}' ?")
        # Once it exists, so that its own calls of itself refer to it.
        lines.append(f"replace-node Bad::{runaway.head.partition('(')[0]}_v0#body '{runaway.body}'")
        for turn in range(TURNS):
            lines += [f"insert http GET /{nth}/{count}/{turn} '{runaway.call}'" for count in COUNTS]
    script = folder / "commands"
    script.write_text("\n".join(lines) + "\n")
    return [["apply", str(script)]]


def _rows(server: Server, nth: int, runaway: Runaway, count: int) -> Iterator[Row]:
    quiet: list[float] = []
    beside: list[float] = []
    ended: list[float] = []
    for turn in range(TURNS):
        quiet.append(_p99(paced_load(server.port, "/quiet", per_second=PER_SECOND, seconds=SECONDS)))
        times: list[float] = []
        threads = [
            threading.Thread(target=_run, args=(server.port, f"/{nth}/{count}/{turn}", times)) for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        beside.append(_p99(paced_load(server.port, "/quiet", per_second=PER_SECOND, seconds=SECONDS)))
        for thread in threads:
            thread.join()
        ended.append(max(times))
    name = f"{count} x {runaway.name}"
    calm, others, last = median(quiet), median(beside), median(ended)
    yield Row(
        f"{name}: p99 of others",
        f"{others:.1f} ms",
        f"quiet {calm:.1f} ms",
        others - 2 * calm,
        "ms above 2 x quiet",
        BESIDE_MS,
    )
    yield Row(f"{name}: ended", f"{last:,.0f} ms", f"limit {LIMIT_MS:,} ms", last - LIMIT_MS, "ms after it", AFTER_MS)


def _p99(result: Result) -> float:
    if set(result.statuses) != {200}:
        raise RuntimeError(f"not every quiet request was answered with 200: {result.statuses}")
    return percentile(result.latencies, 0.99) * 1000


def _run(port: int, path: str, times: list[float]) -> None:
    client = Client(port)
    started = time.perf_counter()
    status, body = client.get(path)
    times.append((time.perf_counter() - started) * 1000)
    client.close()
    if b"its limit of" not in body:
        raise RuntimeError(f"{path} was answered with {status}: {body[:200]!r}")
