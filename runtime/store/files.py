"""The file system as the store uses it: names of diff files, durable writes, the lock, and the journal.

Must not know what is inside a diff. Invariant: a file under its final name is whole, and durable once `write_durably`
returned; what failed was never acknowledged.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import random
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dark_lang.errors import CanvasError
from dark_lang.records import NamedTuple

HIGHEST_LAMPORT = 999_999_999_999
LOCK_SECONDS = 30.0
_DIFF_NAME = re.compile(r"([0-9]{12})-([0-9a-f]{64})\.cbor", re.ASCII)
_PACK_NAME = re.compile(r"([0-9]{12})-([0-9a-f]{64})\.cborseq", re.ASCII)
_numbers = itertools.count()


class DiffRef(NamedTuple):
    """Which diff; in the order in which diffs are told."""

    lamport: int
    id: bytes  # SHA-256 of its bytes


class PackRef(NamedTuple):
    start: int  # the first lamport number of its range
    digest: bytes  # SHA-256 of its bytes


def diff_file(diff: DiffRef) -> str:
    return f"{diff.lamport:012d}-{diff.id.hex()}.cbor"


def pack_file(start: int, digest: bytes) -> str:
    return f"{start:012d}-{digest.hex()}.cborseq"


def read_diff_name(name: str) -> DiffRef | None:
    found = _DIFF_NAME.fullmatch(name)
    return DiffRef(int(found[1]), bytes.fromhex(found[2])) if found else None


def read_pack_name(name: str) -> PackRef | None:
    found = _PACK_NAME.fullmatch(name)
    return PackRef(int(found[1]), bytes.fromhex(found[2])) if found else None


class Stamp(NamedTuple):
    """What tells whether a file is still the one that was looked at."""

    size: int
    mtime: int  # nanoseconds
    ctime: int  # nanoseconds; no program can set it back
    inode: int

    @property
    def still_seconds(self) -> float:
        """For how long the file has stood still. A clock that was set back makes it negative: then it is not still."""
        return (time.time_ns() - max(self.mtime, self.ctime)) / 1e9


def stamp_of(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def read_regular(path: Path | str, *, most: int) -> tuple[bytes, Stamp]:
    """The content of a regular file. Raises OSError; ValueError for what is no file (a pipe must not be waited for) or
    has more than `most` bytes."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a regular file")
        if status.st_size > most:
            raise ValueError(f"has {status.st_size:,} bytes; at most {most:,} are read")
        pieces = [os.read(handle, status.st_size + 1)]
        while pieces[-1] and sum(map(len, pieces)) < status.st_size:
            pieces.append(os.read(handle, status.st_size))
        return b"".join(pieces), stamp_of(status)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes, *, staging: Path) -> None:
    """Puts a whole file at `path`: a temporary file in `staging`, one write, fsync, rename, fsync of the folder.

    Raises OSError. A failed fsync is not retried: the kernel may have dropped the pages, and the next would succeed.
    """
    staging.mkdir(exist_ok=True)
    temporary = staging / f"{os.getpid()}-{next(_numbers)}-{path.name}"
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    try:
        try:
            if os.write(handle, data) != len(data):
                raise OSError(28, "No space left on device")
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path, *, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Holds the flock of a folder. Raises CanvasError if another process keeps it for `seconds`.

    Tried again and again rather than waited for, because a stopped process (Ctrl-Z) would otherwise hang every other
    one without a word. The waits are random, so that many writers do not march in step.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise CanvasError(f"cannot open {folder}: {error.strerror or error}") from error
    try:
        deadline = time.monotonic() + seconds
        pause = 0.0002
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CanvasError(
                        f"another process has held the store {folder} for {seconds:.0f} s",
                        suggestion="see whether a stopped `dark` is there: ps -e | grep dark",
                    ) from None
            except OSError as error:
                raise CanvasError(f"cannot lock {folder}: {error.strerror or error}") from error
            time.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 1.5, 0.003)
        yield
    finally:
        os.close(handle)
