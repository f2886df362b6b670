"""The primitive edits, made on copies of ledgers: what a diff will say before it is one.

Must not know what an edit is good for, names, locks or types; only sorts, places and depth. Invariants: the ledgers
that it was given are never touched; an edit that is refused leaves the draft as it was; `tree` shows what the fold of
its writes will show.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import TypeAlias, cast

from dark_lang.edits.folding import Ledgers
from dark_lang.edits.growing import MAX_DEPTH, grow
from dark_lang.edits.grown import Grown
from dark_lang.edits.keys import spread
from dark_lang.edits.layouts import LAYOUTS, MAX_INT, Layout, accepts
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import Materialized, materialized_from
from dark_lang.edits.pending import New, Pending, Putting, Register
from dark_lang.edits.spots import HOLES, destination, is_fixed, real, refuse_sort, slot_of, spot
from dark_lang.edits.writes import CANVAS, TRASH, Place, Write
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import NOWHERE, Fresh, NodeId, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Arity, Node, Scalar, Sort
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.nodes.walking import find
from dark_lang.records import dataclass

NodeIds: TypeAlias = set[NodeId]  # in the class below, `set` is an edit


@dataclass(frozen=True, slots=True)
class _View:
    ledger: Ledger
    grown: Grown
    writes: list[Write]


class Draft:
    """`lamport` is that of the diff to be, or any from the newest known on. `fresh` gives ids to nodes made here."""

    def __init__(self, ledgers: Ledgers, fresh: Fresh, *, lamport: int) -> None:
        self.fresh = fresh
        self._ledgers = ledgers
        self._lamport = lamport
        self._pending: dict[NodeId, Pending] = {}
        self._views: dict[NodeId, _View] = {}
        self._materialized: dict[NodeId, tuple[_View, Materialized]] = {}

    # What it says so far

    @property
    def writes(self) -> list[Write]:
        return [write for toplevel in self._pending for write in self._view(toplevel).writes]

    @property
    def touched(self) -> NodeIds:
        return {toplevel for toplevel in self._pending if self._view(toplevel).writes}

    def toplevels(self) -> list[NodeId]:
        """Those that were created here and are still alive, in order."""
        return [toplevel for toplevel, pending in self._pending.items() if toplevel in pending.created]

    def tree(self, toplevel_id: NodeId) -> Toplevel:
        """The toplevel with all edits so far. AddressError if there is none, or if it is in the trash."""
        view = self._view(toplevel_id)
        tree = view.grown.root
        if tree is None or LAYOUTS[type(tree)].sort is not Sort.TOPLEVEL or view.ledger.place(toplevel_id) != CANVAS:
            raise AddressError(f"there is no toplevel {spell_id(toplevel_id)}", suggestion="see `dark ls`")
        return cast(Toplevel, tree)

    def materialized(self, toplevel_id: NodeId) -> Materialized:
        view = self._view(toplevel_id)
        held = self._materialized.get(toplevel_id)
        if held is None or held[0] is not view:
            held = self._materialized[toplevel_id] = (view, materialized_from(view.ledger, view.grown))
        return held[1]

    def ledger(self, toplevel_id: NodeId) -> Ledger:
        """The registers with all edits so far. Not to be added to."""
        return self._view(toplevel_id).ledger

    # Toplevels

    def create_toplevel(self, toplevel: Toplevel) -> None:
        """With fresh ids throughout. RefusedError if its id is taken."""
        pending = self._of(toplevel.id)
        if toplevel.id in pending:
            raise RefusedError(f"there is a toplevel {spell_id(toplevel.id)} already")
        with self.attempt(toplevel.id) as pending:
            self._put(pending, toplevel, Putting(CANVAS), frozenset())

    def delete_toplevel(self, toplevel_id: NodeId) -> None:
        """Into the trash, whole. AddressError if there is none."""
        self.tree(toplevel_id)
        if toplevel_id in self._of(toplevel_id).created:
            del self._pending[toplevel_id], self._views[toplevel_id]
            return
        with self.attempt(toplevel_id) as pending:
            pending.placed[toplevel_id] = Putting(TRASH)

    def restore_toplevel(self, toplevel_id: NodeId) -> None:
        """Out of the trash. AddressError if there never was one."""
        if self.materialized(toplevel_id).toplevel is None:
            raise AddressError(f"there never was a toplevel {spell_id(toplevel_id)}", suggestion="see `dark trash`")
        with self.attempt(toplevel_id) as pending:
            pending.placed[toplevel_id] = Putting(CANVAS)

    # Nodes

    def insert(
        self,
        toplevel_id: NodeId,
        parent_id: NodeId,
        slot: str,
        subtree: Node,
        *,
        before: NodeId | None = None,
        after: NodeId | None = None,
    ) -> None:
        """Puts new nodes into a list, at the end unless told otherwise, or into a slot in which nothing but a hole is.
        Nodes in the subtree that exist already are moved, with all below them."""
        self.tree(toplevel_id)
        with self.attempt(toplevel_id) as pending:
            grown = self._view(toplevel_id).grown
            parent = real(pending, grown, parent_id)
            held = slot_of(pending, parent, slot)
            putting = destination(pending, grown, parent, held, subtree.id, before, after)
            refuse_sort(held, type(subtree))
            self._put(pending, subtree, putting, grown.made)

    def replace(self, toplevel_id: NodeId, old_id: NodeId, subtree: Node) -> None:
        """Puts a subtree where a node is, an implicit hole or a Conflict included. The old goes to the trash, except
        for nodes that exist and stand in the subtree: those are moved there, with all below them. To put one of a
        Conflict's sides in its place resolves it that way."""
        tree = self.tree(toplevel_id)
        grown = self._view(toplevel_id).grown
        with self.attempt(toplevel_id) as pending:
            if old_id in grown.wavering:
                node = grown.wavering[old_id]
                if subtree.id == node or subtree.id in grown.choices:
                    self._choose(pending, tree, node, grown.choices.get(subtree.id, {}))
                    return
                old_id = node
            putting, vacated = spot(pending, grown, old_id)
            parent_kind = pending.kind(putting.place.parent)
            if parent_kind is None:
                raise RefusedError(
                    f"{spell_id(old_id)} is the whole of its toplevel",
                    suggestion="delete the toplevel and insert another, or replace its body",
                )
            refuse_sort(LAYOUTS[parent_kind].slot[putting.place.slot], type(subtree))
            kept = self._put(pending, subtree, putting, grown.made)
            for node in vacated:
                if node not in kept:
                    pending.placed[node] = Putting(TRASH)

    def move(
        self,
        toplevel_id: NodeId,
        node_id: NodeId,
        parent_id: NodeId,
        slot: str,
        *,
        before: NodeId | None = None,
        after: NodeId | None = None,
    ) -> None:
        """Puts a node, with all below it, into a list or into a slot in which nothing but a hole is."""
        tree = self.tree(toplevel_id)
        with self.attempt(toplevel_id) as pending:
            grown = self._view(toplevel_id).grown
            node = real(pending, grown, node_id)
            parent = real(pending, grown, parent_id)
            held = slot_of(pending, parent, slot)
            moved = find(tree, node) or tree
            if node == toplevel_id:
                raise RefusedError("a toplevel stands on its own and cannot be moved into a tree")
            putting = destination(pending, grown, parent, held, node, before, after)
            refuse_sort(held, type(moved))
            self._put(pending, moved, putting, frozenset())

    def remove(self, toplevel_id: NodeId, node_id: NodeId) -> None:
        """Into the trash, with all below it. Where a node must stand, and in tuples and operators, a hole stays."""
        self.tree(toplevel_id)
        grown = self._view(toplevel_id).grown
        if node_id == toplevel_id:
            raise RefusedError("this is the whole toplevel", suggestion="delete the toplevel")
        if node_id in grown.made and node_id not in grown.wavering and node_id not in grown.standing:
            return  # an empty slot
        with self.attempt(toplevel_id) as pending:
            node_id = grown.wavering.get(node_id, node_id)
            putting, vacated = spot(pending, grown, node_id)
            parent = putting.place.parent
            kind = pending.kind(parent)
            if kind is None:
                raise RefusedError(f"{spell_id(node_id)} is no longer in the tree")
            slot = LAYOUTS[kind].slot[putting.place.slot]
            others = [kid for kid in pending.children(parent, slot.name) if kid not in vacated]
            if (slot.arity is Arity.ONE and not others) or is_fixed(pending, parent, slot.name):
                if slot.hole is None or (len(vacated) == 1 and pending.kind(vacated[0]) in HOLES):
                    return
                make: type[e.Hole] = cast(type[e.Hole], slot.hole)
                self._put(pending, make(self.fresh(), ""), putting, frozenset())
            for node in vacated:
                pending.placed[node] = Putting(TRASH)

    def set(self, toplevel_id: NodeId, node_id: NodeId, field: str, value: Scalar, key: str | None = None) -> None:
        """Gives a scalar of a node, or one key of a table, a value; None takes a key out of a table."""
        self.tree(toplevel_id)
        with self.attempt(toplevel_id) as pending:
            node = real(pending, self._view(toplevel_id).grown, node_id)
            kind = pending.kind(node)
            layout = LAYOUTS[kind] if kind is not None else None
            if layout is None or field not in layout.accepted or (field in layout.tables) != (key is not None):
                raise RefusedError(f"`{field}` is nothing that can be set here")
            if not accepts(layout, field, value):
                raise RefusedError(f"`{field}` cannot be {_shown(value)}")
            self._assign(pending, layout, Register(node, field, key), value)

    # How

    def _of(self, toplevel_id: NodeId) -> Pending:
        pending = self._pending.get(toplevel_id)
        if pending is None:
            pending = Pending(self._ledgers.get(toplevel_id) or Ledger(toplevel_id))
            self._pending[toplevel_id] = pending
        return pending

    def _view(self, toplevel_id: NodeId) -> _View:
        view = self._views.get(toplevel_id)
        if view is None:
            pending = self._of(toplevel_id)
            writes = pending.writes()
            ledger = pending.ledger(writes, self._lamport)
            view = _View(ledger, grow(ledger, toplevel_id), writes)
            self._views[toplevel_id] = view
        return view

    @contextmanager
    def together(self, toplevel_id: NodeId) -> Iterator[None]:
        """Several edits of one toplevel: all, or none if one of them is refused."""
        before = self._of(toplevel_id)
        try:
            yield
        except BaseException:
            self._pending[toplevel_id] = before
            self._views.pop(toplevel_id, None)
            raise

    @contextmanager
    def attempt(self, toplevel_id: NodeId, *, leave_holes: bool = True) -> Iterator[Pending]:
        """The changes of one edit: all, or none if it is refused on the way or makes the tree too deep."""
        before = self._of(toplevel_id)
        was_too_deep = set(self._view(toplevel_id).grown.too_deep)
        pending = self._pending[toplevel_id] = before.copy()
        try:
            yield pending  # `_view` is of the tree before the edit until the edit is made
            if leave_holes:
                self._leave_holes(toplevel_id, before, pending)
            self._views.pop(toplevel_id, None)
            if self._view(toplevel_id).grown.too_deep - was_too_deep:
                raise RefusedError(f"the tree would be deeper than {MAX_DEPTH} nodes", suggestion="name parts of it")
        except BaseException:
            self._pending[toplevel_id] = before
            self._views.pop(toplevel_id, None)
            raise

    def _put(self, pending: Pending, subtree: Node, putting: Putting, made: AbstractSet[NodeId]) -> NodeIds:
        """Places a subtree; the nodes of it that existed before, which were moved."""
        above = set(pending.way_up(putting.place.parent)) if putting.place.parent != NOWHERE else set()
        moved: NodeIds = set()
        stack = [(subtree, putting)]
        while stack:
            node, put = stack.pop()
            if node.id in pending:
                if node.id in above:
                    raise RefusedError(f"{spell_id(node.id)} would stand inside itself")
                pending.placed[node.id] = put
                moved.add(node.id)
                continue
            layout = LAYOUTS[type(node)]
            node_id = self.fresh() if node.id in made else node.id
            scalars = tuple(getattr(node, name) for name in layout.scalars)
            for name, value in zip(layout.scalars, scalars, strict=True):
                if not accepts(layout, name, value):
                    raise RefusedError(f"`{name}` cannot be {_shown(value)}")
            pending.created[node_id] = New(layout.kind, scalars)
            pending.placed[node_id] = put
            for name in layout.tables:
                for key, value in getattr(node, name):
                    self._assign(pending, layout, Register(node_id, name, key), value)
            for slot in layout.slots:
                held = getattr(node, slot.name)
                kids = held if slot.arity is Arity.MANY else () if held is None else (held,)
                keys = spread(len(kids)) if slot.arity is Arity.MANY else [b""]
                for kid, key in zip(kids, keys, strict=False):
                    refuse_sort(slot, type(kid))
                    stack.append((kid, Putting(Place(node_id, slot.name, key))))
        return moved

    def _choose(self, pending: Pending, tree: Toplevel, node: NodeId, choice: dict[str, Scalar]) -> None:
        """Settles the scalars of a node on which edits disagree; those that the choice does not name at their base."""
        shown = find(tree, node)
        if shown is None:
            raise AddressError(f"there is no node {spell_id(node)} in the tree")
        layout = LAYOUTS[type(shown)]
        for name in layout.scalars:
            if len(pending.source.heads(node, name)) > 1 or name in choice:
                value = choice.get(name, getattr(shown, name))
                pending.values[Register(node, name, None)] = (value,)

    def _assign(self, pending: Pending, layout: Layout, register: Register, value: Scalar) -> None:
        new = pending.created.get(register.node)
        if new is None or register.key is not None:
            pending.values[register] = (value,)
        else:
            scalars = list(new.scalars)
            scalars[layout.scalars.index(register.field)] = value
            pending.created[register.node] = New(new.kind, tuple(scalars))

    def _leave_holes(self, toplevel_id: NodeId, before: Pending, pending: Pending) -> None:
        """Puts a hole wherever this edit took something out of a tuple or an operator and put nothing in its place."""
        for node, putting in list(pending.placed.items()):
            place = before.place(node)
            if before.placed.get(node) == putting or place is None or place.parent == NOWHERE:
                continue
            if putting.place.parent == place.parent or not is_fixed(pending, place.parent, place.slot):
                continue
            kids = pending.children(place.parent, place.slot)
            taken = any((held := pending.place(kid)) is not None and held.key == place.key for kid in kids)
            if taken or pending.way_up(place.parent)[-1] != toplevel_id or pending.place(toplevel_id) == TRASH:
                continue
            kind = pending.kind(place.parent)
            slot = LAYOUTS[kind].slot[place.slot] if kind is not None else None
            if slot is not None and slot.hole is not None and slot.sort is not Sort.PART:
                make: type[e.Hole] = cast(type[e.Hole], slot.hole)
                self._put(pending, make(self.fresh(), ""), Putting(place, node), frozenset())


def _shown(value: object) -> str:
    return "a number of more than 4,300 digits" if type(value) is int and abs(value) >= MAX_INT else f"{value!r:.100}"
