"""Code that trusts its types gives what code that may meet anything gives, and is of the same few instructions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from instructions import check_instructions
from memory_canvas import MemoryCanvas, MemoryWorld, same_recursion_limit
from typed_programs import PRELUDE, programs

from dark_lang.compiling.translating import compile_toplevel
from dark_lang.errors import LimitReached, RunError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.values.model import Value
from dark_lang.values.showing import show
from runtime.linking import CodeCache
from runtime.running import Limits, run

FAST = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
FULL = settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def prelude() -> MemoryCanvas:
    canvas = MemoryCanvas()
    for kind, text in PRELUDE:
        if kind == "type":
            canvas.type(text)
        else:
            signature, _, body = text.partition(" = ")
            canvas.function(signature, body)
    return canvas


CACHE = CodeCache()


def placed(program: str) -> tuple[MemoryCanvas, NodeId]:
    canvas = MemoryCanvas()
    canvas.fresh = prelude().fresh
    canvas.trees = dict(prelude().trees)
    return canvas, canvas.add(top.Repl(canvas.fresh(), 1, "", "program", canvas.read(program)))


def answer(call: Callable[..., Value]) -> tuple[str, object]:
    try:
        with same_recursion_limit():
            value = run(call, (), world=MemoryWorld(), limits=Limits(time_ms=5_000))
        return "value", show(value)
    except LimitReached:
        assume(False)
    except RunError as error:
        return type(error).__name__, (error.message, error.suggestion, error.node)
    raise AssertionError


def both_answers(program: str) -> None:
    canvas, place = placed(program)
    linker = canvas.linker(CACHE)
    assert linker.clean.is_clean(place), (program, linker.checks.of(place).marks)
    # Linked as an expression of a shell, it trusts nothing.
    tree = canvas.tree(place)
    expected = answer(linker.link_code(compile_toplevel(tree), tree))
    assert answer(linker.callable_for(place)) == expected, program
    check_instructions(compile_toplevel(tree, linker.checks.of(place).types))


@FAST
@given(programs())
def test_both_ways_of_running_agree(program: str) -> None:
    both_answers(program)


@pytest.mark.full
@FULL
@given(programs(5))
def test_both_ways_of_running_agree_on_larger_programs(program: str) -> None:
    both_answers(program)
