"""Goes through recorded requests: with what came of them then, or with two programs beside each other.

Must not know how it is shown. Invariants: each trace is counted once, as the same, another, or skipped with its reason;
what is noise is learned from the first of the two run twice, and is never a difference of structure.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from dark_lang.errors import AddressError, CorruptionError
from dark_lang.library import Library
from dark_lang.names import NodeId
from runtime.asking import callers_of
from runtime.checking import Checks
from runtime.holding import EPOCH, Recorded
from runtime.linking import CodeCache
from runtime.replaying.comparing import Difference, differences, noise_of, without_noise
from runtime.replaying.rerunning import Rerunner, Result, Skip, result_of
from runtime.replaying.sides import Compared
from runtime.settings import Settings
from runtime.traces.asking import TraceReader
from runtime.traces.files import Opened
from runtime.traces.identities import TraceId, time_of
from runtime.traces.records import Trace

if TYPE_CHECKING:
    from runtime.canvas import Canvas

MOST_SHOWN: Final = 5

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What came of a campaign. `paths`: how many traces differ there; `first`: some of those that differ."""

    ran: int = 0
    same: int = 0
    skipped: Counter[Skip] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    noise: Counter[str] = field(default_factory=Counter)
    first: list[tuple[TraceId, str, list[Difference]]] = field(default_factory=list)

    @property
    def differing(self) -> int:
        return self.ran - self.same

    def note(self, trace: Trace, found: list[Difference], noise: frozenset[str]) -> None:
        self.ran += 1
        self.noise.update(noise)
        if not found:
            self.same += 1
            return
        self.paths.update({one.path for one in found})
        if len(self.first) < MOST_SHOWN:
            self.first.append((trace.id, trace.address, found))


def replay(
    reader: TraceReader,
    traces: Iterable[TraceId],
    canvas: Canvas,
    library: Library,
    settings: Settings,
    tell: Tell,
    of: int,
) -> Report:
    """Recorded requests through today's code, beside what came of them then."""
    now = Rerunner(canvas, library, settings, checks=canvas.checks)
    report = Report()
    for opened in _opened(reader, traces, report, tell, of):
        result = now.rerun(opened)
        if result.skip is not None:
            report.skipped[result.skip] += 1
            continue
        found = differences(result_of(opened.trace), result)
        report.note(opened.trace, found, frozenset())
    return report


def compare(
    reader: TraceReader,
    traces: Iterable[TraceId],
    sides: tuple[Compared, Compared],
    library: Library,
    settings: Settings,
    tell: Tell,
    of: int,
) -> Report:
    """The same requests through two programs."""
    cache = CodeCache()
    one, other = (Rerunner(side.canvas, library, settings, cache=cache, checks=_checks(side)) for side in sides)
    report = Report()
    for opened in _opened(reader, traces, report, tell, of):
        before = one.rerun(opened, pinned=sides[0].pinned)
        after = other.rerun(opened, pinned=sides[1].pinned)
        skip = before.skip or after.skip
        if skip is not None:
            report.skipped[skip] += 1
            continue
        found = differences(before, after)
        noise: frozenset[str] = frozenset()
        if found and _is_uncertain(opened.trace):
            noise = _noise(one, opened, sides[0], before)
            found = without_noise(found, noise)
        report.note(opened.trace, found, noise)
    return report


def _checks(side: Compared) -> Checks | None:
    return getattr(side.canvas, "checks", None) if side.own_checks else None


def _noise(rerunner: Rerunner, opened: Opened, side: Compared, before: Result) -> frozenset[str]:
    again = rerunner.rerun(opened, pinned=side.pinned, source=_Elsewhen)
    return noise_of(before, again) if again.skip is None else frozenset()


def _is_uncertain(trace: Trace) -> bool:
    """Whether anything in it came of the clock or of chance."""
    return any(call.kind.is_uncertain for call in trace.calls)


class _Elsewhen(Recorded):
    """The same rows, at another time and with other chance."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(trace, EPOCH + timedelta(microseconds=time_of(trace.id)))
        self._random = random.Random(trace.id)

    def now(self) -> datetime:
        return super().now() + timedelta(days=401, seconds=self._random.randrange(86_400))

    def random_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


def _opened(reader: TraceReader, traces: Iterable[TraceId], report: Report, tell: Tell, of: int) -> Iterable[Opened]:
    for nth, trace in enumerate(traces, 1):
        try:
            opened = reader.trace(trace)
        except (CorruptionError, AddressError):
            report.skipped[Skip.DAMAGED] += 1
            continue
        yield opened
        if not nth % 100:
            tell(nth, of)


def concerned(canvas: Canvas, definition: NodeId) -> frozenset[NodeId]:
    """The definitions from which code comes to one, itself among them."""
    return frozenset({definition, *(each for _, each in callers_of(canvas, definition))})
