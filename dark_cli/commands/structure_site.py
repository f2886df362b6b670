"""Where a structural command works: a draft and the canvas under it, addresses that see what the draft has done so far.

Must not know commands. Invariant: what is asked of a site is answered as if the draft were recorded already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dark_lang.checking.checker import check
from dark_lang.checking.marks import Checked
from dark_lang.edits.drafting import Draft
from dark_lang.errors import AddressError, UsageError
from dark_lang.names import Defined, NodeId, Ref, read_id_prefix
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Arity, shape_of
from dark_lang.nodes.walking import descend, find
from dark_lang.notation.addresses import Address, find_path, label_of, parse_address
from dark_lang.records import NamedTuple
from dark_lang.restructuring.changing import Changed, settle_waiting
from dark_lang.restructuring.pending_names import PendingNaming
from dark_lang.restructuring.spots import Spot, Where
from runtime.asking import mentions, uses_of
from runtime.checking import Interfaces, advice_in, misfits_in
from runtime.definitions import Definitions
from runtime.finishing import Finishing

if TYPE_CHECKING:
    from runtime.canvas import Canvas


class Spotted(NamedTuple):
    """What an address means: a node, or the list `slot` of one."""

    toplevel: NodeId
    node: NodeId
    slot: str = ""


class Site:
    """A draft and the canvas under it. What `Known` asks is answered from both."""

    def __init__(self, draft: Draft, canvas: Canvas) -> None:
        self.draft = draft
        self.canvas = canvas
        self.in_place = False

    # What is defined

    @property
    def pending(self) -> dict[NodeId, top.Toplevel | None]:
        """The definitions that the draft has touched, as they are now."""
        found: dict[NodeId, top.Toplevel | None] = {}
        for toplevel in self.draft.touched:
            try:
                found[toplevel] = self.draft.tree(toplevel)
            except AddressError:
                found[toplevel] = None
        return found

    @property
    def naming(self) -> Naming:
        pending = self.pending
        return PendingNaming(self.canvas.naming, pending) if pending else self.canvas.naming

    def definition(self, ref: Ref) -> top.Toplevel | None:
        if not isinstance(ref, Defined):
            return None
        if ref.id in self.draft.touched:
            return self.pending[ref.id]
        entry = self.canvas.entries.get(ref.id)
        return self.canvas.tree(ref.id) if entry is not None and entry.alive else None

    @property
    def _interfaces(self) -> Interfaces:
        return Interfaces(self.canvas, self.canvas.library, pending=self.pending, naming=self.naming)

    def misfits(self, definition: top.Toplevel) -> Mapping[NodeId, str]:
        if not self.draft.touched:
            return self.canvas.checks.misfits(definition)
        return misfits_in(self._check(definition))

    def advice(self, definition: top.Toplevel) -> Sequence[str]:
        if not self.draft.touched:
            return self.canvas.checks.advice(definition)
        return advice_in(self._check(definition))

    def _check(self, definition: top.Toplevel) -> Checked:
        return check(definition, self._interfaces)

    def exists(self, realm: Realm, ref: Ref) -> bool:
        return self._interfaces.exists(realm, ref)

    def owner(self, label: str) -> NodeId | None:
        for toplevel, held in self.pending.items():
            if held is not None and label_of(held) == label:
                return toplevel
        owner = self.canvas.labelled(label)
        return None if owner in self.draft.touched else owner

    def users(self, definition: NodeId) -> list[NodeId]:
        """The other definitions whose code mentions one, by label."""
        pending = self.pending
        found = {use.toplevel for use in uses_of(self.canvas, Defined(definition))} - pending.keys() - {definition}
        naming = self.naming
        for toplevel, held in pending.items():
            if held is not None and toplevel != definition and mentions(held, Defined(definition), naming):
                found.add(toplevel)
        return [toplevel for toplevel in self.toplevels() if toplevel in found]

    # Partials that waited for what the draft defines

    def settle_waiting(self) -> list[Changed]:
        """Lets the new side of a partial run wherever the draft finished what it calls or names."""
        pending = self.pending
        if not any(isinstance(held, top.Function | top.Type | top.Datastore | top.Secret) for held in pending.values()):
            return []
        before, now = Finishing(Definitions(self.canvas, self.canvas.checks)), Finishing(self)
        waiting = [entry.id for entry in self.canvas.alive() if entry.partials and entry.id not in pending]
        waiting += [toplevel for toplevel, held in pending.items() if held is not None]

        def is_ripe(side: e.Expression, tree: top.Toplevel) -> bool:
            return not before.is_finished(side, within=tree) and now.is_finished(side, within=tree)

        found = [settle_waiting(self.draft, self, toplevel, is_ripe) for toplevel in waiting]
        return [changed for changed in found if changed is not None]

    # Addresses

    def find(self, address: str) -> Spotted:
        """Raises AddressError: nothing or several things answer to it."""
        try:
            return self._find_node(address)
        except AddressError:
            head, dot, slot = address.rpartition(".")
            if "#" not in address:
                raise
            if "#" not in head:
                head, dot, slot = address.partition("#")
            spotted = self._list_in(head, slot)
            if not dot or spotted is None:
                raise
            return spotted

    def node(self, address: str) -> Spotted:
        """The node at an address. AddressError if it is a list, or nothing."""
        spotted = self.find(address)
        if spotted.slot:
            raise AddressError(f"{address} is a list", suggestion=f"name what stands in it: {address}.0")
        return spotted

    def toplevels(self) -> list[NodeId]:
        """All definitions that are there now, by label."""
        pending = self.pending
        found = [entry.id for entry in sorted(self.canvas.alive(), key=lambda entry: entry.label)]
        new = [toplevel for toplevel in pending if toplevel not in set(found)]
        return [toplevel for toplevel in (*found, *new) if pending.get(toplevel, True) is not None]

    def _list_in(self, address: str, label: str) -> Spotted | None:
        try:
            toplevel, node_id, _ = self._find_node(address)
        except AddressError:
            return None
        node = find(self.draft.tree(toplevel), node_id)
        slot = None if node is None else shape_of(type(node)).slot(label)
        if slot is None or slot.arity is not Arity.MANY:
            return None
        return Spotted(toplevel, node_id, label)

    def _find_node(self, address: str) -> Spotted:
        pending = self.pending
        if pending:
            spotted = self._find_pending(parse_address(address), pending)
            if spotted is not None:
                return spotted
        found = self.canvas.find(address)
        if found.toplevel_id in pending:
            # It was there before the draft; now it is gone, or called otherwise.
            tree = self.draft.tree(found.toplevel_id)
            if found.node.id != tree.id and find(tree, found.node.id) is None:
                raise AddressError(f"{address} is not there any more; an edit before this one took it away")
        return Spotted(found.toplevel_id, found.node.id)

    def _find_pending(self, address: Address, pending: dict[NodeId, top.Toplevel | None]) -> Spotted | None:
        trees = [tree for tree in pending.values() if tree is not None]
        tree = next((tree for tree in trees if address.label and _is_labelled(tree, address.label)), None)
        if tree is None:
            return None if address.path else _by_id(trees, address.id_prefix)
        if not address.path:
            return Spotted(tree.id, tree.id)
        try:
            return Spotted(tree.id, find_path(tree, address.path).id)
        except AddressError:
            found = _by_id([tree], address.id_prefix)
            if found is None:
                raise
            return found

    def spot(self, address: str, where: Where | None) -> tuple[NodeId, Spot]:
        """Where something is put: `--last` unless another place was asked for."""
        toplevel, node, slot = self.find(address)
        if slot and where in (Where.BEFORE, Where.AFTER):
            raise UsageError(
                f"{address} is a list; before or after it there is no place", suggestion="--first or --last"
            )
        return toplevel, Spot(node, where or Where.LAST, slot)


def _by_id(trees: list[top.Toplevel], prefix: str | None) -> Spotted | None:
    """The one node whose id begins so; None if there is none, or several."""
    bounds = read_id_prefix(prefix) if prefix else None
    if bounds is None:
        return None
    hits = [Spotted(tree.id, node.id) for tree in trees for node in descend(tree) if bounds[0] <= node.id < bounds[1]]
    return hits[0] if len(hits) == 1 else None


def _is_labelled(tree: top.Toplevel, label: str) -> bool:
    own = label_of(tree)
    stem = tree.name if isinstance(tree, top.Function | top.Type | top.Datastore) else own
    return label in (own, stem, own.partition(":")[2])
