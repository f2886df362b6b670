"""What came of a test.

Must not know how it was run. Invariant: a test that came to a hole is unfinished, neither passed nor failed, and covers
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from dark_lang.names import NOWHERE, NodeId
from dark_lang.records import NamedTuple, dataclass


class Outcome(Enum):
    PASSED = "passed"
    FAILED = "failed"
    UNFINISHED = "unfinished"


class Mistake(NamedTuple):
    """An expectation that did not hold, or what ended the run. `expected` is "" for what ended it."""

    node: NodeId
    found: str
    expected: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a test. `sides`: of the switches on its path, True for the new one; `taken`: those that it came to."""

    sides: Mapping[NodeId, bool]
    outcome: Outcome
    mistakes: tuple[Mistake, ...]
    taken: frozenset[tuple[NodeId, bool]]


@dataclass(frozen=True, slots=True)
class Verdicts:
    toplevel: NodeId
    label: str
    attempts: tuple[Attempt, ...]
    microseconds: int

    @property
    def outcome(self) -> Outcome:
        """Failed if any run was; unfinished if any was, and none failed."""
        outcomes = {attempt.outcome for attempt in self.attempts}
        for one in (Outcome.FAILED, Outcome.UNFINISHED):
            if one in outcomes:
                return one
        return Outcome.PASSED

    @property
    def covered(self) -> frozenset[tuple[NodeId, bool]]:
        """The sides of switches that it ran to its end."""
        done = [attempt.taken for attempt in self.attempts if attempt.outcome is Outcome.PASSED]
        return frozenset().union(*done)

    @property
    def first(self) -> tuple[Mistake, Attempt] | None:
        """The first mistake, and in which run it was."""
        for wanted in (Outcome.FAILED, Outcome.UNFINISHED):
            for attempt in self.attempts:
                if attempt.outcome is wanted and attempt.mistakes:
                    return attempt.mistakes[0], attempt
        return None


__all__ = ["NOWHERE", "Attempt", "Mistake", "Outcome", "Verdicts"]
