"""What the checker has to say of a place in a program.

Must not know how marks are found or shown. Invariant: a mark names the smallest node that explains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from dark_lang.names import NodeId
from dark_lang.records import dataclass
from dark_lang.remedies import Mend
from dark_lang.types import Type


class Kind(Enum):
    """The value is how a report names it."""

    HOLE = "hole"
    UNREAD = "unread"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"  # a name that means nothing
    ARITY = "arity"
    DOUBLE = "double"  # a label or a name given twice
    MISFIT = "misfit"  # a value of another type than its place takes
    UNCLEAR = "unclear"  # a type that has to be known where it stands, and is not, or cannot serve there
    TOO_LARGE = "too large"  # types that grow without end, or code nested too deeply
    # Warnings: what is marked so runs all the same.
    INEXHAUSTIVE = "inexhaustive"
    UNREACHABLE = "unreachable"
    UNUSED = "unused"
    DEPRECATED = "deprecated"

    @property
    def is_warning(self) -> bool:
        return self in _WARNINGS

    @property
    def is_error(self) -> bool:
        """Whether the place behaves as if a hole were around it."""
        return self in _ERRORS


_WARNINGS: Final = frozenset({Kind.INEXHAUSTIVE, Kind.UNREACHABLE, Kind.UNUSED, Kind.DEPRECATED})
_ERRORS: Final = frozenset({Kind.UNKNOWN, Kind.ARITY, Kind.DOUBLE, Kind.MISFIT, Kind.UNCLEAR, Kind.TOO_LARGE})


ANYTHING: Final = "anything"
"""How a type is called of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`sentence` says what is wrong, `suggestion` what to do, if there is something, and `mend` the same as an edit, if
    it can be one. `expected` and `found` are types as they are written, where the mark is about types."""

    toplevel: NodeId
    node: NodeId
    kind: Kind
    sentence: str
    expected: str = ""
    found: str = ""
    suggestion: str = ""
    mend: Mend | None = None

    @property
    def says(self) -> str:
        """In one line."""
        if self.kind is Kind.HOLE and self.expected not in ("", ANYTHING):
            return f"{self.sentence}: {self.expected}"
        return f"{self.sentence}; {self.suggestion}" if self.suggestion else self.sentence


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker knows of one definition. `types`: of each expression and pattern and of each parameter, by the
    node's id. `is_sound`: whether every value is of its type when the code runs, holes and marks aside; not so where
    `Any` or an unfinished type is involved. `errors`: the nodes with marks that count as holes. `type_args`: of calls
    of functions that decode, what the type parameters stand for there."""

    types: Mapping[NodeId, Type]
    marks: tuple[Mark, ...]
    errors: frozenset[NodeId]
    is_sound: bool
    type_args: Mapping[NodeId, tuple[Type, ...]]
