"""Diffs that no draft would make: the fold takes them, in any order, and what it shows is still a tree."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import Memory
from tangles import check_tree

from dark_lang.edits.folding import Program
from dark_lang.edits.layouts import FIELDS, LAYOUTS
from dark_lang.edits.materializing import Kind, materialize
from dark_lang.edits.writes import CANVAS, TRASH, Create, Diff, Move, Place, SetScalar, Write
from dark_lang.names import NOWHERE, Defined, NodeId, Standard, WriteId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import count

ROOT = NodeId(1)
IDS = st.sampled_from([NodeId(number) for number in range(1, 9)])
SLOTS = st.one_of(st.sampled_from(["body", "items", "base", "alternatives", "then"]), st.sampled_from(list(FIELDS)))
KEYS = st.sampled_from([b"", b"\x40", b"\x80", b"\x80\x01"])
PLACES = st.one_of(
    st.builds(Place, IDS, SLOTS, KEYS),
    st.sampled_from([CANVAS, TRASH, Place(NOWHERE, "body"), Place(NodeId(1), "canvas")]),
)
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1, -1, 10**4400, 2.0, float("nan"), "", "x", "\ud800", b"x", Standard("Op::add"), Defined(ROOT)]
)
KINDS: list[type[Node]] = [e.If, e.List, e.Tuple, e.Conflict, e.Int, e.Hole, e.Call, e.Let, e.String, e.Text, top.Http]
WRITE_IDS = st.builds(
    lambda lamport, diff, nth: (lamport, diff, nth), st.integers(1, 3), st.integers(0, 5), st.integers(0, 3)
)


@st.composite
def nonsense(draw: st.DrawFn) -> list[tuple[int, list[Any]]]:
    """Diffs as (lamport, writes), in which a replaced write is (lamport, nth of the diff, nth)."""
    diffs = []
    for _ in range(draw(st.integers(1, 6))):
        writes: list[Any] = []
        for _ in range(draw(st.integers(1, 4))):
            replaces = tuple(draw(st.lists(WRITE_IDS, max_size=2)))
            match draw(st.integers(0, 3)):
                case 0:
                    field = draw(st.sampled_from(["value", "label", "function", "name", "subjects", "body"]))
                    key = draw(st.sampled_from([None, None, "k"]))
                    writes.append(SetScalar(ROOT, draw(IDS), field, key, draw(SCALARS), replaces))
                case 1:
                    writes.append(Move(ROOT, draw(IDS), draw(PLACES), replaces, draw(IDS), b"12345678"))
                case _:
                    kind = draw(st.sampled_from(KINDS))
                    wanted = len(LAYOUTS[kind].scalars)
                    scalars = tuple(draw(SCALARS) for _ in range(draw(st.sampled_from([wanted, wanted, 1]))))
                    writes.append(Create(ROOT, draw(IDS), kind, scalars, draw(PLACES), draw(IDS)))
        diffs.append((draw(st.integers(1, 3)), writes))
    return diffs


def _diffs(drawn: list[tuple[int, list[Any]]]) -> list[tuple[bytes, Diff]]:
    ids = [sha256(bytes([nth])).digest() for nth in range(max(6, len(drawn)))]
    first = Create(ROOT, ROOT, top.Repl, (1, "", "x"), CANVAS)
    made = [(sha256(b"first").digest(), _diff(1, (first,)))]
    for nth, (lamport, writes) in enumerate(drawn):
        real: list[Write] = []
        for write in writes:
            if isinstance(write, Create):
                real.append(write)
                continue
            replaces = tuple(
                WriteId(old, int.from_bytes(ids[diff][:8], "big"), place) for old, diff, place in write.replaces
            )
            if isinstance(write, Move):
                real.append(Move(ROOT, write.node, write.place, replaces, write.over, write.took))
            else:
                real.append(SetScalar(ROOT, write.node, write.field, write.key, write.value, replaces))
        made.append((ids[nth], _diff(lamport, tuple(real))))
    return made


def _diff(lamport: int, writes: tuple[Write, ...]) -> Diff:
    return Diff(b"c" * 16, (), lamport, 0, "", "", b"", b"", 0, writes)


class _Lenient(Program):
    """Takes any lamport number, so that nonsense meets."""

    def _problem(self, _diff: Diff) -> str | None:
        return None


@settings(max_examples=200, deadline=None)
@given(nonsense(), st.integers(0, 2**32))
def test_nonsense_folds_to_the_same_tree_in_any_order(drawn: list[tuple[int, list[Any]]], seed: int) -> None:
    diffs = _diffs(drawn)
    found = []
    choose = random.Random(seed)
    for _ in range(3):
        memory = Memory()
        program = _Lenient(memory)
        for one in diffs:
            program.add(*one)
            if choose.random() < 0.3:
                materialize(memory.held[next(iter(memory.held))])
        found.append(materialize(memory.held[ROOT]))
        choose.shuffle(diffs)
    assert found[0] == found[1] == found[2]
    if found[0].toplevel is not None:
        check_tree(found[0].toplevel)


def test_a_tree_deeper_than_allowed_is_cut_and_said_so() -> None:
    writes: list[Write] = [Create(ROOT, ROOT, top.Repl, (1, "", "x"), CANVAS)]
    above = Place(ROOT, "body")
    for number in range(2, 3_000):
        writes.append(Create(ROOT, NodeId(number), e.Try, (), above))
        above = Place(NodeId(number), "value")
    memory = Memory()
    Program(memory).add(b"d" * 32, _diff(1, tuple(writes)))
    made = materialize(memory.held[ROOT])
    assert made.toplevel is not None and 250 <= count(made.toplevel) <= 255
    assert [one.kind for one in made.conflicts] == [Kind.IGNORED]


def test_a_long_spine_is_not_deep() -> None:
    writes: list[Write] = [Create(ROOT, ROOT, top.Repl, (1, "", "x"), CANVAS)]
    above = Place(ROOT, "body")
    for number in range(2, 3_000):
        writes.append(Create(ROOT, NodeId(number), e.Let, (), above))
        above = Place(NodeId(number), "body")
    memory = Memory()
    Program(memory).add(b"d" * 32, _diff(1, tuple(writes)))
    made = materialize(memory.held[ROOT])
    assert made.toplevel is not None and count(made.toplevel) > 8_000
    assert not made.conflicts


def test_a_diff_with_a_wrong_lamport_number_is_refused_and_what_builds_on_it_waits() -> None:
    program = Program(Memory())
    write = Create(ROOT, ROOT, top.Repl, (1, "", "x"), CANVAS)
    assert program.add(b"a" * 32, _diff(5, (write,))) == frozenset()
    child = Diff(b"c" * 16, (b"a" * 32,), 6, 0, "", "", b"", b"", 0, (write,))
    assert program.add(b"b" * 32, child) == frozenset()
    assert list(program.refused) == [b"a" * 32]
    assert program.waiting == {b"b" * 32: (b"a" * 32,)}
    assert program.frontier == ()
