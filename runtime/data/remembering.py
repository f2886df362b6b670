"""Rows that were read lately, for the process that owns them: all that changes them passes through it.

Must not know SQLite. Invariant: what is remembered is what was last committed, for each row by itself. Two rows may be
of two moments only if a commit began between the two looks, and then `generation` has changed: whoever relies on both
has to have them validated.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

from dark_lang.names import NodeId
from dark_lang.values.model import Value

MOST_ROWS = 20_000
LARGEST_ROW = 2048  # bytes as stored


class Memory:
    """`rows`: (store, key) -> (version, value), (ABSENT, None) for a row that is not there. Only read it."""

    __slots__ = ("_lock", "generation", "rows")

    def __init__(self) -> None:
        self.rows: dict[tuple[NodeId, str], tuple[int, Value | None]] = {}
        self.generation = 0  # odd while rows are being committed
        self._lock = Lock()

    def offer(self, row: tuple[NodeId, str], version: int, value: Value | None, generation: int) -> None:
        """Remembers a row that was read after the generation was that, unless a commit has begun since."""
        with self._lock:
            if generation == self.generation and not generation & 1:
                if len(self.rows) >= MOST_ROWS:
                    self.rows.clear()
                self.rows[row] = (version, value)

    def begin_commit(self, rows: Collection[tuple[NodeId, str]]) -> None:
        with self._lock:
            self.generation |= 1
            for row in rows:
                self.rows.pop(row, None)

    def end_commit(self) -> None:
        """Whether it was done or failed."""
        with self._lock:
            self.generation += self.generation & 1
