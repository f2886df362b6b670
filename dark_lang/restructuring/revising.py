"""A node's text, edited by a person, becomes the smallest edit that makes the tree say what the text says.

Must not know editors or files. Invariant: what the text did not change keeps its id, and gets no write.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.naming import Naming
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.notation.printing import print_any, print_toplevel
from dark_lang.notation.reading import read_toplevel
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.differencing import graft
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.pieces import read_piece
from dark_lang.restructuring.renaming import require_free
from dark_lang.restructuring.surgery import changed, position_of, require, substitute


def text_of(tree: top.Toplevel, naming: Naming, target: NodeId) -> str:
    """What an editor shows of a node."""
    if target == tree.id:
        return print_toplevel(tree, naming)
    return print_any(require(tree, target), naming)


def revise(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, text: str) -> Changed:
    """RefusedError if the text makes a definition of another kind, or one with a label that is taken."""
    before = draft.tree(toplevel)
    if target == toplevel:
        reading = read_toplevel(text, known.naming, draft.fresh)
        if type(reading.tree) is not type(before):
            raise RefusedError(
                "a definition cannot become one of another kind", suggestion="dark insert makes a new one"
            )
        after = graft(before, changed(reading.tree, id=toplevel))
        require_free(known, after)
        notes = tuple(repair.message for repair in reading.repairs)
        return commit(draft, known, before, after, show=(toplevel,), notes=notes)
    position = position_of(before, target)
    pieces = read_piece(position.slot, text, known.naming, draft.fresh, parent=position.parent)
    new: Node = graft(require(before, target), pieces.nodes[0])
    return commit(draft, known, before, substitute(before, {target: new}), show=(new.id,), notes=pieces.notes)
