"""Which code trusts its types, and what is asked of values that come to it from outside."""

from __future__ import annotations

import pytest
from memory_canvas import MemoryCanvas, MemoryWorld, same_recursion_limit

from dark_lang.errors import Failed, LimitReached, Stopped
from dark_lang.fitting import Fitting, Judge
from dark_lang.library import World
from dark_lang.names import NodeId, Standard
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.notation.reading import read_signature
from dark_lang.types import Type
from dark_lang.values.model import NONE, UNIT, Case, Char, GuestDict, HoleValue, Json, Value, error, ok, some
from runtime.linking import CodeCache, Linker
from runtime.running import Limits, run


def call(linker: Linker, toplevel: NodeId, *args: Value, world: World | None = None) -> Value:
    with same_recursion_limit():
        return run(linker.callable_for(toplevel), args, world=world or MemoryWorld())


def compiled_with_types(linker: Linker, toplevel: NodeId) -> bool:
    linker.callable_for(toplevel)
    return (toplevel, True) in linker._linked


# Which code


def test_a_definition_is_clean_with_all_that_it_calls() -> None:
    canvas = MemoryCanvas()
    price = canvas.function("M::price(n: Int) -> Int", "n * 2")
    total = canvas.function("M::total(n: Int) -> Int", "M::price(n) + 1")
    todo = canvas.function("M::todo(n: Int) -> Int", "?")
    asks = canvas.function("M::asks(n: Int) -> Int", "M::total(n) + M::todo(n)")
    clean = canvas.linker().clean
    assert [clean.is_clean(each) for each in (asks, total, price, todo)] == [False, True, True, False]


@pytest.mark.parametrize(
    "body",
    [
        "?",
        '?"text"',
        "partial { new: ?, old: 1 }",
        "conflict { base: 1, or: 2 }",
        "toggle t { old: 1, new: ? }",
        '1 + "a"',
        "nonesuch",
        "M::nonesuch(1)",
        "Int::toString(1, 2)",
        "(x => x + 1)(true)",
        'match Dict::get_v0(#{ "a": 1 }, "a") { n -> n }',
        "let { a: ? } = { a: 1 }; 2",
    ],
)
def test_what_is_not_finished_or_not_sound_is_not_clean(body: str) -> None:
    canvas = MemoryCanvas()
    canvas.switch("t")
    function = canvas.function("M::f() -> Int", body)
    assert not canvas.linker().clean.is_clean(function)
    assert not compiled_with_types(canvas.linker(), function)


def test_workers_are_not_clean_since_nobody_knows_what_an_event_will_be() -> None:
    canvas = MemoryCanvas()
    worker = canvas.add(top.Worker(canvas.fresh(), 1, "", "mail", canvas.read("event + 1")))
    assert not canvas.linker().clean.is_clean(worker)


def test_functions_that_call_each_other_are_clean_or_not_together() -> None:
    canvas = MemoryCanvas()
    canvas.function("M::odd(n: Int) -> Bool", "false")
    even = canvas.function("M::even(n: Int) -> Bool", "if n == 0 then true else M::odd(n - 1)")
    odd = next(each for each, tree in canvas.trees.items() if isinstance(tree, top.Function) and tree.name == "M::odd")
    tree = canvas.trees[odd]
    assert isinstance(tree, top.Function)
    canvas.add(top.Function(**{**_fields(tree), "body": canvas.read("if n == 0 then false else M::even(n - 1)")}))
    assert canvas.linker().clean.is_clean(even)
    assert call(canvas.linker(), even, 10) is True
    canvas.add(top.Function(**{**_fields(tree), "body": canvas.read("if n == 0 then ? else M::even(n - 1)")}))
    assert not canvas.linker().clean.is_clean(even)


def _fields(tree: top.Function) -> dict[str, object]:
    return {name: getattr(tree, name) for name in tree.__dataclass_fields__}


