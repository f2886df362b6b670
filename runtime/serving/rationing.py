"""How much of what goes wrong is logged: who can make requests fail must not be able to fill the disk.

Must not know what is logged. Invariant: at most so many lines a second; of what was left out, the number is logged.
"""

from __future__ import annotations

import logging
import time


class Ration(logging.Filter):
    def __init__(self, lines_per_second: int = 100) -> None:
        super().__init__()
        self._most = lines_per_second
        self._second = 0
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = int(time.monotonic())
        if now != self._second:
            left_out = self._count - self._most
            self._second, self._count = now, 0
            if left_out > 0:
                record.msg = f"({left_out} lines were left out here) {record.msg}"
        self._count += 1
        return self._count <= self._most
