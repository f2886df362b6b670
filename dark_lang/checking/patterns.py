"""What patterns say of the value that they take apart, and the names that they bind.

Must not know what is done when a pattern does not fit. Invariant: every name of a pattern is bound, whatever is wrong
with the pattern, so that no mistake in it makes another one where the name is used.
"""

from __future__ import annotations

from dark_lang.checking.inferring import Inference, counted
from dark_lang.checking.marks import Kind
from dark_lang.checking.terms import (
    BOOL,
    CHAR,
    FLOAT,
    INT,
    STRING,
    TUPLE,
    UNIT,
    Con,
    Row,
    Term,
    option,
    result,
)
from dark_lang.library import STANDARD_CASES
from dark_lang.names import Defined, Ref, Standard, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node, Sort, shape_of
from dark_lang.remedies import Remedy

_LITERALS = {p.Int: INT, p.Float: FLOAT, p.Bool: BOOL, p.Char: CHAR, p.String: STRING, p.Unit: UNIT}


def bind_pattern(i: Inference, pattern: p.Pattern, expected: Term) -> None:
    """Binds what a pattern binds; `expected` is the type of the value."""
    work: list[tuple[Node, Term, set[str]]] = [(pattern, expected, set())]
    while work:
        node, term, names = work.pop()
        i.terms[node.id] = term
        if type(node) is p.Conflict:
            i.conflict(node, len(node.alternatives))
            # All bind the same place: a name that several of them bind is no mistake.
            work.append((node.base, term, names))
            work.extend([(side, term, set()) for side in reversed(node.alternatives)])
            continue
        work.extend([(part, inner, names) for part, inner in reversed(_parts(i, node, term, names))])


def _parts(i: Inference, node: Node, expected: Term, names: set[str]) -> list[tuple[Node, Term]]:
    """Judges one pattern, binds its own name, and says what its parts must be."""
    match node:
        case p.Wildcard():
            return []
        case p.Variable(name=name):
            _name(i, node, name, expected, names)
            return []
        case p.Int() | p.Float() | p.Bool() | p.Char() | p.String() | p.Unit():
            i.fits(node, _LITERALS[type(node)], expected)
            return []
        case p.Tuple(items=items):
            terms = tuple([i.fresh() for _ in items])
            i.fits(node, Con(TUPLE, terms), expected)
            return list(zip(items, terms, strict=True))
        case p.List(items=items, rest=rest):
            item = i.fresh()
            i.fits(node, Con("List", (item,)), expected)
            if rest:
                _name(i, node, rest, Con("List", (item,)), names)
            return [(each, item) for each in items]
        case p.Record():
            return _record(i, node, expected)
        case p.Constructor(type=ref, case=case, args=args):
            values, own = case_of(i, node, ref, case, len(args))
            if own is not None:
                i.fits(node, own, expected)
            return [(arg, values[nth] if nth < len(values) else i.fresh()) for nth, arg in enumerate(args)]
        case p.Hole(label=label):
            i.hole(node, label, expected)
            return []
        case p.Unread(text=text):
            i.unread(node, text)
            return []
        case _:
            return []


def _name(i: Inference, node: Node, name: str, term: Term, names: set[str]) -> None:
    if name in names:
        i.mark(node, Kind.DOUBLE, f"the name {name} is bound twice here")
        return
    names.add(name)
    i.bind(name, term, node.id)


def _record(i: Inference, node: p.Record, expected: Term) -> list[tuple[Node, Term]]:
    fields: dict[str, Term] = {}
    parts: list[tuple[Node, Term]] = []
    for field in node.fields:
        if field.label is None:
            i.mark(field, Kind.HOLE, "a label is missing")
        elif field.label in fields:
            i.mark(field, Kind.DOUBLE, f"the label {field.label} is given twice")
        term = i.fresh()
        i.terms[field.id] = term
        if field.label is not None:
            fields.setdefault(field.label, term)
        parts.append((field.pattern, term))
    i.fits(node, Row(fields, i.fresh()), expected)
    return parts


def case_of(i: Inference, node: Node, ref: Ref, case: str, given: int) -> tuple[tuple[Term, ...], Con | None]:
    """The types of the values of a case, and the type that has it; None, after a mark, if nothing has."""
    if isinstance(ref, Unresolved) and not ref.text:
        ref = i.known.case_owner(case)
        if isinstance(ref, Unresolved):
            near = [other for other in i.known.cases() if other != case]
            i.missing(node, f"no type has a case {case}, or several have", case, near, Remedy.CASE)
            return (), None
    ref = i.known.resolved(Realm.TYPE, ref)
    values: tuple[Term, ...]
    match ref:
        case Standard(name):
            standard = STANDARD_CASES.get(case)
            if standard is None or standard[0] != name:
                i.mark(node, Kind.UNKNOWN, f"the type {name} has no case {case}")
                return (), None
            good, bad = i.fresh(), i.fresh()
            own = option(good) if name == "Option" else result(good, bad)
            values = () if case == "None" else (bad,) if case == "Error" else (good,)
        case Defined(head):
            definition = i.type_definition(head)
            if definition is None:
                i.unknown(node, "type", Realm.TYPE, ref)
                return (), None
            if case not in definition.cases:
                spelled = i.known.spell(Realm.TYPE, ref)
                i.missing(node, f"{spelled} has no case {case}", case, definition.cases, Remedy.CASE)
                return (), None
            named: dict[str, Term] = {name: i.fresh(name=name) for name in definition.params}
            own = Con(head, tuple([named[name] for name in definition.params]))
            values = tuple([i.meant(each, named) for each in definition.cases[case]])
        case _:
            i.unknown(node, "type", Realm.TYPE, ref)
            return (), None
    if len(values) != given:
        said = f"{case} holds {counted(len(values), 'value')}, and gets {given}"
        typed = f"{i.known.spell(Realm.TYPE, ref)}::{case}"
        i.miscounted(node, said, len(values), given, typed if shape_of(type(node)).sort is Sort.EXPRESSION else "")
    return values, own
