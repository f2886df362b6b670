"""Flow: let, if, match, and, or, notes, and the choices between two sides of code. Each way of choosing comes twice: as
statements that put the value somewhere, and as an expression, where its parts need no statements.

Must not know calls or data. Invariants: a condition is exactly a Bool; a value in statement position is there; code
after a return is not emitted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import NeedKind
from dark_lang.compiling.generating import RETURN, Generator, Place, Result
from dark_lang.compiling.kinds import common_kind
from dark_lang.compiling.loop_syntax import PASS, Optional
from dark_lang.compiling.patterns import BARE, is_refutable, tests_of
from dark_lang.names import NodeId, Ref, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p

_CHAIN = 16  # arms or sides that are nested into one another's `else` before a flag is used

Branch = Callable[[Place], str]
"""Emits statements into the present block; says what is known of the value that they put in its place."""


# Conditions


def as_condition(g: Generator, result: Result, node: e.Expression) -> ast.expr:
    """An expression that is exactly True or False, or fails."""
    value, kind = result
    if kind == "B":
        return value
    if isinstance(value, ast.Name):
        name, first = value.id, py.load(value.id)
    else:
        name = g.fresh()
        first = py.named(name, value)
    is_false = py.compare(py.load(name), py.IS_NOT, py.FALSE)
    bad = py.call("bad_condition", [py.load(name)], g.line(node.id))
    return py.either(py.compare(first, py.IS, py.TRUE), py.all_of([is_false, bad]))


def and_(g: Generator, node: e.And, left: Result) -> Result:
    return _both(g, node, left, py.AND)


def or_(g: Generator, node: e.Or, left: Result) -> Result:
    return _both(g, node, left, py.OR)


def _both(g: Generator, node: e.And | e.Or, left: Result, operator: ast.boolop) -> Result:
    first = as_condition(g, left, node.left)
    outer = g.block
    block = g.block = []
    second = as_condition(g, g.value(node.right), node.right)
    g.block = outer
    if not block:
        return py.BoolOp(operator, [first, second]), "B"
    name = g.fresh()
    outer.append(py.assign(name, first))
    block.append(py.assign(name, second))
    test = py.load(name) if operator is py.AND else py.UnaryOp(py.NOT, py.load(name))
    outer.append(py.If(test, block, []))
    return py.load(name), "B"


# Let


def let_value(g: Generator, node: e.Let | e.Note) -> Result:
    mark = g.mark()
    body = _bind_spine(g, node)
    result = g.value(body)
    g.unwind(mark)
    return result


def let_flow(g: Generator, node: e.Let | e.Note, place: Place) -> str:
    mark = g.mark()
    body = _bind_spine(g, node)
    kind = g.into(body, place)
    g.unwind(mark)
    return kind


def _bind_spine(g: Generator, node: e.Expression) -> e.Expression:
    """Emits the bindings of a spine of lets and notes, however long; returns what comes after them."""
    while True:
        if type(node) is e.Note:
            node = node.body
        elif type(node) is e.Let:
            bind(g, node.pattern, g.value(node.value), node)
            node = node.body
        else:
            return node


def bind(g: Generator, pattern: p.Pattern, result: Result, node: e.Let | e.Lambda) -> None:
    """Emits what binds a pattern that must fit."""
    if type(pattern) is p.Variable:
        g.bind(pattern.name, result)
    elif type(pattern) is p.Wildcard:
        if type(node) is e.Let:
            _discard(g, result, node.value)
    else:
        name, kind = g.keep_name(result)
        tests = tests_of(g, pattern, name, kind)
        if tests.tests:
            wrong = py.Expr(py.call("no_let", [py.load(name)], g.line(pattern.id)))
            g.block.append(py.If(py.UnaryOp(py.NOT, py.all_of(tests.tests)), [wrong], []))
        tests.bind()


def _discard(g: Generator, result: Result, node: e.Expression) -> None:
    """A statement: its value is not used, but must be there."""
    value, kind = result
    if kind.isupper() or g.types is not None:
        if not py.is_stable(value):
            g.block.append(py.Expr(value))
        return
    name, _ = g.keep_name(result)
    g.block.append(py.If(py.is_type(name, "Hole"), [py.Expr(py.call("demand", [py.load(name)], g.line(node.id)))], []))


# Choosing


def if_value(g: Generator, node: e.If) -> Result:
    return _choice_value(g, as_condition(g, g.value(node.condition), node.condition), node.then, node.else_)


def if_flow(g: Generator, node: e.If, place: Place) -> str:
    test = as_condition(g, g.value(node.condition), node.condition)
    return _choice_flow(g, test, lambda at: g.into(node.then, at), lambda at: g.into(node.else_, at), place)


def _choice_value(g: Generator, test: ast.expr, then: e.Expression, else_: e.Expression) -> Result:
    outer = g.block
    first: list[ast.stmt] = []
    second: list[ast.stmt] = []
    g.block = first
    value, kind = g.value(then)
    g.block = second
    other, other_kind = g.value(else_)
    g.block = outer
    known = common_kind(kind, other_kind)
    if not first and not second:
        return py.IfExp(test, value, other), known
    name = g.fresh()
    first.append(py.assign(name, value))
    second.append(py.assign(name, other))
    outer.append(py.If(test, first, second))
    return py.load(name), known


def either_way(test: ast.expr, first: list[ast.stmt], second: list[ast.stmt]) -> ast.stmt:
    """An `if` of which either way may have nothing to do."""
    if first:
        return py.If(test, first, second)
    return py.If(py.UnaryOp(py.NOT, test), second or [PASS], [])


def _choice_flow(g: Generator, test: ast.expr, then: Branch, else_: Branch, place: Place) -> str:
    outer = g.block
    first: list[ast.stmt] = []
    second: list[ast.stmt] = []
    g.block = first
    kind = then(place)
    if place is RETURN:
        g.block = outer
        outer.append(py.If(test, first, []))
        else_(place)
        return ""
    g.block = second
    other = else_(place)
    g.block = outer
    outer.append(either_way(test, first, second))
    return common_kind(kind, other)


def flow_value(g: Generator, flow: Branch) -> Result:
    """The value of something that is only known as statements."""
    name = g.fresh()
    kind = flow(Place(name))
    return py.load(name), kind


# Match


def match_value(g: Generator, node: e.Match) -> Result:
    return flow_value(g, lambda place: match_flow(g, node, place))


def match_flow(g: Generator, node: e.Match, place: Place) -> str:
    subject, kind = g.value(node.subject)
    if type(subject) is Optional and all(type(arm.pattern) in _ASKS_ONLY for arm in node.arms):
        subject, kind = subject.bare, BARE
    name, _ = g.keep_name((subject, kind))
    matching = _Matching(g, node, name, kind, place)
    outer = g.block
    matching.run()
    g.block = outer
    return matching.kind or ""


_OTHER: Final[Mapping[str | bool, str]] = {"Some": "None", "None": "Some", "Ok": "Error", "Error": "Ok"}
_ASKS_ONLY: Final = (p.Constructor, p.Wildcard)
"""Patterns that do not need the Option itself, but only what is in it."""


class _Matching:
    """The arms of one match, one after the other: `if` fits `: … else:` the next. Where the value is returned, the
    next arm simply follows; elsewhere, after a guard and after every few arms, a flag says whether all have missed."""

    def __init__(self, g: Generator, node: e.Match, name: str, kind: str, place: Place) -> None:
        self.g = g
        self.node = node
        self.name = name
        self.known = kind
        self.place = place
        self.kind: str | None = None
        self.asked = kind.isupper()
        self.outer = g.block
        self.begun = len(g.block)
        self.flag = ""
        self.chained = 0
        self.seen: set[str | bool] = set()  # of cases and Bools, those that an earlier arm has taken for sure

    def run(self) -> None:
        g = self.g
        for arm in self.node.arms:
            mark = g.mark()
            is_last = self._arm(arm)
            g.unwind(mark)
            if is_last:
                return
        subject = py.load(self.name)
        if self.known == BARE:
            subject = py.call("option", [subject])
        wrong = py.call("no_match", [subject], g.line(self.node.id))
        g.block.append(py.Return(wrong) if self.place.name is None else py.assign(self.place.name, wrong))

    def _arm(self, arm: e.Arm) -> bool:
        """Emits one arm; afterwards the block is where the next one belongs. True if none can follow."""
        g = self.g
        tests = tests_of(g, arm.pattern, self.name, self.known, asked=self.asked, certain=self._is_certain(arm.pattern))
        self.asked = self.asked or is_refutable(arm.pattern)
        if not tests.tests and arm.guard is None:
            tests.bind()
            self._body(arm)
            return True
        here = g.block
        missed = self._missed(arm)
        taken = g.block = []
        tests.bind()
        if arm.guard is None:
            self._body(arm)
        else:
            test = as_condition(g, g.value(arm.guard), arm.guard)
            guarded = g.block
            body = g.block = []
            self._body(arm)
            guarded.append(either_way(test, body, list(missed)))
        if tests.tests:
            here.append(py.If(py.all_of(tests.tests), taken or [PASS], missed))
        else:
            here.extend(taken)
        self._move_on(here, missed)
        self._note(arm)
        return False

    def _is_certain(self, pattern: p.Pattern) -> bool:
        """Whether the arms before have left nothing but what this one asks for. With types only: a value without them
        may be anything."""
        if self.g.types is None:
            return False
        if type(pattern) is p.Constructor:
            return len(self.seen) == 1 and pattern.case == _OTHER.get(next(iter(self.seen)))
        return type(pattern) is p.Bool and (not pattern.value) in self.seen

    def _note(self, arm: e.Arm) -> None:
        pattern = arm.pattern
        if arm.guard is not None or self.g.types is None:
            return
        if type(pattern) is p.Constructor and not any(is_refutable(part) for part in pattern.args):
            self.seen.add(pattern.case if isinstance(pattern.type, Standard) else "")
        elif type(pattern) is p.Bool:
            self.seen.add(pattern.value)

    def _missed(self, arm: e.Arm) -> list[ast.stmt]:
        """What is done when the arm is not taken: nothing yet, or raising the flag."""
        if self.place is RETURN or (arm.guard is None and self.chained < _CHAIN):
            return []
        if not self.flag:
            self.flag = self.g.fresh()
            self.outer.insert(self.begun, py.assign(self.flag, py.FALSE))
        return [py.assign(self.flag, py.TRUE)]

    def _move_on(self, here: list[ast.stmt], missed: list[ast.stmt]) -> None:
        g = self.g
        if self.place is RETURN:
            g.block = here
        elif missed:
            following: list[ast.stmt] = [py.assign(self.flag, py.FALSE)]
            self.outer.append(py.If(py.load(self.flag), following, []))
            g.block = following
            self.chained = 0
        else:
            g.block = missed
            self.chained += 1

    def _body(self, arm: e.Arm) -> None:
        kind = self.g.into(arm.body, self.place)
        self.kind = kind if self.kind is None else common_kind(self.kind, kind)


# Sides


def toggle_value(g: Generator, node: e.Toggle) -> Result:
    return _choice_value(g, toggle_test(g, node.id, node.switch), node.new, node.old)


def toggle_flow(g: Generator, node: e.Toggle, place: Place) -> str:
    test = toggle_test(g, node.id, node.switch)
    return _choice_flow(g, test, lambda at: g.into(node.new, at), lambda at: g.into(node.old, at), place)


def toggle_test(g: Generator, node: NodeId, switch: Ref) -> ast.expr:
    return py.call(g.need(NeedKind.SWITCH, switch, node=node), [], g.line(node))


def partial_value(g: Generator, node: e.Partial) -> Result:
    return _choice_value(g, partial_test(g, node), node.new, node.old)


def partial_flow(g: Generator, node: e.Partial, place: Place) -> str:
    return _choice_flow(
        g, partial_test(g, node), lambda at: g.into(node.new, at), lambda at: g.into(node.old, at), place
    )


def partial_test(g: Generator, node: e.Partial) -> ast.expr:
    return py.load(g.need(NeedKind.PARTIAL, None, node=node.id))


def conflict_value(g: Generator, node: e.Conflict) -> Result:
    return flow_value(g, lambda place: conflict_flow(g, node, place))


def conflict_flow(g: Generator, node: e.Conflict, place: Place) -> str:
    sides: list[Branch] = [lambda at, side=side: g.into(side, at) for side in (node.base, *node.alternatives)]  # type: ignore[misc]
    return choose_side(g, node, sides, place)


def choose_side(g: Generator, node: e.Conflict, sides: list[Branch], place: Place) -> str:
    """One of the sides of a conflict: each is tested by its number, in a row and not nested, for they may be many."""
    chosen = g.need(NeedKind.CONFLICT, None, node=node.id)
    kinds: list[str] = []
    for number, side in enumerate(sides):
        outer = g.block
        block: list[ast.stmt] = []
        g.block = block
        kinds.append(side(place))
        g.block = outer
        outer.append(py.If(py.compare(py.load(chosen), py.EQUAL, py.Constant(number)), block, []))
    known = kinds[0]
    for kind in kinds[1:]:
        known = common_kind(known, kind)
    return known
