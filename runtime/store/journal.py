"""Which diffs our own writers appended, so that a writer need not list 100,000 names to know the newest state.

Must not know what a diff is. Invariant: an accelerator for those who hold the store's lock, and nothing else: every
name is noted before its file appears, a lost journal only means listing the folder, and files that came some other way
(`git`, `cp`) are found by listing, as they always were.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 4_000_000
_LINE = 84  # bytes: a name between two newlines


class Journal:
    """One reader's place in the journal. Call `note` and `news` only while holding the store's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1  # kept open, so that the number of a file that was replaced is not used again
        self._offset = 0

    def seek_end(self) -> None:
        """From now on `news` tells what a listing that starts now may not show: what comes later, and the last name,
        whose writer may hold the lock at this moment and be about to make the file appear."""
        self.close()
        with suppress(OSError):
            self._handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            self._offset = max(0, os.fstat(self._handle).st_size - _LINE)

    def news(self) -> list[str] | None:
        """The names noted since the last call; None if that cannot be known, so that the folder has to be listed."""
        if not self._is_current():
            return None
        size = os.fstat(self._handle).st_size
        if size < self._offset:
            return None
        data = os.pread(self._handle, size - self._offset, self._offset) if size > self._offset else b""
        self._offset += len(data)
        return data.decode("ascii", "replace").split()

    def note(self, name: str) -> None:
        """Announces a file that is about to appear. Raises OSError."""
        if not self._is_current() or self._offset > MOST_BYTES:
            self.path.parent.mkdir(exist_ok=True)
            self.path.unlink(missing_ok=True)
        handle = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            line = b"\n" + name.encode() + b"\n"  # the first newline parts it from a line that a full disk cut short
            if os.write(handle, line) != len(line):
                raise OSError(28, "No space left on device")
        finally:
            os.close(handle)
        if not self._is_current():
            self.seek_end()
        elif self._offset == os.fstat(self._handle).st_size - len(line):
            self._offset += len(line)

    def forget(self) -> None:
        """Makes every reader list the folder, since files that were noted are about to leave it. Raises OSError."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1
        self._offset = 0

    def _is_current(self) -> bool:
        if self._handle < 0:
            return False
        try:
            ours, theirs = os.fstat(self._handle), self.path.stat()
        except OSError:
            return False
        return (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)
