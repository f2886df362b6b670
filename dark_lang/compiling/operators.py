"""Infix and prefix operators: Python's own where the operands are known, or are seen at run time, to be plain numbers
or text; the library's function, which checks and explains, where they are not.

Must not know the library's bodies. Invariants: the fast way gives what the library's function gives; an operand that
may be a hole is never compared with `==` natively, which would answer. Sizes: a sum, and a product with a small factor,
add few bits for the time that they take, so that only products of two large Ints are checked.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import NeedKind
from dark_lang.compiling.generating import Generator, Result
from dark_lang.compiling.kinds import KINDS
from dark_lang.names import NodeId, Standard
from dark_lang.values.limits import TEXT_LENGTH

_FEW_BITS: Final = 64  # of a factor with which a product needs no check of its size
_SMALL: Final = 1 << 30  # of one that is seen at run time: CPython compares Ints of one digit fastest
_LEAST: Final = py.Constant(-_SMALL)
_MOST: Final = py.Constant(_SMALL)
_BETWEEN: Final[list[ast.cmpop]] = [py.LESS, py.LESS]
_LONGEST: Final = py.Constant(TEXT_LENGTH)
_LENGTH_BITS: Final = 34


def library(g: Generator, node: NodeId, name: str, results: list[Result], kind: str) -> Result:
    function = g.need(NeedKind.CALL, Standard(name, 0), len(results))
    return py.call(function, [value for value, _ in results], g.line(node)), kind


def _typed(result: Result, letter: str) -> ast.expr | None:
    """The test that a kept operand is of a kind; None if that is known."""
    value, kind = result
    return None if kind.upper() == letter else py.is_type(value.id, KINDS[letter])  # type: ignore[attr-defined]


def _when(tests: list[ast.expr | None], fast: ast.expr, slow: ast.expr) -> ast.expr:
    real = [test for test in tests if test is not None]
    return py.IfExp(py.all_of(real), fast, slow) if real else fast


def _numbers(g: Generator, node: NodeId, name: str, results: list[Result], build: _Build, result: str) -> Result:
    """Both Int or both Float. `result` is the letter of the outcome, "" if it is that of the operands."""
    (_, left), (_, right) = results
    letter = (left or right or "I").upper()
    if left == right == "S" and result == "B":
        return build(results[0][0], results[1][0]), "B"
    if letter not in "IF" or (left and right and left.upper() != right.upper()):
        return library(g, node, name, results, result)
    if not (left.isupper() and right.isupper()):
        results = g.keep_all(results)
    (x, left), (y, right) = results
    fast = build(x, y)
    tests = [_typed(results[0], letter), _typed(results[1], letter)]
    known = result or (letter if left or right else "")
    if tests == [None, None]:
        if not (left.isupper() and right.isupper()):
            fast.lineno = g.line(node)
            g.site(fast.lineno, "operator", [x, y], name)
        return fast, known
    if left.islower() or right.islower():
        fast.lineno = g.line(node)
        g.site(fast.lineno, "operator", [x, y], name)
    slow, _ = library(g, node, name, results, "")
    return _when(tests, fast, slow), known


_Build = Callable[[ast.expr, ast.expr], ast.expr]
_Operator = Callable[[Generator, NodeId, list[Result]], Result]


def _arithmetic(name: str, operator: ast.operator) -> _Operator:
    def compile_(g: Generator, node: NodeId, results: list[Result]) -> Result:
        return _numbers(g, node, name, results, lambda x, y: py.BinOp(x, operator, y), "")

    return compile_


def _comparison(name: str, operator: ast.cmpop) -> _Operator:
    def compile_(g: Generator, node: NodeId, results: list[Result]) -> Result:
        return _numbers(g, node, name, results, lambda x, y: py.compare(x, operator, y), "B")

    return compile_


def _multiply(g: Generator, node: NodeId, results: list[Result]) -> Result:
    (_, left), (_, right) = results
    if left.upper() == right.upper() == "F":
        return _numbers(g, node, "Op::multiply", results, lambda x, y: py.BinOp(x, py.MULTIPLY, y), "")
    if (left and left.upper() != "I") or (right and right.upper() != "I"):
        return library(g, node, "Op::multiply", results, "")
    if left == right == "I" and any(is_small(g, value) for value, _ in results):
        return py.BinOp(results[0][0], py.MULTIPLY, results[1][0]), "I"
    results = g.keep_all(results)
    # An operand that may be a hole must be seen to be an Int before it is compared with a bound.
    tests = [None if kind == "I" else py.is_type(value.id, "int") for value, kind in results]  # type: ignore[attr-defined]
    (x, left), (y, right) = results
    if not (is_small(g, x) or is_small(g, y)):
        tests.append(py.either(seen_small(x), seen_small(y)))
    slow, _ = library(g, node, "Op::multiply", results, "")
    return _when(tests, py.BinOp(x, py.MULTIPLY, y), slow), "I" if left or right else ""


def seen_small(value: ast.expr) -> ast.expr:
    """The test that an Int has at most 30 bits."""
    return py.Compare(_LEAST, _BETWEEN, [value, _MOST])


def is_small(g: Generator, value: ast.expr) -> bool:
    bits = most_bits(g, value)
    return bits is not None and bits <= _FEW_BITS


def most_bits(g: Generator, value: ast.expr) -> int | None:
    """A bound on the bits of an Int that follows from how it is made; None if none is known."""
    kind = type(value)
    if kind is py.Constant:
        number = value.value  # type: ignore[attr-defined]
        return number.bit_length() if type(number) is int else None
    if kind is py.Name:
        return g.sizes.get(value.id)  # type: ignore[attr-defined]
    if kind is py.BinOp:
        first, second = most_bits(g, value.left), most_bits(g, value.right)  # type: ignore[attr-defined]
        if first is None or second is None:
            return None
        return first + second if value.op is py.MULTIPLY else max(first, second) + 1  # type: ignore[attr-defined]
    if kind is py.Call and value.func is _LEN:  # type: ignore[attr-defined]
        return _LENGTH_BITS
    return None


_LEN: Final = py.load("len")


def _equality(name: str, operator: ast.cmpop) -> _Operator:
    def compile_(g: Generator, node: NodeId, results: list[Result]) -> Result:
        (_, left), (_, right) = results
        if left == right and left and left in "IBSF":
            return py.compare(results[0][0], operator, results[1][0]), "B"
        letter = (left or right or "S").upper()
        if letter not in "IS" or (left and right and left.upper() != right.upper()):
            return library(g, node, name, results, "B")
        results = g.keep_all(results)
        (x, left), (y, right) = results
        # `==` answers for a hole, so that one that may be a hole is tested like one that is unknown.
        tests = [
            None if kind == letter else py.is_type(value.id, KINDS[letter])  # type: ignore[attr-defined]
            for value, kind in results
        ]
        slow, _ = library(g, node, name, results, "B")
        return _when(tests, py.compare(x, operator, y), slow), "B"

    return compile_


def _append(g: Generator, node: NodeId, results: list[Result]) -> Result:
    if any(kind not in ("", "S", "s") for _, kind in results):
        return library(g, node, "Op::append", results, "S")
    results = g.keep_all(results)
    tests: list[ast.expr | None] = [
        py.is_type(value.id, "str") for value, kind in results if kind != "S" and isinstance(value, ast.Name)
    ]
    (x, _), (y, _) = results
    # Joined first and measured then: neither text is longer than a text may be.
    joined = g.fresh()
    length = py.call("len", [py.named(joined, py.BinOp(x, py.ADD, y))])
    tests.append(py.compare(length, py.LESS_OR_EQUAL, _LONGEST))
    slow, _ = library(g, node, "Op::append", results, "")
    return _when(tests, py.load(joined), slow), "S"


def _not(g: Generator, node: NodeId, results: list[Result]) -> Result:
    value, kind = results[0]
    if kind == "B":
        return py.UnaryOp(py.NOT, value), "B"
    return py.call("negate", [value], g.line(node)), "B"


def _negate(g: Generator, node: NodeId, results: list[Result]) -> Result:
    value, kind = results[0]
    if kind in ("I", "F"):
        return py.UnaryOp(py.NEGATE, value), kind
    return library(g, node, "Op::negate", results, kind.upper() if kind in ("i", "f") else "")


def _quotient(name: str, operator: ast.operator, letter: str) -> _Operator:
    """Native where both operands are seen to be of the kind, and the right one is not zero."""

    def compile_(g: Generator, node: NodeId, results: list[Result]) -> Result:
        if any(kind.upper() not in ("", letter) for _, kind in results):
            return library(g, node, name, results, letter)
        results = g.keep_all(results)
        (x, _), (y, right) = results
        # One that may be a hole is tested like one that is unknown.
        tests = [
            None if kind == letter else py.is_type(value.id, KINDS[letter])  # type: ignore[attr-defined]
            for value, kind in results
        ]
        if not isinstance(y, ast.Constant):
            tests.append(y)
        elif not y.value or right != letter:
            return library(g, node, name, results, letter)
        slow, _ = library(g, node, name, results, letter)
        return _when(tests, py.BinOp(x, operator, y), slow), letter

    return compile_


def _power(g: Generator, node: NodeId, results: list[Result]) -> Result:
    return library(g, node, "Op::power", results, "")


OPERATORS: Final[Mapping[str, tuple[int, _Operator]]] = {
    "Op::add": (2, _arithmetic("Op::add", py.ADD)),
    "Op::subtract": (2, _arithmetic("Op::subtract", py.SUBTRACT)),
    "Op::multiply": (2, _multiply),
    "Op::divide": (2, _quotient("Op::divide", py.DIVIDE, "F")),
    "Op::modulo": (2, _quotient("Op::modulo", py.MODULO, "I")),
    "Op::power": (2, _power),
    "Op::lessThan": (2, _comparison("Op::lessThan", py.LESS)),
    "Op::lessThanOrEqualTo": (2, _comparison("Op::lessThanOrEqualTo", py.LESS_OR_EQUAL)),
    "Op::greaterThan": (2, _comparison("Op::greaterThan", py.GREATER)),
    "Op::greaterThanOrEqualTo": (2, _comparison("Op::greaterThanOrEqualTo", py.GREATER_OR_EQUAL)),
    "Op::equals": (2, _equality("Op::equals", py.EQUAL)),
    "Op::notEquals": (2, _equality("Op::notEquals", py.NOT_EQUAL)),
    "Op::append": (2, _append),
    "Op::not": (1, _not),
    "Op::negate": (1, _negate),
}
"""How many operands, and how to compile the call once they are there."""
