"""Where edits may put things: slots, places between siblings, what stands where.

Must not say what an edit is (`drafting`). Invariant: nothing is changed here, except that `destination` makes room.
"""

from __future__ import annotations

from typing import Final, cast

from dark_lang.edits.grown import Grown, Standing
from dark_lang.edits.keys import between, spread
from dark_lang.edits.layouts import LAYOUTS, SlotLayout
from dark_lang.edits.pending import Pending, Putting
from dark_lang.edits.writes import TRASH, Place
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import NOWHERE, NodeId, Standard, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node
from dark_lang.nodes.walking import find, positions_in

HOLES: Final = (e.Hole, p.Hole, t.Hole)
_LONG_KEY: Final = 256
"""Bytes from which on a list gets new keys. Diffs hold at most 4,096."""


def real(pending: Pending, grown: Grown, node_id: NodeId) -> NodeId:
    """The node that writes can name. AddressError if there is none, RefusedError if only a Conflict shows it."""
    node_id = grown.wavering.get(node_id, node_id)
    if node_id in pending:
        return node_id
    if node_id in grown.made:
        raise only_shown(node_id)
    raise AddressError(f"there is no node {spell_id(node_id)} in {spell_id(pending.source.toplevel)}")


def slot_of(pending: Pending, parent: NodeId, slot: str) -> SlotLayout:
    kind = pending.kind(parent)
    slots = LAYOUTS[kind].slots if kind is not None else ()
    for held in slots:
        if slot in (held.name, held.name.rstrip("_")):
            return held
    labels = ", ".join(held.name.rstrip("_") for held in slots) or "none"
    raise RefusedError(f"{spell_id(parent)} has no place `{slot}`", details=(f"its places: {labels}",))


def refuse_sort(slot: SlotLayout, kind: type[Node]) -> None:
    if kind not in slot.takes:
        found = LAYOUTS[kind].sort.name.lower().replace("_", " ")
        raise RefusedError(
            f"`{slot.name.rstrip('_')}` takes a {slot.sort.name.lower().replace('_', ' ')}, and this is a {found}"
        )


def destination(
    pending: Pending,
    grown: Grown,
    parent: NodeId,
    slot: SlotLayout,
    moving: NodeId,
    before: NodeId | None,
    after: NodeId | None,
) -> Putting:
    kids = [kid for kid in pending.children(parent, slot.name) if kid != moving]
    if slot.arity is not Arity.MANY:
        if any(pending.kind(kid) not in HOLES for kid in kids):
            raise RefusedError(f"something stands in `{slot.name.rstrip('_')}` already", suggestion="use replace-node")
        for kid in kids:
            pending.placed[kid] = Putting(TRASH)
        return Putting(Place(parent, slot.name), kids[0] if kids else NOWHERE)
    nth = len(kids)
    if (beside := before if before is not None else after) is not None:
        standing = grown.standing.get(beside)
        group = standing.nodes if standing is not None else (beside,)
        found = [kids.index(kid) for kid in group if kid in kids]
        if not found:
            raise AddressError(f"{spell_id(beside)} is not in `{slot.name.rstrip('_')}` of {spell_id(parent)}")
        nth = min(found) if before is not None else max(found) + 1
    keys = [place.key if (place := pending.place(kid)) is not None else b"" for kid in kids]
    try:
        if b"" in keys:
            raise ValueError("not a key")
        key = between(keys[nth - 1] if nth else b"", keys[nth] if nth < len(keys) else b"")
        if len(key) > _LONG_KEY:
            raise ValueError("thousands were put at one point, and there is hardly room left")
    except ValueError:
        key = _renew_keys(pending, grown, Place(parent, slot.name), kids, nth)
    return Putting(Place(parent, slot.name, key))


def _renew_keys(pending: Pending, grown: Grown, place: Place, kids: list[NodeId], nth: int) -> bytes:
    """Gives all in a list new keys, since two clones inserted at the same point and no key is between equal ones, or
    since those that are have become long; the key that is free at `nth`. What stands together goes on standing
    together."""
    together = {kid: standing.nodes[0] for standing in grown.standing.values() for kid in standing.nodes}
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


def spot(pending: Pending, grown: Grown, node_id: NodeId) -> tuple[Putting, tuple[NodeId, ...]]:
    """Where a node stands, and the nodes that go when it goes."""
    tree = grown.root
    standing: Standing | None = grown.standing.get(node_id)
    if node_id in pending:
        place = pending.place(node_id)
        if place is None or place == TRASH:
            raise RefusedError(
                f"{spell_id(node_id)} is no longer in the tree",
                suggestion="replace the conflict that shows it, or `dark restore` it",
            )
        return Putting(place, node_id), standing.nodes if standing is not None else (node_id,)
    position = positions_in(tree).get(node_id) if tree is not None else None
    if tree is None or position is None:
        raise AddressError(f"there is no node {spell_id(node_id)} in {spell_id(pending.source.toplevel)}")
    if standing is not None:
        conflict = find(tree, node_id)
        base = cast(e.Conflict, conflict).base.id
        putting = Putting(Place(standing.parent, standing.slot, standing.key), base, firm=True)
        return putting, standing.nodes
    parent = position.parent.id
    if parent not in pending:
        raise only_shown(node_id)
    place = Place(parent, position.slot.name)
    if position.slot.arity is Arity.MANY:
        kids = pending.children(parent, position.slot.name)
        last = pending.place(kids[-1]) if kids else None
        place = place._replace(key=between(last.key if last is not None else b"", b""))
    return Putting(place, node_id), ()


def is_fixed(pending: Pending, parent: NodeId, slot: str) -> bool:
    """Whether a list never shrinks: a tuple's items, an operator's operands."""
    kind = pending.kind(parent)
    if kind is e.Call and slot == "args":
        if parent in pending.created:
            function = pending.created[parent].scalars[0]
        else:
            holders = pending.source.holders(parent, "function")
            function = holders[-1].value if holders else None
        return isinstance(function, Standard) and function.name.startswith("Op::")
    return kind in (e.Tuple, p.Tuple, t.Tuple) and slot == "items"


def only_shown(node_id: NodeId) -> RefusedError:
    return RefusedError(
        f"{spell_id(node_id)} is only what shows that edits disagree, or that something is missing",
        suggestion="put something in its place first, or `dark resolve` the conflict",
    )
