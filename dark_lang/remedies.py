"""What would make a mark go away, as far as one edit can: said by the checker, made a command by what offers edits.

Must not know commands, nor how code is changed. Invariant: a remedy speaks of the node that is marked; applied to it,
it leaves no mark like the one that it was said for.
"""

from __future__ import annotations

from enum import Enum, auto

from dark_lang.records import NamedTuple


class Remedy(Enum):
    WRAP = auto()  # `text`: code to put around the node, which is ?it in it
    REWRITE = auto()  # `text`: a pattern that the node has; `into`: what to make of it
    NAME = auto()  # `text`: the name that was meant
    CASE = auto()  # `text`: the case that was meant, of a type that is right
    RESTORE = auto()  # `text`: the address of what was meant, and is in the trash
    ADD = auto()  # `text`: what to put at the end of what the node holds
    REMOVE = auto()  # the node itself goes
    UNWRAP = auto()  # what the node holds, in its place


class Mend(NamedTuple):
    remedy: Remedy
    text: str = ""
    into: str = ""