def test_a_function_is_linked_both_ways_and_each_way_calls_its_own() -> None:
    canvas = MemoryCanvas()
    twice = canvas.function("M::twice(n: Int) -> Int", "n + n")
    good = canvas.function("M::good() -> Int", "M::twice(4)")
    bad = canvas.function("M::bad(x: Int) -> Int", "let y = M::twice(?later); if x > 0 then x else y + 1")
    linked = canvas.linker()
    assert call(linked, good) == 8
    with pytest.raises(Stopped):  # a hole comes to the code that may meet one
        call(linked, bad, 1)
    assert {(twice, True), (twice, False)} <= set(linked._linked)


def test_code_with_types_is_kept_by_content_and_types() -> None:
    canvas = MemoryCanvas()
    cache = CodeCache()
    price = canvas.function("M::price() -> Int", "2")
    same = canvas.function("M::same() -> Bool", "M::price() == M::price()")
    assert call(canvas.linker(cache), same) is True
    kept = len(cache._kept)
    assert call(canvas.linker(cache), same) is True
    assert len(cache._kept) == kept
    # The same text, and now it compares Lists, which Python's own `==` would take for equal to others.
    tree = read_signature("M::price() -> List<Float>", canvas, canvas.fresh).tree
    canvas.add(top.Function(**{**_fields(tree), "id": price, "body": canvas.read("[1.5]")}))
    assert call(canvas.linker(cache), same) is True
    assert len(cache._kept) == kept + 2


@pytest.mark.parametrize(
    "body",
    [
        "x + 1",
        "x!",
        "x(1)",
        "match x { 1 -> 2, _ -> 3 }",
        "x.a",
        "M::id(x)",
        "if x then 1 else 2",
        "w.a + 1",
        "{ x | a: 1 }",
    ],
)
def test_nothing_that_goes_by_any_is_clean(body: str) -> None:
    canvas = MemoryCanvas()
    canvas.type("W = { a: Any }")
    canvas.function("M::id(x: Int) -> Int", "x")
    function = canvas.function("M::f(x: Any, w: W) -> Option<Int>", f"let y = {body}; Some(2)")
    assert not canvas.linker().clean.is_clean(function)


@pytest.mark.parametrize(
    "body",
    [
        "List::fold(xs, 0, (sum, x) => sum + List::fold(xs, 0, (inner, y) => inner + List::count(xs, z => z > y)))",
        "List::length(List::map(xs, x => List::length(List::filter(xs, y => List::any(xs, z => z > x + y)))))",
        "List::length(List::flatMap(xs, x => List::map(xs, y => List::all(xs, z => z + y >= x))))",
        "M::forever(0, xs)",
        "M::products(3, xs)",
    ],
)
def test_loops_end_when_their_time_is_over(body: str) -> None:
    canvas = MemoryCanvas()
    canvas.function("M::forever(n: Int, xs: List<Int>) -> Int", "M::forever(n + List::length(xs), xs)")
    squared = "List::fold(xs, n, (a, x) => if x > 0 then a * 3 else a)"
    canvas.function("M::products(n: Int, xs: List<Int>) -> Int", f"M::products({squared}, xs)")
    function = canvas.function("M::f(xs: List<Int>) -> Int", body)
    linked = canvas.linker()
    assert compiled_with_types(linked, function)
    with same_recursion_limit(), pytest.raises(LimitReached) as reached:
        numbers = list(range(20_000))
        run(linked.callable_for(function), (numbers,), world=MemoryWorld(), limits=Limits(time_ms=100))
    assert reached.value.limit == "time"


def test_deep_recursion_is_a_limit_with_types_too() -> None:
    canvas = MemoryCanvas()
    function = canvas.function("M::deep(n: Int) -> Int", "1 + M::deep(n + 1)")
    assert compiled_with_types(canvas.linker(), function)
    with pytest.raises(LimitReached) as reached:
        canvas.call(function, 0)
    assert reached.value.limit == "depth"


# Arguments


