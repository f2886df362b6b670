"""That no standard function can hold up others: what takes long in one piece says so before it begins, whatever it is
given; and that the largest values do not lead into Python's own errors."""

from __future__ import annotations

import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from memory_canvas import MemoryWorld, library, same_recursion_limit

from dark_lang import types as t
from dark_lang.errors import RunError
from dark_lang.library import LibraryFunction
from dark_lang.library_signatures import parse_signature
from dark_lang.names import NodeId, Standard
from dark_lang.values.model import UNIT, Char, DatastoreValue, GuestDict, Json, Response, Value, ok, some
from runtime.current import Overtime
from runtime.running import Limits, run
from runtime.standard import Standards

LONGEST = 0.15
"""Seconds of this thread's own time. What is meant is 0.010; machines and their neighbours differ."""

MOST_TRIED = 30  # combinations of arguments


@cache
def large(kind: str) -> list[Value]:
    many = 500_000
    match kind:
        case "Int":
            return [3**600_000, -1, 7**150_000, 900_000]
        case "Float":
            return [1.5]
        case "Bool":
            return [True]
        case "String":
            return ["ab cd" * 1_000_000, "e\u0301a" * 1_000_000, "a", '"' * 5_000_000, "1" * 20_000]
        case "Char":
            return [Char("a")]
        case "Bytes":
            return [b"abcd" * 1_250_000]
        case "DateTime":
            return [datetime.now(UTC)]
        case "Uuid":
            return [UUID(int=5)]
        case "Json":
            return [Json(list(range(many))), Json({str(n): n for n in range(200_000)}), Json("x" * 5_000_000)]
        case "Dict":
            return [GuestDict((str(n), n) for n in range(many))]
        case "Ints":
            return [list(range(many, 0, -1))]
        case "Strings":
            return [[f"word {n}" for n in range(many)], ["x" * 5_000_000] * 2]
        case "Chars":
            return [[Char("a")] * many]
        case "Floats":
            return [[1.5] * many]
        case "Lists":
            return [[[1, 2]] * 200_000, [list(range(many))] * 4]
        case "Pairs":
            return [[(str(n), n) for n in range(many)]]
    raise AssertionError(kind)


FUNCTIONS: dict[int, list[Callable[..., Value]]] = {
    0: [lambda: 1],
    1: [lambda a: a, lambda _: True, lambda a: some(a), lambda _: "k"],
    2: [lambda a, _: a, lambda _, __: True],
    3: [lambda a, _, __: a],
}


def candidates(type_: t.Type) -> list[Value]:
    match type_:
        case t.Fn(params=params):
            return FUNCTIONS[len(params)]
        case t.Tuple(items=items):
            return [tuple([candidates(item)[0] for item in items])]
        case t.Variable():
            return [*large("Ints"), large("String")[0], large("Int")[0]]
        case t.Named(type=Standard(name="List"), args=(held,)):
            match held:
                case t.Tuple():
                    return large("Pairs")
                case t.Named(type=Standard(name=("String" | "Char" | "Float" | "List") as name)):
                    return large(f"{name}s")
            return [*large("Ints"), *large("Strings"), *large("Lists")]
        case t.Named(type=Standard(name=name)):
            fixed: dict[str, list[Value]] = {
                "Unit": [UNIT],
                "Any": large("Ints"),
                "Option": [some(large("Ints")[0])],
                "Result": [ok(large("Ints")[0])],
                "Response": [Response(200, (), "")],
                "Datastore": [DatastoreValue(NodeId(5), "S-v0")],
                "Request": [{"path": "/"}],
            }
            return fixed[name] if name in fixed else large(name)
    raise AssertionError(type_)


def calls(function: LibraryFunction) -> Iterator[tuple[Any, ...]]:
    choices = [candidates(type_) for _, type_ in parse_signature(function).params]
    return itertools.islice(itertools.product(*choices), MOST_TRIED)


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """Hypothesis listens to the collector, and what is raised in a listener is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.skipif(sys.platform == "win32", reason="time is told by a signal")
@pytest.mark.parametrize("module", sorted({identity.name.partition("::")[0] for identity in library().functions}))
def test_no_function_holds_up_others(module: str) -> None:
    standards = Standards.of(library())
    with same_recursion_limit():
        for identity, declared in library().functions.items():
            if identity.name.partition("::")[0] != module or declared.decodes:
                continue  # one that decodes is made for the types of a call, behind the same checks
            function = standards.function(identity)
            assert function is not None
            for args in calls(declared):
                started = time.thread_time()
                try:
                    run(function, args, world=MemoryWorld(), limits=Limits(time_ms=60_000), brief=True)
                except Overtime:
                    pass
                except RunError as error:
                    assert "fault is not the program's" not in error.message
                spent = time.thread_time() - started
                kinds = [type(arg).__name__ for arg in args]
                assert spent < LONGEST, f"{identity.name}_v{identity.version} of {kinds}: {spent * 1000:.0f} ms"


@pytest.mark.parametrize("module", sorted({identity.name.partition("::")[0] for identity in library().functions}))
def test_giant_ints_do_not_lead_into_errors_of_ours(module: str) -> None:
    standards = Standards.of(library())
    giants = [3**600_000, -(3**600_000)]
    with same_recursion_limit():
        for identity, declared in library().functions.items():
            params = [type_ for _, type_ in parse_signature(declared).params]
            if identity.name.partition("::")[0] != module or t.Named(Standard("Int")) not in params:
                continue
            function = standards.function(identity)
            assert function is not None
            small = [candidates(type_)[-1] if isinstance(type_, t.Fn) else SMALL.get(_name(type_)) for type_ in params]
            for giant in giants:
                args = [
                    giant if type_ == t.Named(Standard("Int")) else value
                    for type_, value in zip(params, small, strict=True)
                ]
                try:
                    run(function, tuple(args), world=MemoryWorld(), limits=Limits(time_ms=20_000))
                except RunError as error:
                    assert "fault is not the program's" not in error.message, identity


def _name(type_: t.Type) -> str:
    return type_.type.name if isinstance(type_, t.Named) and isinstance(type_.type, Standard) else ""


SMALL: dict[str, Value] = {
    "": 1,
    "String": "a",
    "Float": 1.5,
    "Bool": True,
    "Char": Char("a"),
    "Bytes": b"a",
    "List": [1],
    "Dict": GuestDict(a="b"),
    "DateTime": datetime(2026, 3, 1, tzinfo=UTC),
    "Json": Json([1]),
    "Any": 1,
    "Response": Response(200, (), ""),
    "Datastore": DatastoreValue(NodeId(5), "S-v0"),
}
