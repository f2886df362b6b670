"""Takes what was run and writes it to the file, in a thread of its own, some twenty times a second.

The one who runs puts what it has into a queue, as it is, and goes on; all that costs time, turning it into a trace,
sealing, packing and writing, is done here. Must not know HTTP or lanes. Invariants: nobody ever waits for it; the queue
is bounded in number and bytes, and what finds no room is counted; a disk that refuses stops the recording and nothing
else, and says so until it takes again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

import apsw

from dark_lang.errors import CanvasError, DarkError, RunError, WireError
from dark_lang.names import NOWHERE, NodeId
from dark_lang.records import NamedTuple
from runtime.keys import canvas_key
from runtime.serving.messages import Incoming, Outgoing, is_trial
from runtime.settings import Settings
from runtime.traces.files import DROPPED, MissingCount, TraceWriter, Written, written
from runtime.traces.identities import TraceId, time_of
from runtime.traces.records import (
    LARGEST_BODY,
    Failure,
    Origin,
    Trace,
    answered_of,
    asked_of,
    trace_to_plain,
)
from runtime.traces.retention import Retention
from runtime.traces.sealing import Sealer
from runtime.traces.secrets import CREDENTIAL_HEADERS, secrets_of
from runtime.traces.watching_world import Watched, WatchingWorld

log = logging.getLogger("dark.traces")

INTERVAL: Final = 0.05  # seconds between two segments: what a process that is killed may lose
MOST_WAITING: Final = 4_000
MOST_BYTES: Final = 64_000_000  # of bodies that wait
AT_ONCE: Final = 200  # traces in one segment
PAUSE: Final = 1.0  # seconds until a disk that refused is tried again

LONGEST_PATH: Final = 300


class Ran(NamedTuple):
    """What was run, as whoever ran it has it."""

    id: TraceId
    origin: Origin
    toplevel: NodeId
    address: str
    diff: bytes
    seconds: float
    weight: int
    names: tuple[str, ...]  # of the variables of the route
    values: tuple[str, ...]
    incoming: Incoming | None
    made: Outgoing | None
    watched: WatchingWorld | Watched | None
    error: Exception | None
    result: Any = None


class Recorder:
    """Of one process, for one canvas. `close` it."""

    def __init__(self, canvas: Path, settings: Settings) -> None:
        self.canvas = canvas
        self._settings = settings
        self._names = frozenset(name.lower() for name in settings.traces.sealed)
        self._writer = TraceWriter(canvas)
        self._retention = Retention(settings.traces)
        self._sealer: Sealer | None = None
        self._waiting: deque[Ran] = deque()
        self._bytes = 0
        self._dropped = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._bell = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self.trouble = ""  # why nothing can be recorded, "" while it can
        self.dropped = 0  # since this process began
        self.recorded = 0

    def take(self, ran: Ran) -> None:
        """Never waits, never raises. From any thread."""
        size = _size(ran)
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or self._bytes + size > MOST_BYTES:
                self._dropped += ran.weight
                self.dropped += ran.weight
                return
            self._bytes += size
            self._waiting.append(ran)
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._live, name="dark traces", daemon=True)
                self._thread.start()
        if not self._bell.is_set():
            self._bell.set()

    def write_now(self, ran: Ran) -> None:
        """The same without a thread, for a process that is about to end. Never raises."""
        with self._writing:
            made = self._made(ran)
            try:
                if made is not None:
                    self._writer.write([made])
            except (OSError, apsw.Error, WireError) as error:
                log.debug("a run was not recorded: %s", error)
            finally:
                self._writer.close()

    def why_not(self) -> str:
        """Why nothing is recorded, "" if it is."""
        return self.trouble

    def flush(self) -> None:
        """Writes what waits, if the disk takes it."""
        while self._waiting and self._write():
            pass
        with self._writing:
            pass  # what another thread is writing

    def close(self) -> None:
        self._closing = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
        with self._writing:
            self._writer.close()

    # The thread

    def _live(self) -> None:
        while not self._closing:
            # Without end: a process that nobody asks anything sleeps.
            if not self._bell.wait(None if not self._retention.is_due(time.monotonic()) else 0.0):
                self.tidy()
                continue
            self._bell.clear()
            time.sleep(INTERVAL)
            if not self._write():
                self._bell.set()
                time.sleep(PAUSE)
            elif self._waiting:
                self._bell.set()
            if self._retention.is_due(time.monotonic()):
                self.tidy()

    def tidy(self) -> None:
        """Deletes what is too old, too many or too large."""
        with self._writing:
            try:
                self._retention.tidy(self._writer.connection, time.time_ns() // 1000)
            except (OSError, apsw.Error) as error:
                self._say(str(error))

    def _write(self) -> bool:
        """Whether the disk took it."""
        with self._writing:
            taken = self._take_some()
            if not taken and not self._dropped:
                return True
            batch: list[Written] = []
            missing: dict[tuple[str, str], MissingCount] = {}
            for ran in taken:
                made = self._made(ran)
                if made is not None:
                    batch.append(made)
                    if ran.origin is Origin.UNMATCHED:
                        _count_missing(missing, made.trace)
            with self._lock:
                dropped, self._dropped = self._dropped, 0
            batch.sort(key=lambda one: one.trace.id)
            try:
                self._writer.write(batch, missing.values(), [(DROPPED, dropped)] if dropped else [])
            except (OSError, apsw.Error, WireError) as error:
                lost = sum(one.trace.weight for one in batch)
                with self._lock:
                    self._dropped += dropped + lost
                    self.dropped += lost
                self._say(str(error))
                return False
            self.recorded += len(batch)
            if self.trouble:
                log.info("requests are recorded again")
            self.trouble = ""
            return True

    def _take_some(self) -> list[Ran]:
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            self._bytes -= sum(_size(ran) for ran in taken)
        return taken

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("requests are not recorded: %s; they are answered as before", trouble)
        self.trouble = trouble

    def _made(self, ran: Ran) -> Written | None:
        try:
            trace = trace_of(ran)
            asked = trace.asked
            if asked is None or not (self._names or _has_credentials(asked.headers)):
                return written(trace)
            answer_headers = trace.answered.headers if trace.answered is not None else ()
            secrets = secrets_of(asked, answer_headers, zip(ran.names, ran.values, strict=False), self._names)
            if not secrets:
                return written(trace)
            return written(trace, self._sealing().seal(trace_to_plain(trace), secrets, trace.id))
        except Exception:
            log.exception("a request could not be recorded by our own fault")
            with self._lock:
                self._dropped += ran.weight
                self.dropped += ran.weight
            return None

    def _sealing(self) -> Sealer:
        """Made when the first secret comes, for most canvases have none."""
        if self._sealer is None:
            try:
                self._sealer = Sealer(canvas_key(self._settings.canvas, create=True))
            except CanvasError as error:
                log.warning("%s; credentials in traces cannot be put back, and are shown as hashes", error.message)
                self._sealer = Sealer(None)
        return self._sealer


def trace_of(ran: Ran) -> Trace:
    watched = ran.watched.watched() if isinstance(ran.watched, WatchingWorld) else ran.watched or _NOTHING
    partial = watched.partial
    incoming = ran.incoming
    if incoming is not None and len(incoming.body) > LARGEST_BODY:
        partial = f"its body of {len(incoming.body):,} bytes was too large"
    return Trace(
        ran.id,
        ran.origin,
        ran.toplevel,
        ran.address,
        ran.diff,
        ran.origin is Origin.RUN or incoming is None or is_trial(incoming),
        int(ran.seconds * 1_000_000),
        ran.weight,
        ran.values,
        None if incoming is None else asked_of(incoming),
        None if ran.made is None else answered_of(ran.made),
        watched.subject,
        watched.calls,
        watched.decisions,
        None if ran.error is None else failure_of(ran.error),
        ran.result,
        partial,
    )


_NOTHING: Final = Watched((), "", (), None)


def failure_of(error: Exception) -> Failure:
    if isinstance(error, RunError):
        return Failure(type(error).__name__, error.message, NodeId(error.node))
    if isinstance(error, DarkError):
        return Failure("fault", error.message, NOWHERE)
    return Failure("fault", f"{type(error).__name__}: {error}", NOWHERE)


def _size(ran: Ran) -> int:
    incoming, made = ran.incoming, ran.made
    return (len(incoming.body) if incoming is not None else 0) + (len(made.body) if made is not None else 0)


def _has_credentials(headers: tuple[tuple[bytes, bytes], ...]) -> bool:
    return any(name.lower() in CREDENTIAL_HEADERS for name, _ in headers)


def _count_missing(missing: dict[tuple[str, str], MissingCount], trace: Trace) -> None:
    asked = trace.asked
    if asked is None:
        return
    key = (asked.method, asked.path[:LONGEST_PATH].decode("utf-8", "replace"))
    before = missing.get(key)
    times = trace.weight + (before.times if before is not None else 0)
    missing[key] = MissingCount(*key, times, time_of(trace.id), trace.id)
