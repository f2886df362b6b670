"""Counts of what was served, as Prometheus text (exposition format 0.0.4).

Must not know who reads them. Invariant: one process's counts; written in one thread, read in any.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Protocol

BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Recorded(Protocol):
    """What there is to count of the traces."""

    recorded: int
    dropped: int
    trouble: str


class Metrics:
    __slots__ = ("binds", "buckets", "conflicts", "connections", "seconds", "slow", "statuses")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.conflicts = 0  # runs that were repeated, since what they relied on had changed
        self.slow = 0  # runs that took long, and started again in the slow lane
        self.binds = 0  # snapshots that were put into service
        self.connections = 0

    def count(self, status: int, seconds: float) -> None:
        statuses = self.statuses
        statuses[status] = statuses.get(status, 0) + 1
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    def text(self, *, handlers: int, owner: bool, traces: Recorded | None = None) -> str:
        lines = ["# TYPE dark_requests_total counter"]
        lines += [f'dark_requests_total{{status="{status}"}} {n}' for status, n in sorted(self.statuses.items())]
        lines.append("# TYPE dark_request_seconds histogram")
        total = 0
        for bound, n in zip(BOUNDS, self.buckets, strict=False):
            total += n
            lines.append(f'dark_request_seconds_bucket{{le="{bound}"}} {total}')
        total += self.buckets[-1]
        lines.append(f'dark_request_seconds_bucket{{le="+Inf"}} {total}')
        lines += [f"dark_request_seconds_sum {self.seconds:.6f}", f"dark_request_seconds_count {total}"]
        for name, kind, value in (
            ("dark_reruns_total", "counter", self.conflicts),
            ("dark_slow_total", "counter", self.slow),
            ("dark_binds_total", "counter", self.binds),
            ("dark_connections", "gauge", self.connections),
            ("dark_handlers", "gauge", handlers),
            ("dark_owns_data", "gauge", int(owner)),
        ):
            lines += [f"# TYPE {name} {kind}", f"{name} {value}"]
        if traces is not None:
            for name, kind, value in (
                ("dark_traces_total", "counter", traces.recorded),
                ("dark_traces_dropped_total", "counter", traces.dropped),
                ("dark_traces_failing", "gauge", int(bool(traces.trouble))),
            ):
                lines += [f"# TYPE {name} {kind}", f"{name} {value}"]
        return "\n".join(lines) + "\n"
