"""Records what a person ran from the shell, as a server records requests.

Must not know commands. Invariants: a run is a trial, and makes no use of anything; where nothing can be recorded, the
run goes on all the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dark_lang.errors import RunError
from dark_lang.names import NOWHERE, NodeId
from dark_lang.values.model import Value
from dark_lang.values.rows import encode_row
from runtime.serving.messages import Incoming, Outgoing
from runtime.traces.identities import next_trace_id
from runtime.traces.recorder import Ran, Recorder
from runtime.traces.records import Origin
from runtime.traces.watching_world import WatchingWorld

if TYPE_CHECKING:
    from runtime.hosting import Host

Told = Callable[[WatchingWorld, Value, Exception | None, float], None]
"""What came of a run: its world, its value or its error, and when it began, by time.perf_counter."""


def recording(
    host: Host,
    what: str,
    toplevel: NodeId = NOWHERE,
    incoming: Incoming | None = None,
    values: tuple[str, ...] = (),
) -> Told:
    """`what`: the address or the expression that is run; `values`: of the variables of a route."""

    def told(world: WatchingWorld, value: Value, error: Exception | None, started: float) -> None:
        if not host.settings.traces.on:
            return
        frontier = host.canvas.frontier
        ran = Ran(
            next_trace_id(),
            Origin.RUN,
            toplevel,
            what,
            frontier[-1] if frontier else b"",
            time.perf_counter() - started,
            1,
            (),
            values,
            incoming,
            value if isinstance(value, Outgoing) else None,
            world,
            error,
            None if isinstance(value, Outgoing) else _row(value),
        )
        if host.record is not None:
            host.record(ran)
        else:
            Recorder(host.folder, host.settings).write_now(ran)

    return told


def _row(value: Value) -> Any:
    try:
        return encode_row(value)
    except RunError:
        return None  # a function, or a hole
