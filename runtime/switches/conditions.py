"""What a switch's condition may do: look, and nothing else.

Must not know how conditions run. Invariant: a condition that would write, or reach over the network, is refused when it
is set; one that comes to do so later, since a function that it calls was changed, fails when it does, and is not true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.errors import Failed, RefusedError
from dark_lang.library import Bench, Effect, World
from dark_lang.names import Defined, NodeId, Standard
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from dark_lang.values.model import Value
from runtime.asking import reference_in
from runtime.effects import Effects

if TYPE_CHECKING:
    from datetime import datetime

    from runtime.canvas import Canvas


def require_reading(canvas: Canvas, switch: top.Switch) -> None:
    """Raises RefusedError if the condition may do more than look."""
    if switch.condition is None:
        return
    effects = Effects(canvas, canvas.library)
    for node in descend(switch.condition):
        found = reference_in(node)
        if found is None:
            continue
        realm, ref = found
        effect = Effect.PURE
        if isinstance(ref, Standard) and ref in canvas.library.functions:
            effect = canvas.library.functions[ref].effect
        elif isinstance(ref, Defined) and ref.id in canvas.entries and canvas.entries[ref.id].kind is top.Function:
            effect = effects.of(ref.id).effect
        if effect >= Effect.WRITES:
            name = canvas.naming.name_of(realm, ref)
            does = "writes" if effect is Effect.WRITES else "reaches over the network"
            raise RefusedError(
                f"a condition only looks, and {name} {does}",
                suggestion="let the handler do it, and the condition look at what came of it",
            )


class ReadingWorld(World):
    """A world in which a condition runs: what it would do fails."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.now()

    def random_bytes(self, count: int) -> bytes:
        return self._world.random_bytes(count)

    def db_get(self, store: NodeId, key: str) -> Value | None:
        return self._world.db_get(store, key)

    def db_keys(self, store: NodeId) -> list[str]:
        return self._world.db_keys(store)

    def db_items(self, store: NodeId) -> list[tuple[str, Value]]:
        return self._world.db_items(store)

    def db_count(self, store: NodeId) -> int:
        return self._world.db_count(store)

    def db_set(self, _store: NodeId, _key: str, _value: Value) -> None:
        raise Failed("a condition only looks, and writes nothing")

    def db_delete(self, _store: NodeId, _key: str) -> None:
        raise Failed("a condition only looks, and writes nothing")

    def bench(self) -> Bench:
        raise Failed("a condition is no test")
