"""One serving process: a listening socket, an event loop, and an orderly end.

Must not know canvases or rows beyond what it is given. Invariant: after the first SIGTERM or SIGINT nothing new is
taken, and what is under way gets its answer.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Callable
from typing import Protocol

import uvloop

from dark_lang.errors import CanvasError
from runtime.data.committing import Deliver
from runtime.serving.exchanges import Answers, Caps, Exchange
from runtime.serving.protocol import Connection

BACKLOG = 2048
PATIENCE = 10.0  # seconds for what is under way at the end


class Serves(Answers, Protocol):
    deliver: Deliver | None


def listen(address: str, port: int) -> socket.socket:
    """A listening socket. Raises CanvasError, whose message names the port and what to do."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _refusal(address, port, error) from error
    listener.setblocking(False)
    return listener


def _refusal(address: str, port: int, error: OSError | OverflowError) -> CanvasError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return CanvasError(
            f"port {port} on {address} is in use by another program",
            suggestion=f"dark serve --port {port % 65535 + 1}, or end the other program",
        )
    if number == errno.EACCES:
        return CanvasError(
            f"port {port} on {address} may not be used by this user", suggestion="dark serve --port 8000"
        )
    return CanvasError(
        f"{address} port {port} cannot be listened on: {error}", suggestion="dark serve --host 127.0.0.1 --port 8000"
    )


def run_server(
    listener: socket.socket,
    answers: Serves,
    *,
    caps: Caps,
    started: Callable[[], None],
    lifeline: int | None = None,
) -> None:
    """Serves until a signal ends it, or until `lifeline`, the reading end of a pipe, has something to read or is left
    by its writer. `started` is called once requests are taken. Closes the listener."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(listener, answers, caps, started, lifeline))


async def _serve(
    listener: socket.socket, answers: Serves, caps: Caps, started: Callable[[], None], lifeline: int | None
) -> None:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    answers.deliver = loop.call_soon_threadsafe
    exchange = Exchange(answers, caps, int(listener.getsockname()[1]), loop)
    exchange.tick()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ending.set)
    if lifeline is not None:
        loop.add_reader(lifeline, ending.set)
    server = await loop.create_server(lambda: Connection(exchange), sock=listener, backlog=BACKLOG)
    ticking = loop.create_task(_tick(exchange))
    try:
        started()
        await ending.wait()
    finally:
        if lifeline is not None:
            loop.remove_reader(lifeline)
        server.close()
        exchange.close()
        deadline = loop.time() + PATIENCE
        while exchange.connections and loop.time() < deadline:
            await asyncio.sleep(0.01)
        ticking.cancel()
        for connection in list(exchange.connections):
            connection.abort()


async def _tick(exchange: Exchange) -> None:
    while True:
        await asyncio.sleep(1)
        exchange.tick()
