"""The one place where a server is put together: `serve` for `dark serve`, `create_app` for any ASGI server.

Invariant: the parts meet here and nowhere else; each takes what it needs and knows no other.
"""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from dark_lang.names import NodeId
from dark_lang.naming import Realm
from dark_lang.stdlib import standard_library
from runtime.canvas import Canvas
from runtime.data.committing import Deliver
from runtime.data.datastore import Data
from runtime.data.usage import Served, Usage
from runtime.hosting import Host
from runtime.lanes.capsules import Capsule, pack
from runtime.lanes.slow_lane import SlowLane
from runtime.linking import CodeCache
from runtime.locks import regions
from runtime.locks.holding import Holding
from runtime.logs import log_to_stderr
from runtime.running import prepare_stack
from runtime.serving.answering import Answering
from runtime.serving.asgi import Application
from runtime.serving.commands import CommandSocket, Execute
from runtime.serving.exchanges import Caps
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.presence import Presence
from runtime.serving.programs import Runnable
from runtime.serving.server import listen, run_server
from runtime.serving.snapshots import Snapshots
from runtime.serving.traffic import Traffic
from runtime.serving.workers import run_workers
from runtime.settings import Settings
from runtime.switches.forcing import Forcing
from runtime.switches.ramping import Ramps
from runtime.testing.background import BackgroundTests
from runtime.traces.recorder import Recorder
from runtime.watching import Watcher
from runtime.whereabouts import wanted_at, whereabouts

Announce = Callable[[str], None]


class _Program(Runnable):
    """The runnable side of a canvas, for `Snapshots`."""

    def __init__(self, canvas: Canvas, settings: Settings, cache: CodeCache) -> None:
        super().__init__(canvas, canvas.library, settings, cache, canvas.checks)
        self._canvas = canvas
        self._subject_name = settings.subject.function

    def pack(self, handler: NodeId) -> Capsule:
        named = [(Realm.FUNCTION, self._subject_name)] if self._subject_name else []
        return pack(self._canvas, (handler,), named)

    def serving(self, handler: NodeId) -> Iterable[Served]:
        return regions.serving(self._canvas, handler)

    def place(self, node: NodeId) -> str:
        return whereabouts(self._canvas, node)

    def wanted(self, node: NodeId) -> str:
        return wanted_at(self._canvas, node)


class Service:
    """A canvas that answers requests: watched, bound, with its rows. `close` it."""

    def __init__(self, host: Host, *, closes_host: bool = False) -> None:
        settings = host.settings
        prepare_stack(settings.limits.depth)
        cache = CodeCache()
        self.host = host
        host.keeps_serving = True
        self._closes_host = closes_host
        self.caps = Caps(body_bytes=settings.limits.body_bytes)
        self.data = Data.open(host.folder, serving=True)
        self.presence = Presence(host.folder / ".dark")
        self.holding = Holding(host)
        canvas = self.holding.served
        self.snapshots = Snapshots(canvas, lambda canvas: _Program(canvas, settings, cache))
        self.slow_lane = _slow_lane(host)
        self.usage = Usage(host.folder)
        self.recorder = Recorder(host.folder, settings) if settings.traces.on else None
        if self.recorder is not None:
            host.recording_trouble = self.recorder.why_not
            host.record = self.recorder.take
        self.traffic = Traffic(self.usage, self.recorder, counts_trials=settings.locks.loopback)
        self.answering = Answering(
            self.snapshots,
            self.data,
            token=os.environ.get("DARK_TOKEN", ""),
            slow_lane=self.slow_lane,
            time_ms=settings.limits.time_ms,
            traffic=self.traffic,
            tests=self.told_tests,
        )
        self.answering.forcing = Forcing(settings.canvas)
        self.presence.note(canvas)
        self._unsubscribe = host.subscribe(self._bind)
        if host.canvas.lamport != canvas.lamport:
            self._bind(host.canvas, frozenset(host.canvas.entries))
        self.tests = BackgroundTests(host.folder)
        host.tests = self.tests
        self.data.when_owning(lambda: self.tests.begin(host.canvas))
        self.ramps = Ramps(host)
        self.data.when_owning(self.ramps.begin)
        self._watcher = Watcher(host, requests=lambda: self.answering.metrics.requests)
        self._watcher.start()
        # What is there by now stays: the collector need not look at it again and again while requests wait.
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        self._unsubscribe()
        self.tests.close()
        self.ramps.close()
        self._watcher.stop()
        self.presence.close()
        self.answering.close()
        if self.slow_lane is not None:
            self.slow_lane.close()
        if self.recorder is not None:
            self.recorder.close()
        self.usage.close()
        self.data.close()
        if self._closes_host:
            self.host.close()

    def _bind(self, canvas: Canvas, touched: frozenset[NodeId]) -> None:
        canvas, touched = self.holding.after(canvas, touched, own=self.host.is_own_edit)
        if self.snapshots.bind(canvas, touched):
            self.answering.choice.changed(touched)
            self.traffic.changed()
            self.presence.note(canvas)
            self.answering.metrics.binds += 1
        if self.data.owner:
            self.tests.edited(self.host.canvas, touched)

    def told_tests(self) -> list[dict[str, object]]:
        """What is known of each test, for `/_dark/tests`."""
        found = sorted(self.tests.known().values())
        return [
            {
                "test": known.label,
                "outcome": known.outcome.value,
                "says": known.says or None,
                "microseconds": known.microseconds,
            }
            for known in found
        ]

    def count(self) -> None:
        """Writes what it has counted and recorded until now."""
        self.usage.flush()
        if self.recorder is not None:
            self.recorder.flush()

    # As the ASGI entrance asks

    @property
    def body_bytes(self) -> int:
        return self.caps.body_bytes

    @property
    def header_bytes(self) -> int:
        return self.caps.header_bytes

    @property
    def deliver(self) -> Deliver | None:
        return self.answering.deliver

    @deliver.setter
    def deliver(self, deliver: Deliver | None) -> None:
        self.answering.deliver = deliver

    def answer(self, incoming: Incoming, done: Callable[[Outgoing], None]) -> Outgoing | None:
        return self.answering.answer(incoming, done)


