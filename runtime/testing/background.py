"""Runs, beside a server, the tests that an edit can affect, and knows what came of all of them.

Must not know how tests run: a process of its own does that (`worker`). Invariants: who edits never waits for it; what
it says of a test is of the last run that ended; a process that dies is started again with the next edit, and costs no
more than its answers.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.records import NamedTuple
from runtime.canvas import Canvas
from runtime.testing.results import Outcome

log = logging.getLogger("dark.tests")

GATHER: Final = 0.03  # seconds in which edits that follow each other become one question


class Known(NamedTuple):
    label: str
    outcome: Outcome
    says: str  # what is wrong, "" if nothing is
    microseconds: int


class News(NamedTuple):
    label: str
    outcome: Outcome
    says: str


class BackgroundTests:
    """Of one serving process. `close` it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._bell = threading.Event()
        self._asked: set[int] | None = set()  # None: all
        self._known: dict[NodeId, Known] = {}
        self._news: list[News] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self.lamport = -1  # of the program that was tested last

    def begin(self, canvas: Canvas) -> None:
        """Has all run, if there are any."""
        if any(entry.kind is top.Test for entry in canvas.alive()):
            with self._lock:
                self._asked = None
            self._ring()

    def edited(self, canvas: Canvas, touched: Iterable[NodeId]) -> None:
        """From any thread; returns at once."""
        if not self._known and not any(entry.kind is top.Test for entry in canvas.alive()):
            return
        touched = list(touched)
        with self._lock:
            self._forget([each for each in touched if each in self._known and not _is_alive(canvas, each)])
            if self._asked is not None:
                self._asked.update(int(each) for each in touched)
        self._ring()

    def known(self) -> dict[NodeId, Known]:
        with self._lock:
            return dict(self._known)

    def failing(self) -> list[Known]:
        return sorted(known for known in self.known().values() if known.outcome is Outcome.FAILED)

    def take_news(self) -> list[News]:
        """What has begun to fail, and what passes again, since somebody asked."""
        with self._lock:
            news, self._news = self._news, []
        return news

    def close(self) -> None:
        self._closing.set()
        self._bell.set()
        if self._process is not None:
            self._process.kill()
        if self._thread is not None:
            self._thread.join(5)

    # The thread

    def _ring(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._live, name="dark tests", daemon=True)
                self._thread.start()
        self._bell.set()

    def _live(self) -> None:
        while not self._closing.is_set():
            self._bell.wait()
            self._bell.clear()
            if self._closing.wait(GATHER):
                break
            with self._lock:
                asked, self._asked = self._asked, set()
            if asked is None or asked:
                try:
                    self._ask(asked)
                except (OSError, ValueError, KeyError) as error:
                    log.error("tests could not be run: %s", error)
                    self._end()
        self._end()

    def _ask(self, touched: set[int] | None) -> None:
        line = json.dumps({"touched": None if touched is None else sorted(touched)}).encode() + b"\n"
        try:
            answers = self._send(line)
        except OSError:
            # It ended since nobody had asked for a while.
            self._end()
            answers = self._send(line)
        while True:
            answer = answers.readline()
            if not answer:
                if not self._closing.is_set():
                    log.error("the process in which tests run ended; another is started with the next edit")
                self._end()
                return
            found = json.loads(answer)
            if "trouble" in found:
                raise ValueError(found["trouble"])
            self._take(found)
            if "there" in found:
                return

    def _send(self, line: bytes) -> IO[bytes]:
        """The stream on which answers come. Raises OSError."""
        process = self._living()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        return process.stdout

    def _living(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            words = [sys.executable, "-m", "runtime.testing.worker", str(self._folder.absolute())]
            self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()

    def _take(self, told: dict[str, Any]) -> None:
        with self._lock:
            for one in told["results"]:
                test, outcome = NodeId(one["test"]), Outcome(one["outcome"])
                before = self._known.get(test)
                self._known[test] = Known(one["label"], outcome, one["says"], one["microseconds"])
                was = before.outcome if before is not None else Outcome.PASSED
                if outcome is not was and Outcome.FAILED in (outcome, was):
                    self._news = [news for news in self._news if news.label != one["label"]]
                    self._news.append(News(one["label"], outcome, one["says"]))
                    log.info("%s %s%s", one["label"], _WORDS[outcome], f": {one['says']}" if one["says"] else "")
            if "there" in told:
                there = set(told["there"])
                self._forget([test for test in self._known if test not in there])
                self.lamport = told["lamport"]

    def _forget(self, gone: list[NodeId]) -> None:
        """Who deletes a failing test hears no more of it. With the lock held."""
        labels = {self._known.pop(test).label for test in gone}
        self._news = [news for news in self._news if news.label not in labels]


def _is_alive(canvas: Canvas, toplevel: NodeId) -> bool:
    entry = canvas.entries.get(toplevel)
    return entry is not None and entry.alive


_WORDS: Final = {Outcome.PASSED: "passes again", Outcome.FAILED: "fails", Outcome.UNFINISHED: "is unfinished"}


def told(news: News) -> str:
    """`test:adds fails: expected 3, found 4`"""
    return f"{news.label} {_WORDS[news.outcome]}{f': {news.says}' if news.says else ''}"
