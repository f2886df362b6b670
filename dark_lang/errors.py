"""What can go wrong, as one tree by audience: whose fault it is, who sees it, what they can do.

    DarkError
    ├── UsageError           the person at the shell: the words of a command are off               exit 2
    ├── AddressError         …: nothing, or more than one thing, answers to that address            exit 3
    ├── LockedError          …: the code serves traffic                                             exit 4
    ├── StaleError           …: somebody changed the place since                                    exit 5
    ├── RefusedError         …: the edit would lose data, close a cycle, put a wrong sort somewhere exit 6
    ├── CanvasError          …: no canvas, a newer format, store or server out of reach             exit 7
    │   └── NewerFormat      …: it was written by a later release than this one
    ├── CorruptionError      whoever keeps the canvas: bytes are not what they should be            exit 8
    ├── WireError            whoever sent bytes: they are no canonical item of ours
    └── RunError             whoever wrote the program that runs
        ├── Failed           it asked for something that does not fit
        ├── Stopped          it came to a hole
        └── LimitReached     it used up its time, depth, memory or output

Must not know how errors are shown. Invariant: every message can be read by the audience named above without seeing
our code; an error that crosses to another audience is translated, not passed on.
"""

from __future__ import annotations

from typing import ClassVar


class DarkError(Exception):
    """Shown to a person as `message`, `found` details line by line, and one suggestion of what to do."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, details: tuple[str, ...] = (), suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.suggestion = suggestion


class UsageError(DarkError):
    exit_code = 2


class AddressError(DarkError):
    exit_code = 3


class LockedError(DarkError):
    exit_code = 4


class StaleError(DarkError):
    exit_code = 5


class RefusedError(DarkError):
    exit_code = 6


class CanvasError(DarkError):
    exit_code = 7


class NewerFormat(CanvasError):  # noqa: N818 - a state of affairs, like the words of DESIGN section 9
    """`found` is the format number that the bytes name, `known` the newest that this release reads."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"this was written in format {found}, and this release reads formats up to {known}",
            suggestion="install a newer release of dark-canvas",
        )
        self.found = found
        self.known = known


class CorruptionError(DarkError):
    exit_code = 8


class WireError(DarkError):
    exit_code = 8


class RunError(DarkError):
    """Raised while guest code runs. `node` is the id of the node that it happened at, 0 while that is not known."""

    exit_code = 1

    def __init__(self, message: str, *, node: int = 0, details: tuple[str, ...] = (), suggestion: str = "") -> None:
        super().__init__(message, details=details, suggestion=suggestion)
        self.node = node


class Failed(RunError):  # noqa: N818 - the run failed; the words of DESIGN section 9
    pass


class Stopped(RunError):  # noqa: N818
    """A hole's value was demanded. `node` is the hole."""


class LimitReached(RunError):  # noqa: N818
    """`limit` is one of time, depth, memory, output; `value` what it is, in ms, calls or bytes (0: not known)."""

    def __init__(self, message: str, *, limit: str, node: int = 0, value: int = 0, suggestion: str = "") -> None:
        super().__init__(message, node=node, suggestion=suggestion)
        self.limit = limit
        self.value = value
