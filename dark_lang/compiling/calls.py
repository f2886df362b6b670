"""Calls of functions and of values, pipes, lambdas, `!`, and reading a field.

Must not know what is called: names are bound by whoever links the code. Invariants: arguments are evaluated before the
call, left to right; a self tail call in a function's own body is a jump to its start; what a lambda sees of a function
that jumps is what was there when the lambda was made.
"""

from __future__ import annotations

import ast

from dark_lang.compiling import syntax as py
from dark_lang.compiling.calling import call
from dark_lang.compiling.compiled import GROWING, NeedKind
from dark_lang.compiling.control import (
    Branch,
    bind,
    choose_side,
    flow_value,
    partial_test,
    toggle_test,
)
from dark_lang.compiling.generating import DEEPEST, RETURN, Generator, Place, Result
from dark_lang.compiling.growing import grown_by
from dark_lang.compiling.kinds import common_kind
from dark_lang.compiling.loop_syntax import Optional
from dark_lang.compiling.looping import grow, loop_of
from dark_lang.names import Defined, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p

_LEAVING = py.constants("None", "Error")
_NESTED = 8  # calls within calls that a chain makes before it keeps what it has in a name
_UNWRAPPED = py.constants("Option", "Result")


def call_step(g: Generator, node: e.Call, first: Result | None) -> Result:
    if first is None:
        return call(g, node.id, node.function, [])
    if isinstance(node.function, Standard) and node.function.name == "Op::power" and len(node.args) == 2:
        return _powers(g, node, first)
    return call_with(g, node, node.args[1:], first)


def call_with(g: Generator, node: e.Call, args: tuple[e.Expression, ...], first: Result) -> Result:
    """A call whose first argument is there, and whose others are `args`."""
    is_growing = id(node) in g.growing
    if g.types is not None and not is_growing:
        place = g.in_place.get(id(node))
        if place is not None:
            return grow(g, node, place, g.values(args, first)[1:])
        made = loop_of(g, node, args, first)
        if made is not None:
            return made
    grown = grown_by(node.function, args, len(args) + 1, g.grown)
    if grown:
        g.growing |= grown
    results = g.values(args, first)
    if grown or is_growing:
        return growing_call(g, node, results)
    return call(g, node.id, node.function, results)


def growing_call(g: Generator, node: e.Call, results: list[Result]) -> Result:
    name = g.need(NeedKind.CALL, node.function, len(results), GROWING)
    return py.call(name, [value for value, _ in results], g.line(node.id)), ""


def _powers(g: Generator, node: e.Call, first: Result) -> Result:
    """`a ^ b ^ c …` nests to the right without limit."""
    calls = [node]
    bases: list[e.Expression] = []
    right = node.args[1]
    while type(right) is e.Call and right.function == node.function and len(right.args) == 2:
        calls.append(right)
        bases.append(right.args[0])
        right = right.args[1]
    results = g.values([*bases, right], first)
    if len(results) > _NESTED:
        results = g.keep_all(results)
    result = results.pop()
    for nth, power in enumerate(reversed(calls), start=1):
        result = call(g, power.id, power.function, [results.pop(), result])
        if not nth % _NESTED:
            result = g.keep(result)
    return result


def call_flow(g: Generator, node: e.Call, place: Place) -> str:
    scope = g.scope
    if place is RETURN and scope.loops and is_self_call(node, g.definition, len(scope.params)):
        results = g.values(node.args)
        if len(results) == 1:
            # By way of another name: adding to a String under its own name is done in place, in no time for its length.
            results = g.keep_all(results)
        if results:
            g.block.append(py.assign_all(scope.params, [value for value, _ in results]))
        g.block.append(py.Continue())
        return ""
    return g.put(g.value(node), place)


def is_self_call(node: e.Expression, definition: NodeId, count: int) -> bool:
    return (
        type(node) is e.Call
        and isinstance(node.function, Defined)
        and node.function.id == definition
        and len(node.args) == count
    )


def apply_step(g: Generator, node: e.Apply, function: Result) -> Result:
    return apply(g, node.id, g.values(node.args, function))


