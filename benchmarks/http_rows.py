"""Requests per second against the same handlers in Starlette on the same uvicorn, and rows in a datastore.

Must not know how servers are started (`servers`) or load is made (`load`). Invariant: ours and the peer's are measured
in turn, several times, and compared by their medians, since the machine's pace drifts.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.load import load, request_bytes
from benchmarks.reporting import Row, median
from benchmarks.servers import DARK, Server, dark_server, peer_server

TURNS = 5
SECONDS = 1.5
JSON_HANDLER = '{ id: 7, name: name, tags: ["a", "b"], active: true, score: 1.5 }'
MANY = 1000


def new_canvas(folder: Path, commands: Sequence[Sequence[str]]) -> Path:
    """A canvas that the command line makes, one command after the other."""
    canvas = folder / "canvas"
    _dark(["new", str(canvas)], folder)
    for command in commands:
        _dark(command, canvas)
    return canvas


def without_traces(canvas: Path, copy: Path) -> Path:
    shutil.copytree(canvas, copy, ignore=shutil.ignore_patterns("*.sock"))
    with (copy / "canvas.toml").open("a") as settings:
        settings.write("\n[traces]\non = false\n")
    return copy


def _dark(command: Sequence[str], cwd: Path) -> None:
    done = subprocess.run([DARK, *command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"dark {' '.join(command)[:80]} ended with exit code {done.returncode}: {done.stderr}")


def _rates(server: Server, requests: Callable[[int], Sequence[bytes]], connections: int) -> float:
    result = load(server.port, requests(server.port), connections=connections, seconds=SECONDS)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"not every request was answered with 200: {result.statuses}")
    return result.per_second


def _compare(
    ours: AbstractContextManager[Server],
    theirs: AbstractContextManager[Server],
    requests: Callable[[int], Sequence[bytes]],
    connections: int,
) -> tuple[float, float]:
    mine: list[float] = []
    peers: list[float] = []
    with ours as server, theirs as peer:
        for _ in range(TURNS):
            mine.append(_rates(server, requests, connections))
            peers.append(_rates(peer, requests, connections))
    return median(mine), median(peers)


def _row(name: str, mine: float, peer: float, limit: float) -> Row:
    return Row(name, f"{mine:,.0f}/s", f"Starlette {peer:,.0f}/s", mine / peer, "x", limit, at_least=True)


def handler_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        traced = new_canvas(Path(folder), [["insert", "http", "GET", "/hello/:name", JSON_HANDLER]])
        canvas = without_traces(traced, Path(folder, "silent"))
        mine, peer = _compare(
            dark_server(canvas),
            peer_server("benchmarks.peers:json_app", ready="/hello/ada"),
            lambda port: [request_bytes(port, "/hello/ada")],
            32,
        )
    yield _row("JSON handler without traces, 32 connections", mine, peer, 1.5)
    with tempfile.TemporaryDirectory() as folder:
        script = "".join(
            f"insert http GET /r{number}/:name '{{ route: {number}, name: name }}'\n" for number in range(MANY)
        )
        Path(folder, "routes").write_text(script)
        canvas = new_canvas(Path(folder), [["apply", str(Path(folder, "routes"))]])
        mine, peer = _compare(
            dark_server(canvas),
            peer_server("benchmarks.peers:routes_app", ready="/r0/ada"),
            lambda port: [request_bytes(port, f"/r{number}/ada") for number in range(MANY)],
            32,
        )
    yield _row(f"the same, {MANY:,} routes, spread over all", mine, peer, 10)


def datastore_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = new_canvas(
            Path(folder),
            [
                ["insert", "db", "Rows", "String"],
                ["insert", "http", "GET", "/get/:key", "DB::get(Rows-v0, key)!"],
                ["insert", "http", "POST", "/set/:key/:value", "DB::set(Rows-v0, key, value)"],
            ],
        )
        keys = [f"key{number}" for number in range(256)]

        def reads(port: int) -> list[bytes]:
            return [request_bytes(port, f"/get/{key}") for key in keys]

        def writes(port: int) -> list[bytes]:
            # A row that is set to what it holds already costs SQLite nothing, so values differ from one round of
            # the keys to the next: 1,021 is prime.
            return [request_bytes(port, f"/set/{keys[nth % 256]}/{nth}", method="POST") for nth in range(1021)]

        database = str(Path(folder, "peer.sqlite"))
        for name, requests, connections, limit in (
            ("datastore set, 32 connections", writes, 32, 3.0),
            ("datastore get, 32 connections", reads, 32, 1.5),
            ("datastore set, one connection", writes, 1, 0.7),
        ):
            mine, peer = _compare(
                dark_server(canvas),
                peer_server("benchmarks.peers:data_app", PEER_DATABASE=database),
                requests,
                connections,
            )
            yield _row(name, mine, peer, limit)
