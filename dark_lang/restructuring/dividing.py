"""Cutting a thing in two, without changing what the program does.

Strings become `"a" ++ "b"`, lists `List::append`, a pipe a pipe inside a pipe, `let (a, b) = (1, 2)` two lets, an
`if a && b` an if inside an if, a match a match in its last arm. Invariant: `joining` makes one again of what this cuts.
"""

from __future__ import annotations

from typing import Any

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId, Standard
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Arity, Node
from dark_lang.nodes.walking import with_fresh_ids
from dark_lang.restructuring.changing import Changed, commit, require_same_meaning
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.statements import put_together
from dark_lang.restructuring.surgery import NewId, changed, position_of, require, siblings, substitute, with_list

APPEND = Standard("Op::append")


def split(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, *, at: int | None = None) -> Changed:
    """Cuts the thing around the target so that the second part begins with it; `at` counts characters in a text."""
    tree = draft.tree(toplevel)
    node = require(tree, target)
    match node:
        case e.If():
            new: e.Expression = _if_in_two(node, draft.fresh)
        case e.Let(pattern=p.Tuple(), value=e.Tuple()):
            new = _let_in_two(node, draft.fresh)
        case e.String(parts=(e.Text() as text,)) if at is not None:
            new = _string_in_two(node, text, at, draft.fresh)
        case _:
            return _split_around(draft, known, tree, node, at)
    after = substitute(tree, {target: new})
    require_same_meaning(tree, after, "splitting it")
    return commit(draft, known, tree, after, show=(new.id,))


def _split_around(draft: Draft, known: Known, tree: top.Toplevel, node: Node, at: int | None) -> Changed:
    position = position_of(tree, node.id)
    parent, nth, fresh = position.parent, position.nth, draft.fresh
    held: tuple[Any, ...] = siblings(position)
    if position.slot.arity is not Arity.MANY:
        raise _cannot_split()
    if nth == 0 and at is None:
        raise RefusedError(
            "the first part would be empty", suggestion="name a later one; the second part begins with it"
        )
    match parent:
        case e.String():
            new: Node = _string_in_two(parent, node, at, fresh)
        case e.List():
            first, second = changed(parent, items=held[:nth]), e.List(fresh(), held[nth:])
            around = position_of(tree, parent.id)
            if isinstance(around.parent, e.List):
                row = siblings(around)
                items = [*row[: around.nth], first, second, *row[around.nth + 1 :]]
                after = with_list(tree, around.parent.id, around.slot.name, items)
                return commit(draft, known, tree, after, show=(first.id, second.id))
            new = e.Call(fresh(), known.naming.resolve(Realm.FUNCTION, "List::append"), (), (first, second))
        case e.Pipe():
            new = e.Pipe(fresh(), changed(parent, steps=held[:nth]), held[nth:])
        case e.Match(subject=subject):
            rest = e.Match(fresh(), with_fresh_ids(subject, fresh), held[nth:])
            new = changed(parent, arms=(*held[:nth], e.Arm(fresh(), p.Wildcard(fresh()), None, rest)))
        case _:
            raise _cannot_split()
    return commit(draft, known, tree, substitute(tree, {parent.id: new}), show=(new.id,))


def _cannot_split() -> RefusedError:
    return RefusedError(
        "this cannot be split here",
        suggestion="name the text (with --at N), item, step or arm that the second part begins with, an if whose "
        "condition is `a && b` or `a || b`, or a let of a tuple",
    )


def _string_in_two(string: e.String, part: Node, at: int | None, fresh: NewId) -> e.Call:
    nth = next(index for index, item in enumerate(string.parts) if item.id == part.id)
    head, tail = list(string.parts[:nth]), list(string.parts[nth:])
    if at is not None:
        if not isinstance(part, e.Text) or not 0 < at < len(part.value):
            raise RefusedError("--at counts the characters of a text, and leaves some on each side")
        head.append(changed(part, value=part.value[:at]))
        tail[0] = e.Text(fresh(), part.value[at:])
    return e.Call(fresh(), APPEND, (), (changed(string, parts=tuple(head)), e.String(fresh(), tuple(tail))))


def _if_in_two(node: e.If, fresh: NewId) -> e.If:
    match node.condition:
        case e.And(left=left, right=right):
            return e.If(fresh(), left, changed(node, condition=right), with_fresh_ids(node.else_, fresh))
        case e.Or(left=left, right=right):
            return e.If(fresh(), left, with_fresh_ids(node.then, fresh), changed(node, condition=right))
        case _:
            raise _cannot_split()


def _let_in_two(node: e.Let, fresh: NewId) -> e.Let:
    assert isinstance(node.pattern, p.Tuple)
    assert isinstance(node.value, e.Tuple)
    pairs = list(zip(node.pattern.items, node.value.items, strict=False))
    if len(node.pattern.items) != len(node.value.items):
        raise RefusedError("the pattern and the tuple have different numbers of parts")
    (pattern, value), *others = pairs
    lets = [e.Let(fresh(), *pair, node.body) for pair in others]
    return changed(node, pattern=pattern, value=value, body=put_together(lets, node.body))
