"""An expression gets a name: as a new function, or as a let before the statement that it stands in.

Invariant: the program does what it did; a name that would be taken for another one is refused.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import Defined, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Sort
from dark_lang.nodes.walking import descend, find, positions_in, with_fresh_ids
from dark_lang.restructuring.changing import Changed, commit, require_same_meaning
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.renaming import named, require_free, require_word
from dark_lang.restructuring.scoping import Binder, free_variables, scope_at
from dark_lang.restructuring.surgery import NewId, as_expression, position_of, require, sort_of, substitute

_BLOCKS: dict[type[Node], tuple[str, ...]] = {
    e.Let: ("body",),
    e.Lambda: ("body",),
    e.If: ("then", "else_"),
    e.Arm: ("body",),
    e.Note: ("body",),
    e.Toggle: ("old", "new"),
    e.Partial: ("old", "new"),
    top.Datastore: ("forward", "back"),
    top.Switch: ("condition",),
}


def _require_expression(root: Node, target: NodeId) -> e.Expression:
    node = require(root, target)
    position = position_of(root, target)
    if isinstance(position.parent, e.Pipe) and position.slot.name == "steps":
        raise RefusedError(
            "a step of a pipe lacks its first argument", suggestion="extract the whole pipe, or its head"
        )
    return as_expression(node)


def extract_let(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, name: str) -> Changed:
    """`let NAME = …` before the nearest statement around the target, and NAME where it stood."""
    before = draft.tree(toplevel)
    node = _require_expression(before, target)
    require_word(name)
    block = _block_around(before, target)
    variable = e.Variable(draft.fresh(), name)
    body: e.Expression = variable if block.id == target else substitute(as_expression(block), {target: variable})
    let = e.Let(draft.fresh(), p.Variable(draft.fresh(), name), node, body)
    after = substitute(before, {block.id: let})
    require_same_meaning(before, after, f"calling it {name}")
    return commit(draft, known, before, after, show=(let.id, variable.id))


def _block_around(root: Node, target: NodeId) -> Node:
    above = positions_in(root)
    node_id = target
    while True:
        position = above[node_id]
        slots = _BLOCKS.get(type(position.parent), ("body",) if sort_of(position.parent) is Sort.TOPLEVEL else ())
        if position.slot.name in slots:
            return require(root, node_id)
        node_id = position.parent.id


def extract_function(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, name: str) -> list[Changed]:
    """A call where the expression stood, and a new function of what it uses. Types that nobody wrote are holes."""
    before = draft.tree(toplevel)
    node = _require_expression(before, target)
    fresh = draft.fresh
    scope = scope_at(before, target)
    free = [used for used in free_variables(node) if used in scope]
    params = tuple(top.Parameter(fresh(), used, _type_of(before, scope[used], fresh)) for used in free)
    result, body = t.Hole(fresh(), ""), with_fresh_ids(node, fresh)
    function = named(top.Function(fresh(), before.language, "", "", 0, (), params, result, body), name)
    require_free(known, function)
    draft.create_toplevel(function)
    arguments = tuple(e.Variable(fresh(), used) for used in free)
    call = e.Call(fresh(), Defined(function.id), (), arguments)
    notes: list[str] = []
    if leaves(node):
        notes.append("a `!` in it leaves the new function now, not the one that it stood in")
    missing = [used for used in free_variables(node) if used not in scope]
    notes.extend(f"{used} is not bound in the new function" for used in missing)
    done = commit(draft, known, before, substitute(before, {target: call}), show=(call.id,), notes=notes)
    return [done, Changed(function.id, (function.id,))]


def _type_of(root: top.Toplevel, binder: Binder, fresh: NewId) -> t.Type:
    holder = find(root, binder.node)
    match holder:
        case top.Parameter(type=written):
            return with_fresh_ids(written, fresh)
        case top.Http():
            return t.Named(fresh(), Standard("Request" if binder.name == "request" else "String"), ())
        case _:
            return t.Hole(fresh(), "")


def leaves(node: Node) -> bool:
    """Whether a `!` in it leaves what is around it: one that is in no lambda inside."""
    inside = {inner.id for held in descend(node) if isinstance(held, e.Lambda) for inner in descend(held)}
    return any(isinstance(inner, e.Try) and inner.id not in inside for inner in descend(node))
