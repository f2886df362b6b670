"""Where the printed form of a tree has brackets, and how deep it nests: shared by the printer, which writes the
brackets, and by `trimming`, which counts them.

Must not know text or widths. Invariant: with these brackets a tree reads back as it is; the printer writes brackets
nowhere else.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from dark_lang.names import Ref, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.notation.tokens import (
    INFIX_OF,
    LEVEL_AND,
    LEVEL_OPEN,
    LEVEL_OR,
    LEVEL_PIPE,
    LEVEL_POSTFIX,
    LEVEL_POWER,
    LEVEL_PREFIX,
    LEVEL_SEQUENCE,
    PREFIX_OF,
    Operator,
)

_INFIX: Final[dict[Ref, Operator]] = {Standard(name, 0): operator for name, operator in INFIX_OF.items()}
_PREFIX: Final[dict[Ref, Operator]] = {Standard(name, 0): operator for name, operator in PREFIX_OF.items()}
_LIKE_WORDS: Final = frozenset({"partial", "conflict"})


def operator_of(call: e.Call) -> Operator | None:
    """The operator that the call is written as; None if it is written by name."""
    if call.type_args:
        return None
    if len(call.args) == 2:
        return _INFIX.get(call.function)
    return _PREFIX.get(call.function) if len(call.args) == 1 else None


def level_of(node: Node) -> int:
    """How tightly the printed form of an expression holds together."""
    match node:
        case e.Let() | e.Note():
            return LEVEL_SEQUENCE
        case e.Lambda() | e.If():
            return LEVEL_OPEN
        case e.Pipe():
            return LEVEL_PIPE
        case e.Or():
            return LEVEL_OR
        case e.And():
            return LEVEL_AND
        case e.Call():
            operator = operator_of(node)
            return LEVEL_POSTFIX if operator is None else operator.level
        case e.Int() | e.Float():
            # Left of `^` and after `-` a negative number could be misunderstood by a person, not by the reader.
            return LEVEL_PREFIX if _is_negative(node.value) else LEVEL_POSTFIX
        case _:
            return LEVEL_POSTFIX


def is_parenthesised(parent: Node, slot: str, nth: int, child: Node) -> bool:
    """Whether an expression stands in parentheses of its own in that slot."""
    wanted = _LEAST.get((type(parent), slot))
    if wanted is None:
        return isinstance(parent, e.Call) and slot == "args" and _is_call_argument_parenthesised(parent, nth, child)
    if level_of(child) < wanted:
        return True
    match parent:
        case e.Pipe() | e.Try():
            # A bare name would be called.
            return isinstance(child, e.FunctionRef) and slot != "head"
        case e.Apply():
            # Parentheses right after these are theirs.
            return slot == "function" and isinstance(child, (e.FunctionRef, e.Construct))
        case e.Match():
            # So would `match partial {`.
            return slot == "subject" and isinstance(child, e.Variable) and child.name in _LIKE_WORDS
        case e.Note():
            # A comment after statements reads back as one on the last of them.
            return parent.after and level_of(child) == LEVEL_SEQUENCE and not _is_after(child)
        case _:
            return False


def _is_call_argument_parenthesised(parent: e.Call, nth: int, child: Node) -> bool:
    operator = operator_of(parent)
    if operator is None:
        return level_of(child) < LEVEL_OPEN
    if operator.level == LEVEL_PREFIX:
        return level_of(child) < LEVEL_PREFIX or (operator.sign == "-" and _begins_with_number(child))
    tighter_side = 0 if operator.level == LEVEL_POWER else 1
    return level_of(child) < operator.level + (nth == tighter_side)


def _is_after(node: Node) -> bool:
    return isinstance(node, e.Note) and node.after


def _is_negative(number: float) -> bool:
    return math.copysign(1, number) < 0 if isinstance(number, float) else number < 0


def _begins_with_number(node: Node) -> bool:
    """Whether a `-` before it would become part of a number."""
    while True:
        match node:
            case e.FieldAccess():
                node = node.record
            case e.Apply():
                node = node.function
            case e.Try():
                node = node.value
            case _:
                return isinstance(node, (e.Int, e.Float))


# The least level that stands in a slot without parentheses.
_LEAST: Final[dict[tuple[type[Node], str], int]] = {
    (e.Let, "value"): LEVEL_OPEN,
    (e.Note, "body"): LEVEL_SEQUENCE,  # but see above
    (e.List, "items"): LEVEL_OPEN,
    (e.Tuple, "items"): LEVEL_OPEN,
    (e.Entry, "key"): LEVEL_OPEN,
    (e.Entry, "value"): LEVEL_OPEN,
    (e.Field, "value"): LEVEL_OPEN,
    (e.RecordUpdate, "record"): LEVEL_OPEN,
    (e.Construct, "args"): LEVEL_OPEN,
    (e.FieldAccess, "record"): LEVEL_POSTFIX,
    (e.If, "condition"): LEVEL_PIPE,
    (e.If, "then"): LEVEL_PIPE,
    (e.If, "else_"): LEVEL_OPEN,
    (e.Arm, "guard"): LEVEL_PIPE,
    (e.Match, "subject"): LEVEL_POSTFIX,  # `match a + partial {` would begin something else
    (e.And, "left"): LEVEL_AND,
    (e.And, "right"): LEVEL_AND + 1,
    (e.Or, "left"): LEVEL_OR,
    (e.Or, "right"): LEVEL_OR + 1,
    (e.Lambda, "body"): LEVEL_OPEN,
    (e.Apply, "function"): LEVEL_POSTFIX,
    (e.Apply, "args"): LEVEL_OPEN,
    (e.Pipe, "head"): LEVEL_PIPE + 1,
    (e.Pipe, "steps"): LEVEL_PIPE + 1,
    (e.Try, "value"): LEVEL_POSTFIX,
    (e.Toggle, "old"): LEVEL_OPEN,
    (e.Toggle, "new"): LEVEL_OPEN,
    (e.Partial, "new"): LEVEL_OPEN,
    (e.Partial, "old"): LEVEL_OPEN,
    (e.Conflict, "base"): LEVEL_OPEN,
    (e.Conflict, "alternatives"): LEVEL_OPEN,
}


def has_brackets(node: Node) -> bool:
    """Whether the printed form has brackets of the node's own."""
    match node:
        case e.String():
            return any(not isinstance(part, e.Text) for part in node.parts)
        case e.Construct() | p.Constructor() | t.Named() | t.Case():
            return bool(node.args)
        case e.FunctionRef():
            return bool(node.type_args)
        case e.Call():
            return operator_of(node) is None
        case e.Lambda():
            return not _is_bare(node)
        case t.Fn():
            return is_listed(node)
        case _:
            return type(node) in _BRACKETED


