"""A world that lets nothing out: what a run does there is kept as a list, and what it reads is what somebody says.

Tests, replay, comparison and fuzzing run here. There is one way out for every kind of effect, `_hold`; what comes to
the language later, events, calls over the network, has to go the same way. Must not know who runs. Invariants: nothing
that a run does in it can be seen outside; a run reads its own writes; what a source does not know fails the run, and
is named, rather than to be made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from dark_lang.errors import Failed
from dark_lang.library import Bench, World
from dark_lang.names import NodeId
from dark_lang.records import NamedTuple
from dark_lang.values.model import Value
from dark_lang.values.rows import decode_row, encode_row
from runtime.traces.records import Call, Kind, Trace

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class NotRecorded(Failed):
    """A run asked for something that its source does not know."""


Known = Mapping[str, Value | None]
"""What a run has written to one datastore: by key, None where it deleted."""

_NOTHING: Final[Known] = {}


class Source(Protocol):
    """Where what a run reads comes from. `known`: what it has written itself, which counts. Each raises NotRecorded for
    what it does not know."""

    def now(self) -> datetime: ...
    def random_bytes(self, count: int) -> bytes: ...
    def row(self, store: NodeId, key: str) -> Value | None: ...
    def rows(self, store: NodeId, known: Known) -> dict[str, Value]:
        """All of a datastore, by key."""
        ...

    def keys(self, store: NodeId, known: Known) -> set[str]: ...
    def count(self, store: NodeId, known: Known) -> int: ...


class Mark(NamedTuple):
    written: dict[NodeId, dict[str, Value | None]]
    effects: int


class HeldWorld(World):
    """For one run. `effects`: what it did, in order; `lacking`: what it asked for that was not known, "" if nothing."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._written: dict[NodeId, dict[str, Value | None]] = {}
        self.effects: list[Call] = []
        self.lacking = ""

    def now(self) -> datetime:
        return self._source.now()

    def random_bytes(self, count: int) -> bytes:
        try:
            return self._source.random_bytes(count)
        except NotRecorded as error:
            raise self._lack(error) from None

    def db_get(self, store: NodeId, key: str) -> Value | None:
        written = self._written.get(store)
        if written is not None and key in written:
            return written[key]
        try:
            return self._source.row(store, key)
        except NotRecorded as error:
            raise self._lack(error) from None

    def db_set(self, store: NodeId, key: str, value: Value) -> None:
        self._hold(Call(Kind.SET, store, key, encode_row(value)))
        self._written.setdefault(store, {})[key] = value

    def db_delete(self, store: NodeId, key: str) -> None:
        self._hold(Call(Kind.DELETE, store, key, None))
        self._written.setdefault(store, {})[key] = None

    def db_keys(self, store: NodeId) -> list[str]:
        try:
            return sorted(self._source.keys(store, self._written.get(store, _NOTHING)))
        except NotRecorded as error:
            raise self._lack(error) from None

    def db_items(self, store: NodeId) -> list[tuple[str, Value]]:
        try:
            return sorted(self._source.rows(store, self._written.get(store, _NOTHING)).items())
        except NotRecorded as error:
            raise self._lack(error) from None

    def db_count(self, store: NodeId) -> int:
        try:
            return self._source.count(store, self._written.get(store, _NOTHING))
        except NotRecorded as error:
            raise self._lack(error) from None

    def bench(self) -> Bench:
        raise Failed("this is for tests, and this run is none", suggestion="dark insert test NAME BODY makes one")

    def mark(self) -> Mark:
        """Where it is now, for `revert`."""
        return Mark({store: dict(rows) for store, rows in self._written.items()}, len(self.effects))

    def revert(self, mark: Mark) -> None:
        """Forgets what was done since."""
        self._written = mark.written
        del self.effects[mark.effects :]

    def _hold(self, effect: Call) -> None:
        self.effects.append(effect)

    def _lack(self, error: NotRecorded) -> NotRecorded:
        self.lacking = self.lacking or error.message
        return error


class Empty:
    """No rows, a clock that stands still until it is set, and chance that is the same in each run."""

    def __init__(self, now: datetime = EPOCH, seed: int = 0) -> None:
        self.moment = now
        self._seed = seed
        self._drawn = 0

    def now(self) -> datetime:
        return self.moment

    def random_bytes(self, count: int) -> bytes:
        from hashlib import shake_128  # late: few runs ask for chance

        self._drawn += 1
        return shake_128(f"{self._seed}:{self._drawn}".encode()).digest(count)

    def row(self, _store: NodeId, _key: str) -> Value | None:
        return None

    def rows(self, _store: NodeId, known: Known) -> dict[str, Value]:
        return {key: value for key, value in known.items() if value is not None}

    def keys(self, store: NodeId, known: Known) -> set[str]:
        return set(self.rows(store, known))

    def count(self, store: NodeId, known: Known) -> int:
        return len(self.rows(store, known))


