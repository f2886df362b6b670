"""Evaluates an expression, or runs a definition, beside a canvas: for a person at a shell.

Must not know how results are shown. Invariants: what is evaluated sees the snapshot that it is given and nothing newer,
and the canvas does not change by it; rows change only if the run comes to its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from dark_lang.compiling.translating import compile_toplevel
from dark_lang.errors import CanvasError, Failed, RunError
from dark_lang.library import World
from dark_lang.names import Fresh, NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.expressions import Expression
from dark_lang.nodes.implicit import route_variables
from dark_lang.values.model import Value
from runtime.current import Run
from runtime.data.commits import DONE, Verdict
from runtime.data.datastore import TRIES, Data
from runtime.linking import Linker
from runtime.running import Limits, run
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.requests import BadRequest, request_value, whole_plan
from runtime.serving.responses import outgoing
from runtime.traces.runs import Told
from runtime.traces.watching_world import WatchingWorld

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.settings import LimitSettings

Step: TypeAlias = Callable[[World], Value]
"""A run that has all but its world."""


def evaluating(canvas: Canvas, expression: Expression, settings: LimitSettings, *, language: int = 1) -> Step:
    place = top.Repl(Fresh(expression.id)(), language, "", "shell", expression)
    call = Linker(canvas, canvas.library, checks=canvas.checks).link_code(compile_toplevel(place), place)
    return lambda world: run(call, (), world=world, limits=_limits(settings), inspect=_keeping(world))


def running(canvas: Canvas, toplevel: NodeId, args: Sequence[Value], settings: LimitSettings) -> Step:
    call = Linker(canvas, canvas.library, checks=canvas.checks).callable_for(toplevel)
    return lambda world: run(call, tuple(args), world=world, limits=_limits(settings), inspect=_keeping(world))


def answering(
    canvas: Canvas, handler: top.Http, incoming: Incoming, variables: Sequence[str], settings: LimitSettings
) -> Callable[[World], Outgoing]:
    """As a server would answer the request; `variables` are the values of those in the route. Raises Failed if the
    request cannot be read."""
    names = route_variables(handler.route)
    try:
        request = request_value(incoming, whole_plan(handler), names, variables, params=True)
    except BadRequest as error:
        raise Failed(error.detail) from error
    call = Linker(canvas, canvas.library, checks=canvas.checks).callable_for(handler.id)

    def answer(world: World) -> Outgoing:
        args = (request, *variables)
        seen = {"request": request}
        return outgoing(run(call, args, world=world, limits=_limits(settings), seen=seen, inspect=_keeping(world)))

    return answer


def with_rows(folder: Path, step: Callable[[World], Value], told: Told | None = None) -> Value:
    """Runs with the rows of this host, and commits what was written if it came to its end; again if others changed
    what it had read. `told` hears what came of it. Raises RunError, and CanvasError if nothing could be written."""
    with closing(Data.open(folder)) as data:
        for _ in range(TRIES):
            world = WatchingWorld(data)
            started = time.perf_counter()
            try:
                value = step(world)
            except RunError as error:
                if told is not None:
                    told(world, None, error, started)
                raise
            finally:
                world.end()
            outcome = data.commit(world) if world.wrote else DONE
            if outcome.verdict is Verdict.DONE:
                if told is not None:
                    told(world, value, None, started)
                return value
            if outcome.verdict is not Verdict.CONFLICT:
                raise CanvasError(f"nothing was written: {outcome.reason}")
    raise CanvasError("others changed the same rows again and again; nothing was written", suggestion="try again")


def _keeping(world: World) -> Callable[[Run], None] | None:
    return world.keep if isinstance(world, WatchingWorld) else None


def _limits(settings: LimitSettings) -> Limits:
    return Limits(settings.time_ms, settings.depth, settings.memory_bytes)
