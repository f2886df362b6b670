"""From a request to its answer: the core that both entrances share (`protocol`, `asgi`).

Most requests are answered at once, in the event loop. One that takes long starts again in the slow lane, and is
answered when it comes back; one that wrote rows is answered when they have reached the disk; if what it had read
changed meanwhile, it runs again, five times at most. Must not know sockets or parsers. Invariants: every request gets
one answer, and one of 500 or more, or a stop, leaves nothing behind; what reached over the network never runs again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from dark_lang.errors import LimitReached, Stopped
from dark_lang.records import dataclass
from dark_lang.values.model import Value
from runtime.current import Overtime
from runtime.data.commits import Commit, Outcome, Verdict
from runtime.data.committing import Deliver
from runtime.data.datastore import TRIES, Data
from runtime.lanes.capsules import Capsule
from runtime.lanes.choosing import Choice, Lane
from runtime.lanes.slow_lane import SlowLane
from runtime.lanes.threads import Threads
from runtime.lanes.tickets import Back, Crowded, Ticket
from runtime.serving.failing import failed
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.metrics import Metrics, Recorded
from runtime.serving.problems import problem
from runtime.serving.requests import request_value
from runtime.serving.reserved import PREFIX, empty_canvas, reserved
from runtime.serving.routes import BadPath
from runtime.serving.snapshots import Handler, Snapshot, Snapshots
from runtime.serving.traffic import Traffic
from runtime.switches.forcing import HEADER, NOTHING, Forcing
from runtime.traces.files import MissingCount
from runtime.traces.identities import next_trace_id, spell_trace
from runtime.traces.watching_world import Watched, WatchingWorld

log = logging.getLogger("dark.serve.requests")

Done = Callable[[Outgoing], None]

ALLOW_ORIGIN = (b"access-control-allow-origin", b"*")


@dataclass(slots=True)
class _Job:
    """A request that is not answered at once, on its way through its tries."""

    incoming: Incoming
    snapshot: Snapshot
    handler: Handler
    values: tuple[str, ...]
    done: Done
    started: float
    tries: int
    lane: Lane
    watched: WatchingWorld | Watched | None = None  # what its last try asked of the outside


class Answering:
    """For one event loop. `deliver` brings what happened elsewhere back to it; `token` opens /_dark/ to others;
    `time_ms`: what a request may take that goes through the slow lane; `traffic` hears of each that was answered;
    `tests` says what came of the tests that run beside. `close` it."""

    def __init__(
        self,
        snapshots: Snapshots[Any],
        data: Data,
        *,
        token: str = "",
        slow_lane: SlowLane | None = None,
        time_ms: int = 1_000,
        traffic: Traffic | None = None,
        tests: Callable[[], list[dict[str, object]]] = list,
    ) -> None:
        self._snapshots = snapshots
        self._data = data
        self._traffic = traffic
        self.tests = tests
        self.forcing: Forcing | None = None
        self._slow_lane = slow_lane
        self._threads: Threads | None = None
        self._seconds = time_ms / 1000
        self.choice = Choice(slow=slow_lane is not None)
        self.deliver: Deliver | None = None
        self.token = token
        self.metrics = Metrics()

    def close(self) -> None:
        if self._threads is not None:
            self._threads.close()

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshots.current

    @property
    def owns_data(self) -> bool:
        return self._data.owner

    @property
    def recorded(self) -> Recorded | None:
        return None if self._traffic is None else self._traffic.recorder

    def missing(self) -> list[MissingCount]:
        return [] if self._traffic is None else self._traffic.missing()

    def answer(self, incoming: Incoming, done: Done) -> Outgoing | None:
        """The answer; None if it has to wait for the disk, and then `done` is called with it, in the thread that
        `deliver` leads to. Never raises."""
        started = time.perf_counter()
        try:
            made = self._route(incoming, done, started)
        except Exception as error:
            made = failed(error, incoming)
            if self._traffic is not None:
                self._traffic.unmatched(incoming, self._snapshots.current, made, started)
        if made is not None:
            self._finish(incoming, made, started)
        return made

    def _finish(self, incoming: Incoming, made: Outgoing, started: float) -> None:
        for key, _ in incoming.headers:
            # Whoever may read an answer from a page of another site; the handler's own word comes first.
            if len(key) == 6 and key.lower() == b"origin":
                if not any(name == ALLOW_ORIGIN[0] for name, _ in made.headers):
                    made.headers = (*made.headers, ALLOW_ORIGIN)
                break
        self.metrics.count(made.status, time.perf_counter() - started)

    def _route(self, incoming: Incoming, done: Done, started: float) -> Outgoing | None:
        path = incoming.path
        if path.startswith(PREFIX):
            return reserved(self, incoming)
        if path == b"*" and incoming.method == "OPTIONS":
            return _preflight(incoming, set())
        if not path.startswith(b"/"):
            raise BadPath("the target of a request is a path that starts with /")
        snapshot = self._snapshots.current
        chosen = snapshot.find(incoming.method, path)
        if isinstance(chosen, set):
            made = self._unmatched(snapshot, incoming, chosen)
            if self._traffic is not None and made.status >= 400:
                self._traffic.unmatched(incoming, snapshot, made, started)
            return made
        handler, values = chosen
        if snapshot.has_switches and (signed := incoming.header(HEADER)) is not None:
            incoming.forced = self.forcing.read(signed) if self.forcing is not None else None
        lane = self.choice.lane(handler, incoming)
        if lane is Lane.INLINE:
            world = WatchingWorld(self._data)
            answer = self._run(snapshot, handler, values, world, incoming)
            if answer is not None:
                if answer.status >= 500 or not (world.wrote or world.leans):
                    if self._traffic is not None:
                        self._traffic.answered(incoming, snapshot, handler, values, world, answer, started)
                    return answer
                job = _Job(incoming, snapshot, handler, values, done, started, 1, lane, world)
                self._commit(job, world.take(), answer)
                return None
            lane = Lane.SLOW
        self._send(_Job(incoming, snapshot, handler, values, done, started, 1, lane))
        return None

    def _unmatched(self, snapshot: Snapshot, incoming: Incoming, allowed: set[str]) -> Outgoing:
        if incoming.method == "OPTIONS" and allowed:
            return _preflight(incoming, allowed)
        if allowed:
            methods = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set()) | {"OPTIONS"}))
            return problem(
                405, f"{incoming.method} is not answered here; {methods} is", headers=((b"allow", methods.encode()),)
            )
        if incoming.path == b"/" and snapshot.count == 0 and incoming.method in ("GET", "HEAD"):
            return empty_canvas(incoming)
        return problem(404, "no handler has this route")

    # Running

    def _run(
        self,
        snapshot: Snapshot,
        handler: Handler,
        values: tuple[str, ...],
        world: WatchingWorld,
        incoming: Incoming,
        *,
        brief: bool | None = None,
    ) -> Outgoing | None:
        """What the handler says, or what is said of its failure. Nothing of it is written yet. None: it takes long, and
        is to start again in the slow lane."""
        try:
            record = request_value(incoming, handler.plan, handler.variables, values, params=handler.takes_params)
            args: tuple[Value, ...] = (record, *values)
            return snapshot.program.answer(
                handler.call,
                args,
                world,
                brief=self.choice.has_slow if brief is None else brief,
                inspect=world.keep,
                forced=incoming.forced or NOTHING,
            )
        except Overtime:
            self.choice.took_long(handler)
            self.metrics.slow += 1
            return None
        except Exception as error:
            if isinstance(error, LimitReached):
                # Endless recursion is over in some 5 ms, which are too many if there is more of it.
                self.choice.took_long(handler)
            return self._failed(error, incoming, handler, snapshot)
        finally:
            world.end()

    def _failed(self, error: Exception, incoming: Incoming, handler: Handler, snapshot: Snapshot) -> Outgoing:
        if self._traffic is not None and isinstance(error, Stopped):
            self._traffic.stopped(error, incoming)
        return failed(error, incoming, handler, snapshot)

    def _send(self, job: _Job) -> None:
        """Has it run elsewhere; `_come_back` is called in the event loop then."""
        if job.lane is Lane.SLOW and self._slow_lane is not None:
            handler, program = job.handler, job.snapshot.program

            def pack() -> Capsule:
                if handler.packed is None:
                    handler.packed = program.pack(handler.id)
                return handler.packed

            # Its time began when the request did, but for one that runs again.
            spent = time.perf_counter() - job.started if job.tries == 1 else 0.0
            ticket = Ticket(
                handler.id,
                handler.address,
                pack,
                handler.fields,
                handler.variables,
                job.values,
                job.incoming,
                time.monotonic() + self._seconds - spent,
                lambda back: self._bring(lambda: self._come_back(job, back)),
            )
            self._slow_lane.submit(ticket)
            return
        if self._threads is None:
            self._threads = Threads()
        if not self._threads.submit(lambda: self._run_in_thread(job)):
            self._come_back(job, Back(error=Crowded()))

    def _run_in_thread(self, job: _Job) -> None:
        world = WatchingWorld(self._data)
        made = self._run(job.snapshot, job.handler, job.values, world, job.incoming, brief=False)
        assert made is not None
        commit = world.take() if made.status < 500 and (world.wrote or world.leans) else None
        self._bring(lambda: self._come_back(job, Back(made, commit, watched=world)))

    def _bring(self, call: Callable[[], None]) -> None:
        """Has it called in the event loop."""
        if self.deliver is None:
            call()
            return
        try:
            self.deliver(call)
        except RuntimeError:
            log.warning("an answer came after its event loop had ended")

    def _come_back(self, job: _Job, back: Back) -> None:
        made = back.made
        job.watched = back.watched
        if made is None:
            error = back.error or RuntimeError("nothing came back")
            made = self._failed(error, job.incoming, job.handler, job.snapshot)
        elif back.commit is not None and made.status < 500:
            self._commit(job, back.commit, made)
            return
        self._tell(job, made)

    def _tell(self, job: _Job, made: Outgoing) -> None:
        if self._traffic is not None:
            self._traffic.answered(job.incoming, job.snapshot, job.handler, job.values, job.watched, made, job.started)
        self._finish(job.incoming, made, job.started)
        job.done(made)

    # Committing

    def _commit(self, job: _Job, commit: Commit, made: Outgoing) -> None:
        def settle(outcome: Outcome) -> None:
            self._settle(job, made, outcome)

        self._data.submit(commit, settle, self.deliver)

    def _run_again(self, job: _Job) -> Outgoing | None:
        """The answer, if there is one at once."""
        job.tries += 1
        self.metrics.conflicts += 1
        if job.lane is Lane.INLINE:
            world = job.watched = WatchingWorld(self._data)
            made = self._run(job.snapshot, job.handler, job.values, world, job.incoming)
            if made is not None:
                if made.status >= 500 or not (world.wrote or world.leans):
                    return made
                self._commit(job, world.take(), made)
                return None
            job.lane = Lane.SLOW
        self._send(job)
        return None

    def _settle(self, job: _Job, made: Outgoing, outcome: Outcome) -> None:
        again: Outgoing | None = made
        if outcome.verdict is Verdict.UNAVAILABLE:
            trace = next_trace_id()
            log.error("%s: %s (trace %s)", job.handler.address, outcome.reason, spell_trace(trace))
            again = problem(503, "what this request writes cannot be kept at the moment", trace=trace)
        elif outcome.verdict is Verdict.CONFLICT:
            if job.tries < TRIES and job.lane is not Lane.THREAD:
                again = self._run_again(job)
            else:
                again = problem(503, _CONFLICTS[job.lane is Lane.THREAD], headers=((b"retry-after", b"1"),))
        if again is not None:
            self._tell(job, again)


_CONFLICTS = (
    "others changed the same rows each time that this was tried; try again",
    "others changed the same rows meanwhile, and what this request did over the network cannot be done twice",
)


def _preflight(incoming: Incoming, allowed: set[str]) -> Outgoing:
    methods = sorted(allowed | {"HEAD", "OPTIONS"} if allowed else {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
    headers = [
        (b"allow", ", ".join(methods).encode()),
        ALLOW_ORIGIN,
        (b"access-control-allow-methods", ", ".join(methods).encode()),
        (b"access-control-max-age", b"600"),
    ]
    asked = incoming.header(b"access-control-request-headers")
    if asked is not None:
        headers.append((b"access-control-allow-headers", asked))
        headers.append((b"vary", b"access-control-request-headers"))
    return Outgoing(204, tuple(headers), b"")
