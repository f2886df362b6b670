"""What the checker passes does not fail for its types: well-typed programs are passed, run without a word about types,
and come to values of the types that the checker says."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_canvas import MemoryCanvas, library
from well_typed import prelude, program

from dark_lang.checking.marks import Checked, Kind
from dark_lang.errors import Failed, LimitReached, RunError, Stopped
from dark_lang.fitting import Fitting, Misfit
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Sort
from dark_lang.nodes.walking import descend, rebuild, with_fresh_ids
from dark_lang.notation.printing import print_expression
from dark_lang.types import Type, describe
from dark_lang.values.model import Case
from runtime.checking import Checks, Interfaces
from runtime.running import Limits

SEEDS = st.integers(0, 2**64 - 1)
ABOUT_TYPES = re.compile(
    r"takes an? .* as `|must be an? [A-Z]|^expected |declares that|there is no name|no field|unwraps an Option"
    r"|no arm of the match|pattern does not fit|with \d+ argument|has \d+ values"
)
GAPS = re.compile("no arm of the match|pattern does not fit")


@cache
def canvas() -> MemoryCanvas:
    return prelude()


def checked(code: e.Expression) -> tuple[top.Repl, Checked, Interfaces]:
    tree = top.Repl(canvas().fresh(), 1, "", "case", code)
    canvas().add(tree)
    checks = Checks(canvas(), library())
    found = checks.of(tree.id)
    del canvas().trees[tree.id]
    return tree, found, checks.interfaces


def judge(seed: int, depth: int) -> None:
    code, wanted = program(seed, canvas(), depth)
    tree, found, known = checked(canvas().read(code))
    assert [mark.says for mark in found.marks if not mark.kind.is_warning] == [], code
    assert found.is_sound, code
    run(tree, found, known, (wanted, found.types[tree.body.id]), code)


def run(tree: top.Repl, found: Checked, known: Interfaces, types: tuple[Type, ...], code: str) -> None:
    """Asserts that the program does not fail for its types, and that its value is of all of these."""
    try:
        value = canvas().evaluate(tree.body, limits=Limits(time_ms=2_000))
    except (LimitReached, Stopped):
        return
    except Failed as failed:
        gaps = any(mark.kind is Kind.INEXHAUSTIVE for mark in found.marks)
        assert not ABOUT_TYPES.search(failed.message) or (gaps and GAPS.search(failed.message)), (failed.message, code)
        return
    except RunError as error:
        raise AssertionError(code) from error
    if any(isinstance(node, e.Try) for node in descend(tree)) and _is_early(value):
        return  # `!` ended the program itself with what it could not unwrap
    fitting = Fitting(known.type_definition)
    for type_ in types:
        spelled = describe(type_, lambda ref: canvas().name_of(Realm.TYPE, ref))
        judged = fitting.judge(type_)(value)
        assert not isinstance(judged, Misfit), (spelled, judged, code)


def _is_early(value: object) -> bool:
    return isinstance(value, Case) and (value.type, value.name) in (("Option", "None"), ("Result", "Error"))


def test_the_prelude_is_clean() -> None:
    checks = Checks(canvas(), library())
    for toplevel in canvas().trees:
        assert checks.of(toplevel).marks == ()
        assert checks.of(toplevel).is_sound


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
def test_well_typed_programs_run(seed: int) -> None:
    judge(seed, 4)


def judge_mangled(seed: int, depth: int) -> bool:
    """A part of a program put where another one stands: mostly that is a mistake. What is passed must run all the
    same. Whether it was passed."""
    choose = random.Random(seed)
    code, _ = program(seed, canvas(), depth)
    tree = canvas().read(code)
    for _ in range(choose.choice([1, 1, 2])):
        parts = [node for node in descend(tree) if node.SORT is Sort.EXPRESSION]
        old, new = choose.choice(parts), with_fresh_ids(choose.choice(parts), canvas().fresh)
        tree = rebuild(tree, lambda node, old=old, new=new: new if node.id == old.id else node)
    placed, found, known = checked(tree)
    if not found.is_sound or any(not mark.kind.is_warning for mark in found.marks):
        return False
    run(placed, found, known, (found.types[placed.body.id],), print_expression(tree, canvas()))
    return True


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
def test_mistakes_are_marked_or_are_none(seed: int) -> None:
    judge_mangled(seed, 3)


@pytest.mark.full
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
def test_more_mistakes_are_marked_or_are_none(seed: int) -> None:
    judge_mangled(seed, 4)


@pytest.mark.full
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(SEEDS)
def test_larger_well_typed_programs_run(seed: int) -> None:
    judge(seed, 5)
