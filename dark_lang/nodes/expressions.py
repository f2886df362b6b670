"""What code is made of. Read `patterns`, `types` and `toplevels` beside it, and you have read the language.

Must not know how anything is written, stored, checked or run. Invariant: the constructors' normal forms (NOTATION.md)
are kept by whoever builds a tree: adjacent Text joined and never empty, tuples of two or more, floats finite.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from dark_lang.names import NodeId, Ref
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Sort, child, children, optional_child
from dark_lang.records import dataclass


class _Expression(Node):
    __slots__ = ()
    SORT: ClassVar[Sort] = Sort.EXPRESSION


# Literals


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Int(_Expression):
    id: NodeId
    value: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Float(_Expression):
    id: NodeId
    value: float  # finite; -0.0 is kept


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bool(_Expression):
    id: NodeId
    value: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Char(_Expression):
    id: NodeId
    value: str  # one extended grapheme cluster


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unit(_Expression):
    id: NodeId


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Text(Node):
    """A stretch of a String that is not interpolated."""

    SORT: ClassVar[Sort] = Sort.PART
    id: NodeId
    value: str  # never empty


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class String(_Expression):
    id: NodeId
    parts: tuple[Part, ...] = children(Sort.PART)


# Data


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class List(_Expression):
    id: NodeId
    items: tuple[Expression, ...] = children(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tuple(_Expression):
    id: NodeId
    items: tuple[Expression, ...] = children(Sort.EXPRESSION)  # two or more; deleting one leaves a hole


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Entry(Node):
    SORT: ClassVar[Sort] = Sort.ENTRY
    id: NodeId
    key: Expression = child(Sort.EXPRESSION)
    value: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dict(_Expression):
    id: NodeId
    entries: tuple[Entry, ...] = children(Sort.ENTRY)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Field(Node):
    SORT: ClassVar[Sort] = Sort.FIELD
    id: NodeId
    label: str | None  # None: written as `?`, still missing
    value: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Record(_Expression):
    id: NodeId
    fields: tuple[Field, ...] = children(Sort.FIELD)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RecordUpdate(_Expression):
    """`{ user | age: 37 }`"""

    id: NodeId
    record: Expression = child(Sort.EXPRESSION)
    fields: tuple[Field, ...] = children(Sort.FIELD)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Construct(_Expression):
    """A case of an enum. Some, None, Ok and Error have the types Standard("Option") and Standard("Result")."""

    id: NodeId
    type: Ref
    case: str
    args: tuple[Expression, ...] = children(Sort.EXPRESSION)


# Names and flow


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Variable(_Expression):
    id: NodeId
    name: str  # lexical: the innermost binding of that name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldAccess(_Expression):
    id: NodeId
    label: str | None
    record: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Let(_Expression):
    """`let pattern = value`, then body. A statement `e1; e2` is a Let whose pattern is Wildcard."""

    id: NodeId
    pattern: p.Pattern = child(Sort.PATTERN)
    value: Expression = child(Sort.EXPRESSION)
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class If(_Expression):
    id: NodeId
    condition: Expression = child(Sort.EXPRESSION)
    then: Expression = child(Sort.EXPRESSION)
    else_: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arm(Node):
    SORT: ClassVar[Sort] = Sort.ARM
    id: NodeId
    pattern: p.Pattern = child(Sort.PATTERN)
    guard: Expression | None = optional_child(Sort.EXPRESSION)
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Match(_Expression):
    id: NodeId
    subject: Expression = child(Sort.EXPRESSION)
    arms: tuple[Arm, ...] = children(Sort.ARM)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class And(_Expression):
    id: NodeId
    left: Expression = child(Sort.EXPRESSION)
    right: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Or(_Expression):
    id: NodeId
    left: Expression = child(Sort.EXPRESSION)
    right: Expression = child(Sort.EXPRESSION)


# Functions


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lambda(_Expression):
    id: NodeId
    params: tuple[p.Pattern, ...] = children(Sort.PATTERN)
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(_Expression):
    """A call of a named function. Infix and prefix operators are calls of functions of module Op."""

    id: NodeId
    function: Ref
    type_args: tuple[t.Type, ...] = children(Sort.TYPE)
    args: tuple[Expression, ...] = children(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FunctionRef(_Expression):
    """A named function as a value."""

    id: NodeId
    function: Ref
    type_args: tuple[t.Type, ...] = children(Sort.TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(_Expression):
    """A call of a value."""

    id: NodeId
    function: Expression = child(Sort.EXPRESSION)
    args: tuple[Expression, ...] = children(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pipe(_Expression):
    """`head |> step |> step`. Each step lacks its first argument: a Call or Apply takes what came before as its first
    argument, a Try unwraps the result of the step inside it, anything else is a function that is applied."""

    id: NodeId
    head: Expression = child(Sort.EXPRESSION)
    steps: tuple[Expression, ...] = children(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Try(_Expression):
    """`e!`: unwrap Some or Ok, else leave the innermost lambda or function with the None or Error."""

    id: NodeId
    value: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DatastoreRef(_Expression):
    id: NodeId
    datastore: Ref


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SecretRef(_Expression):
    id: NodeId
    secret: Ref


# Change, and what is not there yet


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Toggle(_Expression):
    """Two sides; the switch's rule chooses, once per request."""

    id: NodeId
    switch: Ref
    old: Expression = child(Sort.EXPRESSION)
    new: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hole(_Expression):
    id: NodeId
    label: str  # "" when it has none


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Partial(_Expression):
    """New code that is not usable yet beside the old code, which runs. Never stands inside another's sides."""

    id: NodeId
    new: Expression = child(Sort.EXPRESSION)
    old: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unread(_Expression):
    """Text that the reader could not place. Nothing that was typed is lost."""

    id: NodeId
    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Conflict(_Expression):
    """What the fold shows where edits disagree."""

    id: NodeId
    base: Expression = child(Sort.EXPRESSION)
    alternatives: tuple[Expression, ...] = children(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Note(_Expression):
    """A comment on its own lines before `body`, or after it where nothing follows."""

    id: NodeId
    text: str
    after: bool
    body: Expression = child(Sort.EXPRESSION)


Expression: TypeAlias = (
    Int
    | Float
    | Bool
    | Char
    | Unit
    | String
    | List
    | Tuple
    | Dict
    | Record
    | RecordUpdate
    | Construct
    | Variable
    | FieldAccess
    | Let
    | If
    | Match
    | And
    | Or
    | Lambda
    | Call
    | FunctionRef
    | Apply
    | Pipe
    | Try
    | DatastoreRef
    | SecretRef
    | Toggle
    | Hole
    | Partial
    | Unread
    | Conflict
    | Note
)
Part: TypeAlias = Text | Expression
