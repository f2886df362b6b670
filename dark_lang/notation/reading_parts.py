"""What the readers of expressions, signatures, definitions and whole toplevels share.

Must not know who asks. Invariant: repairs are added to the list that is passed in, none is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from dark_lang.names import NodeId
from dark_lang.naming import Naming
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.notation.cursors import Cursor
from dark_lang.notation.expression_reader import ExpressionReader
from dark_lang.notation.lexing import Tokens, lex
from dark_lang.notation.printing import print_flat
from dark_lang.notation.quoting import unescape
from dark_lang.notation.tokens import MAX_BRACKETS, MAX_DEPTH, Kind, Repair
from dark_lang.notation.trimming import trim
from dark_lang.notation.type_reader import TypeReader
from dark_lang.records import dataclass

T = TypeVar("T", bound=Node, covariant=True)
N = TypeVar("N", bound=Node)
NewId = Callable[[], NodeId]


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    tree: T
    repairs: tuple[Repair, ...]  # in the order of the text


def sequence_at(text: str, start: int, naming: Naming, fresh: NewId, repairs: list[Repair]) -> e.Expression:
    reader = ExpressionReader(lex(text, start), naming, fresh)
    tree = reader.sequence()
    repairs += reader.repairs
    return within_limits(tree, naming, repairs, reader)


_VERSION: Final = re.compile(r"(.+)_v([0-9]{1,9})", re.DOTALL | re.ASCII)


def split_version(name: str) -> tuple[str, int]:
    """`total_v1` as `total` and 1; 0 for what has none."""
    found = _VERSION.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, 0)


def signature_of(lexed: Tokens, naming: Naming, fresh: NewId, repairs: list[Repair]) -> top.Function:
    """What fits nowhere in it is kept as the beginning of the body."""
    reader = TypeReader(lexed, naming, fresh)
    name = _name_here(reader, Kind.FN, "a function's name with its module, such as Shop::total,")
    type_params = tuple(top.TypeParameter(fresh(), word) for word in reader.type_parameters())
    params: list[tuple[str, t.Type]] = []
    if reader.kind is Kind.PAREN:
        params = reader.items(reader.parameter, lambda: ("_", reader.type_hole()))
    else:
        reader.missing("`(`")
    result = reader.type() if reader.expect(Kind.ARROW, "->") else reader.type_hole()
    body: e.Expression = e.Hole(fresh(), "")
    if something_left(reader):
        for start, end in reversed(reader.misfits):
            body = e.Let(fresh(), p.Wildcard(fresh()), e.Unread(fresh(), reader.text[start:end]), body)
    repairs += reader.repairs
    word, version = split_version(name)
    return top.Function(
        fresh(),
        1,
        "\n".join(reader.take_comments(len(reader.tokens))),
        word,
        version,
        type_params,
        tuple(top.Parameter(fresh(), name, within_limits(kind, naming, repairs, reader, 1)) for name, kind in params),
        within_limits(result, naming, repairs, reader),
        body,
    )


def typedef_of(lexed: Tokens, naming: Naming, fresh: NewId, repairs: list[Repair]) -> top.Type:
    """If anything in it fits nowhere, all that stands right of the `=` is Unread."""
    reader = TypeReader(lexed, naming, fresh)
    name = _name_here(reader, Kind.UPPER, "a type's name, such as User,")
    params = tuple(top.TypeParameter(fresh(), word) for word in reader.type_parameters())
    reader.expect(Kind.EQUALS, "=")
    first = reader.pos
    definition = reader.definition()
    if something_left(reader):
        start = min([reader.tokens[first].start, *(start for start, _ in reader.misfits)])
        definition = t.Unread(fresh(), reader.text[start : reader.tokens[-1].start])
    repairs += reader.repairs
    word, version = split_version(name)
    definition = within_limits(definition, naming, repairs, reader)
    return top.Type(fresh(), 1, "\n".join(reader.take_comments(len(reader.tokens))), word, version, params, definition)


def _name_here(reader: Cursor, kind: Kind, what: str) -> str:
    if reader.kind is Kind.STRING:
        return unescape(reader.take())
    if reader.kind in (Kind.FN, Kind.UPPER, Kind.WORD):
        if reader.kind is not kind:
            reader.repair(f"{what} was expected here")
        return reader.take()
    reader.missing(what)
    return "Nameless::nameless" if kind is Kind.FN else "Nameless"


def something_left(reader: Cursor) -> bool:
    """Whether not all of the text became part of a tree; what did not is in the reader's misfits then."""
    while reader.kind is not Kind.END:
        if reader.kind is Kind.SEPARATOR and not reader.tokens[reader.pos].text.strip():
            reader.pos += 1
        else:
            reader.misfit()
    reader.take_strange(reader.pos)
    return bool(reader.misfits)


_ADD_BRACKETS: Final = (Kind.IF, Kind.RESULT, Kind.LET, Kind.MINUS, Kind.NOT, Kind.MATCH, Kind.TRY, Kind.ARROW)


def within_limits(tree: N, naming: Naming, repairs: list[Repair], reader: Cursor, brackets: int = 0) -> N:
    """The tree with what is nested too deep as text."""
    kinds = reader.kinds
    # No node comes from less than half a token, and printing adds brackets for no others than these.
    if len(kinds) < MAX_DEPTH // 2 - 2 and reader.deepest + sum(map(kinds.count, _ADD_BRACKETS)) < MAX_BRACKETS:
        return tree
    # Flat, since the indentation of what is nested deeply would be longer than all else.
    tree, texts = trim(tree, lambda node: print_flat(node, naming), brackets)
    if texts:
        end = len(reader.text)
        depth = f"{MAX_DEPTH} nodes or {MAX_BRACKETS} brackets"
        repairs.extend(Repair(0, end, f"more than {depth} inside each other; kept as text") for _ in texts)
    return tree


def in_order(repairs: list[Repair]) -> tuple[Repair, ...]:
    return tuple(sorted(repairs, key=lambda repair: (repair.start, repair.end)))
