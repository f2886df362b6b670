"""What recording costs those who are served, and how fast what was recorded is found again.

Must not know how servers are started or load is made. Invariant: the same canvas with traces and without is measured in
turn in one run, since the machine's pace drifts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.http_rows import JSON_HANDLER, SECONDS, new_canvas, without_traces
from benchmarks.load import load, request_bytes
from benchmarks.reporting import Row, median, percentile
from benchmarks.servers import dark_server, peer_server

TURNS = 7


def tracing_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = new_canvas(Path(folder), [["insert", "http", "GET", "/hello/:name", JSON_HANDLER]])
        silent = without_traces(canvas, Path(folder, "silent"))
        rates: dict[str, list[float]] = {"on": [], "off": [], "peer": []}
        lasts: dict[str, list[float]] = {"on": [], "off": [], "peer": []}
        with (
            dark_server(canvas) as on,
            dark_server(silent) as off,
            peer_server("benchmarks.peers:json_app", ready="/hello/ada") as peer,
        ):
            for _ in range(TURNS):
                for name, server in (("on", on), ("off", off), ("peer", peer)):
                    asked = request_bytes(server.port, "/hello/ada", headers=["Forwarded: for=192.0.2.1"])
                    result = load(server.port, [asked], connections=32, seconds=SECONDS)
                    if set(result.statuses) != {200}:
                        raise RuntimeError(f"not every request was answered with 200: {result.statuses}")
                    rates[name].append(result.per_second)
                    lasts[name].append(percentile(result.latencies, 0.99))
    mine, plain, theirs = (median(rates[name]) for name in ("on", "off", "peer"))
    yield Row(
        "tracing: requests/s", f"{mine:,.0f}/s", f"without {plain:,.0f}/s", mine / plain, "x", 0.85, at_least=True
    )
    late, quiet = median(lasts["on"]), median(lasts["off"])
    yield Row("tracing: p99", f"{late * 1e3:.2f} ms", f"without {quiet * 1e3:.2f} ms", late / quiet, "x", 1.5)
    yield Row(
        "JSON handler with traces",
        f"{mine:,.0f}/s",
        f"Starlette {theirs:,.0f}/s",
        mine / theirs,
        "x",
        1.2,
        at_least=True,
    )
