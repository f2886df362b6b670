"""A canvas in memory for tests of running code: toplevels read from notation, linked and run as a server would."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple, cast

from dark_lang.compiling.translating import compile_expression
from dark_lang.deciding import Side
from dark_lang.errors import AddressError, Failed
from dark_lang.library import STANDARD_CASES, STANDARD_TYPES, Bench, Library, World
from dark_lang.names import Defined, Fresh, NodeId, Ref, Standard, Unresolved, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import label_of
from dark_lang.notation.reading import read_expression, read_signature, read_typedef
from dark_lang.stdlib import standard_library
from dark_lang.values.model import Value
from runtime.linking import CodeCache, Linker
from runtime.running import Limits, run
from runtime.serving.routes import EMPTY
from runtime.serving.snapshots import Snapshot
from runtime.testing.benches import BenchWorld

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def library() -> Library:
    return standard_library()


@contextmanager
def same_recursion_limit() -> Iterator[None]:
    """Runs set it for their process; Hypothesis insists on finding it as it was."""
    before = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Entry(NamedTuple):
    alive: bool
    kind: type[top.Toplevel]
    label: str


class MemoryWorld:
    """Rows in a dictionary; the clock stands still."""

    def __init__(self) -> None:
        self.rows: dict[NodeId, dict[str, Value]] = {}

    def now(self) -> datetime:
        return MOMENT

    def random_bytes(self, count: int) -> bytes:
        return bytes(count)

    def db_get(self, store: NodeId, key: str) -> Value | None:
        return self.rows.get(store, {}).get(key)

    def db_set(self, store: NodeId, key: str, value: Value) -> None:
        self.rows.setdefault(store, {})[key] = value

    def db_delete(self, store: NodeId, key: str) -> None:
        self.rows.get(store, {}).pop(key, None)

    def db_keys(self, store: NodeId) -> list[str]:
        return sorted(self.rows.get(store, {}))

    def db_items(self, store: NodeId) -> list[tuple[str, Value]]:
        return sorted(self.rows.get(store, {}).items())

    def db_count(self, store: NodeId) -> int:
        return len(self.rows.get(store, {}))

    def bench(self) -> Bench:
        raise Failed("this run is no test")


def _world_for(expression: Node) -> World:
    """That of a test for code that asks for one."""
    called = {node.function for node in descend(expression) if isinstance(node, e.Call)}
    if any(isinstance(ref, Standard) and ref.name.startswith("Test::") for ref in called):
        return BenchWorld(_serving_nothing, Limits(time_ms=5_000), lambda _: "?")
    return MemoryWorld()


def _serving_nothing() -> Snapshot:
    # A program is asked for handlers, of which there are none.
    return Snapshot(cast(Any, None), EMPTY, 0, cast(Any, None), frozenset(), has_switches=False)


class MemoryCanvas:
    """Names mean what bears them at the time of reading; `define` takes one definition in notation."""

    def __init__(self) -> None:
        self.fresh = Fresh(0xCA57A5)
        self.trees: dict[NodeId, top.Toplevel] = {}
        self.deleted: set[NodeId] = set()
        self.preferred: Mapping[NodeId, NodeId] = {}

    # Building

    def add(self, tree: top.Toplevel) -> NodeId:
        self.trees[tree.id] = tree
        return tree.id

    def function(self, signature: str, body: str = "?") -> NodeId:
        """Its own name means it in its body, as when somebody fills the body of a function that is there."""
        tree = read_signature(signature, self, self.fresh).tree
        self.add(tree)
        fields = {name: getattr(tree, name) for name in tree.__dataclass_fields__}
        return self.add(top.Function(**{**fields, "body": self.read(body)}))

    def type(self, text: str) -> NodeId:
        return self.add(read_typedef(text, self, self.fresh).tree)

    def datastore(self, name: str) -> NodeId:
        name, _, version = name.partition("-v")
        text = t.Named(self.fresh(), Standard("String"), ())
        return self.add(top.Datastore(self.fresh(), 1, "", name, int(version), text, None, None))

    def http(self, route: str, body: str) -> NodeId:
        return self.add(top.Http(self.fresh(), 1, "", "GET", route, self.read(body)))

    def switch(self, name: str, *, condition: str | None = None, **fields: object) -> NodeId:
        rule: dict[str, object] = {"on": True, "share": 0, "salt": name, "algorithm": "murmur3", "subjects": ()}
        rule |= {"prerequisites": (), "ramp": (), **fields}
        read = None if condition is None else self.read(condition)
        return self.add(top.Switch(self.fresh(), 1, "", name, condition=read, **rule))

    def read(self, text: str) -> e.Expression:
        return read_expression(text, self, self.fresh).tree

    # What linking asks

    @property
    def entries(self) -> Mapping[NodeId, Entry]:
        return {
            node_id: Entry(node_id not in self.deleted, type(tree), label_of(tree))
            for node_id, tree in self.trees.items()
        }

    @property
    def naming(self) -> MemoryCanvas:
        return self

    def tree(self, toplevel: NodeId) -> top.Toplevel:
        if toplevel not in self.trees:
            raise AddressError(f"no toplevel has the id {spell_id(toplevel)}")
        return self.trees[toplevel]

    def content(self, toplevel: NodeId) -> bytes:
        return sha256(repr(self.trees[toplevel]).encode("utf-8", "surrogatepass")).digest()

    def labels(self) -> list[str]:
        return sorted(label_of(tree) for tree in self.trees.values())

    def labelled(self, label: str) -> NodeId | None:
        return next((node_id for node_id, tree in self.trees.items() if label_of(tree) == label), None)

    # Naming

    def resolve(self, realm: Realm, text: str) -> Ref:
        for node_id, tree in self.trees.items():
            if self._bears(realm, tree, text):
                return Defined(node_id)
        if realm is Realm.TYPE and text in STANDARD_TYPES:
            return Standard(text)
        if realm is Realm.FUNCTION:
            name, _, version = text.rpartition("_v")
            if text in library().newest:
                return library().newest[text]
            if version.isdigit() and Standard(name, int(version)) in library().functions:
                return Standard(name, int(version))
        return Unresolved(text)

    def _bears(self, realm: Realm, tree: top.Toplevel, text: str) -> bool:
        match realm, tree:
            case (Realm.FUNCTION, top.Function()) | (Realm.TYPE, top.Type()):
                return text in (tree.name, f"{tree.name}_v{tree.version}")
            case Realm.DATASTORE, top.Datastore():
                return text == f"{tree.name}-v{tree.version}"
            case Realm.SWITCH, top.Switch():
                return text == tree.name
            case _:
                return False

    def resolve_case(self, case: str) -> Ref:
        if case in STANDARD_CASES:
            return Standard(STANDARD_CASES[case][0])
        found = [
            tree.id
            for tree in self.trees.values()
            if isinstance(tree, top.Type)
            and isinstance(tree.definition, t.Enum)
            and any(each.name == case for each in tree.definition.cases)
        ]
        return Defined(found[0]) if len(found) == 1 else Unresolved("")

    def name_of(self, realm: Realm, ref: Ref) -> str:
        match ref:
            case Unresolved(text):
                return text
            case Standard(name, version):
                return f"{name}_v{version}" if realm is Realm.FUNCTION else name
            case Defined(node_id):
                return label_of(self.trees[node_id]) if node_id in self.trees else f"Gone_{spell_id(node_id)}"

    def is_case_unique(self, ref: Ref, case: str) -> bool:
        return self.resolve_case(case) == ref

    # Running

    def linker(self, cache: CodeCache | None = None) -> Linker:
        return Linker(self, library(), cache)

    def evaluate(
        self,
        text: str | e.Expression,
        *,
        limits: Limits | None = None,
        subject: str | None = None,
        forced: Mapping[NodeId, Side] | None = None,
        world: World | None = None,
        seen: Mapping[str, Value] | None = None,
    ) -> Value:
        expression = self.read(text) if isinstance(text, str) else text
        within = top.Repl(self.fresh(), 1, "", "case", expression)
        function = self.linker().link_code(compile_expression(expression), within)
        with same_recursion_limit():
            return run(
                function,
                (),
                world=world or _world_for(expression),
                limits=limits or Limits(time_ms=5_000),
                subject=subject,
                forced=forced or {},
                seen=seen or {},
            )

    def call(self, toplevel: NodeId, *args: Value, limits: Limits | None = None) -> Value:
        function = self.linker().callable_for(toplevel)
        with same_recursion_limit():
            return run(function, args, world=_world_for(self.trees[toplevel]), limits=limits or Limits(time_ms=5_000))
