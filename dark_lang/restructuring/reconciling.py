"""From a tree to the tree that should stand in its place, by the primitive edits of a draft.

Operations are written as functions from tree to tree, which can be understood and tested alone; ids say what stayed,
what moved and what is new, so that the edits follow. Must not know operations. Invariant: after `reconcile` the draft
shows exactly the tree that was asked for, implicit holes and conflicts that moved aside, which got ids of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from dark_lang.edits.drafting import Draft
from dark_lang.edits.pending import Putting
from dark_lang.edits.writes import TRASH
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Arity, Node, Slot, shape_of
from dark_lang.nodes.walking import children_of, descend, positions_in, rebuild, steps_of
from dark_lang.restructuring.arities import HOLES, fewest, main_list
from dark_lang.restructuring.surgery import changed, unshared


def reconcile(draft: Draft, before: top.Toplevel, after: top.Toplevel) -> top.Toplevel:
    """Gives back the tree as the draft shows it then. RefusedError, from the draft, for a wrong sort, a cycle or a tree
    that is too deep; then the draft is as it was."""
    if after is before:
        return before
    wanted = _with_real_ids(draft, before, after)
    work = _Work(draft, wanted)
    # From the top down: when a node's turn comes, all above it is in its final place, so nothing can close a cycle.
    # What is shared with the tree before stays as it is, wherever it stands now.
    with draft.together(wanted.id):
        for node in unshared(before, wanted):
            work.settle(node)
    return draft.tree(wanted.id)


def _with_real_ids(draft: Draft, before: top.Toplevel, after: top.Toplevel) -> top.Toplevel:
    """Ids that no write made (of empty slots, of conflicts) belong to a place: what went elsewhere needs its own."""
    ledger = draft.ledger(before.id)
    then = positions_in(before)
    strays: set[NodeId] = set()
    for parent in unshared(before, after):
        for slot, nth, node in steps_of(parent):
            was = then.get(node.id)
            if was is None or node.id in ledger or (was.parent.id, was.slot, was.nth) == (parent.id, slot, nth):
                continue
            strays.add(node.id)
            # What a stray holds hung from it, so it strays too, as far as no write made it.
            for inner in descend(node):
                if inner.id in strays:
                    strays.update(child.id for child in children_of(inner) if child.id not in ledger)
    if not strays:
        return after
    return rebuild(after, lambda n: changed(n, id=draft.fresh()) if n.id in strays else n)


class _Work:
    def __init__(self, draft: Draft, wanted: top.Toplevel) -> None:
        self.draft = draft
        self.toplevel = wanted.id
        self.current: dict[NodeId, Node] = {}
        self._look()

    def _look(self) -> None:
        self.current = {node.id: node for node in descend(self.draft.tree(self.toplevel))}

    def settle(self, node: Node) -> None:
        """The scalars of a node, and who stands in its slots."""
        held = self.current[node.id]
        shape = shape_of(type(node))
        for name in shape.scalars:
            value = getattr(node, name)
            if repr(value) != repr(getattr(held, name)):
                self.draft.set(self.toplevel, node.id, name, value)
                self._look()
        for name in shape.tables:
            self._settle_table(node, held, name)
        for slot in shape.slots:
            if slot.arity is Arity.MANY:
                self._settle_list(node, slot)
            else:
                self._settle_single(node, slot)

    def _settle_table(self, node: Node, held: Node, name: str) -> None:
        old, new = dict(getattr(held, name)), dict(getattr(node, name))
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) is not new.get(key):
                self.draft.set(self.toplevel, node.id, name, new.get(key), key)
                self._look()

    def _settle_single(self, node: Node, slot: Slot) -> None:
        wanted: Node | None = getattr(node, slot.name)
        held: Node | None = getattr(self.current[node.id], slot.name)
        if (wanted and wanted.id) == (held and held.id):
            return
        if held is None:
            assert wanted is not None
            self.draft.insert(self.toplevel, node.id, slot.name, wanted)
        elif wanted is None:
            self.draft.remove(self.toplevel, held.id)
        else:
            self.draft.replace(self.toplevel, held.id, wanted)
        self._look()

    def _settle_list(self, node: Node, slot: Slot) -> None:
        """One edit at a time, and a look at the list after each: an edit may take others out of the list with it, and
        leaves holes in lists that never shrink."""
        wanted: Sequence[Node] = getattr(node, slot.name)
        new = [item.id for item in wanted]
        while (old := [item.id for item in getattr(self.current[node.id], slot.name)]) != new:
            self._settle_first(node, slot, wanted, old, new)
            self._look()

    def _settle_first(
        self, node: Node, slot: Slot, wanted: Sequence[Node], old: list[NodeId], new: list[NodeId]
    ) -> None:
        """The first difference between two lists. What leaves is replaced by what comes, where both happen."""
        staying = set(new)
        opcodes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        # What changes its place within the list shows as coming where it goes; where it was there is nothing to do.
        for tag, a_low, a_high, b_low, b_high in opcodes:
            leaving = [] if tag == "equal" else [node_id for node_id in old[a_low:a_high] if node_id not in staying]
            if leaving and b_low < b_high:
                self.draft.replace(self.toplevel, leaving[0], wanted[b_low])
            elif leaving:
                self._remove(node, slot, leaving[0])
            elif tag != "equal" and b_low < b_high:
                beside = {"after": new[b_low - 1]} if b_low else {"before": old[0]} if old else {}
                self.draft.insert(self.toplevel, node.id, slot.name, wanted[b_low], **beside)
            else:
                continue
            return

    def _remove(self, node: Node, slot: Slot, leaving: NodeId) -> None:
        if isinstance(self.current[leaving], HOLES) and fewest(node) and slot == main_list(node):
            # The draft left a hole where this list lost something, and by now something else stands there.
            with self.draft.attempt(self.toplevel, leave_holes=False) as pending:
                pending.placed[leaving] = Putting(TRASH)
        else:
            self.draft.remove(self.toplevel, leaving)
