"""Letting a merge stand as it is: what was deleted stays deleted, what was moved stays where it is.

Must not know merges. Invariant: the tree is the same afterwards; only the disagreement about it is gone.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.edits.grown import Kind
from dark_lang.edits.pending import Putting
from dark_lang.edits.writes import TRASH
from dark_lang.errors import RefusedError
from dark_lang.names import NOWHERE, NodeId
from dark_lang.restructuring.changing import Changed

_ABOUT_PLACES = (Kind.DELETED_MODIFIED, Kind.MOVED_TWICE, Kind.CYCLE)


def confirm(draft: Draft, toplevel: NodeId) -> Changed:
    """Places anew, where they are, all nodes of a toplevel about whose place edits disagree. RefusedError if there are
    none."""
    nodes = [one.node for one in draft.materialized(toplevel).conflicts if one.kind in _ABOUT_PLACES]
    if not nodes:
        raise RefusedError(
            "nothing here was deleted or moved in two ways",
            suggestion="dark conflicts lists what edits disagree on; dark set settles a name, a route, a number",
        )
    over = draft.ledger(toplevel).forest().over
    with draft.attempt(toplevel, leave_holes=False) as pending:
        for node in nodes:
            place = pending.place(node)
            if place is not None:
                pending.placed[node] = Putting(place, NOWHERE if place == TRASH else over.get(node, NOWHERE), True)
    return Changed(toplevel, (toplevel,))
