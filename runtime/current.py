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


class Ending(BaseException):
    """Raised inside guest code to end it. No Exception, so that nobody on the way catches it."""


class TimeUp(Ending):
    """Its time is over."""


class MemoryUp(Ending):
    """It holds more memory than it may."""


class Overtime(Ending):
    """It takes longer than a run may take where others wait for it. No limit: nothing has left the process, so it
    starts again where nobody waits."""


class Run:
    """`brief`: an Overtime ends it when others have waited long enough; `pinned`: sides that switches give whatever
    they say."""

    __slots__ = (
        "again",
        "args",
        "armed",
        "brief",
        "deadline",
        "deciding",
        "decisions",
        "due",
        "fired",
        "forced",
        "guards",
        "is_steered",
        "is_trusted",
        "memory",
        "met",
        "over",
        "pinned",
        "resident",
        "subject",
        "taken",
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
        memory: int = 0,
        brief: bool = False,
        pinned: Mapping[NodeId, Side] = {},
    ) -> None:
        self.world: World = _GuardedWorld(world)
        self.args = args  # what a switch's condition may see of it: `request`, `event`
        self.subject = subject
        self.is_trusted = True  # whether the subject may stand on the lists of a switch
        self.forced = forced
        self.pinned = pinned
        self.is_steered = bool(forced) or bool(pinned)  # whether anything but the rules of switches decides
        self.deadline = deadline  # by time.monotonic
        self.memory = memory  # bytes that the process may grow by meanwhile, 0: any number
        self.brief = brief
        self.decisions: dict[NodeId, Decision] = {}  # for new sides that are finished
        self.deciding: set[NodeId] = set()
        # The sides that code came to, by switch (True: the new one), and why. One switch may give both, where one of
        # its new sides is finished and another is not.
        self.taken: dict[tuple[NodeId, bool], Decision] = {}
        self.thread = threading.get_ident()
        self.armed = False  # whether a limit may end it
        self.fired = False  # whether one did
        self.over = False
        self.guards = 0
        self.again = 0  # at which look it is ended once more, if its end was lost
        self.met = 0  # how often the clock came by
        self.resident = 0  # bytes of the process when it first did
        self.due: type[Ending] | None = None  # what is to end it, found when it could not be ended


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
    """Calls a function that no limit may interrupt."""
    run = _current.run
    if run is None:
        return function(*args, **kwargs)
    try:
        run.guards += 1
        settle()  # nothing is set off from here on, and what was set off before arrives before the work begins
        result = function(*args, **kwargs)
    finally:
        run.guards -= 1
    if run.due is not None and not run.guards:
        # It was found in there. Code that does little else would not be met outside.
        _end(run)
    return result


def prepared(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As `guarded`, for work that is done once for all runs to come: others wait for it, but it is not the run's."""
    run = _current.run
    if run is None:
        return function(*args, **kwargs)
    try:
        run.guards += 1
        settle()
        result = function(*args, **kwargs)
    finally:
        run.guards -= 1
    if run.brief and not run.guards:
        run.met = 0
        if run.due is Overtime:
            run.due = None
    if run.due is not None and not run.guards:
        _end(run)
    return result


def exposed(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Inside `guarded`: calls a function that touches nothing shared, and that limits may end like guest code."""
    run = _current.run
    if run is None or not run.guards:
        return function(*args, **kwargs)
    guards = run.guards
    try:
        if run.due is not None:
            _end(run)
        run.guards = 0
        return function(*args, **kwargs)
    finally:
        run.guards = guards


def breathe() -> None:
    """Inside `guarded`, where nothing is half done: ends the run if it is to end."""
    run = _current.run
    if run is not None and run.due is not None:
        _end(run)


def heavy() -> None:
    """What comes next takes long and cannot be interrupted. A brief run does not begin it."""
    run = _current.run
    if run is not None and run.brief and run.armed:
        run.due = Overtime
        _end(run)


def _end(run: Run) -> None:
    if run.armed and run.due is not None:
        run.armed = False
        run.fired = True
        run.again = run.met + 4
        raise run.due


class _GuardedWorld:
    """A world whose methods are guarded. It does not know the run: a run is freed when it is over, without the
    collector of garbage, and with it the request."""

    __slots__ = ("_world",)

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._world, name)
        return lambda *args: guarded(method, *args)
