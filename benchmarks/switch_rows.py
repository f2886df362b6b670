"""What a switch costs those who come to it, and how long CI takes to say what ran each side.

Must not know how servers are started or load is made. Invariant: the same handler with switches and without is measured
in turn in one run, since the machine's pace drifts.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.http_rows import SECONDS, new_canvas
from benchmarks.load import in_turns, request_bytes
from benchmarks.reporting import Row, median, paired
from benchmarks.servers import DARK, dark_server
from dark_lang.deciding import decide, quick_decision
from dark_lang.names import NodeId
from dark_lang.nodes.toplevels import Switch

ROUNDS, TURNS = 3, 8
DECISIONS = 200_000
SWITCHES, TESTS = 1_000, 10_000

_HANDLER = '{ id: Shop::number(7), name: Shop::name(name), score: Shop::score(1), tags: ["a", "b"] }'


def switch_rows() -> Iterator[Row]:
    rule = Switch(NodeId(1), 1, "", "s", True, 5_000, "salt", "murmur3", (), (), (), None)
    subjects = [f"user-{nth}" for nth in range(1_000)]
    quick = quick_decision(rule)
    assert quick is not None
    prepared = _microseconds(lambda subject: quick(subject, True), subjects)
    anew = _microseconds(lambda subject: decide(rule, subject, finished=_yes), subjects)
    yield Row("a decision without a condition", f"{prepared:.2f} µs", f"unprepared {anew:.2f} µs", prepared, "µs", 2)
    with tempfile.TemporaryDirectory() as folder:
        functions = [
            ["insert", "fn", "Shop::number(n: Int) -> Int", "n"],
            ["insert", "fn", "Shop::name(s: String) -> String", "s"],
            ["insert", "fn", "Shop::score(n: Int) -> Int", "n"],
            ["insert", "http", "GET", "/shop/:name", _HANDLER],
        ]
        switches = [
            ["toggle", "create", "Shop::number#body", "one", "--new", "n"],
            ["toggle", "create", "Shop::name#body", "two", "--new", "s"],
            ["toggle", "create", "Shop::score#body", "three", "--new", "n"],
            *(["toggle", "rollout", name, "50"] for name in ("one", "two", "three")),
        ]
        plain_canvas = new_canvas(_made(Path(folder, "plain")), functions)
        switched_canvas = new_canvas(_made(Path(folder, "switched")), functions + switches)
        for canvas in (plain_canvas, switched_canvas):
            with (canvas / "canvas.toml").open("a") as settings:
                settings.write('\n[subject]\ntrusted_header = "x-user"\n')
        plain: list[float] = []
        switched: list[float] = []
        # Two processes of one program differ by some 3 %, so there are several of each.
        for _ in range(ROUNDS):
            with dark_server(plain_canvas) as without, dark_server(switched_canvas) as having:
                servers = {
                    name: (port, [request_bytes(port, "/shop/ada", headers=[f"X-User: u{nth}"]) for nth in range(50)])
                    for name, port in (("plain", without.port), ("switched", having.port))
                }
                found = in_turns(servers, turns=TURNS, seconds=SECONDS / 2)
            plain += [result.per_second for result in found["plain"]]
            switched += [result.per_second for result in found["switched"]]
    yield Row(
        "three switches in a handler",
        f"{median(switched):,.0f}/s",
        f"without {median(plain):,.0f}/s",
        paired(switched, plain),
        "x",
        0.9,
        at_least=True,
    )


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _microseconds(decision: Callable[[str], object], subjects: Sequence[str]) -> float:
    started = time.perf_counter()
    for nth in range(DECISIONS):
        decision(subjects[nth % len(subjects)])
    return (time.perf_counter() - started) / DECISIONS * 1e6


def _yes() -> bool:
    return True


def coverage_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = new_canvas(Path(folder), [])
        lines = [f"insert fn 'Shop::f{nth}(n: Int) -> Int' 'n + {nth}'" for nth in range(SWITCHES)]
        lines += [f"toggle create Shop::f{nth}#body s{nth} --new 'n + {nth} + 0'" for nth in range(SWITCHES)]
        lines += [
            f"insert test t{nth} 'Shop::f{nth % SWITCHES}({nth}) == {nth + nth % SWITCHES}'" for nth in range(TESTS)
        ]
        Path(folder, "edits").write_text("\n".join(lines) + "\n")
        subprocess.run([DARK, "apply", str(Path(folder, "edits"))], cwd=canvas, check=True, capture_output=True)
        started = time.perf_counter()
        done = subprocess.run(
            [DARK, "toggle", "coverage", "--fail-under", "100"], cwd=canvas, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        if done.returncode:
            raise RuntimeError(
                f"coverage ended with exit code {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}"
            )
    yield Row(f"coverage of {SWITCHES:,} switches by {TESTS:,} tests", f"{seconds:.1f} s", "-", seconds, "s", 10)
