"""Which fields of which nodes refer to something by name, and what they mean.

Must not know a canvas. Invariant: a name that meant nothing when it was written means what bears it now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dark_lang.names import Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes.realms import REFERENCES
from dark_lang.nodes.shape import Node, shape_of
from dark_lang.restructuring.surgery import changed

REALMS: Mapping[tuple[type[Node], str], Realm] = {(kind, field): realm for kind, (field, realm) in REFERENCES.items()}


def settled(naming: Naming, realm: Realm, ref: Ref) -> Ref:
    return naming.resolve(realm, ref.text) if isinstance(ref, Unresolved) and ref.text else ref


def retargeted(node: Node, old: Ref, new: Ref) -> Node:
    """The node with another reference in place of one."""
    fields = {name: new for name in shape_of(type(node)).scalars if getattr(node, name) == old}
    return changed(node, **fields) if fields else node


def meanings(node: Node, naming: Naming | None) -> tuple[Any, ...]:
    """The scalars of a node, so that two nodes with equal ones mean the same, children aside."""
    shape = shape_of(type(node))
    found: list[Any] = []
    for name in (*shape.scalars, *shape.tables):
        value = getattr(node, name)
        realm = REALMS.get((type(node), name))
        # repr tells -0.0 from 0.0 and 1 from 1.0 and True, which == does not.
        found.append(repr(value) if realm is None or naming is None else settled(naming, realm, value))
    return tuple(found)
