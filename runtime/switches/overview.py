"""What there is to say of each switch: how old, whose, how far, who came to which side lately, and whether it is stale.

Must not know how it is shown. Invariant: a switch is called stale only with its reason, and never while it is younger
than the time that it is judged by.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.ramps import Step, guards_of, steps_of
from dark_lang.records import NamedTuple
from runtime.switches.explaining import Standing, standings
from runtime.testing.reaching import Reach
from runtime.traces.asking import TraceReader
from runtime.traces.identities import first_at

if TYPE_CHECKING:
    from runtime.hosting import Host, LogEntry

DAY: Final = 86_400_000_000  # microseconds
STALE_DAYS: Final = 30


class Overview(NamedTuple):
    switch: top.Switch
    created: int  # microseconds since 1970
    owner: str
    changed: int  # when its rule last did
    places: tuple[Standing, ...]
    hits: tuple[int, int]  # runs that took the old side and the new, in the last days
    tests: tuple[int, int]  # that can come to its old side, and to a new side that is finished
    steps: tuple[Step, ...]
    guards: tuple[str, ...]
    stale: str  # why it is; "" if it is not

    @property
    def unfinished(self) -> int:
        """How many of its new sides are not finished."""
        return sum(not place.is_finished for place in self.places)


def overviews(host: Host, now: int, days: int = 7) -> list[Overview]:
    """Of all switches, by name. `now`: in microseconds since 1970; `days`: over which runs are counted."""
    canvas = host.canvas
    switches = sorted((entry for entry in canvas.alive() if entry.kind is top.Switch), key=lambda entry: entry.label)
    with closing(TraceReader(host.folder)) as reader:
        hits = reader.sides(first_at(now - days * DAY))
        long_hits = reader.sides(first_at(now - STALE_DAYS * DAY))
    reach = Reach(canvas)
    tests = [reach.reached(test) for test in reach.tests()] if switches else []
    found = []
    for entry in switches:
        tree = canvas.tree(entry.id)
        assert isinstance(tree, top.Switch)
        places = tuple(standings(canvas, entry.id))
        history = list(host.log(toplevel=entry.id))
        counted = (hits.get((entry.id, False), 0), hits.get((entry.id, True), 0))
        long = (long_hits.get((entry.id, False), 0), long_hits.get((entry.id, True), 0))
        found.append(
            Overview(
                tree,
                history[-1].time if history else 0,
                history[-1].author if history else "",
                history[0].time if history else 0,
                places,
                counted,
                (
                    sum(entry.id in each for each in tests),
                    sum(any(place.is_finished and place.toplevel in each for place in places) for each in tests),
                ),
                tuple(steps_of(tree)),
                tuple(guards_of(tree)),
                _stale(tree, history, long, now),
            )
        )
    return found


def _stale(switch: top.Switch, history: list[LogEntry], hits: tuple[int, int], now: int) -> str:
    if not history or now - history[-1].time < STALE_DAYS * DAY:
        return ""
    if not any(hits):
        return f"no request came to it in {STALE_DAYS} days"
    if switch.share >= 10_000 and switch.on and now - history[0].time >= STALE_DAYS * DAY:
        return f"all get the new side since {(now - history[0].time) // DAY} days"
    if not hits[0] or not hits[1]:
        return f"only the {'new' if hits[1] else 'old'} side was taken in {STALE_DAYS} days"
    return ""


def named(found: list[Overview], switch: NodeId) -> Overview | None:
    return next((one for one in found if one.switch.id == switch), None)
