"""The peers: what a good engineer would write by hand with Starlette, on the same uvicorn, for the same work.

Run by uvicorn as `benchmarks.peers:json_app` and so on. Must not know our own code.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


async def hello(request: Request) -> Response:
    name = request.path_params["name"]
    return JSONResponse({"id": 7, "name": name, "tags": ["a", "b"], "active": True, "score": 1.5})


def _numbered(number: int) -> Callable[[Request], object]:
    async def handler(request: Request) -> Response:
        return JSONResponse({"route": number, "name": request.path_params["name"]})

    return handler


json_app = Starlette(routes=[Route("/hello/{name}", hello)])
routes_app = Starlette(routes=[Route(f"/r{number}/{{name}}", _numbered(number)) for number in range(1000)])


class _Rows:
    """A key-value table: WAL, synchronous=FULL, one connection a thread, a lock around the writer, as one would."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.local = threading.local()
        self.writing = threading.Lock()
        self.connection().execute("CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT)")

    def connection(self) -> sqlite3.Connection:
        if not hasattr(self.local, "connection"):
            connection = sqlite3.connect(self.path, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            self.local.connection = connection
        found: sqlite3.Connection = self.local.connection
        return found

    def get(self, key: str) -> str | None:
        row = self.connection().execute("SELECT value FROM rows WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, key: str, value: str) -> None:
        with self.writing:
            self.connection().execute(
                "INSERT INTO rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
            )


@asynccontextmanager
async def _opened(app: Starlette) -> AsyncIterator[None]:
    app.state.rows = _Rows(os.environ["PEER_DATABASE"])
    yield


async def read_row(request: Request) -> Response:
    value = request.app.state.rows.get(request.path_params["key"])
    return JSONResponse({"error": "not found"}, 404) if value is None else PlainTextResponse(value)


async def write_row(request: Request) -> Response:
    # In a thread: a commit waits for the disk, and the loop must not.
    await asyncio.to_thread(request.app.state.rows.set, request.path_params["key"], request.path_params["value"])
    return PlainTextResponse(request.path_params["value"])


data_app = Starlette(
    routes=[Route("/get/{key}", read_row), Route("/set/{key}/{value}", write_row, methods=["POST"])], lifespan=_opened
)
