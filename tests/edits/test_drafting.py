"""The primitive edits, one at a time."""

from __future__ import annotations

from typing import Any

import pytest
from replicas import Replica

from dark_lang.edits.drafting import Draft
from dark_lang.edits.pending import Putting
from dark_lang.edits.writes import Place, SetScalar
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import Fresh, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node

fresh = Fresh(0xD4AF7)
ONE, TWO = e.Int(fresh(), 1), e.Int(fresh(), 2)
SUM = e.Call(fresh(), Standard("Op::add"), (), (ONE, TWO))
PAIR = e.Tuple(fresh(), (SUM, e.Unit(fresh())))
ARM = e.Arm(fresh(), p.Wildcard(fresh()), None, PAIR)
MATCH = e.Match(fresh(), e.Variable(fresh(), "x"), (ARM,))
REPL = top.Repl(fresh(), 1, "", "r", MATCH)


@pytest.fixture
def draft() -> Draft:
    clone = Replica(1)
    clone.edit(lambda draft: draft.create_toplevel(REPL))
    return clone.draft()


def body(draft: Draft) -> Any:
    tree: Any = draft.tree(REPL.id)
    return tree.body


def test_what_must_stand_leaves_a_hole(draft: Draft) -> None:
    draft.remove(REPL.id, SUM.id)
    assert isinstance(body(draft).arms[0].body.items[0], e.Hole)
    draft.remove(REPL.id, ARM.pattern.id)
    assert isinstance(body(draft).arms[0].pattern, p.Hole)
    draft.remove(REPL.id, ARM.id)
    assert body(draft).arms == ()


def test_an_operator_keeps_its_operands(draft: Draft) -> None:
    draft.remove(REPL.id, ONE.id)
    assert [type(arg) for arg in body(draft).arms[0].body.items[0].args] == [e.Hole, e.Int]


def test_an_optional_place_can_be_filled_once(draft: Draft) -> None:
    draft.insert(REPL.id, ARM.id, "guard", e.Bool(draft.fresh(), True))
    assert body(draft).arms[0].guard.value is True
    with pytest.raises(RefusedError, match="guard"):
        draft.insert(REPL.id, ARM.id, "guard", e.Bool(draft.fresh(), False))
    assert body(draft).arms[0].guard.value is True


def test_wrap_and_raise_keep_the_node(draft: Draft) -> None:
    draft.replace(REPL.id, SUM.id, e.Try(draft.fresh(), SUM))
    assert body(draft).arms[0].body.items[0].value == SUM
    draft.replace(REPL.id, MATCH.id, SUM)
    assert body(draft) == SUM


def test_an_implicit_hole_can_be_filled() -> None:
    clone = Replica(1)
    clone.edit(lambda draft: draft.create_toplevel(REPL))
    clone.edit(lambda draft: draft.move(REPL.id, PAIR.id, ARM.id, "guard"))
    shown: Any = clone.materialized(REPL.id).toplevel
    hole = shown.body.arms[0].body
    assert isinstance(hole, e.Hole) and hole.id not in clone.memory.held[REPL.id]
    clone.edit(lambda draft: draft.replace(REPL.id, hole.id, e.Int(draft.fresh(), 3)))
    shown = clone.materialized(REPL.id).toplevel
    assert shown.body.arms[0].body.value == 3


def test_moves_within_a_list(draft: Draft) -> None:
    third = e.Int(draft.fresh(), 3)
    draft.replace(REPL.id, MATCH.id, e.List(draft.fresh(), (ONE, TWO, third)))
    items = body(draft)
    draft.move(REPL.id, third.id, items.id, "items", before=ONE.id)
    assert [item.id for item in body(draft).items] == [third.id, ONE.id, TWO.id]
    draft.move(REPL.id, third.id, items.id, "items")
    assert [item.id for item in body(draft).items] == [ONE.id, TWO.id, third.id]


@pytest.mark.parametrize(
    "subtree",
    [t.Variable(NodeId(77), "a"), p.Wildcard(NodeId(77)), REPL, e.Arm(NodeId(77), ARM.pattern, None, ONE)],
)
def test_a_wrong_sort_is_refused(draft: Draft, subtree: Node) -> None:
    with pytest.raises(RefusedError):
        draft.replace(REPL.id, ONE.id, subtree)
    assert draft.tree(REPL.id) == REPL


