"""Where new code can stand beside the old, and the partials that put it there.

Must not know drafts, nor why there is new code. Invariant: partials never nest, and only code that could run before
gets one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node, Sort
from dark_lang.nodes.walking import Position, find, positions_in, with_fresh_ids
from dark_lang.restructuring.finishing import Known, first_gap
from dark_lang.restructuring.surgery import NewId, ancestors_in, as_expression, require, substitute

IsUnfinished: TypeAlias = Callable[[Node], bool]


def partial_seat(root: Node, target: NodeId) -> e.Expression | None:
    """The nearest expression, from the target up, that can have another version of itself beside it. Steps of a pipe
    cannot, since they mean nothing without what comes before them."""
    above = positions_in(root)
    node_id = target
    while (position := above.get(node_id)) is not None:
        step = isinstance(position.parent, e.Pipe) and position.slot.name == "steps"
        bare_try = isinstance(position.parent, e.Try) and _is_step(above, position.parent.id)
        if position.slot.sort in (Sort.EXPRESSION, Sort.PART) and not step and not bare_try:
            node = require(root, node_id)
            if not isinstance(node, e.Text):
                return as_expression(node)
        node_id = position.parent.id
    return None


def _is_step(above: Mapping[NodeId, Position], node_id: NodeId) -> bool:
    position = above.get(node_id)
    while position is not None and isinstance(position.parent, e.Try):
        position = above.get(position.parent.id)
    return position is not None and isinstance(position.parent, e.Pipe) and position.slot.name == "steps"


def enclosing_partial(root: Node, node_id: NodeId) -> e.Partial | None:
    return next((node for node in ancestors_in(root, node_id) if isinstance(node, e.Partial)), None)


def with_partials(
    before: top.Toplevel,
    after: top.Toplevel,
    made: Mapping[NodeId, NodeId],
    known: Known,
    fresh: NewId,
    is_unfinished: IsUnfinished,
) -> top.Toplevel:
    """`after`, with a partial around the outermost places that cannot run in it and could before. `made`: what stands
    there now -> what stood there."""
    by: dict[NodeId, Node] = {}
    for new_id, old_id in made.items():
        seat = partial_seat(before, old_id)
        if seat is None or any(isinstance(above, e.Partial) for above in ancestors_in(before, seat.id)):
            continue
        newer = find(after, new_id if seat.id == old_id else seat.id)
        if newer is None or first_gap(seat, before, known) is not None:
            continue
        if is_unfinished(newer):
            by[newer.id] = e.Partial(fresh(), as_expression(with_fresh_ids(newer, fresh)), seat)
    outermost = {node_id: by[node_id] for node_id in _outermost(after, by)}
    return substitute(after, outermost)


def _outermost(root: Node, ids: Iterable[NodeId]) -> list[NodeId]:
    wanted = set(ids)
    return [node_id for node_id in wanted if not any(above.id in wanted for above in ancestors_in(root, node_id))]
