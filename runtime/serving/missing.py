"""The requests that no handler took, from which `insert` can make one.

Must not know the canvas. Invariant: bounded, whatever is asked for: the least recent go, and long paths are cut.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from dark_lang.records import dataclass

MOST = 500
LONGEST_PATH = 300


@dataclass(frozen=True, slots=True)
class Missing:
    method: str
    path: str
    count: int
    last: float  # seconds since 1970 UTC


class MissingList:
    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, method: str, path: bytes) -> None:
        spelled = path[:LONGEST_PATH].decode("utf-8", "replace")
        with self._lock:
            count, _ = self._seen.pop((method, spelled), (0, 0.0))
            self._seen[method, spelled] = (count + 1, time.time())
            if len(self._seen) > MOST:
                self._seen.popitem(last=False)

    def newest_first(self) -> list[Missing]:
        with self._lock:
            return [Missing(*key, *value) for key, value in reversed(self._seen.items())]
