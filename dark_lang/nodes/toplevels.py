"""The definitions that a canvas consists of. The id of a toplevel's node is the identity of its definition.

Must not know the canvas around it. Invariant: `name`, `version`, `method`, `route` are labels and may change; code,
references and stored rows hold the id.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from dark_lang.names import NodeId
from dark_lang.nodes.expressions import Expression
from dark_lang.nodes.shape import Node, Scalar, Sort, child, children, optional_child, table
from dark_lang.nodes.types import Type as TypeNode
from dark_lang.records import dataclass


class _Toplevel(Node):
    __slots__ = ()
    SORT: ClassVar[Sort] = Sort.TOPLEVEL
    language: int  # the language version that its code is written in
    doc: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Http(_Toplevel):
    id: NodeId
    language: int
    doc: str
    method: str  # upper case
    route: str  # /users/:id, /files/:rest*
    body: Expression = child(Sort.EXPRESSION)  # sees `request` and the route's variables


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Worker(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str
    body: Expression = child(Sort.EXPRESSION)  # sees `event`


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Cron(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str
    schedule: str
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Repl(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parameter(Node):
    SORT: ClassVar[Sort] = Sort.PARAMETER
    id: NodeId
    name: str
    type: TypeNode = child(Sort.TYPE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeParameter(Node):
    SORT: ClassVar[Sort] = Sort.TYPE_PARAMETER
    id: NodeId
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str  # with its module: Shop::total
    version: int
    type_params: tuple[TypeParameter, ...] = children(Sort.TYPE_PARAMETER)
    params: tuple[Parameter, ...] = children(Sort.PARAMETER)
    result: TypeNode = child(Sort.TYPE)
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Type(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str
    version: int
    params: tuple[TypeParameter, ...] = children(Sort.TYPE_PARAMETER)
    definition: TypeNode = child(Sort.TYPE)  # an Enum, or what the name is an alias of


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Switch(_Toplevel):
    """The rule that chooses a side (DESIGN section 14). Who is listed, and what it needs, is a register per key."""

    id: NodeId
    language: int
    doc: str
    name: str
    on: bool
    share: int  # basis points, 0 to 10,000, of subjects who get the new side
    salt: str  # fixed when the switch is made
    algorithm: str  # "murmur3" (modulo 10,000) or "murmur3/100"
    subjects: tuple[tuple[str, Scalar], ...] = table()  # subject -> True: allowed, False: denied, None: not listed
    prerequisites: tuple[tuple[str, Scalar], ...] = table()  # spelled id of a switch -> True: its new side
    ramp: tuple[tuple[str, Scalar], ...] = table()  # a step to come, or a guard (`dark_lang.ramps`) -> True; None: gone
    condition: Expression | None = optional_child(Sort.EXPRESSION)  # none: true


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Datastore(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str
    version: int
    type: TypeNode = child(Sort.TYPE)
    forward: Expression | None = optional_child(Sort.EXPRESSION)  # from the version before to this one
    back: Expression | None = optional_child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Test(_Toplevel):
    id: NodeId
    language: int
    doc: str
    name: str
    body: Expression = child(Sort.EXPRESSION)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Secret(_Toplevel):
    """That a secret of this name exists. Its value is never in the program."""

    id: NodeId
    language: int
    doc: str
    name: str


Toplevel: TypeAlias = Http | Worker | Cron | Repl | Function | Type | Switch | Datastore | Test | Secret
