"""Single nodes out of the trash of their definition, back to where they stood.

Must not know whole definitions, which the draft restores itself. Invariant: what came in the meantime stays; where it
stands in the way, nothing is restored.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.edits.growing import grow
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import Create, Move, Place
from dark_lang.errors import RefusedError
from dark_lang.names import NOWHERE, NodeId, spell_id
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Arity, Node, Slot, shape_of
from dark_lang.nodes.walking import find
from dark_lang.notation.addresses import inner_address
from dark_lang.restructuring.arities import HOLES, fewest, main_list
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.surgery import changed, require_sort, substitute, with_list


def deleted_nodes(ledger: Ledger) -> list[Node]:
    """What was deleted or replaced in a definition and is in no tree now, the last first. Bare holes are left out."""
    forest = ledger.forest()
    ids = sorted(forest.trash, key=lambda node: forest.where[node][0], reverse=True)
    trees = (grow(ledger, node).root for node in ids if node != ledger.toplevel)
    return [tree for tree in trees if tree is not None and not (isinstance(tree, HOLES) and not tree.label)]


def restore_node(draft: Draft, known: Known, toplevel: NodeId, node: NodeId) -> Changed:
    """Puts a node that `deleted_nodes` lists where it last stood. RefusedError: that place is gone, or taken."""
    before, ledger = draft.tree(toplevel), draft.ledger(toplevel)
    subtree, place = grow(ledger, node).root, _last_place(ledger, node)
    parent = None if place is None else find(before, place.parent)
    if subtree is None or place is None or parent is None:
        raise RefusedError(
            f"what {spell_id(node)[:8]} stood in is not there any more",
            suggestion="restore that first, or take the edit back: dark log, then dark undo ID",
        )
    slot = shape_of(type(parent)).slot(place.slot)
    if slot is None:
        raise RefusedError(f"what {spell_id(node)[:8]} stood in has no {place.slot}")
    require_sort(slot, subtree)
    if slot.arity is Arity.MANY:
        after = _into_list(before, ledger, parent, slot, place, subtree)
    else:
        held: Node | None = getattr(parent, slot.name)
        if held is not None:
            _require_hole(before, held)
        after = substitute(before, {parent.id: changed(parent, **{slot.name: subtree})})
    return commit(draft, known, before, after, show=(node,))


def _last_place(ledger: Ledger, node: NodeId) -> Place | None:
    places = [write.place for _, write in ledger.entries(node) if isinstance(write, Create | Move)]
    return next((place for place in reversed(places) if place.parent != NOWHERE), None)


def _into_list(
    before: top.Toplevel, ledger: Ledger, parent: Node, slot: Slot, place: Place, subtree: Node
) -> top.Toplevel:
    """Where its key puts it; in the place of the hole that it left, where lists do not shrink."""
    items: list[Node] = list(getattr(parent, slot.name))
    keys = [held.key if (held := ledger.place(item.id)) is not None else b"" for item in items]
    never_shrinks = fewest(parent) > 0 and slot == main_list(parent)
    if never_shrinks and place.key in keys:
        nth = keys.index(place.key)
        _require_hole(before, items[nth])
        items[nth] = subtree
    else:
        items.insert(sum(key <= place.key for key in keys), subtree)
    return with_list(before, parent.id, slot.name, items)


def _require_hole(tree: top.Toplevel, held: Node) -> None:
    if not isinstance(held, HOLES):
        raise RefusedError(
            f"something else stands at {inner_address(tree, held.id)} now",
            suggestion="delete that first, or take the edit back: dark log, then dark undo ID",
        )
