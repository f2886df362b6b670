"""What can be done at a place: exact command lines, ready to be typed.

Must not know how commands work, only how they are written. Invariant: the words of each line are right for that node;
what it asks for may still be refused, because a name is taken or a new side unfinished.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from dark_lang.names import Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Sort, shape_of
from dark_lang.nodes.walking import children_of, positions_in
from dark_lang.remedies import Mend
from dark_lang.restructuring.arities import is_operator, main_list
from dark_lang.restructuring.mending import is_step, mending
from dark_lang.restructuring.surgery import sort_of

_SAMPLES = {
    Sort.EXPRESSION: "?",
    Sort.PART: "?",
    Sort.PATTERN: "?",
    Sort.TYPE: "?",
    Sort.ARM: "? -> ?",
    Sort.FIELD: "?: ?",
    Sort.ENTRY: "?: ?",
    Sort.FIELD_PATTERN: "?: ?",
    Sort.FIELD_TYPE: "?: ?",
    Sort.CASE: "Case",
    Sort.PARAMETER: "name: ?",
    Sort.TYPE_PARAMETER: "a",
}


def actions(
    root: top.Toplevel,
    node: Node,
    address: str,
    *,
    mends: Sequence[Mend] = (),
    fits: Sequence[str] = (),
) -> list[str]:
    """The commands that make sense at a node that answers to `address`: first those that are about what is wrong
    there (`mends`), then the code that fits if it is a hole, then what can be done to any node of its kind."""
    place = shlex.quote(address)
    about = [line for mend in mends for line in mending(root, node, place, mend)]
    filling = [f"fill {place} {shlex.quote(code)}" for code in fits]
    usual = [line.replace("ADDR", place) for line in _lines(root, node)]
    return [f"dark {line}" for line in dict.fromkeys([*about, *filling, *usual])]


def _lines(root: top.Toplevel, node: Node) -> Iterator[str]:
    if node.id == root.id:
        yield from _of_definition(root)
        return
    yield from _of_kind(node)
    if sort_of(node) in (Sort.EXPRESSION, Sort.PATTERN, Sort.TYPE) and not isinstance(node, e.Hole | p.Hole | t.Hole):
        yield "replace-node ADDR ?"
    yield from _of_list(node)
    yield from _of_place(root, node)
    for field in shape_of(type(node)).scalars:
        if sort_of(node) is not Sort.EXPRESSION or not isinstance(node, e.Hole):
            yield f"set ADDR {field} {_sample(getattr(node, field))}"
    yield "delete ADDR"


def _of_definition(root: top.Toplevel) -> Iterator[str]:
    yield "edit ADDR"
    yield f"rename ADDR {'/new/route' if isinstance(root, top.Http) else _new_name(root)}"
    yield "set ADDR doc 'What it is for'"
    if isinstance(root, top.Function):
        yield "insert ADDR 'name: ?' --last"
    yield "delete ADDR"


def _new_name(root: top.Toplevel) -> str:
    match root:
        case top.Function():
            return "Module::other"
        case top.Type() | top.Datastore():
            return "Other"
        case _:
            return "other"


def _of_kind(node: Node) -> Iterator[str]:
    match node:
        case e.Hole() | p.Hole() | t.Hole():
            yield "fill ADDR ?"
        case e.Call(function=function) | e.FunctionRef(function=function):
            if not is_operator(node):
                yield "retarget ADDR Module::function"
            if not isinstance(function, Standard):
                yield "inline ADDR"
        case e.Let(pattern=p.Variable()):
            yield "rename ADDR other"
            yield "inline ADDR"
        case e.Variable() | p.Variable() | top.Parameter():
            yield "rename ADDR other"
        case e.Partial():
            yield "accept ADDR"
            yield "abandon ADDR"
        case e.Conflict(alternatives=alternatives) | p.Conflict(alternatives=alternatives):
            yield "resolve ADDR base"
            for number in range(1, len(alternatives) + 1):
                yield f"resolve ADDR {number}"


def _of_list(node: Node) -> Iterator[str]:
    slot = main_list(node)
    if slot is None or is_operator(node):
        return
    sample = shlex.quote(_SAMPLES[slot.sort])
    yield f"insert ADDR {sample} --first"
    yield f"insert ADDR {sample} --last"
    if getattr(node, slot.name):
        yield "barf ADDR"


def _of_place(root: top.Toplevel, node: Node) -> Iterator[str]:
    position = positions_in(root)[node.id]
    if sort_of(node) is Sort.EXPRESSION:
        if not is_step(position):
            yield "wrap ADDR 'if ? then ?it else ?'"
            yield "extract ADDR Module::name"
            yield "extract ADDR name --let"
        if isinstance(position.parent, Node) and sort_of(position.parent) is not Sort.TOPLEVEL:
            yield "raise ADDR"
        if len(children_of(node)) == 1 and sort_of(children_of(node)[0]) is Sort.EXPRESSION:
            yield "splice ADDR"
    if position.slot.arity is Arity.MANY:
        sample = shlex.quote(_SAMPLES[position.slot.sort])
        yield f"insert ADDR {sample} --before"
        yield f"insert ADDR {sample} --after"
        held = getattr(position.parent, position.slot.name)
        if position.nth + 1 < len(held):
            yield "transpose ADDR"
            if main_list(node) is not None and not is_operator(node):
                yield "slurp ADDR"
    elif sort_of(node) is Sort.EXPRESSION:
        yield "insert ADDR ? --before"
        yield "insert ADDR ? --after"


def _sample(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return shlex.quote(value) if value else "''"
        case _:
            return "?"
