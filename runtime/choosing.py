"""Which side of a conflict a serving host runs: what it served before the merge that brought the conflict.

Must not know how conflicts come about, or how they run. Invariant: the tree is the same on every host; only this choice
is the host's own, and it lasts as long as the conflict does.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dark_lang import wire
from dark_lang.errors import DarkError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.walking import descend
from runtime.canvas import Canvas
from runtime.entries import Entry
from runtime.trees import Tree


def served_before(
    before: Canvas, touched: Mapping[NodeId, tuple[Entry | None, Tree]], preferred: Mapping[NodeId, NodeId]
) -> Mapping[NodeId, NodeId]:
    """The choices once those toplevels are so: for each Conflict, by its id, the id of the alternative or base that
    stood in the tree before."""
    chosen = dict(preferred)
    for toplevel, (entry, tree) in touched.items():
        root = tree.materialized.toplevel
        if entry is None or root is None or not (entry.conflicts or before.entries.get(toplevel, entry).conflicts):
            continue
        known = before.entries.get(toplevel)
        old = {node.id for node in descend(before.tree(toplevel))} if known is not None else set()
        for node in descend(root):
            if isinstance(node, e.Conflict | p.Conflict | t.Conflict) and node.id not in old:
                sides = (*node.alternatives, node.base)
                served = next((side.id for side in sides if side.id in old), None)
                if served is not None:
                    chosen[node.id] = served
    return preferred if chosen == preferred else chosen


def read_choices(path: Path) -> dict[NodeId, NodeId]:
    """The choices that `write_choices` kept; none if there are none that can be read."""
    with suppress(OSError, DarkError, TypeError, ValueError):
        pairs = wire.decode_plain(path.read_bytes())
        return {NodeId(conflict): NodeId(side) for conflict, side in pairs}
    return {}


def write_choices(path: Path, chosen: Mapping[NodeId, NodeId]) -> None:
    """Keeps them for the next server on this host. A disk that refuses costs the choice at the next start, no more."""
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_suffix(".new")
        temporary.write_bytes(wire.encode_plain([[conflict, side] for conflict, side in sorted(chosen.items())]))
        temporary.replace(path)
