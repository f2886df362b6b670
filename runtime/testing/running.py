"""Runs a test under every side of the switches on its path: all old, all new, and each alone the other way.

Must not know which tests are wanted, or how results are shown. Invariants: no run sees what another did; a test without
switches on its path runs once; whatever a test does, this returns.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final

from dark_lang.deciding import Side
from dark_lang.errors import RunError, Stopped
from dark_lang.library import Library
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.values.model import HoleValue
from runtime.canvas import Canvas
from runtime.current import Run
from runtime.data.usage import Served
from runtime.lanes.capsules import Capsule
from runtime.linking import CodeCache
from runtime.running import run
from runtime.serving.programs import Runnable, run_limits
from runtime.serving.snapshots import Snapshot, Snapshots
from runtime.settings import Settings
from runtime.testing.benches import BenchWorld
from runtime.testing.results import Attempt, Mistake, Outcome, Verdicts

MOST_FLIPPED: Final = 64
"""Switches that are tried alone in one test."""


class _All(Mapping[NodeId, Side]):
    """One side for all switches, but for those of `others`."""

    def __init__(self, side: Side, others: Mapping[NodeId, Side]) -> None:
        self._side = side
        self._others = others

    def __getitem__(self, switch: NodeId) -> Side:
        return self._others.get(switch, self._side)

    def get(self, switch: NodeId, _default: object = None, /) -> Side:
        return self._others.get(switch, self._side)

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self._others)

    def __len__(self) -> int:
        return len(self._others)

    def __bool__(self) -> bool:
        return True  # it says something of each switch, however few it names


class _Program(Runnable):
    """What a request in a test is answered with (`snapshots.Program`): nothing of it leaves the process."""

    def pack(self, _handler: NodeId) -> Capsule:
        raise NotImplementedError("a test runs where it is")

    def serving(self, _handler: NodeId) -> list[Served]:
        raise NotImplementedError("a test makes no traffic")

    def place(self, _node: NodeId) -> str:
        return ""

    def wanted(self, _node: NodeId) -> str:
        return ""


class Runner:
    """Runs tests of one canvas."""

    def __init__(self, canvas: Canvas, library: Library, settings: Settings, cache: CodeCache | None = None) -> None:
        self._canvas = canvas
        self._limits = run_limits(settings)
        self._program = _Program(canvas, library, settings, cache or CodeCache(), canvas.checks)
        self._snapshot: Snapshot | None = None

    def run(self, toplevel: NodeId) -> Verdicts:
        started = time.perf_counter()
        first = self._attempt(toplevel, _All(Side.OLD, {}), {})
        if first.outcome is Outcome.UNFINISHED and self._is_misfit(first.mistakes[-1].node):
            # What does not fit in a new side is work to be done; in what runs it is a mistake.
            first = Attempt(first.sides, Outcome.FAILED, first.mistakes, first.taken)
        attempts = [first]
        if first.taken or self._has_switches:
            attempts = self._under_all_sides(toplevel, first)
        label = self._canvas.entries[toplevel].label
        return Verdicts(toplevel, label, tuple(attempts), int((time.perf_counter() - started) * 1e6))

    def _under_all_sides(self, toplevel: NodeId, old: Attempt) -> list[Attempt]:
        new = self._attempt(toplevel, _All(Side.NEW, {}), {})
        switches = sorted({switch for switch, _ in old.taken | new.taken})
        if not switches:
            return [old]
        done = [self._named(old, dict.fromkeys(switches, False))]
        if len(switches) > 1:
            for switch in switches[:MOST_FLIPPED]:
                sides = {each: each == switch for each in switches}
                done.append(self._attempt(toplevel, _All(Side.OLD, {switch: Side.NEW}), sides))
        return [*done, self._named(new, dict.fromkeys(switches, True))]

    @staticmethod
    def _named(attempt: Attempt, sides: dict[NodeId, bool]) -> Attempt:
        return Attempt(sides, attempt.outcome, attempt.mistakes, attempt.taken)

    @property
    def _has_switches(self) -> bool:
        return any(entry.kind is top.Switch for entry in self._canvas.alive())

    def _attempt(self, toplevel: NodeId, pinned: Mapping[NodeId, Side], sides: Mapping[NodeId, bool]) -> Attempt:
        world = BenchWorld(self._serving, self._limits, self._name_of)
        taken: set[tuple[NodeId, bool]] = set()

        def inspect(over: Run) -> None:
            taken.update(over.taken)

        ended: tuple[Mistake, ...] = ()
        outcome = Outcome.PASSED
        try:
            value = run(
                self._program.callable_for(toplevel),
                (),
                world=world,
                limits=self._limits,
                pinned=pinned,
                inspect=inspect,
            )
            if isinstance(value, HoleValue):
                outcome, ended = Outcome.UNFINISHED, (_at_hole(value),)
            elif value is False:
                # A test that is a condition expects it to hold.
                tree = self._canvas.tree(toplevel)
                body = tree.body.id if isinstance(tree, top.Test) else toplevel
                ended = (Mistake(body, "false", "true"),)
        except Stopped as error:
            outcome, ended = Outcome.UNFINISHED, (Mistake(NodeId(error.node), error.message, ""),)
        except RunError as error:
            ended = (Mistake(NodeId(error.node), error.message, ""),)
        mistakes = (*world.mistakes, *ended)
        if outcome is Outcome.PASSED and mistakes:
            outcome = Outcome.FAILED
        return Attempt(sides, outcome, mistakes, frozenset(taken))

    def _is_misfit(self, node: NodeId) -> bool:
        return any(
            node in self._canvas.checks.misfits(self._canvas.tree(toplevel))
            for _, toplevel in self._canvas.holding(node, node + 1)
        )

    def _name_of(self, store: NodeId) -> str:
        entry = self._canvas.entries.get(store)
        return entry.label if entry is not None else "?"

    def _serving(self) -> Snapshot:
        """Made when the first test asks something over HTTP."""
        if self._snapshot is None:
            self._snapshot = Snapshots(self._canvas, lambda _: self._program).current
        return self._snapshot


def _at_hole(hole: HoleValue) -> Mistake:
    return Mistake(hole.node, f"it gives {hole.says}", "")
