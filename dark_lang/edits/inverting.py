"""Taking edits back: the inverse of a diff, and a toplevel as it once was, as ordinary writes of a draft.

Must not know whose edit it was or which is the last. Invariant: nothing that somebody did since is undone in passing:
a register that does not hold what the diff put there is refused by name, and so is what would disagree with something
later. A disagreement that the diff had settled comes back. A register to which somebody gave that value again does hold
it; so edits can be taken back one after the other.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.edits.grown import Disagreement, Kind
from dark_lang.edits.layouts import LAYOUTS
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.pending import UNWRITTEN, Pending, Putting, Register, is_same
from dark_lang.edits.writes import TRASH, Create, Diff, Move, Place, SetScalar
from dark_lang.errors import StaleError
from dark_lang.names import NOWHERE, NodeId, WriteId, spell_id
from dark_lang.nodes.shape import Scalar

_BLOCKING = (Kind.PLACE, Kind.SCALAR, Kind.CYCLE)


def invert(draft: Draft, diff_id: bytes, diff: Diff) -> None:
    """Adds to the draft what takes the diff back. The inverse of an inverse is a redo. StaleError, with a line for each
    node, if anything that the diff wrote has been written since, or if its place is taken; the draft is then of no use.
    """
    short = int.from_bytes(diff_id[:8], "big")
    stale: dict[NodeId, str] = {}
    for toplevel in dict.fromkeys(write.toplevel for write in diff.writes):
        conflicts = {(one.node, one.kind) for one in draft.materialized(toplevel).conflicts}
        source = draft.ledger(toplevel)
        made = {write.node for write in diff.writes if isinstance(write, Create)}
        with draft.attempt(toplevel, leave_holes=False) as pending:
            for nth, write in enumerate(diff.writes):
                if write.toplevel != toplevel:
                    continue
                ours = WriteId(diff.lamport, short, nth)
                if isinstance(write, SetScalar):
                    changed = _take_back_value(source, pending, ours, write)
                else:
                    changed = _take_back_place(source, pending, ours, write, made)
                if changed is not None:
                    stale.setdefault(write.node, changed)
            stale |= _changed_inside(source, diff, short, toplevel)
        if not stale:
            for one in draft.materialized(toplevel).conflicts:
                if one.kind in _BLOCKING and (one.node, one.kind) not in conflicts and _is_news(one, diff, short):
                    stale.setdefault(one.node, f"{one.what}, if this is taken back")
    if stale:
        raise StaleError(
            "somebody changed the place since",
            details=tuple(f"{spell_id(node)}: {why}" for node, why in stale.items()),
            suggestion="take back the later edit first, or edit the place by hand",
        )


def _is_news(disagreement: Disagreement, diff: Diff, short: int) -> bool:
    """Whether something that came after the diff is part of it. If not, the diff had settled it, and it comes back."""
    return disagreement.kind is Kind.CYCLE or any(
        write_id.diff not in (UNWRITTEN, short) and write_id[:2] > (diff.lamport, short)
        for write_id in disagreement.writes
    )


def _take_back_value(source: Ledger, pending: Pending, ours: WriteId, write: SetScalar) -> str | None:
    history = {held.id: held for held in source.history(write.node, write.field, write.key)}
    if ours not in history:
        return None  # it never counted
    holders = source.holders(write.node, write.field, write.key)
    if any(held.id.diff != ours.diff for held in holders) and not (
        len(holders) == 1 and is_same(holders[0].value, write.value)
    ):
        return f"`{write.field}` was set {_by(tuple(held.id for held in holders), ours)}"
    before: tuple[Scalar, ...] = tuple(history[old].value for old in write.replaces if old in history)
    pending.values[Register(write.node, write.field, write.key)] = before or (None,)
    return None


def _take_back_place(
    source: Ledger, pending: Pending, ours: WriteId, write: Create | Move, made: set[NodeId]
) -> str | None:
    node = write.node
    forest = source.forest()
    heads = forest.heads.get(node, ())
    if ours in forest.ignored or ours in forest.skipped:
        return None
    if len(heads) != 1 or forest.where[node][1] != write.place:
        return f"it was moved {_by(heads, ours)}" if heads else None
    if isinstance(write, Create):
        if write.place.parent not in made:  # the others go with what they are in
            pending.placed[node] = Putting(TRASH)
        return None
    before = _place_before(source, node, ours)
    if before is None:
        return None
    place, over = before
    if place.parent != NOWHERE and pending.way_up(place.parent)[-1] != source.toplevel and place.parent not in pending:
        return f"{spell_id(place.parent)}, where it was, is gone"
    pending.placed[node] = Putting(place, over)
    return None


def _place_before(source: Ledger, node: NodeId, ours: WriteId) -> tuple[Place, NodeId] | None:
    """Where the last of the writes put the node that this one replaced."""
    writes = {write_id: write for write_id, write in source.entries(node) if not isinstance(write, SetScalar)}
    write = writes.get(ours)
    if write is None or isinstance(write, Create):
        return None
    replaced = [old for old in write.replaces if old in writes]
    if not replaced:
        return None
    held = writes[max(replaced)]
    return held.place, held.over


def _changed_inside(source: Ledger, diff: Diff, short: int, toplevel: NodeId) -> dict[NodeId, str]:
    """Nodes of the diff's making that others have since put something into, or changed."""
    stale: dict[NodeId, str] = {}
    forest = source.forest()
    put = {(write.node, write.place) for write in diff.writes if not isinstance(write, SetScalar)}
    for write in diff.writes:
        if not isinstance(write, Create) or write.toplevel != toplevel:
            continue
        others = [
            forest.where[kid][0] for kid in forest.below.get(write.node, ()) if (kid, forest.where[kid][1]) not in put
        ]
        for name, value in zip(LAYOUTS[write.kind].scalars, write.scalars, strict=False):
            heads = source.holders(write.node, name)
            others += [head.id for head in heads if len(heads) > 1 or not is_same(head.value, value)]
        if others:
            stale[write.node] = f"it was changed {_by(tuple(others), WriteId(diff.lamport, short, 0))}"
    return stale