def _is_bare(node: e.Lambda) -> bool:
    return len(node.params) == 1 and isinstance(node.params[0], (p.Variable, p.Wildcard))


def is_listed(node: t.Fn) -> bool:
    """Whether the parameters of a function type stand in parentheses."""
    return len(node.params) != 1 or isinstance(node.params[0], (t.Fn, t.Tuple))


_BRACKETED: Final = frozenset(
    {
        *(e.Unit, e.List, e.Tuple, e.Dict, e.Record, e.RecordUpdate, e.Match, e.Apply, e.Toggle, e.Partial, e.Conflict),
        *(p.Unit, p.Tuple, p.List, p.Record, p.Conflict, t.Tuple, t.Record, t.Conflict),
    }
)

_OUTSIDE: Final[frozenset[tuple[type[Node], str]]] = frozenset(
    {
        *((e.Match, "subject"), (e.Apply, "function"), (e.Lambda, "body"), (t.Fn, "result")),
    }
)


def encloses(node: Node, slot: str) -> bool:
    """Whether the node's own brackets stand around what is in that slot."""
    return (type(node), slot) not in _OUTSIDE and has_brackets(node)


def is_same_spine(parent: Node, slot: str, nth: int, child: Node) -> bool:
    """Whether the two count as one level of nesting: the printed form goes on rather than in."""
    match parent:
        case e.Let():
            return slot == "body"
        case e.Note():
            return slot == "body" and not is_parenthesised(parent, slot, nth, child)
        case e.And():
            return slot == "left" and isinstance(child, e.And)
        case e.Or():
            return slot == "left" and isinstance(child, e.Or)
        case e.Call():
            operator = operator_of(parent)
            if operator is None or operator.level == LEVEL_PREFIX or not isinstance(child, e.Call):
                return False
            inner = operator_of(child)
            side = 1 if operator.level == LEVEL_POWER else 0
            return inner is not None and inner.level == operator.level and nth == side
        case _:
            return False


Row: TypeAlias = e.Call | e.And | e.Or
"""Operators of one level, written one after the other."""


def row_below(node: Node) -> Row | None:
    """The left operand that is written as part of the same row of operators; None if there is none. Rows of `^` and of
    prefixes are no wider than they are deep, and need no such care."""
    match node:
        case e.Call():
            operator = operator_of(node)
            left = node.args[0] if operator is not None and operator.level not in _NOT_ROWS else None
            return left if isinstance(left, e.Call) and is_same_spine(node, "args", 0, left) else None
        case e.And():
            return node.left if isinstance(node.left, e.And) else None
        case e.Or():
            return node.left if isinstance(node.left, e.Or) else None
        case _:
            return None


def right_of(row: Node) -> e.Expression:
    """The last operand of a row of operators."""
    match row:
        case e.Call():
            return row.args[1]
        case e.And() | e.Or():
            return row.right
        case _:
            raise TypeError(f"{type(row).__name__} is no row of operators")


_NOT_ROWS: Final = (LEVEL_PREFIX, LEVEL_POWER)
