"""Test: expectations, and the world that a test runs in. A run that is no test has none of it.

An expectation that does not hold is noted, with what was found, and the test goes on; so one run tells of all of them.
"""

from __future__ import annotations

from dark_lang.library import Effect, LibraryFunction, World
from dark_lang.values.model import UNIT, GuestDict, Json, Value
from dark_lang.values.showing import show

_ANSWER = "{ body: Bytes, headers: Dict<String>, json: Json, status: Int, text: String }"


def _equal(world: World, found: Value, expected: Value) -> Value:
    world.bench().expect_equal(found, expected)
    return UNIT


def _is_true(world: World, condition: bool) -> Value:
    world.bench().expect(condition, "false", "true")
    return UNIT


def _fails(world: World, act: Value, words: str) -> Value:
    bench = world.bench()
    message, value = bench.attempt(act)
    if message is None:
        bench.expect(False, show(value), f"a failure that says {words!r}" if words else "a failure")
    else:
        bench.expect(words.casefold() in message.casefold(), show(message), f"a failure that says {words!r}")
    return UNIT


def _each(world: World, cases: list[Value], test: Value) -> Value:
    bench = world.bench()
    for nth, case in enumerate(cases):
        bench.enter_case(f"case {nth + 1}: {show(case, limit=60)}")
        test(case)
    bench.enter_case("")
    return UNIT


def _request(world: World, method: str, path: str) -> Value:
    return world.bench().request(method, path, {}, b"")


def _request_with(world: World, method: str, path: str, headers: GuestDict, body: str) -> Value:
    return world.bench().request(method, path, dict(headers), body.encode("utf-8", "replace"))


def _request_with_bytes(world: World, method: str, path: str, headers: GuestDict, body: bytes) -> Value:
    return world.bench().request(method, path, dict(headers), body)


def _at(world: World, moment: Value) -> Value:
    world.bench().set_clock([moment])
    return UNIT


def _times(world: World, moments: list[Value]) -> Value:
    world.bench().set_clock(list(moments))
    return UNIT


def _chance(world: World, data: bytes) -> Value:
    world.bench().set_chance(data)
    return UNIT


def _subject(world: World, subject: str) -> Value:
    world.bench().set_subject(subject)
    return UNIT


def _effects(world: World) -> Value:
    return [{"kind": kind, "store": store, "key": key} for kind, store, key in world.bench().done()]


def empty_answer() -> dict[str, Value]:
    """What a request in a test gives, without anything in it."""
    return {"status": 0, "headers": GuestDict(), "body": b"", "text": "", "json": Json(None)}


FUNCTIONS = (
    LibraryFunction(
        "Test::equal_v0<a>(found: a, expected: a) -> Unit",
        _equal,
        "Expects two values to be equal.",
        ("Test::equal_v0(1 + 1, 2) == ()",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::isTrue_v0(condition: Bool) -> Unit",
        _is_true,
        "Expects a condition to hold.",
        ("Test::isTrue_v0(1 < 2) == ()",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::fails_v0<a>(act: Unit -> a, words: String) -> Unit",
        _fails,
        "Expects a function to fail with a message that has these words in it.",
        ('Test::fails_v0(_ => Int::divide_v0(1, 0), "divided") == ()',),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::each_v0<a, b>(cases: List<a>, test: a -> b) -> Unit",
        _each,
        "Runs a test with each case of a table; what does not hold is told with its case.",
        ("Test::each_v0([(1, 2), (2, 4)], ((n, twice)) => Test::equal_v0(n * 2, twice)) == ()",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        f"Test::request_v0(method: String, path: String) -> {_ANSWER}",
        _request,
        "What the canvas answers to a request. What it writes stays in the test.",
        ('Test::request_v0("GET", "/nothing/there").status == 404',),
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        f"Test::requestWith_v0(method: String, path: String, headers: Dict<String>, body: String) -> {_ANSWER}",
        _request_with,
        "The same with header fields and a body.",
        ('Test::requestWith_v0("POST", "/nothing", #{ "x-a": "b" }, "{}").status == 404',),
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        f"Test::requestWithBytes_v0(method: String, path: String, headers: Dict<String>, body: Bytes) -> {_ANSWER}",
        _request_with_bytes,
        "The same with a body that need not be text.",
        ('Test::requestWithBytes_v0("PUT", "/nothing", #{}, String::toBytes_v0("a")).status == 404',),
        effect=Effect.WRITES,
    ),
    LibraryFunction(
        "Test::at_v0(moment: DateTime) -> Unit",
        _at,
        "Lets the clock stand at a moment from here on. Until then it stands at the beginning of 1970.",
        ("(Test::at_v0(DateTime::fromSeconds_v0(60)); DateTime::now_v0() == DateTime::fromSeconds_v0(60))",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::times_v0(moments: List<DateTime>) -> Unit",
        _times,
        "Lets the clock show these moments, one each time that it is asked, and then stand at the last.",
        ("(Test::times_v0([DateTime::fromSeconds_v0(1)]); DateTime::now_v0() > DateTime::fromSeconds_v0(0))",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::chance_v0(data: Bytes) -> Unit",
        _chance,
        "Has these bytes be the next that chance gives; without it, chance gives the same in each run.",
        ('(Test::chance_v0(String::toBytes_v0("0123456789abcdef")); DB::generateKey_v0() != "")',),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::subject_v0(subject: String) -> Unit",
        _subject,
        "Has switches decide for this subject from here on.",
        ('Test::subject_v0("ada") == ()',),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Test::effects_v0() -> List<{ key: String, kind: String, store: String }>",
        _effects,
        "What was done so far, in order: `set` and `delete` of rows. Nothing of it left the test.",
        ("List::isEmpty_v0(Test::effects_v0())",),
        effect=Effect.RANDOM,
    ),
)
