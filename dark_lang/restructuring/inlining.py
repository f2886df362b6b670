"""What a name stands for, in the place of the name: of a let, or of a function of the canvas.

Invariant: the program does what it did, effects that happen once more or once less aside, which a note tells.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId, Ref
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, positions_in, with_fresh_ids
from dark_lang.restructuring.changing import Changed, commit, require_same_meaning
from dark_lang.restructuring.extracting import leaves
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.references import settled
from dark_lang.restructuring.renaming import binder_of
from dark_lang.restructuring.scoping import resolve, uses_of
from dark_lang.restructuring.surgery import NewId, changed, require, substitute


def inline(draft: Draft, known: Known, toplevel: NodeId, target: NodeId) -> Changed:
    """A variable or its let: the value goes where it is used, and the let goes. A call: the function's body."""
    before = draft.tree(toplevel)
    node = require(before, target)
    if isinstance(node, e.Call | e.FunctionRef):
        return _inline_function(draft, known, before, node)
    return _inline_let(draft, known, before, node)


def _inline_let(draft: Draft, known: Known, before: top.Toplevel, node: Node) -> Changed:
    binder = binder_of(before, node)
    position = positions_in(before).get(binder.node)
    let = position.parent if position is not None else None
    if not isinstance(let, e.Let) or not isinstance(let.pattern, p.Variable):
        raise RefusedError(f"{binder.name} is not the name of a let", suggestion="only `let name = …` can be inlined")
    uses = uses_of(resolve(before), binder)
    if not uses:
        raise RefusedError("nothing uses it", suggestion="dark delete ADDR takes the statement away")
    first, *others = uses
    by: dict[NodeId, Node] = {first: let.value}
    copies: dict[NodeId, NodeId] = {}
    for use in others:
        copied = with_fresh_ids(let.value, draft.fresh)
        copies.update(zip((n.id for n in descend(copied)), (n.id for n in descend(let.value)), strict=True))
        by[use] = copied
    after = substitute(before, {let.id: substitute(let.body, by)})
    require_same_meaning(before, after, f"inlining {binder.name}", copies=copies)
    notes = (f"its value stands in {len(uses)} places now, and is computed in each",) if others else ()
    return commit(draft, known, before, after, show=(let.value.id,), notes=notes)


def _inline_function(draft: Draft, known: Known, before: top.Toplevel, node: e.Call | e.FunctionRef) -> Changed:
    function = _body_of(known, node.function)
    if function.id == before.id:
        raise RefusedError("a function cannot be put into itself")
    position = positions_in(before)[node.id]
    parent = position.parent
    step = isinstance(parent, e.Pipe) and position.slot.name == "steps"
    if isinstance(parent, e.Try) and (above := positions_in(before).get(parent.id)) is not None:
        step = isinstance(above.parent, e.Pipe) and above.slot.name == "steps"
        if step:
            raise RefusedError(
                "a step of a pipe that ends in `!` cannot be inlined", suggestion="take it out of the pipe"
            )
    if isinstance(node, e.FunctionRef):
        new: e.Expression = _as_lambda(function, draft.fresh)
    else:
        given = len(node.args) + step
        if given != len(function.params):
            raise RefusedError(f"the call has {given} arguments and the function {len(function.params)} parameters")
        new = _step_body(function, node, draft.fresh) if step else _call_body(function, node, draft.fresh)
    after = substitute(before, {node.id: new})
    return commit(draft, known, before, after, show=(new.id,))


def _body_of(known: Known, ref: Ref) -> top.Function:
    definition = known.definition(settled(known.naming, Realm.FUNCTION, ref))
    if not isinstance(definition, top.Function):
        raise RefusedError("only a function of this canvas has a body that can be put here")
    return definition


def _as_lambda(function: top.Function, fresh: NewId) -> e.Lambda:
    params = tuple(p.Variable(fresh(), parameter.name) for parameter in function.params)
    return e.Lambda(fresh(), params, with_fresh_ids(function.body, fresh))


def _call_body(function: top.Function, call: e.Call, fresh: NewId) -> e.Expression:
    """The arguments are bound at once, since one may use a name that another parameter has."""
    if leaves(function.body):
        return e.Apply(fresh(), _as_lambda(function, fresh), call.args)
    return _bound(function.params, call.args, with_fresh_ids(function.body, fresh), fresh)


def _step_body(function: top.Function, call: e.Call, fresh: NewId) -> e.Expression:
    lambda_ = _as_lambda(function, fresh)
    first, *others = lambda_.params
    if not others:
        return lambda_
    if leaves(function.body):
        raise RefusedError("its body has a `!`, which would leave something else", suggestion="take it out of the pipe")
    clash = [name for arg in call.args for name in _names(arg) if name == function.params[0].name]
    if clash:
        raise RefusedError(f"an argument uses the name {clash[0]}", suggestion="rename it first with `dark rename`")
    return changed(lambda_, params=(first,), body=_bound(function.params[1:], call.args, lambda_.body, fresh))


def _names(node: Node) -> list[str]:
    return [inner.name for inner in descend(node) if isinstance(inner, e.Variable)]


def _bound(
    params: tuple[top.Parameter, ...], args: tuple[e.Expression, ...], body: e.Expression, fresh: NewId
) -> e.Expression:
    names: list[p.Pattern] = [p.Variable(fresh(), parameter.name) for parameter in params]
    match names, args:
        case [], _:
            return body
        case [name], (arg,):
            return e.Let(fresh(), name, arg, body)
        case _:
            return e.Let(fresh(), p.Tuple(fresh(), tuple(names)), e.Tuple(fresh(), args), body)
