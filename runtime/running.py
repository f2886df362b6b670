"""Runs guest code within limits of time and depth, and turns whatever ends it into a value or a RunError.

Must not know requests, routes or edits. Invariants: the limit of time is raised inside guest code and the pure parts of
the library only, never in what reaches outside or links code (`current.guarded`), and never after a run has ended; a
run inside a run (a switch's condition) ends no later than the one around it.

How the time is told: in the main thread by a signal of the interval timer, elsewhere by a watchdog thread. Either looks
at the run and sets off its end in one go: the interpreter lets no other thread in between, nor between the two.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Final

from dark_lang.deciding import Side
from dark_lang.errors import CanvasError, RunError
from dark_lang.library import World
from dark_lang.names import NodeId
from dark_lang.records import dataclass
from dark_lang.values.model import Value
from runtime.blaming import blame
from runtime.current import Run, TimeUp, current_run, set_current, settle

TICK: Final = 0.005
"""Seconds between two tries to end a run that is over its time but in the middle of something."""


@dataclass(frozen=True, slots=True)
class Limits:
    time_ms: int = 1_000
    depth: int = 10_000  # of calls, as the interpreter counts them


_NOTHING_FORCED: Final[Mapping[NodeId, Side]] = {}
_NO_ARGS: Final[Mapping[str, Value]] = {}
_DEFAULT: Final = Limits()


def run(
    function: Callable[..., Value],
    args: tuple[Value, ...],
    *,
    world: World,
    limits: Limits = _DEFAULT,
    subject: str | None = None,
    seen: Mapping[str, Value] = _NO_ARGS,
    forced: Mapping[NodeId, Side] = _NOTHING_FORCED,
    inspect: Callable[[Run], None] | None = None,
) -> Value:
    """What linked code gives for these arguments; it may be a hole, have holes in it or, for an HTTP handler that `!`
    left, be a Left. `subject`, `seen` (`request`, `event`) and `forced` are what switches decide by; `inspect` gets the
    run when it is over, with its decisions. Raises RunError, with the node at which it happened."""
    present = Run(world, seen, subject, forced, time.monotonic() + limits.time_ms / 1000)
    _set_depth(limits.depth)
    try:
        return _run(present, function, args, limits)
    finally:
        if inspect is not None:
            inspect(present)


def run_within(outer: Run, function: Callable[..., Value], args: tuple[Value, ...], limits: Limits) -> Value:
    """A run inside another: it shares its world, and ends no later."""
    deadline = min(outer.deadline, time.monotonic() + limits.time_ms / 1000)
    inner = Run(outer.world, outer.args, outer.subject, outer.forced, deadline)
    inner.decisions = outer.decisions
    inner.deciding = outer.deciding
    return _run(inner, function, args, limits)


def _run(present: Run, function: Callable[..., Value], args: tuple[Value, ...], limits: Limits) -> Value:
    outer = set_current(present)
    clock = _MAIN_CLOCK if threading.current_thread() is threading.main_thread() else _WATCHDOG
    try:
        clock.watch(present)
        return _call(present, function, args)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        found = blame(error, time_ms=limits.time_ms, depth=limits.depth)
    finally:
        clock.rest(present, outer)
        set_current(outer)
    # Raised out here, it holds on to no frame, and so to nothing that the run was working with.
    raise found.with_traceback(None)


def _call(present: Run, function: Callable[..., Value], args: tuple[Value, ...]) -> Value:
    try:
        present.armed = True
        return function(*args)
    finally:
        # If the end of its time is set off before the next line, it is raised here, and out of here, as from the code.
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


# Time


class _MainClock:
    """Tells the time of runs in the main thread, where alone Python handles signals."""

    def __init__(self) -> None:
        self._watched: Run | None = None
        self._is_installed = False

    def watch(self, run: Run) -> None:
        if not self._is_installed:
            signal.signal(signal.SIGALRM, self._ring)
            self._is_installed = True
        self._watched = run
        signal.setitimer(signal.ITIMER_REAL, max(run.deadline - time.monotonic(), 1e-6), TICK)

    def rest(self, _run: Run, outer: Run | None) -> None:
        """Goes back to watching the run around, if there is one."""
        self._watched = outer
        if outer is None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            signal.setitimer(signal.ITIMER_REAL, max(outer.deadline - time.monotonic(), 1e-6), TICK)

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        run = self._watched
        if run is None or not run.armed or time.monotonic() < run.deadline:
            return
        if run.guards:
            run.late = True
            return
        run.armed = False
        run.fired = True
        raise TimeUp


class _Watchdog:
    """Tells the time of runs in other threads, by a thread that wakes while there are any."""

    def __init__(self) -> None:
        self._watched: dict[int, Run] = {}
        self._busy = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def watch(self, run: Run) -> None:
        self._watched[run.thread] = run
        if not self._busy.is_set():
            self._busy.set()
        if self._thread is None:
            self._start()

    def rest(self, run: Run, outer: Run | None) -> None:
        if outer is not None:
            self._watched[run.thread] = outer
        else:
            self._watched.pop(run.thread, None)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="dark-watchdog", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while True:
            self._busy.wait()
            time.sleep(TICK)
            runs = list(self._watched.values())
            if not runs:
                self._busy.clear()
                # One that came between the two lines above is seen by this look.
                if self._watched:
                    self._busy.set()
                continue
            now = time.monotonic()
            for run in runs:
                if now >= run.deadline:
                    self._end(run)

    def _end(self, run: Run) -> None:
        end, thread = _SET_OFF, ctypes.c_ulong(run.thread)
        # From this test to the call nothing lets another thread in: no call, no loop, no function of ours.
        if run.guards:
            run.late = True
        elif run.armed:
            run.armed = False
            run.fired = True
            end(thread, _TIME_UP)


_SET_OFF: Final = ctypes.pythonapi.PyThreadState_SetAsyncExc  # keeps the interpreter's lock, unlike other C functions
_TIME_UP: Final = ctypes.py_object(TimeUp)

_MAIN_CLOCK: Final = _MainClock()
_WATCHDOG: Final = _Watchdog()

__all__ = ["STACK_BYTES", "Limits", "RunError", "current_run", "prepare_stack", "run", "run_within"]
