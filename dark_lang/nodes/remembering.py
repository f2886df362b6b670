"""Answers about trees, kept for a moment.

An operation asks the same of the same tree several times on its way (where each node hangs, what each variable means).
Trees never change, so an answer stays right for as long as the tree is the same object. Must not know the questions.
Invariant: only the last few trees are held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dark_lang.nodes.shape import Node

T = TypeVar("T")

_HELD = 4


def remembered(question: Callable[[Node], T]) -> Callable[[Node], T]:
    """The same function, which answers from memory if it was asked about that very tree. Its answers are shared: they
    are not to be changed."""
    last: tuple[tuple[Node, T], ...] = ()

    def ask(root: Node) -> T:
        nonlocal last
        for tree, answer in last:
            if tree is root:
                return answer
        answer = question(root)
        last = ((root, answer), *last[: _HELD - 1])  # one assignment, so that threads see a whole tuple
        return answer

    return ask
