"""Keeps the file of traces small: by age, by number for each handler, and by size.

Must not know what a trace holds. Invariants: the oldest go first; rows go with the segment when its last row goes; one
pass deletes a bounded number, so that nobody who writes waits long, and is due again at once while there is more.
"""

from __future__ import annotations

import time
from typing import Final

import apsw

from runtime.settings import TraceSettings
from runtime.traces.identities import first_at

EVERY: Final = 30.0  # seconds
AT_ONCE: Final = 20_000  # rows

_MICROSECONDS_OF_A_DAY: Final = 86_400_000_000


class Retention:
    def __init__(self, settings: TraceSettings) -> None:
        self._settings = settings
        self._due = 0.0

    def is_due(self, now: float) -> bool:
        """`now`: by time.monotonic."""
        return now >= self._due

    def tidy(self, connection: apsw.Connection, now: int) -> int:
        """How many traces went; `now`: in microseconds since 1970. Raises apsw.Error."""
        settings = self._settings
        with connection:
            gone = self._drop(connection, "id < ?", (first_at(now - settings.days * _MICROSECONDS_OF_A_DAY),))
            crowded: list[tuple[int, int]] = connection.execute(
                "SELECT toplevel, count(*) FROM traces GROUP BY toplevel HAVING count(*) > ?", (settings.each,)
            ).fetchall()  # type: ignore[assignment]
            for toplevel, count in crowded:
                gone += self._drop_oldest(connection, "toplevel = ?", (toplevel,), count - settings.each)
            excess = self._bytes(connection) - settings.megabytes * 1_000_000
            if excess > 0:
                total = _number(connection, "SELECT count(*) FROM traces")
                # A little more than what is too much, or else the next second would be here again.
                share = min(1.0, excess / max(1, self._bytes(connection)) + 0.05)
                gone += self._drop_oldest(connection, "1", (), max(1, int(total * share)))
        connection.execute("PRAGMA incremental_vacuum(2000)").fetchall()
        self._due = time.monotonic() + (EVERY if gone < AT_ONCE else 0.5)
        return gone

    def _drop_oldest(self, connection: apsw.Connection, where: str, values: tuple[int, ...], many: int) -> int:
        found = _number(
            connection,
            f"SELECT max(id) FROM (SELECT id FROM traces WHERE {where} ORDER BY id LIMIT ?)",
            (*values, min(many, AT_ONCE)),
        )
        return 0 if not found else self._drop(connection, f"{where} AND id <= ?", (*values, found))

    def _drop(self, connection: apsw.Connection, where: str, values: tuple[int, ...]) -> int:
        rows: list[tuple[int, int]] = connection.execute(
            f"DELETE FROM traces WHERE id IN (SELECT id FROM traces WHERE {where} ORDER BY id LIMIT {AT_ONCE})"
            " RETURNING id, segment",
            values,
        ).fetchall()  # type: ignore[assignment]
        if rows:
            forget(connection, [trace for trace, _ in rows], {segment for _, segment in rows})
        return len(rows)

    @staticmethod
    def _bytes(connection: apsw.Connection) -> int:
        """That hold something."""
        pages, free, size = (
            _number(connection, f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size


def _number(connection: apsw.Connection, question: str, values: tuple[int, ...] = ()) -> int:
    """The one number that a question is answered with, 0 for NULL."""
    for (found,) in connection.execute(question, values):
        return int(found or 0)
    return 0


def forget(connection: apsw.Connection, traces: list[int], segments: set[int]) -> None:
    """What else there was of traces whose rows are gone: their sides, and the segments that nobody is in any more."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (trace INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM gone")
    connection.executemany("INSERT OR IGNORE INTO gone VALUES (?)", [(trace,) for trace in traces])
    for switch, new in connection.execute("SELECT DISTINCT switch, new FROM sides").fetchall():
        connection.execute(
            "DELETE FROM sides WHERE switch = ? AND new = ? AND trace IN (SELECT trace FROM gone)", (switch, new)
        )
    for segment in segments:
        connection.execute(
            "DELETE FROM segments WHERE id = ?1 AND NOT EXISTS"
            " (SELECT 1 FROM traces WHERE id BETWEEN ?1 - 4096 AND segments.last AND segment = ?1)",
            (segment,),
        )
