"""What a server and its slow-lane processes say to each other, and how it travels between them.

Must not know who runs what. Both ends are processes of one user, one release and one host, started by one another, over
sockets that nobody else can reach; so pickle may carry it. Invariant: a frame is read whole or not at all.
"""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

from dark_lang.deciding import Side
from dark_lang.errors import Failed, LimitReached, RunError, Stopped
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from runtime.data.commits import Commit
from runtime.local_sockets import receive_exactly
from runtime.serving.messages import Outgoing
from runtime.serving.requests import Fields
from runtime.traces.watching_world import Watched

HEADER = struct.Struct(">Q")


class Task(NamedTuple):
    """A request to be answered."""

    capsule: bytes  # its key
    packed: bytes | None  # its contents, if the process has not had them yet
    handler: NodeId
    fields: Fields  # of the request, that are made
    variables: tuple[str, ...]
    values: tuple[str, ...]
    request: tuple[str, bytes, bytes, list[tuple[bytes, bytes]], bytes, str, int]  # the fields of an Incoming
    deadline: float  # by time.monotonic, which is the same in all processes of a host
    forced: dict[NodeId, Side] | None = None  # the sides that a signed request asks for


class RunFailure(NamedTuple):
    """A RunError, as its parts."""

    kind: str
    message: str
    node: int
    details: tuple[str, ...]
    suggestion: str
    limit: str
    value: int


class Report(NamedTuple):
    """What became of a Task: one of the first four is there; `last`: the process ends now."""

    made: Outgoing | None = None
    failure: RunFailure | None = None
    unreadable: tuple[str, int] | None = None  # a request that the handler cannot read, and the status
    fault: str = ""  # our own
    commit: Commit | None = None  # what the run wants written, beside `made`
    watched: Watched | None = None  # what the run asked of the outside
    last: bool = False


def failure_of(error: RunError) -> RunFailure:
    limit, value = (error.limit, error.value) if isinstance(error, LimitReached) else ("", 0)
    return RunFailure(type(error).__name__, error.message, error.node, error.details, error.suggestion, limit, value)


def error_of(failure: RunFailure) -> RunError:
    if failure.limit:
        return LimitReached(
            failure.message,
            limit=failure.limit,
            node=failure.node,
            value=failure.value,
            suggestion=failure.suggestion,
        )
    kind = Stopped if failure.kind == Stopped.__name__ else Failed
    return kind(failure.message, node=failure.node, details=failure.details, suggestion=failure.suggestion)


def frame(message: object) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(data)) + data


def receive(connection: socket.socket) -> Any:
    """Waits for a whole message. Raises EOFError if the other end has gone."""
    (length,) = HEADER.unpack(receive_exactly(connection, HEADER.size))
    return pickle.loads(receive_exactly(connection, length))


class Frames:
    """The frames that arrive on a connection, piece by piece."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> list[Any]:
        held = self._held
        held += piece
        found = []
        while len(held) >= HEADER.size:
            (length,) = HEADER.unpack_from(held)
            end = HEADER.size + length
            if len(held) < end:
                break
            found.append(pickle.loads(bytes(held[HEADER.size : end])))
            del held[:end]
        return found
