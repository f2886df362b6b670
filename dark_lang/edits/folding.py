"""The union of diffs: which are in, which wait for a parent, and the ledgers that they make together.

Must not know files, bytes or trees. Invariants: the program is a function of the set of diffs, whatever their order and
batches; nothing here raises on any diff; ledgers that were handed out are never changed, only replaced by `put`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import Diff
from dark_lang.names import NodeId, WriteId

MAX_LAMPORT: Final = 999_999_999_999


class Ledgers(Protocol):
    def get(self, toplevel: NodeId, /) -> Ledger | None: ...
    def put(self, ledger: Ledger, /) -> None: ...


class Program:
    """What has been folded so far.

    `applied` are the ids of diffs that the ledgers already hold, `frontier` those of them that nothing builds on.
    `lamports` are lamport numbers of applied diffs, as far as they are known: a diff whose own number is not one more
    than the highest of its parents' is `refused`.
    """

    def __init__(
        self,
        ledgers: Ledgers,
        *,
        applied: set[bytes] | None = None,
        frontier: Iterable[bytes] = (),
        lamport: int = 0,
        lamports: Mapping[bytes, int] | None = None,
    ) -> None:
        self.ledgers = ledgers
        self.applied: set[bytes] = set() if applied is None else applied
        self.lamport = lamport
        self.refused: dict[bytes, str] = {}
        self._frontier = set(frontier)
        self._before: Mapping[bytes, int] = {} if lamports is None else lamports  # asked, never copied
        self._lamports: dict[bytes, int] = {}
        self._waiting: dict[bytes, Diff] = {}
        self._awaited: dict[bytes, list[bytes]] = {}  # missing parent -> who waits for it

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """The parents for the next diff."""
        return tuple(sorted(self._frontier))

    @property
    def waiting(self) -> Mapping[bytes, tuple[bytes, ...]]:
        """Diffs that cannot be applied yet, and the parents that they lack."""
        return {
            diff_id: tuple(parent for parent in diff.parents if parent not in self.applied)
            for diff_id, diff in self._waiting.items()
        }

    def add(self, diff_id: bytes, diff: Diff) -> frozenset[NodeId]:
        """Folds one diff and those that waited for it; the toplevels that they touch."""
        return self.add_many([(diff_id, diff)])

    def add_many(self, diffs: Iterable[tuple[bytes, Diff]]) -> frozenset[NodeId]:
        """The same for many, in any order. Each ledger is copied and put once."""
        changed: dict[NodeId, Ledger] = {}
        for diff_id, diff in diffs:
            ready = [(diff_id, diff)]
            while ready:
                next_id, following = ready.pop()
                if next_id in self.applied or next_id in self.refused:
                    continue
                missing = [parent for parent in following.parents if parent not in self.applied]
                if missing:
                    if next_id not in self._waiting:
                        self._waiting[next_id] = following
                        for parent in missing:
                            self._awaited.setdefault(parent, []).append(next_id)
                    continue
                self._waiting.pop(next_id, None)
                if (problem := self._problem(following)) is not None:
                    self.refused[next_id] = problem
                    continue
                self._apply(next_id, following, changed)
                ready.extend(
                    (waiter, self._waiting[waiter])
                    for waiter in self._awaited.pop(next_id, ())
                    if waiter in self._waiting
                )
        for ledger in changed.values():
            self.ledgers.put(ledger)
        return frozenset(changed)

    def _problem(self, diff: Diff) -> str | None:
        if not 1 <= diff.lamport <= MAX_LAMPORT:
            return f"its lamport number {diff.lamport} is not between 1 and {MAX_LAMPORT}"
        known = [self._lamports.get(parent) or self._before.get(parent) for parent in diff.parents]
        highest = max((lamport for lamport in known if lamport is not None), default=0)
        if None not in known and diff.lamport != highest + 1:
            return f"its lamport number is {diff.lamport}; its parents make it {highest + 1}"
        return None

    def _apply(self, diff_id: bytes, diff: Diff, changed: dict[NodeId, Ledger]) -> None:
        short = int.from_bytes(diff_id[:8], "big")
        lamport = diff.lamport
        for nth, write in enumerate(diff.writes):
            toplevel = write.toplevel
            ledger = changed.get(toplevel)
            if ledger is None:
                before = self.ledgers.get(toplevel)
                ledger = changed[toplevel] = Ledger(toplevel) if before is None else before.copy()
            ledger.add(WriteId(lamport, short, nth), write)
        self.applied.add(diff_id)
        self._lamports[diff_id] = lamport
        self._frontier.difference_update(diff.parents)
        self._frontier.add(diff_id)
        self.lamport = max(self.lamport, lamport)
