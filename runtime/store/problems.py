"""What can be wrong with a canvas on disk, as findings that name the file and say what to do.

Must not know how they are found or shown. Invariant: a problem never stops the sound rest of the canvas.
"""

from __future__ import annotations

from enum import Enum

from dark_lang.records import dataclass


class ProblemKind(Enum):
    CORRUPT = "corrupt"  # the bytes are not what the name says, or are no diff
    FOREIGN = "foreign"  # a diff of another canvas
    NEWER = "newer"  # written by a newer format
    WAITING = "waiting"  # its parents are not here
    VANISHED = "vanished"  # it was here, and is gone
    STRAY = "stray"  # a file that is none of ours
    UNREADABLE = "unreadable"  # the system does not let us read it
    LEFTOVER = "leftover"  # of a writer that was killed; harmless
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Problem:
    file: str  # from the canvas's folder: diffs/…
    kind: ProblemKind
    message: str
    advice: str = ""

    @property
    def is_harmless(self) -> bool:
        return self.kind in (ProblemKind.LEFTOVER, ProblemKind.WAITING)
