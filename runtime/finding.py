"""From the words of an address to the node that it means, in one snapshot.

Must not know how addresses are spelled (`notation.addresses`), nor where trees come from. Invariants: names win over
ids; what could be two things is an error that lists them, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from dark_lang.errors import AddressError
from dark_lang.names import NodeId, read_id_prefix, spell_id
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import Address, find_path, inner_address, kind_of, parse_address, suggest

if TYPE_CHECKING:
    from runtime.canvas import Canvas

_LISTED = 10
Spot: TypeAlias = tuple[NodeId, Node, str]
"""The toplevel, the node in it, the toplevel's label."""


def find(canvas: Canvas, text: str) -> Spot:
    """Raises AddressError: nothing, or more than one thing, answers to that address."""
    address = parse_address(text)
    toplevel = None if address.force_id else _named(canvas, address)
    if toplevel is None:
        word = (address.id_prefix if address.force_id else address.label) or ""
        reach = read_id_prefix(word)
        spot = None if reach is None else _identified(canvas, word, reach)
        if spot is None:
            raise _nothing(canvas, address, word)
        return _follow(spot, address.path)
    spot = toplevel, canvas.tree(toplevel), canvas.entries[toplevel].label
    try:
        return _follow(spot, address.path)
    except AddressError:
        inner = None if address.id_prefix is None else read_id_prefix(address.id_prefix)
        if inner is None:
            raise
        found = _one_of(canvas, address.id_prefix or "", [(node, toplevel) for node in _between(spot[1], *inner)])
        if found is None:
            raise
        return found


def _follow(spot: Spot, path: str | None) -> Spot:
    toplevel, node, label = spot
    return (toplevel, find_path(node, path), label) if path else spot


def _between(tree: Node, low: int, high: int) -> list[NodeId]:
    return sorted(node.id for node in descend(tree) if low <= node.id < high)


def _named(canvas: Canvas, address: Address) -> NodeId | None:
    """The toplevel of that name; of several versions the newest, where none is given."""
    exact = canvas.labelled(address.label)
    newest = [versions[-1][1] for stem in ("_v", "-v") if (versions := canvas.versions(address.label + stem))]
    for found in ([] if exact is None else [exact], newest):
        fitting = [each for each in found if address.kind in (None, kind_of(canvas.entries[each].kind))]
        if len(fitting) > 1:
            kinds = [f"{kind_of(canvas.entries[each].kind).value}:{address.label}" for each in fitting]
            raise AddressError(
                f"{address.label} is a type and a datastore",
                details=tuple(canvas.entries[each].label for each in fitting),
                suggestion=f"write {' or '.join(kinds)}",
            )
        if fitting:
            return fitting[0]
    return None


def _identified(canvas: Canvas, word: str, reach: tuple[int, int]) -> Spot | None:
    return _one_of(canvas, word, [pair for pair in canvas.holding(*reach) if canvas.entries[pair[1]].alive])


def _one_of(canvas: Canvas, word: str, held: Sequence[tuple[NodeId, NodeId]]) -> Spot | None:
    """The only node among (node, toplevel); None if there is none. Raises AddressError for several."""
    if len(held) > 1:
        listed = []
        for node, toplevel in held[:_LISTED]:
            path = inner_address(canvas.tree(toplevel), node)
            listed.append(f"{spell_id(node)}  {canvas.entries[toplevel].label}{'#' if path else ''}{path}")
        more = [f"and {len(held) - _LISTED} more"] if len(held) > _LISTED else []
        raise AddressError(
            f"{len(held)} nodes have ids that start with {word}",
            details=(*listed, *more),
            suggestion="give more letters of the one that you mean",
        )
    if not held:
        return None
    node_id, toplevel = held[0]
    found = canvas.within(toplevel, node_id)
    return None if found is None else (toplevel, found, canvas.entries[toplevel].label)


def _nothing(canvas: Canvas, address: Address, word: str) -> AddressError:
    if address.force_id:
        return AddressError(f"no node has an id that starts with {word}", suggestion="see: dark show ADDRESS --ids")
    gone = [entry for entry in canvas.deleted() if address.label in (entry.stated, entry.stated.rpartition("_v")[0])]
    if gone:
        return AddressError(
            f"{address.label} was deleted", suggestion=f"bring it back with: dark restore {spell_id(gone[-1].id)}"
        )
    labels = canvas.labels()
    # `mail` for worker:mail is the likeliest slip of all.
    same = next((label for label in labels if label.endswith(f":{address.label}")), None)
    near = same or suggest(address.label, labels)
    return AddressError(
        f"nothing here is called {address.label}", suggestion=f"did you mean {near}?" if near else "see: dark ls"
    )
