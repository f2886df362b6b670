"""The parent of slow-lane processes: python -m runtime.lanes.nursery CONTROL FOLDER, where CONTROL is an open socket.

It has loaded all that they need and has one thread, so that a copy of it is made in a few milliseconds and is sound.
On the control socket it is handed a connection for each process that it is to make, and told which to kill. Must not
know tasks. Invariants: no process outlives it, and it does not outlive the server, however either ends; it kills by
number only what it made and has not buried yet.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import select
import signal
import socket
import struct
import sys
from pathlib import Path

from dark_lang.errors import DarkError
from dark_lang.library import Library
from dark_lang.stdlib import standard_library
from runtime.lanes.slow import SlowProcess
from runtime.logs import log_to_stderr
from runtime.running import prepare_stack
from runtime.settings import Settings, read_settings

log = logging.getLogger("dark.lanes")

ORDER = struct.Struct(">cI")
"""What to do, and to the process of which number."""
MAKE, KILL = b"m", b"k"

NICENESS = 10
_PR_SET_PDEATHSIG = 1


class Nursery:
    def __init__(self, control: socket.socket, folder: Path, settings: Settings, library: Library) -> None:
        self._control = control
        self._folder = folder
        self._settings = settings
        self._library = library
        self._children: dict[int, int] = {}  # number -> process id
        self._bell, self._rings = os.pipe()
        os.set_blocking(self._rings, False)
        os.set_blocking(self._bell, False)

    def live(self) -> None:
        """Until the server hangs up."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._rings)
        try:
            while True:
                ready = select.select([self._control.fileno(), self._bell], [], [])[0]
                if self._bell in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._bell, 4096)
                    self._bury()
                if self._control.fileno() in ready and not self._obey():
                    return
        finally:
            for child in self._children.values():
                os.kill(child, signal.SIGKILL)
            for child in self._children.values():
                os.waitpid(child, 0)

    def _obey(self) -> bool:
        """One order. False: the server has hung up."""
        data, handed, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        while 0 < len(data) < ORDER.size:
            more = self._control.recv(ORDER.size - len(data))
            data = data + more if more else b""
        if not data:
            return False
        what, number = ORDER.unpack(data)
        if what == KILL:
            child = self._children.get(number)
            if child is not None:
                os.kill(child, signal.SIGKILL)
        elif handed:
            self._make(number, socket.socket(fileno=handed[0]))
        return True

    def _make(self, number: int, connection: socket.socket) -> None:
        here = os.getpid()
        try:
            child = os.fork()
        except OSError as error:
            log.error("no process for slow requests can be made: %s", error)
            connection.close()  # from which the server learns it
            return
        if child:
            self._children[number] = child
            connection.close()
            return
        status = 1
        try:
            self._become_child(here, connection)
            status = 0
        except BaseException:
            log.exception("a process for slow requests failed by our own fault")
        finally:
            os._exit(status)

    def _become_child(self, nursery: int, connection: socket.socket) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        os.close(self._bell)
        os.close(self._rings)
        _die_with_parent()
        if os.getppid() != nursery:
            return
        os.nice(NICENESS)
        SlowProcess(connection, self._folder, self._settings, self._library).live()

    def _bury(self) -> None:
        for number, child in list(self._children.items()):
            if os.waitpid(child, os.WNOHANG)[0]:
                del self._children[number]


def _die_with_parent() -> None:
    """Where the system can kill a process with its parent. Elsewhere it ends when it comes to answer, at the latest at
    the limit of its time."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(words: list[str]) -> int:
    control, folder = words
    log_to_stderr()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        settings = read_settings(Path(folder))
        prepare_stack(settings.limits.depth)
    except DarkError as error:
        log.error("no process for slow requests can be made: %s", error.message)
        return error.exit_code
    library = standard_library()
    # Copies share what nobody touches: the collector would touch all of it.
    gc.collect()
    gc.freeze()
    connection = socket.socket(fileno=int(control))
    connection.send(b".")  # up
    Nursery(connection, Path(folder), settings, library).live()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
