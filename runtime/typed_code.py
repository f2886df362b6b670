"""Which definitions run as code that trusts their types, and what that code may be given from outside.

A definition is *clean* when the checker found it sound and nothing is missing, in it and in all that it calls, on every
side of every toggle (`cleanness`). Clean code calls clean code only, so a value can be of another type than it
says only if it comes from outside: as an argument of a function that is run by itself, or as a row. Both are asked
here, once. Must not know how code is compiled or linked. Invariant: no value of another type, and no hole, gets past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from dark_lang.errors import Failed, RunError
from dark_lang.fitting import Fitting, Judge, Misfit
from dark_lang.library import Bench, World
from dark_lang.names import Defined, NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import label_of
from dark_lang.types import UNKNOWN, Named, Type
from dark_lang.values.demanding import hole_reached
from dark_lang.values.describing import name_kind
from dark_lang.values.model import HoleValue, Value
from dark_lang.values.showing import show
from runtime.checking import Checks, Interfaces
from runtime.cleanness import Cleanness
from runtime.current import current_world
from runtime.definitions import Definitions

Types: TypeAlias = Mapping[NodeId, Type]


class Clean:
    """The clean definitions of one snapshot: their types, and what is asked of values that come to them."""

    def __init__(self, definitions: Definitions, checks: Checks) -> None:
        self._definitions = definitions
        self._checks = checks
        self.is_clean = Cleanness(definitions, checks).is_clean
        self._fitting = Fitting(checks.interfaces.type_definition)
        self.rows = Rows(definitions, checks.interfaces, self._fitting)

    def types_of(self, toplevel: NodeId) -> tuple[Types, bytes]:
        """The type of every expression, pattern and parameter of a clean definition, names that are short for other
        types written out on the outside; and a key that differs if they do."""
        types = self._checks.of(toplevel).types
        short = [
            (node, wanted) for node, wanted in types.items() if type(wanted) is Named and type(wanted.type) is Defined
        ]
        if short:
            types = {**types, **{node: self._fitting.written_out(wanted) for node, wanted in short}}
        return types, self._checks.key(toplevel)

    def check_arguments(self, function: top.Function, args: Sequence[Value]) -> None:
        """Raises RunError if they are not what the function takes."""
        signature = self._checks.interfaces.signature(Defined(function.id))
        for param, value, (name, wanted) in zip(
            function.params, args, signature.params if signature is not None else (), strict=True
        ):
            found = self._fitting.judge(wanted)(value)
            if isinstance(found, Misfit):
                title = f"{function.name}_v{function.version}"
                raise _refusal(f"{title} takes {found.expected} as `{name}{found.path}`", found, param.id)


def _refusal(said: str, misfit: Misfit, node: int = 0) -> RunError:
    if type(misfit.found) is HoleValue:
        return hole_reached(misfit.found)
    return Failed(f"{said}, found {name_kind(misfit.found)}: {show(misfit.found, limit=_SHOWN)}", node=node)


_SHOWN: Final = 80  # characters of a value that a message shows

# Rows

_MOST_ROWS: Final = 20_000
_LARGEST: Final = 500  # parts of a row that is remembered to fit; larger ones are read anew each time anyway


class Rows:
    """Which rows were seen to be of their datastore's type. Rows are the same objects for as long as they are kept in
    memory, and nobody changes them."""

    def __init__(self, definitions: Definitions, interfaces: Interfaces, fitting: Fitting) -> None:
        self._definitions = definitions
        self._interfaces = interfaces
        self._fitting = fitting
        self._judges: dict[NodeId, Judge] = {}
        self._fit: dict[tuple[NodeId, str], Value] = {}

    def world(self) -> World:
        """The world of the present run, whose rows all fit."""
        return _FittingWorld(current_world(), self)

    def check(self, store: NodeId, key: str, value: Value) -> None:
        """Raises Failed if a row is not of its datastore's type."""
        if self._fit.get((store, key)) is value:
            return
        judge = self._judges.get(store)
        if judge is None:
            judge = self._judges[store] = self._judge(store)
        found = judge(value)
        if isinstance(found, Misfit):
            tree = self._definitions.definition(Defined(store))
            name = "its datastore" if tree is None else label_of(tree)
            at = f" at {found.path}" if found.path else ""
            raise _refusal(f'the row "{key}" of {name} is not of its type: expected {found.expected}{at}', found)
        if found <= _LARGEST:
            if len(self._fit) >= _MOST_ROWS:
                self._fit.clear()
            self._fit[store, key] = value

    def _judge(self, store: NodeId) -> Judge:
        wanted = self._interfaces.stored_type(Defined(store))
        return self._fitting.judge(UNKNOWN if wanted is None else wanted)


class _FittingWorld(World):
    __slots__ = ("_rows", "_world")

    def __init__(self, world: World, rows: Rows) -> None:
        self._world = world
        self._rows = rows

    def now(self) -> datetime:
        return self._world.now()

    def random_bytes(self, count: int) -> bytes:
        return self._world.random_bytes(count)

    def db_get(self, store: NodeId, key: str) -> Value | None:
        value = self._world.db_get(store, key)
        if value is not None:
            self._rows.check(store, key, value)
        return value

    def db_set(self, store: NodeId, key: str, value: Value) -> None:
        self._world.db_set(store, key, value)

    def db_delete(self, store: NodeId, key: str) -> None:
        self._world.db_delete(store, key)

    def db_keys(self, store: NodeId) -> list[str]:
        return self._world.db_keys(store)

    def db_items(self, store: NodeId) -> list[tuple[str, Value]]:
        items = self._world.db_items(store)
        for key, value in items:
            self._rows.check(store, key, value)
        return items

    def db_count(self, store: NodeId) -> int:
        return self._world.db_count(store)

    def bench(self) -> Bench:
        return self._world.bench()
