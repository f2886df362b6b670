"""How patterns are written.

Must not know expressions. Invariant: what is written reads back as the same pattern.
"""

from __future__ import annotations

import math
from typing import Final

from dark_lang.names import Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import patterns as p
from dark_lang.notation.layout import Concat, Doc, Mark
from dark_lang.notation.printer import Form, Printer, as_unread, labelled, listed
from dark_lang.notation.quoting import quote
from dark_lang.notation.tokens import IS_CASE, IS_LOWER_WORD, IS_UPPER, MAX_DIGITS, RESERVED
from dark_lang.notation.type_forms import conflict_form, hole_text, lower_word

_TOO_LARGE: Final = 10**MAX_DIGITS


def int_text(value: int) -> str:
    return str(value) if -_TOO_LARGE < value < _TOO_LARGE else as_unread(hex(value))


def float_text(value: float) -> str:
    if math.isnan(value):
        return "Float::nan_v0()"
    if math.isinf(value):
        return "Float::infinity_v0()" if value > 0 else "-Float::infinity_v0()"
    return repr(value)


def char_text(value: str) -> str:
    return "c" + quote(value)


def case_text(naming: Naming, owner: Ref, case: str) -> str:
    """A case, with its type where the bare case would mean another or none."""
    if not IS_CASE(case):
        return as_unread(case)
    if owner == Unresolved("") or naming.is_case_unique(owner, case):
        return case
    name = naming.name_of(Realm.TYPE, owner)
    return f"{name}::{case}" if IS_UPPER(name) else as_unread(f"{name}::{case}")


def _wildcard(_: Printer, node: p.Wildcard) -> Doc:
    return Concat([Mark(node.id), "_"])


def _variable(_: Printer, node: p.Variable) -> Doc:
    return Concat([Mark(node.id), lower_word(node.name)])


def _int(_: Printer, node: p.Int) -> Doc:
    return Concat([Mark(node.id), int_text(node.value)])


def _float(_: Printer, node: p.Float) -> Doc:
    text = float_text(node.value) if math.isfinite(node.value) else as_unread(repr(node.value))
    return Concat([Mark(node.id), text])


def _bool(_: Printer, node: p.Bool) -> Doc:
    return Concat([Mark(node.id), "true" if node.value else "false"])


def _char(_: Printer, node: p.Char) -> Doc:
    return Concat([Mark(node.id), char_text(node.value)])


def _string(_: Printer, node: p.String) -> Doc:
    return Concat([Mark(node.id), quote(node.value)])


def _unit(_: Printer, node: p.Unit) -> Doc:
    return Concat([Mark(node.id), "()"])


def _tuple(printer: Printer, node: p.Tuple) -> Doc:
    return Concat([Mark(node.id), listed("(", printer.children(node, "items", node.items), ")")])


def _list(printer: Printer, node: p.List) -> Doc:
    items = printer.children(node, "items", node.items)
    if node.rest is not None:
        items.append(".." + (node.rest if IS_LOWER_WORD(node.rest) and node.rest not in RESERVED else ""))
    return Concat([Mark(node.id), listed("[", items, "]")])


def _field(printer: Printer, node: p.FieldPattern) -> Doc:
    return labelled(node, node.label, printer.child(node, "pattern", 0, node.pattern))


def _record(printer: Printer, node: p.Record) -> Doc:
    return Concat([Mark(node.id), listed("{", printer.children(node, "fields", node.fields), "}", spaced=True)])


def _constructor(printer: Printer, node: p.Constructor) -> Doc:
    args = printer.children(node, "args", node.args)
    name = case_text(printer.naming, node.type, node.case)
    return Concat([Mark(node.id), name, listed("(", args, ")") if args else ""])


def _hole(_: Printer, node: p.Hole) -> Doc:
    return Concat([Mark(node.id), hole_text(node.label)])


def _unread(_: Printer, node: p.Unread) -> Doc:
    return Concat([Mark(node.id), as_unread(node.text)])


def _conflict(printer: Printer, node: p.Conflict) -> Doc:
    return conflict_form(
        node,
        printer.child(node, "base", 0, node.base),
        printer.children(node, "alternatives", node.alternatives),
    )


PATTERN_FORMS: dict[type, Form] = {
    p.Wildcard: _wildcard,
    p.Variable: _variable,
    p.Int: _int,
    p.Float: _float,
    p.Bool: _bool,
    p.Char: _char,
    p.String: _string,
    p.Unit: _unit,
    p.Tuple: _tuple,
    p.List: _list,
    p.FieldPattern: _field,
    p.Record: _record,
    p.Constructor: _constructor,
    p.Hole: _hole,
    p.Unread: _unread,
    p.Conflict: _conflict,
}
