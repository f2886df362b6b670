"""Which binding each variable means, and which names can be seen from a place.

Must not know types, definitions of the canvas or how names are changed. Invariant: a name means the innermost binding
around it, and nothing here recurses, so that no spine of lets is too long for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.implicit import implicit_names
from dark_lang.nodes.remembering import remembered
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, descend, positions_in
from dark_lang.records import NamedTuple


class Binder(NamedTuple):
    """What binds a name: a pattern variable, a list pattern (its rest), a parameter, or the toplevel itself for the
    names that come with it (`request`, `event`, a route's variables)."""

    node: NodeId
    name: str


def pattern_binders(pattern: Node) -> Iterator[Binder]:
    """The names that a pattern binds, left to right."""
    for node in descend(pattern):
        match node:
            case p.Variable(name=name):
                yield Binder(node.id, name)
            case p.List(rest=rest) if rest:
                yield Binder(node.id, rest)


def _binders(node: Node) -> list[Binder]:
    """What a node binds for those of its children that `_scoped` names."""
    match node:
        case e.Let(pattern=pattern) | e.Arm(pattern=pattern):
            found = list(pattern_binders(pattern))
        case e.Lambda(params=params):
            found = [binder for pattern in params for binder in pattern_binders(pattern)]
        case top.Function(params=parameters):
            found = [Binder(parameter.id, parameter.name) for parameter in parameters]
        case _:
            return [Binder(node.id, name) for name in implicit_names(node)]
    return list({binder.name: binder for binder in reversed(found)}.values())  # of two alike the first counts


_BINDING = frozenset({e.Let, e.Lambda, e.Arm, top.Function, top.Http, top.Worker, top.Switch})
_SCOPED = {e.Let: ("body",), e.Lambda: ("body",), e.Arm: ("guard", "body")}


def sees_bindings(parent: Node, slot: str) -> bool:
    """Whether what stands in this slot sees the names that the parent binds."""
    return slot in _SCOPED.get(type(parent), (slot,))


def resolve(root: Node) -> Mapping[NodeId, Binder | None]:
    """For each variable below the root, in the order of the text, what it means; None: nothing inside the root."""
    return _resolved(root)


@remembered
def _resolved(root: Node) -> Mapping[NodeId, Binder | None]:
    uses: dict[NodeId, Binder | None] = {}
    bound: dict[str, list[Binder]] = {}
    work: list[Node | tuple[bool, list[Binder]]] = [root]
    while work:
        item = work.pop()
        if isinstance(item, tuple):
            opens, binders = item
            for binder in binders:
                if opens:
                    bound.setdefault(binder.name, []).append(binder)
                else:
                    bound[binder.name].pop()
            continue
        if isinstance(item, e.Variable):
            held = bound.get(item.name)
            uses[item.id] = held[-1] if held else None
            continue
        binders = _binders(item) if type(item) in _BINDING else []
        if not binders:
            work.extend(reversed(children_of(item)))
            continue
        scoped = _SCOPED.get(type(item))
        inner = (
            children_of(item) if scoped is None else [c for name in scoped if (c := getattr(item, name)) is not None]
        )
        outer = [child for child in children_of(item) if all(child is not other for other in inner)]
        work.extend([(False, binders), *reversed(inner), (True, binders), *reversed(outer)])
    return uses


def free_variables(root: Node) -> dict[str, list[NodeId]]:
    """The names that mean nothing inside the root, in order of first use, with the variables that use them."""
    found: dict[str, list[NodeId]] = {}
    uses = resolve(root)
    for node in descend(root):
        if isinstance(node, e.Variable) and uses[node.id] is None:
            found.setdefault(node.name, []).append(node.id)
    return found


def scope_at(root: Node, node_id: NodeId) -> dict[str, Binder]:
    """The names that can be seen where a node stands, the innermost binding of each, inner ones first."""
    above = positions_in(root)
    seen: dict[str, Binder] = {}
    while (position := above.get(node_id)) is not None:
        if sees_bindings(position.parent, position.slot.name):
            for binder in _binders(position.parent):
                seen.setdefault(binder.name, binder)
        node_id = position.parent.id
    return seen


def uses_of(uses: Mapping[NodeId, Binder | None], binder: Binder) -> list[NodeId]:
    return [use for use, meant in uses.items() if meant == binder]
