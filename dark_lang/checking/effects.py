"""What code may do beyond computing: look at a clock, read, write, reach over the network.

A definition may do what any function may that stands in it: in a lambda, as a value, on either side of a Toggle, a
Partial or a Conflict, and in the condition of a switch that chooses between sides. Must not know a canvas: what a
definition mentions is worked out once for its content (`mentions`), and what references mean is looked up (`Program`).
Invariants: nothing here recurses, so no tree and no chain of calls is too deep; definitions that call each other in a
circle may do what any of them may.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from dark_lang.library import Effect
from dark_lang.names import Defined, NodeId, Ref, Standard
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.records import NamedTuple

Mentions = tuple[tuple[Realm, Ref], ...]
"""The functions that a definition mentions and the switches that it decides by, each once, in order of appearance."""


class Program(Protocol):
    """What inferring asks of a program. Each answers for what is there now."""

    def mentions(self, definition: NodeId) -> Mentions:
        """Of a function, a switch or a handler; nothing for what is gone."""
        ...

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        """What a name that meant nothing when it was written means now; other references as they are."""
        ...

    def effect(self, function: Standard) -> Effect:
        """Of a standard function; PURE if there is none of that name."""
        ...


class Inferred(NamedTuple):
    """`source` is a standard function that has the effect, the one nearest to the definition; `path` the definitions
    through which it is reached, the outermost first. Of what is pure, both are empty."""

    effect: Effect
    source: Standard | None
    path: tuple[NodeId, ...]


def mentions(tree: Node) -> Mentions:
    """Of one definition, or of any part of one."""
    return tuple(dict.fromkeys(_mentions(tree)))


def _mentions(tree: Node) -> Iterator[tuple[Realm, Ref]]:
    for node in descend(tree):
        match node:
            case e.Call(function=ref) | e.FunctionRef(function=ref):
                yield Realm.FUNCTION, ref
            case e.Toggle(switch=ref):
                yield Realm.SWITCH, ref


def infer(definition: NodeId, program: Program) -> Inferred:
    """What a definition may do, with all that it reaches."""
    return infer_all(program.mentions(definition), program)


def infer_all(mentioned: Mentions, program: Program) -> Inferred:
    """The same for code that is no definition, by what it mentions."""
    strongest = Inferred(Effect.PURE, None, ())
    came_from: dict[NodeId, NodeId | None] = {}
    level: list[tuple[NodeId | None, Mentions]] = [(None, mentioned)]
    while level:
        below: list[tuple[NodeId | None, Mentions]] = []
        for holder, found in level:
            for realm, ref in found:
                meant = program.resolved(realm, ref)
                if isinstance(meant, Standard):
                    effect = program.effect(meant)
                    if effect > strongest.effect:
                        strongest = Inferred(effect, meant, _path(holder, came_from))
                elif isinstance(meant, Defined) and meant.id not in came_from:
                    came_from[meant.id] = holder
                    below.append((meant.id, program.mentions(meant.id)))
        level = below
    return strongest


def _path(holder: NodeId | None, came_from: dict[NodeId, NodeId | None]) -> tuple[NodeId, ...]:
    path = []
    while holder is not None:
        path.append(holder)
        holder = came_from[holder]
    return tuple(reversed(path))
