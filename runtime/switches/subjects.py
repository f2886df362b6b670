"""What the function that says who is asking goes by.

Must not know requests. Invariant: a subject that may come from a plain cookie, which anybody can write, is never
looked for in a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.errors import AddressError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from runtime.locks.regions import runs_with

if TYPE_CHECKING:
    from runtime.linking import CanvasView


def reads_cookies(canvas: CanvasView, function: NodeId) -> bool:
    """Whether it, or what it calls, may look at the cookies of a request."""
    seen = {function}
    work = [function]
    while work:
        here = work.pop()
        try:
            tree = canvas.tree(here)
            if isinstance(tree, top.Function) and any(
                isinstance(node, e.FieldAccess) and node.label in ("cookies", None) for node in descend(tree)
            ):
                return True
            found = [each for each in runs_with(canvas, here) if each not in seen]
        except AddressError:
            continue
        seen.update(found)
        work += found
    return False
