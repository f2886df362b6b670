"""Text as trees: the public door of the reader.

Must not know how trees are written, except to keep as text what is too deep. Invariants: nothing is raised, whatever
the text; every text gives a tree from which nothing of it is missing; each guess is a `Repair`; what is printed of the
tree reads back to it with nothing repaired.
"""

from __future__ import annotations

from dark_lang.naming import Naming
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.notation.cursors import Cursor
from dark_lang.notation.expression_reader import ExpressionReader
from dark_lang.notation.lexing import clean, lex
from dark_lang.notation.reading_parts import (
    NewId,
    Reading,
    in_order,
    sequence_at,
    signature_of,
    something_left,
    typedef_of,
    within_limits,
)
from dark_lang.notation.reading_toplevels import read_toplevel
from dark_lang.notation.tokens import Repair
from dark_lang.notation.type_reader import TypeReader

__all__ = [
    "Reading",
    "Repair",
    "read_expression",
    "read_pattern",
    "read_signature",
    "read_step",
    "read_toplevel",
    "read_type",
    "read_typedef",
]


def read_expression(text: str, naming: Naming, fresh: NewId) -> Reading[e.Expression]:
    """One or more statements. No text at all is a hole."""
    text, repairs = clean(text)
    tree = sequence_at(text, 0, naming, fresh, repairs)
    return Reading(tree, in_order(repairs))


def read_step(text: str, naming: Naming, fresh: NewId) -> Reading[e.Expression]:
    """A step of a pipe: a function's bare name is a call that lacks its first argument."""
    found = read_expression(text, naming, fresh)
    step = found.tree
    if isinstance(step, e.FunctionRef):
        step = e.Call(step.id, step.function, step.type_args, ())
    return Reading(step, found.repairs)


def read_pattern(text: str, naming: Naming, fresh: NewId) -> Reading[p.Pattern]:
    """A pattern; what is not one as a whole is Unread as a whole."""
    text, repairs = clean(text)
    reader = ExpressionReader(lex(text), naming, fresh)
    tree = reader.pattern()
    if something_left(reader) or _has_comments(reader):
        tree = p.Unread(fresh(), text)
    repairs += reader.repairs
    return Reading(within_limits(tree, naming, repairs, reader), in_order(repairs))


def read_type(text: str, naming: Naming, fresh: NewId) -> Reading[t.Type]:
    """A type; what is not one as a whole is Unread as a whole."""
    text, repairs = clean(text)
    reader = TypeReader(lex(text, types=True), naming, fresh)
    tree = reader.type()
    if something_left(reader) or _has_comments(reader):
        tree = t.Unread(fresh(), text)
    repairs += reader.repairs
    return Reading(within_limits(tree, naming, repairs, reader), in_order(repairs))


def read_signature(text: str, naming: Naming, fresh: NewId) -> Reading[top.Function]:
    """`Shop::total<a>(items: List<a>) -> Int` with a hole for its body. Without a version it is version 0."""
    text, repairs = clean(text)
    tree = signature_of(lex(text, types=True), naming, fresh, repairs)
    return Reading(tree, in_order(repairs))


def read_typedef(text: str, naming: Naming, fresh: NewId) -> Reading[top.Type]:
    """`User = { name: String }`, `Shape_v1<a> = Circle(a) | Square`. Without a version it is version 0."""
    text, repairs = clean(text)
    tree = typedef_of(lex(text, types=True), naming, fresh, repairs)
    return Reading(tree, in_order(repairs))


def _has_comments(reader: Cursor) -> bool:
    """Types and patterns have no place for a comment."""
    if reader.comments:
        _, start, end = reader.comments[0]
        reader.repairs.append(Repair(start, end, "a comment has no place here; all is kept as text"))
    return bool(reader.comments)
