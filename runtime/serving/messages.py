"""A request as it came from the wire and an answer as it goes there, before and after they mean anything.

Must not know any server, nor the guest's values. Invariant: header names are bytes as they came; whoever looks for one
uses `header`, which does not care about case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dark_lang.deciding import Side
from dark_lang.names import NodeId
from dark_lang.records import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


class Incoming:
    """A whole request. `peer` is the address of the other end of the connection, "" if it has none."""

    __slots__ = ("body", "forced", "headers", "method", "path", "peer", "port", "query")

    def __init__(
        self,
        method: str,
        path: bytes,
        query: bytes,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        peer: str,
        port: int,
    ) -> None:
        self.method = method
        self.path = path  # as it came, percent signs and all, without the query
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.port = port  # our own
        self.forced: Mapping[NodeId, Side] | None = None  # by a signature that was found good; None: there is none

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header; `name` in lower case."""
        for key, value in self.headers:
            if len(key) == len(name) and key.lower() == name:
                return value
        return None


@dataclass(slots=True)
class Outgoing:
    """`headers` without content-length, connection and date, which are the server's."""

    status: int
    headers: Headers
    body: bytes
    close: bool = False  # whether the connection must not be used again
    trace: int = 0  # under which it is told of, if that is known already
    error: Exception | None = None  # that it tells of


JSON: Headers = ((b"content-type", b"application/json"),)
TEXT: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)
HTML: Headers = ((b"content-type", b"text/html; charset=utf-8"),)
BYTES: Headers = ((b"content-type", b"application/octet-stream"),)
PROBLEM: Headers = ((b"content-type", b"application/problem+json"),)

LOOPBACK_HOSTS = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
LOOPBACK_PEERS = ("127.", "::1", "::ffff:127.")
FORWARDED = frozenset({b"forwarded", b"x-real-ip", b"via"})
_FORWARDED_LENGTHS = frozenset(len(name) for name in FORWARDED)


# What RFC 3986 lets stand in a host and a port, but for the comma, with which somebody may have joined two.
_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+;=%:\[\]-]*").fullmatch


def host_problem(headers: Iterable[tuple[bytes, bytes]], version: str) -> str:
    """What is wrong with the Host of a request, "" if nothing is: two readers must not take it for two sites. `version`
    is that of its HTTP; 1.0 had none."""
    hosts = [value for name, value in headers if len(name) == 4 and name.lower() == b"host"]
    if len(hosts) == 1:
        return "" if _HOST(hosts[0].strip()) else "its Host header is no host"
    if hosts:
        return "it has several Host headers"
    return "" if version == "1.0" else "it has no Host header"


def is_trial(incoming: Incoming) -> bool:
    """Whether this is the developer's own try (DESIGN section 12): it is signed; or peer and Host are loopback with our
    own port, and nothing says that somebody passed the request on."""
    if incoming.forced is not None:
        return True
    if not incoming.peer.startswith(LOOPBACK_PEERS):
        return False
    named = b""
    # Asked of each request to a handler that nobody else uses: lengths are looked at first.
    for key, value in incoming.headers:
        length = len(key)
        if length == 4:
            if key.lower() == b"host":
                if named:
                    return False
                named = value
        elif length in _FORWARDED_LENGTHS:
            if key.lower() in FORWARDED:
                return False
        elif length > 11 and key[:12].lower() == b"x-forwarded-":
            return False
    host, colon, port = named.strip().lower().rpartition(b":")
    if not colon or port.endswith(b"]"):
        host, port = named.strip().lower(), b"80"
    return host in LOOPBACK_HOSTS and port == str(incoming.port).encode()
