"""How expressions are written, on one line or calmly on several.

Must not know toplevels. Invariant: what is written reads back as the same expression, however it was broken into lines:
lines end only where the lexer joins them again, or where it separates what is separate.
"""

from __future__ import annotations

from typing import Final

from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.notation.grouping import Row, operator_of, right_of, row_below
from dark_lang.notation.layout import END_OF_NOTE, HARD, SPACE, Break, Concat, Doc, Group, Indent, Mark, flattened
from dark_lang.notation.pattern_forms import case_text, char_text, float_text, int_text
from dark_lang.notation.printer import Form, Printer, as_unread, label_text, listed
from dark_lang.notation.quoting import escape, escape_note, quote
from dark_lang.notation.tokens import IS_FUNCTION, IS_NAME, IS_STORE, LEVEL_POWER, LEVEL_PREFIX
from dark_lang.notation.type_forms import conflict_form, hole_text, lower_word

_NEXT_STATEMENT: Final = Break("; ", always=True)
_NEXT_ARM: Final = Break(", ", always=True)
_EDGE_OF_ARMS: Final = Break(" ", always=True)
_BEFORE_BLOCK: Final = Break(" ", always=True)

# What goes to a line of its own when it does not fit beside what it follows.
_MOVES_DOWN: Final = (e.If, e.Pipe, e.And, e.Or)
# What opens with a bracket, or ends in one, so that it may share a line with the bracket around it.
_HUGGED: Final = (e.List, e.Tuple, e.Dict, e.Record, e.RecordUpdate, e.Match, e.Lambda, e.Let, e.Note)
_BLOCKS: Final = (e.Let, e.Note)


# Literals


def _int(_: Printer, node: e.Int) -> Doc:
    return Concat([Mark(node.id), int_text(node.value)])


def _float(_: Printer, node: e.Float) -> Doc:
    return Concat([Mark(node.id), float_text(node.value)])


def _bool(_: Printer, node: e.Bool) -> Doc:
    return Concat([Mark(node.id), "true" if node.value else "false"])


def _char(_: Printer, node: e.Char) -> Doc:
    return Concat([Mark(node.id), char_text(node.value)])


def _unit(_: Printer, node: e.Unit) -> Doc:
    return Concat([Mark(node.id), "()"])


def _text(_: Printer, node: e.Text) -> Doc:
    return Concat([Mark(node.id), escape(node.value)])


def _string(printer: Printer, node: e.String) -> Doc:
    parts: list[Doc] = [Mark(node.id), '"']
    for part in node.parts:
        doc = printer.child(node, "parts", 0, part)
        if isinstance(part, e.Text):
            parts.append(doc)
        else:
            parts += ["${", flattened(doc), "}"]
    return Concat([*parts, '"'])


# Data


def _list(printer: Printer, node: e.List) -> Doc:
    return Concat([Mark(node.id), listed("[", printer.children(node, "items", node.items), "]")])


def _tuple(printer: Printer, node: e.Tuple) -> Doc:
    return Concat([Mark(node.id), listed("(", printer.children(node, "items", node.items), ")")])


def _entry(printer: Printer, node: e.Entry) -> Doc:
    return Concat([Mark(node.id), printer.child(node, "key", 0, node.key), ":", _after(printer, node, "value")])


def _dict(printer: Printer, node: e.Dict) -> Doc:
    return Concat([Mark(node.id), listed("#{", printer.children(node, "entries", node.entries), "}", spaced=True)])


def _field(printer: Printer, node: e.Field) -> Doc:
    return Concat([Mark(node.id), label_text(node.label), ":", _after(printer, node, "value")])


def _record(printer: Printer, node: e.Record) -> Doc:
    return Concat([Mark(node.id), listed("{", printer.children(node, "fields", node.fields), "}", spaced=True)])


def _update(printer: Printer, node: e.RecordUpdate) -> Doc:
    fields: list[Doc] = []
    for field in printer.children(node, "fields", node.fields):
        fields += [",", SPACE, field] if fields else [SPACE, field]
    head: list[Doc] = [Mark(node.id), "{ ", printer.child(node, "record", 0, node.record), " |"]
    return Group(Concat([*head, Indent(Concat(fields)), SPACE, "}"]))


def _construct(printer: Printer, node: e.Construct) -> Doc:
    name = case_text(printer.naming, node.type, node.case)
    return Concat([Mark(node.id), name, _args(printer, node, node.args) if node.args else ""])


# Names and flow


def _variable(_: Printer, node: e.Variable) -> Doc:
    return Concat([Mark(node.id), lower_word(node.name)])


def _field_access(printer: Printer, node: e.FieldAccess) -> Doc:
    return Concat([Mark(node.id), printer.child(node, "record", 0, node.record), ".", label_text(node.label)])


