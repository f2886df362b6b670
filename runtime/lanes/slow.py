"""A process that answers requests which take long, one at a time, where nobody waits for it but who asked.

It has what the server packed for it (`capsules`), reads rows by itself and hands back what is to be written. Must not
know the canvas's folder but for the rows, nor HTTP. Invariants: it writes nothing; it holds no more memory than a run
may have, and its own limits end a run before the server has to end the process.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

from dark_lang.errors import RunError
from dark_lang.library import Library
from dark_lang.names import NodeId
from runtime.clocks import resident_bytes
from runtime.data.database import FOLDER, Reader
from runtime.data.remembering import Memory
from runtime.data.worlds import Coming
from runtime.lanes.capsules import PackedCanvas
from runtime.lanes.messages import Report, Task, failure_of, frame, receive
from runtime.linking import CodeCache
from runtime.serving.messages import Incoming
from runtime.serving.programs import Runnable
from runtime.serving.requests import BadRequest, plan_for, request_value
from runtime.settings import Settings
from runtime.traces.watching_world import WatchingWorld

log = logging.getLogger("dark.lanes")

KNOWN: int = 32
"""Capsules that a process remembers. The server counts along, so that it need not send one twice."""

_SPARE = 64_000_000  # bytes beyond the limit of a run, until its clock has seen that it is over it
_WORN = 96_000_000  # a process that has grown by so many bytes ends, rather than to be taken for a run that did


class _Rows:
    """What a run reads from (`worlds.Shelf`): what was committed, since others' writes on their way are not here."""

    def __init__(self, folder: Path) -> None:
        self.reader = Reader(folder / FOLDER)
        self.coming: dict[NodeId, Coming] = {}
        self.memory: Memory | None = None


class SlowProcess:
    def __init__(self, connection: socket.socket, folder: Path, settings: Settings, library: Library) -> None:
        self._connection = connection
        self._settings = settings
        self._library = library
        self._rows = _Rows(folder)
        self._cache = CodeCache()
        self._programs: dict[bytes, Runnable] = {}
        self._fresh = resident_bytes()

    def live(self) -> None:
        """Until the server hangs up, or this process is worn."""
        with contextlib.suppress(EOFError, OSError):
            last = False
            while not last:
                report = self._answered(receive(self._connection))
                last = resident_bytes() - self._fresh > _WORN
                self._connection.sendall(frame(report._replace(last=last)))

    def _answered(self, task: Task) -> Report:
        world = WatchingWorld(self._rows)
        try:
            with _memory_of(self._settings.limits.memory_bytes):
                program = self._program(task)
                incoming = Incoming(*task.request)
                plan, params = plan_for(task.fields), task.fields.takes("params")
                record = request_value(incoming, plan, task.variables, task.values, params=params)
                call = program.callable_for(task.handler)
                made = program.answer(
                    call,
                    (record, *task.values),
                    world,
                    deadline=task.deadline,
                    inspect=world.keep,
                    forced=task.forced or {},
                )
        except BadRequest as error:
            return Report(unreadable=(error.detail, error.status))
        except RunError as error:
            return Report(failure=failure_of(error), watched=world.watched())
        except Exception as error:
            log.exception("a run in a slow lane failed by our own fault")
            return Report(fault=f"{type(error).__name__}: {error}")
        finally:
            world.end()
        return Report(made=made, commit=world.take() if world.wrote else None, watched=world.watched())

    def _program(self, task: Task) -> Runnable:
        found = self._programs.get(task.capsule)
        if found is None:
            assert task.packed is not None, "the server took a capsule for known that is not"
            if len(self._programs) >= KNOWN:
                self._programs.clear()
            canvas = PackedCanvas(task.packed)
            found = self._programs[task.capsule] = Runnable(canvas, self._library, self._settings, self._cache)
        return found


@contextlib.contextmanager
def _memory_of(limit: int) -> Iterator[None]:
    """The system refuses more than that, and a little, for as long as it lasts: one operation may take much at once."""
    if not limit:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + limit + _SPARE, before[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _data_bytes() -> int:
    """What the system counts against that limit now."""
    with contextlib.suppress(OSError, StopIteration), open("/proc/self/status", encoding="ascii") as status:
        return 1024 * int(next(line for line in status if line.startswith("VmData:")).split()[1])
    return resident_bytes()
