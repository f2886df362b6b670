"""Building blocks of Python syntax for loops, and for what is changed in place within one; `syntax` has the others.

Must not know the guest language. Invariants: as in `syntax`; generated code calls no methods but METHODS, on values
whose Python type is proven.
"""

from __future__ import annotations

import ast
from typing import Final, Literal, TypeGuard

from dark_lang.compiling import syntax as py

_LOAD: Final = ast.Load()
_STORE: Final = ast.Store()


class ListComp(ast.ListComp):
    lineno = 1
    col_offset = 0


class DictComp(ast.DictComp):
    lineno = 1
    col_offset = 0


class For(ast.For):
    lineno = 1
    col_offset = 0


class Break(ast.Break):
    lineno = 1
    col_offset = 0


class Pass(ast.Pass):
    lineno = 1
    col_offset = 0


class Starred(ast.Starred):
    lineno = 1
    col_offset = 0


class Optional(py.Call):
    """`option(bare)`: an Option made of something that is Python's None where there is nothing. Who only asks whether
    there is something, and for that, takes `bare`, and no Option is made."""

    bare: ast.expr


class Listed(py.Call):
    """`list(bare)`: a List of what `bare` walks over. Who only walks over it takes `bare`, and no List is made."""

    bare: ast.expr
    bits: int | None  # the most bits of its items, if they are Ints that are known to be small


_Method = Literal["get", "items", "values", "append", "extend"]
METHODS: Final = frozenset({"get", "items", "values", "append", "extend"})

BREAK: Final = Break()
PASS: Final = Pass()


def optional(bare: ast.expr) -> ast.expr:
    made = Optional(py.load("option"), [bare], [])
    made.bare = bare
    return made


def listed(bare: ast.expr, bits: int | None = None) -> ast.expr:
    made = Listed(py.load("list"), [bare], [])
    made.bare = bare
    made.bits = bits
    return made


def is_lookup(value: ast.expr) -> TypeGuard[ast.Call]:
    """Whether it is `entries.get(key)`, which can take a default."""
    return type(value) is py.Call and type(value.func) is py.Attribute and value.func.attr == "get"


def at(items: ast.expr, index: ast.expr) -> ast.expr:
    return py.Subscript(items, index, _LOAD)


def method(value: ast.expr, name: _Method, args: list[ast.expr]) -> ast.expr:
    return py.Call(py.Attribute(value, name, _LOAD), args, [])


def append(name: str, value: ast.expr) -> ast.stmt:
    return py.Expr(method(py.load(name), "append", [value]))


def set_item(name: str, key: ast.expr, value: ast.expr) -> ast.stmt:
    return py.Assign([py.Subscript(py.load(name), key, _STORE)], value)


def target(names: list[str]) -> ast.expr:
    """What a loop binds for the parts of each item, two or more."""
    return py.Tuple([py.store(name) for name in names], _STORE)


def targets(each: list[ast.expr]) -> ast.expr:
    return py.Tuple(each, _STORE)


def for_each(names: ast.expr, walked: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    return For(names, walked, body or [PASS], [])


def collect(value: ast.expr, names: ast.expr, walked: ast.expr, test: ast.expr | None = None) -> ast.expr:
    """`[value for names in walked if test]`"""
    return ListComp(value, [_turns(names, walked, test)])


def collect_entries(key: ast.expr, value: ast.expr, names: ast.expr, walked: ast.expr) -> ast.expr:
    """`{key: value for names in walked}`"""
    return DictComp(key, value, [_turns(names, walked, None)])


def _turns(names: ast.expr, walked: ast.expr, test: ast.expr | None) -> ast.comprehension:
    return ast.comprehension(names, walked, [] if test is None else [test], 0)


def spread(before: list[ast.expr], items: ast.expr, after: list[ast.expr]) -> ast.expr:
    """`[*before, *items, *after]`"""
    return py.list_of([*before, Starred(items, _LOAD), *after])


def binds_nothing(value: ast.expr) -> bool:
    """Whether an expression surely binds no name, which CPython does not allow in what a comprehension walks over."""
    work: list[ast.AST] = [value]
    while work:
        node = work.pop()
        kind = type(node)
        if kind is py.Name or kind is py.Constant:
            continue
        if kind not in _PLAIN:
            return False
        work += ast.iter_child_nodes(node)
    return True


_PLAIN: Final = frozenset([py.Call, py.Attribute, py.BinOp, py.IfExp, py.Compare, ast.Add, ast.Sub, ast.Lt, ast.Load])
