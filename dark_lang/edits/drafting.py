"""The primitive edits, made on copies of ledgers: what a diff will say before it is one.

Must not know what an edit is good for, names, locks or types; only sorts, places and depth. Invariants: the ledgers
that it was given are never touched; an edit that is refused leaves the draft as it was; `tree` shows what the fold of
its writes will show.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from dark_lang.edits.folding import Ledgers
from dark_lang.edits.growing import MAX_DEPTH, grow
from dark_lang.edits.grown import Grown, Standing
from dark_lang.edits.keys import between, spread
from dark_lang.edits.layouts import LAYOUTS, MAX_INT, Layout, SlotLayout, accepts
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import Materialized, materialized_from
from dark_lang.edits.pending import New, Pending, Putting, Register
from dark_lang.edits.writes import CANVAS, TRASH, Place, Write
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import NOWHERE, Fresh, NodeId, Standard, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Scalar, Sort
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.nodes.walking import find, positions

NodeIds: TypeAlias = set[NodeId]  # in the class below, `set` is an edit

_HOLES: Final = (e.Hole, p.Hole, t.Hole)


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
            parent = self._real(toplevel_id, pending, parent_id)
            held = self._slot(pending, parent, slot)
            putting = self._destination(toplevel_id, pending, parent, held, subtree.id, before, after)
            self._refuse_sort(held, type(subtree))
            self._put(pending, subtree, putting, self._view(toplevel_id).grown.made)

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
            putting, vacated = self._spot(toplevel_id, pending, tree, old_id)
            parent_kind = pending.kind(putting.place.parent)
            if parent_kind is None:
                raise RefusedError(
                    f"{spell_id(old_id)} is the whole of its toplevel",
                    suggestion="delete the toplevel and insert another, or replace its body",
                )
            self._refuse_sort(LAYOUTS[parent_kind].slot[putting.place.slot], type(subtree))
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
            node = self._real(toplevel_id, pending, node_id)
            parent = self._real(toplevel_id, pending, parent_id)
            held = self._slot(pending, parent, slot)
            moved = find(tree, node) or tree
            if node == toplevel_id:
                raise RefusedError("a toplevel stands on its own and cannot be moved into a tree")
            putting = self._destination(toplevel_id, pending, parent, held, node, before, after)
            self._refuse_sort(held, type(moved))
            self._put(pending, moved, putting, frozenset())

    def remove(self, toplevel_id: NodeId, node_id: NodeId) -> None:
        """Into the trash, with all below it. Where a node must stand, and in tuples and operators, a hole stays."""
        tree = self.tree(toplevel_id)
        grown = self._view(toplevel_id).grown
        if node_id == toplevel_id:
            raise RefusedError("this is the whole toplevel", suggestion="delete the toplevel")
        if node_id in grown.made and node_id not in grown.wavering and node_id not in grown.standing:
            return  # an empty slot
        with self.attempt(toplevel_id) as pending:
            node_id = grown.wavering.get(node_id, node_id)
            putting, vacated = self._spot(toplevel_id, pending, tree, node_id)
            parent = putting.place.parent
            kind = pending.kind(parent)
            if kind is None:
                raise RefusedError(f"{spell_id(node_id)} is no longer in the tree")
            slot = LAYOUTS[kind].slot[putting.place.slot]
            others = [kid for kid in pending.children(parent, slot.name) if kid not in vacated]
            if (slot.arity is Arity.ONE and not others) or self._is_fixed(pending, parent, slot.name):
                if slot.hole is None or (len(vacated) == 1 and pending.kind(vacated[0]) in _HOLES):
                    return
                make: type[e.Hole] = cast(type[e.Hole], slot.hole)
                self._put(pending, make(self.fresh(), ""), putting, frozenset())
            for node in vacated:
                pending.placed[node] = Putting(TRASH)

    def set(self, toplevel_id: NodeId, node_id: NodeId, field: str, value: Scalar, key: str | None = None) -> None:
        """Gives a scalar of a node, or one key of a table, a value; None takes a key out of a table."""
        self.tree(toplevel_id)
        with self.attempt(toplevel_id) as pending:
            node = self._real(toplevel_id, pending, node_id)
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

    def _real(self, toplevel_id: NodeId, pending: Pending, node_id: NodeId) -> NodeId:
        """The node that writes can name. AddressError if there is none, RefusedError if only a Conflict shows it."""
        grown = self._view(toplevel_id).grown
        node_id = grown.wavering.get(node_id, node_id)
        if node_id in pending:
            return node_id
        if node_id in grown.made:
            raise _only_shown(node_id)
        raise AddressError(f"there is no node {spell_id(node_id)} in {spell_id(toplevel_id)}")

    def _slot(self, pending: Pending, parent: NodeId, slot: str) -> SlotLayout:
        kind = pending.kind(parent)
        slots = LAYOUTS[kind].slots if kind is not None else ()
        for held in slots:
            if slot in (held.name, held.name.rstrip("_")):
                return held
        labels = ", ".join(held.name.rstrip("_") for held in slots) or "none"
        raise RefusedError(f"{spell_id(parent)} has no place `{slot}`", details=(f"its places: {labels}",))

    def _refuse_sort(self, slot: SlotLayout, kind: type[Node]) -> None:
        if kind not in slot.takes:
            found = LAYOUTS[kind].sort.name.lower().replace("_", " ")
            raise RefusedError(
                f"`{slot.name.rstrip('_')}` takes a {slot.sort.name.lower().replace('_', ' ')}, and this is a {found}"
            )

    def _destination(
        self,
        toplevel_id: NodeId,
        pending: Pending,
        parent: NodeId,
        slot: SlotLayout,
        moving: NodeId,
        before: NodeId | None,
        after: NodeId | None,
    ) -> Putting:
        kids = [kid for kid in pending.children(parent, slot.name) if kid != moving]
        if slot.arity is not Arity.MANY:
            if any(pending.kind(kid) not in _HOLES for kid in kids):
                raise RefusedError(
                    f"something stands in `{slot.name.rstrip('_')}` already", suggestion="use replace-node"
                )
            for kid in kids:
                pending.placed[kid] = Putting(TRASH)
            return Putting(Place(parent, slot.name), kids[0] if kids else NOWHERE)
        nth = len(kids)
        if (beside := before if before is not None else after) is not None:
            standing = self._view(toplevel_id).grown.standing.get(beside)
            group = standing.nodes if standing is not None else (beside,)
            found = [kids.index(kid) for kid in group if kid in kids]
            if not found:
                raise AddressError(f"{spell_id(beside)} is not in `{slot.name.rstrip('_')}` of {spell_id(parent)}")
            nth = min(found) if before is not None else max(found) + 1
        keys = [place.key if (place := pending.place(kid)) is not None else b"" for kid in kids]
        try:
            key = between(keys[nth - 1] if nth else b"", keys[nth] if nth < len(keys) else b"")
        except ValueError:
            key = self._renew_keys(toplevel_id, pending, Place(parent, slot.name), kids, nth)
        return Putting(Place(parent, slot.name, key))

    def _renew_keys(self, toplevel_id: NodeId, pending: Pending, place: Place, kids: list[NodeId], nth: int) -> bytes:
        """Gives all in a list new keys, since two clones inserted at the same point and no key is between equal ones;
        the key that is free at `nth`. What stands together goes on standing together."""
        together = {
            kid: standing.nodes[0]
            for standing in self._view(toplevel_id).grown.standing.values()
            for kid in standing.nodes
        }
        blocks = [together.get(kid, kid) for kid in kids]
        ahead = dict.fromkeys(blocks[:nth])
        distinct = list(dict.fromkeys(blocks))
        keys = spread(len(distinct) + 1)
        key = keys.pop(len(ahead))
        renewed = dict(zip(distinct, keys, strict=True))
        over = pending.source.forest().over
        for kid, block in zip(kids, blocks, strict=True):
            pending.placed[kid] = Putting(place._replace(key=renewed[block]), over.get(kid, NOWHERE))
        return key

    def _spot(
        self, toplevel_id: NodeId, pending: Pending, tree: Toplevel, node_id: NodeId
    ) -> tuple[Putting, tuple[NodeId, ...]]:
        """Where a node stands, and the nodes that go when it goes."""
        grown = self._view(toplevel_id).grown
        standing: Standing | None = grown.standing.get(node_id)
        if node_id in pending:
            place = pending.place(node_id)
            if place is None or place == TRASH:
                raise RefusedError(
                    f"{spell_id(node_id)} is no longer in the tree",
                    suggestion="replace the conflict that shows it, or `dark restore` it",
                )
            return Putting(place, node_id), standing.nodes if standing is not None else (node_id,)
        position = positions(tree).get(node_id)
        if position is None:
            raise AddressError(f"there is no node {spell_id(node_id)} in {spell_id(toplevel_id)}")
        if standing is not None:
            conflict = find(tree, node_id)
            base = cast(e.Conflict, conflict).base.id
            putting = Putting(Place(standing.parent, standing.slot, standing.key), base, firm=True)
            return putting, standing.nodes
        parent = position.parent.id
        if parent not in pending:
            raise _only_shown(node_id)
        place = Place(parent, position.slot.name)
        if position.slot.arity is Arity.MANY:
            kids = pending.children(parent, position.slot.name)
            last = pending.place(kids[-1]) if kids else None
            place = place._replace(key=between(last.key if last is not None else b"", b""))
        return Putting(place, node_id), ()

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
                    self._refuse_sort(slot, type(kid))
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

    def _is_fixed(self, pending: Pending, parent: NodeId, slot: str) -> bool:
        """Whether a list never shrinks: a tuple's items, an operator's operands."""
        kind = pending.kind(parent)
        if kind is e.Call and slot == "args":
            if parent in pending.created:
                function = pending.created[parent].scalars[0]
            else:
                history = pending.source.history(parent, "function")
                function = history[-1].value if history else None
            return isinstance(function, Standard) and function.name.startswith("Op::")
        return kind in (e.Tuple, p.Tuple, t.Tuple) and slot == "items"

    def _leave_holes(self, toplevel_id: NodeId, before: Pending, pending: Pending) -> None:
        """Puts a hole wherever this edit took something out of a tuple or an operator and put nothing in its place."""
        for node, putting in list(pending.placed.items()):
            place = before.place(node)
            if before.placed.get(node) == putting or place is None or place.parent == NOWHERE:
                continue
            if putting.place.parent == place.parent or not self._is_fixed(pending, place.parent, place.slot):
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


def _only_shown(node_id: NodeId) -> RefusedError:
    return RefusedError(
        f"{spell_id(node_id)} is only what shows that edits disagree, or that something is missing",
        suggestion="put something in its place first, or `dark resolve` the conflict",
    )


def _shown(value: object) -> str:
    return "a number of more than 4,300 digits" if type(value) is int and abs(value) >= MAX_INT else f"{value!r:.100}"
