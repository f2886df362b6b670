"""What this host's traffic has made use of, as the file of usage says it now.

Must not know programs. Invariants: where there is no such file nothing is in use, and nothing is imported to find that
out; what is asked is answered from the file as it is at that moment, whoever wrote it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dark_lang.errors import CanvasError
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple

if TYPE_CHECKING:
    import apsw

FILE: Final = ("data", "usage.sqlite")
DAY: Final = 86_400_000_000  # microseconds
DELETED: Final = b"deleted"
"""The content of what is in the trash."""


class Use(NamedTuple):
    """One content of a definition that served."""

    content: bytes
    entry: bool  # whether requests came to it, and not only through others
    first: int  # microseconds since 1970
    last: int


class Unlock(NamedTuple):
    toplevel: NodeId
    at: int
    author: str
    reason: str


class Uses:
    """Of one canvas on this host; for one thread at a time."""

    def __init__(self, canvas: Path, window_days: int) -> None:
        self._path = canvas.joinpath(*FILE)
        self._window = window_days * DAY
        self._connection: apsw.Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def is_empty(self) -> bool:
        return self._connection is None and not self._path.exists()

    def of(self, toplevel: NodeId) -> list[Use]:
        """Since it was last unlocked; the newest first."""
        rows = self._ask(
            "SELECT content, entry, first, last FROM served WHERE toplevel = ?1 AND last >"
            " (SELECT coalesce(max(at), 0) FROM unlocks WHERE toplevel = ?1) ORDER BY last DESC",
            (_signed(toplevel),),
        )
        return [Use(content, bool(entry), first, last) for content, entry, first, last in rows]

    def served(self, toplevel: NodeId) -> frozenset[bytes]:
        """The contents that ever served, or were released to."""
        rows = self._ask(
            "SELECT content FROM served WHERE toplevel = ?1 UNION SELECT content FROM released WHERE toplevel = ?1",
            (_signed(toplevel),),
        )
        return frozenset(content for (content,) in rows)

    def entries(self, now: int) -> dict[NodeId, int]:
        """To which requests came within the window and since they were unlocked, and when the last did."""
        rows = self._ask(
            "SELECT toplevel, max(last) AS latest FROM served WHERE entry = 1 GROUP BY toplevel HAVING latest >= ?1"
            " AND latest > (SELECT coalesce(max(at), 0) FROM unlocks WHERE unlocks.toplevel = served.toplevel)",
            (now - self._window,),
        )
        return {NodeId(toplevel % (1 << 64)): last for toplevel, last in rows}

    def last_request(self, toplevel: NodeId, now: int) -> int:
        """When the last came to it within the window, 0 if none did."""
        return max((use.last for use in self.of(toplevel) if use.entry and use.last >= now - self._window), default=0)

    def all_served(self) -> list[NodeId]:
        return [NodeId(toplevel % (1 << 64)) for (toplevel,) in self._ask("SELECT DISTINCT toplevel FROM served", ())]

    def unlocks(self) -> list[Unlock]:
        rows = self._ask("SELECT toplevel, at, author, reason FROM unlocks ORDER BY at DESC", ())
        return [Unlock(NodeId(toplevel % (1 << 64)), at, author, reason) for toplevel, at, author, reason in rows]

    def trials_today(self, now: int) -> int:
        return sum(count for (count,) in self._ask("SELECT count FROM trials WHERE day = ?", (now // DAY,)))

    def _ask(self, question: str, values: tuple[int, ...]) -> list[Any]:
        """Raises CanvasError if the file cannot be read: who cannot know what is in use must not change it."""
        if self.is_empty:
            return []
        import apsw  # late: 15 ms, and a canvas without traffic needs none of it

        try:
            if self._connection is None:
                connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
                connection.set_busy_timeout(5_000)
                if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'released'").fetchall():
                    connection.close()  # nobody served anything since this release
                    return []
                self._connection = connection
            return self._connection.execute(question, values).fetchall()
        except apsw.Error as error:
            self.close()
            raise CanvasError(
                f"what the traffic uses cannot be read, so nothing can be changed safely: {'/'.join(FILE)}: {error}",
                suggestion="move that file away if it is damaged: then nothing is locked until the next request",
            ) from error


def unlock(canvas: Path, toplevels: Iterable[NodeId], author: str, reason: str) -> None:
    """Says that what served until now is no reason to leave them as they are. Raises CanvasError."""
    now = time.time_ns() // 1000
    rows = [(_signed(toplevel), now, author, reason) for toplevel in toplevels]
    _write(canvas, "INSERT INTO unlocks VALUES (?, ?, ?, ?)", rows)


def release(canvas: Path, toplevel: NodeId, content: bytes, author: str) -> None:
    """Says that this content may serve, though it came without having served before. Raises CanvasError."""
    row = (_signed(toplevel), content, time.time_ns() // 1000, author)
    _write(canvas, "INSERT OR IGNORE INTO released VALUES (?, ?, ?, ?)", [row])


def _write(canvas: Path, statement: str, rows: list[tuple[Any, ...]]) -> None:
    from contextlib import closing  # late, as below

    import apsw

    from runtime.data.usage import open_usage

    try:
        with closing(open_usage(canvas / FILE[0])) as connection, connection:
            connection.executemany(statement, rows)
    except (OSError, apsw.Error) as error:
        raise CanvasError(f"this cannot be written: {'/'.join(FILE)}: {error}") from error


def _signed(toplevel: NodeId) -> int:
    return toplevel - (1 << 64) if toplevel >> 63 else int(toplevel)
