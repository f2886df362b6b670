"""What code may do beyond computing, in words.

Must not know how effects are found. Invariant: one table of words for all commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.library import Effect
from dark_lang.naming import Realm

if TYPE_CHECKING:
    from dark_lang.checking.effects import Inferred
    from runtime.canvas import Canvas

EFFECTS = {
    Effect.PURE: "pure",
    Effect.RANDOM: "asks the clock or chance",
    Effect.READS: "reads datastores",
    Effect.WRITES: "writes datastores",
    Effect.NETWORK: "reaches the network",
}


def effect_words(canvas: Canvas, found: Inferred) -> str:
    """`writes datastores: DB::set_v0 in Shop::buy_v0`."""
    if found.source is None:
        return EFFECTS[found.effect]
    source = canvas.naming.name_of(Realm.FUNCTION, found.source)
    inside = f" in {canvas.entries[found.path[-1]].label}" if found.path else ""
    return f"{EFFECTS[found.effect]}: {source}{inside}"
