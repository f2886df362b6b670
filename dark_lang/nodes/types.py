"""Types as they are written in a program, with ids. (`dark_lang.types` has types as the checker thinks of them.)

Must not know inference. Invariant: an Enum stands only as the whole definition of a Type toplevel.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from dark_lang.names import NodeId, Ref
from dark_lang.nodes.shape import Node, Sort, child, children
from dark_lang.records import dataclass


class _Type(Node):
    __slots__ = ()
    SORT: ClassVar[Sort] = Sort.TYPE


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Named(_Type):
    """A standard type (`Int`, `List<…>`, `Option<…>`, `Datastore<…>`, `Request` …) or one of the canvas."""

    id: NodeId
    type: Ref
    args: tuple[Type, ...] = children(Sort.TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Variable(_Type):
    id: NodeId
    name: str  # lower case


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tuple(_Type):
    id: NodeId
    items: tuple[Type, ...] = children(Sort.TYPE)  # two or more


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fn(_Type):
    id: NodeId
    params: tuple[Type, ...] = children(Sort.TYPE)
    result: Type = child(Sort.TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldType(Node):
    SORT: ClassVar[Sort] = Sort.FIELD_TYPE
    id: NodeId
    label: str | None
    type: Type = child(Sort.TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Record(_Type):
    id: NodeId
    rest: str | None  # None: exactly these fields; "": `..`, more may follow; else the name of the row variable
    fields: tuple[FieldType, ...] = children(Sort.FIELD_TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Case(Node):
    SORT: ClassVar[Sort] = Sort.CASE
    id: NodeId
    name: str
    args: tuple[Type, ...] = children(Sort.TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Enum(_Type):
    id: NodeId
    cases: tuple[Case, ...] = children(Sort.CASE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hole(_Type):
    id: NodeId
    label: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unread(_Type):
    id: NodeId
    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Conflict(_Type):
    id: NodeId
    base: Type = child(Sort.TYPE)
    alternatives: tuple[Type, ...] = children(Sort.TYPE)


Type: TypeAlias = Named | Variable | Tuple | Fn | Record | Enum | Hole | Unread | Conflict
