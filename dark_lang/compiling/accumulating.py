"""Folds whose accumulator is changed in place by a loop that stands where the fold does: code with types only.

    List::fold(words, #{}, (acc, w) => Dict::set(acc, w, Option::withDefault(Dict::get(acc, w), 0) + 1))

More than `growing` allows, since here the accumulator is a plain value that the function may look at before it adds.
Must not emit code. Invariant: where this says yes, the accumulator stands nowhere but where the function returns it, as
what is added to there, or as what a function that keeps nothing of it looks at, and nothing looks at it once something
was added in the same turn.
"""

from __future__ import annotations

from typing import Final

from dark_lang.compiling.growing import binds, grows, mentions, tails
from dark_lang.names import Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of

LOOKS: Final = frozenset(
    [
        ("Dict::get", 1),
        ("Dict::getWithDefault", 0),
        ("Dict::member", 0),
        ("Dict::size", 0),
        ("Dict::isEmpty", 0),
        ("List::length", 0),
        ("List::isEmpty", 0),
        ("List::head", 1),
        ("List::last", 1),
        ("List::getAt", 1),
        ("String::length", 0),
        ("String::isEmpty", 0),
    ]
)
"""Functions that look at their first argument without giving or keeping it. All have inline forms, which do not mind
that a Dict is a plain one while it grows."""


def growing_calls(function: e.Lambda) -> list[e.Call]:
    """The calls in a fold's function that add to its accumulator; none if it must not be changed in place."""
    first, *others = function.params
    if type(first) is not p.Variable or any(binds(pattern, first.name) for pattern in others):
        return []
    name = first.name
    calls: list[e.Call] = []
    allowed = 0
    for tail in tails(function.body):
        root, chain = _rooted(tail)
        if not _is_named(root, name):
            return []
        allowed += 1
        # What is worked out after something was added would see the accumulator changed.
        if any(mentions(added, name) for _, others in chain[1:] for added in others):
            return []
        calls += [call for call, _ in chain]
    if not calls or mentions(function.body, name) != allowed + _looks(function.body, name):
        return []
    return calls


def _rooted(tail: e.Expression) -> tuple[Node, list[tuple[e.Call, tuple[Node, ...]]]]:
    """What a chain of growing calls adds to in the end, and the calls with what they add, the innermost first."""
    chain: list[tuple[e.Call, tuple[Node, ...]]] = []
    node: Node = tail
    while True:
        if type(node) is e.Pipe and all(grows(step, 1) for step in node.steps):
            chain += [(step, step.args) for step in reversed(node.steps)]  # type: ignore[misc,union-attr]  # all Calls
            node = node.head
        elif type(node) is e.Call and grows(node, 0):
            chain.append((node, node.args[1:]))
            node = node.args[0]
        else:
            chain.reverse()
            return node, chain


def _looks(body: Node, name: str) -> int:
    """How often something looks at the accumulator, but for what a lambda does, which may run later."""
    count = 0
    work = [body]
    while work:
        node = work.pop()
        if type(node) is e.Lambda:
            continue
        if type(node) is e.Pipe:
            count += _is_named(node.head, name) and bool(node.steps) and _is_look(node.steps[0])
            work.append(node.head)
            for step in node.steps:
                # What stands first in a step that is a call is not the call's first argument.
                work += step.args if type(step) is e.Call else (step,)
            continue
        if _is_look(node):
            count += any(_is_named(arg, name) for arg in children_of(node)[:1])
        work += children_of(node)
    return count


def _is_look(node: Node) -> bool:
    return (
        type(node) is e.Call
        and type(node.function) is Standard
        and (node.function.name, node.function.version) in LOOKS
    )


def _is_named(node: Node, name: str) -> bool:
    return type(node) is e.Variable and node.name == name
