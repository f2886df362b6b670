"""Making one thing of two, without changing what the program does: the reverse of `dividing`.

Invariant: the parts are moved; only what stood there twice, and was the same, goes.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import positions_in, same
from dark_lang.restructuring.changing import Changed, commit, require_same_meaning
from dark_lang.restructuring.dividing import APPEND
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.statements import put_together, take_apart
from dark_lang.restructuring.surgery import NewId, changed, require, substitute, with_list


def join(draft: Draft, known: Known, toplevel: NodeId, target: NodeId) -> Changed:
    """Joins the target with what stands inside it or, for lists in a list and the parts of an append, beside it."""
    tree = draft.tree(toplevel)
    node = require(tree, target)
    position = positions_in(tree).get(target)
    new = _joined(node, known, draft.fresh)
    if new is None and position is not None:
        parent = position.parent
        if isinstance(node, e.List) and isinstance(parent, e.List):
            return _join_neighbours(draft, known, tree, node, parent, position.nth)
        node, new = parent, _joined(parent, known, draft.fresh) if isinstance(parent, e.Call | e.Pipe) else None
    if new is None:
        raise RefusedError(
            "there is nothing here to join",
            suggestion="name an append of two strings or lists, a pipe in a pipe, a let before a let or of a block, "
            "an if in an if with the same other side, or a match in a last arm `_`",
        )
    after = substitute(tree, {node.id: new})
    require_same_meaning(tree, after, "joining them")
    return commit(draft, known, tree, after, show=(new.id,))


def _join_neighbours(draft: Draft, known: Known, tree: top.Toplevel, node: e.List, parent: e.List, nth: int) -> Changed:
    row = parent.items
    following = row[nth + 1] if nth + 1 < len(row) else None
    if not isinstance(following, e.List):
        raise RefusedError("no list follows it")
    items = [*row[:nth], changed(node, items=(*node.items, *following.items)), *row[nth + 2 :]]
    return commit(draft, known, tree, with_list(tree, parent.id, "items", items), show=(node.id,))


def _joined(node: Node, known: Known, fresh: NewId) -> Node | None:
    match node:
        case e.Call(function=function, args=(e.String() as left, e.String() as right)) if function == APPEND:
            return changed(left, parts=(*left.parts, *right.parts))
        case e.Call(function=function, args=(e.List() as first, e.List() as second)):
            if function != known.naming.resolve(Realm.FUNCTION, "List::append"):
                return None
            return changed(first, items=(*first.items, *second.items))
        case e.Pipe(head=e.Pipe() as inner):
            return changed(node, head=inner.head, steps=(*inner.steps, *node.steps))
        case e.If():
            return _joined_if(node, fresh)
        case e.Match(arms=(*arms, e.Arm(pattern=p.Wildcard(), guard=None, body=e.Match() as rest))):
            return changed(node, arms=(*arms, *rest.arms)) if same(node.subject, rest.subject) else None
        case e.Let():
            return _joined_let(node, fresh)
        case _:
            return None


def _joined_if(node: e.If, fresh: NewId) -> Node | None:
    match node:
        case e.If(then=e.If() as inner) if same(inner.else_, node.else_):
            return changed(inner, condition=e.And(fresh(), node.condition, inner.condition))
        case e.If(else_=e.If() as inner) if same(inner.then, node.then):
            return changed(inner, condition=e.Or(fresh(), node.condition, inner.condition))
        case _:
            return None


def _joined_let(node: e.Let, fresh: NewId) -> Node | None:
    statements, value = take_apart(node.value)
    if statements:
        return put_together(statements, changed(node, value=value))
    match node.body:
        case e.Let(pattern=pattern, value=following, body=rest):
            both = p.Tuple(fresh(), (node.pattern, pattern))
            return changed(node, pattern=both, value=e.Tuple(fresh(), (node.value, following)), body=rest)
        case _:
            return None