def _slow_lane(host: Host) -> SlowLane | None:
    """None where the canvas wants none, or where other processes could not run what this one runs."""
    processes = host.settings.serve.slow_processes
    if not processes or not hasattr(os, "fork") or host.library.functions.keys() != standard_library().functions.keys():
        return None
    return SlowLane(host.folder, processes=processes, time_ms=host.settings.limits.time_ms)


def create_app(folder: str | Path) -> Application:
    """An ASGI application that hosts the canvas in `folder`. The folder is opened when the server starts, or with the
    first request; CanvasError then, if it is no canvas.

    Requests that take long are answered by processes of ours, as under `dark serve`. Where there can be none (a system
    without fork, `slow_processes = 0` under [serve] in canvas.toml) such a request holds up the others until its limit
    of time. Where the server runs its event loop outside the main thread, a thread tells the time instead of a signal,
    some milliseconds later."""
    return Application(lambda: Service(Host.open(Path(folder), library=standard_library()), closes_host=True))


def app_from_environment() -> Application:
    """For a command line: `DARK_CANVAS=shop uvicorn --factory runtime.app:app_from_environment`."""
    return create_app(os.environ.get("DARK_CANVAS", "."))


def serve(
    host: Host,
    *,
    address: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    execute: Execute | None = None,
    announce: Announce = print,
) -> None:
    """Serves until SIGTERM or SIGINT. `execute` runs the shell's commands; with several workers it has to be a
    function of a module, which each of them imports. Raises CanvasError if the port cannot be had."""
    log_to_stderr()
    listener = listen(address, port)

    def started() -> None:
        place = f"[{address}]" if ":" in address else "localhost" if address in ("127.0.0.1", "0.0.0.0") else address
        announce(f"{host.settings.name} is live at http://{place}:{listener_port}")
        announce("Requests from this machine to that address are trials: they name holes in answers, and lock nothing.")

    listener_port = int(listener.getsockname()[1])
    if workers > 1:
        name = "" if execute is None else f"{execute.__module__}:{execute.__qualname__}"
        run_workers(listener, host.folder, workers, execute=name, started=started)
    else:
        serve_process(host, listener, execute=execute, started=started)


def serve_process(
    host: Host,
    listener: socket.socket,
    *,
    execute: Execute | None,
    started: Callable[[], None],
    lifeline: int | None = None,
) -> None:
    """What one process does: `serve` with one worker, and each worker of several. Closes the listener."""
    service = Service(host)
    commands = None
    if execute is not None:
        commands = CommandSocket(
            host,
            execute,
            lambda seconds: service.presence.laggards(host.canvas, seconds),
            service.count,
        )
    try:
        if commands is not None:
            # The process that owns the rows takes the shell's commands too, so that they find one another's work.
            service.data.when_owning(commands.open)
        run_server(listener, service.answering, caps=service.caps, started=started, lifeline=lifeline)
    finally:
        if commands is not None:
            commands.close()
        service.close()