TYPES = "Tree = Leaf | Node(Tree, Int, Tree)", "Person = { name: String, tags: List<String> }", "Two<a> = (a, a)"
FITTING: list[tuple[str, Value]] = [
    ("Int", 1),
    ("Float", 1.5),
    ("Unit", UNIT),
    ("Char", Char("x")),
    ("Json", Json(None)),
    ("List<Int>", [1, 2]),
    ("Dict<List<Bool>>", GuestDict({"a": [True]})),
    ("Option<Option<Int>>", some(NONE)),
    ("Result<Int, String>", error("no")),
    ("(Int, String)", (1, "a")),
    ("{ a: Int }", {"a": 1}),
    ("{ a: Int }", {"a": 1, "more": 2}),
    ("Person", {"name": "Ada", "tags": []}),
    ("Two<Int>", (1, 2)),
    ("Two<Two<Int>>", ((1, 2), (3, 4))),
]
NOT_FITTING: list[tuple[str, Value, str]] = [
    ("Int", True, "takes Int as `x`, found a Bool: true"),
    ("Int", 1.0, "takes Int as `x`, found a Float"),
    ("Unit", (1, 2), "takes Unit as `x`"),
    ("List<Int>", [1, "a"], 'takes Int as `x[1]`, found a String: "a"'),
    ("Dict<List<Bool>>", GuestDict({"k": [1]}), "takes Bool as `x['k'][0]`, found an Int"),
    ("Option<Int>", ok(1), "takes Option<Int> as `x`, found a Result"),
    ("Option<Int>", some("a"), "takes Int as `x!`"),
    ("Result<Int, String>", error(1), "takes String as `x!`"),
    ("(Int, String)", (1, "a", 2), "takes (Int, String) as `x`, found a Tuple"),
    ("{ a: Int }", {"b": 1}, "takes { a: Int } as `x`, found a Record"),
    ("{ a: Int }", GuestDict({"a": 1}), "found a Dict"),
    ("Person", {"name": "Ada", "tags": ["a", 2]}, "takes String as `x.tags[1]`, found an Int: 2"),
    ("Two<Int>", (1, "b"), "takes Int as `x[1]`"),
]


@pytest.mark.parametrize(("wanted", "value"), FITTING)
def test_arguments_that_fit_are_taken(wanted: str, value: Value) -> None:
    canvas = MemoryCanvas()
    for text in TYPES:
        canvas.type(text)
    function = canvas.function(f"M::f(x: {wanted}) -> {wanted}", "x")
    linked = canvas.linker()
    assert call(linked, function, value) is value
    assert compiled_with_types(linked, function)


@pytest.mark.parametrize(("wanted", "value", "said"), NOT_FITTING)
def test_other_arguments_are_turned_down(wanted: str, value: Value, said: str) -> None:
    canvas = MemoryCanvas()
    for text in TYPES:
        canvas.type(text)
    function = canvas.function(f"M::f(x: {wanted}) -> {wanted}", "x")
    with pytest.raises(Failed) as failed:
        call(canvas.linker(), function, value)
    assert said in failed.value.message
    tree = canvas.trees[function]
    assert isinstance(tree, top.Function)
    assert failed.value.node == tree.params[0].id


def test_values_of_enums_are_checked_to_any_depth() -> None:
    canvas = MemoryCanvas()
    tree = canvas.type(TYPES[0])
    function = canvas.function(
        "M::depth(tree: Tree, deep: Int) -> Int",
        "match tree { Leaf -> deep, Node(_, _, right) -> M::depth(right, deep + 1) }",
    )
    leaf = Case(tree, "Leaf", ())
    value = leaf
    for _ in range(5_000):
        value = Case(tree, "Node", (leaf, 1, value))
    assert call(canvas.linker(), function, value, 0) == 5_000
    for wrong in (Case(tree, "Nod", ()), Case(tree, "Leaf", (1,)), some(1), Case(tree, "Node", (leaf, "1", leaf))):
        with pytest.raises(Failed):
            call(canvas.linker(), function, Case(tree, "Node", (leaf, 1, wrong)), 0)


