"""Text read as what a place takes: an expression, a pattern, an arm, fields, parameters and so on.

The notation has entry points for whole expressions, patterns, types and signatures only; smaller pieces are read inside
the smallest text around them. Must not know where the pieces go. Invariant: total, as the reader is: text that does
not make the piece that was asked for is kept inside one that does, and the repair says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dark_lang.errors import RefusedError
from dark_lang.naming import Naming
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Slot, Sort
from dark_lang.notation.reading import (
    Reading,
    Repair,
    read_expression,
    read_pattern,
    read_signature,
    read_type,
    read_typedef,
)
from dark_lang.records import dataclass
from dark_lang.restructuring.surgery import SORT_WORDS, NewId, hole_for


@dataclass(frozen=True, slots=True)
class Pieces:
    nodes: tuple[Node, ...]
    repairs: tuple[Repair, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(repair.message for repair in self.repairs)


def read_pieces(slot: Slot, text: str, naming: Naming, fresh: NewId, *, parent: Node | None = None) -> Pieces:
    """What `text` gives for a slot: one or more nodes of its sort. `parent` holds the slot, if that matters (steps of
    a pipe are written as in a pipe)."""
    if isinstance(parent, e.Pipe) and slot.name == "steps":
        return _inside("? |> ", text, "", read_expression, _steps, naming, fresh, slot.sort)
    match slot.sort:
        case Sort.EXPRESSION:
            return _whole(read_expression(text, naming, fresh))
        case Sort.PART:
            whole = read_expression(text, naming, fresh)
            parts = whole.tree.parts if isinstance(whole.tree, e.String) else (whole.tree,)
            return Pieces(parts, whole.repairs)
        case Sort.PATTERN:
            return _whole(read_pattern(text, naming, fresh))
        case Sort.TYPE:
            return _whole(read_type(text, naming, fresh))
        case Sort.ARM:
            return _inside("match ? {\n", text, "\n}", read_expression, _arms, naming, fresh, slot.sort)
        case Sort.FIELD:
            return _inside("{ ", text, " }", read_expression, _fields, naming, fresh, slot.sort)
        case Sort.ENTRY:
            return _inside("#{ ", text, " }", read_expression, _entries, naming, fresh, slot.sort)
        case Sort.FIELD_PATTERN:
            return _inside("{ ", text, " }", read_pattern, _field_patterns, naming, fresh, slot.sort)
        case Sort.FIELD_TYPE:
            return _inside("{ ", text, " }", read_type, _field_types, naming, fresh, slot.sort)
        case Sort.CASE:
            return _inside("T = | ", text, "", read_typedef, _cases, naming, fresh, slot.sort)
        case Sort.PARAMETER:
            return _inside("A::a(", text, ") -> Unit", read_signature, _parameters, naming, fresh, slot.sort)
        case Sort.TYPE_PARAMETER:
            return _inside("A::a<", text, ">() -> Unit", read_signature, _type_parameters, naming, fresh, slot.sort)
        case Sort.TOPLEVEL:
            raise RefusedError("a definition goes into the canvas, not into another one")


def _whole(reading: Reading[e.Expression] | Reading[p.Pattern] | Reading[t.Type]) -> Pieces:
    return Pieces((reading.tree,), reading.repairs)


def _inside(
    before: str,
    text: str,
    after: str,
    read: Callable[..., Reading[Node]],
    pick: Callable[[Node], Sequence[Node]],
    naming: Naming,
    fresh: NewId,
    sort: Sort,
) -> Pieces:
    reading = read(before + text + after, naming, fresh)
    found = tuple(pick(reading.tree))
    shift = len(before)
    repairs = tuple(
        Repair(max(0, repair.start - shift), min(len(text), max(0, repair.end - shift)), repair.message)
        for repair in reading.repairs
    )
    if found:
        return Pieces(found, repairs)
    alone = read_expression(text, naming, fresh)
    kept = _around(alone.tree, text, sort, fresh)
    return Pieces((kept,), (*alone.repairs, Repair(0, len(text), f"read as {SORT_WORDS[sort]} with a part missing")))


def _around(node: e.Expression, text: str, sort: Sort, fresh: NewId) -> Node:
    """The text in a piece of the sort that was asked for. Some sorts have no room for text: RefusedError."""
    match sort:
        case Sort.EXPRESSION:
            return node
        case Sort.ARM:
            return e.Arm(fresh(), p.Hole(fresh(), ""), None, node)
        case Sort.FIELD:
            return e.Field(fresh(), None, node)
        case Sort.ENTRY:
            return e.Entry(fresh(), node, e.Hole(fresh(), ""))
        case Sort.FIELD_PATTERN:
            return p.FieldPattern(fresh(), None, p.Unread(fresh(), text))
        case Sort.FIELD_TYPE:
            return t.FieldType(fresh(), None, t.Unread(fresh(), text))
        case _:
            raise RefusedError(f"this does not read as {SORT_WORDS[sort]}: {text}", suggestion=_FORMS.get(sort, ""))


_FORMS = {
    Sort.PARAMETER: "a parameter is written `name: Type`",
    Sort.TYPE_PARAMETER: "a type parameter is a lower-case word",
    Sort.CASE: "a case is written `Name` or `Name(Type, Type)`",
}


def _steps(tree: Node) -> Sequence[Node]:
    return tree.steps if isinstance(tree, e.Pipe) and isinstance(tree.head, e.Hole) else ()


def _arms(tree: Node) -> Sequence[Node]:
    return tree.arms if isinstance(tree, e.Match) and isinstance(tree.subject, e.Hole) else ()


def _fields(tree: Node) -> Sequence[Node]:
    return tree.fields if isinstance(tree, e.Record) else ()


def _entries(tree: Node) -> Sequence[Node]:
    return tree.entries if isinstance(tree, e.Dict) else ()


def _field_patterns(tree: Node) -> Sequence[Node]:
    return tree.fields if isinstance(tree, p.Record) else ()


def _field_types(tree: Node) -> Sequence[Node]:
    return tree.fields if isinstance(tree, t.Record) and tree.rest is None else ()


def _cases(tree: Node) -> Sequence[Node]:
    return tree.definition.cases if isinstance(tree, top.Type) and isinstance(tree.definition, t.Enum) else ()


def _parameters(tree: Node) -> Sequence[Node]:
    return tree.params if isinstance(tree, top.Function) and tree.name == "A::a" else ()


def _type_parameters(tree: Node) -> Sequence[Node]:
    return tree.type_params if isinstance(tree, top.Function) and tree.name == "A::a" else ()


def read_piece(slot: Slot, text: str, naming: Naming, fresh: NewId, *, parent: Node | None = None) -> Pieces:
    """One node for a slot that takes one. RefusedError if the text gives several."""
    pieces = read_pieces(slot, text, naming, fresh, parent=parent)
    if slot.sort is Sort.PART and len(pieces.nodes) != 1:
        whole = read_expression(text, naming, fresh)
        return Pieces((whole.tree,), whole.repairs)
    if not pieces.nodes:
        return Pieces((hole_for(slot.sort, fresh),), pieces.repairs)
    if len(pieces.nodes) > 1:
        raise RefusedError(
            f"there is place for one here, and the text gives {len(pieces.nodes)}",
            suggestion="insert them one by one with `dark insert ADDR TEXT --after`",
        )
    return pieces
