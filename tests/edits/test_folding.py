"""The fold is a function of the set of diffs: concurrent edits of every kind, in any order and batches."""

from __future__ import annotations

import random

import pytest
from generators import expressions, numbered, toplevels
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replicas import Replica
from tangles import check_tree, tangle

from dark_lang.names import Defined, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.nodes.walking import same

SLOW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def check_any_order(seed: int, tree: Toplevel, pool: list[e.Expression], rounds: int, clones: int) -> None:
    diffs = tangle(seed, tree, pool, rounds, clones)
    whole = Replica()
    whole.take(diffs)
    expected = whole.all()
    assert not whole.program.waiting
    choose = random.Random(seed)
    for _ in range(3):
        choose.shuffle(diffs)
        other = Replica()
        rest = list(diffs)
        while rest:
            size = choose.choice([1, 2, 5])
            other.take(rest[:size])
            del rest[:size]
            if choose.random() < 0.5:
                other.all()  # what was asked for on the way must not matter
        assert other.all() == expected
        assert other.program.frontier == whole.program.frontier
        assert other.program.lamport == whole.program.lamport
    shown = expected[tree.id].toplevel
    assert shown is not None
    check_tree(shown)


@SLOW
@given(st.integers(0, 2**32), toplevels(2), st.lists(expressions(1), min_size=1, max_size=4))
def test_any_permutation_in_any_batches_gives_the_same_program(
    seed: int, tree: Toplevel, pool: list[e.Expression]
) -> None:
    check_any_order(seed, tree, pool, rounds=4, clones=3)


@pytest.mark.full
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), toplevels(3), st.lists(expressions(2), min_size=1, max_size=4))
def test_any_permutation_of_longer_histories(seed: int, tree: Toplevel, pool: list[e.Expression]) -> None:
    check_any_order(seed, tree, pool, rounds=8, clones=4)


@given(toplevels(3))
@settings(deadline=None, max_examples=60)
def test_what_was_created_is_what_is_there(tree: Toplevel) -> None:
    replica = Replica()
    replica.edit(lambda draft: draft.create_toplevel(tree))
    made = replica.materialized(tree.id)
    assert made.toplevel == tree
    assert same(made.toplevel, tree)
    assert made.alive and not made.conflicts


def test_a_base_that_comes_into_the_tree_with_another_base_is_copied() -> None:
    """Found by chance: what two edits had replaced was moved by a third into a node that two had replaced as well, so
    that it came into the tree twice, with one id."""
    one = NodeId(1)
    steps = (e.Variable(one, "a"), e.Lambda(one, (p.Wildcard(one),), e.Float(one, 0.0)))
    switch = Defined(NodeId(17297481743799943172))
    body = e.Toggle(one, switch, e.Pipe(one, e.Float(one, 0.0), steps), e.String(one, ()))
    tree = numbered(tl.Http(one, 1, "", "GET", "/", body), 0)
    pool: list[e.Expression] = [
        numbered(e.Float(one, 1.0), 0),
        numbered(e.Float(one, 0.0), 0),
        numbered(e.Conflict(one, e.Float(one, 0.0), (e.Unit(one),)), 0),
    ]
    check_any_order(318236, tree, pool, rounds=4, clones=3)
