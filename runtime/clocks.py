"""Who comes by while code runs and ends it when it has used up its time, its memory, or the patience of others.

In the main thread that is a signal of the interval timer, elsewhere a thread. Either comes by every 5 ms while there is
something to look at, and costs a run that is over sooner two assignments. Must not know code. Invariant: it looks at a
run and sets off its end in one go: the interpreter lets no other thread in between, nor between the two; what is
guarded is told that the run is due, and ended by whoever guards it.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import threading
import time
from types import FrameType
from typing import Final, Protocol

from runtime.current import Ending, MemoryUp, Overtime, Run, TimeUp

TICK: Final = 0.005
"""Seconds between two looks. A brief run is ended by the second that meets it, and so after 5 to 10 ms."""

_BRIEF_LOOKS: Final = 2
_LOST_LOOKS: Final = 4  # after an end was set off, and it was lost: raised in a finalizer, say, where nobody heeds it
_IDLE_LOOKS: Final = 4  # without a run, and the timer rests


class Clock(Protocol):
    def watch(self, run: Run) -> None: ...
    def rest(self, run: Run, outer: Run | None) -> None:
        """The run is over. Goes back to watching the run around, if there is one."""
        ...


def clock_of_thread() -> Clock:
    return _MAIN_CLOCK if threading.current_thread() is _MAIN_THREAD else _WATCHDOG


def _due(run: Run, now: float) -> type[Ending] | None:
    """What is to end the run at this look."""
    run.met += 1
    if run.fired:
        return run.due if run.met >= run.again else None
    if run.brief and run.met >= _BRIEF_LOOKS:
        return Overtime
    if now >= run.deadline:
        return TimeUp
    if run.memory:
        resident = resident_bytes()
        if run.met == 1:
            run.resident = resident
        elif resident - run.resident > run.memory:
            return MemoryUp
    return None


class _MainClock:
    """Tells the time of runs in the main thread, where alone Python handles signals."""

    def __init__(self) -> None:
        self._watched: Run | None = None
        self._is_installed = False
        self._is_ticking = False
        self._idle = 0

    def watch(self, run: Run) -> None:
        self._watched = run
        # Verdicts after the assignment: a look between the two finds the run, and does not lie down.
        if not self._is_ticking:
            self._start()

    def rest(self, _run: Run, outer: Run | None) -> None:
        self._watched = outer

    def _start(self) -> None:
        if not self._is_installed:
            signal.signal(signal.SIGALRM, self._ring)
            # Python takes its handlers away before it ends, and a ring without one kills the process.
            atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)
            self._is_installed = True
        self._is_ticking = True
        self._idle = 0
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        run = self._watched
        if run is None:
            self._idle += 1
            if self._idle >= _IDLE_LOOKS:
                self._is_ticking = False
                signal.setitimer(signal.ITIMER_REAL, 0)
            return
        self._idle = 0
        if run.over or not (run.armed or run.fired):
            return
        due = _due(run, time.monotonic())
        if due is None:
            return
        run.due = due
        if not run.guards:
            run.armed = False
            run.fired = True
            run.again = run.met + _LOST_LOOKS
            raise due


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
                if run.armed or run.fired:
                    due = _due(run, now)
                    if due is not None:
                        self._end(run, due)

    def _end(self, run: Run, due: type[Ending]) -> None:
        end, thread, kind = _SET_OFF, ctypes.c_ulong(run.thread), ctypes.py_object(due)
        run.due = due
        again = run.met + _LOST_LOOKS
        # From this test to the call nothing lets another thread in: no call, no loop, no function of ours.
        if not run.guards and not run.over:
            run.armed = False
            run.fired = True
            run.again = again
            end(thread, kind)


_SET_OFF: Final = ctypes.pythonapi.PyThreadState_SetAsyncExc  # keeps the interpreter's lock, unlike other C functions

_MAIN_THREAD: Final = threading.main_thread()
_MAIN_CLOCK: Final = _MainClock()
_WATCHDOG: Final = _Watchdog()


# Memory


_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class _Statm:
    """The kernel's account of this process, held open: a look must cost next to nothing."""

    def __init__(self) -> None:
        self._of = 0  # the process whose account is open
        self._file = -1

    def resident(self) -> int:
        here = os.getpid()
        if self._of != here:
            self._of = here
            try:
                self._file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                self._file = -1
        if self._file < 0:
            return _highest_resident()
        return int(os.pread(self._file, 128, 0).split()[1]) * _PAGE


def _highest_resident() -> int:
    """Where there is no account: the most that it ever was, so that what was freed once counts no more."""
    import resource  # not on Windows
    import sys

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024


_STATM: Final = _Statm()


def resident_bytes() -> int:
    """The memory that this process has."""
    return _STATM.resident()