def _let(printer: Printer, node: e.Let) -> Doc:
    body = printer.child(node, "body", 0, node.body)
    if isinstance(node.pattern, p.Wildcard):
        value = printer.child(node, "value", 0, node.value)
        return Concat([Mark(node.id), Mark(node.pattern.id), value, _NEXT_STATEMENT, body])
    pattern = printer.child(node, "pattern", 0, node.pattern)
    return Concat([Mark(node.id), "let ", pattern, " =", _after(printer, node, "value"), _NEXT_STATEMENT, body])


def _if(printer: Printer, node: e.If) -> Doc:
    condition = printer.child(node, "condition", 0, node.condition)
    then, else_ = printer.child(node, "then", 0, node.then), printer.child(node, "else_", 0, node.else_)
    parts: list[Doc] = [Mark(node.id), "if ", condition, " then"]
    parts += [" ", then, " else"] if isinstance(node.then, _BLOCKS) else [_below(then), SPACE, "else"]
    if isinstance(node.else_, e.If):
        parts += [" ", printer.ungrouped(node.else_)]
    else:
        parts += [" ", else_] if isinstance(node.else_, _BLOCKS) else [_below(else_)]
    return Concat(parts)


def _below(doc: Doc) -> Doc:
    return Indent(Concat([SPACE, doc]))


def _arm(printer: Printer, node: e.Arm) -> Doc:
    parts: list[Doc] = [Mark(node.id), printer.child(node, "pattern", 0, node.pattern)]
    if node.guard is not None:
        parts += [" if ", printer.child(node, "guard", 0, node.guard)]
    if isinstance(node.body, _BLOCKS):
        body: Doc = Indent(Concat([_BEFORE_BLOCK, printer.child(node, "body", 0, node.body)]))
    else:
        body = _after(printer, node, "body")
    return Concat([*parts, " ->", body])


def _match(printer: Printer, node: e.Match) -> Doc:
    head: list[Doc] = [Mark(node.id), "match ", printer.child(node, "subject", 0, node.subject)]
    arms: list[Doc] = []
    for arm in printer.children(node, "arms", node.arms):
        arms += [_NEXT_ARM if arms else _EDGE_OF_ARMS, arm]
    if not arms:
        return Concat([*head, " {}"])
    return Concat([*head, " {", Indent(Concat(arms)), _EDGE_OF_ARMS, "}"])


def _after(printer: Printer, node: Node, slot: str) -> Doc:
    """What follows `=`, `:`, `->` or `=>`: beside it, or below it if it would be broken there."""
    child: Node = getattr(node, slot)
    doc = printer.child(node, slot, 0, child)
    if isinstance(child, _MOVES_DOWN) or (isinstance(child, e.Call) and operator_of(child) is not None):
        return Group(Concat([_below(doc)]))
    return Concat([" ", doc])


# Operators


def _row(printer: Printer, node: Row) -> Doc:
    marks: list[Doc] = []
    backwards: list[tuple[str, Doc]] = []
    here = node
    while True:
        marks.append(Mark(here.id))
        backwards.append((_sign(here), printer.child(here, *_RIGHT[type(here)], right_of(here))))
        left = row_below(here)
        if left is None:
            break
        here = left
    first = printer.child(here, *_LEFT[type(here)], here.args[0] if isinstance(here, e.Call) else here.left)
    rest: list[Doc] = []
    for sign, doc in reversed(backwards):
        # A newline before `-` would separate.
        rest += [" -", SPACE, doc] if sign == "-" else [SPACE, sign + " ", doc]
    return Group(Concat([*marks, first, Indent(Concat(rest))]))


_LEFT: Final[dict[type[Node], tuple[str, int]]] = {e.Call: ("args", 0), e.And: ("left", 0), e.Or: ("left", 0)}
_RIGHT: Final[dict[type[Node], tuple[str, int]]] = {e.Call: ("args", 1), e.And: ("right", 0), e.Or: ("right", 0)}


def _sign(row: Row) -> str:
    if isinstance(row, e.Call):
        operator = operator_of(row)
        return operator.sign if operator else ""
    return "&&" if isinstance(row, e.And) else "||"


def _power(printer: Printer, node: e.Call) -> Doc:
    left, right = printer.children(node, "args", node.args)
    return Concat([Mark(node.id), left, " ^ ", right])


# Functions


def _lambda(printer: Printer, node: e.Lambda) -> Doc:
    params = printer.children(node, "params", node.params)
    bare = len(params) == 1 and isinstance(node.params[0], (p.Variable, p.Wildcard))
    return Concat(
        [Mark(node.id), params[0] if bare else listed("(", params, ")"), " =>", _after(printer, node, "body")]
    )


def _args(printer: Printer, node: e.Call | e.Apply | e.Construct, args: tuple[e.Expression, ...]) -> Doc:
    docs = printer.children(node, "args", args)
    hugged = bool(args) and isinstance(args[-1], _HUGGED)
    if hugged and len(args) > 1:
        # Beside small arguments only: all but the last have to fit where they are.
        hugged = all(isinstance(arg, (e.Variable, e.Int, e.Unit, e.Bool)) for arg in args[:-1])
    return listed("(", docs, ")", hugged=hugged)


