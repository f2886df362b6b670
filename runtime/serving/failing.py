"""What is said of a request that failed: to whoever asked, and to whoever reads the log.

Must not know how it ran. Invariant: the answer shows nothing of our own insides, nor, unless it is the developer's own
try, of the program's; the log has it all, under the same trace id.
"""

from __future__ import annotations

import logging

from dark_lang.errors import DarkError, LimitReached, RunError, Stopped
from dark_lang.names import NodeId, spell_id
from runtime.lanes.tickets import Crowded
from runtime.serving.messages import Incoming, Outgoing, is_trial
from runtime.serving.problems import problem
from runtime.serving.rationing import Ration
from runtime.serving.requests import BadRequest
from runtime.serving.routes import BadPath
from runtime.serving.snapshots import Handler, Snapshot
from runtime.traces.identities import TraceId, next_trace_id, spell_trace

log = logging.getLogger("dark.serve.requests")
log.addFilter(Ration())


def failed(
    error: Exception, incoming: Incoming, handler: Handler | None = None, snapshot: Snapshot | None = None
) -> Outgoing:
    """The answer; it is in the log by then. `handler` and `snapshot`: what ran, if anything did."""
    if isinstance(error, BadRequest):
        return problem(error.status, error.detail)
    if isinstance(error, BadPath):
        return problem(400, str(error))
    if isinstance(error, Crowded):
        return problem(
            503,
            "so many requests that take long are under way that this one could not be taken up; try again",
            headers=((b"retry-after", b"1"),),
            error=error,
        )
    trace = next_trace_id()
    address = handler.address if handler else incoming.method
    if isinstance(error, Stopped):
        log.info("%s came to a hole%s (trace %s)", address, _Place(error, snapshot), spell_trace(trace))
        return _stopped(error, incoming, handler, snapshot, trace)
    if isinstance(error, RunError):
        log.warning("%s failed%s: %s (trace %s)", address, _Place(error, snapshot), _account(error), spell_trace(trace))
    else:
        log.error("%s failed by our own fault (trace %s)", address, spell_trace(trace), exc_info=error)
    if isinstance(error, LimitReached):
        # Time may have run out because others took it; the other limits are the handler's own doing.
        status = 503 if error.limit == "time" else 500
        return problem(status, f"this request reached its limit of {_spelled(error)}", trace=trace, error=error)
    return problem(500, "this request failed; the log of the server says why", trace=trace, error=error)


def _spelled(error: LimitReached) -> str:
    unit = {"time": " ms", "depth": " calls", "memory": " bytes", "output": " bytes"}.get(error.limit, "")
    return f"{error.limit}, {error.value:,}{unit}" if error.value else error.limit


def _stopped(
    error: Stopped, incoming: Incoming, handler: Handler | None, snapshot: Snapshot | None, trace: TraceId
) -> Outgoing:
    if not is_trial(incoming):
        return problem(501, "this is not finished", trace=trace, error=error)
    more: dict[str, object] = {}
    if handler is not None:
        more["handler"] = handler.address
    if error.node:
        more["hole"] = spell_id(error.node)
        if snapshot is not None and (wanted := snapshot.program.wanted(NodeId(error.node))):
            more["expected"] = wanted
        more["next"] = f"dark fill {spell_id(error.node)} EXPRESSION"
    return problem(501, error.message, more=more, trace=trace, error=error)


class _Place:
    """Where a run ended, as a line of the log tells it; looked up only if the line is written."""

    __slots__ = ("_node", "_snapshot")

    def __init__(self, error: RunError, snapshot: Snapshot | None) -> None:
        self._node = NodeId(error.node)
        self._snapshot = snapshot

    def __str__(self) -> str:
        if not self._node:
            return ""
        return f" at {self._snapshot.program.place(self._node) if self._snapshot else spell_id(self._node)}"


def _account(error: DarkError) -> str:
    advice = (error.suggestion,) if isinstance(error, LimitReached) and error.suggestion else ()
    return "; ".join([error.message, *error.details, *advice])
