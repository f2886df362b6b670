"""What holds of every declaration, and of the library as a whole."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from dark_lang.library import Effect, Library, LibraryFunction
from dark_lang.library_signatures import parse_signature
from dark_lang.names import Standard
from dark_lang.stdlib import standard_library, v0, v1
from dark_lang.types import Fn, Named, Record, Tuple, Type, Variable, describe, outermost

LIBRARY = standard_library()
ALL = pytest.mark.parametrize(
    "function", [pytest.param(f, id=f"{i.name}_v{i.version}") for i, f in LIBRARY.functions.items()]
)


def variables(wanted: Type) -> set[str]:
    match wanted:
        case Variable(name):
            return {name}
        case Named(_, inner) | Tuple(inner):
            return {name for each in inner for name in variables(each)}
        case Fn(params, result):
            return {name for each in (*params, result) for name in variables(each)}
        case Record(fields):
            return {name for _, each in fields for name in variables(each)}


@ALL
def test_signature_says_what_the_body_takes(function: LibraryFunction) -> None:
    signature = parse_signature(function)
    assert function.signature.endswith(str(signature))
    taken = [p for p in inspect.signature(function.body).parameters.values() if p.default is p.empty]
    assert len(taken) == len(signature.params) + (function.effect is not Effect.PURE) + (
        len(signature.type_params) if function.decodes else 0
    )
    used = variables(Fn(tuple(each for _, each in signature.params), signature.result))
    assert used == set(signature.type_params)
    names = [name for name, _ in signature.params]
    assert len(set(names)) == len(names)


@ALL
def test_doc_is_a_sentence_or_more(function: LibraryFunction) -> None:
    assert function.doc[0].isupper() or function.doc[0] == "`"
    assert function.doc.endswith(".")
    assert len(function.doc) <= 220


@ALL
def test_examples_are_there_unless_rows_are_needed(function: LibraryFunction) -> None:
    assert function.examples or function.identity.name.startswith("DB::")


@ALL
def test_deprecated_has_a_successor_that_is_not(function: LibraryFunction) -> None:
    if function.deprecated is not None:
        assert LIBRARY.functions[function.deprecated.successor].deprecated is None


def test_versions_are_where_they_belong() -> None:
    assert {f.identity.version for f in v0.FUNCTIONS} == {0}
    assert 0 not in {f.identity.version for f in v1.FUNCTIONS}
    names = {f.identity.name for f in v0.FUNCTIONS}
    assert {f.identity.name for f in v1.FUNCTIONS} <= names
    assert LIBRARY.newest["Dict::get"] == Standard("Dict::get", 1)
    assert LIBRARY.newest["List::contains"] == Standard("List::contains", 0)


def test_modules_and_size() -> None:
    modules = {name.partition("::")[0] for name in LIBRARY.newest}
    assert modules >= {"Op", "Bool", "Int", "Float", "Math", "String", "Char", "Bytes", "List", "Dict", "Option"}
    assert modules >= {"Result", "Tuple2", "Tuple3", "Json", "Http", "DateTime", "Uuid", "DB"}
    assert len(LIBRARY.newest) >= 200


def test_two_of_one_name_are_refused() -> None:
    function = LIBRARY.functions[Standard("Op::add", 0)]
    with pytest.raises(ValueError, match="Op::add_v0"):
        Library([function, function])


def test_types_as_they_are_written() -> None:
    text = "A::f_v0<a, b>(x: (a, Int), g: (a, b) -> Dict<b>, h: ((a, b)) -> a, i: () -> Unit) -> a -> b"
    signature = parse_signature(LibraryFunction(text, lambda: None, "Nothing."))
    assert str(signature) == text.removeprefix("A::f_v0")
    given = dict(signature.params)
    assert outermost(given["x"]) == (tuple,)
    assert outermost(Variable("a")) is None
    assert outermost(Named(Standard("Any"))) is None
    assert outermost(Named(Standard("Bool"))) == (bool,)
    assert given["g"] == Fn((Variable("a"), Variable("b")), Named(Standard("Dict"), (Variable("b"),)))
    assert given["h"] == Fn((Tuple((Variable("a"), Variable("b"))),), Variable("a"))
    assert describe(given["h"]) == "((a, b)) -> a"


@pytest.mark.parametrize(
    "text", ["A::f_v0(a Int) -> Int", "A::f_v0(a: Lists) -> Int", "A::f_v0() -> Int Int", "A::f_v0(a: List) -> $"]
)
def test_malformed_signatures_are_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"signature|no standard type"):
        parse_signature(LibraryFunction(text, lambda: None, "Nothing."))


def test_importing_it_leaves_what_is_slow() -> None:
    code = "import sys, dark_lang.stdlib; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"regex", "hashlib", "_hashlib", "zoneinfo", "decimal", "asyncio", "socket", "html"} & set(loaded)
