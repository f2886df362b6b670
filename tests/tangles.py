"""Histories in which clones edit at the same time, in every way that there is, and now and then hear of each other."""

from __future__ import annotations

import random

from replicas import Replica

from dark_lang.edits.drafting import Draft
from dark_lang.edits.layouts import LAYOUTS, accepts
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Arity, Node
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.nodes.walking import descend, steps_of, with_fresh_ids


def random_edit(draft: Draft, toplevel: NodeId, pool: list[e.Expression], choose: random.Random) -> None:
    """One primitive edit somewhere. Refusals are edits too: they must leave no trace."""
    before = draft.materialized(toplevel).content
    try:
        _edit(draft, toplevel, pool, choose)
    except (RefusedError, AddressError):
        assert draft.materialized(toplevel).content == before


def _edit(draft: Draft, toplevel: NodeId, pool: list[e.Expression], choose: random.Random) -> None:
    if choose.random() < 0.04:
        draft.delete_toplevel(toplevel)
        return
    try:
        tree = draft.tree(toplevel)
    except AddressError:
        draft.restore_toplevel(toplevel)
        return
    nodes = list(descend(tree))
    node = choose.choice(nodes if choose.random() < 0.4 else nodes[:5])  # so that edits meet
    new: Node = with_fresh_ids(choose.choice(pool), draft.fresh)
    kinds = ["replace", "replace", "wrap", "raise", "insert", "remove", "move", "move", "set", "set", "set", "settle"]
    kind = choose.choice(kinds)
    if kind == "replace":
        draft.replace(toplevel, node.id, new)
    elif kind == "wrap":
        draft.replace(toplevel, node.id, e.List(draft.fresh(), (node, new)))
    elif kind == "raise":
        draft.replace(toplevel, node.id, choose.choice(list(descend(node))))
    elif kind == "remove":
        draft.remove(toplevel, node.id)
    elif kind == "settle":
        conflicts = [one for one in nodes if isinstance(one, e.Conflict)]
        if conflicts:
            conflict = choose.choice(conflicts)
            draft.replace(toplevel, conflict.id, choose.choice([conflict.base, *conflict.alternatives]))
    elif kind == "set":
        layout = LAYOUTS[type(node)]
        values = ["x", "y", 1, 2, 2.5, True, False, None, Standard("List::map"), Standard("Op::add"), b"nonsense"]
        if layout.tables:
            draft.set(toplevel, node.id, "subjects", choose.choice([True, False, None]), choose.choice("ab"))
        elif layout.scalars:
            field = choose.choice(layout.scalars)
            fitting = [value for value in values if accepts(layout, field, value)]
            draft.set(toplevel, node.id, field, choose.choice(fitting if choose.random() < 0.9 else values))
    else:
        lists = [(one, slot) for one in nodes for slot in LAYOUTS[type(one)].slots if slot.arity is Arity.MANY]
        if not lists:
            return
        parent, slot = choose.choice(lists)
        held = getattr(parent, slot.name)
        beside = choose.choice(held).id if held else None
        where = {"before": beside} if choose.random() < 0.5 else {"after": beside}
        if kind == "insert":
            draft.insert(toplevel, parent.id, slot.name, new, **where)
        else:
            draft.move(toplevel, node.id, parent.id, slot.name, **where)


def tangle(seed: int, tree: Toplevel, pool: list[e.Expression], rounds: int, clones: int) -> list[bytes]:
    """The diffs of several clones that edit at the same time and now and then hear of each other."""
    choose = random.Random(seed)
    first = Replica(0)
    first.edit(lambda draft: draft.create_toplevel(tree))
    replicas = [first.clone(number + 1) for number in range(clones)]
    for _ in range(rounds):
        for replica in replicas:
            draft = replica.draft()
            for _ in range(choose.choice([1, 1, 2, 3])):
                random_edit(draft, tree.id, pool, choose)
            shown = draft.materialized(tree.id)
            replica.commit(draft)
            folded = replica.materialized(tree.id)
            assert folded.content == shown.content
            assert [(one.node, one.kind) for one in folded.conflicts] == [
                (one.node, one.kind) for one in shown.conflicts
            ]
        if choose.random() < 0.5:
            one, other = choose.sample(replicas, 2)
            one.take(other.diffs.values())
    everything: dict[bytes, bytes] = {}
    for replica in replicas:
        everything |= replica.diffs
    return list(everything.values())


def check_tree(tree: Toplevel) -> None:
    """Every id once, every sort where it belongs."""
    ids = [node.id for node in descend(tree)]
    assert len(ids) == len(set(ids))
    for node in descend(tree):
        for step in steps_of(node):
            assert type(step.node) in LAYOUTS[type(node)].slot[step.slot.name].takes
