"""What a trace is, and its plain form, which is what the file keeps.

Must not know how traces are gathered, sealed or stored. Invariant: `trace_from_plain(trace_to_plain(trace))` is the
same trace; plain forms that exist stay readable, so a field is only ever added at the end.

    call      [kind, store, key, value]: what a run asked of the outside, in order, and what it got or did
    decision  [switch, new side?, reason]: which side a switch gave, and why
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from dark_lang.deciding import Reason
from dark_lang.errors import CorruptionError
from dark_lang.names import NOWHERE, NodeId
from dark_lang.records import NamedTuple, dataclass
from runtime.serving.messages import Incoming, Outgoing
from runtime.traces.identities import TraceId

LARGEST_BODY: Final = 256_000
"""Bytes of a body that are kept; of a longer one the beginning is, and the trace is not whole."""


class Origin(IntEnum):
    REQUEST = 0
    UNMATCHED = 1  # a request that no handler took
    EVENT = 2
    RUN = 3  # `dark run`


class Kind(IntEnum):
    """What a run asked of the outside."""

    NOW = 0
    RANDOM = 1
    GET = 2
    SET = 3
    DELETE = 4
    KEYS = 5
    ITEMS = 6
    COUNT = 7

    @property
    def is_effect(self) -> bool:
        return self in _EFFECTS

    @property
    def is_uncertain(self) -> bool:
        """Whether it is another the next time, whatever the rows are."""
        return self is Kind.NOW or self is Kind.RANDOM


_EFFECTS: Final = frozenset({Kind.SET, Kind.DELETE})


class Call(NamedTuple):
    """One thing that a run read or did. `value` is plain: the row of a value (`values.rows`), a count, keys, pairs of
    key and row, bytes, or microseconds since 1970; None for a row that was not there."""

    kind: Kind
    store: NodeId
    key: str
    value: Any


class Decided(NamedTuple):
    switch: NodeId
    new: bool
    reason: str  # the value of a `deciding.Reason`


class Asked(NamedTuple):
    """A request as it came (`serving.messages.Incoming`); `size` is that of the whole body."""

    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    peer: str
    port: int
    size: int

    @property
    def incoming(self) -> Incoming:
        return Incoming(self.method, self.path, self.query, list(self.headers), self.body, self.peer, self.port)


class Answered(NamedTuple):
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    size: int


class Failure(NamedTuple):
    """How a run ended that did not come to its end. `kind` is the name of a RunError, or "fault" for our own."""

    kind: str
    message: str
    node: NodeId


@dataclass(frozen=True, slots=True)
class Trace:
    id: TraceId
    origin: Origin
    toplevel: NodeId  # NOWHERE: no handler took it
    address: str  # of the toplevel, as it was called then; for a run, what was run
    diff: bytes  # the id of a newest diff at the time; b"" of an empty canvas
    trial: bool
    duration: int  # microseconds
    weight: int  # how many runs it stands for, itself included: of many alike, only some are kept
    variables: tuple[str, ...]  # what those of the route stood for
    asked: Asked | None
    answered: Answered | None
    subject: str | None
    calls: tuple[Call, ...]
    decisions: tuple[Decided, ...]
    failure: Failure | None
    result: Any  # of a run: the row of its value; else None
    partial: str  # why it cannot be run again as it was, "" if it can: what of it was too large to be kept

    @property
    def status(self) -> int:
        """The HTTP status; of a run 200, or 500 if it failed, 501 if it stopped."""
        if self.answered is not None:
            return self.answered.status
        if self.failure is None:
            return 200
        return 501 if self.failure.kind == "Stopped" else 500


def asked_of(incoming: Incoming) -> Asked:
    body = incoming.body
    return Asked(
        incoming.method,
        incoming.path,
        incoming.query,
        tuple(incoming.headers),
        body if len(body) <= LARGEST_BODY else body[:LARGEST_BODY],
        incoming.peer,
        incoming.port,
        len(body),
    )


def answered_of(made: Outgoing) -> Answered:
    body = made.body
    kept = body if len(body) <= LARGEST_BODY else body[:LARGEST_BODY]
    return Answered(made.status, made.headers, kept, len(body))


def trace_to_plain(trace: Trace) -> list[Any]:
    return [
        trace.id,
        int(trace.origin),
        trace.toplevel,
        trace.address,
        trace.diff,
        trace.trial,
        trace.duration,
        trace.weight,
        trace.variables,
        None if trace.asked is None else list(trace.asked),
        None if trace.answered is None else list(trace.answered),
        trace.subject,
        [[int(kind), store, key, value] for kind, store, key, value in trace.calls],
        [tuple(decided) for decided in trace.decisions],
        None if trace.failure is None else list(trace.failure),
        trace.result,
        trace.partial,
    ]


def trace_from_plain(plain: Any) -> Trace:
    """Raises CorruptionError for anything else than what `trace_to_plain` made."""
    try:
        (
            number,
            origin,
            toplevel,
            address,
            diff,
            trial,
            duration,
            weight,
            variables,
            asked,
            answered,
            subject,
            calls,
            decisions,
            failure,
            result,
            partial,
        ) = plain[:17]
        return Trace(
            TraceId(number),
            Origin(origin),
            NodeId(toplevel),
            address,
            diff,
            trial,
            duration,
            weight,
            tuple(variables),
            None if asked is None else _asked(asked),
            None if answered is None else Answered(answered[0], _headers(answered[1]), *answered[2:]),
            subject,
            tuple([Call(Kind(kind), NodeId(store), key, value) for kind, store, key, value in calls]),
            tuple([Decided(NodeId(switch), new, reason) for switch, new, reason in decisions]),
            None if failure is None else Failure(*failure),
            result,
            partial,
        )
    except (TypeError, ValueError, IndexError) as error:
        raise CorruptionError(f"this is no trace: {error}") from error


def _asked(plain: Any) -> Asked:
    method, path, query, headers, body, peer, port, size = plain
    return Asked(method, path, query, _headers(headers), body, peer, port, size)


def _headers(plain: Any) -> tuple[tuple[bytes, bytes], ...]:
    return tuple([(name, value) for name, value in plain])


REASONS: Final[Mapping[str, str]] = {
    Reason.OFF.value: "the switch is off",
    Reason.PINNED.value: "pinned for this run",
    Reason.FORCED.value: "forced for this request",
    Reason.DENIED.value: "on the deny list",
    Reason.PREREQUISITE.value: "a switch that it needs gives another side",
    Reason.ALLOWED.value: "on the allow list",
    Reason.CONDITION.value: "the condition is not true",
    Reason.UNFINISHED.value: "the new side is not finished",
    Reason.SHARE.value: "by share",
    Reason.MISSING.value: "there is no such switch",
}
"""What each reason means, for people."""

__all__ = [
    "LARGEST_BODY",
    "NOWHERE",
    "REASONS",
    "Answered",
    "Asked",
    "Call",
    "Decided",
    "Failure",
    "Kind",
    "Origin",
    "Trace",
    "answered_of",
    "asked_of",
    "trace_from_plain",
    "trace_to_plain",
]
