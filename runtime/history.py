"""What was done, newest first, and what can be taken back; reading only as many diffs as the question needs.

Must not know how the program looks. Invariant: which diffs count as undone is a function of the set of diffs: an undo
that was itself undone counts as if it had never been.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from dark_lang.edits.folding import Ledgers
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import Diff
from dark_lang.errors import DarkError
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from runtime.store.diffs import Store
from runtime.store.files import DiffRef


class LogEntry(NamedTuple):
    id: bytes
    diff: Diff

    @property
    def lamport(self) -> int:
        return self.diff.lamport

    @property
    def time(self) -> int:
        """Microseconds since 1970 UTC, by the author's clock."""
        return self.diff.time

    @property
    def author(self) -> str:
        return self.diff.author

    @property
    def command(self) -> str:
        return self.diff.command

    @property
    def request(self) -> bytes:
        return self.diff.request

    @property
    def undoes(self) -> bytes:
        return self.diff.undoes

    @property
    def touched(self) -> frozenset[NodeId]:
        """The toplevels that it wrote to."""
        return frozenset(write.toplevel for write in self.diff.writes)


def entries(store: Store, refs: Iterable[DiffRef]) -> Iterator[LogEntry]:
    return (LogEntry(ref.id, store.read(ref)) for ref in refs)


class Standing(NamedTuple):
    """An edit that can be taken back. `void` are diffs that took each other back, in pairs, so that nothing of them is
    left; what they wrote on the way does not count as a change."""

    entry: LogEntry
    void: tuple[LogEntry, ...]


def last_done(store: Store, refs: Iterable[DiffRef], wanted: Callable[[LogEntry], bool]) -> Standing | None:
    """The newest diff that is wanted and stands: not an undo, not undone. A redo that stands is found in place of what
    it did again, since its writes are the newer."""
    return _newest(store, refs, lambda entry: wanted(entry) and not (entry.undoes and _is_undo(store, entry)))


def last_undone(store: Store, refs: Iterable[DiffRef], wanted: Callable[[LogEntry], bool]) -> Standing | None:
    """The newest undo that is wanted and was not undone."""
    return _newest(store, refs, lambda entry: wanted(entry) and bool(entry.undoes) and _is_undo(store, entry))


def _newest(store: Store, refs: Iterable[DiffRef], wanted: Callable[[LogEntry], bool]) -> Standing | None:
    void: dict[bytes, LogEntry] = {}
    for entry in entries(store, refs):
        if entry.id in void:
            continue
        if wanted(entry):
            return Standing(entry, tuple(void.values()))
        undone = store.locate(entry.undoes) if entry.undoes else None
        if undone is not None and undone.lamport < entry.lamport:
            void[entry.id] = entry
            void[undone.id] = LogEntry(undone.id, store.read(undone))
    return None


def _is_undo(store: Store, entry: LogEntry) -> bool:
    """Whether it takes back, rather than doing again: an undo of an undo is a redo, and so on."""
    steps = 0
    while entry.undoes:
        steps += 1
        ref = store.locate(entry.undoes)
        if ref is None or ref.lamport >= entry.lamport:  # a diff cannot undo a later one: nonsense ends here
            break
        entry = LogEntry(ref.id, store.read(ref))
    return steps % 2 == 1


_SHORT_ID = re.compile(r"\bdiff ([0-9a-f]{16})\b")


def with_authors(store: Store, sentence: str) -> str:
    """A sentence in which every `diff 0123456789abcdef` says whose it is and what it was."""

    def told(found: re.Match[str]) -> str:
        try:
            ref = store.find(found[1])
            diff = store.read(ref)
        except DarkError:
            return found[0]
        return f"diff {found[1][:8]} of {diff.author} ({diff.command})"

    return _SHORT_ID.sub(told, sentence)


def earlier(ledgers: Ledgers, entries: Iterable[LogEntry]) -> dict[NodeId, Ledger]:
    """The ledgers of all toplevels that some diffs touched, as if those diffs had not been. No diff is read for that: a
    ledger still has all its writes."""
    left_out = {(entry.lamport, int.from_bytes(entry.id[:8], "big")): entry for entry in entries}
    found: dict[NodeId, Ledger] = {}
    for toplevel in sorted({write.toplevel for entry in left_out.values() for write in entry.diff.writes}):
        found[toplevel] = ledger = Ledger(toplevel)
        now = ledgers.get(toplevel)
        for write_id, write in now.writes() if now is not None else ():
            if write_id[:2] not in left_out:
                ledger.add(write_id, write)
    return found


def not_before(store: Store, target: DiffRef) -> Iterator[LogEntry]:
    """The diffs that `target` was not built on, itself left out, newest first."""
    wanted = {target.id}
    for ref in store.newest_first():
        if ref.id in wanted:
            wanted.discard(ref.id)
            # With one diff for each number up to here, all that remain stand in one line below this one.
            if not wanted and store.count_up_to(ref.lamport) == ref.lamport:
                return
            wanted.update(store.read(ref).parents)
        else:
            yield LogEntry(ref.id, store.read(ref))
