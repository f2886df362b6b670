"""Runs guest code within limits of time, depth and memory, and turns whatever ends it into a value or a RunError.

Must not know requests, routes or edits. Invariants: a limit is raised inside guest code and the pure parts of the
library only, never in what reaches outside or links code (`current.guarded`), and never after a run has ended; a run
inside a run (a switch's condition) ends no later than the one around it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, TypeVar

from dark_lang.deciding import Side
from dark_lang.errors import CanvasError, RunError
from dark_lang.library import World
from dark_lang.names import NodeId
from dark_lang.records import dataclass
from dark_lang.values.model import Value
from runtime.blaming import blame
from runtime.clocks import clock_of_thread
from runtime.current import Overtime, Run, current_run, set_current, settle

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Limits:
    time_ms: int = 1_000
    depth: int = 10_000  # of calls, as the interpreter counts them
    memory_bytes: int = 0  # that the process may grow by; 0: any number


_NOTHING_FORCED: Final[Mapping[NodeId, Side]] = {}
_NO_ARGS: Final[Mapping[str, Value]] = {}
_DEFAULT: Final = Limits()


def run(
    function: Callable[..., R],
    args: tuple[Value, ...],
    *,
    world: World,
    limits: Limits = _DEFAULT,
    subject: str | None = None,
    seen: Mapping[str, Value] = _NO_ARGS,
    forced: Mapping[NodeId, Side] = _NOTHING_FORCED,
    pinned: Mapping[NodeId, Side] = _NOTHING_FORCED,
    inspect: Callable[[Run], None] | None = None,
    brief: bool = False,
    deadline: float = 0.0,
    is_trusted: bool = True,
) -> R:
    """What linked code gives for these arguments; it may be a hole, have holes in it or, for an HTTP handler that `!`
    left, be a Left. `subject` (`is_trusted`: whether it may stand on lists), `seen` (`request`, `event`) and `forced`
    are what switches decide by, unless a side is `pinned`; `inspect` gets the run when it is over, with its decisions.
    `deadline`, by time.monotonic, is where its time ends if it began before now. Raises RunError, with the node at
    which it happened; and Overtime, if it is `brief` and others have waited for some 5 to 10 ms."""
    end = deadline or time.monotonic() + limits.time_ms / 1000
    present = Run(world, seen, subject, forced, end, limits.memory_bytes, brief, pinned)
    present.is_trusted = is_trusted
    _set_depth(limits.depth)
    try:
        return _run(present, function, args, limits)
    finally:
        if inspect is not None:
            inspect(present)


def run_within(
    outer: Run, function: Callable[..., Value], args: tuple[Value, ...], limits: Limits, world: World | None = None
) -> Value:
    """A run inside another: it shares its world, unless it has one of its own, and ends no later."""
    deadline = min(outer.deadline, time.monotonic() + limits.time_ms / 1000)
    inner = Run(world or outer.world, outer.args, outer.subject, outer.forced, deadline, pinned=outer.pinned)
    inner.decisions = outer.decisions
    inner.deciding = outer.deciding
    inner.taken = outer.taken
    return _run(inner, function, args, limits)


def run_apart(
    outer: Run,
    function: Callable[..., R],
    args: tuple[Value, ...],
    *,
    world: World,
    limits: Limits,
    subject: str | None,
    seen: Mapping[str, Value],
) -> R:
    """A run inside another that decides for itself, as for a request that a test makes; the sides that it comes to
    count for the outer one, too."""
    deadline = min(outer.deadline, time.monotonic() + limits.time_ms / 1000)
    inner = Run(world, seen, subject, outer.forced, deadline, limits.memory_bytes, pinned=outer.pinned)
    inner.taken = outer.taken
    return _run(inner, function, args, limits)


def _run(present: Run, function: Callable[..., R], args: tuple[Value, ...], limits: Limits) -> R:
    outer = set_current(present)
    clock = clock_of_thread()
    found: BaseException
    try:
        clock.watch(present)
        return _call(present, function, args)
    except (KeyboardInterrupt, SystemExit):
        raise
    except Overtime:
        found = Overtime()
    except BaseException as error:
        found = blame(error, limits.time_ms, limits.depth, limits.memory_bytes)
    finally:
        clock.rest(present, outer)
        set_current(outer)
    # Raised out here, it holds on to no frame, and so to nothing that the run was working with.
    raise found.with_traceback(None)


def _call(present: Run, function: Callable[..., R], args: tuple[Value, ...]) -> R:
    try:
        present.armed = True
        return function(*args)
    finally:
        # If its end is set off before the next line, it is raised here, and out of here, as from the code.
        present.over = True
        present.armed = False
        if present.fired:
            settle()


# Depth


_SPARE: Final = 500  # frames of whoever runs the code


def _set_depth(depth: int) -> None:
    # One number for the whole process: runs of one canvas have the same.
    if sys.getrecursionlimit() != depth + _SPARE:
        # It raises if this thread is deeper than that already, and then the run will be told so.
        with suppress(RecursionError):
            sys.setrecursionlimit(depth + _SPARE)


STACK_BYTES: Final = 256 * 1024 * 1024
"""What a thread that runs guest code to a depth of 10,000 needs at most."""


def prepare_stack(depth: int) -> None:
    """Raises the stack of this process and of threads that it starts from now on to what the depth needs. Raises
    CanvasError if the system does not let it."""
    if depth <= 1_000:
        return
    wanted = STACK_BYTES * max(1, -(-depth // 10_000))
    try:
        import resource  # not on Windows, where the linker of the interpreter sets the stack

        soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            if hard != resource.RLIM_INFINITY and hard < wanted:
                raise CanvasError(
                    f"calls nested {depth:,} deep need a stack of {wanted >> 20} MB; the system allows {hard >> 20} MB",
                    suggestion="raise it (ulimit -Hs unlimited), or lower [limits] depth in canvas.toml to 1000",
                )
            resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
    except ImportError:
        pass
    threading.stack_size(wanted)


__all__ = ["STACK_BYTES", "Limits", "RunError", "current_run", "prepare_stack", "run", "run_within"]
