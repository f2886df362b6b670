"""`make bench`: every budget of the design that applies, each beside its peer in the same run.

    python -m benchmarks [--only WORD] [--quick] [--json FILE]

Must not measure anything itself. Invariant: the order and the membership of the rows stand in `SECTIONS`.
"""

from __future__ import annotations

import argparse
import compileall
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.canvases import build
from benchmarks.checking_rows import checking_rows
from benchmarks.compute_rows import compile_rows, compute_rows
from benchmarks.editing_rows import add_probe, diff_rows, rebinding_rows, serverless_rows, shell_rows
from benchmarks.http_rows import datastore_rows, handler_rows
from benchmarks.opening_rows import opening_rows
from benchmarks.reporting import Row, save, table
from benchmarks.runaway_rows import runaway_rows
from benchmarks.switch_rows import coverage_rows, switch_rows
from benchmarks.tracing_rows import listing_rows, replay_rows, testing_rows, tracing_rows


class Canvases:
    """Synthetic canvases by size, built when they are first asked for."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        self.rounds = 20 if quick else 100

    def of(self, handlers: int, diffs: int) -> Path:
        if self.quick:
            diffs = min(diffs, 20_000)
        folder = self.folder / f"of-{handlers}"
        if not folder.exists():
            print(f"building {handlers:,} handlers from {diffs:,} diffs ...", file=sys.stderr, flush=True)
            build(folder, handlers=handlers, diffs=diffs)
            add_probe(folder)
        return folder

    @property
    def large(self) -> Path:
        return self.of(10_000, 100_000)


SECTIONS: tuple[tuple[str, Callable[[Canvases], Iterator[Row]]], ...] = (
    ("shell", lambda c: shell_rows(c.large, c.rounds)),
    ("diff", lambda c: diff_rows(c.of(10, 10), c.large, c.rounds)),
    ("serverless", lambda c: serverless_rows(c.of(100, 100), c.large, c.rounds // 4)),
    ("rebinding", lambda c: rebinding_rows(c.of(100, 100), 5 if c.quick else 15)),
    ("handler", lambda _: handler_rows()),
    ("datastore", lambda _: datastore_rows()),
    ("tracing", lambda _: tracing_rows()),
    ("listing", lambda c: listing_rows(100_000 if c.quick else 1_000_000)),
    ("replay", lambda _: replay_rows()),
    ("testing", lambda _: testing_rows()),
    ("switches", lambda _: switch_rows()),
    ("coverage", lambda _: coverage_rows()),
    ("runaways", lambda _: runaway_rows()),
    ("compute", lambda _: compute_rows()),
    ("compile", lambda _: compile_rows()),
    ("checking", lambda c: checking_rows(c.large, c.rounds)),
    ("opening", lambda c: opening_rows(c.large)),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Every budget beside its peer.")
    parser.add_argument("--only", action="append", choices=[name for name, _ in SECTIONS], help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: for a look, not for a verdict")
    parser.add_argument("--json", type=Path, default=Path("bench-results.json"))
    options = parser.parse_args()
    rows: list[Row] = []
    folder = Path(tempfile.mkdtemp(prefix="dark-bench-"))
    # As an installed program has it, even where Python was told not to write byte code.
    for package in ("dark_cli", "dark_lang", "runtime"):
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=2)
    try:
        canvases = Canvases(folder, options.quick)
        for name, section in SECTIONS:
            if options.only and name not in options.only:
                continue
            for row in section(canvases):
                rows.append(row)
                print(f"{row.verdict:>6}  {row.name}: {row.figure}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(rows))
    save(rows, options.json)


if __name__ == "__main__":
    main()
