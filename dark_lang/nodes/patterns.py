"""What stands left of `=` in a let, in a lambda's parentheses, and in the arms of a match.

Must not know how matching works. Invariant: a pattern binds each name once; a second binding is an error mark there.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from dark_lang.names import NodeId, Ref
from dark_lang.nodes.shape import Node, Sort, child, children
from dark_lang.records import dataclass


class _Pattern(Node):
    __slots__ = ()
    SORT: ClassVar[Sort] = Sort.PATTERN


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Wildcard(_Pattern):
    id: NodeId


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Variable(_Pattern):
    id: NodeId
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Int(_Pattern):
    id: NodeId
    value: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Float(_Pattern):
    id: NodeId
    value: float  # finite


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bool(_Pattern):
    id: NodeId
    value: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Char(_Pattern):
    id: NodeId
    value: str  # one extended grapheme cluster


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class String(_Pattern):
    id: NodeId
    value: str  # plain: patterns do not interpolate


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unit(_Pattern):
    id: NodeId


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tuple(_Pattern):
    id: NodeId
    items: tuple[Pattern, ...] = children(Sort.PATTERN)  # two or more


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class List(_Pattern):
    id: NodeId
    rest: str | None  # None: exactly these items; "": `..`; else the name that the rest is bound to
    items: tuple[Pattern, ...] = children(Sort.PATTERN)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldPattern(Node):
    SORT: ClassVar[Sort] = Sort.FIELD_PATTERN
    id: NodeId
    label: str | None  # None: written as `?`, still missing
    pattern: Pattern = child(Sort.PATTERN)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Record(_Pattern):
    """Fits any record that has these fields, and perhaps more."""

    id: NodeId
    fields: tuple[FieldPattern, ...] = children(Sort.FIELD_PATTERN)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constructor(_Pattern):
    id: NodeId
    type: Ref
    case: str
    args: tuple[Pattern, ...] = children(Sort.PATTERN)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hole(_Pattern):
    id: NodeId
    label: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unread(_Pattern):
    id: NodeId
    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Conflict(_Pattern):
    id: NodeId
    base: Pattern = child(Sort.PATTERN)
    alternatives: tuple[Pattern, ...] = children(Sort.PATTERN)


Pattern: TypeAlias = (
    Wildcard
    | Variable
    | Int
    | Float
    | Bool
    | Char
    | String
    | Unit
    | Tuple
    | List
    | Record
    | Constructor
    | Hole
    | Unread
    | Conflict
)
