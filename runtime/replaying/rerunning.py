"""Runs a trace again: what came in, and what was read from outside, as they were recorded; effects are held back.

Must not know why it is run again. Invariants: nothing leaves the process; what cannot be run as it was is told apart
from what runs and fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Final, TypeVar

from dark_lang.deciding import Side
from dark_lang.errors import DarkError, RunError
from dark_lang.library import Library
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.records import NamedTuple
from runtime.checking import Checks
from runtime.current import Run
from runtime.holding import EPOCH, HeldWorld, Recorded, Source
from runtime.linking import CanvasView, CodeCache
from runtime.serving.messages import Outgoing
from runtime.serving.problems import problem
from runtime.serving.programs import Runnable
from runtime.serving.requests import BadRequest, Plan, request_value, whole_plan
from runtime.serving.routes import read_route
from runtime.settings import Settings
from runtime.traces.files import Opened
from runtime.traces.identities import time_of
from runtime.traces.recorder import failure_of
from runtime.traces.records import Answered, Call, Failure, Origin, Trace, answered_of

R = TypeVar("R")

NOTHING_PINNED: Final[Mapping[NodeId, Side]] = {}


class Skip(Enum):
    """Why a trace cannot be run as it was."""

    SEALED = "its credentials are sealed, and the key of this canvas is not here"
    PARTIAL = "not all of it was kept"
    GONE = "what answered it is gone"
    ROUTE = "the route has other variables now"
    NO_REQUEST = "it is no request that a handler took"
    LACKING = "it asks for what was not recorded"
    DAMAGED = "it cannot be read"


class Result(NamedTuple):
    """What came of a run. `skip`: why it was not, or could not be, run as it was; then there is nothing else."""

    answered: Answered | None = None
    failure: Failure | None = None
    effects: tuple[Call, ...] = ()
    decisions: Mapping[NodeId, bool] = {}
    taken: frozenset[tuple[NodeId, bool]] = frozenset()  # the sides that code came to
    skip: Skip | None = None
    lacking: str = ""

    @property
    def status(self) -> int:
        if self.answered is not None:
            return self.answered.status
        if self.failure is None:
            return 0
        return 501 if self.failure.kind == "Stopped" else 500


class _Handler(NamedTuple):
    call: Callable[..., Any]
    variables: tuple[str, ...]
    plan: Plan


class Rerunner:
    """Of one program. `library`: that of the program, or one that has more."""

    def __init__(
        self,
        canvas: CanvasView,
        library: Library,
        settings: Settings,
        *,
        cache: CodeCache | None = None,
        checks: Checks | None = None,
    ) -> None:
        self._canvas = canvas
        self._program = Runnable(canvas, library, settings, cache or CodeCache(), checks)
        self._calls: dict[NodeId, _Handler] = {}

    def rerun(
        self,
        opened: Opened,
        *,
        pinned: Mapping[NodeId, Side] = NOTHING_PINNED,
        source: Callable[[Trace], Source] | None = None,
    ) -> Result:
        """`pinned`: sides that switches give whatever they say."""
        trace = opened.trace
        if opened.sealed:
            return Result(skip=Skip.SEALED)
        if trace.partial:
            return Result(skip=Skip.PARTIAL, lacking=trace.partial)
        asked = trace.asked
        if asked is None or trace.origin is not Origin.REQUEST:
            return Result(skip=Skip.NO_REQUEST)
        handler = self._handler(trace.toplevel)
        if handler is None:
            return Result(skip=Skip.GONE)
        call, names, plan = handler
        if len(names) != len(trace.variables):
            return Result(skip=Skip.ROUTE)
        world = HeldWorld((source or recorded)(trace))

        def run(inspect: Callable[[Run], None]) -> Outgoing:
            record = request_value(asked.incoming, plan, names, trace.variables, params=True)
            args = (record, *trace.variables)
            return self._program.answer(call, args, world, inspect=inspect, pinned=pinned)

        return held_run(run, world, answered_of)

    def _handler(self, toplevel: NodeId) -> _Handler | None:
        found = self._calls.get(toplevel)
        if found is None:
            entry = self._canvas.entries.get(toplevel)
            tree = self._canvas.tree(toplevel) if entry is not None and entry.alive else None
            if not isinstance(tree, top.Http):
                return None
            names = read_route(tree.method, tree.route).variables
            found = _Handler(self._program.callable_for(toplevel), names, whole_plan(tree))
            self._calls[toplevel] = found
        return found


def recorded(trace: Trace) -> Source:
    return Recorded(trace, EPOCH + timedelta(microseconds=time_of(trace.id)))


def held_run(
    run: Callable[[Callable[[Run], None]], R], world: HeldWorld, answered: Callable[[R], Answered | None]
) -> Result:
    """What a run in a held world comes to; `run` is given what wants to see the run when it is over."""
    decisions: dict[NodeId, bool] = {}
    taken: set[tuple[NodeId, bool]] = set()

    def inspect(over: Run) -> None:
        taken.update(over.taken)
        decisions.update({switch: decision.is_new for switch, decision in over.decisions.items()})

    kept: Answered | None = None
    failure: Failure | None = None
    try:
        kept = answered(run(inspect))
    except BadRequest as error:
        kept = answered_of(problem(error.status, error.detail))
    except (RunError, DarkError) as error:
        failure = failure_of(error)
    if world.lacking:
        return Result(skip=Skip.LACKING, lacking=world.lacking)
    # As when it was recorded: what fails, stops, or says 500 leaves nothing behind.
    effects = tuple(world.effects) if failure is None and (kept is None or kept.status < 500) else ()
    return Result(kept, failure, effects, decisions, frozenset(taken))


def result_of(trace: Trace) -> Result:
    """What came of it when it was recorded."""
    effects = tuple([call for call in trace.calls if call.kind.is_effect])
    if trace.failure is not None:
        return Result(None, trace.failure)
    if trace.status >= 500:
        effects = ()
    return Result(trace.answered, None, effects, {decided.switch: decided.new for decided in trace.decisions})
