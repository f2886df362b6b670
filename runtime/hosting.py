"""A canvas as one process edits it: edits, undo, and the history.

Must not know commands, HTTP or the watcher. Invariants: an edit is judged against the newest state that the store has,
under the store's lock, and acknowledged when it is durable; one that fails anywhere changes nothing. Thread-safe.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Required, TypeAlias, TypedDict, TypeVar, Unpack

from dark_lang import wire
from dark_lang.edits.drafting import Draft
from dark_lang.edits.inverting import bring_back, invert
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import Diff
from dark_lang.errors import AddressError, CanvasError, RefusedError, StaleError, WireError
from dark_lang.library import Library
from dark_lang.names import Fresh, NodeId, WriteId
from dark_lang.records import dataclass
from runtime import history
from runtime.canvas import Canvas
from runtime.following import Follower, Listener, as_they_are
from runtime.history import LogEntry, Standing
from runtime.loading import LiveLedgers, Loaded, load
from runtime.settings import Settings, read_settings
from runtime.store.diffs import Progress
from runtime.store.files import HIGHEST_LAMPORT, DiffRef

if TYPE_CHECKING:
    from runtime.entries import Entry
    from runtime.locks.judging import Locks
    from runtime.testing.background import BackgroundTests
    from runtime.traces.recorder import Ran
    from runtime.trees import Tree

__all__ = ["Host", "Judge", "Listener", "LogEntry", "Outcome", "Terms"]

R = TypeVar("R")
MOST_AT_A_TIME = 8
MOST_STEPS_BACK = 50
"""Edits of one definition, when its state at an earlier time is looked for."""

Judge: TypeAlias = Callable[[Canvas, Canvas, frozenset[NodeId]], None]
"""Sees the snapshots before and after an edit that is not recorded yet, and raises what speaks against it."""


class Terms(TypedDict, total=False):
    """Who edits, and under which conditions. `expect`: the start of a diff's id; StaleError if a toplevel that is
    touched changed after it. `request`: by which a client whose connection broke finds what it did."""

    author: Required[str]
    command: str
    dry_run: bool
    expect: str | None
    request: bytes | None
    judge: Judge | None


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """What an edit did. Without a `diff_id` (b"") it wrote nothing: there was nothing to change, or it was a dry run;
    after a dry run `after` is what would be."""

    diff_id: bytes
    touched: frozenset[NodeId]
    before: Canvas
    after: Canvas
    result: R
    milliseconds: float  # from the call to durable and live in this process


class Host(Follower):
    """An opened canvas. `Host.open` makes one. `clock`: the microseconds since 1970 that stand in a diff; `entropy`: 64
    bits, from which the ids of its nodes follow. Tests that compare two canvases fix both."""

    def __init__(self, folder: Path, settings: Settings, library: Library, loaded: Loaded) -> None:
        super().__init__(folder, settings, library, loaded)
        self.clock: Callable[[], int] = _microseconds
        self.entropy: Callable[[], int] = _random_bits
        self.is_own_edit = False  # while listeners hear of an edit that this process made
        self.held: Callable[[], list[tuple[NodeId, str]]] = list  # what a server holds back; `locks.holding` sets it
        self.tests: BackgroundTests | None = None  # of a server
        self.record: Callable[[Ran], None] | None = None  # of a server: where a run is recorded
        self.recording_trouble: Callable[[], str] = str  # why a server records nothing, "" if it does
        self._locks: Locks | None = None

    @classmethod
    def open(cls, folder: Path, *, library: Library, progress: Progress | None = None) -> Host:
        """Raises CanvasError: no canvas there, it cannot be read, or it was written by a newer release."""
        settings = read_settings(folder)
        return cls(folder, settings, library, load(folder, settings.canvas, progress))

    # What serves

    @property
    def has_traffic(self) -> bool:
        """Whether this host ever served requests that were no trials: without that nothing is locked."""
        return self.folder.joinpath("data", "usage.sqlite").exists()

    @property
    def may_have_locks(self) -> bool:
        return bool(self.settings.locks.serving) or self.has_traffic

    @property
    def locks(self) -> Locks:
        if self._locks is None:
            from runtime.locks.judging import Locks  # late: a canvas without traffic needs none of it
            from runtime.locks.uses import Uses

            self._locks = Locks(Uses(self.folder, self.settings.locks.window_days), self.settings.locks.serving)
        return self._locks

    def as_it_was(self, toplevel: NodeId, contents: Container[bytes]) -> tuple[Entry | None, Tree] | None:
        """A definition as it was when it last had one of those contents; None if that is long ago."""
        with self._lock:
            newest = [
                LogEntry(ref.id, self._loaded.store.read(ref)) for ref in self._touching(toplevel)[:MOST_STEPS_BACK]
            ]
            # Of edits that were made at a time, any may have come here last; further back, one came after the other.
            alone = [[entry] for entry in newest[:MOST_AT_A_TIME]]
            for left_out in (*alone, *(newest[:count] for count in range(2, len(newest) + 1))):
                shadow = LiveLedgers(None)
                shadow.changed = history.earlier(self._loaded.ledgers, left_out)
                found = as_they_are(shadow, [toplevel]).get(toplevel)
                if found is not None and found[1].materialized.content in contents:
                    return found
        return None

    def release(self, toplevel: NodeId, author: str) -> None:
        """Lets an edit serve that is held back. Raises CanvasError."""
        from runtime.locks.uses import DELETED, release  # late, as above

        with self._lock:
            entry = self._canvas.entries.get(toplevel)
            content = self._canvas.content(toplevel) if entry is not None and entry.alive else DELETED
            release(self.folder, toplevel, content, author)
            self._publish(self._canvas, frozenset({toplevel}))

    # What was done

    def log(self, limit: int | None = None, toplevel: NodeId | None = None) -> Iterator[LogEntry]:
        """What was done, newest first; all, or what touched one toplevel. Reads a diff when it is asked for it."""
        with self._lock:
            refs = self._applied() if toplevel is None else self._touching(toplevel)
            return islice(history.entries(self._loaded.store, refs), limit)

    def find_request(self, request: bytes, *, among: int = 1000) -> LogEntry | None:
        """The diff that a request made, among the newest: for a client whose connection broke."""
        return next((entry for entry in self.log(among) if entry.request == request), None)

    def find_diff(self, prefix: str) -> LogEntry:
        """The diff whose id starts with these hex digits. Raises AddressError: none, or several."""
        with self._lock:
            ref = self._loaded.store.find(prefix)
            return LogEntry(ref.id, self._loaded.store.read(ref))

    def canvases_around(self, prefix: str, *, since: bool = False) -> tuple[Canvas, Canvas]:
        """The canvas before a diff and after it; or, `since`, after it and now. Raises AddressError."""
        with self._lock:
            entry = self.find_diff(prefix)
            later = list(history.not_before(self._loaded.store, DiffRef(entry.lamport, entry.id)))
            after = self._without(later)
            return (after, self._canvas) if since else (self._without([*later, entry]), after)

    # Edits

    def edit(
        self,
        change: Callable[[Draft, Canvas], R],
        *,
        undoes: bytes = b"",
        **terms: Unpack[Terms],
    ) -> Outcome[R]:
        """Records what `change` makes of a draft of the newest state, as one diff. Raises what `change` and `judge`
        raise, and CanvasError if it could not be recorded; then nothing has changed."""
        return self._edit(lambda draft, canvas: (change(draft, canvas), undoes), "edit", terms)

    def _edit(self, change: Callable[[Draft, Canvas], tuple[R, bytes]], command: str, terms: Terms) -> Outcome[R]:
        """`command`: what is recorded if the terms name none."""
        expect, judge, dry_run = terms.get("expect"), terms.get("judge"), terms.get("dry_run", False)
        started = time.perf_counter()
        with self._lock:
            with self._loaded.store.locked():
                self._absorb(self._loaded.store.take_journal(self._knows))
                if not self._loaded.store.are_here(self._loaded.program.frontier):
                    # A checkout took diffs away just now: what is built on them would only wait for them.
                    self._absorb(self._loaded.store.scan(self._knows))
                before, program = self._canvas, self._loaded.program
                if program.lamport >= HIGHEST_LAMPORT:
                    raise CanvasError(f"this canvas has come to the last diff number, {HIGHEST_LAMPORT:,}")
                fresh = Fresh(self.entropy())
                draft = Draft(self._loaded.ledgers, fresh, lamport=program.lamport + 1)
                result, undoes = change(draft, before)
                writes = tuple(draft.writes)
                touched = frozenset(write.toplevel for write in writes)
                if expect is not None:
                    self._refuse_stale(expect, touched)
                if not writes:
                    return Outcome(b"", touched, before, before, result, _since(started))
                diff = Diff(
                    canvas=self.settings.canvas,
                    parents=program.frontier,
                    lamport=program.lamport + 1,
                    time=self.clock(),
                    author=terms["author"],
                    command=terms.get("command", command),
                    request=terms.get("request") or os.urandom(16),
                    undoes=undoes,
                    seed=fresh.seed,
                    writes=writes,
                )
                try:
                    data = wire.encode_diff(diff)
                except WireError as error:  # nobody could read it
                    raise RefusedError(error.message) from error
                diff_id = wire.diff_id(data)
                guarded = self.may_have_locks and self.locks.may_refuse(before, touched)
                if judge is not None or dry_run or guarded:
                    after = self._foreseen(diff_id, diff, touched)
                    if guarded:
                        self.locks.judge(before, after, touched)
                    if judge is not None:
                        judge(before, after, touched)
                    if dry_run:
                        return Outcome(b"", touched, before, after, result, _since(started))
                self._loaded.store.append(DiffRef(diff.lamport, diff_id), data)
            program.add(diff_id, diff)
            # The draft has shown what the fold shows, unless edits disagree: then order decides, and it is known now.
            seen = {toplevel: draft.materialized(toplevel) for toplevel in touched}
            known = {toplevel: shown for toplevel, shown in seen.items() if not shown.conflicts}
            self.is_own_edit = True
            try:
                self._publish(self._canvas_with(touched, self._canvas.problems, known), touched)
            finally:
                self.is_own_edit = False
            return Outcome(diff_id, touched, before, self._canvas, result, _since(started))

    def undo(
        self,
        *,
        diff: str | None = None,
        toplevel: NodeId | None = None,
        **terms: Unpack[Terms],
    ) -> Outcome[LogEntry]:
        """Takes back the author's own last edit that stands, the diff whose id starts with `diff`, or the last edit
        of a toplevel by anybody; `result` is what was taken back. Raises StaleError, naming who changed the place
        since; AddressError if there is no such edit."""

        author = terms["author"]

        def change(draft: Draft, _: Canvas) -> tuple[LogEntry, bytes]:
            store = self._loaded.store
            if diff is not None:
                entry = self.find_diff(diff)
                try:
                    # Nearly always nothing came in between; else the diffs since have to be read.
                    self._take_back(draft, Standing(entry, ()))
                    return entry, entry.id
                except StaleError:
                    standing = history.last_done(store, self._applied(), lambda each: each.id == entry.id)
                    if standing is None:
                        raise
            elif toplevel is not None:
                standing = history.last_done(store, self._touching(toplevel), lambda _: True)
            else:
                standing = history.last_done(store, self._applied(), lambda each: each.author == author)
            if standing is None:
                whose = "left" if toplevel is not None else f"of {author}'s left"
                raise AddressError(
                    f"there is nothing {whose} to undo",
                    suggestion="any edit can be taken back by its id: dark log, then dark undo ID",
                )
            self._take_back(draft, standing)
            return standing.entry, standing.entry.id

        return self._edit(change, "undo", terms)

    def redo(
        self,
        **terms: Unpack[Terms],
    ) -> Outcome[LogEntry]:
        """Takes back the author's own last undo that stands. As `undo`."""

        author = terms["author"]

        def change(draft: Draft, _: Canvas) -> tuple[LogEntry, bytes]:
            standing = history.last_undone(self._loaded.store, self._applied(), lambda each: each.author == author)
            if standing is None:
                raise AddressError(f"there is no undo of {author}'s to take back", suggestion="see: dark log")
            self._take_back(draft, standing)
            return standing.entry, standing.entry.id

        return self._edit(change, "redo", terms)

    def restore_at(
        self,
        diff: str,
        **terms: Unpack[Terms],
    ) -> Outcome[LogEntry]:
        """Makes the whole canvas what it was when the diff whose id starts with `diff` was made, as one new diff."""

        def change(draft: Draft, _: Canvas) -> tuple[LogEntry, bytes]:
            store, ledgers = self._loaded.store, self._loaded.ledgers
            entry = self.find_diff(diff)
            later = list(history.not_before(store, DiffRef(entry.lamport, entry.id)))
            for toplevel, ledger in history.earlier(ledgers, later).items():
                bring_back(draft, toplevel, ledger)
            return entry, b""

        return self._edit(change, "restore", terms)

    def _take_back(self, draft: Draft, standing: Standing) -> None:
        """Adds the inverse of an edit to a draft. Diffs that took each other back since are left out of the question
        of who changed the place."""
        entry = standing.entry
        shadow = LiveLedgers(self._loaded.trees)
        shadow.changed = self._loaded.ledgers.changed | history.earlier(self._loaded.ledgers, standing.void)
        aside = Draft(shadow, draft.fresh, lamport=self._loaded.program.lamport + 1)
        try:
            invert(aside, entry.id, entry.diff)
        except StaleError as error:
            named = tuple(history.with_authors(self._loaded.store, line) for line in error.details)
            raise StaleError(error.message, details=named, suggestion=error.suggestion) from error
        for toplevel in sorted(entry.touched):
            bring_back(draft, toplevel, aside.ledger(toplevel))

    # How

    def _applied(self) -> Iterator[DiffRef]:
        applied = self._loaded.program.applied
        return (ref for ref in self._loaded.store.newest_first() if ref.id in applied)

    def _touching(self, toplevel: NodeId) -> list[DiffRef]:
        """The diffs that wrote to a toplevel, newest first."""
        ledger = self._loaded.ledgers.get(toplevel)
        found: list[DiffRef] = []
        for lamport, short in sorted({write_id[:2] for write_id in ledger.write_ids()} if ledger else (), reverse=True):
            same_number = self._loaded.store.of_lamport(lamport)
            found += [ref for ref in same_number if int.from_bytes(ref.id[:8], "big") == short]
        return found

    def _refuse_stale(self, expect: str, touched: Iterable[NodeId]) -> None:
        store = self._loaded.store
        expected = store.find(expect)
        later: dict[tuple[int, int], LogEntry] = {}
        for entry in history.not_before(store, expected):
            later[entry.lamport, int.from_bytes(entry.id[:8], "big")] = entry
        told = []
        for toplevel in touched:
            ledger = self._loaded.ledgers.get(toplevel)
            since = {write_id[:2] for write_id in ledger.write_ids()} & later.keys() if ledger else set()
            for key in sorted(since, reverse=True)[:3]:
                entry, held = later[key], self._canvas.entries.get(toplevel)
                label = held.label if held else "?"
                told.append(f"{label}: diff {entry.id.hex()[:8]} by {entry.author}: {entry.command}")
        if told:
            raise StaleError(
                f"this changed since {expected.id.hex()[:8]}",
                details=tuple(told),
                suggestion="look at it with dark show, then give the command again without --expect",
            )

    def _foreseen(self, diff_id: bytes, diff: Diff, touched: frozenset[NodeId]) -> Canvas:
        """The snapshot that a diff would make."""
        shadow = LiveLedgers(None)
        short = int.from_bytes(diff_id[:8], "big")
        for toplevel in touched:
            before = self._loaded.ledgers.get(toplevel)
            shadow.put(Ledger(toplevel) if before is None else before.copy())
        for nth, write in enumerate(diff.writes):
            shadow.changed[write.toplevel].add(WriteId(diff.lamport, short, nth), write)
        return self._canvas.after(
            as_they_are(shadow, touched),
            preferred=self._preferred,
            problems=self._canvas.problems,
            frontier=(diff_id,),
            lamport=diff.lamport,
        )

    def _without(self, entries: list[LogEntry]) -> Canvas:
        """The snapshot as if those diffs, and none that others build on, had not been."""
        shadow = LiveLedgers(None)
        shadow.changed = history.earlier(self._loaded.ledgers, entries)
        parents = {parent for entry in entries for parent in entry.diff.parents} - {entry.id for entry in entries}
        return self._canvas.after(
            as_they_are(shadow, shadow.changed),
            preferred={},
            problems=(),
            frontier=tuple(sorted(parents)),
            lamport=max((self._loaded.store.lamports.get(parent, 0) for parent in parents), default=0),
        )


def _microseconds() -> int:
    return time.time_ns() // 1000


def _random_bits() -> int:
    return int.from_bytes(os.urandom(8), "big")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
