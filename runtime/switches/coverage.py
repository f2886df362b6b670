"""Which sides of which switches were run: by tests, by replays of what was recorded, by traffic.

Must not know how a report is shown. Invariant: a side counts for a source only if code of that side ran there to the
end of its run; where there is nothing recorded, tests alone can cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from enum import Enum
from typing import TYPE_CHECKING

from dark_lang.deciding import Side
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.records import NamedTuple
from runtime.asking import uses_of
from runtime.linking import CodeCache
from runtime.replaying.rerunning import Rerunner
from runtime.testing.reaching import Reach
from runtime.testing.running import Runner
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.sealing import Sealer

if TYPE_CHECKING:
    from runtime.hosting import Host

Sides = frozenset[tuple[NodeId, bool]]


class Source(Enum):
    TESTS = "tests"
    REPLAYS = "replays"
    TRAFFIC = "traffic"


class Covered(NamedTuple):
    """One switch; `old` and `new`: what ran that side."""

    switch: NodeId
    name: str
    old: frozenset[Source]
    new: frozenset[Source]
    places: int  # where it stands

    def lacks(self, required: Iterable[Source]) -> list[tuple[str, Source]]:
        return [
            (side, source)
            for source in required
            for side, by in (("old", self.old), ("new", self.new))
            if source not in by
        ]


def coverage(
    host: Host, sources: Iterable[Source], sealer: Sealer | None, tell: Callable[[int, int], None], limit: int
) -> list[Covered]:
    """Of all switches, by name. `limit`: how many recorded requests are run again."""
    canvas = host.canvas
    wanted = frozenset(sources)
    by: dict[Source, Sides] = {
        Source.TESTS: _by_tests(host, tell) if Source.TESTS in wanted else frozenset(),
        Source.REPLAYS: _by_replays(host, sealer, limit) if Source.REPLAYS in wanted else frozenset(),
        Source.TRAFFIC: _by_traffic(host) if Source.TRAFFIC in wanted else frozenset(),
    }
    found = []
    for entry in canvas.alive():
        if entry.kind is top.Switch:
            old, new = (
                frozenset(source for source, sides in by.items() if (entry.id, side) in sides) for side in (False, True)
            )
            places = sum(1 for _ in uses_of(canvas, Defined(entry.id)))
            found.append(Covered(entry.id, entry.label.removeprefix("toggle:"), old, new, places))
    return sorted(found, key=lambda one: one.name)


def share_covered(found: Iterable[Covered], required: Iterable[Source]) -> float:
    """Percent of the sides that each required source ran; 100 where there is nothing to cover."""
    needed = list(required)
    rows = list(found)
    total = 2 * len(rows) * len(needed)
    lacking = sum(len(one.lacks(needed)) for one in rows)
    return 100.0 if not total else 100.0 * (total - lacking) / total


def _by_tests(host: Host, tell: Callable[[int, int], None]) -> Sides:
    canvas = host.canvas
    reach = Reach(canvas)
    switches = {entry.id for entry in canvas.alive() if entry.kind is top.Switch}
    tests = [test for test in reach.tests() if not switches.isdisjoint(reach.reached(test))]
    runner = Runner(canvas, canvas.library, host.settings)
    found: set[tuple[NodeId, bool]] = set()
    for nth, test in enumerate(tests, 1):
        found |= runner.run(test).covered
        tell(nth, len(tests))
    return frozenset(found)


def _by_replays(host: Host, sealer: Sealer | None, limit: int) -> Sides:
    """What recorded requests come to, with all switches old, and with all new."""
    canvas = host.canvas
    rerunner = Rerunner(canvas, canvas.library, host.settings, cache=CodeCache(), checks=canvas.checks)
    switches = [entry.id for entry in canvas.alive() if entry.kind is top.Switch]
    found: set[tuple[NodeId, bool]] = set()
    with closing(TraceReader(host.folder, sealer)) as reader:
        for opened in reader.traces(Filter(unmatched=False), limit):
            for side in (Side.OLD, Side.NEW):
                result = rerunner.rerun(opened, pinned=dict.fromkeys(switches, side))
                if result.skip is None and result.failure is None:
                    found |= result.taken
    return frozenset(found)


def _by_traffic(host: Host) -> Sides:
    with closing(TraceReader(host.folder)) as reader:
        return frozenset(reader.sides(0))
