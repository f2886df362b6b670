"""From the id of a node to what a person can use, its address and what is expected there, for what is said of a run
that ended badly.

Must not know who says it. Invariant: it never raises; a node that is nowhere by now is told by its id alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.checking.marks import ANYTHING
from dark_lang.errors import AddressError
from dark_lang.names import NodeId, spell_id

if TYPE_CHECKING:
    from runtime.canvas import Canvas


def whereabouts(canvas: Canvas, node: int) -> str:
    """`GET:/x#body.args.0 (kxq)`; the whole id if no definition has the node; "" for no node."""
    from dark_lang.notation.addresses import inner_address  # late: a run that goes well needs no notation

    if not node:
        return ""
    for _, toplevel in canvas.holding(node, node + 1):
        label = canvas.entries[toplevel].label
        short = canvas.short_id(NodeId(node))
        if toplevel == node:
            return f"{label} ({short})"
        try:
            return f"{label}#{inner_address(canvas.tree(toplevel), NodeId(node))} ({short})"
        except AddressError:
            break  # in the trash of its definition
    return spell_id(NodeId(node))


def wanted_at(canvas: Canvas, node: int) -> str:
    """The type that is expected at a hole, or at what does not fit, as it is written; "" where any would do."""
    for _, toplevel in canvas.holding(node, node + 1):
        try:
            marks = canvas.checks.of(toplevel).marks
        except AddressError:
            break
        return next((mark.expected for mark in marks if mark.node == node and mark.expected != ANYTHING), "")
    return ""
