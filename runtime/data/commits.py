"""What a run wants to have written, what it relies on, and what became of it.

Must not know SQLite, threads or sockets. Invariant: a commit is plain data, so that it can be sent to the process that
owns the rows and be judged there.
"""

from __future__ import annotations

import os
from enum import IntEnum
from typing import Any

from dark_lang.errors import WireError
from dark_lang.names import NodeId
from dark_lang.records import dataclass


def fresh_token() -> int:
    """Names one commit, and is the version of what it writes: 62 random bits, never 0. Chosen before the commit is
    judged, so that a later run can rely on what an earlier one is about to write."""
    return (int.from_bytes(os.urandom(8), "little") >> 2) or 1


@dataclass(frozen=True, slots=True)
class Commit:
    token: int
    reads: tuple[tuple[NodeId, str, int], ...]  # store, key, the version that was read (ABSENT: none was there)
    scans: tuple[tuple[NodeId, int], ...]  # store, its version when its keys, rows or count were asked for
    writes: tuple[tuple[NodeId, str, bytes | None], ...]  # store, key, the row; None deletes


class Verdict(IntEnum):
    DONE = 0
    CONFLICT = 1  # something that it relies on has changed: run again
    UNAVAILABLE = 2  # the disk is full or read-only, or the owner of the rows is out of reach


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    reason: str = ""


DONE = Outcome(Verdict.DONE)
CONFLICT = Outcome(Verdict.CONFLICT, "somebody changed what this run relied on")


def commit_to_plain(commit: Commit) -> list[Any]:
    return [
        commit.token,
        [list(read) for read in commit.reads],
        [list(scan) for scan in commit.scans],
        [list(write) for write in commit.writes],
    ]


def commit_from_plain(plain: Any) -> Commit:
    """Raises WireError for anything else than what `commit_to_plain` made."""
    try:
        token, reads, scans, writes = plain
        commit = Commit(
            _number(token),
            tuple((NodeId(_number(store)), _text(key), _number(version)) for store, key, version in reads),
            tuple((NodeId(_number(store)), _number(version)) for store, version in scans),
            tuple((NodeId(_number(store)), _text(key), _bytes(value)) for store, key, value in writes),
        )
    except (TypeError, ValueError) as error:
        raise WireError("these bytes are no commit of ours") from error
    if commit.token == 0:
        raise WireError("a commit has no token")
    return commit


def _number(plain: Any) -> int:
    if type(plain) is not int or not 0 <= plain < 1 << 64:
        raise ValueError("not a 64-bit number")
    return plain


def _text(plain: Any) -> str:
    if type(plain) is not str:
        raise TypeError("not a text")
    return plain


def _bytes(plain: Any) -> bytes | None:
    if plain is not None and type(plain) is not bytes:
        raise TypeError("not bytes")
    return plain


def outcome_to_plain(outcome: Outcome) -> list[Any]:
    return [int(outcome.verdict), outcome.reason]


def outcome_from_plain(plain: Any) -> Outcome:
    """Raises WireError for anything else than what `outcome_to_plain` made."""
    try:
        verdict, reason = plain
        return Outcome(Verdict(_number(verdict)), _text(reason))
    except (TypeError, ValueError) as error:
        raise WireError("these bytes are no outcome of a commit") from error
