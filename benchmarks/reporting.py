"""One measured figure beside its peer and its budget, and the table of them.

Must not know how anything is measured. Invariant: a verdict follows from the figures of this run alone.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """`measure` is compared with `limit`: it must be at most that, or at least if `at_least`."""

    name: str
    figure: str  # what we measured, with its unit
    peer: str  # what the peer did in the same run, with its name
    measure: float  # the number that the budget is about, often a ratio
    unit: str  # of `measure`: "ms", "x", "MB", "%"
    limit: float | None  # None: printed without a verdict
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return "-"
        kept = self.measure >= self.limit if self.at_least else self.measure <= self.limit
        return "ok" if kept else "MISSED"

    @property
    def budget(self) -> str:
        if self.limit is None:
            return "-"
        return f"{'>=' if self.at_least else '<='} {self.limit:g} {self.unit}"


def percentile(samples: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the samples lie, by the nearest rank."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def paired(ones: Sequence[float], others: Sequence[float]) -> float:
    """How large the ones are beside the others, measured in the same turns: the median of the ratios. The machine's
    pace drifts by more than what is measured, and both of a pair have the same."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


HEADINGS = ("what", "figure", "peer", "measure", "budget", "verdict")


def table(rows: Sequence[Row]) -> str:
    cells = [HEADINGS] + [
        (row.name, row.figure, row.peer, f"{row.measure:.3g} {row.unit}", row.budget, row.verdict) for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def save(rows: Sequence[Row], path: Path) -> None:
    document = [{**asdict(row), "verdict": row.verdict} for row in rows]
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