class _Seen(NamedTuple):
    """What a run read of a whole datastore. Of what it had written there before, `own`, nobody knows what was there:
    `rows` is without it."""

    rows: dict[str, Value]
    own: frozenset[str]


class Recorded:
    """What a trace says was there: rows as the run found them, the clock and chance in the order in which it asked."""

    def __init__(self, trace: Trace, began: datetime) -> None:
        """`began`: when the run did, for who asks for the time and did not then."""
        self._rows: dict[tuple[NodeId, str], Value | None] = {}
        # Each time that the run looked, the last first: what it had written itself by then differs.
        self._all: dict[NodeId, list[_Seen]] = {}
        self._keys: dict[NodeId, list[_Seen]] = {}  # without values
        self._counts: dict[NodeId, list[tuple[int, frozenset[str]]]] = {}
        self._moments: list[datetime] = []
        self._chance: list[bytes] = []
        self._last = began
        written: dict[NodeId, dict[str, bool]] = {}  # whether a row is there since the run wrote it
        for call in trace.calls:
            self._learn(call, written)
        self._moments.reverse()
        self._chance.reverse()

    def _learn(self, call: Call, written: dict[NodeId, dict[str, bool]]) -> None:
        kind, store, key, value = call
        mine = written.get(store, {})
        own = frozenset(mine)
        match kind:
            case Kind.NOW:
                self._moments.append(EPOCH + timedelta(microseconds=value))
            case Kind.RANDOM:
                self._chance.append(value)
            case Kind.SET | Kind.DELETE:
                written.setdefault(store, {})[key] = kind is Kind.SET
            case Kind.GET:
                if key not in own:
                    self._rows.setdefault((store, key), None if value is None else decode_row(value))
            case Kind.ITEMS:
                rows = {name: decode_row(row) for name, row in value if name not in own}
                self._all.setdefault(store, []).insert(0, _Seen(rows, own))
            case Kind.KEYS:
                seen = _Seen({name: None for name in value if name not in own}, own)
                self._keys.setdefault(store, []).insert(0, seen)
            case Kind.COUNT:
                self._counts.setdefault(store, []).insert(0, (value - sum(mine.values()), own))

    def now(self) -> datetime:
        if self._moments:
            self._last = self._moments.pop()
        return self._last

    def random_bytes(self, count: int) -> bytes:
        if not self._chance:
            raise NotRecorded("it asks for chance more often than it did when it was recorded")
        found = self._chance.pop()
        if len(found) != count:
            raise NotRecorded(f"it asks for {count} bytes of chance, and {len(found)} were recorded")
        return found

    def row(self, store: NodeId, key: str) -> Value | None:
        if (store, key) in self._rows:
            return self._rows[store, key]
        for seen in self._all.get(store, ()):
            if key not in seen.own:
                return seen.rows.get(key)
        for seen in self._keys.get(store, ()):
            if key not in seen.own and key not in seen.rows:
                return None
        if any(not others and key not in own for others, own in self._counts.get(store, ())):
            return None
        raise NotRecorded(f"it asks for the row {key!r}, which it did not read when it was recorded")

    def rows(self, store: NodeId, known: Known) -> dict[str, Value]:
        for seen in (*self._all.get(store, ()), *self._empty(store)):
            if seen.own <= known.keys():
                return _merged(seen.rows, known)
        raise NotRecorded("it asks for all rows of a datastore, which it did not read when it was recorded")

    def keys(self, store: NodeId, known: Known) -> set[str]:
        for seen in (*self._keys.get(store, ()), *self._all.get(store, ()), *self._empty(store)):
            if seen.own <= known.keys():
                return set(_merged(dict.fromkeys(seen.rows, True), known))
        raise NotRecorded("it asks for the keys of a datastore, which it did not read when it was recorded")

    def count(self, store: NodeId, known: Known) -> int:
        for others, own in self._counts.get(store, ()):
            # What was written since may have been there before: then it is known only if it was read.
            if own <= known.keys():
                with suppress(NotRecorded):
                    return others + sum(
                        (value is not None) - (key not in own and self.row(store, key) is not None)
                        for key, value in known.items()
                    )
        with suppress(NotRecorded):
            return len(self.keys(store, known))
        raise NotRecorded("it asks how many rows a datastore has, which it did not when it was recorded")

    def _empty(self, store: NodeId) -> list[_Seen]:
        """The times when there was nothing but what the run wrote itself."""
        found = [seen for seen in self._keys.get(store, ()) if not seen.rows]
        return [*found, *(_Seen({}, own) for others, own in self._counts.get(store, ()) if not others)]


def _merged(rows: Mapping[str, Value], known: Known) -> dict[str, Value]:
    merged = {key: value for key, value in rows.items() if key not in known}
    merged.update({key: value for key, value in known.items() if value is not None})
    return merged
