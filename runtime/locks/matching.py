"""Whether what runs for others is the same in two trees of one definition.

Must not know usage. Invariant: two trees that match do the same for everybody who is not on an allow list of a switch;
so a switch may be put around code, its new side may be worked on, and code that is not finished may wait beside the
old, in what is locked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dark_lang.names import Ref
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node, shape_of
from dark_lang.nodes.walking import steps_of

Given = Callable[[Ref], bool]
"""Whether a switch gives its new side to anyone who is not on its allow list."""

Everybodys = Callable[[e.Toggle], bool]
"""Whether everybody whom the rule decides for gets the new side of a Toggle."""

_LABELS: Final = frozenset({"doc", "name"})
"""Of a definition: what may change without a change in what it does. Code refers to it by its id."""


def runs_the_same(before: top.Toplevel, after: top.Toplevel, given: Given, everybodys: Everybodys) -> bool:
    """`given`: as it was before; `everybodys`: as it is after."""
    if type(before) is not type(after):
        return False
    if isinstance(before, top.Http) and isinstance(after, top.Http):
        if (before.method, before.route) != (after.method, after.route):
            return False
    elif not _same_scalars(before, after, but=_LABELS):
        return False
    stack = list(_pairs(before, after) or ())
    if not stack and steps_of(before):
        return False
    while stack:
        old, new = stack.pop()
        found = _step(old, new, given, everybodys)
        if found is None:
            return False
        stack += found
    return True


_Pairs = list[tuple[Node, Node]]


def _step(old: Node, new: Node, given: Given, everybodys: Everybodys) -> _Pairs | None:
    """What has to match below; None if these do not."""
    old, new = _without_notes(old), _without_notes(new)
    if isinstance(old, e.Toggle):
        if isinstance(new, e.Toggle) and new.switch == old.switch:
            pairs: _Pairs = [(old.old, new.old)]
            return [*pairs, (old.new, new.new)] if given(old.switch) else pairs
        # `drop` leaves the old side, and `finish`, which is a release by somebody's word, the new one.
        return [] if _finished_as(old.new, new, given, everybodys) else [(old.old, new)]
    if isinstance(new, e.Toggle):
        # Undo of `finish` brings back a switch that gives everybody what is there now.
        undone = everybodys(new) and _finished_as(old, new.new, given, everybodys)
        return [] if undone else [(old, new.old)]
    if isinstance(old, e.Partial):
        if isinstance(new, e.Partial):
            return [(old.old, new.old)]
        # `accept` is a word of somebody's, too.
        return [] if _finished_as(old.new, new, given, everybodys) else [(old.old, new)]
    if isinstance(new, e.Partial):
        return [(old, new.old)]
    if type(old) is not type(new) or not _same_scalars(old, new):
        return None
    return _pairs(old, new)


def _finished_as(side: Node, new: Node, given: Given, everybodys: Everybodys) -> bool:
    stack: _Pairs = [(side, new)]
    while stack:
        found = _step(*stack.pop(), given, everybodys)
        if found is None:
            return False
        stack += found
    return True


def _without_notes(node: Node) -> Node:
    while isinstance(node, e.Note):
        node = node.body
    return node


def _pairs(old: Node, new: Node) -> _Pairs | None:
    before, after = steps_of(old), steps_of(new)
    if [(step.slot.name, step.nth) for step in before] != [(step.slot.name, step.nth) for step in after]:
        return None
    return [(one.node, other.node) for one, other in zip(before, after, strict=True)]


def _same_scalars(old: Node, new: Node, *, but: frozenset[str] = frozenset()) -> bool:
    shape = shape_of(type(old))
    # repr tells -0.0 from 0.0 and 1 from 1.0 and True, which == does not.
    return all(
        repr(getattr(old, name)) == repr(getattr(new, name))
        for name in (*shape.scalars, *shape.tables)
        if name not in but
    )
