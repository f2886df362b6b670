"""The normal forms that constructors promise, restored after an operation.

Must not know which operation ran. Invariant: a normal tree comes back as the same object; in what comes back, partials
never stand inside a side of another one, and no code is dropped without a note.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, rebuild
from dark_lang.restructuring.surgery import N, NewId, changed


def normalize(root: N, fresh: NewId, *, kept: Container[int] = ()) -> N:
    """`kept`: the `id()` of nodes that are known to be normal, with all below them."""
    return _flatten(rebuild(root, lambda node: _normal(node, fresh), shared=kept))


def _normal(node: Node, fresh: NewId) -> Node:
    match node:
        case e.String(parts=parts):
            joined = join_texts(parts)
            return node if len(joined) == len(parts) else changed(node, parts=joined)
        case e.Pipe(head=head, steps=()):
            return head
        case e.Pipe(steps=steps):
            called = tuple(_called(step, fresh) for step in steps)
            return node if all(a is b for a, b in zip(steps, called, strict=True)) else changed(node, steps=called)
        case e.RecordUpdate(record=record, fields=()):
            return record
        case t.Enum(cases=()):
            return t.Hole(fresh(), "")
        case e.Tuple(items=(only,)) | p.Tuple(items=(only,)) | t.Tuple(items=(only,)):
            return only
        case e.Tuple(items=()):
            return e.Hole(fresh(), "")
        case p.Tuple(items=()):
            return p.Hole(fresh(), "")
        case t.Tuple(items=()):
            return t.Hole(fresh(), "")
        case _:
            return node


def _called(step: e.Expression, fresh: NewId) -> e.Expression:
    """A bare function, as a step of a pipe, is a call whose only argument comes from before."""
    match step:
        case e.FunctionRef(function=function, type_args=type_args):
            return e.Call(fresh(), function, type_args, ())
        case e.Try(value=value) if (called := _called(value, fresh)) is not value:
            return changed(step, value=called)
        case _:
            return step


def join_texts(parts: Sequence[e.Part]) -> tuple[e.Part, ...]:
    """Adjacent texts as one, which keeps the id of the first; empty ones left out."""
    joined: list[e.Part] = []
    for part in parts:
        if isinstance(part, e.Text):
            if not part.value:
                continue
            last = joined[-1] if joined else None
            if isinstance(last, e.Text):
                joined[-1] = changed(last, value=last.value + part.value)
                continue
        joined.append(part)
    return tuple(joined)


def _flatten(root: N) -> N:
    """Of a partial inside a new side stays its new side, of one inside an old side its old side: what is being written
    stays what is being written, and what runs stays what runs."""
    partials = [node for node in descend(root) if isinstance(node, e.Partial)]
    if len(partials) < 2:
        return root
    keep: dict[int, bool] = {}  # id() of a partial inside another's side -> whether its new side stays
    for outer in partials:
        for side, new in ((outer.new, True), (outer.old, False)):
            for inner in descend(side):
                if isinstance(inner, e.Partial):
                    keep.setdefault(id(inner), new)
    if not keep:
        return root
    nested = {node.id: keep[id(node)] for node in partials if id(node) in keep}

    def change(node: Node) -> Node:
        if isinstance(node, e.Partial) and node.id in nested:
            return node.new if nested[node.id] else node.old
        return node

    return rebuild(root, change)
