"""Building blocks of Python syntax trees: node classes whose location is a class attribute, and short constructors.

Must not know the guest language. Invariant: a node gets a location of its own only where running it can fail, since a
location for every node costs as much as compiling does. The classes are subclasses, because the attributes of `ast`'s
own belong to everybody in the process.
"""

from __future__ import annotations

import ast
from typing import Final, Literal

_LOAD: Final = ast.Load()
_STORE: Final = ast.Store()


class Name(ast.Name):
    lineno = 1
    col_offset = 0


class Constant(ast.Constant):
    lineno = 1
    col_offset = 0


class Call(ast.Call):
    lineno = 1
    col_offset = 0


class BinOp(ast.BinOp):
    lineno = 1
    col_offset = 0


class UnaryOp(ast.UnaryOp):
    lineno = 1
    col_offset = 0


class BoolOp(ast.BoolOp):
    lineno = 1
    col_offset = 0


class Compare(ast.Compare):
    lineno = 1
    col_offset = 0


class IfExp(ast.IfExp):
    lineno = 1
    col_offset = 0


class NamedExpr(ast.NamedExpr):
    lineno = 1
    col_offset = 0


class Attribute(ast.Attribute):
    lineno = 1
    col_offset = 0


class Subscript(ast.Subscript):
    lineno = 1
    col_offset = 0


class Slice(ast.Slice):
    lineno = 1
    col_offset = 0


class List(ast.List):
    lineno = 1
    col_offset = 0


class Tuple(ast.Tuple):
    lineno = 1
    col_offset = 0


class Dict(ast.Dict):
    lineno = 1
    col_offset = 0


class JoinedStr(ast.JoinedStr):
    lineno = 1
    col_offset = 0


class FormattedValue(ast.FormattedValue):
    lineno = 1
    col_offset = 0


class Lambda(ast.Lambda):
    lineno = 1
    col_offset = 0


class _Argument(ast.arg):
    lineno = 1
    col_offset = 0


class FunctionDef(ast.FunctionDef):
    lineno = 1
    col_offset = 0


class Return(ast.Return):
    lineno = 1
    col_offset = 0


class Assign(ast.Assign):
    lineno = 1
    col_offset = 0


class Expr(ast.Expr):
    lineno = 1
    col_offset = 0


class If(ast.If):
    lineno = 1
    col_offset = 0


class While(ast.While):
    lineno = 1
    col_offset = 0


class Continue(ast.Continue):
    lineno = 1
    col_offset = 0


def constants(*values: str) -> ast.expr:
    """A tuple of constants, as one."""
    made = Constant(None)
    made.value = values  # type: ignore[assignment]  # the stubs know single constants only
    return made


ADD: Final = ast.Add()
SUBTRACT: Final = ast.Sub()
MULTIPLY: Final = ast.Mult()
DIVIDE: Final = ast.Div()
MODULO: Final = ast.Mod()
IS: Final = ast.Is()
IS_NOT: Final = ast.IsNot()
EQUAL: Final = ast.Eq()
NOT_EQUAL: Final = ast.NotEq()
LESS: Final = ast.Lt()
LESS_OR_EQUAL: Final = ast.LtE()
GREATER: Final = ast.Gt()
GREATER_OR_EQUAL: Final = ast.GtE()
IN: Final = ast.In()
NOT: Final = ast.Not()
NEGATE: Final = ast.USub()
AND: Final = ast.And()
OR: Final = ast.Or()

TRUE: Final = Constant(True)
FALSE: Final = Constant(False)
UNIT: Final = constants()
NOTHING: Final = Constant(None)

# What has no location of its own can stand in any number of trees, and the names that we make are the same in all.
_LOADS: dict[str, ast.expr] = {}
_STORES: dict[str, ast.Name] = {}
_ARGUMENTS: dict[str, ast.arg] = {}
_TYPES: dict[tuple[str, str], ast.expr] = {}
_PARTS: dict[tuple[str, str], ast.expr] = {}
_WORDS: dict[str, ast.expr] = {}
_KEPT = 4096
_SHORT = 40  # letters


def load(name: str) -> ast.expr:
    node = _LOADS.get(name)
    if node is None:
        node = Name(name, _LOAD)
        if len(_LOADS) < _KEPT:
            _LOADS[name] = node
    return node


