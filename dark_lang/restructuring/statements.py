"""Spines of statements: lets and notes, each the body of the one before.

Must not know drafts. Invariant: taking a spine apart and putting it together again gives the same tree, ids included.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.restructuring.surgery import NewId, changed

Statement: TypeAlias = e.Let | e.Note
"""Its own body is not part of it."""


def is_statement(node: Node) -> bool:
    return isinstance(node, e.Let) or (isinstance(node, e.Note) and not node.after)


def take_apart(node: e.Expression) -> tuple[list[Statement], e.Expression]:
    """The statements and the value of the last one's body."""
    found: list[Statement] = []
    while isinstance(node, e.Let | e.Note) and is_statement(node):
        found.append(node)
        node = node.body
    return found, node


def put_together(statements: Iterable[Statement], value: e.Expression) -> e.Expression:
    for statement in reversed(list(statements)):
        value = statement if statement.body is value else changed(statement, body=value)
    return value


def as_statements(node: e.Expression, fresh: NewId) -> list[Statement]:
    """What was read as a text of its own, as statements before something else: `let x = 1` ends in a hole that the
    something will fill; a plain expression is evaluated and forgotten."""
    statements, value = take_apart(node)
    if statements and isinstance(value, e.Hole) and not value.label:
        return statements
    return [*statements, e.Let(fresh(), p.Wildcard(fresh()), value, e.Hole(fresh(), ""))]


def is_forgotten(statement: Node) -> bool:
    """`e; …`: a let that binds nothing."""
    return isinstance(statement, e.Let) and isinstance(statement.pattern, p.Wildcard)
