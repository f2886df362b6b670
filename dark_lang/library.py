"""What a standard function is: one readable declaration that checker, documentation, completion and compiler all read.

Must not know which functions there are (`stdlib`), nor any world outside. Invariant: a declaration is complete: what a
pass needs to know of a function stands here, never in a table of the pass's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, Protocol

from dark_lang.names import NodeId, Standard
from dark_lang.values.model import Value


class Effect(IntEnum):
    """What a call may do, each including those before it."""

    PURE = 0
    RANDOM = 1  # clock or randomness
    READS = 2
    WRITES = 3  # buffered: they leave the process only when the request commits
    NETWORK = 4


class Bench(Protocol):
    """What a test has beside its world."""

    def expect(self, holds: bool, found: str, expected: str) -> None: ...
    def expect_equal(self, found: Value, expected: Value) -> None: ...
    def enter_case(self, name: str) -> None:
        """What is expected from here on is told with this name, "" for none."""
        ...

    def attempt(self, act: Callable[..., Value]) -> tuple[str | None, Value]:
        """What calling it fails with, None if it does not; and what it gives."""
        ...

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Value: ...
    def set_clock(self, moments: list[datetime]) -> None: ...
    def set_chance(self, data: bytes) -> None: ...
    def set_subject(self, subject: str) -> None: ...
    def done(self) -> list[tuple[str, str, str]]:
        """Kind, datastore and key of each thing that was done."""
        ...


class World(Protocol):
    """All that running code reaches outside itself. One object a run; its methods answer at once or raise RunError."""

    def now(self) -> datetime: ...
    def random_bytes(self, count: int) -> bytes: ...

    def db_get(self, store: NodeId, key: str) -> Value | None: ...
    def db_set(self, store: NodeId, key: str, value: Value) -> None: ...
    def db_delete(self, store: NodeId, key: str) -> None: ...
    def db_keys(self, store: NodeId) -> list[str]: ...
    def db_items(self, store: NodeId) -> list[tuple[str, Value]]: ...
    def db_count(self, store: NodeId) -> int: ...

    def bench(self) -> Bench:
        """Raises Failed in a run that is no test."""
        ...


LONG: Final = 5_000_000
"""Nanoseconds. A call whose `cost` is higher may take so long in one piece that others must not wait for it, since C
code runs to its end. Loops that call guest functions, and those of ours, can be interrupted, and cost nothing."""

MANY: Final = 100_000
"""Characters, bytes, items or entries of an argument, at 50 nanoseconds each."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    reason: str
    successor: Standard
    template: str  # a rewrite in notation, parameters as ?a, ?b: "List::getAt_v1(?list, 0)"


@dataclass(frozen=True, slots=True)
class LibraryFunction:
    """`body` takes the guest arguments in order, after the World if `effect` is not PURE.

    It may assume that each argument has the outermost type that the signature says (whoever links it checks that),
    and raises `Failed` for what types cannot say. It never calls guest functions from C (no `sorted(key=)`, no `map`):
    loops and comprehensions only. A parameter whose type is a bare type variable may be given a hole.

    If `decodes`, each call has to say, or let be inferred, what the type parameters stand for, and `body` takes before
    anything else a `values.decoding.Decoder` for each of them.
    """

    signature: str  # in notation, with version: "List::map_v0<a, b>(list: List<a>, f: a -> b) -> List<b>"
    body: Callable[..., Value]
    doc: str
    examples: tuple[str, ...] = ()  # expressions in notation that are true
    effect: Effect = Effect.PURE
    deprecated: Deprecation | None = None
    growing: Callable[[Callable[..., Value]], Callable[..., Any]] | None = None  # see GROWING_FUNCTIONS
    proven: Callable[..., Value] | None = None  # `body` for arguments that are proven to be of their types to any depth
    decodes: bool = False  # see DECODING_FUNCTIONS
    cost: Callable[..., int] | None = None  # see LONG; None: by the pieces of its arguments, of which MANY are long
    identity: Standard = field(init=False)

    def __post_init__(self) -> None:
        head = self.signature[: min(self.signature.find(c) for c in "<(" if c in self.signature)]
        name, _, version = head.rpartition("_v")
        object.__setattr__(self, "identity", Standard(name, int(version)))


STANDARD_TYPES: Mapping[str, int] = {
    "Int": 0,
    "Float": 0,
    "Bool": 0,
    "String": 0,
    "Char": 0,
    "Unit": 0,
    "Bytes": 0,
    "DateTime": 0,
    "Uuid": 0,
    "Json": 0,
    "Request": 0,
    "Response": 0,
    "Any": 0,
    "List": 1,
    "Dict": 1,
    "Option": 1,
    "Datastore": 1,
    "Result": 2,
}
"""The name and the number of arguments of each type that needs no definition."""

STANDARD_CASES: Mapping[str, tuple[str, int]] = {
    "Some": ("Option", 1),
    "None": ("Option", 0),
    "Ok": ("Result", 1),
    "Error": ("Result", 1),
}
"""The type and the number of arguments of each case of a standard enum."""


GROWING_FUNCTIONS: Mapping[tuple[str, int], int] = {
    ("List::pushBack", 0): 2,
    ("List::append", 0): 2,
    ("Dict::set", 0): 3,
    ("Op::append", 0): 2,
}
"""By name and version, how many arguments they take: functions that may change their first one instead of copying it,
where code is compiled to call `LibraryFunction.growing` of the plain function."""

GROWING_FOLDS: Mapping[tuple[str, int], int] = {("List::fold", 0): 2, ("Dict::fold", 0): 3}
"""Folds that let them, and how many arguments their own function takes, the accumulator first."""


DECODING_FUNCTIONS: frozenset[tuple[str, int]] = frozenset({("Json::parse", 2), ("Json::as", 0)})
"""By name and version: functions that are another one at each call, after the types there."""


class Library:
    """Standard functions by identity. Built once, from explicit tuples, by whoever puts a program together."""

    def __init__(self, functions: Iterable[LibraryFunction]) -> None:
        self.functions: dict[Standard, LibraryFunction] = {}
        self.newest: dict[str, Standard] = {}  # the newest version that is not deprecated, else the newest
        for function in functions:
            identity = function.identity
            if identity in self.functions:
                raise ValueError(f"two standard functions are called {identity.name}_v{identity.version}")
            self.functions[identity] = function
            self._take_newest(function)

    def _take_newest(self, function: LibraryFunction) -> None:
        best = self.newest.get(function.identity.name)
        rank = (function.deprecated is None, function.identity.version)
        if best is None or rank > (self.functions[best].deprecated is None, best.version):
            self.newest[function.identity.name] = function.identity
