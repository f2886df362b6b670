"""Taking in what stands beside a thing, pushing out what stands at its edge, changing places.

A thing that takes in is a list form (list, call, record, match, string …), a pipe (which takes in the call around it as
its next step) or a block of statements (a let, a lambda). Invariant: nodes are moved, never copied, so that slurp and
barf undo each other.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Arity, Node, Slot, Sort, shape_of
from dark_lang.nodes.walking import Position
from dark_lang.restructuring.arities import fewest, is_operator, main_list
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.statements import is_forgotten, is_statement, put_together, take_apart
from dark_lang.restructuring.surgery import (
    N,
    NewId,
    as_expression,
    changed,
    position_of,
    require,
    siblings,
    sort_of,
    substitute,
    with_list,
)


def slurp(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, *, before: bool = False) -> Changed:
    """Takes in the neighbour that follows (or, with `before`, precedes)."""
    tree = draft.tree(toplevel)
    node, position = require(tree, target), position_of(tree, target)
    if isinstance(node, e.Pipe) and _is_first_argument(position):
        if before:
            raise RefusedError("a pipe takes in the call around it as its next step; there is nothing before it")
        return commit(draft, known, tree, _call_into_pipe(tree, node, position), show=(target,))
    if position.slot.arity is Arity.MANY:
        after = _from_siblings(tree, node, position, before, draft.fresh)
    elif isinstance(position.parent, e.Let) and position.slot.name == "value":
        after = _from_statements(tree, node, position.parent, before, draft.fresh)
    else:
        raise RefusedError("nothing stands beside it", suggestion="slurp works inside lists and between statements")
    return commit(draft, known, tree, after, show=(target,))


def barf(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, *, before: bool = False) -> Changed:
    """Pushes its last child (or, with `before`, its first) out, to stand behind (before) it."""
    tree = draft.tree(toplevel)
    node, position = require(tree, target), position_of(tree, target)
    if isinstance(node, e.Pipe) and not before:
        return commit(draft, known, tree, _call_out_of_pipe(tree, node), show=(target,))
    rest, out = _pushed_out(node, before)
    if position.slot.arity is Arity.MANY:
        if not position.slot.sort.takes(sort_of(out)):
            raise RefusedError("what it would push out cannot stand beside it")
        held = siblings(position)
        pair = (out, rest) if before else (rest, out)
        items = [*held[: position.nth], *pair, *held[position.nth + 1 :]]
        after = with_list(tree, position.parent.id, position.slot.name, items)
    else:
        after = _out_among_statements(tree, node, rest, out, position, before, draft.fresh)
    return commit(draft, known, tree, after, show=(rest.id, out.id))


def transpose(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, *, before: bool = False) -> Changed:
    """Changes places with the next sibling (or, with `before`, with the one before); of statements, with the next."""
    tree = draft.tree(toplevel)
    node, position = require(tree, target), position_of(tree, target)
    if isinstance(node, e.Let | e.Note) and is_statement(node) and position.slot.arity is not Arity.MANY:
        return commit(draft, known, tree, _statements_swapped(tree, node, position, before), show=(target,))
    row = _row(position)
    at = next(index for index, item in enumerate(row) if item.id == target)
    other = at - 1 if before else at + 1
    if not 0 <= other < len(row):
        raise RefusedError("nothing stands beside it on that side", suggestion="add --before for the other side")
    after = substitute(tree, {target: row[other], row[other].id: node})
    return commit(draft, known, tree, after, show=(target, row[other].id))


def _row(position: Position) -> list[Node]:
    """What a node can change places with: its list, or the other single children of its sort."""
    if position.slot.arity is Arity.MANY:
        return list(siblings(position))
    if isinstance(position.parent, e.Let | e.Note | e.Partial | e.Toggle | e.Conflict | p.Conflict):
        raise RefusedError("its parts have different meanings and cannot change places")
    slots = [
        s for s in shape_of(type(position.parent)).slots if s.arity is not Arity.MANY and s.sort is position.slot.sort
    ]
    return [held for slot in slots if (held := getattr(position.parent, slot.name)) is not None]


def _statements_swapped(tree: N, node: e.Let | e.Note, position: Position, before: bool) -> N:
    if before:
        above = position.parent
        if not (isinstance(above, e.Let | e.Note) and is_statement(above) and position.slot.name == "body"):
            raise RefusedError("no statement stands before it")
        return _statements_swapped(tree, above, position, before=False)
    following = node.body
    if not isinstance(following, e.Let | e.Note) or not is_statement(following):
        raise RefusedError("no statement follows it", suggestion="add --before to change places with the one before")
    return substitute(tree, {node.id: changed(following, body=changed(node, body=following.body))})


# Pipes


def _is_first_argument(position: Position) -> bool:
    is_call = isinstance(position.parent, e.Call | e.Apply) and not is_operator(position.parent)
    return is_call and position.slot.name == "args" and position.nth == 0


def _call_into_pipe(tree: N, pipe: e.Pipe, position: Position) -> N:
    call = position.parent
    step = changed(call, args=siblings(position)[1:])
    return substitute(tree, {call.id: changed(pipe, steps=(*pipe.steps, step))})


def _call_out_of_pipe(tree: N, pipe: e.Pipe) -> N:
    *steps, last = pipe.steps
    if not isinstance(last, e.Call | e.Apply):
        raise RefusedError("the last step of the pipe is no call, so that nothing can be written around the rest")
    inner = changed(pipe, steps=tuple(steps)) if steps else pipe.head
    return substitute(tree, {pipe.id: changed(last, args=(inner, *last.args))})


# Lists and statements


def _open(node: Node) -> Slot | None:
    """The list of a node that can grow and shrink at its edges; None: it is a block of statements."""
    if isinstance(node, e.Let | e.Lambda):
        return None
    slot = main_list(node)
    if slot is None or is_operator(node):
        raise RefusedError(
            "this is no list form, pipe or block", suggestion="name the list that should take in or push out"
        )
    return slot


def _taken_in(node: Node, neighbour: Node, before: bool, fresh: NewId) -> Node:
    slot = _open(node)
    if slot is None:
        if sort_of(neighbour) is not Sort.EXPRESSION:
            raise RefusedError("only an expression can become a statement")
        return _into_block(node, neighbour, before, fresh)
    if not slot.sort.takes(sort_of(neighbour)):
        raise RefusedError("its neighbour is not of the sort that it holds")
    held = getattr(node, slot.name)
    return changed(node, **{slot.name: (neighbour, *held) if before else (*held, neighbour)})


def _forgetting(value: Node, body: Node, fresh: NewId) -> e.Let:
    return e.Let(fresh(), p.Wildcard(fresh()), as_expression(value), as_expression(body))


def _into_block(node: Node, neighbour: Node, before: bool, fresh: NewId) -> Node:
    body: e.Expression = node.body if isinstance(node, e.Lambda) else as_expression(node)
    if before:
        grown: e.Expression = _forgetting(neighbour, body, fresh)
    else:
        statements, value = take_apart(body)
        grown = put_together([*statements, _forgetting(value, neighbour, fresh)], as_expression(neighbour))
    return changed(node, body=grown) if isinstance(node, e.Lambda) else grown


def _from_siblings(tree: N, node: Node, position: Position, before: bool, fresh: NewId) -> N:
    held = siblings(position)
    at = position.nth - 1 if before else position.nth + 1
    if not 0 <= at < len(held):
        raise RefusedError("nothing stands beside it on that side", suggestion="add --before for the other side")
    if len(held) <= fewest(position.parent):
        raise RefusedError(
            "what is around it would be left with too few parts", suggestion="dark wrap its parts in a list"
        )
    grown = _taken_in(node, held[at], before, fresh)
    items = [grown if item.id == node.id else item for item in held if item.id != held[at].id]
    return with_list(tree, position.parent.id, position.slot.name, items)


def _from_statements(tree: N, node: Node, let: e.Let, before: bool, fresh: NewId) -> N:
    if before:
        over = position_of(tree, let.id)
        above = over.parent
        # A let that is the value of another is the first of its own block: what stands above it holds it.
        if not (isinstance(above, e.Let) and is_forgotten(above) and over.slot.name == "body"):
            raise RefusedError("no statement without a name stands before it")
        return substitute(tree, {above.id: changed(let, value=_taken_in(node, above.value, True, fresh))})
    follows = let.body
    if isinstance(follows, e.Note):
        raise RefusedError("a note follows it", suggestion="move the note first")
    if isinstance(follows, e.Let) and not is_forgotten(follows):
        raise RefusedError("what follows binds a name, which would be lost", suggestion="dark inline it first")
    if isinstance(follows, e.Let):
        grown = _taken_in(node, follows.value, False, fresh)
        return substitute(tree, {let.id: changed(let, value=grown, body=follows.body)})
    grown = _taken_in(node, follows, False, fresh)
    if is_forgotten(let):
        return substitute(tree, {let.id: grown})
    return substitute(tree, {let.id: changed(let, value=grown, body=e.Hole(fresh(), ""))})


def _pushed_out(node: Node, before: bool) -> tuple[Node, Node]:
    """What stays and what goes."""
    slot = _open(node)
    if slot is None:
        return _out_of_block(node, before)
    held = getattr(node, slot.name)
    if len(held) <= fewest(node):
        raise RefusedError("it has nothing that it could push out")
    out, stay = (held[0], held[1:]) if before else (held[-1], held[:-1])
    return changed(node, **{slot.name: stay}), out


def _out_of_block(node: Node, before: bool) -> tuple[Node, Node]:
    body: e.Expression = node.body if isinstance(node, e.Lambda) else as_expression(node)
    statements, value = take_apart(body)
    edge = (statements[0] if before else statements[-1]) if statements else None
    if edge is None or not is_forgotten(edge):
        raise RefusedError("only a statement without a name can be pushed out of a block")
    assert isinstance(edge, e.Let)
    if before:
        rest, out = put_together(statements[1:], value), edge.value
    else:
        rest, out = put_together(statements[:-1], edge.value), value
    return (changed(node, body=rest) if isinstance(node, e.Lambda) else rest), out


def _out_among_statements(
    tree: N, node: Node, rest: Node, out: Node, position: Position, before: bool, fresh: NewId
) -> N:
    if position.slot.sort is not Sort.EXPRESSION or sort_of(out) is not Sort.EXPRESSION:
        raise RefusedError("what it would push out cannot stand beside it")
    let = position.parent
    if isinstance(let, e.Let) and position.slot.name == "value":
        if before:
            return substitute(tree, {let.id: _forgetting(out, changed(let, value=rest), fresh)})
        replaced_hole = isinstance(let.body, e.Hole) and not let.body.label
        body = out if replaced_hole else _forgetting(out, let.body, fresh)
        return substitute(tree, {let.id: changed(let, value=rest, body=body)})
    return substitute(tree, {node.id: _forgetting(out, rest, fresh) if before else _forgetting(rest, out, fresh)})
