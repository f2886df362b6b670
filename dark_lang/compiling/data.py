"""Literals, text, lists, tuples, dicts, records and cases: nodes whose value is built from the values of their parts.

Must not know control flow or calls. Invariant: parts are evaluated left to right; a hole may stand in data, but not in
text, nor as a key.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import NeedKind, bound_for
from dark_lang.compiling.generating import UNREADABLE, Generator, Result
from dark_lang.library import STANDARD_CASES
from dark_lang.names import NOWHERE, NodeId, Ref, Standard
from dark_lang.nodes import expressions as e
from dark_lang.values.limits import TEXT_LENGTH
from dark_lang.values.model import Char

_EMPTY = py.Constant("")
_FEW = 6  # parts of a text that are joined one after the other


def integer(_g: Generator, node: e.Int) -> Result:
    return py.integer(node.value), "I"


def floating(_g: Generator, node: e.Float) -> Result:
    return py.Constant(node.value), "F"


def boolean(_g: Generator, node: e.Bool) -> Result:
    return py.TRUE if node.value else py.FALSE, "B"


def character(g: Generator, node: e.Char) -> Result:
    return py.load(g.constant(Char(node.value))), "X"


def unit(_g: Generator, _node: e.Unit) -> Result:
    return py.UNIT, "U"


def string(g: Generator, node: e.String) -> Result:
    parts = node.parts
    if len(parts) == 1 and type(parts[0]) is e.Text:
        return py.word(parts[0].value), "S"
    if not parts:
        return _EMPTY, "S"
    if g.types is not None:
        return _typed_string(g, node), "S"
    if len(parts) > _FEW:
        return _long_string(g, node), "S"
    results = iter(g.values([part for part in parts if type(part) is not e.Text]))
    # The native operator takes nothing but text: what it raises says what was wrong, and so nothing is asked before.
    joined: ast.expr | None = None
    inner = 0
    for part in parts:
        if type(part) is e.Text:
            text = py.Constant(part.value)
            joined = text if joined is None else py.BinOp(joined, py.ADD, text)
            continue
        inner += 1
        value, kind = next(results)
        if kind == "S":
            joined = value if joined is None else py.BinOp(joined, py.ADD, value)
            continue
        value, name = _named(g, value)
        joined = py.BinOp(joined or _EMPTY, py.ADD, value)
        joined.lineno = g.line(part.id)
        g.site(joined.lineno, "text", [name], "")
    if inner > 1:
        # One that takes in several can double with every turn of a loop; one alone grows no faster than its text.
        joined = py.call("text", [joined or _EMPTY], g.line(node.id))
    return joined or _EMPTY, "S"


def _typed_string(g: Generator, node: e.String) -> ast.expr:
    """The parts are known to be text."""
    results = iter(g.values([part for part in node.parts if type(part) is not e.Text]))
    pieces: list[ast.expr] = []
    lengths: list[ast.expr] = []  # of those parts that may be long
    for part in node.parts:
        if type(part) is e.Text:
            pieces.append(py.Constant(part.value))
            continue
        value, _ = next(results)
        if written(value) is None:
            lengths.append(value)
        pieces.append(value)
    if len(lengths) > _FEW:
        return _measured_first(g, node, pieces)
    whole = py.JoinedStr([_formatted(piece) for piece in pieces])
    # One part alone grows no faster than it takes time; several can double with every turn of a loop.
    if len(lengths) < 2:
        return whole
    name = g.fresh()
    fits = py.compare(py.call("len", [py.named(name, whole)]), py.LESS_OR_EQUAL, py.Constant(TEXT_LENGTH))
    return py.IfExp(fits, py.load(name), py.call("text", [py.load(name)], g.line(node.id)))


def _formatted(piece: ast.expr) -> ast.expr:
    return piece if type(piece) is py.Constant else py.FormattedValue(written(piece) or piece, -1, None)


def _measured_first(g: Generator, node: e.String, pieces: list[ast.expr]) -> ast.expr:
    """Of many parts, joined by a function that adds up their lengths before it joins any."""
    return py.call("joined", [py.tuple_of(pieces)], g.line(node.id))


def written(value: ast.expr) -> ast.expr | None:
    """The Int that an expression writes as a few digits; None if it does something else."""
    if type(value) is py.Call and value.func is _STR:
        return value.args[0]
    return None


_STR: Final = py.load("str")


def _named(g: Generator, value: ast.expr) -> tuple[ast.expr, ast.expr]:
    """An expression, and the name that holds its value once it was evaluated. The name is bound inside the expression:
    what stands before it is still waiting."""
    if isinstance(value, ast.Name):
        return value, value
    name = g.fresh()
    return py.named(name, value), py.load(name)


def _long_string(g: Generator, node: e.String) -> ast.expr:
    """Joined at once, since joining one part after the other takes the square of their number."""
    inner = [part for part in node.parts if not isinstance(part, e.Text)]
    results = iter(g.values(inner))
    pieces: list[ast.expr] = []
    for part in node.parts:
        if isinstance(part, e.Text):
            pieces.append(py.Constant(part.value))
        else:
            pieces.append(_as_text(g, part, next(results)))
    return _measured_first(g, node, pieces)


def _as_text(g: Generator, part: e.Expression, result: Result) -> ast.expr:
    value, kind = result
    if kind == "S":
        return value
    first, name = _named(g, value)
    test = py.compare(py.Call(py.load("type"), [first], []), py.IS, py.load("str"))
    return py.IfExp(test, name, py.call("bad_text", [name], g.line(part.id)))


def text(_g: Generator, node: e.Text) -> Result:
    return py.Constant(node.value), "S"


def list_(g: Generator, node: e.List) -> Result:
    return py.list_of([value for value, _ in g.values(node.items)]), "L"


def tuple_(g: Generator, node: e.Tuple) -> Result:
    return py.tuple_of([value for value, _ in g.values(node.items)]), "T"


def dict_(g: Generator, node: e.Dict) -> Result:
    results = iter(g.values([child for entry in node.entries for child in (entry.key, entry.value)]))
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    for entry in node.entries:
        key, kind = next(results)
        if kind != "S":
            name = g.fresh()
            test = py.compare(py.Call(py.load("type"), [py.named(name, key)], []), py.IS, py.load("str"))
            key = py.IfExp(test, py.load(name), py.call("bad_key", [py.load(name)], g.line(entry.key.id)))
        keys.append(key)
        values.append(next(results)[0])
    return py.call("GuestDict", [py.Dict(keys, values)] if keys else []), "D"


def _fields(g: Generator, fields: Sequence[e.Field], first: Result | None = None) -> tuple[list[Result], Result | None]:
    """The values of fields (after `first`), or the failure that a field stands for that has no label or a taken one."""
    if g.types is not None:
        return g.values([field.value for field in fields], first), None
    seen: set[str] = set()
    for field in fields:
        if field.label is None:
            return [], (py.call("stop", [py.Constant(field.id), py.Constant("a field has no label yet")]), "")
        if field.label in seen:
            return [], g.failure(field.id, f"The field `{field.label}` is given twice")
        seen.add(field.label)
    return g.values([field.value for field in fields], first), None


def record(g: Generator, node: e.Record) -> Result:
    results, mistake = _fields(g, node.fields)
    if mistake is not None:
        return mistake
    return py.Dict([py.word(field.label or "") for field in node.fields], [value for value, _ in results]), "R"


def record_update(g: Generator, node: e.RecordUpdate) -> Result:
    results, mistake = _fields(g, node.fields, g.value(node.record))
    if mistake is not None:
        return mistake
    (record, _), *values = results
    if g.types is not None:
        labels: list[ast.expr | None] = [None, *[py.word(field.label or "") for field in node.fields]]
        return py.Dict(labels, [record, *[value for value, _ in values]]), "R"
    changes = py.Dict([py.word(field.label or "") for field in node.fields], [value for value, _ in values])
    return py.call("update", [record, changes], g.line(node.id)), "R"


def construct(g: Generator, node: e.Construct) -> Result:
    results = g.values(node.args)
    ref = node.type
    type_: ast.expr
    if isinstance(ref, Standard):
        expected = STANDARD_CASES.get(node.case)
        if expected is None or expected[0] != ref.name:
            return g.failure(node.id, f"{ref.name} has no case {node.case}")
        if expected[1] != len(results):
            return g.failure(node.id, counted(node.case, expected[1], "value", len(results)))
        if not results:
            return py.load("NONE"), "C"
        type_ = py.word(ref.name)
    else:
        type_ = py.located_load(g.need(NeedKind.CASE, ref, len(results), node.case), g.line(node.id))
    return py.call("Case", [type_, py.word(node.case), py.tuple_of([value for value, _ in results])]), "C"


def counted(name: str, expected: int, what: str, given: int) -> str:
    takes = f"{expected} {what}{'' if expected == 1 else 's'}"
    return f"{name} takes {takes}, and {given} {'is' if given == 1 else 'are'} given"


def datastore(g: Generator, node: e.DatastoreRef) -> Result:
    return _located(g, NeedKind.DATASTORE, node.datastore, node)


def secret(g: Generator, node: e.SecretRef) -> Result:
    return _located(g, NeedKind.SECRET, node.secret, node)


def function(g: Generator, node: e.FunctionRef) -> Result:
    return _located(g, NeedKind.FUNCTION, node.function, node, bound_for(node.function, node.id))


def _located(g: Generator, kind: NeedKind, ref: Ref, node: e.Expression, bound: NodeId = NOWHERE) -> Result:
    # Kept at once, so that a name that cannot be bound fails here and not where the value is used.
    name = g.fresh()
    g.block.append(py.assign(name, py.located_load(g.need(kind, ref, node=bound), g.line(node.id))))
    return py.load(name), ""


def hole(g: Generator, node: e.Hole) -> Result:
    return g.hole(node.id, node.label), ""


def unread(g: Generator, node: e.Unread) -> Result:
    return g.hole(node.id, node.text, UNREADABLE), ""
