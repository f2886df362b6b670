"""Tells of each request that was answered: to the record of traces, and to the counts of what serves whom.

Must not know sockets or lanes. Invariants: it takes a microsecond of the request's time, or ten where the request is
recorded, and never raises; what a trial did is recorded and makes no use of anything.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import Final

from dark_lang.errors import Stopped
from dark_lang.names import NOWHERE, NodeId
from runtime.data.usage import Usage
from runtime.serving.messages import Incoming, Outgoing, is_trial
from runtime.serving.snapshots import Handler, Snapshot
from runtime.traces.asking import TraceReader
from runtime.traces.files import MissingCount
from runtime.traces.identities import TraceId, next_trace_id
from runtime.traces.recorder import Ran, Recorder
from runtime.traces.records import Origin
from runtime.traces.sampling import ONE_IN, Pace, Sampling
from runtime.traces.watching_world import Watched, WatchingWorld

NOTED_FOR: Final = 30
"""Seconds for which one request says that its handler is in use."""


class Traffic:
    """Of one process. `recorder`: None where the canvas wants no traces. For the thread of the event loop, but for
    `changed`."""

    def __init__(self, usage: Usage, recorder: Recorder | None, *, counts_trials: bool = False) -> None:
        self.recorder = recorder
        self._usage = usage
        self._counts_trials = counts_trials
        self._sampling = Sampling()

    def changed(self) -> None:
        """Another program serves from now on."""
        self._sampling.changed()

    def stopped(self, error: Stopped, incoming: Incoming) -> None:
        """A request came to a hole, or to what does not fit."""
        if error.node:
            self._usage.stopped(NodeId(error.node), trial=is_trial(incoming))

    def answered(
        self,
        incoming: Incoming,
        snapshot: Snapshot,
        handler: Handler,
        values: tuple[str, ...],
        watched: WatchingWorld | Watched | None,
        made: Outgoing,
        started: float,
    ) -> None:
        now = time.perf_counter()
        second = int(now)
        pace = self._sampling.paces.get(handler.id) or self._sampling.pace(handler.id)
        if pace.noted < second and not isinstance(made.error, Stopped):
            # What came to a hole was rolled back, and serves nobody: it may be written, and changed.
            self._note(incoming, snapshot, handler, pace, second)
        if self.recorder is None:
            return
        if not pace.left and pace.second == second and pace.skipped < ONE_IN - 1 and made.status < 500:
            pace.skipped += 1  # what most come to under load
            return
        weight = self._sampling.weight(pace, second, always=made.status >= 500)
        if weight:
            self.recorder.take(
                Ran(
                    TraceId(made.trace) if made.trace else next_trace_id(),
                    Origin.REQUEST,
                    handler.id,
                    handler.address,
                    _newest(snapshot),
                    now - started,
                    weight,
                    handler.variables,
                    values,
                    incoming,
                    made,
                    watched,
                    made.error,
                )
            )

    def unmatched(self, incoming: Incoming, snapshot: Snapshot, made: Outgoing, started: float) -> None:
        """No handler took it."""
        if self.recorder is None:
            return
        now = time.perf_counter()
        weight = self._sampling.weight(self._sampling.pace(NOWHERE), int(now), always=made.status >= 500)
        if weight:
            trace = TraceId(made.trace) if made.trace else next_trace_id()
            diff = _newest(snapshot)
            told = f"{incoming.method}:{incoming.path[:300].decode('utf-8', 'replace')}"
            self.recorder.take(
                Ran(
                    trace,
                    Origin.UNMATCHED,
                    NOWHERE,
                    told,
                    diff,
                    now - started,
                    weight,
                    (),
                    (),
                    incoming,
                    made,
                    None,
                    made.error,
                )
            )

    def missing(self) -> list[MissingCount]:
        """The requests that no handler took, newest first."""
        if self.recorder is None:
            return []
        self.recorder.flush()
        with closing(TraceReader(self.recorder.canvas)) as reader:
            return reader.missing()

    def _note(self, incoming: Incoming, snapshot: Snapshot, handler: Handler, pace: Pace, second: int) -> None:
        if not self._counts_trials and is_trial(incoming):
            self._usage.tried()
            return
        pace.noted = second + NOTED_FOR
        self._usage.served(lambda: snapshot.program.serving(handler.id))


def _newest(snapshot: Snapshot) -> bytes:
    frontier = snapshot.canvas.frontier
    return frontier[-1] if frontier else b""
