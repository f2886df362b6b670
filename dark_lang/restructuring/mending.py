"""Remedies for what the checker marks, as command lines.

Must not know why something is marked. Invariant: a line that it gives is right for that node; where a remedy cannot be
one edit, it gives none.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.realms import REFERENCES
from dark_lang.nodes.shape import Node, Sort
from dark_lang.nodes.walking import Position, positions_in
from dark_lang.remedies import Mend, Remedy
from dark_lang.restructuring.arities import is_operator, main_list
from dark_lang.restructuring.surgery import sort_of


def mending(root: top.Toplevel, node: Node, place: str, mend: Mend) -> Iterator[str]:
    """The lines without `dark`. `place`: the node's address as a word of a shell."""
    text = shlex.quote(mend.text)
    position = positions_in(root).get(node.id)
    alone = position is None or not is_step(position)
    holds_list = main_list(node) is not None and not is_operator(node)
    match mend.remedy:
        case Remedy.WRAP if alone and sort_of(node) is Sort.EXPRESSION:
            yield f"wrap {place} {text}"
        case Remedy.REWRITE:
            yield f"rewrite {text} {shlex.quote(mend.into)} --in {place}"
        case Remedy.NAME:
            yield from _naming(node, place, text)
        case Remedy.CASE:
            yield f"set {place} case {text}"
        case Remedy.RESTORE:
            yield f"restore {text}"
        case Remedy.ADD if holds_list:
            yield f"insert {place} {text} --last"
        case Remedy.REMOVE:
            yield f"delete {place}"
        case Remedy.UNWRAP if alone:
            yield f"splice {place}"


def _naming(node: Node, place: str, name: str) -> Iterator[str]:
    match node:
        case e.Call() | e.FunctionRef():
            yield f"retarget {place} {name}"
        case e.Variable() | e.DatastoreRef() | t.Variable():
            yield f"replace-node {place} {name}"
        case p.Variable() | top.Parameter():
            yield f"rename {place} {name}"
        case e.Field() | e.FieldAccess() | p.FieldPattern():
            yield f"set {place} label {name}"
        case _ if (reference := REFERENCES.get(type(node))) is not None:
            yield f"set {place} {reference[0]} {name}"


def is_step(position: Position) -> bool:
    """Whether a node is a step of a pipe, which lacks its first argument."""
    return isinstance(position.parent, e.Pipe) and position.slot.name == "steps"
