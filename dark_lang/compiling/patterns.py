"""Patterns: the tests that tell whether a value fits, and the names that it gives to its parts.

Must not know what is done when nothing fits. Invariants: tests are expressions without effects but binding names of
ours; they ask for nothing that an earlier test has not made sure of; a hole that a test asks about stops the run, while
a variable or a wildcard takes a hole as it is. Where types are given, a value is of the type that the pattern asks for,
and only what can differ within that type is tested.
"""

from __future__ import annotations

import ast
from typing import Final

from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import NeedKind
from dark_lang.compiling.generating import UNREADABLE, Generator
from dark_lang.library import STANDARD_CASES
from dark_lang.names import Standard
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend

_DEEPEST = 300

BARE: Final = "?"
"""In place of a letter: the value is what is in an Option, or Python's None if nothing is (`loop_syntax.Optional`)."""


class Tests:
    """What one pattern comes to: tests that must all be true, and then the names to bind, in order."""

    __slots__ = ("binds", "binds_to", "depth", "g", "names", "tests", "typed")

    def __init__(self, g: Generator) -> None:
        self.g = g
        self.typed = g.types is not None
        self.tests: list[ast.expr] = []
        self.binds: list[tuple[str, str, ast.expr, str]] = []  # guest's name, Python's name, value, its kind
        self.binds_to: list[tuple[str, str, str]] = []  # guest's name, a Python name that holds the value, its kind
        self.names: set[str] = set()
        self.depth = 0

    def bind(self) -> None:
        """Emits the bindings; to be called where all tests are known to be true."""
        for guest, name, kind in self.binds_to:
            self.g.bind_python(guest, name, kind)
        for guest, name, value, kind in self.binds:
            self.g.block.append(py.assign(name, value))
            self.g.bind_python(guest, name, kind)

    def fail(self, node: Node, message: str) -> None:
        self.tests.append(self.g.failure(node.id, message)[0])


def tests_of(
    g: Generator, pattern: p.Pattern, name: str, kind: str, *, asked: bool = False, certain: bool = False
) -> Tests:
    """The tests of the value that the Python name `name` holds. `asked`: whether it is known to be no hole. `certain`:
    whether it is known to be what the pattern asks for first, its case or its literal."""
    tests = Tests(g)
    _fit(tests, pattern, name, kind, asked or kind.isupper() or tests.typed, certain)
    return tests


def is_refutable(pattern: p.Pattern) -> bool:
    return type(pattern) is not p.Variable and type(pattern) is not p.Wildcard


_FORMS: Final = {
    p.Int: "I",
    p.Float: "F",
    p.Bool: "B",
    p.String: "S",
    p.Unit: "U",
    p.Char: "X",
    p.Tuple: "T",
    p.List: "L",
    p.Record: "R",
    p.Constructor: "C",
}
"""The letter of what a pattern takes apart."""


def _fit(tests: Tests, pattern: p.Pattern, name: str, kind: str, asked: bool, certain: bool = False) -> None:
    """Adds what it takes for `pattern` to fit what `name` holds."""
    tests.depth += 1
    if tests.depth > _DEEPEST:
        tests.fail(pattern, "this pattern is nested too deeply to run")
    else:
        _fit_kind(tests, pattern, name, kind, asked, certain)
    tests.depth -= 1


def _fit_kind(tests: Tests, pattern: p.Pattern, name: str, kind: str, asked: bool, certain: bool) -> None:
    g = tests.g
    if tests.typed and kind != BARE:
        kind = _FORMS.get(type(pattern)) or g.kind_of(pattern) or kind
    match pattern:
        case p.Wildcard():
            pass
        case p.Variable():
            if _is_new(tests, pattern, pattern.name):
                tests.binds_to.append((pattern.name, name, kind))
        case p.Int() | p.Float():
            letter = "I" if type(pattern) is p.Int else "F"
            literal = py.compare(py.load(name), py.EQUAL, py.Constant(pattern.value))
            test = (
                literal
                if kind == letter
                else py.all_of([py.is_type(name, "int" if letter == "I" else "float"), literal])
            )
            _ask(tests, test, name, asked)
        case p.Bool():
            if certain:
                return
            if kind == "B":
                held = py.load(name)
                tests.tests.append(held if pattern.value else py.UnaryOp(py.NOT, held))
                return
            _ask(tests, py.compare(py.load(name), py.IS, py.TRUE if pattern.value else py.FALSE), name, asked)
        case p.String():
            _ask(tests, py.compare(py.load(name), py.EQUAL, py.Constant(pattern.value)), name, asked)
        case p.Unit():
            if kind != "U":
                _ask(tests, py.compare(py.load(name), py.EQUAL, py.UNIT), name, asked)
        case p.Char():
            if kind != "X":
                _ask(tests, py.is_type(name, "Char"), name, asked)
            text = py.part(name, "text")
            tests.tests.append(py.compare(text, py.EQUAL, py.Constant(pattern.value)))
        case p.Tuple():
            if not tests.typed:
                _ask(tests, py.is_type(name, "tuple"), name, asked)
                size = py.call("len", [py.load(name)])
                tests.tests.append(py.compare(size, py.EQUAL, py.Constant(len(pattern.items))))
            for index, item in enumerate(pattern.items):
                _fit_part(tests, item, py.item(py.load(name), index))
        case p.List():
            _fit_list(tests, pattern, name, kind, asked)
        case p.Record():
            if kind != "R":
                _ask(tests, py.is_type(name, "dict"), name, asked)
            for field in pattern.fields:
                if field.label is None:
                    tests.tests.append(
                        py.call("stop", [py.Constant(field.id), py.Constant("a field has no label yet")])
                    )
                    continue
                if not tests.typed:
                    tests.tests.append(py.compare(py.Constant(field.label), py.IN, py.load(name)))
                _fit_part(tests, field.pattern, py.item(py.load(name), field.label))
        case p.Constructor():
            _fit_case(tests, pattern, name, kind, asked, certain)
        case p.Hole():
            tests.tests.append(py.call("demand", [g.hole(pattern.id, pattern.label)], g.line(pattern.id)))
        case p.Unread():
            tests.tests.append(py.call("demand", [g.hole(pattern.id, pattern.text, UNREADABLE)], g.line(pattern.id)))
        case p.Conflict():
            _fit(tests, _running_side(pattern), name, kind, asked)


