"""From registers to a tree: one node after the other, parents visited first and built last, without recursion.

Two kinds of disagreement become nodes: several children where one may stand, and several values of a scalar of an
expression, pattern or type, are a Conflict. Everything else that does not fit is left out of the tree and reported; it
stays in the ledger. Ids of what no write made (holes of empty slots, Conflicts, the copies in them) are derived from
the ids around them, so every clone gives them the same.

Must not know how a tree is used. Invariants: total over every ledger; the tree is a function of the set of writes;
every id occurs once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from dark_lang.edits.grown import Disagreement, Grown, Kind, Standing, conflict_id, derived_id, hole_id, wavering_id
from dark_lang.edits.hashing import subtree_hash
from dark_lang.edits.layouts import LAYOUTS, Layout, SlotLayout, accepts
from dark_lang.edits.ledgers import Held, Ledger, Settled, base_of
from dark_lang.edits.writes import Create
from dark_lang.names import NOWHERE, NodeId, Standard, WriteId, mix_id, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Arity, Node, Scalar, Sort
from dark_lang.nodes.walking import descend, rebuild

MAX_DEPTH: Final = 250
"""How deep a tree may be. Spines (statements, pipes, chains of operators) count once."""
_MAX_EFFORT: Final = 50_000
"""How many nodes may be compared or copied for the Conflicts of one tree. Beyond it, scalars show their base alone."""

_SPINES: Final[dict[type[Node], str]] = {
    e.Let: "body",
    e.Note: "body",
    e.Pipe: "head",
    e.And: "left",
    e.Or: "left",
}


_NOTHING: Final[Mapping[str, list[list[NodeId]]]] = {}


class _Grower:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.forest = ledger.forest()
        self.grown = Grown()
        self.layouts: dict[NodeId, Layout | None] = {}
        self.order: list[tuple[NodeId, Layout, Mapping[str, list[list[NodeId]]]]] = []
        self.visited: set[NodeId] = set()
        self.stack: list[tuple[NodeId, int]] = []
        self.built: dict[NodeId, Node] = {}
        self.bases: dict[NodeId, NodeId] = {}  # first node of a group -> what all in it were put in place of
        self.brought: dict[NodeId, NodeId] = {}  # of those the ones that are in the tree for that -> first node
        self.effort = 0

    def grow(self, root: NodeId) -> Grown:
        if self.layout_of(root) is not None:
            self.top = self.forest.top(root)
            self.visited.add(root)
            self.stack.append((root, 0))
            self._visit()
            self._build()
            self.grown.root = self.built[root]
        return self.grown

    def layout_of(self, node: NodeId) -> Layout | None:
        layouts = self.layouts
        if node in layouts:
            return layouts[node]
        made = self.ledger.created(node)
        layout = None
        if made is not None:
            create = made[1]
            layout = LAYOUTS.get(create.kind)
            if layout is not None and (layout.scalars or create.scalars) and not self._is_whole(node, layout, create):
                layout = None
        layouts[node] = layout
        return layout

    def _is_whole(self, node: NodeId, layout: Layout, create: Create) -> bool:
        """Whether each scalar has some value that fits."""
        if len(create.scalars) != len(layout.scalars):
            return False
        for name, value in zip(layout.scalars, create.scalars, strict=True):
            if not accepts(layout, name, value):
                return all(self.ledger.holders(node, name) for name in layout.scalars)
        return True

    def ignore(self, node: NodeId, what: str, writes: Iterable[WriteId]) -> None:
        self.grown.disagreements.append(Disagreement(node, what, tuple(writes), Kind.IGNORED))

    # Down: who is in the tree

    def _visit(self) -> None:
        stack, visited, order, layouts = self.stack, self.visited, self.order, self.layouts
        below = self.forest.below
        while stack:
            node, depth = stack.pop()
            layout = layouts[node]
            assert layout is not None
            kids = below.get(node)
            if not kids or not layout.slots:
                order.append((node, layout, _NOTHING))
                for kid in kids or ():
                    self._leave_out(kid, node)
                continue
            held = self._sorted_into_slots(node, layout, kids)
            order.append((node, layout, held))
            spine = self._spine(node, layout)
            for name, groups in held.items():
                for nth, group in enumerate(groups):
                    under = depth if name == spine and nth == 0 else depth + 1
                    if len(group) > 1:
                        under += 1
                    if under > MAX_DEPTH:
                        self._cut(node, group)
                        continue
                    if len(group) > 1:
                        self._add_base(layout.slot[name], group, under)
                    for kid in group:
                        stack.append((kid, under))
                        visited.add(kid)

    def _cut(self, node: NodeId, group: list[NodeId]) -> None:
        self.grown.too_deep.update(group)
        for kid in group:
            where = self.forest.where[kid][0]
            self.ignore(kid, f"below {spell_id(node)} the tree is deeper than {MAX_DEPTH} nodes", (where,))
        group.clear()

    def _spine(self, node: NodeId, layout: Layout) -> str | None:
        if layout.kind is e.Call:
            made = self.ledger.created(node)
            function = made[1].scalars[0] if made is not None and made[1].scalars else None
            return "args" if isinstance(function, Standard) and function.name.startswith("Op::") else None
        return _SPINES.get(layout.kind)

    def _leave_out(self, kid: NodeId, parent: NodeId) -> None:
        write_id, place = self.forest.where[kid]
        self.ignore(kid, f"{spell_id(parent)} has no place `{place.slot}` for it", (write_id,))

    def _sorted_into_slots(self, node: NodeId, layout: Layout, kids: Iterable[NodeId]) -> dict[str, list[list[NodeId]]]:
        """For each slot that is not empty the nodes in it, in groups of those that stand where one may."""
        where, visited, slots = self.forest.where, self.visited, layout.slot
        found: dict[str, list[list[NodeId]]] = {}
        crowded = False
        for kid in kids:
            slot = slots.get(where[kid][1].slot)
            below = self.layout_of(kid)
            if slot is None or below is None or below.kind not in slot.takes or kid in visited:
                self._leave_out(kid, node)
            elif slot.name in found:
                found[slot.name].append([kid])
                crowded = True
            else:
                found[slot.name] = [[kid]]
        if not crowded and len(found) < 2:
            return found
        held: dict[str, list[list[NodeId]]] = {}
        for slot in layout.slots:
            groups = found.get(slot.name)
            if groups is None:
                continue
            if len(groups) > 1:
                nodes = [group[0] for group in groups]
                if slot.arity is Arity.MANY:
                    ranked = sorted([(where[kid][1].key, kid) for kid in nodes])
                    if len({key for key, _ in ranked}) == len(ranked):
                        groups = [[kid] for _, kid in ranked]
                    else:
                        groups = self._grouped([kid for _, kid in ranked])
                else:
                    groups = [sorted(nodes, key=lambda kid: where[kid][0])]
            held[slot.name] = groups
        return held

    def _grouped(self, kids: list[NodeId]) -> list[list[NodeId]]:
        """List children, where those that were put in place of the same node at the same key stand together."""
        where = self.forest.where
        groups: list[list[NodeId]] = []
        ends: dict[tuple[bytes, NodeId], list[NodeId]] = {}
        sole: dict[tuple[bytes, NodeId], NodeId] = {}
        for kid in kids:
            end = self._over_chain(kid)[-1]
            conflict = LAYOUTS[self._kind(kid)].conflict
            mark = (where[kid][1].key, end)
            if end == kid or conflict is None:
                groups.append([kid])
                if end != kid and mark in sole:
                    what = f"it and {spell_id(sole[mark])} were put in place of the same; both stand"
                    writes = (where[sole[mark]][0], where[kid][0])
                    self.grown.disagreements.append(Disagreement(kid, what, writes, Kind.PLACE))
                sole[mark] = kid
                continue
            if mark in ends:
                ends[mark].append(kid)
                ends[mark].sort(key=lambda other: where[other][0])
            else:
                ends[mark] = [kid]
                groups.append(ends[mark])
        return groups

    def _kind(self, node: NodeId) -> type[Node]:
        layout = self.layout_of(node)
        assert layout is not None
        return layout.kind

    def _over_chain(self, node: NodeId) -> list[NodeId]:
        """The node, what it was put in place of, what that was put in place of, and so on."""
        chain = [node]
        seen = {node}
        while (over := self.forest.over.get(chain[-1], NOWHERE)) != NOWHERE and over not in seen:
            chain.append(over)
            seen.add(over)
        return chain

    def _add_base(self, slot: SlotLayout, group: list[NodeId], depth: int) -> None:
        """Finds what all in the group were put in place of, and brings it into the tree if it is nowhere in it."""
        chains = [self._over_chain(kid)[1:] for kid in group]
        shared = next((over for over in chains[0] if all(over in chain for chain in chains[1:])), NOWHERE)
        if shared == NOWHERE or shared in group:
            return
        self.bases[group[0]] = shared
        layout = self.layout_of(shared)
        if (
            layout is not None
            and layout.kind in slot.takes
            and layout.sort is not Sort.PART
            and shared not in self.visited
            and self.forest.top(shared) != self.top
            and not self._is_below_what_was_brought(shared)
        ):
            self.brought[shared] = group[0]
            self.visited.add(shared)
            self.stack.append((shared, depth))

    def _is_below_what_was_brought(self, node: NodeId) -> bool:
        """Whether a node outside the tree hangs below the base of another Conflict, and so comes into it with that."""
        return any(above in self.brought for above in self.forest.way_up(node))

    # Up: building

    def _build(self) -> None:
        entries, built = self.ledger.entries, self.built
        for node, layout, held in reversed(self.order):
            writes = entries(node)
            if len(writes) == 1:
                create: Any = writes[0][1]
                parts: tuple[Any, ...] = create.scalars
                wavering = None
                if layout.tables:
                    parts = (*parts, *((),) * len(layout.tables))
            else:
                parts, wavering = self._scalars(node, layout)
            if layout.slots:
                below: list[Any] = []
                for slot in layout.slots:
                    groups = held.get(slot.name)
                    if groups is not None and slot.arity is not Arity.MANY and len(groups[0]) == 1:
                        below.append(built[groups[0][0]])
                    else:
                        below.append(self._fill(node, slot, groups or []))
                tree = layout.kind(node, *parts, *below)
            else:
                tree = layout.kind(node, *parts)
            built[node] = self._wavering(tree, layout, wavering) if wavering else tree

    def _fill(self, parent: NodeId, slot: SlotLayout, groups: list[list[NodeId]]) -> Any:
        if slot.arity is Arity.MANY:
            built = self.built
            found = [
                built[group[0]] if len(group) == 1 else self._stand(parent, slot, group) for group in groups if group
            ]
            while len(found) < slot.least:
                found.append(self._hole(parent, slot, len(found) + 1))
            return tuple(found)
        if groups and groups[0]:
            return self._stand(parent, slot, groups[0])
        return None if slot.arity is Arity.MAYBE else self._hole(parent, slot)

    def _hole(self, parent: NodeId, slot: SlotLayout, nth: int = 0) -> Node:
        assert slot.hole is not None
        hole: Any = slot.hole
        made: Node = hole(self._made(hole_id(parent, slot.name, nth)), "")
        return made

    def _made(self, node: NodeId) -> NodeId:
        while node in self.forest.heads or node in self.grown.made:
            node = mix_id(node, 1)  # somebody took great pains to make a node with that id
        self.grown.made.add(node)
        return node

    def _stand(self, parent: NodeId, slot: SlotLayout, group: list[NodeId]) -> Node:
        """The one node that stands there, or what shows that there are several. Equal ones are no disagreement."""
        if len(group) == 1:
            return self.built[group[0]]
        distinct: dict[bytes | NodeId, Node] = {}
        for kid in group:
            tree = self.built[kid]
            distinct.setdefault(subtree_hash(tree) if self._affords(tree) else kid, tree)
        standing = Standing(parent, slot.name, self.forest.where[group[0]][1].key, tuple(group))
        if len(distinct) == 1:
            self.grown.standing[group[0]] = standing
            return self.built[group[0]]
        kind: Any = LAYOUTS[self._kind(group[0])].conflict
        end = self._over_chain(group[0])[-1] if slot.arity is Arity.MANY else NOWHERE
        shown_id = self._made(conflict_id(parent, slot.name, end))
        base = self._base(slot, group, shown_id) or self._hole(shown_id, LAYOUTS[kind].slot["base"])
        self.grown.standing[shown_id] = standing
        what = f"{len(distinct)} nodes stand in `{slot.name}` of {spell_id(parent)}, where one may"
        writes = tuple(self.forest.where[kid][0] for kid in group)
        self.grown.disagreements.append(Disagreement(shown_id, what, writes, Kind.PLACE))
        conflict: Node = kind(shown_id, base, tuple(distinct.values()))
        return conflict

    def _base(self, slot: SlotLayout, group: list[NodeId], conflict: NodeId) -> Node | None:
        shared = self.bases.get(group[0], NOWHERE)
        tree = self.built.get(shared)
        if tree is None or self._kind(shared) not in slot.takes or self._kind(shared) is e.Text:
            return None
        if self.brought.get(shared) == group[0]:
            return tree
        return self._copy(tree, conflict) if self._affords(tree) else None

    def _affords(self, tree: Node, times: int = 1) -> bool:
        """Counts the nodes that are compared and copied because of disagreements, so that nobody can make a merge cost
        more than the size of what is merged times a constant."""
        left = _MAX_EFFORT - self.effort
        size = sum(times for _ in islice(descend(tree), max(left // times + 1, 0)))
        self.effort += size
        return size <= left

    def _scalars(self, node: NodeId, layout: Layout) -> tuple[tuple[Any, ...], dict[WriteId, dict[str, Scalar]] | None]:
        """The values of a node's scalars and tables; and where they waver, what each diff made of them."""
        settled = self.ledger.settled(node)
        wavering: dict[WriteId, dict[str, Scalar]] = {}
        parts: list[Any] = [self._settle(node, layout, settled, name, None, wavering) for name in layout.scalars]
        for name in layout.tables:
            table = []
            for key in sorted([key for field, key in settled.heads if field == name and key is not None]):
                value = self._settle(node, layout, settled, name, key, wavering)
                if value is not None:
                    table.append((key, value))
            parts.append(tuple(table))
        for write_id, field in settled.senseless():
            self.ignore(node, f"`{field}` cannot be set to that", (write_id,))
        return tuple(parts), wavering or None

    def _settle(
        self,
        node: NodeId,
        layout: Layout,
        settled: Settled,
        name: str,
        key: str | None,
        wavering: dict[WriteId, dict[str, Scalar]],
    ) -> Scalar:
        heads = settled.heads[name, key]
        if len(heads) == 1 or len({(type(head.value), repr(head.value)) for head in heads}) == 1:
            return heads[0].value
        base = base_of(self.ledger.history(node, name, key), heads)
        writes = tuple(head.id for head in heads)
        shown = layout.conflict is not None
        if shown:
            for head in heads:
                wavering.setdefault(head.id._replace(nth=0), {})[name] = head.value
        place = f"`{name}`" if key is None else f"`{name}` of {key!r}"
        self.grown.disagreements.append(
            Disagreement(wavering_id(node) if shown else node, _differ(place, heads), writes, Kind.SCALAR)
        )
        # In a table there may be no value that all build on; then the key is not listed, which grants nothing.
        return base.value if key is None or base not in heads else None

    def _wavering(self, tree: Node, layout: Layout, changes: dict[WriteId, dict[str, Scalar]]) -> Node:
        if not self._affords(tree, len(changes)):
            return tree
        alternatives: dict[bytes, Node] = {}
        for write_id in sorted(changes):
            values = changes[write_id]
            copy = self._copy(tree, write_id.diff ^ write_id.lamport)
            kind: Any = layout.kind
            held = [values.get(name, getattr(copy, name)) for name in layout.scalars]
            slots = [getattr(copy, slot.name) for slot in layout.slots]
            copy = kind(copy.id, *held, *slots)
            mark = subtree_hash(copy)
            if mark not in alternatives:
                alternatives[mark] = copy
                self.grown.choices[copy.id] = values
        conflict: Any = layout.conflict
        shown_id = self._made(wavering_id(tree.id))
        self.grown.wavering[shown_id] = tree.id
        made: Node = conflict(shown_id, tree, tuple(alternatives.values()))
        return made

    def _copy(self, tree: Node, salt: int) -> Node:
        """A copy under derived ids, in which our own Conflicts are their bases, so that copies do not multiply."""

        def renamed(node: Node) -> Node:
            if node.id in self.grown.wavering or (node.id in self.grown.standing and type(node) in _CONFLICTS):
                conflict: Any = node
                base: Node = conflict.base
                return base
            layout = LAYOUTS[type(node)]
            held = (getattr(node, name) for name in (*layout.scalars, *layout.tables, *layout.slot))
            copy: Node = layout.kind(self._made(derived_id(node.id, salt)), *held)
            return copy

        return rebuild(tree, renamed)


_SHOWN_VALUES: Final = 80  # characters
_CONFLICTS: Final = frozenset(layout.conflict for layout in LAYOUTS.values() if layout.conflict is not None)


def _differ(place: str, heads: Sequence[Held]) -> str:
    values = sorted({repr(head.value) for head in heads})
    shown = f": {', '.join(values)}" if sum(map(len, values)) <= _SHOWN_VALUES else ""
    return f"{len(heads)} edits gave {place} different values{shown}"


def grow(ledger: Ledger, root: NodeId) -> Grown:
    """The tree below a node, which need not be in the toplevel (it may be in the trash)."""
    return _Grower(ledger).grow(root)
