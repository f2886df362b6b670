"""Joins the parts of the compiler: which function treats which node, and what a whole definition comes to.

Must not know a canvas or a library. Invariant: compiling never fails. What makes no sense compiles to code that fails
when it runs, at the node that is to blame.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from dark_lang.compiling import calls, control, data
from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import GUEST_FILE, Compiled
from dark_lang.compiling.generating import RETURN, Generator, Result
from dark_lang.compiling.growing import tails
from dark_lang.compiling.holing import with_holes
from dark_lang.compiling.kinds import KINDS, letter_of, letter_written, spoken
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.implicit import route_variables
from dark_lang.nodes.shape import Node
from dark_lang.types import Type


def _variable(g: Generator, node: e.Variable) -> Result:
    found = g.variable(node.name)
    if found is None:
        known = [py.Constant(name) for name in sorted(g.env)]
        return py.call("unknown_name", [py.Constant(node.name), *known], g.line(node.id)), ""
    return found


_OTHERS: Final[Mapping[type[Node], Any]] = {
    e.Int: data.integer,
    e.Float: data.floating,
    e.Bool: data.boolean,
    e.Char: data.character,
    e.Unit: data.unit,
    e.String: data.string,
    e.Text: data.text,
    e.List: data.list_,
    e.Tuple: data.tuple_,
    e.Dict: data.dict_,
    e.Record: data.record,
    e.RecordUpdate: data.record_update,
    e.Construct: data.construct,
    e.Variable: _variable,
    e.Let: control.let_value,
    e.Note: control.let_value,
    e.If: control.if_value,
    e.Match: control.match_value,
    e.Lambda: calls.lambda_value,
    e.FunctionRef: data.function,
    e.DatastoreRef: data.datastore,
    e.SecretRef: data.secret,
    e.Toggle: control.toggle_value,
    e.Hole: data.hole,
    e.Partial: control.partial_value,
    e.Unread: data.unread,
    e.Conflict: control.conflict_value,
}

_SPINES: Final[Mapping[type[Node], Any]] = {
    e.Call: ("args", calls.call_step),
    e.Apply: ("function", calls.apply_step),
    e.FieldAccess: ("record", calls.field_step),
    e.Try: ("value", calls.try_step),
    e.Pipe: ("head", calls.pipe_step),
    e.And: ("left", control.and_),
    e.Or: ("left", control.or_),
}
"""Nodes that nest to the left: the slot of what comes first, and what to do when its value is there (None for a call
without arguments)."""

_VALUES: Final[Mapping[type[Node], Any]] = {**_OTHERS, **dict.fromkeys(_SPINES, Generator.spine)}

_LEAVES: Final[Mapping[type[Node], Any]] = {
    kind: _VALUES[kind] for kind in (e.Int, e.Float, e.Bool, e.Char, e.Unit, e.Text, e.Variable)
}
"""Nodes with nothing below them, whose values need no statements."""

_FLOWS: Final[Mapping[type[Node], Any]] = {
    e.Let: control.let_flow,
    e.Note: control.let_flow,
    e.If: control.if_flow,
    e.Match: control.match_flow,
    e.Toggle: control.toggle_flow,
    e.Partial: control.partial_flow,
    e.Conflict: control.conflict_flow,
    e.Call: calls.call_flow,
}

_NEVER_RUN: Final = e.Unit(NodeId(0))


NO_MISFITS: Final[Mapping[NodeId, str]] = MappingProxyType({})

Types: TypeAlias = Mapping[NodeId, Type]
"""The type of every expression, pattern and parameter of a definition."""


def compile_toplevel(
    toplevel: top.Toplevel, types: Types | None = None, misfits: Mapping[NodeId, str] = NO_MISFITS
) -> Compiled:
    """Code whose `main` runs a definition: a function takes its parameters, a handler `request` and its route's
    variables, a worker `event`, all others nothing. A type, datastore, switch or secret has code that does nothing.

    `types` are trusted: only for a definition that is finished with all that it calls, linked to code of such, and
    run with arguments of its parameters' types. `misfits`: what is wrong, in words, at nodes that behave as holes."""
    toplevel = with_holes(toplevel, misfits)
    match toplevel:
        case top.Function():
            return _compiled(toplevel, toplevel.body, [param.name for param in toplevel.params], types, misfits)
        case top.Http():
            return _compiled(toplevel, toplevel.body, ["request", *route_variables(toplevel.route)], types, misfits)
        case top.Worker():
            return _compiled(toplevel, toplevel.body, ["event"], types, misfits)
        case top.Cron() | top.Repl() | top.Test():
            return _compiled(toplevel, toplevel.body, [], types, misfits)
        case _:
            return _compiled(toplevel, _NEVER_RUN, [], None)


