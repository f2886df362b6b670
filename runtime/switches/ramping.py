"""Takes the steps of ramps when they are due, and stops a ramp whose new side does worse than the old.

Must not know how a switch decides. Invariants: one process of a host does it, the one that owns the rows; each step is
an edit like any other, with an author of its own, and can be taken back; what cannot be judged yet stops nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from dark_lang.errors import DarkError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.ramps import Step, guards_of, steps_of
from dark_lang.records import NamedTuple
from dark_lang.restructuring.switches import halt_ramp, take_step
from runtime.traces.asking import TraceReader
from runtime.traces.identities import first_at

if TYPE_CHECKING:
    from dark_lang.edits.drafting import Draft
    from runtime.canvas import Canvas
    from runtime.hosting import Host

log = logging.getLogger("dark.serve")

AUTHOR: Final = "ramp"
LOOK_EVERY: Final = 1.0  # seconds
FEWEST: Final = 50  # runs of each side, before they are compared
WORSE: Final = 2.0  # times the old side's rate of failures, or its time
MARGIN: Final = 0.01  # of the runs, by which the new side may fail more often anyway
LOOK_BACK: Final = 3_600_000_000  # microseconds of traffic that a guard compares


class Counted(NamedTuple):
    """What one side did: runs, failed ones, and microseconds of all."""

    runs: int
    failed: int
    duration: int


def is_worse(guard: str, old: Counted, new: Counted) -> bool:
    """Whether the new side does so much worse that its ramp is to stop."""
    if old.runs < FEWEST or new.runs < FEWEST:
        return False
    if guard == "errors":
        return new.failed / new.runs > WORSE * old.failed / old.runs + MARGIN
    return new.duration / new.runs > WORSE * old.duration / old.runs


class Ramps:
    """Of one serving process. `close` it. `clock`: microseconds since 1970."""

    def __init__(self, host: Host, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._host = host
        self._clock = clock
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked_at: Canvas | None = None
        self._ramping: list[top.Switch] = []

    def begin(self) -> None:
        """Looks for steps that are due from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._live, name="dark ramps", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join(5)

    def _live(self) -> None:
        while not self._closing.wait(LOOK_EVERY):
            try:
                self.look()
            except DarkError as error:
                log.error("a step of a ramp could not be taken: %s", error.message)
            except Exception:
                log.exception("looking after ramps failed by our own fault")

    def look(self) -> None:
        """Takes what is due. Raises CanvasError if it cannot be recorded."""
        canvas, now = self._host.canvas, self._clock()
        if canvas is not self._looked_at:
            self._looked_at, self._ramping = canvas, _ramping(canvas)
        for switch in self._ramping:
            due = [step for step in steps_of(switch) if step.at <= now]
            bad = self._bad_guard(switch) if switch.on else None
            if bad is not None:
                self._halt(switch, bad)
            elif due:
                self._take(switch, due[-1], due)

    def _bad_guard(self, switch: top.Switch) -> str | None:
        guards = guards_of(switch)
        if not guards:
            return None
        since = first_at(self._clock() - LOOK_BACK)
        with closing(TraceReader(self._host.folder)) as reader:
            old, new = (Counted(*reader.side_counts(switch.id, side, since)) for side in (False, True))
        return next((guard for guard in guards if is_worse(guard, old, new)), None)

    def _take(self, switch: top.Switch, step: Step, due: list[Step]) -> None:
        def change(draft: Draft, _canvas: Canvas) -> None:
            for each in due:
                take_step(draft, switch.id, each)

        command = f"toggle rollout {switch.name} {step.points / 100:g}"
        self._host.edit(change, author=AUTHOR, command=command)
        log.info("the ramp of %s gives its new side to %g %% now", switch.name, step.points / 100)

    def _halt(self, switch: top.Switch, guard: str) -> None:
        command = f"toggle rollout {switch.name} {switch.share / 100:g}"
        self._host.edit(lambda draft, _: halt_ramp(draft, switch.id), author=AUTHOR, command=command)
        log.warning(
            "the ramp of %s stops at %g %%: its new side does worse (%s)", switch.name, switch.share / 100, guard
        )


def _ramping(canvas: Canvas) -> list[top.Switch]:
    found = []
    for entry in canvas.alive():
        if entry.kind is top.Switch:
            tree = canvas.tree(NodeId(entry.id))
            if isinstance(tree, top.Switch) and steps_of(tree):
                found.append(tree)
    return found
