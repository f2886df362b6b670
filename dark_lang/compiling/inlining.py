"""Standard functions that code with types has no need to call: what each comes to, as an expression over its arguments.

One table. Well-known compositions need no rules of their own: what gives an Option is written as an
`loop_syntax.Optional`, what gives a List to walk over as a `Listed`, and who takes such a thing apart makes neither.
Must not know the library's bodies. Invariants: the expression gives what the function gives for arguments of its
parameters' types; arguments are evaluated once, in order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from dark_lang.compiling import loop_syntax as loop
from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import NeedKind
from dark_lang.compiling.generating import Generator, Result
from dark_lang.compiling.operators import most_bits, seen_small
from dark_lang.names import NodeId, Standard
from dark_lang.values.limits import LIST_MADE

_SHORT_BITS: Final = 1_900  # of an Int that is written as text without asking how long it is: some 570 digits

Inline = Callable[[Generator, NodeId, list[Result]], Result]


def _library(g: Generator, node: NodeId, name: str, results: list[Result]) -> ast.expr:
    function = g.need(NeedKind.CALL, Standard(name, 0), len(results))
    return py.call(function, [value for value, _ in results], g.line(node))


def _length(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    return py.call("len", [results[0][0]]), "I"


def _is_empty(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    return py.UnaryOp(py.NOT, results[0][0]), "B"


def _part(index: int) -> Inline:
    return lambda _g, _node, results: (py.item(results[0][0], index), "")


# Making Lists and Dicts


def _singleton(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    return py.list_of([results[0][0]]), "L"


def _push(g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (items, _), (value, _) = results = g.keep_all(results)
    return loop.spread([value], items, []), "L"


def _push_back(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (items, _), (value, _) = results
    return loop.spread([], items, [value]), "L"


def _range(g: Generator, node: NodeId, results: list[Result]) -> Result:
    (low, _), (high, _) = results = g.keep_all(results)
    fits = py.compare(py.BinOp(high, py.SUBTRACT, low), py.LESS, py.Constant(LIST_MADE))
    bare = py.call("range", [low, py.BinOp(high, py.ADD, py.integer(1))])
    bits = most_bits(g, low)
    walked = py.IfExp(fits, bare, _library(g, node, "List::range", results))
    return loop.listed(walked, None if bits is None else max(bits, LIST_MADE.bit_length()) + 1), "L"


def _keys(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    return loop.listed(results[0][0]), "L"


def _values(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    return loop.listed(loop.method(results[0][0], "values", [])), "L"


def _entries(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    return loop.listed(loop.method(results[0][0], "items", [])), "L"


# Looking up


def _get(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (entries, _), (key, _) = results
    return loop.optional(loop.method(entries, "get", [key])), "C"


def _get_with_default(_g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (entries, _), (key, _), (default, _) = results
    return loop.method(entries, "get", [key, default]), ""


def _member(g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (entries, _), (key, _) = results if py.is_stable(results[1][0]) else g.keep_all(results)
    return py.compare(key, py.IN, entries), "B"


def _end(index: int) -> Inline:
    def inline(g: Generator, _node: NodeId, results: list[Result]) -> Result:
        items, _ = g.keep(results[0])
        return loop.optional(py.IfExp(items, py.item(items, index), py.NOTHING)), "C"

    return inline


def _get_at(g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (items, _), (index, _) = g.keep_all(results)
    inside = py.Compare(py.integer(0), [py.LESS_OR_EQUAL, py.LESS], [index, py.call("len", [items])])
    return loop.optional(py.IfExp(inside, loop.at(items, index), py.NOTHING)), "C"


# Options and Results


def _option_or(g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (option, _), (default, _) = results
    if type(option) is loop.Optional:
        bare = option.bare
        if loop.is_lookup(bare):
            return py.Call(bare.func, [*bare.args, default], []), ""
        name, default = _kept_with(g, bare, default)
        return py.IfExp(py.compare(py.load(name), py.IS, py.NOTHING), default, py.load(name)), ""
    name, default = _kept_with(g, option, default)
    values = py.part(name, "values")
    return py.IfExp(values, py.item(values, 0), default), ""


def _result_or(g: Generator, _node: NodeId, results: list[Result]) -> Result:
    (result, _), (default, _) = results
    name, default = _kept_with(g, result, default)
    return py.IfExp(_is_case(name, "Ok"), py.item(py.part(name, "values"), 0), default), ""


def _kept_with(g: Generator, value: ast.expr, default: ast.expr) -> tuple[str, ast.expr]:
    """A name for a value, and a default that was evaluated after it, whether it is needed or not."""
    name, _ = g.keep_name((value, ""))
    return name, g.keep((default, ""))[0]


def _is_case(name: str, case: str) -> ast.expr:
    return py.compare(py.part(name, "name"), py.EQUAL, py.word(case))


def _asks(case: str, bare: ast.cmpop | None = None) -> Inline:
    def inline(g: Generator, _node: NodeId, results: list[Result]) -> Result:
        value, kind = results[0]
        if type(value) is loop.Optional and bare is not None:
            return py.compare(value.bare, bare, py.NOTHING), "B"
        return _is_case(g.keep_name((value, kind))[0], case), "B"

    return inline


# Text


def _int_to_string(g: Generator, node: NodeId, results: list[Result]) -> Result:
    bits = most_bits(g, results[0][0])
    if bits is not None and bits <= _SHORT_BITS:
        return py.call("str", [results[0][0]]), "S"
    value, kind = g.keep(results[0])
    slow = _library(g, node, "Int::toString", [(value, kind)])
    return py.IfExp(seen_small(value), py.call("str", [value]), slow), "S"


INLINES: Final[Mapping[tuple[str, int], tuple[int, Inline]]] = {
    ("List::length", 0): (1, _length),
    ("List::isEmpty", 0): (1, _is_empty),
    ("List::singleton", 0): (1, _singleton),
    ("List::push", 0): (2, _push),
    ("List::pushBack", 0): (2, _push_back),
    ("List::range", 0): (2, _range),
    ("List::head", 1): (1, _end(0)),
    ("List::last", 1): (1, _end(-1)),
    ("List::getAt", 1): (2, _get_at),
    ("Dict::size", 0): (1, _length),
    ("Dict::isEmpty", 0): (1, _is_empty),
    ("Dict::keys", 0): (1, _keys),
    ("Dict::values", 0): (1, _values),
    ("Dict::toList", 0): (1, _entries),
    ("Dict::get", 1): (2, _get),
    ("Dict::getWithDefault", 0): (3, _get_with_default),
    ("Dict::member", 0): (2, _member),
    ("Option::withDefault", 0): (2, _option_or),
    ("Option::isSome", 0): (1, _asks("Some", py.IS_NOT)),
    ("Option::isNone", 0): (1, _asks("None", py.IS)),
    ("Result::withDefault", 0): (2, _result_or),
    ("Result::isOk", 0): (1, _asks("Ok")),
    ("Result::isError", 0): (1, _asks("Error")),
    ("String::length", 0): (1, _length),
    ("String::isEmpty", 0): (1, _is_empty),
    ("Int::toString", 0): (1, _int_to_string),
    ("Tuple2::first", 0): (1, _part(0)),
    ("Tuple2::second", 0): (1, _part(1)),
}
"""By name and version: how many arguments, and what the call comes to once they are there."""
