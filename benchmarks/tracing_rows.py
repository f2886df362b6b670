"""What recording costs those who are served, and how fast what was recorded is found again.

Must not know how servers are started or load is made. Invariant: the same canvas with traces and without is measured in
turn in one run, since the machine's pace drifts.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.http_rows import JSON_HANDLER, SECONDS, new_canvas, without_traces
from benchmarks.load import in_turns, load, request_bytes
from benchmarks.reporting import Row, median, paired, percentile
from benchmarks.servers import DARK, Client, dark_server, peer_server
from benchmarks.writing import Writer
from dark_lang.names import NodeId
from dark_lang.stdlib import standard_library
from runtime.hosting import Host
from runtime.replaying.campaigns import replay
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.files import TraceWriter, written
from runtime.traces.identities import TraceId, first_at
from runtime.traces.records import Answered, Asked, Decided, Origin, Trace

TURNS = 16
EDITS = 3  # in a turn of load: each has all tests run again


def tracing_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = new_canvas(Path(folder), [["insert", "http", "GET", "/hello/:name", JSON_HANDLER]])
        silent = without_traces(canvas, Path(folder, "silent"))
        with (
            dark_server(canvas) as on,
            dark_server(silent) as off,
            peer_server("benchmarks.peers:json_app", ready="/hello/ada") as peer,
        ):
            servers = {
                name: (server.port, [request_bytes(server.port, "/hello/ada", headers=["Forwarded: for=192.0.2.1"])])
                for name, server in (("on", on), ("off", off), ("peer", peer))
            }
            found = in_turns(servers, turns=TURNS, seconds=SECONDS / 2)
    rates = {name: [result.per_second for result in results] for name, results in found.items()}
    lasts = {name: [percentile(result.latencies, 0.99) for result in results] for name, results in found.items()}
    mine, plain, theirs = (median(rates[name]) for name in ("on", "off", "peer"))
    kept = paired(rates["on"], rates["off"])
    yield Row("tracing: requests/s", f"{mine:,.0f}/s", f"without {plain:,.0f}/s", kept, "x", 0.85, at_least=True)
    late, quiet = median(lasts["on"]), median(lasts["off"])
    grown = paired(lasts["on"], lasts["off"])
    yield Row("tracing: p99", f"{late * 1e3:.2f} ms", f"without {quiet * 1e3:.2f} ms", grown, "x", 1.5)
    yield Row(
        "JSON handler with traces",
        f"{mine:,.0f}/s",
        f"Starlette {theirs:,.0f}/s",
        paired(rates["on"], rates["peer"]),
        "x",
        1.2,
        at_least=True,
    )


def listing_rows(traces: int) -> Iterator[Row]:
    """Lists over many traces, by whatever they are narrowed; the slowest counts."""
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder), traces)
        now = _TIME + traces * 1_000
        wanted = {
            "handler": Filter(toplevel=NodeId(7)),
            "status": Filter(statuses=(500, 600)),
            "handler and status": Filter(toplevel=NodeId(7), statuses=(503, 504)),
            "time": Filter(since=first_at(now - 5_000_000), until=first_at(now - 4_000_000)),
            "side": Filter(side=(NodeId(99), True)),
        }
        took = {}
        for name, narrowed in wanted.items():
            samples = []
            for _ in range(5):
                started = time.perf_counter()
                with closing(TraceReader(Path(folder))) as reader:
                    found = reader.traces(narrowed, 20)
                samples.append((time.perf_counter() - started) * 1000)
                assert found
            took[name] = median(samples)
    slowest = max(took, key=lambda name: took[name])
    told = ", ".join(f"{name} {milliseconds:.1f}" for name, milliseconds in took.items())
    yield Row(f"trace list over {traces:,} traces", f"{took[slowest]:.1f} ms", told, took[slowest], "ms", 100)


_TIME = 1_700_000_000_000_000


def _fill(folder: Path, traces: int) -> None:
    with closing(TraceWriter(folder)) as writer:
        for start in range(0, traces, 1_000):
            writer.write([written(_trace(nth)) for nth in range(start, min(start + 1_000, traces))])


def _trace(nth: int) -> Trace:
    status = 503 if nth % 10_007 == 0 else 500 if nth % 997 == 0 else 200
    return Trace(
        TraceId((_TIME + nth * 1_000) << 11),
        Origin.REQUEST,
        NodeId(nth % 50),
        "GET:/x",
        b"",
        False,
        nth % 5_000,
        1,
        (),
        Asked("GET", b"/x", b"", ((b"host", b"example.com"),), b"", "", 0, 0),
        Answered(status, (), b"{}", 2),
        None,
        (),
        (Decided(NodeId(99), nth % 3_001 == 0, "share"),),
        None,
        None,
        "",
    )


def replay_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = new_canvas(Path(folder), [["insert", "http", "GET", "/hello/:name", JSON_HANDLER]])
        with dark_server(canvas) as server:
            requests = [request_bytes(server.port, f"/hello/n{nth}") for nth in range(100)]
            for _ in range(12):
                load(server.port, requests, connections=4, seconds=0.15)
                time.sleep(1.0)  # so many are kept each second
        host = Host.open(canvas, library=standard_library())
        found = host.canvas
        with closing(TraceReader(canvas)) as reader:
            traces = list(reader.ids(Filter(unmatched=False)))[:2_000]
            started = time.perf_counter()
            report = replay(reader, traces, found, found.library, host.settings, lambda _done, _of: None, len(traces))
            seconds = time.perf_counter() - started
        if report.same != len(traces):
            raise RuntimeError(f"not every request came out the same: {report}")
        host.close()
    rate = len(traces) / seconds
    yield Row(
        "replay of the JSON handler", f"{rate:,.0f}/s", f"{len(traces):,} traces", rate, "/s", 2_000, at_least=True
    )


def testing_rows() -> Iterator[Row]:
    """Traffic while tests run beside it, after each of many edits, against traffic on a quiet server."""
    with tempfile.TemporaryDirectory() as folder:
        commands = [
            ["insert", "http", "GET", "/hello/:name", JSON_HANDLER],
            ["insert", "fn", "Shop::f(n: Int) -> Int", 'let edit = "0"; n'],
        ]
        canvas = new_canvas(Path(folder), commands)
        script = "".join([f"insert test t{nth} 'Shop::f({nth}) == {nth}'\n" for nth in range(300)])
        Path(folder, "tests").write_text(script)
        subprocess.run([DARK, "apply", str(Path(folder, "tests"))], cwd=canvas, check=True, capture_output=True)
        edits = _prepared_edits(canvas, Path(folder, "clone"), TURNS * EDITS)
        quiet: list[float] = []
        busy: list[float] = []
        with dark_server(canvas) as server, closing(Client(server.port)) as client:
            asked = [request_bytes(server.port, "/hello/ada")]
            time.sleep(3)  # all tests have run once
            told = b""
            for turn in range(TURNS):
                for found in (busy, quiet) if turn % 2 else (quiet, busy):
                    dropping = threading.Thread(target=_drop, args=(canvas, edits[:EDITS]))
                    if found is busy:
                        dropping.start()
                        del edits[:EDITS]
                    result = load(server.port, asked, connections=4, seconds=SECONDS)
                    found.append(percentile(result.latencies, 0.99))
                    if found is busy:
                        dropping.join()
                        told, before = client.get("/_dark/tests")[1], told
                        if told == before:  # how long each took is told, too
                            raise RuntimeError("no test ran")
    late, early = median(busy), median(quiet)
    yield Row(
        "tests beside traffic: p99",
        f"{late * 1e3:.2f} ms",
        f"quiet {early * 1e3:.2f} ms",
        paired(busy, quiet),
        "x",
        1.5,
    )


def _prepared_edits(canvas: Path, clone: Path, count: int) -> list[Path]:
    """Diff files, in order, each of which affects all tests: made beforehand, since who makes them takes of the same
    cores."""
    shutil.copytree(canvas, clone, ignore=shutil.ignore_patterns("data", ".dark"))
    before = set((clone / "diffs").glob("*.cbor"))
    with Writer(clone, "Shop::f") as writer:
        for nth in range(count):
            writer.write(str(nth + 1))
    return sorted(set((clone / "diffs").glob("*.cbor")) - before)  # names begin with the lamport time


def _drop(canvas: Path, edits: Sequence[Path]) -> None:
    for edit in edits:
        edit.rename(canvas / "diffs" / edit.name)
        time.sleep(SECONDS / len(edits))