def _ask(tests: Tests, test: ast.expr, name: str, asked: bool) -> None:
    """Adds the first test of a value. Where it is not true the value may be a hole, which stops the run."""
    tests.tests.append(test if asked else py.either(test, py.call("no_fit", [py.load(name)])))


def _fit_part(tests: Tests, pattern: p.Pattern, part: ast.expr) -> None:
    """Adds tests of a part of a value: the part gets a name only if something is asked of it."""
    g = tests.g
    match pattern:
        case p.Wildcard():
            pass
        case p.Variable():
            if _is_new(tests, pattern, pattern.name):
                tests.binds.append((pattern.name, g.fresh(), part, g.kind_of(pattern)))
        case _:
            name = g.fresh()
            # A tuple of one is true whatever stands in it: the binding is a test that never fails.
            tests.tests.append(py.tuple_of([py.named(name, part)]))
            _fit(tests, pattern, name, "", tests.typed)


def _is_new(tests: Tests, node: Node, name: str) -> bool:
    if name in tests.names:
        tests.fail(node, f"The name `{name}` is bound twice in one pattern")
        return False
    tests.names.add(name)
    return True


def _fit_list(tests: Tests, pattern: p.List, name: str, kind: str, asked: bool) -> None:
    if kind != "L":
        _ask(tests, py.is_type(name, "list"), name, asked)
    count = len(pattern.items)
    if pattern.rest is None:
        tests.tests.append(py.compare(py.call("len", [py.load(name)]), py.EQUAL, py.Constant(count)))
    elif count:
        tests.tests.append(py.compare(py.call("len", [py.load(name)]), py.GREATER_OR_EQUAL, py.Constant(count)))
    for index, item in enumerate(pattern.items):
        _fit_part(tests, item, py.item(py.load(name), index))
    if pattern.rest and _is_new(tests, pattern, pattern.rest):
        tests.binds.append((pattern.rest, tests.g.fresh(), py.rest_from(py.load(name), count), "L"))


def _fit_case(tests: Tests, pattern: p.Constructor, name: str, kind: str, asked: bool, certain: bool) -> None:
    g = tests.g
    if kind == BARE:
        if not certain:
            tests.tests.append(py.compare(py.load(name), py.IS_NOT if pattern.args else py.IS, py.NOTHING))
        for item in pattern.args:
            _fit(tests, item, name, g.kind_of(item), True)
        return
    if tests.typed:
        if not certain:
            tests.tests.append(py.compare(py.part(name, "name"), py.EQUAL, py.word(pattern.case)))
        for index, item in enumerate(pattern.args):
            _fit_part(tests, item, py.item(py.part(name, "values"), index))
        return
    ref, count = pattern.type, len(pattern.args)
    type_: ast.expr
    if isinstance(ref, Standard):
        expected = STANDARD_CASES.get(pattern.case)
        if expected is None or expected[0] != ref.name:
            tests.fail(pattern, f"{ref.name} has no case {pattern.case}")
            return
        if expected[1] != count:
            given = f"{count} {'is' if count == 1 else 'are'} given"
            tests.fail(
                pattern, f"{pattern.case} takes {expected[1]} value{'' if expected[1] == 1 else 's'}, and {given}"
            )
            return
        type_ = py.word(ref.name)
    else:
        type_ = py.located_load(g.need(NeedKind.CASE, ref, count, pattern.case), g.line(pattern.id))
    if kind != "C":
        _ask(tests, py.is_type(name, "Case"), name, asked)
    tests.tests.append(py.compare(py.part(name, "name"), py.EQUAL, py.word(pattern.case)))
    tests.tests.append(py.compare(py.part(name, "type"), py.EQUAL, type_))
    if not isinstance(ref, Standard):
        # Stored values may be older than the definition, and hold another number of parts.
        size = py.compare(py.call("len", [py.part(name, "values")]), py.EQUAL, py.Constant(count))
        wrong = py.call("bad_count", [py.load(name), py.Constant(count)], g.line(pattern.id))
        tests.tests.append(py.either(size, wrong))
    for index, item in enumerate(pattern.args):
        _fit_part(tests, item, py.item(py.part(name, "values"), index))


_UNFINISHED: Final = (p.Hole, p.Unread, p.Conflict)


def _running_side(pattern: p.Conflict) -> p.Pattern:
    """The base or, if it is unfinished, the first alternative that is not."""
    sides = (pattern.base, *pattern.alternatives)
    finished = (side for side in sides if not any(isinstance(node, _UNFINISHED) for node in descend(side)))
    return next(finished, pattern.base)