def located_load(name: str, line: int) -> ast.expr:
    """Of a global name that may not be there."""
    node = Name(name, _LOAD)
    node.lineno = line
    return node


def type_of(name: str) -> ast.expr:
    """`type(name)`"""
    return Call(_TYPE, [load(name)], [])


_TYPE: Final = load("type")


def word(text: str) -> ast.expr:
    """A constant, shared if it is short, such as the name of a case."""
    node = _WORDS.get(text)
    if node is None:
        node = Constant(text)
        if len(_WORDS) < _KEPT and len(text) <= _SHORT:
            _WORDS[text] = node
    return node


def integer(value: int) -> ast.expr:
    """A constant, shared if it is a small one."""
    return _SMALL[value] if 0 <= value < 256 else Constant(value)


_SMALL: Final = [Constant(value) for value in range(256)]


def store(name: str) -> ast.Name:
    node = _STORES.get(name)
    if node is None:
        node = Name(name, _STORE)
        if len(_STORES) < _KEPT:
            _STORES[name] = node
    return node


def assign(name: str, value: ast.expr) -> ast.stmt:
    return Assign([_STORES.get(name) or store(name)], value)


def assign_all(names: list[str], values: list[ast.expr]) -> ast.stmt:
    """All at once: no value sees a name that is assigned here."""
    if len(names) == 1:
        return assign(names[0], values[0])
    return Assign([Tuple([store(name) for name in names], _STORE)], Tuple(values, _LOAD))


def named(name: str, value: ast.expr) -> ast.expr:
    """`(name := value)`"""
    return NamedExpr(store(name), value)


def call(function: str, args: list[ast.expr], line: int = 0) -> ast.expr:
    node = Call(load(function), args, [])
    if line:
        node.lineno = line
    return node


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return Compare(left, [operator], [right])


def is_type(name: str, kind: str) -> ast.expr:
    """`type(name) is kind`"""
    node = _TYPES.get((name, kind))
    if node is None:
        node = Compare(type_of(name), [IS], [load(kind)])
        if len(_TYPES) < _KEPT:
            _TYPES[name, kind] = node
    return node


def part(name: str, label: Literal["name", "values", "type", "text"]) -> ast.expr:
    """`name.label`, of a Case or a Char: the only attributes that guest code ever reads."""
    node = _PARTS.get((name, label))
    if node is None:
        node = Attribute(load(name), label, _LOAD)
        if len(_PARTS) < _KEPT:
            _PARTS[name, label] = node
    return node


def item(value: ast.expr, index: int | str, line: int = 0) -> ast.expr:
    node = Subscript(value, integer(index) if type(index) is int else word(index), _LOAD)  # type: ignore[arg-type]
    if line:
        node.lineno = line
    return node


def rest_from(value: ast.expr, start: int) -> ast.expr:
    return Subscript(value, Slice(integer(start), None, None), _LOAD)


def list_of(items: list[ast.expr]) -> ast.expr:
    return List(items, _LOAD)


def tuple_of(items: list[ast.expr]) -> ast.expr:
    return Tuple(items, _LOAD)


def all_of(tests: list[ast.expr]) -> ast.expr:
    return tests[0] if len(tests) == 1 else BoolOp(AND, tests)


def either(first: ast.expr, second: ast.expr) -> ast.expr:
    return BoolOp(OR, [first, second])


def parameters(names: list[str]) -> ast.arguments:
    return ast.arguments([], [_argument(name) for name in names], None, [], [], None, [])


def _argument(name: str) -> ast.arg:
    node = _ARGUMENTS.get(name)
    if node is None:
        node = _Argument(name, None)
        if len(_ARGUMENTS) < _KEPT:
            _ARGUMENTS[name] = node
    return node


def define(name: str, params: list[str], body: list[ast.stmt]) -> ast.stmt:
    return FunctionDef(name, parameters(params), body, [])


def is_stable(value: ast.expr) -> bool:
    """Whether evaluating it later gives the same, since every name is bound once."""
    kind = type(value)
    return kind is Name or kind is Constant


def module_of(statements: list[ast.stmt]) -> ast.Module:
    return ast.Module(statements, [])
