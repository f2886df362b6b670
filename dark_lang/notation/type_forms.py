"""How types are written.

Must not know expressions. Invariant: what is written reads back as the same type.
"""

from __future__ import annotations

from dark_lang.naming import Realm
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.notation.grouping import is_listed
from dark_lang.notation.layout import SPACE, Break, Concat, Doc, Group, Indent, Mark
from dark_lang.notation.printer import Form, Printer, as_unread, labelled, listed
from dark_lang.notation.tokens import IS_CASE, IS_LOWER_WORD, IS_UPPER, IS_WORD, RESERVED

_FIRST_CASE = Break(" ", lead="| ")
_NEXT_CASE = Break(" | ", lead="| ")


def _named(printer: Printer, node: t.Named) -> Doc:
    name = printer.naming.name_of(Realm.TYPE, node.type)
    if not IS_UPPER(name):
        name = as_unread(name)
    if not node.args:
        return Concat([Mark(node.id), name])
    return Concat([Mark(node.id), name, listed("<", printer.children(node, "args", node.args), ">")])


def _variable(_: Printer, node: t.Variable) -> Doc:
    return Concat([Mark(node.id), lower_word(node.name)])


def lower_word(name: str) -> str:
    return name if IS_LOWER_WORD(name) and name not in RESERVED else as_unread(name)


def _tuple(printer: Printer, node: t.Tuple) -> Doc:
    return Concat([Mark(node.id), listed("(", printer.children(node, "items", node.items), ")")])


def _fn(printer: Printer, node: t.Fn) -> Doc:
    params = printer.children(node, "params", node.params)
    head = listed("(", params, ")") if is_listed(node) else params[0]
    return Concat([Mark(node.id), head, " -> ", printer.child(node, "result", 0, node.result)])


def _field(printer: Printer, node: t.FieldType) -> Doc:
    return labelled(node, node.label, printer.child(node, "type", 0, node.type))


def _record(printer: Printer, node: t.Record) -> Doc:
    items = printer.children(node, "fields", node.fields)
    if node.rest is not None:
        items.append(".." + (node.rest if IS_LOWER_WORD(node.rest) and node.rest not in RESERVED else ""))
    return Concat([Mark(node.id), listed("{", items, "}", spaced=True)])


def _case(printer: Printer, node: t.Case) -> Doc:
    name = node.name if IS_CASE(node.name) else as_unread(node.name)
    args = printer.children(node, "args", node.args)
    return Concat([Mark(node.id), name, listed("(", args, ")") if args else ""])


def _enum(printer: Printer, node: t.Enum) -> Doc:
    """Stands right of `=`, and begins with the blank after it."""
    cases = printer.children(node, "cases", node.cases)
    if not cases:
        return Concat([Mark(node.id), " |"])
    if len(cases) == 1 and not node.cases[0].args:
        return Concat([Mark(node.id), " | ", cases[0]])
    parts: list[Doc] = [Mark(node.id), _FIRST_CASE, cases[0]]
    for case in cases[1:]:
        parts += [_NEXT_CASE, case]
    return Group(Concat([Indent(Concat(parts))]))


def _hole(_: Printer, node: t.Hole) -> Doc:
    return Concat([Mark(node.id), hole_text(node.label)])


def hole_text(label: str) -> str:
    return "?" + label if not label or IS_WORD(label) else as_unread(label)


def _unread(_: Printer, node: t.Unread) -> Doc:
    return Concat([Mark(node.id), as_unread(node.text)])


def _conflict(printer: Printer, node: t.Conflict) -> Doc:
    return conflict_form(
        node,
        printer.child(node, "base", 0, node.base),
        printer.children(node, "alternatives", node.alternatives),
    )


def conflict_form(node: Node, base: Doc, alternatives: list[Doc]) -> Doc:
    parts: list[Doc] = [SPACE, "base: ", base]
    for alternative in alternatives:
        parts += [",", SPACE, "or: ", alternative]
    return Group(Concat([Mark(node.id), "conflict {", Indent(Concat(parts)), SPACE, "}"]))


TYPE_FORMS: dict[type, Form] = {
    t.Named: _named,
    t.Variable: _variable,
    t.Tuple: _tuple,
    t.Fn: _fn,
    t.FieldType: _field,
    t.Record: _record,
    t.Case: _case,
    t.Enum: _enum,
    t.Hole: _hole,
    t.Unread: _unread,
    t.Conflict: _conflict,
}
