"""Keeps trees within the limits: what is nested deeper becomes text.

Must not know the reader, whose own limit of brackets does not count those that printing adds. Invariants: nothing is
lost, since the text is what the printer would have written; what comes out prints within the limits, and so reads back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Sort, shape_of
from dark_lang.nodes.walking import N, rebuild, steps_of
from dark_lang.notation.grouping import encloses, has_brackets, is_parenthesised, is_same_spine
from dark_lang.notation.tokens import MAX_BRACKETS, MAX_DEPTH

_AS_TEXT: Final[dict[Sort, Callable[..., Node]]] = {
    Sort.EXPRESSION: e.Unread,
    Sort.PATTERN: p.Unread,
    Sort.TYPE: t.Unread,
}


def trim(root: N, write: Callable[[Node], str], brackets: int = 0) -> tuple[N, tuple[Node, ...]]:
    """The tree with what is too deep as text that `write` gives, and those texts. It stands inside so many brackets."""
    too_deep = _too_deep(root, brackets)
    if not too_deep:
        return root, ()
    texts: dict[int, Node] = {}
    for node in too_deep:
        texts[id(node)] = _AS_TEXT[shape_of(type(node)).sort](node.id, write(node))
    return rebuild(root, lambda node: texts.get(id(node), node)), tuple(texts.values())


def _too_deep(root: Node, around: int) -> list[Node]:
    found: list[Node] = []
    stack: list[tuple[Node, int, int]] = [(root, 1, around)]
    while stack:
        node, depth, brackets = stack.pop()
        steps = steps_of(node)
        # One level is kept for nodes that cannot be text themselves, such as the arms of a match.
        nested_too_deep = bool(steps) and depth >= MAX_DEPTH - 1
        if shape_of(type(node)).sort in _AS_TEXT and (
            brackets > MAX_BRACKETS or nested_too_deep or (brackets == MAX_BRACKETS and has_brackets(node))
        ):
            found.append(node)
            continue
        for slot, nth, child in steps:
            below = depth if is_same_spine(node, slot.name, nth, child) else depth + 1
            more = encloses(node, slot.name) + is_parenthesised(node, slot.name, nth, child)
            stack.append((child, below, brackets + more))
    return found
