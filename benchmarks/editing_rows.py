"""How long an edit takes: from the shell, in the server, from another process, without a server, and under load.

Must not build large canvases (`canvases`) or start servers of its own making (`servers`). Invariant: "live" means that
an answer over HTTP was made by the new code.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.load import paced_load
from benchmarks.reporting import Row, median, percentile
from benchmarks.servers import DARK, Client, cpu_seconds, dark_server, peer_server
from benchmarks.writing import Writer

RELOADED = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def answer(request):
    return PlainTextResponse("{marker}")

app = Starlette(routes=[Route("/probe", answer)])
"""


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _dark(canvas: Path, *words: str) -> str:
    done = subprocess.run([DARK, *words], cwd=canvas, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"dark {' '.join(words)} ended with exit code {done.returncode}: {done.stderr}")
    return done.stdout


def _edit(canvas: Path, marker: str, *options: str) -> str:
    return _dark(canvas, "replace-node", "GET:/probe#body", f'"{marker}"', *options)


def add_probe(canvas: Path) -> None:
    """The handler that is edited."""
    _dark(canvas, "insert", "http", "GET", "/probe", '"start"')


def _until(client: Client, marker: str) -> None:
    wanted = marker.encode()
    deadline = time.perf_counter() + 10
    while client.get("/probe")[1] != wanted:
        if time.perf_counter() > deadline:
            raise RuntimeError(f"{marker} was not live within 10 seconds")


def shell_rows(canvas: Path, rounds: int) -> Iterator[Row]:
    """Shell command to live, and within the server, with the bare interpreter and `uvicorn --reload` beside them."""
    commands: list[float] = []
    bare: list[float] = []
    with dark_server(canvas) as server:
        client = Client(server.port)
        _edit(canvas, "warming up")
        for turn in range(rounds):
            bare.append(_milliseconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True)))
            marker = f"shell {turn}"
            started = time.perf_counter()
            _edit(canvas, marker)
            _until(client, marker)
            commands.append((time.perf_counter() - started) * 1000)
        within = [float(json.loads(_edit(canvas, f"within {n}", "--json"))["milliseconds"]) for n in range(rounds)]
        client.close()
    shell, reload = median(commands), median(_reload_times(max(5, rounds // 20)))
    yield Row(
        "shell command to live, p50 above a bare interpreter",
        f"{shell:.1f} ms",
        f"bare python {median(bare):.1f} ms",
        shell - median(bare),
        "ms",
        15,
    )
    p95 = percentile(commands, 0.95)
    yield Row("shell command to live, p95 in all", f"{p95:.1f} ms", "", p95, "ms", 50)
    yield Row(
        "shell command to live, against a reload",
        f"{shell:.1f} ms",
        f"uvicorn --reload {reload:.0f} ms",
        reload / shell,
        "x",
        10,
        at_least=True,
    )
    yield Row(
        "command received to durable and live", f"{median(within):.2f} ms", "(Erlang: 2.6 ms)", median(within), "ms", 2
    )


def _reload_times(rounds: int) -> list[float]:
    samples: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "reloaded.py"
        source.write_text(RELOADED.format(marker="start"))
        with peer_server("reloaded:app", "--reload", cwd=Path(folder), ready="/probe") as server:
            time.sleep(1)
            for turn in range(rounds):
                marker = f"reload {turn}"
                started = time.perf_counter()
                source.write_text(RELOADED.format(marker=marker))
                _until_reloaded(server.port, marker)
                samples.append((time.perf_counter() - started) * 1000)
                time.sleep(0.5)
    return samples


def _until_reloaded(port: int, marker: str) -> None:
    deadline = time.perf_counter() + 20
    while time.perf_counter() < deadline:
        try:
            client = Client(port)
            body = client.get("/probe")[1]
            client.close()
        except OSError:
            continue
        if body == marker.encode():
            return
    raise RuntimeError("uvicorn --reload did not serve the new code within 20 seconds")


def _diff_times(canvas: Path, rounds: int) -> tuple[list[float], float]:
    """Milliseconds from a diff file's rename, by this process, to live; and the idle server's share of a core in %."""
    samples: list[float] = []
    with dark_server(canvas) as server, Writer(canvas) as writer:
        client = Client(server.port)
        time.sleep(1)
        for turn in range(rounds):
            marker = f"diff {turn}"
            writer.write(marker)
            started = time.perf_counter()
            _until(client, marker)
            samples.append((time.perf_counter() - started) * 1000)
            time.sleep(0.02)
        time.sleep(3)
        before, seconds = cpu_seconds(server.process.pid), 10.0
        time.sleep(seconds)
        idle = (cpu_seconds(server.process.pid) - before) / seconds * 100
        client.close()
    return samples, idle


def diff_rows(small: Path, large: Path, rounds: int) -> Iterator[Row]:
    """A diff file that another process writes, at 10 and at 10,000 handlers."""
    few, idle = _diff_times(small, rounds)
    many, _ = _diff_times(large, rounds)
    p99 = percentile(few, 0.99)
    yield Row("diff file to live, p50, 10 handlers", f"{median(few):.1f} ms", "", median(few), "ms", 8)
    yield Row("diff file to live, p99, 10 handlers", f"{p99:.1f} ms", "", p99, "ms", 25)
    yield Row("watching, idle", f"{idle:.2f} % of a core", "", idle, "%", 1)
    yield Row(
        "diff file to live, p50, 10,000 handlers",
        f"{median(many):.1f} ms",
        f"at 10: {median(few):.1f} ms",
        median(many) / median(few),
        "x",
        1.5,
    )


def serverless_rows(hundred: Path, large: Path, rounds: int) -> Iterator[Row]:
    """An edit from the shell with no server."""
    for canvas, name, limit in ((hundred, "100", 120.0), (large, "10,000", 200.0)):
        _edit(canvas, "warming up")
        samples = []
        for turn in range(rounds):
            started = time.perf_counter()
            _edit(canvas, f"turn {turn}")
            samples.append((time.perf_counter() - started) * 1000)
        p50 = median(samples)
        yield Row(f"edit without a server, p50, {name} handlers", f"{p50:.0f} ms", "", p50, "ms", limit)


def rebinding_rows(canvas: Path, seconds: float) -> Iterator[Row]:
    """400 requests a second while 20 diffs a second land."""
    with dark_server(canvas) as server, Writer(canvas) as writer:
        ended = threading.Event()

        def write() -> None:
            turn = 0
            while not ended.is_set():
                writer.write(f"rebind {turn}")
                turn += 1
                time.sleep(0.05)

        time.sleep(1)
        thread = threading.Thread(target=write)
        thread.start()
        try:
            result = paced_load(server.port, "/probe", per_second=400, seconds=seconds)
        finally:
            ended.set()
            thread.join()
    latencies = [latency * 1000 for latency in result.latencies]
    failed = result.requests - result.statuses.get(200, 0)
    p99, worst = percentile(latencies, 0.99), max(latencies)
    yield Row("rebind under load, p99", f"{p99:.1f} ms", f"{result.requests} requests", p99, "ms", 10)
    yield Row("rebind under load, worst", f"{worst:.1f} ms", "", worst, "ms", 50)
    yield Row("rebind under load, failed requests", str(failed), "", failed, "", 0)