def test_holes_and_wrong_numbers_of_arguments_do_not_come_in() -> None:
    canvas = MemoryCanvas()
    function = canvas.function("M::f(x: List<Int>) -> Int", "List::length(x)")
    with pytest.raises(Stopped):
        call(canvas.linker(), function, [HoleValue(function, "later")])
    with pytest.raises(Failed, match="takes 1 argument, and 2 are given"):
        call(canvas.linker(), function, [], [])


# Rows


def stored(canvas: MemoryCanvas, name: str, wanted: t.Type) -> NodeId:
    return canvas.add(top.Datastore(canvas.fresh(), 1, "", name, 0, wanted, None, None))


def people() -> tuple[MemoryCanvas, NodeId]:
    canvas = MemoryCanvas()
    fresh = canvas.fresh
    fields = (
        t.FieldType(fresh(), "name", t.Named(fresh(), Standard("String"), ())),
        t.FieldType(fresh(), "age", t.Named(fresh(), Standard("Int"), ())),
    )
    return canvas, stored(canvas, "People", t.Record(fresh(), None, fields))


@pytest.mark.parametrize(
    "body",
    [
        'Option::map(DB::get(People-v0, "a"), p => p.age + 1)',
        "DB::queryOne(People-v0, p => p.age > 1) |> Option::map(p => p.age + 1)",
        "DB::values(People-v0) |> List::map(p => p.age + 1) |> List::head",
        'DB::update(People-v0, "a", p => { p | age: p.age + 1 }) |> Option::map(p => p.age)',
        'DB::getMany(People-v0, ["a"]) |> Option::andThen(ps => List::head(ps)) |> Option::map(p => p.age + 1)',
        'let get = DB::get; Option::map(get(People-v0, "a"), p => p.age + 1)',
        '["a"] |> List::filterMap(k => DB::get(People-v0, k)) |> List::map(p => p.age + 1) |> List::head',
    ],
)
def test_rows_are_checked_before_code_that_trusts_them_sees_them(body: str) -> None:
    canvas, store = people()
    function = canvas.function("M::f() -> Option<Int>", body)
    linked = canvas.linker()
    world = MemoryWorld()
    world.rows[store] = {"a": {"name": "Ada", "age": 36}}
    assert call(linked, function, world=world) == some(37)
    assert compiled_with_types(linked, function)
    world.rows[store] = {"a": {"name": "Ada", "age": "old"}}
    with pytest.raises(Failed) as failed:
        call(linked, function, world=world)
    said = 'the row "a" of People-v0 is not of its type: expected Int at .age, found a String: "old"'
    assert failed.value.message == said
    assert failed.value.node


def test_a_row_that_fits_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Value] = []

    def counting(self: Fitting, wanted: Type) -> Judge:
        found = judge(self, wanted)
        return lambda value: looks.append(value) or found(value)  # type: ignore[func-returns-value]

    judge = Fitting.judge
    monkeypatch.setattr(Fitting, "judge", counting)
    canvas, store = people()
    function = canvas.function("M::f() -> Bool", 'Option::isSome(DB::get(People-v0, "a"))')
    linked = canvas.linker()
    world = MemoryWorld()
    row = {"name": "Ada", "age": 36}
    world.rows[store] = {"a": row}
    for _ in range(3):
        assert call(linked, function, world=world) is True
    assert len(looks) == 1
    world.rows[store] = {"a": dict(row)}  # the row that another commit made
    assert call(linked, function, world=world) is True
    assert len(looks) == 2


def test_code_without_types_takes_rows_as_they_are() -> None:
    canvas, store = people()
    body = 'if true then Option::map(DB::get(People-v0, "a"), p => p.age) else ?'
    function = canvas.function("M::f() -> Option<Int>", body)
    world = MemoryWorld()
    world.rows[store] = {"a": {"name": "Ada", "age": "old"}}
    assert call(canvas.linker(), function, world=world) == some("old")
