"""Decisions of switches: their order, and the arithmetic of shares."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_canvas import MemoryCanvas

from dark_lang.deciding import Reason, Side, bucketing, decide, gives_all, is_in_share, quick_decision, unfinished
from dark_lang.names import NodeId, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes.toplevels import Switch

NEEDED = NodeId(99)
RULE = Switch(
    NodeId(5),
    1,
    "",
    "new-price",
    on=True,
    share=10_000,
    salt="new-price",
    algorithm="murmur3",
    subjects=(("ada", True), ("eve", False)),
    prerequisites=((spell_id(NEEDED), True),),
    ramp=(),
    condition=e.Bool(NodeId(6), True),
)


@pytest.mark.parametrize(
    ("changes", "subject", "options", "expected"),
    [
        ({"on": False}, "ada", {"forced": Side.NEW}, Reason.OFF),
        ({}, "eve", {"forced": Side.NEW}, Reason.FORCED),
        ({}, "eve", {"met": False}, Reason.DENIED),
        ({}, "ada", {"met": False}, Reason.PREREQUISITE),
        ({}, "ada", {"holds": False, "finished": False}, Reason.ALLOWED),
        ({}, "bob", {"holds": False, "finished": False}, Reason.CONDITION),
        ({}, "bob", {"finished": False}, Reason.UNFINISHED),
        ({}, "bob", {}, Reason.SHARE),
        ({}, "ada", {"trusted": False, "holds": False}, Reason.CONDITION),
    ],
)
def test_order(changes: dict[str, object], subject: str, options: dict[str, object], expected: Reason) -> None:
    decision = decide(
        replace(RULE, **changes),
        subject,
        finished=lambda: bool(options.get("finished", True)),
        holds=lambda: bool(options.get("holds", True)),
        is_met=lambda needed, new: needed == NEEDED and new and bool(options.get("met", True)),
        forced=options.get("forced"),
        is_trusted=bool(options.get("trusted", True)),
    )
    assert decision.reason is expected
    assert decision.is_new is (expected in (Reason.FORCED, Reason.ALLOWED, Reason.SHARE))


subjects = st.one_of(st.none(), st.sampled_from(["ada", "eve", ""]), st.text())


@given(
    st.booleans(),
    st.one_of(st.sampled_from([0, 1, 99, 5_000, 9_999, 10_000]), st.integers(0, 10_000)),
    st.sampled_from(["murmur3", "murmur3/100"]),
    st.lists(st.tuples(st.sampled_from(["ada", "eve"]), st.sampled_from([True, False, None])), max_size=3),
    st.sampled_from([None, True, False, 1]),
    st.sampled_from([None, True, False]),
    subjects,
    st.booleans(),
    st.booleans(),
)
def test_the_quick_decision_is_the_decision(
    on: bool,
    share: int,
    algorithm: str,
    listed: list[tuple[str, bool | None]],
    condition: object,
    needed: bool | None,
    subject: str | None,
    is_trusted: bool,
    finished: bool,
) -> None:
    code = e.Bool(NodeId(6), condition) if isinstance(condition, bool) else e.Int(NodeId(6), 1)
    rule = replace(
        RULE,
        on=on,
        share=share,
        algorithm=algorithm,
        subjects=tuple(listed),
        prerequisites=((spell_id(NEEDED), needed),),
        condition=None if condition is None else code,
    )
    if gives_all(rule):
        assert decide(rule, subject, finished=lambda: True, is_met=lambda *_: False, is_trusted=is_trusted).is_new
    quick = quick_decision(rule)
    if quick is None:
        assert on and (needed is not None or (condition is not None and condition is not True))
        return
    slow = decide(rule, subject, finished=lambda: finished, is_trusted=is_trusted)
    made = quick(subject, is_trusted)
    assert (made if finished else unfinished(made)) == slow


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"condition": e.Bool(NodeId(6), True)}, True),
        ({"subjects": (("ada", True), ("eve", None))}, True),
        ({"subjects": (("eve", False),)}, False),
        ({"prerequisites": ((spell_id(NEEDED), True),)}, False),
        ({"prerequisites": ((spell_id(NEEDED), False),)}, False),
        ({"condition": e.Bool(NodeId(6), False)}, False),
        ({"share": 9_999}, False),
        ({"on": False}, False),
    ],
)
def test_what_gives_everybody_the_new_side(changes: dict[str, object], expected: bool) -> None:
    plain = replace(RULE, subjects=(), prerequisites=(), condition=None)
    assert gives_all(replace(plain, **changes)) is expected


@given(
    st.text(), st.text(), st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from(["murmur3", "murmur3/100"])
)
def test_raising_a_share_takes_the_new_side_from_nobody(
    subject: str, salt: str, low: int, high: int, algorithm: str
) -> None:
    low, high = min(low, high), max(low, high)
    rule = replace(RULE, salt=salt, algorithm=algorithm)
    if is_in_share(replace(rule, share=low), subject):
        assert is_in_share(replace(rule, share=high), subject)
    assert is_in_share(replace(rule, share=10_000), subject)
    assert not is_in_share(replace(rule, share=0), subject)


def test_without_a_subject_only_a_share_of_all_gives_the_new_side() -> None:
    assert not is_in_share(replace(RULE, share=9_999), None)
    assert is_in_share(RULE, None)


def murmur3(data: bytes) -> int:
    """murmur3_32 with seed 0, as Austin Appleby wrote it down."""

    def rotate(number: int, by: int) -> int:
        return (number << by | number >> (32 - by)) & 0xFFFFFFFF

    hashed = 0
    for start in range(0, len(data), 4):
        block = data[start : start + 4]
        mixed = rotate(int.from_bytes(block, "little") * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF
        hashed ^= mixed
        if len(block) == 4:
            hashed = (rotate(hashed, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    hashed ^= len(data)
    hashed = (hashed ^ hashed >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    hashed = (hashed ^ hashed >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return hashed ^ hashed >> 16


def test_buckets_are_those_of_murmur3() -> None:
    assert bucketing(replace(RULE, salt="a"))("b") == murmur3(b"a:b") % 10_000
    assert bucketing(replace(RULE, salt="a", algorithm="murmur3/100"))("bcdef") == murmur3(b"a:bcdef") % 100
    share = sum(is_in_share(replace(RULE, share=2_500), f"user-{number}") for number in range(4_000))
    assert 850 < share < 1_150


def test_a_toggle_is_decided_once_a_run() -> None:
    canvas = MemoryCanvas()
    switch = canvas.switch("new-price", share=0, subjects=(("ada", True), ("eve", False)))
    text = "(toggle new-price { old: 1, new: 2 }, toggle new-price { old: 3, new: ? })"
    ada = canvas.evaluate(text, subject="ada")
    assert ada[0] == 2
    assert ada[1] != 3  # who is on the list sees what is unfinished
    assert canvas.evaluate(text, subject="bob") == (1, 3)
    assert canvas.evaluate(text) == (1, 3)
    assert canvas.evaluate(text, forced={switch: Side.NEW})[0] == 2
    canvas.trees[switch] = replace(canvas.trees[switch], share=10_000)
    assert canvas.evaluate(text, subject="bob") == (2, 3)
    assert canvas.evaluate(text, subject="eve") == (1, 3)
    canvas.trees[switch] = replace(canvas.trees[switch], on=False)
    assert canvas.evaluate(text, subject="ada") == (1, 3)


@pytest.mark.parametrize(
    ("condition", "seen", "subject", "expected"),
    [
        ("true", {}, None, 2),
        ("false", {}, None, 1),
        ("1", {}, None, 1),
        ("?", {}, None, 1),
        ("nonesuch", {}, None, 1),
        ('request.path == "/a"', {"request": {"path": "/a"}}, None, 2),
        ('request.path == "/a"', {"request": {"path": "/b"}}, None, 1),
        ('request.path == "/a"', {}, None, 1),
        ('subject == "ada"', {}, "ada", 2),
        ('subject == "ada"', {}, None, 1),
        ("now == now", {}, None, 2),
        ("M::spin(1)", {}, None, 1),
    ],
)
def test_conditions(condition: str, seen: dict[str, object], subject: str | None, expected: int) -> None:
    canvas = MemoryCanvas()
    canvas.function("M::spin(n: Int) -> Bool", "M::spin(n)")
    canvas.switch("new-price", share=10_000, condition=condition)
    assert canvas.evaluate("toggle new-price { old: 1, new: 2 }", seen=seen, subject=subject) == expected


def test_switches_that_need_each_other_are_not_met() -> None:
    canvas = MemoryCanvas()
    first = canvas.switch("first", share=10_000)
    second = canvas.switch("second", share=10_000, prerequisites=((spell_id(first), True),))
    assert canvas.evaluate("toggle second { old: 1, new: 2 }") == 2
    canvas.trees[first] = replace(canvas.trees[first], prerequisites=((spell_id(second), True),))
    assert canvas.evaluate("toggle second { old: 1, new: 2 }") == 1