CONDITION_PARAMS: Final = ("request", "event", "subject", "now")


def compile_condition(switch: top.Switch) -> Compiled:
    """Code whose `main` takes CONDITION_PARAMS and gives what a switch's condition comes to."""
    return _compiled(switch, switch.condition or e.Bool(NodeId(0), True), list(CONDITION_PARAMS), None)


def compile_expression(expression: e.Expression, params: tuple[str, ...] = ()) -> Compiled:
    """Code whose `main` takes `params`, which the expression sees under these names."""
    return _compiled(expression, expression, list(params), None)


_ROOM = 4_000  # frames: what translating a tree of the greatest depth takes


def _compiled(
    root: Node,
    body: e.Expression,
    params: list[str],
    types: Types | None,
    misfits: Mapping[NodeId, str] = NO_MISFITS,
) -> Compiled:
    try:
        return _translate(root, body, params, types, misfits)
    except RecursionError:
        pass
    # Python calls of Python functions take no C stack, and what CPython's compiler gets is of bounded depth.
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + _ROOM)
    try:
        return _translate(root, body, params, types, misfits)
    finally:
        sys.setrecursionlimit(before)


def _translate(
    root: Node, body: e.Expression, params: list[str], types: Types | None, misfits: Mapping[NodeId, str]
) -> Compiled:
    g = Generator(root.id, _VALUES, _FLOWS, _SPINES, _LEAVES, types, misfits)
    scope = g.enter()
    for name in params:
        python_name = g.fresh()
        scope.params.append(python_name)
        g.bind_python(name, python_name, _of_route(name, types) if type(root) is top.Http else "")
    if type(root) is top.Function:
        if types is None:
            _declare(g, root)
        else:
            for param, name in zip(root.params, scope.params, strict=True):
                g.bind_python(param.name, name, letter_of(types.get(param.id)))
        scope.loops = _has_self_tail_call(root)
    scope.leaves = type(root) is top.Http
    inner = g.block
    g.into(body, RETURN)
    statements: list[ast.stmt] = [py.While(py.TRUE, inner, [])] if scope.loops else inner
    module = py.module_of([py.define("main", scope.params, statements)])
    code = compile(module, GUEST_FILE, "exec", dont_inherit=True, optimize=0)
    return Compiled(code, tuple(params), g.needs, g.constants, tuple(g.nodes), g.sites)


def _of_route(name: str, types: Types | None) -> str:
    return "R" if name == "request" else "" if types is None else "S"


def _declare(g: Generator, function: top.Function) -> None:
    """Checks the arguments against the declared types, so that the body need not."""
    scope = g.scope
    title = f"{function.name}_v{function.version}"
    for param, name in zip(function.params, scope.params, strict=True):
        letter = letter_written(param.type)
        if not letter:
            continue
        expected = spoken(letter, param.type)
        wrong = py.call(
            "bad_argument",
            [py.load(name), py.Constant(title), py.Constant(param.name), py.Constant(expected)],
            g.line(param.id),
        )
        test = py.compare(py.type_of(name), py.IS_NOT, py.load(KINDS[letter]))
        g.block.append(py.If(test, [py.Expr(wrong)], []))
        g.bind_python(param.name, name, letter.lower())
    scope.result = letter_written(function.result)
    scope.checks = spoken(scope.result, function.result) if scope.result else ""
    scope.title = title


def _has_self_tail_call(function: top.Function) -> bool:
    count = len(function.params)
    return any(calls.is_self_call(tail, function.id, count) for tail in tails(function.body))
