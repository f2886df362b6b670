"""What a share of all promises, over many subjects, and what no setting of a switch may do: give away what is
unfinished."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_canvas import MemoryCanvas

from dark_lang.deciding import WHOLE, bucketing, is_in_share
from dark_lang.names import spell_id
from dark_lang.nodes.toplevels import Switch
from dark_lang.values.model import HoleValue

ALGORITHMS = pytest.mark.parametrize("algorithm", ["murmur3", "murmur3/100"])
MANY = pytest.mark.parametrize("count", [50_000, pytest.param(1_000_000, marks=pytest.mark.full)])
"""How many subjects: the same ones each time."""


def tolerance(count: int) -> float:
    """Points that a share may be off: 0.2 for 1,000,000 subjects, and as unlikely for fewer."""
    return 0.2 * (1_000_000 / count) ** 0.5


def switch(salt: str, share: int, algorithm: str) -> Switch:
    canvas = MemoryCanvas()
    made = canvas.trees[canvas.switch(salt, share=share, algorithm=algorithm)]
    assert isinstance(made, Switch)
    return made


def subjects(count: int) -> list[str]:
    return [f"user-{number}" for number in range(count)]


@ALGORITHMS
@MANY
def test_shares_are_what_they_say_and_raising_moves_nobody_out(algorithm: str, count: int) -> None:
    before: set[str] = set()
    for percent in (1, 10, 50, 99):
        rule = switch("new-price", percent * WHOLE // 100, algorithm)
        within = {subject for subject in subjects(count) if is_in_share(rule, subject)}
        assert abs(100 * len(within) / count - percent) <= tolerance(count)
        assert before <= within
        before = within


@ALGORITHMS
@MANY
def test_two_switches_are_independent(algorithm: str, count: int) -> None:
    first, second = (switch(salt, WHOLE // 2, algorithm) for salt in ("new-price", "new-cart"))
    both = sum(is_in_share(first, each) and is_in_share(second, each) for each in subjects(count))
    assert abs(100 * both / count - 25) <= tolerance(count)


@ALGORITHMS
def test_switches_with_one_salt_have_one_cohort(algorithm: str) -> None:
    first = switch("shop-2026", 1_000, algorithm)
    second = replace(switch("new-cart", 1_000, algorithm), salt="shop-2026")
    assert [bucketing(first)(each) for each in subjects(500)] == [bucketing(second)(each) for each in subjects(500)]


PEOPLE = ("ada", "bob", "eve")
UNFINISHED = (
    "?",
    "1 + ?",
    "[1, ?]",
    "if ? then 1 else 2",
    "M::unfinished(1)",
    "M::calls(1)",
    "toggle other { old: ?, new: 5 }",
)
PROGRAMS = (
    "toggle new-price { old: 1, new: NEW }",
    "M::within(1) + toggle new-price { old: 0, new: NEW }",
    "toggle other { old: toggle new-price { old: 1, new: NEW }, new: toggle new-price { old: 1, new: NEW } }",
    "List::map([1, 2], item => toggle new-price { old: item, new: NEW })",
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(PROGRAMS),
    st.sampled_from(UNFINISHED),
    st.sampled_from([None, *PEOPLE]),
    st.dictionaries(st.sampled_from(PEOPLE), st.booleans()),
    st.booleans(),
    st.integers(0, WHOLE),
    st.sampled_from([None, "true", "false", 'subject == "ada"', "?"]),
    st.sampled_from(["murmur3", "murmur3/100"]),
    st.booleans(),
    st.sampled_from([(), (True,), (False,)]),
    st.integers(0, WHOLE),
)
def test_what_is_unfinished_goes_to_nobody_who_is_not_allowed(
    program: str,
    unfinished: str,
    subject: str | None,
    listed: dict[str, bool],
    on: bool,
    share: int,
    condition: str | None,
    algorithm: str,
    finished_elsewhere: bool,
    needed: tuple[bool, ...],
    other_share: int,
) -> None:
    canvas = MemoryCanvas()
    canvas.function("M::unfinished(n: Int) -> Int", "n + ?")
    canvas.function("M::calls(n: Int) -> Int", "M::unfinished(n)")
    other = canvas.switch("other", share=other_share)
    fields = {"on": on, "share": share, "algorithm": algorithm, "subjects": tuple(sorted(listed.items()))}
    prerequisites = tuple((spell_id(other), wanted) for wanted in needed)
    canvas.switch("new-price", condition=condition, prerequisites=prerequisites, **fields)
    within = "9" if finished_elsewhere else unfinished
    canvas.function("M::within(n: Int) -> Int", f"toggle new-price {{ old: n, new: {within} }}")
    is_allowed = on and subject is not None and listed.get(subject) is True
    if not is_allowed:
        assert canvas.evaluate(program.replace("NEW", unfinished), subject=subject) in ([1, 2], 1, 9)


def test_who_is_allowed_does_see_what_is_unfinished() -> None:
    canvas = MemoryCanvas()
    canvas.switch("new-price", subjects=(("ada", True),))
    assert isinstance(canvas.evaluate("toggle new-price { old: 1, new: ? }", subject="ada"), HoleValue)
