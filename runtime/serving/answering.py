"""From a request to its answer: the core that both entrances share (`protocol`, `asgi`).

Most requests are answered at once, in the event loop. One that wrote rows is answered when they have reached the disk;
if what it had read changed meanwhile, it runs again, five times at most. Must not know sockets or parsers. Invariant:
every request gets one answer, and one of 500 or more, or a stop, leaves nothing behind.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from dark_lang.errors import DarkError, LimitReached, RunError, Stopped
from dark_lang.names import NodeId, spell_id
from dark_lang.records import dataclass
from dark_lang.values.model import Value
from runtime.data.commits import Outcome, Verdict
from runtime.data.committing import Deliver
from runtime.data.datastore import TRIES, Data
from runtime.data.worlds import RequestWorld
from runtime.serving.messages import Incoming, Outgoing, is_trial
from runtime.serving.metrics import Metrics
from runtime.serving.missing import MissingList
from runtime.serving.problems import problem, trace_id
from runtime.serving.rationing import Ration
from runtime.serving.requests import BadRequest, request_value
from runtime.serving.reserved import PREFIX, empty_canvas, reserved
from runtime.serving.responses import outgoing
from runtime.serving.routes import BadPath
from runtime.serving.snapshots import Handler, Snapshot, Snapshots

log = logging.getLogger("dark.serve.requests")
log.addFilter(Ration())

Done = Callable[[Outgoing], None]

ALLOW_ORIGIN = (b"access-control-allow-origin", b"*")


@dataclass(slots=True)
class _Job:
    """A request whose answer has to wait for the disk, on its way through its tries."""

    incoming: Incoming
    snapshot: Snapshot
    handler: Handler
    args: tuple[Value, ...]
    done: Done
    started: float
    tries: int


class Answering:
    """For one event loop. `deliver` brings the outcome of a commit back to it; `token` opens /_dark/ to others."""

    def __init__(self, snapshots: Snapshots[Any], data: Data, *, token: str = "") -> None:
        self._snapshots = snapshots
        self._data = data
        self.deliver: Deliver | None = None
        self.token = token
        self.metrics = Metrics()
        self.missing = MissingList()

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshots.current

    @property
    def owns_data(self) -> bool:
        return self._data.owner

    def answer(self, incoming: Incoming, done: Done) -> Outgoing | None:
        """The answer; None if it has to wait for the disk, and then `done` is called with it, in the thread that
        `deliver` leads to. Never raises."""
        started = time.perf_counter()
        try:
            made = self._route(incoming, done, started)
        except (BadPath, BadRequest) as error:
            made = problem(getattr(error, "status", 400), str(error))
        except Exception as error:
            made = self._failed(error, incoming, None)
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
            return self._unmatched(snapshot, incoming, chosen)
        handler, values = chosen
        record = request_value(incoming, handler.plan, handler.variables, values, params=handler.takes_params)
        args = (record, *values)
        world = RequestWorld(self._data)
        made = self._run(snapshot, handler, args, world, incoming)
        if made.status >= 500 or not (world.wrote or world.leans):
            return made
        self._commit(_Job(incoming, snapshot, handler, args, done, started, 1), world, made)
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
        self.missing.note(incoming.method, incoming.path)
        return problem(404, "no handler has this route")

    def _run(
        self, snapshot: Snapshot, handler: Handler, args: tuple[Value, ...], world: RequestWorld, incoming: Incoming
    ) -> Outgoing:
        """What the handler says, or what is said of its failure. Nothing of it is written yet."""
        try:
            return outgoing(snapshot.program.run(handler.call, args, world))
        except Exception as error:
            return self._failed(error, incoming, handler, snapshot)
        finally:
            world.end()

    def _commit(self, job: _Job, world: RequestWorld, made: Outgoing) -> None:
        def settle(outcome: Outcome) -> None:
            self._settle(job, made, outcome)

        self._data.submit(world.take(), settle, self.deliver)

    def _run_again(self, job: _Job) -> Outgoing | None:
        job.tries += 1
        self.metrics.conflicts += 1
        world = RequestWorld(self._data)
        made = self._run(job.snapshot, job.handler, job.args, world, job.incoming)
        if made.status >= 500 or not (world.wrote or world.leans):
            return made
        self._commit(job, world, made)
        return None

    def _settle(self, job: _Job, made: Outgoing, outcome: Outcome) -> None:
        again: Outgoing | None = made
        if outcome.verdict is Verdict.UNAVAILABLE:
            trace = trace_id()
            log.error("%s: %s (trace %s)", job.handler.address, outcome.reason, trace)
            again = problem(503, "what this request writes cannot be kept at the moment", more={"trace": trace})
        elif outcome.verdict is Verdict.CONFLICT:
            if job.tries < TRIES:
                again = self._run_again(job)
            else:
                again = problem(
                    503,
                    "others changed the same rows each time that this was tried; try again",
                    headers=((b"retry-after", b"1"),),
                )
        if again is not None:
            self._finish(job.incoming, again, job.started)
            job.done(again)

    def _failed(
        self, error: Exception, incoming: Incoming, handler: Handler | None, snapshot: Snapshot | None = None
    ) -> Outgoing:
        """`snapshot`: the one that ran."""
        trace = trace_id()
        address = handler.address if handler else incoming.method
        if isinstance(error, Stopped):
            log.info("%s came to a hole%s (trace %s)", address, _Place(error, snapshot), trace)
            return self._stopped(error, incoming, handler, trace)
        if isinstance(error, RunError):
            log.warning("%s failed%s: %s (trace %s)", address, _Place(error, snapshot), _account(error), trace)
        else:
            log.error("%s failed by our own fault (trace %s)", address, trace, exc_info=error)
        if isinstance(error, LimitReached):
            # Time may have run out because others took it; the other limits are the handler's own doing.
            status = 503 if error.limit == "time" else 500
            return problem(status, f"this request reached its limit of {error.limit}", more={"trace": trace})
        return problem(500, "this request failed; the log of the server says why", more={"trace": trace})

    def _stopped(self, error: Stopped, incoming: Incoming, handler: Handler | None, trace: str) -> Outgoing:
        if not is_trial(incoming):
            return problem(501, "this is not finished", more={"trace": trace})
        more: dict[str, object] = {"trace": trace}
        if handler is not None:
            more["handler"] = handler.address
        if error.node:
            more["hole"] = spell_id(error.node)
            more["next"] = f"dark fill {spell_id(error.node)} EXPRESSION"
        return problem(501, error.message, more=more)


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
    return "; ".join([error.message, *error.details])


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
