"""Folds whose accumulator may grow in place: the function does nothing with it but add to it, last of all.

    List::fold(xs, [], (acc, x) => if x > 0 then List::pushBack(acc, x) else acc)

Must not know how it grows (`stdlib.growing`), nor emit code. Invariant: where this says yes, the accumulator stands
nowhere but where the function returns it, or as what a growing function that is returned adds to; so no other value can
come to hold it, and nothing can look at it before the next turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from dark_lang.library import GROWING_FOLDS, GROWING_FUNCTIONS
from dark_lang.names import Ref, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, descend

Grown: TypeAlias = dict[int, frozenset[int]]
"""By the `id()` of a fold's function: those of the calls in it that grow its accumulator; none if it must not grow."""

_NONE: frozenset[int] = frozenset()


def grown_by(function: Ref, args: Sequence[Node], count: int, known: Grown) -> frozenset[int]:
    """Which calls in the last of a call's `count` arguments grow the accumulator; none if the call is no fold or must
    not grow it. `args` may lack the first argument, if that comes through a pipe."""
    if type(function) is not Standard or count != 3 or not args:
        return _NONE
    takes = GROWING_FOLDS.get((function.name, function.version))
    last = args[-1]
    if takes is None or type(last) is not e.Lambda or len(last.params) != takes:
        return _NONE
    found = known.get(id(last))
    if found is None:
        found = known[id(last)] = _examined(last, known)
    return found


def _examined(function: e.Lambda, known: Grown) -> frozenset[int]:
    first, *others = function.params
    if type(first) is not p.Variable or any(binds(pattern, first.name) for pattern in others):
        return _NONE
    calls: set[int] = set()
    seen = 0  # how often the accumulator stands where it may
    for tail in tails(function.body):
        root, chain = _rooted(tail, known)
        if type(root) is e.Variable and root.name == first.name:
            seen += 1
            calls |= chain
    return frozenset(calls) if calls and mentions(function.body, first.name) == seen else _NONE


def tails(body: e.Expression) -> Iterator[e.Expression]:
    """What an expression may come to, as the last thing that it does."""
    work = [body]
    while work:
        match work.pop():
            case e.Let(body=body) | e.Note(body=body):
                work.append(body)
            case e.If(then=then, else_=else_):
                work += (then, else_)
            case e.Match(arms=arms):
                work += [arm.body for arm in arms]
            case e.Toggle(old=old, new=new) | e.Partial(old=old, new=new):
                work += (old, new)
            case e.Conflict(base=base, alternatives=alternatives):
                work += (base, *alternatives)
            case node:
                yield node


def _rooted(tail: e.Expression, known: Grown) -> tuple[Node, set[int]]:
    """What a chain of growing calls adds to in the end, and the calls."""
    chain: set[int] = set()
    node: Node = tail
    while True:
        if type(node) is e.Pipe and all(grows(step, 1) for step in node.steps):
            chain.update([id(step) for step in node.steps])
            node = node.head
        elif type(node) is e.Call and grows(node, 0):
            chain.add(id(node))
            node = node.args[0]
        elif type(node) is e.Call and grown_by(node.function, node.args, len(node.args), known):
            chain.add(id(node))
            node = node.args[1]
        else:
            return node, chain


def grows(node: Node, piped: int) -> bool:
    if type(node) is not e.Call or type(node.function) is not Standard:
        return False
    takes = GROWING_FUNCTIONS.get((node.function.name, node.function.version))
    return takes == len(node.args) + piped


def binds(pattern: Node, name: str) -> bool:
    return any(
        (type(node) is p.Variable and node.name == name) or (type(node) is p.List and node.rest == name)
        for node in descend(pattern)
    )


def mentions(body: Node, name: str) -> int:
    """How often the name stands for the accumulator in the body; -1 if something else in it has the name too, other
    than in a lambda whose parameter it is."""
    count = 0
    work = [body]
    while work:
        node = work.pop()
        if type(node) is e.Variable:
            count += node.name == name
        elif isinstance(node, (p.Variable, p.List)):
            if binds(node, name):
                return -1
        elif isinstance(node, e.Lambda) and any(binds(param, name) for param in node.params):
            continue
        work += children_of(node)
    return count
