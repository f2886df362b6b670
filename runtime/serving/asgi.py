"""The ASGI entrance: any ASGI server can host a canvas. Slower than `protocol`, and the same answers.

Must not know routes, handlers or rows. Invariant: what is answered is what `Answering` says; this module only carries
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol
from urllib.parse import quote

from runtime.data.committing import Deliver
from runtime.serving.messages import Incoming, Outgoing, host_problem
from runtime.serving.problems import problem
from runtime.serving.responses import BODILESS

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Service(Protocol):
    """What is behind the entrance; opened when the server starts."""

    @property
    def body_bytes(self) -> int: ...
    @property
    def header_bytes(self) -> int: ...

    deliver: Deliver | None

    def answer(self, incoming: Incoming, done: Callable[[Outgoing], None]) -> Outgoing | None: ...
    def close(self) -> None: ...


class Application:
    """`open_service` is called once, when the server says that it starts, or else by the first request."""

    def __init__(self, open_service: Callable[[], Service]) -> None:
        self._open_service = open_service
        self._service: Service | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    self._started()
                except Exception as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._service is not None:
                    self._service.close()
                    self._service = None
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _started(self) -> Service:
        if self._service is None:
            self._service = self._open_service()
            self._service.deliver = asyncio.get_running_loop().call_soon_threadsafe
        return self._service

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = self._started()
        headers = [(bytes(name), bytes(value)) for name, value in scope["headers"]]
        if sum(len(name) + len(value) + 4 for name, value in headers) > service.header_bytes:
            await _send(send, problem(431, f"the request's head is larger than {service.header_bytes} bytes"), "GET")
            return
        # HTTP/2 and 3 have the host in a pseudo-header, which not every server writes among the others.
        version = scope.get("http_version", "1.1")
        if version.startswith("1") and (wrong := host_problem(headers, version)):
            await _send(send, problem(400, wrong), "GET")
            return
        body = await _body(receive, service.body_bytes)
        if body is None:
            await _send(send, problem(413, f"the body is larger than {service.body_bytes} bytes"), "GET")
            return
        # The raw path is optional in ASGI; where a server has none, what was an escaped slash can no longer be told.
        raw = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
        client, server = scope.get("client"), scope.get("server")
        incoming = Incoming(
            scope["method"],
            raw.partition(b"?")[0],
            scope.get("query_string", b""),
            headers,
            body,
            client[0] if client else "",
            (server[1] or 0) if server else 0,
        )
        waiting: asyncio.Future[Outgoing] = asyncio.get_running_loop().create_future()

        def done(made: Outgoing) -> None:
            if not waiting.done():
                waiting.set_result(made)

        made = service.answer(incoming, done) or await waiting
        await _send(send, made, incoming.method)


async def _body(receive: Receive, cap: int) -> bytes | None:
    """None if it is larger than the cap, or the client went away on the way."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        size += len(piece)
        if size > cap:
            return None
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _send(send: Send, made: Outgoing, method: str) -> None:
    headers = list(made.headers)
    if made.status not in BODILESS:
        headers.append((b"content-length", str(len(made.body)).encode()))
    await send({"type": "http.response.start", "status": made.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else made.body})
