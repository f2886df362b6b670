"""The run that the present thread is in: its world, its limits, and what it has decided.

Must not know how runs begin or end (`running`), nor code. Invariant: what `guarded` calls is never interrupted by a
limit of the run, so that whatever is shared with others or reaches outside stays whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from dark_lang.deciding import Decision, Side
from dark_lang.library import World
from dark_lang.names import NodeId
from dark_lang.values.model import Value

P = ParamSpec("P")
R = TypeVar("R")


class TimeUp(BaseException):
    """Raised inside guest code when its time is over. No Exception, so that nobody on the way catches it."""


class Run:
    __slots__ = (
        "args",
        "armed",
        "deadline",
        "deciding",
        "decisions",
        "fired",
        "forced",
        "guards",
        "late",
        "subject",
        "thread",
        "world",
    )

    def __init__(
        self,
        world: World,
        args: Mapping[str, Value],
        subject: str | None,
        forced: Mapping[NodeId, Side],
        deadline: float,
    ) -> None:
        self.world: World = _GuardedWorld(world, self)
        self.args = args  # what a switch's condition may see of it: `request`, `event`
        self.subject = subject
        self.forced = forced
        self.deadline = deadline  # by time.monotonic
        self.decisions: dict[NodeId, dict[bool, Decision]] = {}
        self.deciding: set[NodeId] = set()
        self.thread = threading.get_ident()
        self.armed = False  # whether its time may end it
        self.fired = False  # whether it did
        self.guards = 0
        self.late = False  # whether its time was over when it could not be ended


class _Current(threading.local):
    run: Run | None = None


_current = _Current()


def current_run() -> Run | None:
    return _current.run


def set_current(run: Run | None) -> Run | None:
    """Says which was the present one before."""
    before = _current.run
    _current.run = run
    return before


def current_world() -> World:
    run = _current.run
    if run is None:
        raise RuntimeError("guest code reached outside without a run")
    return run.world


def settle() -> None:
    """Lets what was raised in this thread by another arrive: a call is where the interpreter looks."""


def guarded(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a function that no limit of time may interrupt."""
    run = _current.run
    if run is None:
        return function(*args, **kwargs)
    try:
        run.guards += 1
        settle()  # nothing is set off from here on, and what was set off before arrives before the work begins
        result = function(*args, **kwargs)
    finally:
        run.guards -= 1
    if run.late and run.armed and not run.guards:
        # Its time was over in there. Code that does little else would not be met outside.
        run.armed = False
        run.fired = True
        raise TimeUp
    return result


class _GuardedWorld:
    """A world whose methods are guarded."""

    __slots__ = ("_run", "_world")

    def __init__(self, world: World, run: Run) -> None:
        self._world = world
        self._run = run

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._world, name)
        return lambda *args: guarded(method, *args)
