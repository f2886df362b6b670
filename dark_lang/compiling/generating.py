"""The state of one compilation, and what every kind of node needs of it: names, scopes, statements, locations.

There are two modes. Where the types of nodes are given, they are promises: every value is of its node's type, none is a
hole, and no test asks again. Where they are not, any value may be anything, and code finds out as it runs.

Must not know any particular node: what to do with each stands in the tables that are passed in. Invariants: every
binding gets a Python name of its own, so that nothing shadows anything; statements are emitted in the order in which
the guest's code runs, and an expression that waits while another emits statements is kept in a name first; the depth of
an emitted expression is bounded whatever the depth of the tree, since CPython's own compiler recurses.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import Need, NeedKind, Site
from dark_lang.compiling.growing import Grown
from dark_lang.compiling.kinds import KINDS, letter_of
from dark_lang.names import NOWHERE, NodeId, Ref, Standard
from dark_lang.nodes.shape import Node
from dark_lang.records import NamedTuple
from dark_lang.types import Type
from dark_lang.values.model import HoleValue, Value

Result: TypeAlias = tuple[ast.expr, str]
"""An expression, and what is known of its value: a letter of KINDS; in lower case if it may be a hole instead; "" if
nothing is known."""

DEEPEST = 320
"""Nodes below this depth are not compiled but fail when they run. The reader keeps to 250; only merges go beyond."""

_KEEP_EVERY = 15  # levels of nesting (a mask): there an expression is put into a name, which bounds its depth


UNREADABLE: Final = "text that could not be read"


class Place(NamedTuple):
    """Where the value of a node goes: `name`, or out of the function if that is None."""

    name: str | None


RETURN: Final = Place(None)


class Binding(NamedTuple):
    name: str
    kind: str
    level: int  # of the Python function that binds it


class InPlace(NamedTuple):
    """An accumulator that a loop changes in place."""

    name: str
    shared: str  # the name of the value that it begins as, if that belongs to others and is copied before a change
    kind: str


class Scope:
    """One Python function that is being generated."""

    __slots__ = ("captured", "checks", "leaves", "level", "loops", "params", "result", "title", "turns")

    def __init__(self, level: int) -> None:
        self.level = level
        self.captured: set[str] = set()  # names of outer functions that it uses
        self.result = ""  # the letter of the declared result
        self.checks = ""  # how the declared result is called in a message; "" if nothing is checked
        self.loops = False  # whether its self tail calls jump to its start
        self.leaves = False  # whether `!` wraps what it leaves with
        self.params: list[str] = []
        self.title = ""
        self.turns = 0  # how many loops, one in another, the present place is in


class Generator:
    __slots__ = (
        "_needed",
        "_trail",
        "block",
        "constants",
        "definition",
        "env",
        "flows",
        "growing",
        "grown",
        "in_place",
        "leaves",
        "misfits",
        "needs",
        "nest",
        "nodes",
        "scope",
        "scopes",
        "sites",
        "sizes",
        "spines",
        "types",
        "used",
        "values_of",
    )

    def __init__(
        self,
        definition: NodeId,
        values_of: Mapping[type[Node], Callable[[Generator, Node], Result]],
        flows: Mapping[type[Node], Callable[[Generator, Node, Place], str]],
        spines: Mapping[type[Node], tuple[str, Callable[[Generator, Node, Result | None], Result]]],
        leaves: Mapping[type[Node], Callable[[Generator, Node], Result]],
        types: Mapping[NodeId, Type] | None,
        misfits: Mapping[NodeId, str],
    ) -> None:
        self.definition = definition
        self.misfits = misfits  # what is wrong where a hole stands for what does not fit
        self.types = types
        self.values_of = values_of
        self.flows = flows
        self.spines = spines
        self.leaves = leaves
        self.nodes: list[NodeId] = [definition]
        self.needs: dict[str, Need] = {}
        self._needed: dict[object, str] = {}
        self.constants: dict[str, Value] = {}
        self.sites: dict[int, Site] = {}
        self.grown: Grown = {}
        self.growing: set[int] = set()  # the `id()` of calls that grow an accumulator
        self.in_place: dict[int, InPlace] = {}  # by the `id()` of a call that grows one
        self.sizes: dict[str, int] = {}  # of names of Ints, how many bits they have at most, where that is known
        self.used = 0
        self.nest = 0
        self.block: list[ast.stmt] = []
        self.scopes = [Scope(0)]
        self.scope = self.scopes[0]
        self.env: dict[str, Binding] = {}
        self._trail: list[tuple[str, Binding | None]] = []

    # Names

    def fresh(self) -> str:
        self.used += 1
        return f"v{self.used}"

    def need(
        self,
        kind: NeedKind,
        ref: Ref | None,
        count: int = 0,
        label: str = "",
        node: NodeId = NOWHERE,
    ) -> str:
        # Hashing a plain tuple of the reference's parts takes a quarter of what hashing the reference does.
        spelled = (ref.name, ref.version) if type(ref) is Standard else ref
        key = (kind._value_, spelled, count, label, node)
        name = self._needed.get(key)
        if name is None:
            name = self._needed[key] = f"g{len(self.needs)}"
            self.needs[name] = Need(kind, ref, count, label, node)
        return name

    def constant(self, value: Value) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def hole(self, node: NodeId, label: str, mistake: str = "") -> ast.expr:
        if node in self.misfits:
            mistake = f"what does not fit: {self.misfits[node]}"
        return py.load(self.constant(HoleValue(node, label, mistake)))

    def line(self, node: NodeId) -> int:
        self.nodes.append(node)
        return len(self.nodes)

    def site(self, line: int, what: str, operands: Sequence[ast.expr], detail: str) -> None:
        names = tuple([operand.id for operand in operands if isinstance(operand, ast.Name)])
        self.sites[line] = Site(what, names, detail)

    def kind_of(self, node: Node) -> str:
        """What the node's type promises of its value."""
        return "" if self.types is None else letter_of(self.types.get(node.id))

    # Scopes

    def bind(self, name: str, result: Result) -> None:
        """Lets a guest's name mean the value of a stable expression from here on."""
        value, kind = result
        if type(value) is not py.Name:
            python_name = self.fresh()
            self.block.append(py.assign(python_name, value))
        else:
            python_name = value.id
        self._bind(name, Binding(python_name, kind, self.scope.level))

    def bind_python(self, name: str, python_name: str, kind: str) -> None:
        self._bind(name, Binding(python_name, kind, self.scope.level))

    def _bind(self, name: str, binding: Binding) -> None:
        env = self.env
        self._trail.append((name, env.get(name)))
        env[name] = binding

    def mark(self) -> int:
        return len(self._trail)

    def unwind(self, mark: int) -> None:
        """Forgets what was bound since the mark was taken."""
        env, trail = self.env, self._trail
        while len(trail) > mark:
            name, before = trail.pop()
            if before is None:
                del env[name]
            else:
                env[name] = before

    def variable(self, name: str) -> Result | None:
        binding = self.env.get(name)
        if binding is None:
            return None
        level = self.scope.level
        if binding.level != level:
            for scope in self.scopes[binding.level + 1 :]:
                scope.captured.add(binding.name)
        return py.load(binding.name), binding.kind

    def enter(self) -> Scope:
        """Begins a Python function inside the present one."""
        self.scope = Scope(len(self.scopes))
        self.scopes.append(self.scope)
        return self.scope

    def leave(self) -> None:
        self.scopes.pop()
        self.scope = self.scopes[-1]

    # Values and statements

    def value(self, node: Node) -> Result:
        """An expression with the node's value. Statements that it needs go to the present block."""
        kind = type(node)
        leaf = self.leaves.get(kind)
        if leaf is not None:
            return leaf(self, node)
        nest = self.nest = self.nest + 1
        if nest > DEEPEST:
            result = self.failure(node.id, "this code is nested too deeply to run")
        else:
            result = self.values_of[kind](self, node)
        if self.types is not None and not result[1].isupper():
            result = result[0], letter_of(self.types.get(node.id))
        self.nest = nest - 1
        return result if nest & _KEEP_EVERY else self.keep(result)

    def spine(self, node: Node) -> Result:
        """Chains of operators, calls of values, field accesses and pipes nest to the left without limit."""
        spines = self.spines
        slot, step = spines[type(node)]
        first = getattr(node, slot)
        if slot == "args":
            if not first:
                return step(self, node, None)
            first = first[0]
        if type(first) not in spines:
            leaf = self.leaves.get(type(first))
            return step(self, node, self.value(first) if leaf is None else leaf(self, first))
        spine: list[tuple[Node, Callable[[Generator, Node, Result | None], Result]]] = []
        while (entry := spines.get(type(node))) is not None:
            slot, step = entry
            first = getattr(node, slot)
            if slot == "args":
                if not first:
                    break
                first = first[0]
            spine.append((node, step))
            node = first
        result = self.value(node) if entry is None else step(self, node, None)
        types = self.types
        for nth, (node, step) in enumerate(reversed(spine), start=1):
            result = step(self, node, result)
            if types is not None and not result[1].isupper():
                result = result[0], letter_of(types.get(node.id))
            if not nth & _KEEP_EVERY:
                result = self.keep(result)
        return result

    def values(self, nodes: Sequence[Node], first: Result | None = None) -> list[Result]:
        """The nodes' values, evaluated in order, after `first`, which is already on its way."""
        results: list[Result] = [] if first is None else [first]
        block, leaves = self.block, self.leaves
        for node in nodes:
            leaf = leaves.get(type(node))
            if leaf is not None:
                results.append(leaf(self, node))
                continue
            before = len(block)
            result = self.value(node)
            if len(block) > before:
                results = self._spill(results, before)
            results.append(result)
        return results

    def _spill(self, results: list[Result], at: int) -> list[Result]:
        """Keeps expressions that wait in names, by statements before those that came after them."""
        spilled: list[ast.stmt] = []
        kept: list[Result] = []
        for value, kind in results:
            if py.is_stable(value):
                kept.append((value, kind))
            else:
                name = self.fresh()
                spilled.append(py.assign(name, value))
                kept.append((py.load(name), kind))
        self.block[at:at] = spilled
        return kept

    def keep(self, result: Result) -> Result:
        """The same value as a constant or a name, which may be evaluated more than once."""
        value, kind = result
        if py.is_stable(value):
            return result
        name = self.fresh()
        self.block.append(py.assign(name, value))
        return py.load(name), kind

    def keep_all(self, results: list[Result]) -> list[Result]:
        """All of them as constants or names, in order."""
        if all(py.is_stable(value) for value, _ in results):
            return results
        return self._spill(results, len(self.block))

    def keep_name(self, result: Result) -> tuple[str, str]:
        """The same value in a name, for tests that need one."""
        value, kind = result
        if type(value) is py.Name:
            return value.id, kind
        name = self.fresh()
        self.block.append(py.assign(name, value))
        return name, kind

    def into(self, node: Node, place: Place) -> str:
        """Emits statements that put the node's value in its place; says what is known of it."""
        flow = self.flows.get(type(node))
        if flow is None:
            return self.put(self.value(node), place)
        nest = self.nest = self.nest + 1
        if nest > DEEPEST:
            kind = self.put(self.failure(node.id, "this code is nested too deeply to run"), place)
        else:
            kind = flow(self, node, place)
        self.nest = nest - 1
        return kind

    def put(self, result: Result, place: Place) -> str:
        value, kind = result
        if place.name is not None:
            if type(value) is py.Name and value.id == place.name:
                return kind  # an accumulator that was changed in place
            self.block.append(py.assign(place.name, value))
            return kind
        scope = self.scope
        if scope.checks and kind.upper() != scope.result:
            name, _ = self.keep_name(result)
            fits = py.is_type(name, KINDS[scope.result])
            mistake = py.call("bad_result", [py.load(name), py.Constant(scope.title), py.Constant(scope.checks)])
            self.block.append(py.Return(py.IfExp(fits, py.load(name), mistake)))
        else:
            self.block.append(py.Return(value))
        return ""

    def failure(self, node: NodeId, message: str, *details: ast.expr) -> Result:
        """An expression that fails with a message at a node."""
        return py.call("fail", [py.Constant(message), *details], self.line(node)), ""

    def branch(self, node: Node, place: Place) -> tuple[list[ast.stmt], str]:
        """The statements of one way that the code may go."""
        outer = self.block
        block = self.block = []
        kind = self.into(node, place)
        self.block = outer
        return block, kind
