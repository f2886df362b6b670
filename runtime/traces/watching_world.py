"""A run's world that notes what the run asks of it.

Must not know traces as they are kept. Invariants: what the run gets is what it would have got without us; each thing
that it asked is noted once, in order, with what it got; noting costs a tenth of a microsecond, so it is always done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from dark_lang.deciding import Decision
from dark_lang.errors import RunError
from dark_lang.names import NOWHERE, NodeId
from dark_lang.records import NamedTuple
from dark_lang.values.model import Value
from dark_lang.values.rows import encode_row
from runtime.current import Run
from runtime.data.worlds import RequestWorld, Shelf
from runtime.traces.records import Call, Decided, Kind

Noted = tuple[Kind, NodeId, str, Any]
"""A call with values as the run has them."""


class Watched(NamedTuple):
    """What a run asked, as it is kept; `partial`: what of it was too much to be kept, "" if nothing was."""

    calls: tuple[Call, ...]
    partial: str
    decisions: tuple[Decided, ...]
    subject: str | None


MOST_CALLS: Final = 10_000
"""That are kept of one run."""
MOST_ROWS: Final = 1_000
"""That are kept of what one call read."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


_UNDECIDED: Final[Mapping[tuple[NodeId, bool], Decision]] = {}


class WatchingWorld(RequestWorld):
    """One is made for each request, so it is made in little."""

    __slots__ = ("_subject", "_taken", "calls")

    def __init__(self, shelf: Shelf) -> None:
        RequestWorld.__init__(self, shelf)
        self.calls: list[Noted] = []
        self._taken: Mapping[tuple[NodeId, bool], Decision] = _UNDECIDED
        self._subject: str | None = None

    def keep(self, run: Run) -> None:
        """Has what was decided in a run that is over (`running.run`, `inspect`) be part of what was watched."""
        self._taken = run.taken
        self._subject = run.subject

    def watched(self) -> Watched:
        calls, partial = calls_to_plain(self.calls)
        decided = tuple([Decided(*side, why.reason.value) for side, why in sorted(self._taken.items())])
        return Watched(calls, partial, decided, self._subject)

    def now(self) -> datetime:
        found = super().now()
        self.calls.append((Kind.NOW, NOWHERE, "", found))
        return found

    def random_bytes(self, count: int) -> bytes:
        found = super().random_bytes(count)
        self.calls.append((Kind.RANDOM, NOWHERE, "", found))
        return found

    def db_get(self, store: NodeId, key: str) -> Value | None:
        found = super().db_get(store, key)
        self.calls.append((Kind.GET, store, key, found))
        return found

    def db_set(self, store: NodeId, key: str, value: Value) -> None:
        super().db_set(store, key, value)
        self.calls.append((Kind.SET, store, key, value))

    def db_delete(self, store: NodeId, key: str) -> None:
        super().db_delete(store, key)
        self.calls.append((Kind.DELETE, store, key, None))

    def db_keys(self, store: NodeId) -> list[str]:
        found = super().db_keys(store)
        self.calls.append((Kind.KEYS, store, "", found))
        return found

    def db_items(self, store: NodeId) -> list[tuple[str, Value]]:
        found = super().db_items(store)
        self.calls.append((Kind.ITEMS, store, "", found))
        return found

    def db_count(self, store: NodeId) -> int:
        found = super().db_count(store)
        self.calls.append((Kind.COUNT, store, "", found))
        return found


def calls_to_plain(noted: list[Noted]) -> tuple[tuple[Call, ...], str]:
    """As they are kept; and what of them was too much to be kept, "" if nothing was."""
    partial = ""
    if len(noted) > MOST_CALLS:
        partial = f"it asked {len(noted):,} things of the outside"
    kept = []
    for kind, store, key, value in noted[:MOST_CALLS]:
        plain = value
        if kind is Kind.GET or kind is Kind.SET:
            plain = None if value is None and kind is Kind.GET else _row(value)
        elif kind is Kind.NOW:
            plain = microseconds(value)
        elif kind is Kind.KEYS or kind is Kind.ITEMS:
            if len(value) > MOST_ROWS:
                partial = partial or f"it read {len(value):,} rows at once"
            shown = value[:MOST_ROWS]
            plain = shown if kind is Kind.KEYS else [[name, _row(held)] for name, held in shown]
        kept.append(Call(kind, store, key, plain))
    return tuple(kept), partial


def microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _row(value: Value) -> list[Any] | None:
    try:
        return encode_row(value)
    except RunError:  # a hole that was read back before it could be refused
        return None