def apply(g: Generator, node: NodeId, results: list[Result]) -> Result:
    """Calls the first value with the others. Not checked before: no other value of a guest's can be called, and what
    the call then raises says what it was called with."""
    if g.types is None and not isinstance(results[0][0], ast.Name):
        # What is evaluated before the function's own name stays before it.
        results = g.keep_all(results)
        if not isinstance(results[0][0], ast.Name):
            name = g.fresh()
            g.block.append(py.assign(name, results[0][0]))
            results[0] = py.load(name), results[0][1]
    function = results[0][0]
    value = py.Call(function, [value for value, _ in results[1:]], [])
    value.lineno = g.line(node)
    if g.types is None:
        g.site(value.lineno, "apply", [function], str(len(results) - 1))
    return value, ""


def field_step(g: Generator, node: e.FieldAccess, record: Result) -> Result:
    if node.label is None:
        g.keep(record)
        return g.hole(node.id, ""), ""
    if g.types is not None:
        return py.item(record[0], node.label), g.kind_of(node)
    value, kind = g.keep(record)
    line = g.line(node.id)
    if kind.upper() != "R" or not isinstance(value, ast.Name):
        slow = py.call("field", [value, py.Constant(node.label)], line)
        if not isinstance(value, ast.Name):
            return slow, ""
        read = py.item(value, node.label, line)
        g.site(line, "field", [value], node.label)
        return py.IfExp(py.is_type(value.id, "dict"), read, slow), ""
    g.site(line, "field", [value], node.label)
    return py.item(value, node.label, line), ""


def try_step(g: Generator, node: e.Try, wrapped: Result) -> Result:
    if type(wrapped[0]) is Optional:
        return _try_bare(g, wrapped[0])
    name, kind = g.keep_name(wrapped)
    value = py.load(name)
    if g.types is None:
        _check_wrapped(g, node, name, kind)
    g.block.append(py.If(py.compare(py.part(name, "name"), py.IN, _LEAVING), _leaving(g, value), []))
    return py.item(py.part(name, "values"), 0), ""


def _try_bare(g: Generator, wrapped: Optional) -> Result:
    name, _ = g.keep_name((wrapped.bare, ""))
    g.block.append(py.If(py.compare(py.load(name), py.IS, py.NOTHING), _leaving(g, py.load("NONE")), []))
    return py.load(name), ""


def _check_wrapped(g: Generator, node: e.Try, name: str, kind: str) -> None:
    type_ = py.compare(py.part(name, "type"), py.IN, _UNWRAPPED)
    fits = type_ if kind == "C" else py.all_of([py.is_type(name, "Case"), type_])
    wrong = py.Expr(py.call("bad_try", [py.load(name)], g.line(node.id)))
    g.block.append(py.If(py.UnaryOp(py.NOT, fits), [wrong], []))


def _leaving(g: Generator, value: ast.expr) -> list[ast.stmt]:
    """The statements that leave the function with a None or an Error."""
    outer = g.block
    leaving: list[ast.stmt] = []
    g.block = leaving
    g.put((py.call("Left", [value]), "C") if g.scope.leaves else (value, "C"), RETURN)
    g.block = outer
    return leaving


# Pipes


def pipe_step(g: Generator, node: e.Pipe, head: Result) -> Result:
    result = head
    for nth, step in enumerate(node.steps, start=1):
        result = _through(g, step, result)
        if not nth % _NESTED:
            result = g.keep(result)
    return result


def _through(g: Generator, step: e.Expression, piped: Result) -> Result:
    """What a step makes of the value that comes to it."""
    unwraps: list[e.Try] = []
    while type(step) is e.Try:
        unwraps.append(step)
        step = step.value
    result = _known(g, step, _one_step(g, step, piped))
    while unwraps:
        unwrap = unwraps.pop()
        result = _known(g, unwrap, try_step(g, unwrap, result))
    return result


def _known(g: Generator, step: e.Expression, result: Result) -> Result:
    """With what the step's type promises of the value that comes out of it."""
    if g.types is None or result[1].isupper() or not isinstance(step, _PASSING):
        return result
    return result[0], g.kind_of(step)


_PASSING = (e.Call, e.Apply, e.Try, e.Toggle)
"""Steps whose type is that of what they pass on; that of others is a function's."""