def _function_name(printer: Printer, node: e.Call | e.FunctionRef) -> list[Doc]:
    name = printer.naming.name_of(Realm.FUNCTION, node.function)
    parts: list[Doc] = [Mark(node.id), name if IS_FUNCTION(name) else as_unread(name)]
    if node.type_args:
        parts.append(listed("<", printer.children(node, "type_args", node.type_args), ">"))
    return parts


def _call(printer: Printer, node: e.Call) -> Doc:
    operator = operator_of(node)
    if operator is None:
        return Concat([*_function_name(printer, node), _args(printer, node, node.args)])
    if operator.level == LEVEL_PREFIX:
        return Concat([Mark(node.id), operator.sign, printer.child(node, "args", 0, node.args[0])])
    return _power(printer, node) if operator.level == LEVEL_POWER else _row(printer, node)


def _function_ref(printer: Printer, node: e.FunctionRef) -> Doc:
    return Concat(_function_name(printer, node))


def _apply(printer: Printer, node: e.Apply) -> Doc:
    function = printer.child(node, "function", 0, node.function)
    return Concat([Mark(node.id), function, _args(printer, node, node.args)])


def _pipe(printer: Printer, node: e.Pipe) -> Doc:
    steps: list[Doc] = []
    for step in printer.children(node, "steps", node.steps):
        steps += [SPACE, "|> ", step]
    return Group(Concat([Mark(node.id), printer.child(node, "head", 0, node.head), Indent(Concat(steps))]))


def _try(printer: Printer, node: e.Try) -> Doc:
    return Concat([Mark(node.id), printer.child(node, "value", 0, node.value), "!"])


def _datastore_ref(printer: Printer, node: e.DatastoreRef) -> Doc:
    name = printer.naming.name_of(Realm.DATASTORE, node.datastore)
    return Concat([Mark(node.id), name if IS_STORE(name) else as_unread(name)])


def name_text(name: str) -> str:
    """The name of a switch or a secret."""
    return name if IS_NAME(name) else quote(name)


def _secret_ref(printer: Printer, node: e.SecretRef) -> Doc:
    return Concat([Mark(node.id), "secret ", name_text(printer.naming.name_of(Realm.SECRET, node.secret))])


# Change, and what is not there yet


def _sides(printer: Printer, node: e.Toggle | e.Partial, head: str, first: str, second: str) -> Doc:
    parts: list[Doc] = [SPACE, first, ":", _after(printer, node, first)]
    parts += [",", SPACE, second, ":", _after(printer, node, second)]
    return Group(Concat([Mark(node.id), head, " {", Indent(Concat(parts)), SPACE, "}"]))


def _toggle(printer: Printer, node: e.Toggle) -> Doc:
    name = name_text(printer.naming.name_of(Realm.SWITCH, node.switch))
    return _sides(printer, node, f"toggle {name}", "old", "new")


def _partial(printer: Printer, node: e.Partial) -> Doc:
    return _sides(printer, node, "partial", "new", "old")


def _hole(_: Printer, node: e.Hole) -> Doc:
    return Concat([Mark(node.id), hole_text(node.label)])


def _unread(_: Printer, node: e.Unread) -> Doc:
    return Concat([Mark(node.id), as_unread(node.text)])


def _conflict(printer: Printer, node: e.Conflict) -> Doc:
    return conflict_form(
        node,
        printer.child(node, "base", 0, node.base),
        printer.children(node, "alternatives", node.alternatives),
    )


def note_text(text: str) -> str:
    return f"// {escape_note(text)}" if text else "//"


def _note(printer: Printer, node: e.Note) -> Doc:
    body = printer.child(node, "body", 0, node.body)
    if node.after:
        return Concat([Mark(node.id), body, HARD, note_text(node.text), END_OF_NOTE])
    return Concat([Mark(node.id), note_text(node.text), HARD, body])


EXPRESSION_FORMS: dict[type, Form] = {
    e.Int: _int,
    e.Float: _float,
    e.Bool: _bool,
    e.Char: _char,
    e.Unit: _unit,
    e.Text: _text,
    e.String: _string,
    e.List: _list,
    e.Tuple: _tuple,
    e.Entry: _entry,
    e.Dict: _dict,
    e.Field: _field,
    e.Record: _record,
    e.RecordUpdate: _update,
    e.Construct: _construct,
    e.Variable: _variable,
    e.FieldAccess: _field_access,
    e.Let: _let,
    e.If: _if,
    e.Arm: _arm,
    e.Match: _match,
    e.And: _row,
    e.Or: _row,
    e.Lambda: _lambda,
    e.Call: _call,
    e.FunctionRef: _function_ref,
    e.Apply: _apply,
    e.Pipe: _pipe,
    e.Try: _try,
    e.DatastoreRef: _datastore_ref,
    e.SecretRef: _secret_ref,
    e.Toggle: _toggle,
    e.Hole: _hole,
    e.Partial: _partial,
    e.Unread: _unread,
    e.Conflict: _conflict,
    e.Note: _note,
}
