"""Patterns in the language itself: a tree with labelled holes, matched against code.

`?x` matches anything of its sort, the same label the same tree; `?` matches anything. Must not know drafts. Invariant:
matching never looks at ids, and nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Mapping

from dark_lang.names import NodeId
from dark_lang.naming import Naming
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, rebuild, same, steps_of, with_fresh_ids
from dark_lang.restructuring.arities import HOLES
from dark_lang.restructuring.references import meanings
from dark_lang.restructuring.surgery import NewId, changed, sort_of

Bindings = Mapping[str, Node]


def matches(pattern: Node, node: Node, naming: Naming | None = None) -> dict[str, Node] | None:
    """What each label of the pattern stands for; None if it does not match. With a naming, names that meant nothing
    when they were written count as what they mean now."""
    bound: dict[str, Node] = {}
    work = [(pattern, node)]
    while work:
        wanted, found = work.pop()
        if isinstance(wanted, HOLES):
            if sort_of(wanted) is not sort_of(found):
                return None
            if wanted.label and not same(bound.setdefault(wanted.label, found), found):
                return None
            continue
        if type(wanted) is not type(found) or meanings(wanted, naming) != meanings(found, naming):
            return None
        ways, taken = steps_of(wanted), steps_of(found)
        if [(way.slot.name, way.nth) for way in ways] != [(way.slot.name, way.nth) for way in taken]:
            return None
        work.extend((a.node, b.node) for a, b in zip(reversed(ways), reversed(taken), strict=True))
    return bound


def labels(template: Node) -> list[str]:
    """The labels of the holes in a tree, in order, each as often as it stands there."""
    return [node.label for node in descend(template) if isinstance(node, HOLES) and node.label]


def instantiate(template: Node, bound: Bindings, fresh: NewId) -> tuple[Node, dict[NodeId, NodeId]]:
    """The template with what is bound in the place of its holes. The first use of a label takes the node itself, others
    are copies; also gives copy -> original for these."""
    used: set[str] = set()
    copies: dict[NodeId, NodeId] = {}
    chosen: dict[NodeId, Node] = {}
    for node in descend(template):
        if isinstance(node, HOLES) and node.label in bound:
            held = bound[node.label]
            if node.label in used:
                copied = with_fresh_ids(held, fresh)
                copies.update(zip((n.id for n in descend(copied)), (n.id for n in descend(held)), strict=True))
                held = copied
            used.add(node.label)
            chosen[node.id] = held

    def change(node: Node) -> Node:
        return chosen[node.id] if node.id in chosen else changed(node, id=fresh())

    return rebuild(template, change), copies
