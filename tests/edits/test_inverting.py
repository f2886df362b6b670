"""Undo and redo: any edit can be taken back and made again, unless somebody changed the place since."""

from __future__ import annotations

import random
from typing import Any

import pytest
from generators import expressions, toplevels
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import Replica
from tangles import random_edit

from dark_lang.edits.drafting import Draft
from dark_lang.edits.inverting import bring_back, invert
from dark_lang.errors import StaleError
from dark_lang.names import Fresh
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.wire import decode_diff

fresh = Fresh(0xFEED)
ONE = e.Int(fresh(), 1)
LIST = e.List(fresh(), (ONE, e.Int(fresh(), 2)))
REPL = top.Repl(fresh(), 1, "", "r", LIST)


def undo(clone: Replica, diff_id: bytes) -> bytes:
    return clone.edit(lambda draft: invert(draft, diff_id, decode_diff(clone.diffs[diff_id])))


def made() -> Replica:
    clone = Replica(1)
    clone.edit(lambda draft: draft.create_toplevel(REPL))
    return clone


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), toplevels(2), st.lists(expressions(1), min_size=1, max_size=3))
def test_each_edit_can_be_undone_and_redone(seed: int, tree: top.Toplevel, pool: list[e.Expression]) -> None:
    choose = random.Random(seed)
    clone = Replica(1)
    clone.edit(lambda draft: draft.create_toplevel(tree))
    states = [clone.materialized(tree.id)]
    edits: list[bytes] = []
    for _ in range(4):
        draft = clone.draft()
        random_edit(draft, tree.id, pool, choose)
        edits.append(clone.commit(draft))
        states.append(clone.materialized(tree.id))
    undone: list[bytes] = []
    for nth in reversed(range(4)):
        undone.append(undo(clone, edits[nth]))
        now = clone.materialized(tree.id)
        assert (now.toplevel, now.alive) == (states[nth].toplevel, states[nth].alive)
    for nth in range(4):
        undo(clone, undone.pop())
        now = clone.materialized(tree.id)
        assert (now.toplevel, now.alive) == (states[nth + 1].toplevel, states[nth + 1].alive)


def test_an_earlier_edit_elsewhere_can_be_undone() -> None:
    clone = made()
    first = clone.edit(lambda draft: draft.set(REPL.id, ONE.id, "value", 10))
    clone.edit(lambda draft: draft.set(REPL.id, REPL.id, "name", "s"))
    undo(clone, first)
    tree: Any = clone.materialized(REPL.id).toplevel
    assert tree.body == LIST and tree.name == "s"


def test_undo_names_what_somebody_changed_since() -> None:
    clone = made()
    first = clone.edit(lambda draft: draft.set(REPL.id, ONE.id, "value", 10))
    clone.edit(lambda draft: draft.set(REPL.id, ONE.id, "value", 11))
    with pytest.raises(StaleError) as caught:
        undo(clone, first)
    assert "`value` was set by diff" in caught.value.details[0]


def test_undo_of_an_insert_into_which_others_put_something_is_refused() -> None:
    clone = made()
    inner = e.List(clone.draft().fresh(), ())
    first = clone.edit(lambda draft: draft.insert(REPL.id, LIST.id, "items", e.List(draft.fresh(), ())))
    tree: Any = clone.materialized(REPL.id).toplevel
    inner = tree.body.items[2]
    clone.edit(lambda draft: draft.insert(REPL.id, inner.id, "items", e.Int(draft.fresh(), 3)))
    with pytest.raises(StaleError):
        undo(clone, first)


def test_undo_of_a_delete_whose_place_is_taken_is_refused() -> None:
    clone = made()
    first = clone.edit(lambda draft: draft.remove(REPL.id, LIST.id))
    hole: Any = clone.materialized(REPL.id).toplevel
    clone.edit(lambda draft: draft.replace(REPL.id, hole.body.id, e.Int(draft.fresh(), 3)))
    with pytest.raises(StaleError):
        undo(clone, first)


def test_what_settled_a_conflict_can_be_undone_and_redone() -> None:
    clone = made()
    other = clone.clone(2)
    for replica, number in ((clone, 7), (other, 8)):
        draft = replica.draft()
        draft.replace(REPL.id, ONE.id, e.Int(draft.fresh(), number))
        draft.set(REPL.id, REPL.id, "name", f"n{number}")
        replica.commit(draft)
    clone.take(other.diffs.values())
    disagreeing = clone.materialized(REPL.id)
    conflict: Any = disagreeing.toplevel
    settled = [
        clone.edit(lambda draft: draft.set(REPL.id, REPL.id, "name", "both")),
        clone.edit(lambda draft: draft.replace(REPL.id, conflict.body.items[0].id, e.Int(draft.fresh(), 9))),
    ]
    after = clone.materialized(REPL.id)
    assert disagreeing.conflicts and not after.conflicts
    undone = [undo(clone, settled.pop()) for _ in range(2)]
    again = clone.materialized(REPL.id)
    body: Any = again.toplevel
    assert body.body == conflict.body
    assert [one.kind for one in again.conflicts] == [one.kind for one in disagreeing.conflicts]
    for diff_id in reversed(undone):
        undo(clone, diff_id)
    assert clone.materialized(REPL.id).toplevel == after.toplevel


def test_undo_of_a_large_insert_is_one_write() -> None:
    clone = made()
    many = lambda draft: e.List(draft.fresh(), tuple(e.Int(draft.fresh(), nth) for nth in range(50)))  # noqa: E731
    first = clone.edit(lambda draft: draft.insert(REPL.id, LIST.id, "items", many(draft)))
    second = undo(clone, first)
    assert len(decode_diff(clone.diffs[second]).writes) == 1


def test_a_toplevel_is_brought_back_as_it_was() -> None:
    clone = made()
    earlier = clone.memory.held[REPL.id]
    before = clone.materialized(REPL.id)

    def change(draft: Draft) -> None:
        draft.set(REPL.id, REPL.id, "name", "s")
        draft.replace(REPL.id, ONE.id, e.Try(draft.fresh(), ONE))
        draft.insert(REPL.id, LIST.id, "items", e.Int(draft.fresh(), 3))

    clone.edit(change)
    clone.edit(lambda draft: draft.delete_toplevel(REPL.id))
    clone.edit(lambda draft: bring_back(draft, REPL.id, earlier))
    after = clone.materialized(REPL.id)
    assert after == before
