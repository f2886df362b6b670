"""HTTP/1.1 on one connection, as `serve` speaks it: bytes in, `Answering`, bytes out, with no task in between.

uvicorn's own protocol takes headers of 100 MB and makes a task, a scope and an event for each request; this one has
caps, and answers inside the call that brought the last byte. Must not know routes, handlers or rows. Invariants:
answers leave in the order of their requests; no more than one request of a connection runs at a time; what a peer sends
or fails to read is held within caps.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import cast

import httptools

from runtime.serving.exchanges import BODY_BYTES_PER_SECOND, Exchange, status_line
from runtime.serving.messages import Incoming, Outgoing, host_problem
from runtime.serving.problems import problem
from runtime.serving.responses import BODILESS

log = logging.getLogger("dark.serve")

AT_ONCE = 16  # requests of one connection that are answered before others get their turn
FLUSH_BYTES = 1 << 16
LINGER_SECONDS = 2.0


class Connection(asyncio.Protocol):
    __slots__ = (
        "_answer",
        "_began",
        "_body",
        "_chunk",
        "_deadline",
        "_eof",
        "_exchange",
        "_headers",
        "_later",
        "_out",
        "_parser",
        "_paused_reading",
        "_paused_writing",
        "_peer",
        "_refused",
        "_state",
        "_target",
        "_transport",
        "_turn",
        "_waiting",
        "_waiting_for",
    )

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._answer = exchange.answers.answer
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: bytes | bytearray = b""
        self._began = 0.0  # when the body could begin
        self._chunk = 0  # bytes in the piece that is being read
        # Bytes that came after the piece in which a head began and are still not part of a body: of the head, later of
        # what says how long a chunk is, and of trailers.
        self._later = 0
        self._state = _IDLE
        self._refused = False  # the rest of what comes is not read
        self._eof = False
        self._waiting: deque[tuple[Incoming, bool]] = deque()  # requests, and whether the connection outlives them
        self._waiting_for: tuple[Incoming, bool] | None = None  # the request that runs
        self._turn = 0
        self._out: list[bytes] = []
        self._paused_writing = self._paused_reading = False
        self._deadline = exchange.clock + exchange.caps.header_seconds + 1

    # The transport calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has transports of its own
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else ""
        self._exchange.connections.add(self)
        self._exchange.answers.metrics.connections += 1
        if self._exchange.closing:
            transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._exchange.connections.discard(self)
        self._exchange.answers.metrics.connections -= 1
        self._transport = None
        self._waiting.clear()

    def eof_received(self) -> bool:
        # A peer may close its side and still wait for its answer.
        self._eof = True
        return not self._is_free

    def pause_writing(self) -> None:
        self._paused_writing = True
        self._deadline = self._exchange.clock + self._exchange.caps.write_seconds + 1
        self._stop_reading()

    def resume_writing(self) -> None:
        self._paused_writing = False
        self._deadline = self._exchange.clock + self._exchange.caps.idle_seconds + 1
        self._go_on()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._chunk = len(data)
        if self._state != _IDLE:
            self._later += len(data)
        self._turn = 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            log.exception("reading a request failed by our own fault")
            self._refuse(500, "this request failed")
        except httptools.HttpParserUpgrade:
            # We speak nothing else: the request is answered as it stands, and the connection ends with that.
            self._refused = True
            self._end_after_last()
        except httptools.HttpParserError as error:
            if not self._refused:
                self._refuse(400, f"this is not HTTP: {_first_line(error)}")
        if self._state != _IDLE and self._later > self._exchange.caps.header_bytes and not self._refused:
            # The parser shows only complete headers and trailers: an endless one would never come to be counted.
            self._refuse_headers()
        self._flush()

    # The parser calls these

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers = []
        self._body = b""
        self._later = 0
        self._state = _HEADERS
        self._deadline = self._exchange.clock + self._exchange.caps.header_seconds + 1

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # A trailer has passed whatever in front of us cleans headers, and so is not taken for one.
        if self._state == _HEADERS:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._state = _BODY
        if self._refused:
            return
        caps = self._exchange.caps
        if (self._later or self._chunk > caps.header_bytes) and self._too_large(caps.header_bytes):
            self._refuse_headers()
            return
        if wrong := host_problem(self._headers, self._parser.get_http_version()):
            self._refuse(400, wrong)
            return
        self._later = 0
        self._began = self._exchange.clock
        self._deadline = self._began + caps.body_seconds + 1
        if self._parser.get_method() not in _BODYLESS_METHODS:
            self._expect_body(caps.body_bytes)

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        self._later = 0
        # A body that came whole is kept as it is. One that did not grows in place, however small its pieces are.
        if not self._body:
            self._body = body
        elif isinstance(self._body, bytearray):
            self._body += body
        else:
            self._body = bytearray(self._body) + body
        if len(self._body) > self._exchange.caps.body_bytes:
            self._refuse_body()
        clock, seconds = self._exchange.clock, self._exchange.caps.body_seconds
        self._deadline = 1 + min(clock, self._began + len(self._body) / BODY_BYTES_PER_SECOND) + seconds

    def on_message_complete(self) -> None:
        if self._refused:
            return
        self._state = _IDLE
        self._deadline = self._exchange.clock + self._exchange.caps.idle_seconds + 1
        path, _, query = self._target.partition(b"?")
        if not path.startswith(b"/"):
            path = _origin_form(path)
        incoming = Incoming(
            self._parser.get_method().decode("latin-1"),
            path,
            query.partition(b"#")[0],
            self._headers,
            bytes(self._body),
            self._peer,
            self._exchange.port,
        )
        keep_alive = self._parser.should_keep_alive()
        if self._waiting_for is not None or self._waiting or self._paused_writing or self._turn >= AT_ONCE:
            self._waiting.append((incoming, keep_alive))
            self._stop_reading()
            if self._turn >= AT_ONCE and len(self._waiting) == 1:
                self._exchange.loop.call_soon(self._go_on)
            return
        self._turn += 1
        self._start(incoming, keep_alive)

    # Answers

    def _start(self, incoming: Incoming, keep_alive: bool) -> None:
        self._waiting_for = (incoming, keep_alive)
        made = self._answer(incoming, self._done)
        if made is not None:
            self._waiting_for = None
            self._write(incoming, made, keep_alive)

    def _done(self, made: Outgoing) -> None:
        """The answer to the request that runs, which had to wait."""
        if self._waiting_for is None:
            return
        incoming, keep_alive = self._waiting_for
        self._waiting_for = None
        if self._transport is not None:
            self._write(incoming, made, keep_alive)
            self._go_on()

    def _go_on(self) -> None:
        """Takes up what waits, a few at a time."""
        self._turn = 0
        while self._waiting and self._waiting_for is None and not self._paused_writing:
            if self._turn >= AT_ONCE:
                self._exchange.loop.call_soon(self._go_on)
                break
            self._turn += 1
            self._start(*self._waiting.popleft())
        self._flush()
        if self._transport is None or self._waiting or self._waiting_for is not None or self._paused_writing:
            return
        if self._paused_reading:
            self._paused_reading = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
        if self._eof:
            self._transport.close()

    def _write(self, incoming: Incoming, made: Outgoing, keep_alive: bool) -> None:
        body = made.body
        out = self._out
        out.append(status_line(made.status))
        for name, value in made.headers:
            out.append(b"\r\n%b: %b" % (name, value))
        if not keep_alive or made.close or self._exchange.closing or self._refused:
            keep_alive = False
            out.append(b"\r\nconnection: close")
        elif self._parser.get_http_version() == "1.0":
            out.append(b"\r\nconnection: keep-alive")
        out.append(self._exchange.date)
        if made.status in BODILESS:
            out.append(b"\r\n\r\n" if made.status != 205 else b"\r\ncontent-length: 0\r\n\r\n")
        elif incoming.method == "HEAD":
            out.append(b"\r\ncontent-length: %d\r\n\r\n" % len(body))
        else:
            out.append(b"\r\ncontent-length: %d\r\n\r\n" % len(body))
            out.append(body)
        if not keep_alive:
            self._end(linger=made.close)
        elif len(body) > FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._out:
            data, self._out = b"".join(self._out), []
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(data)

    def _end(self, *, linger: bool) -> None:
        """Ends the connection once what is written has gone out. `linger`: the peer may still be sending, and would
        lose our answer if the system told it that nobody reads that: so we read on for a moment, and look away."""
        self._waiting.clear()
        self._refused = True
        self._flush()
        if self._transport is None or self._transport.is_closing():
            return
        if linger and not self._eof and self._transport.can_write_eof():
            self._deadline = self._exchange.clock + LINGER_SECONDS
            self._transport.write_eof()
        else:
            self._transport.close()

    # Refusals

    def _refuse(self, status: int, detail: str) -> None:
        """Answers what cannot be taken and ends the connection, after the answers that are still owed."""
        self._refused = True
        refusal = Incoming("GET", b"/", b"", [], b"", self._peer, self._exchange.port)
        made = problem(status, detail, close=True)
        self._exchange.answers.metrics.count(status, 0.0)
        if self._is_free:
            self._write(refusal, made, keep_alive=False)
        else:
            # The peer learns from the end of the connection that this one was not taken.
            self._end_after_last()

    def _refuse_headers(self) -> None:
        cap = self._exchange.caps.header_bytes
        self._refuse(431, f"the request's head is larger than {cap} bytes")

    def _refuse_body(self) -> None:
        self._refuse(413, f"the body is larger than {self._exchange.caps.body_bytes} bytes")

    def _end_after_last(self) -> None:
        if self._waiting:
            incoming, _ = self._waiting.pop()
            self._waiting.append((incoming, False))
        elif self._waiting_for is not None:
            self._waiting_for = (self._waiting_for[0], False)
        else:
            self._end(linger=False)

    def _too_large(self, cap: int) -> bool:
        return len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._headers) > cap

    def _expect_body(self, cap: int) -> None:
        for name, value in self._headers:
            length = len(name)
            if length == 14 and name.lower() == b"content-length":
                if value.isdigit() and int(value[:20]) > cap:
                    self._refuse_body()
                    return
            elif self._is_free and length == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
                # While others are owed their answers, this one would come before them; the peer sends on by itself.
                self._out.append(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def _is_free(self) -> bool:
        """Whether no answer is owed."""
        return self._waiting_for is None and not self._waiting

    # Time

    def check_deadline(self, now: float) -> None:
        if now < self._deadline or self._transport is None:
            return
        if self._paused_writing:
            self._transport.abort()
        elif not self._is_free:
            return
        elif self._refused:
            self._transport.abort()
        elif self._state == _IDLE:
            self._transport.close()
        else:
            self._refuse(408, "the request did not come to its end in time")
            self._flush()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def finish_soon(self) -> None:
        if self._transport is not None and self._is_free and self._state == _IDLE:
            self._flush()
            self._transport.close()

    def _stop_reading(self) -> None:
        if not self._paused_reading and self._transport is not None and not self._transport.is_closing():
            self._paused_reading = True
            self._transport.pause_reading()


_IDLE, _HEADERS, _BODY = range(3)
_BODYLESS_METHODS = frozenset({b"GET", b"HEAD"})


def _origin_form(target: bytes) -> bytes:
    """The path of `http://host/path`, which a server has to take too; anything else as it is."""
    scheme, colon, rest = target.partition(b"://")
    if colon and scheme.lower() in (b"http", b"https"):
        return b"/" + rest.partition(b"/")[2]
    return target


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
