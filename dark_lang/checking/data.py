"""Literals, text, lists, tuples, dicts, records, cases and what is taken out of them.

Must not know flow or calls. Invariant: a part that misfits is marked itself; the whole still has the type that its
other parts give it.
"""

from __future__ import annotations

from dark_lang.checking.explaining import instead_of_field
from dark_lang.checking.inferring import Inference
from dark_lang.checking.marks import Kind
from dark_lang.checking.patterns import case_of
from dark_lang.checking.terms import ANSWER, ANY, STRING, TUPLE, Con, Row, Term, Var, flatten
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e


def literal(own: Con) -> object:
    """A rule for nodes that are always of this type."""

    def rule(i: Inference, node: e.Expression, expected: Term) -> None:
        if expected is not own:
            i.fits(node, own, expected)

    return rule


def string(i: Inference, node: e.String, expected: Term) -> None:
    if expected is not STRING:
        i.fits(node, STRING, expected)
    i.later(*[(i.check, part, STRING) for part in node.parts if type(part) is not e.Text])


def list_(i: Inference, node: e.List, expected: Term) -> None:
    item = i.fresh()
    if not i.fits(node, Con("List", (item,)), expected):
        item = i.fresh()
    i.later(*[(i.check, each, item) for each in node.items])


def tuple_(i: Inference, node: e.Tuple, expected: Term) -> None:
    items = [i.fresh() for _ in node.items]
    if not i.fits(node, Con(TUPLE, tuple(items)), expected):
        items = [i.fresh() for _ in node.items]
    i.later(*[(i.check, each, term) for each, term in zip(node.items, items, strict=True)])


def dict_(i: Inference, node: e.Dict, expected: Term) -> None:
    value = i.fresh()
    if not i.fits(node, Con("Dict", (value,)), expected):
        value = i.fresh()
    for entry in reversed(node.entries):
        i.later((i.check, entry.key, STRING), (i.check, entry.value, value))


def record(i: Inference, node: e.Record, expected: Term) -> None:
    fields: dict[str, Term] = {}
    tasks = []
    for field in node.fields:
        term = i.fresh()
        if _is_new_label(i, field, fields):
            fields[field.label or ""] = term
        tasks.append((i.check, field.value, term))
    _fit_record(i, node, fields, expected)
    i.later(*tasks)


def _fit_record(i: Inference, node: e.Record, fields: dict[str, Term], expected: Term) -> None:
    """A field that is given and has the wrong type is the smallest place that explains it: so the labels are compared
    first, and the types where the values stand."""
    own = Row(fields)
    if expected is ANSWER:
        i.terms[node.id] = own
        return
    if any(field.label is None for field in node.fields):
        return  # what is missing may be that label
    i.fits(node, own, expected)


def _is_new_label(i: Inference, field: e.Field, fields: dict[str, Term]) -> bool:
    if field.label is None:
        i.mark(field, Kind.HOLE, "a label is missing")
        return False
    if field.label in fields:
        i.mark(field, Kind.DOUBLE, f"the label {field.label} is given twice")
        return False
    return True


def record_update(i: Inference, node: e.RecordUpdate, expected: Term) -> None:
    """The record stays of its type: a field can be given another value, and not another type."""
    own = i.fresh() if expected is ANSWER else expected
    i.terms[node.id] = own
    i.later((i.check, node.record, own), (_updated, i, node, own))


def _updated(i: Inference, node: e.RecordUpdate, own: Term) -> None:
    seen: dict[str, Term] = {}
    tasks = []
    for field in node.fields:
        term: Term = i.fresh()
        if _is_new_label(i, field, seen):
            label = field.label or ""
            seen[label] = term = _field_of(i, field, label, own) or term
        tasks.append((i.check, field.value, term))
    i.later(*tasks)


def _field_of(i: Inference, node: e.Field | e.FieldAccess, label: str, own: Term) -> Term | None:
    """The type of a field of a record; None, after a mark, if there is no such field."""
    shape = i.unifier.shape(own)
    if type(shape) is Row:
        fields, rest = flatten(shape)
        found = fields.get(label)
        if found is not None:
            return found
        if type(rest) is not Var:
            i.missing(node, f"{i.describe(own)} has no field {label}", label, fields)
            return None
    elif shape is ANY:
        i.sound = False
        return ANY
    elif type(shape) is Con:
        i.mark(
            node,
            Kind.MISFIT,
            f"expected a record with the field {label}, found {i.describe(own)}",
            f"{{ {label}: ?, .. }}",
            i.describe(own),
            *instead_of_field(shape, label),
        )
        return None
    term = i.fresh()
    i.unifier.unify(own, Row({label: term}, i.fresh()))
    return term


def field_access(i: Inference, node: e.FieldAccess, expected: Term) -> None:
    own = i.fresh()
    i.later((i.check, node.record, own), (_accessed, i, node, own, expected))


def _accessed(i: Inference, node: e.FieldAccess, own: Term, expected: Term) -> None:
    if node.label is None:
        i.mark(node, Kind.HOLE, "a label is missing")
        return
    found = _field_of(i, node, node.label, own)
    if found is not None:
        i.fits(node, found, expected)


def construct(i: Inference, node: e.Construct, expected: Term) -> None:
    values, own = case_of(i, node, node.type, node.case, len(node.args))
    if own is not None and not i.fits(node, own, expected):
        values, _ = case_of(i, node, node.type, node.case, len(values)) if len(values) == len(node.args) else ((), None)
    terms = [values[nth] if nth < len(values) else i.fresh() for nth in range(len(node.args))]
    i.later(*[(i.check, arg, term) for arg, term in zip(node.args, terms, strict=True)])


def datastore(i: Inference, node: e.DatastoreRef, expected: Term) -> None:
    stored = i.known.stored_type(node.datastore)
    if stored is None:
        i.unknown(node, "datastore", Realm.DATASTORE, node.datastore)
        return
    i.fits(node, Con("Datastore", (i.meant(stored, {}),)), expected)


def secret(i: Inference, node: e.SecretRef, expected: Term) -> None:
    if not i.known.exists(Realm.SECRET, node.secret):
        i.unknown(node, "secret", Realm.SECRET, node.secret)
        return
    i.fits(node, STRING, expected)


def hole(i: Inference, node: e.Hole, expected: Term) -> None:
    i.hole(node, node.label, expected)


def unread(i: Inference, node: e.Unread, _expected: Term) -> None:
    i.unread(node, node.text)
