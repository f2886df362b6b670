"""A long piece of work in two processes: for opening a large canvas for the first time.

Must not know the work. Invariant: the answer is the same as without; whatever goes wrong in the other process, this one
does its half too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORTHWHILE = 3_000
"""Items. Below, starting a process and bringing the results over costs more than it saves."""


def in_two(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """`map(work, items)`, the second half of it in a child of this process where that is possible and worth it."""
    # A fork copies only the thread that calls it, and any lock that another holds stays locked in the copy for ever.
    alone = hasattr(os, "fork") and threading.active_count() == 1 and (os.cpu_count() or 1) > 1
    if not alone or len(items) < WORTHWHILE:
        yield from map(work, items)
        return
    import pickle  # late: it takes 3 ms, and few canvases are that large

    half = len(items) // 2
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_exit(lambda: pickle.dumps([work(item) for item in items[half:]]), sink)
    os.close(sink)
    yield from map(work, items[:half])
    with os.fdopen(source, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    # Only what our own child wrote, and said that it wrote whole, is unpickled.
    yield from pickle.loads(data) if status == 0 else map(work, items[half:])


def _work_and_exit(work: Callable[[], bytes], sink: int) -> None:
    status = 1
    try:
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(work())
        status = 0
    finally:
        os._exit(status)  # nothing of the parent's is to be flushed or closed a second time
