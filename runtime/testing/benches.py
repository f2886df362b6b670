"""The world of one run of a test: nothing gets out, the clock and chance are what the test says, and requests are
answered by the canvas's own handlers.

Must not know which tests there are. Invariants: what a request does is seen by the test, unless it was answered with
500 or more; a request decides its switches anew, as one over HTTP does; a request that comes to a hole ends the test
there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from dark_lang.compiling.compiled import GUEST_FILE
from dark_lang.errors import Failed, LimitReached, RunError, Stopped
from dark_lang.library import Bench
from dark_lang.names import NodeId
from dark_lang.stdlib.v0.tests import empty_answer
from dark_lang.values.equality import equal
from dark_lang.values.jsonifying import from_json
from dark_lang.values.model import GuestDict, Json, Value
from dark_lang.values.showing import show
from runtime.blaming import node_of_frame
from runtime.current import current_run
from runtime.holding import Empty, HeldWorld
from runtime.running import Limits, run_apart, run_within
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.requests import BadRequest, request_value
from runtime.serving.routes import BadPath, read_path
from runtime.serving.snapshots import Handler, Snapshot
from runtime.testing.results import Mistake

SHOWN: Final = 400
"""Characters of a value that a message shows."""
MOST_MISTAKES: Final = 20


class Arranged(Empty):
    """A clock and chance as a test arranges them."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[datetime] = []
        self.chance = b""

    def now(self) -> datetime:
        if self.moments:
            self.moment = self.moments.pop(0)
        return self.moment

    def random_bytes(self, count: int) -> bytes:
        if not self.chance:
            return super().random_bytes(count)
        given, self.chance = self.chance[:count], self.chance[count:]
        return given if len(given) == count else given + super().random_bytes(count - len(given))


class BenchWorld(HeldWorld):
    """For one run of a test; it is its own bench."""

    def __init__(self, snapshot: Callable[[], Snapshot], limits: Limits, name_of: Callable[[NodeId], str]) -> None:
        self._arranged = Arranged()
        super().__init__(self._arranged)
        self._snapshot = snapshot
        self._limits = limits
        self._name_of = name_of
        self._case = ""
        self._mishap = ""  # why the last request failed
        self._subject: str | None = None
        self.mistakes: list[Mistake] = []

    def bench(self) -> Bench:
        return self

    # As the functions of Test ask

    def expect(self, holds: bool, found: str, expected: str) -> None:
        if self._mishap and not holds:
            found = f"{found}, when the last request had failed: {self._mishap}"
        if not holds and len(self.mistakes) < MOST_MISTAKES:
            self.mistakes.append(Mistake(_place(), found, expected, self._case))

    def expect_equal(self, found: Value, expected: Value) -> None:
        if not equal(found, expected):
            self.expect(False, show(found, limit=SHOWN), show(expected, limit=SHOWN))

    def enter_case(self, name: str) -> None:
        self._case = name

    def attempt(self, act: Callable[..., Value]) -> tuple[str | None, Value]:
        outer = current_run()
        assert outer is not None
        try:
            return None, run_within(outer, act, ((),), self._limits)
        except Stopped:
            raise
        except RunError as error:
            return error.message, ()

    def set_clock(self, moments: list[datetime]) -> None:
        self._arranged.moments = list(moments)

    def set_chance(self, data: bytes) -> None:
        self._arranged.chance = data

    def set_subject(self, subject: str) -> None:
        self._subject = subject
        outer = current_run()
        if outer is not None:
            outer.subject = subject

    def done(self) -> list[tuple[str, str, str]]:
        return [(call.kind.name.lower(), self._name_of(call.store), call.key) for call in self.effects]

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Value:
        target, _, query = path.partition("?")
        if not target.startswith("/"):
            raise Failed(f"the path of a request starts with /, and this is {show(path, limit=60)}")
        fields = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        incoming = Incoming(method.upper(), target.encode(), query.encode(), fields, body, "127.0.0.1", 0)
        snapshot = self._snapshot()
        try:
            chosen = snapshot.choose(incoming.method, read_path(incoming.path))
        except BadPath as error:
            return _answer(400, str(error))
        if isinstance(chosen, set):
            return _answer(405 if chosen else 404, "no handler has this route")
        return self._asked(snapshot, incoming, *chosen)

    def _asked(self, snapshot: Snapshot, incoming: Incoming, handler: Handler, values: tuple[str, ...]) -> Value:
        outer = current_run()
        assert outer is not None
        before = self.mark()
        self._mishap = ""
        try:
            record = request_value(incoming, handler.plan, handler.variables, values, params=handler.takes_params)
            made = run_apart(
                outer,
                snapshot.program.outgoing,
                (handler.call, record, *values),
                world=self,
                limits=self._limits,
                subject=self._subject,
                seen={"request": record},
            )
        except BadRequest as error:
            return _answer(error.status, error.detail)
        except Stopped:
            raise
        except RunError as error:
            self.revert(before)
            self._mishap = error.message
            return _answer(503 if isinstance(error, LimitReached) and error.limit == "time" else 500, error.message)
        if made.status >= 500:
            self.revert(before)
        return _told(made)


def _answer(status: int, text: str) -> Value:
    return {**empty_answer(), "status": status, "text": text}


def _told(made: Outgoing) -> Value:
    headers = GuestDict({name.decode("latin-1").lower(): value.decode("latin-1") for name, value in made.headers})
    text = made.body.decode("utf-8", "replace")
    try:
        json = from_json(text) if made.body else Json(None)
    except (Failed, ValueError):
        json = Json(None)
    return {"status": made.status, "headers": headers, "body": made.body, "text": text, "json": json}


def _place() -> NodeId:
    """The node of the test that runs."""
    frame = sys._getframe()
    while frame.f_code.co_filename != GUEST_FILE:
        if frame.f_back is None:
            return NodeId(0)
        frame = frame.f_back
    return node_of_frame(frame)