def _by(heads: tuple[WriteId, ...], ours: WriteId) -> str:
    others = sorted({head.diff for head in heads if head.diff != ours.diff})
    return "by diff " + ", ".join(f"{other:016x}" for other in others) if others else "again"


def bring_back(draft: Draft, toplevel: NodeId, earlier: Ledger) -> None:
    """Adds to the draft what makes a toplevel what an earlier state of its ledger says. Nodes that came since go to the
    trash. The ledger may be one that never saw the toplevel: then all of it goes."""
    now = draft.ledger(toplevel)
    with draft.attempt(toplevel, leave_holes=False) as pending:
        then = earlier.forest()
        for node in list(now.forest().heads):
            if node not in earlier:
                place = now.place(node)
                if place is not None and (node == toplevel or place.parent in earlier) and place != TRASH:
                    pending.placed[node] = Putting(TRASH)
                continue
            held = then.where.get(node)
            if held is not None and held[1] != now.place(node):
                pending.placed[node] = Putting(held[1], then.over.get(node, NOWHERE) if held[1] != TRASH else NOWHERE)
            for register in _registers(now, node):
                before = _values(earlier, register)
                if before != _values(now, register):
                    pending.values[register] = before or (None,)


def _registers(ledger: Ledger, node: NodeId) -> set[Register]:
    return {
        Register(node, write.field, write.key)
        for _, write in ledger.entries(node)
        if isinstance(write, SetScalar) and ledger.holders(node, write.field, write.key)
    }


def _values(ledger: Ledger, register: Register) -> tuple[Scalar, ...]:
    return tuple([held.value for held in ledger.holders(*register)])