def test_an_enum_is_a_whole_definition_only(draft: Draft) -> None:
    definition = top.Type(
        draft.fresh(), 1, "", "T", 0, (), t.Tuple(draft.fresh(), (t.Hole(fresh(), ""), t.Hole(fresh(), "")))
    )
    draft.create_toplevel(definition)
    with pytest.raises(RefusedError):
        draft.replace(definition.id, definition.definition.items[0].id, t.Enum(draft.fresh(), ()))
    draft.replace(definition.id, definition.definition.id, t.Enum(draft.fresh(), ()))


def test_a_cycle_is_refused(draft: Draft) -> None:
    with pytest.raises(RefusedError, match="inside itself"):
        draft.replace(REPL.id, ONE.id, MATCH)
    with pytest.raises(RefusedError, match="inside itself"):
        draft.move(REPL.id, MATCH.id, PAIR.id, "items")


def test_too_deep_a_tree_is_refused(draft: Draft) -> None:
    tree: e.Expression = e.Unit(draft.fresh())
    for _ in range(260):
        tree = e.Try(draft.fresh(), tree)
    with pytest.raises(RefusedError, match="deeper than 250"):
        draft.replace(REPL.id, ONE.id, tree)
    assert draft.writes == []


def test_values_of_a_wrong_type_are_refused(draft: Draft) -> None:
    for field, value in [("value", "x"), ("value", True), ("value", 10**4300), ("name", "x")]:
        with pytest.raises(RefusedError):
            draft.set(REPL.id, ONE.id, field, value)
    with pytest.raises(RefusedError):
        draft.set(REPL.id, REPL.id, "name", "\ud800")


def test_what_is_not_there_is_an_address_error(draft: Draft) -> None:
    with pytest.raises(AddressError):
        draft.remove(REPL.id, NodeId(12345))
    with pytest.raises(AddressError):
        draft.tree(NodeId(12345))
    draft.delete_toplevel(REPL.id)
    with pytest.raises(AddressError):
        draft.tree(REPL.id)


def test_going_to_and_fro_writes_nothing(draft: Draft) -> None:
    draft.set(REPL.id, ONE.id, "value", 5)
    draft.set(REPL.id, ONE.id, "value", 1)
    draft.insert(REPL.id, ARM.id, "guard", e.Bool(draft.fresh(), True))
    draft.remove(REPL.id, body(draft).arms[0].guard.id)
    other = top.Secret(draft.fresh(), 1, "", "s")
    draft.create_toplevel(other)
    draft.delete_toplevel(other.id)
    assert draft.writes == [] and draft.touched == set() and draft.toplevels() == []


def test_a_register_is_written_once(draft: Draft) -> None:
    for value in (5, 6, 7):
        draft.set(REPL.id, ONE.id, "value", value)
        draft.replace(REPL.id, TWO.id, e.Try(draft.fresh(), TWO))
    places = [write.node for write in draft.writes if not hasattr(write, "value")]
    assert len(places) == len(set(places))
    assert sum(hasattr(write, "value") for write in draft.writes) == 1


def test_keys_stay_short_however_many_are_put_at_one_point() -> None:
    clone = Replica(1)
    first, last = e.Int(fresh(), 1), e.Int(fresh(), 2)
    repl = top.Repl(fresh(), 1, "", "r", e.List(fresh(), (first, last)))
    clone.edit(lambda draft: draft.create_toplevel(repl))
    pending = clone.draft()
    # What 5,000 insertions at one point come to, without making them.
    key = b"\x01" * 600 + b"\x80"
    with pending.attempt(repl.id, leave_holes=False) as changes:
        changes.placed[last.id] = Putting(Place(repl.body.id, "items", key))
        changes.placed[first.id] = Putting(Place(repl.body.id, "items", key[:-1] + b"\x7f"))
    pending.insert(repl.id, repl.body.id, "items", e.Int(pending.fresh(), 3), after=first.id)
    assert [item.value for item in body_of(pending, repl.id).items] == [1, 3, 2]
    assert all(len(write.place.key) < 10 for write in pending.writes if not isinstance(write, SetScalar))


def body_of(draft: Draft, toplevel: NodeId) -> Any:
    tree: Any = draft.tree(toplevel)
    return tree.body
