"""What is shown when two clones edit the same place, and how it is settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from replicas import Replica

from dark_lang.edits.drafting import Draft
from dark_lang.edits.materializing import Kind, Materialized
from dark_lang.names import Fresh, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import same

fresh = Fresh(0xBEEF)
ONE = e.Int(fresh(), 1)
TWO = e.Int(fresh(), 2)
CALL = e.Call(fresh(), Standard("Op::add"), (), (ONE, TWO))
ITEMS = e.List(fresh(), (e.Variable(fresh(), "a"), e.Variable(fresh(), "b")))
INSIDE = e.If(fresh(), e.Bool(fresh(), True), CALL, ITEMS)
HANDLER = top.Http(fresh(), 1, "", "GET", "/", e.Let(fresh(), p.Variable(fresh(), "x"), INSIDE, e.Unit(fresh())))
SWITCH = top.Switch(fresh(), 1, "", "s", True, 0, "salt", "murmur3", (("ada", True),), (), (), None)

Change = Callable[[Draft], None]


def merge(
    first: Change, second: Change, toplevel: top.Toplevel = HANDLER, before: Change | None = None
) -> tuple[Any, Materialized, Replica]:
    origin = Replica(1)
    origin.edit(lambda draft: draft.create_toplevel(toplevel))
    if before is not None:
        origin.edit(before)
    a, b = origin.clone(2), origin.clone(3)
    a.edit(first)
    b.edit(second)
    a.take(b.diffs.values())
    b.take(a.diffs.values())
    made = a.materialized(toplevel.id)
    assert made == b.materialized(toplevel.id)
    return made.toplevel, made, a


def kinds(made: Materialized) -> list[Kind]:
    return [one.kind for one in made.conflicts]


def test_two_replacements_are_a_conflict_over_what_both_replaced() -> None:
    tree, made, clone = merge(
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 10)),
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 20)),
    )
    conflict = tree.body.value.then.args[0]
    assert isinstance(conflict, e.Conflict)
    assert conflict.base == ONE
    assert sorted(side.value for side in conflict.alternatives) == [10, 20]
    assert len(tree.body.value.then.args) == 2
    assert kinds(made) == [Kind.PLACE]
    assert made.conflicts[0].node == conflict.id
    for side in (*conflict.alternatives, conflict.base):
        other = clone.clone(9)
        other.edit(lambda draft, side=side: draft.replace(HANDLER.id, conflict.id, side))
        settled: Any = other.materialized(HANDLER.id)
        assert settled.toplevel.body.value.then.args[0] == side
        assert not settled.conflicts


def test_the_base_is_found_through_later_replacements() -> None:
    def twice(draft: Draft) -> None:
        between = e.Int(draft.fresh(), 5)
        draft.replace(HANDLER.id, CALL.id, between)

    origin = Replica(1)
    origin.edit(lambda draft: draft.create_toplevel(HANDLER))
    a, b = origin.clone(2), origin.clone(3)
    a.edit(twice)
    five: Any = a.materialized(HANDLER.id).toplevel
    a.edit(lambda draft: draft.replace(HANDLER.id, five.body.value.then.id, e.Int(draft.fresh(), 6)))
    b.edit(lambda draft: draft.replace(HANDLER.id, CALL.id, e.Int(draft.fresh(), 7)))
    a.take(b.diffs.values())
    tree: Any = a.materialized(HANDLER.id).toplevel
    assert tree.body.value.then.base == CALL


def test_equal_replacements_agree() -> None:
    tree, made, clone = merge(
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 3)),
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 3)),
    )
    assert [item.value for item in tree.body.value.then.args] == [3, 2]
    assert not made.conflicts
    clone.edit(lambda draft: draft.replace(HANDLER.id, tree.body.value.then.args[0].id, e.Int(draft.fresh(), 4)))
    after: Any = clone.materialized(HANDLER.id)
    assert [item.value for item in after.toplevel.body.value.then.args] == [4, 2]
    assert not after.conflicts


def test_wrapping_against_replacing_shows_the_wrapped_as_base_once() -> None:
    tree, made, _ = merge(
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Try(draft.fresh(), ONE)),
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 20)),
    )
    conflict = tree.body.value.then.args[0]
    assert same(conflict.base, ONE)
    assert Kind.PLACE in kinds(made)


def test_a_scalar_set_twice_is_a_conflict_with_copies() -> None:
    tree, made, clone = merge(
        lambda draft: draft.set(HANDLER.id, CALL.id, "function", Standard("Op::subtract")),
        lambda draft: draft.set(HANDLER.id, CALL.id, "function", Standard("Op::multiply")),
    )
    conflict = tree.body.value.then
    assert isinstance(conflict, e.Conflict)
    assert conflict.base == CALL
    sides: list[Any] = list(conflict.alternatives)
    assert sorted(side.function.name for side in sides) == ["Op::multiply", "Op::subtract"]
    assert all(same(side.args[0], ONE) and side.args[0].id != ONE.id for side in sides)
    assert kinds(made) == [Kind.SCALAR]
    clone.edit(lambda draft: draft.replace(HANDLER.id, conflict.id, sides[1]))
    settled: Any = clone.materialized(HANDLER.id)
    assert settled.toplevel.body.value.then == e.Call(CALL.id, sides[1].function, (), CALL.args)
    assert not settled.conflicts


def test_equal_scalars_agree() -> None:
    tree, made, _ = merge(
        lambda draft: draft.set(HANDLER.id, ONE.id, "value", 7),
        lambda draft: draft.set(HANDLER.id, ONE.id, "value", 7),
    )
    assert tree.body.value.then.args[0].value == 7
    assert not made.conflicts


def test_the_base_of_scalars_is_the_last_write_that_both_replaced() -> None:
    tree, _, _ = merge(
        lambda draft: draft.set(HANDLER.id, ONE.id, "value", 7),
        lambda draft: draft.set(HANDLER.id, ONE.id, "value", 8),
        before=lambda draft: draft.set(HANDLER.id, ONE.id, "value", 5),
    )
    assert tree.body.value.then.args[0].base.value == 5


def test_toplevels_keep_the_base_and_report() -> None:
    tree, made, _ = merge(
        lambda draft: draft.set(HANDLER.id, HANDLER.id, "route", "/a"),
        lambda draft: draft.set(HANDLER.id, HANDLER.id, "route", "/b"),
    )
    assert tree.route == "/"
    assert kinds(made) == [Kind.SCALAR]
    assert made.conflicts[0].node == HANDLER.id


def test_each_key_of_a_table_is_a_register() -> None:
    tree, made, _ = merge(
        lambda draft: draft.set(SWITCH.id, SWITCH.id, "subjects", False, "bob"),
        lambda draft: draft.set(SWITCH.id, SWITCH.id, "subjects", None, "ada"),
        SWITCH,
    )
    assert tree.subjects == (("bob", False),)
    assert not made.conflicts


def test_who_is_listed_in_two_ways_at_once_is_not_listed() -> None:
    tree, made, _ = merge(
        lambda draft: draft.set(SWITCH.id, SWITCH.id, "subjects", False, "bob"),
        lambda draft: draft.set(SWITCH.id, SWITCH.id, "subjects", True, "bob"),
        SWITCH,
    )
    assert tree.subjects == (("ada", True),)
    assert kinds(made) == [Kind.SCALAR]


def test_deleting_what_another_changes_is_reported() -> None:
    tree, made, clone = merge(
        lambda draft: draft.remove(HANDLER.id, CALL.id),
        lambda draft: draft.set(HANDLER.id, ONE.id, "value", 7),
    )
    assert isinstance(tree.body.value.then, e.Hole)
    assert kinds(made) == [Kind.DELETED_MODIFIED]
    assert made.conflicts[0].node == CALL.id
    clone.edit(lambda draft: draft.replace(HANDLER.id, tree.body.value.then.id, find_in_trash(clone, CALL.id)))
    settled: Any = clone.materialized(HANDLER.id)
    assert settled.toplevel.body.value.then.args[0].value == 7
    assert not settled.conflicts


def find_in_trash(clone: Replica, node: NodeId) -> e.Expression:
    """Any node with that id: what exists is moved with all that is below it."""
    assert node in clone.memory.held[HANDLER.id]
    return e.Unit(node)


def test_deleting_a_toplevel_that_another_changes_is_reported() -> None:
    tree, made, _ = merge(
        lambda draft: draft.delete_toplevel(HANDLER.id),
        lambda draft: draft.set(HANDLER.id, ONE.id, "value", 7),
    )
    assert not made.alive and tree is not None
    assert kinds(made) == [Kind.DELETED_MODIFIED]


def test_a_deleted_toplevel_comes_back_whole() -> None:
    clone = Replica(1)
    clone.edit(lambda draft: draft.create_toplevel(HANDLER))
    clone.edit(lambda draft: draft.delete_toplevel(HANDLER.id))
    assert not clone.materialized(HANDLER.id).alive
    clone.edit(lambda draft: draft.restore_toplevel(HANDLER.id))
    made = clone.materialized(HANDLER.id)
    assert made.alive and made.toplevel == HANDLER and not made.conflicts


def test_a_node_moved_twice_takes_the_later_place() -> None:
    tree, made, _ = merge(
        lambda draft: draft.move(HANDLER.id, ONE.id, ITEMS.id, "items", before=ITEMS.items[0].id),
        lambda draft: draft.move(HANDLER.id, ONE.id, ITEMS.id, "items", after=ITEMS.items[1].id),
    )
    items = tree.body.value.else_.items
    assert [item.id for item in items].count(ONE.id) == 1
    assert Kind.MOVED_TWICE in kinds(made)
    first = tree.body.value.then.args[0]
    assert isinstance(first, e.Hole) and len(tree.body.value.then.args) == 2


def test_a_move_that_would_close_a_cycle_is_left_out() -> None:
    left, right = e.List(fresh(), ()), e.List(fresh(), ())
    both = top.Repl(fresh(), 1, "", "r", e.List(fresh(), (left, right)))
    tree, made, _ = merge(
        lambda draft: draft.move(both.id, left.id, right.id, "items"),
        lambda draft: draft.move(both.id, right.id, left.id, "items"),
        both,
    )
    (outer,) = tree.body.items
    (inner,) = outer.items
    assert {outer.id, inner.id} == {left.id, right.id}
    assert kinds(made) == [Kind.CYCLE]


def test_inserts_at_one_point_both_stay_and_there_is_room_between_them() -> None:
    tree, made, clone = merge(
        lambda draft: draft.insert(HANDLER.id, ITEMS.id, "items", e.Int(draft.fresh(), 1), after=ITEMS.items[0].id),
        lambda draft: draft.insert(HANDLER.id, ITEMS.id, "items", e.Int(draft.fresh(), 2), after=ITEMS.items[0].id),
    )
    items = tree.body.value.else_.items
    assert len(items) == 4 and not made.conflicts
    clone.edit(lambda draft: draft.insert(HANDLER.id, ITEMS.id, "items", e.Int(draft.fresh(), 3), after=items[1].id))
    after: Any = clone.materialized(HANDLER.id).toplevel
    ids = [item.id for item in after.body.value.else_.items]
    assert ids[:2] == [item.id for item in items[:2]] and ids[3:] == [item.id for item in items[2:]]
    assert after.body.value.else_.items[2].value == 3


def test_settling_a_conflict_in_two_ways_keeps_one_of_them() -> None:
    tree, _, clone = merge(
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 10)),
        lambda draft: draft.replace(HANDLER.id, ONE.id, e.Int(draft.fresh(), 20)),
    )
    conflict = tree.body.value.then.args[0]
    other = clone.clone(8)
    clone.edit(lambda draft: draft.replace(HANDLER.id, conflict.id, conflict.alternatives[0]))
    other.edit(lambda draft: draft.replace(HANDLER.id, conflict.id, conflict.alternatives[1]))
    clone.take(other.diffs.values())
    after: Any = clone.materialized(HANDLER.id)
    assert after.toplevel.body.value.then.args[0] in conflict.alternatives
    assert Kind.MOVED_TWICE in kinds(after)
