"""Takes traces out of the file for good, at somebody's word.

Must not know why. Invariant: what is deleted is in no segment any more, not even among others, and its bytes are
overwritten (`secure_delete`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw

from dark_lang.errors import CanvasError, CorruptionError
from runtime.traces.files import TraceWriter, repack_segment, unpack_segment
from runtime.traces.retention import forget

AT_ONCE = 500


def delete_traces(canvas: Path, traces: Sequence[int]) -> int:
    """How many there were. Raises CanvasError if the file cannot be written."""
    gone = 0
    try:
        with closing(TraceWriter(canvas)) as writer:
            for start in range(0, len(traces), AT_ONCE):
                gone += _delete(writer.connection, traces[start : start + AT_ONCE])
            # What was overwritten may still stand in the log of what is to be written.
            writer.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except (OSError, apsw.Error) as error:
        raise CanvasError(f"the file of traces cannot be written: {error}") from error
    return gone


def _delete(connection: apsw.Connection, traces: Sequence[int]) -> int:
    holes = ",".join("?" * len(traces))
    with connection:
        rows: list[tuple[int, int, int]] = connection.execute(
            f"DELETE FROM traces WHERE id IN ({holes}) RETURNING id, segment, place", tuple(traces)
        ).fetchall()  # type: ignore[assignment]
        by_segment: dict[int, set[int]] = {}
        for _, segment, place in rows:
            by_segment.setdefault(segment, set()).add(place)
        for segment, places in by_segment.items():
            for (packed,) in connection.execute("SELECT packed FROM segments WHERE id = ?", (segment,)).fetchall():
                try:
                    parts = unpack_segment(packed)  # type: ignore[arg-type]
                except CorruptionError:
                    continue  # nobody can read it anyhow
                kept = [(b"", b"") if place in places else part for place, part in enumerate(parts)]
                connection.execute("UPDATE segments SET packed = ? WHERE id = ?", (repack_segment(kept), segment))
        connection.execute(f"UPDATE missing SET trace = 0 WHERE trace IN ({holes})", tuple(traces))
        forget(connection, [trace for trace, _, _ in rows], set(by_segment))
    return len(rows)
