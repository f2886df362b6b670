"""Hashes of trees. What they are made of is written down here for ever: diffs hold them (`Move.took`).

Must not know ledgers or bytes on disk. Invariants: equal trees have equal hashes on every machine and in every release;
class names and the interpreter's `repr` play no part in them.
"""

from __future__ import annotations

from hashlib import blake2b

from dark_lang.edits.layouts import LAYOUTS
from dark_lang.names import Defined, Standard, Unresolved
from dark_lang.nodes.shape import Arity, Node


def subtree_hash(node: Node) -> bytes:
    """8 bytes for what a tree says, ids aside."""
    return blake2b(_spell_tree(node, ids=False), digest_size=8).digest()


def content_hash(node: Node) -> bytes:
    """32 bytes for a tree and its ids."""
    return blake2b(_spell_tree(node, ids=True), digest_size=32).digest()


def _spell_tree(root: Node, *, ids: bool) -> bytes:
    """The tree, parents first: each node's number, scalars, and how many children each list or optional slot has."""
    parts: list[str] = []
    stack = [root]
    while stack:
        node = stack.pop()
        layout = LAYOUTS[type(node)]
        parts.append(f"#{layout.tag}.{node.id:x}" if ids else f"#{layout.tag}")
        if layout.read is not None:
            held = layout.read(node)
            parts.extend(map(_spell, held if layout.width > 1 else (held,)))
        if layout.slots:
            below: list[Node] = []
            for slot in layout.slots:
                child = getattr(node, slot.name)
                if slot.arity is Arity.MANY:
                    parts.append(f"[{len(child)}")
                    below.extend(child)
                elif child is None:
                    parts.append("-")
                else:
                    below.append(child)
            below.reverse()
            stack.extend(below)
    return "".join(parts).encode("utf-8", "surrogatepass")


def _spell(value: object) -> str:
    if type(value) is str:
        return f"s{len(value)}:{value}"
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value:x}"
    if isinstance(value, float):
        return f"d{value.hex()}"
    if isinstance(value, Standard):
        return f"S{value.version:x}.{len(value.name)}:{value.name}"
    if isinstance(value, Defined):
        return f"D{value.id:x}"
    if isinstance(value, Unresolved):
        return f"U{len(value.text)}:{value.text}"
    if isinstance(value, tuple):  # a table
        return f"({len(value)}" + "".join(_spell(key) + _spell(held) for key, held in value)
    raise TypeError(f"no scalar: {type(value).__qualname__}")