def _one_step(g: Generator, step: e.Expression, piped: Result) -> Result:
    while type(step) is e.Note:
        step = step.body
    if type(step) is e.Call:
        return call_with(g, step, step.args, piped)
    if type(step) is e.Apply:
        # The piped value was there first, though the function is written in front of its arguments.
        results = g.values([step.function, *step.args], piped)
        return apply(g, step.id, [results[1], results[0], *results[2:]] if _in_order(results) else _kept(g, results))
    if isinstance(step, e.Conflict):
        return _through_conflict(g, step, g.keep(piped))
    if isinstance(step, e.Toggle):
        return _either_way(g, toggle_test(g, step.id, step.switch), step, g.keep(piped))
    if isinstance(step, e.Partial):
        return _either_way(g, partial_test(g, step), step, g.keep(piped))
    results = g.values([step], piped)
    return apply(g, step.id, [results[1], results[0]] if _in_order(results) else _kept(g, results))


def _in_order(results: list[Result]) -> bool:
    """Whether the piped value and the function may change places."""
    return py.is_stable(results[0][0]) or py.is_stable(results[1][0])


def _kept(g: Generator, results: list[Result]) -> list[Result]:
    results = g.keep_all(results)
    return [results[1], results[0], *results[2:]]


def _either_way(g: Generator, test: ast.expr, step: e.Toggle | e.Partial, piped: Result) -> Result:
    outer = g.block
    name = g.fresh()
    ways: list[list[ast.stmt]] = []
    kinds: list[str] = []
    for side in (step.new, step.old):
        block: list[ast.stmt] = []
        g.block = block
        value, kind = _nested(g, side, piped)
        block.append(py.assign(name, value))
        ways.append(block)
        kinds.append(kind)
    g.block = outer
    outer.append(py.If(test, ways[0], ways[1]))
    return py.load(name), common_kind(*kinds)


def _nested(g: Generator, side: e.Expression, piped: Result) -> Result:
    g.nest += 1
    result = (
        g.failure(side.id, "this code is nested too deeply to run") if g.nest > DEEPEST else _through(g, side, piped)
    )
    g.nest -= 1
    return result


def _through_conflict(g: Generator, step: e.Conflict, piped: Result) -> Result:
    def way(side: e.Expression) -> Branch:
        return lambda place: g.put(_nested(g, side, piped), place)

    sides = [way(side) for side in (step.base, *step.alternatives)]
    return flow_value(g, lambda place: choose_side(g, step, sides, place))


# Lambdas


def lambda_value(g: Generator, node: e.Lambda) -> Result:
    outer = g.block
    copies = g.scope.loops or g.scope.turns > 0  # a closure would see what later turns of the loop bind
    mark = g.mark()
    scope = g.enter()
    body: list[ast.stmt] = []
    g.block = body
    params: list[str] = []
    seen: set[str] = set()
    for pattern in node.params:
        name = g.fresh()
        params.append(name)
        if type(pattern) is p.Variable:
            if pattern.name in seen:
                body.append(py.Expr(g.failure(pattern.id, f"The name `{pattern.name}` is bound twice")[0]))
            seen.add(pattern.name)
            g.bind_python(pattern.name, name, g.kind_of(pattern))
        elif type(pattern) is not p.Wildcard:
            bind(g, pattern, (py.load(name), g.kind_of(pattern)), node)
    value = _body(g, node.body)
    g.block = outer
    g.leave()
    g.unwind(mark)
    if value is not None and not body and not copies:
        return py.Lambda(py.parameters(params), value), ""
    function = g.fresh()
    if value is not None:
        body.append(py.Return(value))
    definition = py.define(function, params, body)
    captured = sorted(scope.captured)
    if copies and captured:
        maker = g.fresh()
        outer.append(py.define(maker, captured, [definition, py.Return(py.load(function))]))
        return py.call(maker, [py.load(name) for name in captured]), ""
    outer.append(definition)
    return py.load(function), ""


def _body(g: Generator, node: e.Expression) -> ast.expr | None:
    """The body's value if it is one expression, else None, and its statements are in the block."""
    if type(node) in g.flows and type(node) is not e.Call and type(node) is not e.If:
        g.into(node, RETURN)
        return None
    value, _ = g.value(node)
    return value
