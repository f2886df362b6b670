"""Random trees for property tests: one Hypothesis strategy for each sort, in the normal forms of NOTATION.md.

Trees are made without identities and numbered afterwards (`numbered`), so that shrinking never has to keep ids unique.
Names are short and few, so that edits and bindings meet. Every strategy is a function, since depth is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

from dark_lang.names import Defined, Fresh, NodeId, Ref, Standard, Unresolved
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import with_fresh_ids

N = TypeVar("N", bound=Node)
S = st.SearchStrategy

UNNUMBERED = NodeId(1)

SEEDS = st.integers(0, 2**64 - 1)
WORDS = st.sampled_from(
    ["a", "b", "x", "user", "total", "n1", "toggle", "partial", "conflict", "secret", "fooBar", "x_1"]
)
TYPE_WORDS = st.sampled_from(["a", "b", "value"])
LABELS = st.one_of(
    st.none(), WORDS, st.sampled_from(["Name", "let", "x-y", "", "true", 'quo"te', "a b", "${x}", "é", "?"])
)
HOLE_LABELS = st.sampled_from(["", "", "login", "x", "todo"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN_TEXTS = st.one_of(st.sampled_from(["", "hi", "Hello ", "a\nb", "\\", "$", "${", '"', "{", "1"]), TEXTS)
NOTE_TEXTS = st.text("abc /{}()\"'?!é", min_size=1, max_size=12).map(str.strip).filter(bool)
CHARS = st.sampled_from(["a", "Z", "é", "e\u0301", "👩‍👩‍👧", '"', "\\", "\n", "$", "🇩🇪", " ", "\u202e"])
INTS = st.one_of(st.integers(-5, 300), st.integers(), st.sampled_from([2**63, 2**64, -(2**64), -(2**64) - 1, 10**40]))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
FUNCTIONS: S[Ref] = st.sampled_from(
    [
        Standard("List::map", 0),
        Standard("Dict::get", 1),
        Standard("String::length", 0),
        Defined(NodeId(0xF00D_0000_0000_0001)),
        Unresolved("Shop::total_v1"),
        Unresolved("Nowhere::near"),
    ]
)
INFIX = st.sampled_from(
    [Standard(f"Op::{word}", 0) for word in ("add", "subtract", "multiply", "divide", "modulo", "power", "append")]
    + [Standard(f"Op::{word}", 0) for word in ("equals", "notEquals", "lessThan", "greaterThanOrEqualTo")]
)
PREFIX = st.sampled_from([Standard("Op::negate", 0), Standard("Op::not", 0)])
CASES: S[tuple[Ref, str]] = st.sampled_from(
    [
        (Standard("Option"), "Some"),
        (Standard("Option"), "None"),
        (Standard("Result"), "Ok"),
        (Standard("Result"), "Error"),
        (Defined(NodeId(0xF00D_0000_0000_0002)), "Circle"),
        (Unresolved("Shape_v3"), "Rect"),
    ]
)
TYPE_REFS: S[Ref] = st.sampled_from(
    [
        Standard("Int"),
        Standard("String"),
        Standard("List"),
        Standard("Option"),
        Defined(NodeId(0xF00D_0000_0000_0002)),
        Unresolved("Missing_v0"),
    ]
)
DATASTORES: S[Ref] = st.sampled_from([Defined(NodeId(0xF00D_0000_0000_0003)), Unresolved("Gone-v2")])
SWITCHES: S[Ref] = st.sampled_from([Defined(NodeId(0xF00D_0000_0000_0004)), Unresolved("old-price")])
SECRETS: S[Ref] = st.sampled_from([Defined(NodeId(0xF00D_0000_0000_0005)), Unresolved("stripe")])


def numbered(tree: N, seed: int) -> N:
    """The tree with ids of its own."""
    return with_fresh_ids(tree, Fresh(seed))


def _many(of: S[N], least: int = 0, most: int = 3) -> S[tuple[N, ...]]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


def _unnumbered(kind: type[N], *parts: S[object]) -> S[N]:
    return st.tuples(*parts).map(lambda held: kind(UNNUMBERED, *held))


# Types


@cache
def _types(depth: int) -> S[t.Type]:
    leaves: list[S[t.Type]] = [
        _unnumbered(t.Named, TYPE_REFS, st.just(())),
        _unnumbered(t.Variable, TYPE_WORDS),
        _unnumbered(t.Hole, HOLE_LABELS),
        _unnumbered(t.Unread, PLAIN_TEXTS),
    ]
    if depth <= 0:
        return st.one_of(leaves)
    inner = st.deferred(lambda: _types(depth - 1))
    fields = _many(_unnumbered(t.FieldType, LABELS, inner))
    return st.one_of(
        *leaves,
        _unnumbered(t.Named, TYPE_REFS, _many(inner, 0, 2)),
        _unnumbered(t.Tuple, _many(inner, 2)),
        _unnumbered(t.Fn, _many(inner), inner),
        _unnumbered(t.Record, st.sampled_from([None, "", "rest"]), fields),
    )


@cache
def _definitions(depth: int) -> S[t.Type]:
    case = _unnumbered(t.Case, st.sampled_from(["Circle", "Rect", "Red"]), _many(_types(depth - 1), 0, 2))
    return st.one_of(_types(depth), _unnumbered(t.Enum, _many(case, 1)))


# Patterns


@cache
def _patterns(depth: int) -> S[p.Pattern]:
    leaves: list[S[p.Pattern]] = [
        _unnumbered(p.Wildcard),
        _unnumbered(p.Variable, WORDS),
        _unnumbered(p.Int, INTS),
        _unnumbered(p.Float, FLOATS),
        _unnumbered(p.Bool, st.booleans()),
        _unnumbered(p.Char, CHARS),
        _unnumbered(p.String, PLAIN_TEXTS),
        _unnumbered(p.Unit),
        _unnumbered(p.Hole, HOLE_LABELS),
        _unnumbered(p.Unread, PLAIN_TEXTS),
    ]
    if depth <= 0:
        return st.one_of(leaves)
    inner = st.deferred(lambda: _patterns(depth - 1))
    return st.one_of(
        *leaves,
        _unnumbered(p.Tuple, _many(inner, 2)),
        _unnumbered(p.List, st.sampled_from([None, "", "rest"]), _many(inner)),
        _unnumbered(p.Record, _many(_unnumbered(p.FieldPattern, LABELS, inner))),
        st.tuples(CASES, _many(inner, 0, 2)).map(lambda held: p.Constructor(UNNUMBERED, *held[0], held[1])),
        _unnumbered(p.Conflict, inner, _many(inner, 1, 2)),
    )


# Expressions


def _string(parts: Sequence[e.Part]) -> e.String:
    """The parts with adjacent texts joined."""
    joined: list[e.Part] = []
    for part in parts:
        if isinstance(part, e.Text) and joined and isinstance(joined[-1], e.Text):
            joined[-1] = e.Text(UNNUMBERED, joined[-1].value + part.value)
        else:
            joined.append(part)
    return e.String(UNNUMBERED, tuple(joined))


@cache
def _leaves() -> S[e.Expression]:
    return st.one_of(
        _unnumbered(e.Int, INTS),
        _unnumbered(e.Float, FLOATS),
        _unnumbered(e.Bool, st.booleans()),
        _unnumbered(e.Char, CHARS),
        _unnumbered(e.Unit),
        _unnumbered(e.Variable, WORDS),
        _unnumbered(e.Hole, HOLE_LABELS),
        _unnumbered(e.Unread, PLAIN_TEXTS),
        _unnumbered(e.FunctionRef, FUNCTIONS, st.just(())),
        _unnumbered(e.DatastoreRef, DATASTORES),
        _unnumbered(e.SecretRef, SECRETS),
        st.lists(_unnumbered(e.Text, PLAIN_TEXTS.filter(bool)), max_size=1).map(_string),
    )


def _steps(inner: S[e.Expression], kinds: S[t.Type]) -> S[e.Expression]:
    """What may stand in a pipe. A FunctionRef may not: `f` there is a Call without arguments."""
    calls = st.one_of(
        _unnumbered(e.Call, FUNCTIONS, _many(kinds, 0, 1), _many(inner, 0, 2)),
        _unnumbered(e.Apply, _unnumbered(e.Variable, WORDS), _many(inner, 1, 2)),
    )
    return st.one_of(
        calls,
        _unnumbered(e.Try, calls),
        _unnumbered(e.Lambda, _many(_patterns(0), 1, 1), inner),
        _unnumbered(e.Variable, WORDS),
    )


@cache
def _expressions(depth: int, partial: bool) -> S[e.Expression]:
    if depth <= 0:
        return _leaves()
    inner: S[e.Expression] = st.deferred(lambda: _expressions(depth - 1, partial))
    sides: S[e.Expression] = st.deferred(lambda: _expressions(depth - 1, False))
    pattern = _patterns(min(depth - 1, 2))
    kinds = _types(min(depth - 1, 1))
    fields = _unnumbered(e.Field, LABELS, inner)
    arm = _unnumbered(e.Arm, pattern, st.one_of(st.none(), inner), inner)
    choices: list[S[e.Expression]] = [
        _leaves(),
        st.lists(st.one_of(_unnumbered(e.Text, PLAIN_TEXTS.filter(bool)), inner), max_size=4).map(_string),
        _unnumbered(e.List, _many(inner)),
        _unnumbered(e.Tuple, _many(inner, 2)),
        _unnumbered(e.Dict, _many(_unnumbered(e.Entry, inner, inner))),
        _unnumbered(e.Record, _many(fields)),
        _unnumbered(e.RecordUpdate, inner, _many(fields, 1)),
        st.tuples(CASES, _many(inner, 0, 2)).map(lambda held: e.Construct(UNNUMBERED, *held[0], held[1])),
        _unnumbered(e.FieldAccess, LABELS, inner),
        _unnumbered(e.Let, pattern, inner, inner),
        _unnumbered(e.Let, _unnumbered(p.Wildcard), inner, inner),
        _unnumbered(e.If, inner, inner, inner),
        _unnumbered(e.Match, inner, _many(arm)),
        _unnumbered(e.And, inner, inner),
        _unnumbered(e.Or, inner, inner),
        _unnumbered(e.Lambda, _many(pattern), inner),
        _unnumbered(e.Call, FUNCTIONS, _many(kinds, 0, 2), _many(inner)),
        _unnumbered(e.Call, INFIX, st.just(()), _many(inner, 2, 2)),
        _unnumbered(e.Call, PREFIX, st.just(()), _many(inner, 1, 1)),
        _unnumbered(e.FunctionRef, FUNCTIONS, _many(kinds, 0, 2)),
        _unnumbered(e.Apply, inner, _many(inner)),
        _unnumbered(e.Pipe, inner, _many(_steps(inner, kinds), 1)),
        _unnumbered(e.Try, inner),
        _unnumbered(e.Toggle, SWITCHES, inner, inner),
        _unnumbered(e.Conflict, inner, _many(inner, 1, 2)),
        _unnumbered(e.Note, NOTE_TEXTS, st.booleans(), inner),
    ]
    if partial:
        choices.append(_unnumbered(e.Partial, sides, sides))
    return st.one_of(choices)


# Toplevels

LANGUAGES = st.sampled_from([1, 1, 0])
NAMES = st.sampled_from(["mail", "nightly", "new-price", "adds-up", "x"])
FUNCTION_NAMES = st.sampled_from(["Shop::total", "Shop::price", "A::B::c"])
TYPE_NAMES = st.sampled_from(["User", "Shape", "Item"])
ROUTES = st.sampled_from(["/", "/hello/:name", "/users/:id/posts", "/files/:rest*"])
VERSIONS = st.sampled_from([0, 1, 7])
DOCS = st.sampled_from(["", "", "What it is for.", "Two\nlines."])


@cache
def _toplevels(depth: int) -> S[top.Toplevel]:
    body = _expressions(depth, True)
    kinds = _types(min(depth, 2))
    maybe = st.one_of(st.none(), body)
    type_params = _many(_unnumbered(top.TypeParameter, TYPE_WORDS), 0, 2)
    parameter = _unnumbered(top.Parameter, WORDS, kinds)
    listed = st.dictionaries(WORDS, st.sampled_from([True, False]), max_size=3)
    subjects = listed.map(lambda table: tuple(sorted(table.items())))
    return st.one_of(
        _unnumbered(top.Http, LANGUAGES, DOCS, st.sampled_from(["GET", "POST"]), ROUTES, body),
        _unnumbered(top.Worker, LANGUAGES, DOCS, NAMES, body),
        _unnumbered(top.Cron, LANGUAGES, DOCS, NAMES, st.sampled_from(["every 1h", "0 3 * * *"]), body),
        _unnumbered(top.Repl, LANGUAGES, DOCS, NAMES, body),
        _unnumbered(
            top.Function, LANGUAGES, DOCS, FUNCTION_NAMES, VERSIONS, type_params, _many(parameter), kinds, body
        ),
        _unnumbered(top.Type, LANGUAGES, DOCS, TYPE_NAMES, VERSIONS, type_params, _definitions(min(depth, 2))),
        _unnumbered(
            top.Switch,
            *(LANGUAGES, DOCS, NAMES, st.booleans(), st.integers(0, 10_000), st.sampled_from(["salt", "s2"])),
            *(st.sampled_from(["murmur3", "murmur3/100"]), subjects, st.just(()), subjects, maybe),
        ),
        _unnumbered(top.Datastore, LANGUAGES, DOCS, st.sampled_from(["Users", "Items"]), VERSIONS, kinds, maybe, maybe),
        _unnumbered(top.Test, LANGUAGES, DOCS, NAMES, body),
        _unnumbered(top.Secret, LANGUAGES, DOCS, NAMES),
    )


# What tests use: numbered trees


def _with_ids(of: S[N]) -> S[N]:
    return st.tuples(of, SEEDS).map(lambda held: numbered(*held))


def expressions(depth: int = 3) -> S[e.Expression]:
    return _with_ids(_expressions(depth, True))


def patterns(depth: int = 2) -> S[p.Pattern]:
    return _with_ids(_patterns(depth))


def types(depth: int = 2) -> S[t.Type]:
    return _with_ids(_types(depth))


def toplevels(depth: int = 3) -> S[top.Toplevel]:
    return _with_ids(_toplevels(depth))
