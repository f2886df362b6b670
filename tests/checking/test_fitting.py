"""What fits into a hole: types that unify, the most specific first."""

from __future__ import annotations

import pytest
from memory_canvas import MemoryCanvas, library

from dark_lang.checking.checker import check
from dark_lang.checking.fitting import Source, fitting
from dark_lang.names import Defined, Standard
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes.walking import descend
from dark_lang.types import UNKNOWN, Fn, Named, Record, Type, Variable
from runtime.checking import Interfaces


def of(name: str, *args: Type) -> Type:
    return Named(Standard(name), args)


INT, STRING, BOOL = of("Int"), of("String"), of("Bool")


@pytest.fixture
def canvas() -> MemoryCanvas:
    canvas = MemoryCanvas()
    canvas.type("User = { name: String, age: Int }")
    canvas.type("Shape = Circle(Float) | Dot")
    return canvas


def codes(canvas: MemoryCanvas, wanted: Type, names: dict[str, Type], *functions: str, declared: str = "") -> list[str]:
    known = Interfaces(canvas, library())
    signatures = {name: known.signature(canvas.resolve(Realm.FUNCTION, name)) for name in functions}
    found = fitting(
        wanted,
        known,
        declared=declared.split(),
        names=names,
        functions={name: held for name, held in signatures.items() if held is not None},
    )
    return [fit.code for fit in found]


def test_the_very_type_comes_first(canvas: MemoryCanvas) -> None:
    names = {"loose": Variable("a"), "list": of("List", Variable("b")), "exact": of("List", INT), "text": STRING}
    assert codes(canvas, of("List", INT), names) == ["exact", "list", "loose"]


def test_fields_of_records_by_name_and_of_requests(canvas: MemoryCanvas) -> None:
    user = Named(Defined(next(iter(canvas.trees))))
    assert codes(canvas, STRING, {"user": user}) == ["user.name"]
    assert codes(canvas, INT, {"user": user}) == ["user.age"]
    assert codes(canvas, of("Dict", STRING), {"request": of("Request")}) == [
        "request.params",
        "request.query",
        "request.headers",
        "request.cookies",
    ]
    spaced = Record((("a b", INT),))
    assert codes(canvas, INT, {"it": spaced}) == ['it."a b"']


def test_a_record_fits_its_name(canvas: MemoryCanvas) -> None:
    user = Named(Defined(next(iter(canvas.trees))))
    plain = Record((("age", INT), ("name", STRING)))
    assert codes(canvas, user, {"plain": plain, "other": Record((("age", INT),))}) == ["plain"]


def test_cases(canvas: MemoryCanvas) -> None:
    shape = Named(Defined(list(canvas.trees)[1]))
    assert codes(canvas, shape, {}) == ["Circle(?)", "Dot"]
    assert codes(canvas, BOOL, {"yes": BOOL}) == ["yes", "true", "false"]
    assert codes(canvas, of("Option", INT), {}) == ["Some(?)", "None"]
    assert codes(canvas, of("Result", INT, STRING), {}) == ["Ok(?)", "Error(?)"]


def test_functions_by_what_they_give(canvas: MemoryCanvas) -> None:
    canvas.function("Shop::count(items: List<Int>, from: Int) -> Int", "1")
    canvas.function("Shop::wrap<a>(it: a) -> List<a>", "[it]")
    canvas.function("Shop::same<a>(it: a) -> a", "it")
    every = ("Shop::count", "Shop::wrap", "Shop::same")
    assert codes(canvas, INT, {"n": INT}, *every) == ["n", "Shop::count(?items, ?from)"]
    assert codes(canvas, of("List", INT), {}, *every) == ["Shop::wrap(?it)"]


def test_where_anything_will_do_names_are_enough(canvas: MemoryCanvas) -> None:
    canvas.function("Shop::count(items: List<Int>, from: Int) -> Int", "1")
    names: dict[str, Type] = {"n": INT, "request": of("Request")}
    assert codes(canvas, UNKNOWN, names, "Shop::count") == ["n", "request"]
    assert codes(canvas, Variable("a"), names, "Shop::count") == ["n", "request"]


def test_a_number_is_an_int_or_a_float(canvas: MemoryCanvas) -> None:
    names = {"n": INT, "f": of("Float"), "s": STRING}
    assert codes(canvas, Variable("number"), names) == ["n", "f"]


def test_a_type_parameter_is_only_itself(canvas: MemoryCanvas) -> None:
    names: dict[str, Type] = {"x": Variable("a"), "n": INT, "made": Fn((INT,), Variable("a"))}
    assert codes(canvas, Variable("a"), names, declared="a") == ["x"]


def test_holes_in_records_that_hold_themselves_end(canvas: MemoryCanvas) -> None:
    """A variable that is in scope is the same variable in what is wanted: a list of itself is no fit."""
    assert codes(canvas, of("List", Variable("a")), {"x": Variable("a")}) == []


def test_no_variable_takes_the_name_of_a_type_parameter() -> None:
    """In a function with a type parameter `a`, `[]` was a `List<a>`, as if it could hold nothing else."""
    canvas = MemoryCanvas()
    function = canvas.function("Shop::pick<a>(it: a) -> a", "let none = []\nit")
    checked = check(canvas.tree(function), Interfaces(canvas, library()))
    empty = next(node for node in descend(canvas.tree(function)) if isinstance(node, e.List))
    assert checked.types[empty.id] != of("List", Variable("a"))


def test_sources_say_what_is_near() -> None:
    assert Source.NAME < Source.FIELD < Source.CASE < Source.FUNCTION
