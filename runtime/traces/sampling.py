"""Which runs are kept: all of few, and of many some, counted.

Must not know what a run was. Invariant: what is not kept is counted by what is: the weights of the kept runs add up to
all of them, but for those since the last that was kept.
"""

from __future__ import annotations

from typing import Final

from dark_lang.names import NodeId

EACH_SECOND: Final = 200
"""Runs of one handler that are kept whatever comes."""
ALL_SECOND: Final = 2_000
"""Runs of all handlers together; beyond it each is kept as one beyond its own number."""
ONE_IN: Final = 100

_ROOM: Final = 20_000


class Pace:
    """Of one handler. While `left` is 0 in this second, all but every hundredth run is only counted, in `skipped`."""

    __slots__ = ("left", "noted", "second", "skipped")

    def __init__(self) -> None:
        self.second = -1
        self.left = 0
        self.skipped = 0
        self.noted = -1  # until which second its use is noted already


class Sampling:
    """For one thread; `changed` from any."""

    def __init__(self) -> None:
        self.paces: dict[NodeId, Pace] = {}
        self._second = -1
        self._left = 0

    def changed(self) -> None:
        """The program is another from now on: the first runs of each handler are kept again."""
        self.paces = {}

    def pace(self, handler: NodeId) -> Pace:
        found = self.paces.get(handler)
        if found is None:
            if len(self.paces) >= _ROOM:
                self.paces.clear()
            found = self.paces[handler] = Pace()
        return found

    def weight(self, pace: Pace, second: int, *, always: bool) -> int:
        """How many runs this one stands for, if it is to be kept; 0 if it is not. `always`: for errors and stops.
        `second`: any number that is another in another second."""
        if pace.second != second:
            pace.second = second
            pace.left = EACH_SECOND
        if self._second != second:
            self._second = second
            self._left = ALL_SECOND
        if pace.left > 0 and self._left > 0:
            pace.left -= 1
            self._left -= 1
        elif not always and pace.skipped < ONE_IN - 1:
            pace.skipped += 1
            return 0
        weight = 1 + pace.skipped
        pace.skipped = 0
        return weight
