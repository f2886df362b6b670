"""Which files are diffs of this canvas, whole; and what is wrong with the others.

Must not know which diffs are new, or gone. Invariants: a file that does not fit its name is left alone until it has
stood still; each finding is made once for each state of a file, and is taken back when the file is put right.
"""

from __future__ import annotations

from array import array
from hashlib import sha256
from pathlib import Path

from dark_lang import wire
from dark_lang.edits.writes import Diff
from dark_lang.errors import DarkError, NewerFormat, WireError
from runtime.store import packs
from runtime.store.files import DiffRef, Stamp, read_regular, stamp_of
from runtime.store.packs import PackIndex
from runtime.store.problems import Problem, ProblemKind

STILL_SECONDS = 2.0
"""A file that does not fit its name, and has stood still for so long, is not on its way any more."""
MOST_DIFF_BYTES = 1 << 26
_COPY = "copy it anew from another clone, or set it aside with: dark doctor --repair"
_ASIDE = "set it aside with: dark doctor --repair"
_UNFIT = "its bytes are not those that its name tells"


class Inbox:
    """Files go by their paths from `diffs/`: a name, or `packs/` and a name."""

    def __init__(self, diffs: Path, canvas: bytes) -> None:
        self.diffs = diffs
        self.canvas = canvas
        self.problems: dict[str, Problem] = {}
        self.on_their_way: set[str] = set()
        self._stamps: dict[str, Stamp | None] = {}  # of each file with a problem, when it was found

    def has_changed(self) -> bool:
        """Whether a file that could not be taken is another one now, or may be."""
        return bool(self.on_their_way) or any(self._stamp(file) != stamp for file, stamp in self._stamps.items())

    def report(self, file: str, kind: ProblemKind, message: str, advice: str) -> None:
        self.problems[file] = Problem(f"diffs/{file}", kind, message, advice)
        self._stamps[file] = self._stamp(file)
        self.on_their_way.discard(file)

    def dismiss(self, file: str) -> None:
        """It is sound, or gone."""
        self.problems.pop(file, None)
        self._stamps.pop(file, None)
        self.on_their_way.discard(file)

    def report_stray(self, file: str) -> None:
        self.report(file, ProblemKind.STRAY, "is no file of ours", "move it somewhere else")

    def read_diff(self, file: str, ref: DiffRef) -> Diff | None:
        """The diff in a file, None if it cannot be taken. Raises FileNotFoundError if the file is gone."""
        data = self._read(file, ref.id, most=MOST_DIFF_BYTES)
        if data is None:
            return None
        judged = self._judge(file, data)
        if isinstance(judged, Problem):
            self.report(file, judged.kind, judged.message, judged.advice)
            return None
        if judged.lamport != ref.lamport:
            told = f"its name says {ref.lamport}, its content {judged.lamport}"
            self.report(file, ProblemKind.CORRUPT, told, _ASIDE)
            return None
        self.dismiss(file)
        return judged

    def read_pack(self, name: str, digest: bytes) -> tuple[PackIndex, list[Diff]] | None:
        """The diffs of a pack, in order. As `read_diff`."""
        content = self._read(f"packs/{name}", digest, most=packs.MOST_BYTES)
        return None if content is None else self.part(name, content)

    def part(self, name: str, content: bytes) -> tuple[PackIndex, list[Diff]] | None:
        """The diffs of a pack's content; None if it is none."""
        lamports, starts, ends = array("Q"), array("Q"), array("Q")
        ids: list[bytes] = []
        diffs: list[Diff] = []
        refused: list[Problem] = []
        try:
            for start, data in packs.split(content):
                diff_id = sha256(data).digest()
                judged = self._judge(f"packs/{name} at byte {start}", data, scanned=True)
                if isinstance(judged, Problem):
                    refused.append(judged)
                    continue
                if lamports and (judged.lamport, diff_id) <= (lamports[-1], ids[-1]):
                    raise WireError(f"diffs out of order at byte {start}")
                ids.append(diff_id)
                diffs.append(judged)
                lamports.append(judged.lamport)
                starts.append(start)
                ends.append(start + len(data))
        except WireError as error:
            self.report(f"packs/{name}", ProblemKind.CORRUPT, f"is no pack: {error.message}", _ASIDE)
            return None
        self.dismiss(f"packs/{name}")
        return PackIndex(name, lamports, b"".join(ids), starts, ends, tuple(refused)), diffs

    def _read(self, file: str, digest: bytes, *, most: int) -> bytes | None:
        path = self.diffs / file
        if file in self._stamps and self._stamps[file] == self._stamp(file):
            return None
        try:
            data, stamp = read_regular(path, most=most)
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and not path.is_symlink():
                raise
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.report(file, ProblemKind.UNREADABLE, reason, "see to its permissions, or move it somewhere else")
            return None
        if sha256(data).digest() == digest:
            return data
        if stamp.still_seconds < STILL_SECONDS:
            self.on_their_way.add(file)
        else:
            self.report(file, ProblemKind.CORRUPT, _UNFIT, _COPY)
        return None

    def _judge(self, file: str, data: bytes, *, scanned: bool = False) -> Diff | Problem:
        try:
            diff = wire.decode_diff(data, scanned=scanned)
        except NewerFormat as error:
            return Problem(f"diffs/{file}", ProblemKind.NEWER, error.message, error.suggestion)
        except DarkError as error:
            return Problem(f"diffs/{file}", ProblemKind.CORRUPT, f"is no diff: {error.message}", _ASIDE)
        if diff.canvas != self.canvas:
            told = f"belongs to another canvas ({diff.canvas.hex()})"
            return Problem(f"diffs/{file}", ProblemKind.FOREIGN, told, _ASIDE)
        return diff

    def _stamp(self, file: str) -> Stamp | None:
        try:
            return stamp_of((self.diffs / file).lstat())
        except OSError:
            return None
