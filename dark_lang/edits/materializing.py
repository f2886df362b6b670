"""What a ledger says: its toplevel as a tree, and everything in it on which edits disagree.

Must not know other toplevels or who asks. Invariants: total; the answer is a function of the set of writes.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import cast

from dark_lang.edits.growing import grow
from dark_lang.edits.grown import Disagreement, Grown, Kind
from dark_lang.edits.hashing import content_hash, subtree_hash
from dark_lang.edits.layouts import LAYOUTS
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import CANVAS, TRASH, Move, Place, SetScalar
from dark_lang.names import NodeId, WriteId
from dark_lang.nodes.shape import Sort
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.records import dataclass

__all__ = ["Disagreement", "Kind", "Materialized", "materialize", "subtree_hash"]


@dataclass(frozen=True, slots=True)
class Materialized:
    toplevel: Toplevel | None  # None: nobody made it, or what they made is no toplevel. One in the trash has a tree
    alive: bool
    conflicts: tuple[Disagreement, ...]
    content: bytes  # 32 bytes, over the tree with its ids: equal content is an equal tree


def materialize(ledger: Ledger, content: bytes | None = None) -> Materialized:
    """`content`: the hash of the tree, where somebody has worked it out for the same writes."""
    return materialized_from(ledger, grow(ledger, ledger.toplevel), content)


def materialized_from(ledger: Ledger, grown: Grown, content: bytes | None = None) -> Materialized:
    tree = grown.root if grown.root is not None and LAYOUTS[type(grown.root)].sort is Sort.TOPLEVEL else None
    alive = tree is not None and ledger.place(ledger.toplevel) == CANVAS
    found = [*grown.disagreements, *_about_places(ledger), *_about_trash(ledger)]
    found.sort(key=lambda one: (one.node, one.kind.value, one.writes, one.what))
    if content is None:
        content = blake2b(digest_size=32).digest() if tree is None else content_hash(tree)
    return Materialized(cast("Toplevel | None", tree), alive, tuple(found), content)


def _about_places(ledger: Ledger) -> list[Disagreement]:
    forest = ledger.forest()
    found = [
        Disagreement(node, "it cannot be put there", (write_id,), Kind.IGNORED)
        for write_id, node in forest.ignored.items()
    ]
    found.extend(
        Disagreement(node, "the move would have put it below itself, and was left out", (write_id,), Kind.CYCLE)
        for write_id, node in forest.skipped.items()
    )
    for node in forest.contested:
        heads = forest.heads[node]
        if len(places := _places_of(ledger, node, heads)) > 1:
            what = "it was deleted, and moved" if TRASH in places else "it was moved to several places"
            found.append(Disagreement(node, f"{what}; the later edit counts", heads, Kind.MOVED_TWICE))
    return found


def _places_of(ledger: Ledger, node: NodeId, heads: tuple[WriteId, ...]) -> set[Place]:
    return {
        write.place
        for write_id, write in ledger.entries(node)
        if write_id in heads and not isinstance(write, SetScalar)
    }


def _about_trash(ledger: Ledger) -> list[Disagreement]:
    return [
        Disagreement(node, "it was deleted while another edit changed it", (write_id,), Kind.DELETED_MODIFIED)
        for node, write_id in settle_trash(ledger).items()
    ]


def settle_trash(ledger: Ledger) -> dict[NodeId, WriteId]:
    """What was deleted with other content than its author saw, and the write that deleted it. Remembered in the ledger
    and its copies, so that an edit pays for the part of the trash that it touches and not for all of it."""
    if ledger.verdicts is not None and not ledger.verdicts[0]:
        return ledger.verdicts[1]
    forest = ledger.forest()
    if ledger.verdicts is None:
        unsettled = list(forest.trash)
        modified: dict[NodeId, WriteId] = {}
    else:
        touched, known = ledger.verdicts
        unsettled = [node for start in touched for node in _way_up(ledger, start) if node in forest.trash]
        modified = {node: write_id for node, write_id in known.items() if node in forest.trash}
    for node in dict.fromkeys(unsettled):
        modified.pop(node, None)
        if _is_modified(ledger, node):
            modified[node] = forest.where[node][0]
    ledger.verdicts = (set(), modified)
    return modified


def _way_up(ledger: Ledger, node: NodeId) -> list[NodeId]:
    where = ledger.forest().where
    way = []
    while (held := where.get(node)) is not None:
        way.append(node)
        node = held[1].parent
    return way


def _is_modified(ledger: Ledger, node: NodeId) -> bool:
    heads = ledger.place_heads(node)
    seen = {write.took for write_id, write in ledger.entries(node) if write_id in heads and isinstance(write, Move)}
    seen.discard(b"")
    if not seen:
        return False
    tree = grow(ledger, node).root
    return tree is not None and subtree_hash(tree) not in seen
