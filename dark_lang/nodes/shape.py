"""How a node class declares its fields, and what passes that treat all nodes alike can ask of it.

Must not know any particular node. Invariant: a field is exactly one of three things, and says which: a *scalar* (a
plain value, one register), a *child slot* (exactly one child, at most one, or a list), or a *table* (a register a key).
"""

from __future__ import annotations

import dataclasses
from enum import Enum, auto
from typing import Any, ClassVar, TypeAlias

from dark_lang.names import NodeId, Ref
from dark_lang.records import dataclass


class Sort(Enum):
    """What kind of thing may stand in a slot. An edit that puts a wrong sort somewhere is refused."""

    EXPRESSION = auto()
    PART = auto()  # a piece of a String: Text, or any expression
    PATTERN = auto()
    TYPE = auto()
    ARM = auto()
    FIELD = auto()
    ENTRY = auto()
    FIELD_PATTERN = auto()
    FIELD_TYPE = auto()
    CASE = auto()
    PARAMETER = auto()
    TYPE_PARAMETER = auto()
    TOPLEVEL = auto()

    def takes(self, other: Sort) -> bool:
        return self is other or (self is Sort.PART and other is Sort.EXPRESSION)


class Arity(Enum):
    ONE = auto()  # an empty slot reads as a hole
    MAYBE = auto()  # an empty slot reads as None
    MANY = auto()  # a tuple, ordered by fractional keys


Scalar: TypeAlias = bool | int | float | str | bytes | Ref | None
"""What a register can hold."""


@dataclass(frozen=True, slots=True)
class Slot:
    name: str  # the field's name
    label: str  # the word in a path: `else_` is `else`
    arity: Arity
    sort: Sort


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of a node class, in the order of its constructor (after `id`)."""

    sort: Sort
    scalars: tuple[str, ...]
    tables: tuple[str, ...]
    slots: tuple[Slot, ...]
    fields: tuple[str, ...]  # all of them, in order

    def slot(self, label: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.label == label), None)


class Node:
    """The root of all node classes. Every one is a frozen, slotted dataclass whose first field is `id`.

    Equality and repr stand here once: to have dataclass write them anew for each of 75 classes costs each command that
    starts cold some 20 ms.
    """

    __slots__ = ()
    id: NodeId
    SORT: ClassVar[Sort]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __init_subclass__(cls) -> None:
        # For a class without a docstring dataclass makes one of inspect's signature, which is slow too.
        cls.__doc__ = cls.__doc__ or cls.__name__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self.id))

    def __repr__(self) -> str:
        names = shape_of(type(self)).fields
        inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in ("id", *names))
        return f"{type(self).__name__}({inner})"

    def _values(self) -> tuple[Any, ...]:
        return (self.id, *(getattr(self, name) for name in shape_of(type(self)).fields))


def child(sort: Sort) -> Any:
    return dataclasses.field(metadata={"arity": Arity.ONE, "sort": sort})


def optional_child(sort: Sort) -> Any:
    return dataclasses.field(metadata={"arity": Arity.MAYBE, "sort": sort})


def children(sort: Sort) -> Any:
    return dataclasses.field(metadata={"arity": Arity.MANY, "sort": sort})


def table() -> Any:
    """A field of type tuple[tuple[str, Scalar], ...], sorted by key; each key is a register of its own."""
    return dataclasses.field(metadata={"table": True})


def shape_of(kind: type[Node]) -> Shape:
    """The shape of a node class. Computed from its declaration once."""
    shape = _SHAPES.get(kind)
    if shape is None:
        shape = _SHAPES[kind] = _derive(kind)
    return shape


_SHAPES: dict[type[Node], Shape] = {}


def _derive(kind: type[Node]) -> Shape:
    scalars: list[str] = []
    tables: list[str] = []
    slots: list[Slot] = []
    declared = dataclasses.fields(kind)
    for field in declared[1:]:
        if "arity" in field.metadata:
            slots.append(Slot(field.name, field.name.rstrip("_"), field.metadata["arity"], field.metadata["sort"]))
        elif "table" in field.metadata:
            tables.append(field.name)
        else:
            scalars.append(field.name)
    return Shape(kind.SORT, tuple(scalars), tuple(tables), tuple(slots), tuple(field.name for field in declared[1:]))
