"""The current snapshot of a canvas in one process, kept in step with the diffs in its folder.

Must not know edits (`hosting`), commands or the watcher. Invariants: `canvas` is always whole, and replaced by one
assignment; a failure anywhere leaves the snapshot before. Thread-safe.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeAlias

from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import Materialized, materialize
from dark_lang.edits.writes import Diff
from dark_lang.errors import AddressError
from dark_lang.library import Library
from dark_lang.names import NodeId, spell_id
from runtime.canvas import Canvas
from runtime.choosing import read_choices, served_before, write_choices
from runtime.entries import Entry, entry_of
from runtime.loading import LiveLedgers, Loaded, cache_file, load_anew
from runtime.settings import Settings
from runtime.store.diffs import Arrival, Progress
from runtime.store.packing import Packed, pack
from runtime.store.problems import Problem, ProblemKind
from runtime.trees import Tree

if TYPE_CHECKING:
    from subprocess import Popen

Listener: TypeAlias = Callable[[Canvas, frozenset[NodeId]], None]
"""Called with the new snapshot and the toplevels that differ, before the edit that made it returns. Must be quick, and
must not wait for another thread that edits."""
Touched: TypeAlias = Mapping[NodeId, tuple[Entry | None, Tree]]
_NOTHING_KNOWN: Mapping[NodeId, Materialized] = {}


class Follower:
    def __init__(self, folder: Path, settings: Settings, library: Library, loaded: Loaded) -> None:
        self.folder = folder
        self.settings = settings
        self.library = library
        self._keeps_serving = False
        self._saver: Popen[bytes] | None = None
        self._loaded = loaded
        self._lock = RLock()
        self._listeners: list[Listener] = []
        self._preferred: Mapping[NodeId, NodeId] = {}
        self._vanished: tuple[Problem, ...] = ()
        self._canvas = self._first_canvas()

    @property
    def canvas(self) -> Canvas:
        """The current snapshot."""
        return self._canvas

    def ledger(self, toplevel: NodeId) -> Ledger:
        """What was ever written to a toplevel. Not to be added to. Raises AddressError."""
        with self._lock:
            ledger = self._loaded.ledgers.get(toplevel)
        if ledger is None:
            raise AddressError(f"no toplevel has the id {spell_id(toplevel)}")
        return ledger

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the store, as far as it has been looked at."""
        return self._canvas.problems

    @property
    def keeps_serving(self) -> bool:
        """Whether this process serves the canvas, so that a conflict keeps what was served here before it came."""
        return self._keeps_serving

    @keeps_serving.setter
    def keeps_serving(self, does: bool) -> None:
        with self._lock:
            self._keeps_serving = does
            if does and (chosen := read_choices(self._choices)):
                self._preferred = chosen
                self._publish(self._canvas_with((), self._canvas.problems), frozenset())

    @property
    def _choices(self) -> Path:
        return self.folder / "data" / "choices"

    def close(self) -> None:
        """Leaves a cache for the next process if that is worth its time."""
        with self._lock:
            if self._saver is not None:
                self._saver.wait()
            self.save(only_if_worthwhile=True)
            self._loaded.store.journal.close()

    def save(self, *, only_if_worthwhile: bool = False) -> bool:
        """Writes the cached fold; whether it did."""
        with self._lock:
            if only_if_worthwhile and not self._loaded.is_worth_saving():
                return False
            return self._loaded.save(cache_file(self.folder))

    def save_aside(self) -> None:
        """Has another process write the cached fold, if that is worth its time. Returns at once."""
        with self._lock:
            if self._saver is not None and self._saver.poll() is None:
                return
            self._saver = None
            if self._loaded.is_worth_saving():
                from subprocess import DEVNULL, Popen  # late: only servers need it, and 8 ms

                words = [sys.executable, "-m", "runtime.saving", str(self.folder.absolute())]
                with suppress(OSError):
                    self._saver = Popen(words, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
                self._loaded.saved = len(self._loaded.program.applied)

    def pack(self, progress: Progress | None = None) -> Packed:
        """Puts the diffs of every range of lamport numbers that is over into packs. Raises CanvasError."""
        with self._lock, self._loaded.store.locked():
            self._absorb(self._loaded.store.scan(self._knows))
            try:
                return pack(self._loaded.store, before=self._loaded.program.lamport + 1, progress=progress)
            finally:
                self._absorb(self._loaded.store.scan(self._knows))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls it for every new snapshot, in order, until what it returns is called."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def refresh(self, names: Iterable[str] | None = None) -> frozenset[NodeId]:
        """Takes in what others wrote; the toplevels that differ now. With `names`, looks at those files of `diffs/`
        only. Raises CanvasError if the store cannot be read; the snapshot stays."""
        with self._lock:
            store = self._loaded.store
            if names is not None:
                return self._absorb(store.take(names, self._knows))
            return self._absorb(store.scan(self._knows)) if store.has_changed() else frozenset()

    # How

    def _knows(self, diff_id: bytes) -> bool:
        return diff_id in self._loaded.program.applied

    def _absorb(self, arrivals: Iterator[Arrival]) -> frozenset[NodeId]:
        came: dict[bytes, Diff] = {}
        try:
            for arrival in arrivals:
                came[arrival.id] = arrival.diff
        finally:
            # A store that fails midway has handed those out, and will not do so again.
            touched = self._take_in(came)
        return touched

    def _take_in(self, came: Mapping[bytes, Diff]) -> frozenset[NodeId]:
        loaded = self._loaded
        touched = loaded.program.add_many(came.items())
        if loaded.store.vanished:
            return self._fold_anew(loaded)
        problems = self._problems()
        if touched or problems != self._canvas.problems:
            self._publish(self._canvas_with(touched, problems), touched)
        return touched

    def _fold_anew(self, loaded: Loaded) -> frozenset[NodeId]:
        """After diffs were taken away (a checkout): what they did leaves the program."""
        gone, before = loaded.store.vanished, self._canvas
        loaded.store.forget()
        self._loaded = load_anew(loaded.store, self.folder, self.settings.canvas)
        named = ", ".join(diff_id.hex()[:12] for diff_id in gone[:3])
        told = f"{len(gone)} diffs that were here are gone ({named}{', …' if len(gone) > 3 else ''})"
        advice = "if that was no intended checkout, bring them back from a clone"
        self._vanished = (Problem("diffs", ProblemKind.VANISHED, told, advice),)
        canvas = self._first_canvas()
        ids = before.entries.keys() | canvas.entries.keys()
        touched = frozenset(each for each in ids if before.entries.get(each) != canvas.entries.get(each))
        self._publish(canvas, touched)
        return touched

    def _first_canvas(self) -> Canvas:
        loaded = self._loaded
        problems = self._problems()
        self._canvas = Canvas.of_trees(loaded.trees, self.library, preferred=self._preferred, problems=problems)
        return self._canvas_with(loaded.ledgers.changed, problems)

    def _problems(self) -> tuple[Problem, ...]:
        return (*self._vanished, *self._loaded.problems())

    def _canvas_with(
        self,
        touched: Iterable[NodeId],
        problems: tuple[Problem, ...],
        known: Mapping[NodeId, Materialized] = _NOTHING_KNOWN,
    ) -> Canvas:
        program, before = self._loaded.program, self._canvas
        now = as_they_are(self._loaded.ledgers, touched, known)
        if self._keeps_serving:
            chosen = served_before(before, now, self._preferred)
            if chosen is not self._preferred:
                write_choices(self._choices, chosen)
            self._preferred = chosen
        return before.after(
            now, preferred=self._preferred, problems=problems, frontier=program.frontier, lamport=program.lamport
        )

    def _publish(self, canvas: Canvas, touched: frozenset[NodeId]) -> None:
        self._canvas = canvas
        for listener in tuple(self._listeners):
            listener(canvas, touched)


def as_they_are(
    ledgers: LiveLedgers, touched: Iterable[NodeId], known: Mapping[NodeId, Materialized] = _NOTHING_KNOWN
) -> Touched:
    """The entries and trees of some toplevels, as their ledgers say now. `known`: what some of them say."""
    found: dict[NodeId, tuple[Entry | None, Tree]] = {}
    for toplevel in touched:
        ledger = ledgers.get(toplevel)
        if ledger is not None:
            materialized = known.get(toplevel) or materialize(ledger)
            found[toplevel] = (entry_of(ledger, materialized), Tree(materialized))
    return found
