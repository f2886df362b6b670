"""Code around code: wrap it in a form, take the form away, put a node in the place of what is around it.

Invariant: the wrapped, spliced and raised nodes are moved, never copied; only further uses of a marker are copies.
"""

from __future__ import annotations

from collections.abc import Mapping

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Sort
from dark_lang.nodes.walking import children_of, descend, positions_in, with_fresh_ids
from dark_lang.notation.reading import Reading, read_expression, read_pattern, read_type
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.statements import is_forgotten
from dark_lang.restructuring.surgery import NewId, as_expression, position_of, require, sort_of, substitute, with_list

MARKER = "it"
"""`?it` in a form is where the wrapped code goes."""

FORMS: Mapping[str, str] = {
    "if": "if ? then ?it else ?",
    "let": "let ? = ?it",
    "match": "match ?it { ? -> ? }",
    "some": "Some(?it)",
    "ok": "Ok(?it)",
    "error": "Error(?it)",
    "list": "[?it]",
    "tuple": "(?it, ?)",
    "record": "{ ?: ?it }",
    "dict": "#{ ?: ?it }",
    "lambda": "() => ?it",
    "pipe": "?it |> ?",
    "string": '"${?it}"',
    "try": "?it!",
    "not": "!?it",
    "and": "?it && ?",
    "or": "?it || ?",
    "statement": "?it; ?",
    "partial": "partial { new: ?, old: ?it }",
}


def wrap(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, form: str) -> Changed:
    """Puts a form around a node: one of FORMS, the name of a function, or text in which `?it` stands for the node."""
    before = draft.tree(toplevel)
    node = require(before, target)
    position_of(before, target)
    reading = _read_form(form, sort_of(node), known, draft.fresh)
    around, notes = _around(reading.tree, node, draft.fresh)
    notes = (*(repair.message for repair in reading.repairs), *notes)
    return commit(draft, known, before, substitute(before, {target: around}), show=(around.id,), notes=notes)


def _read_form(form: str, sort: Sort, known: Known, fresh: NewId) -> Reading[Node]:
    match sort:
        case Sort.EXPRESSION:
            return read_expression(FORMS.get(form.strip(), form), known.naming, fresh)
        case Sort.PATTERN:
            return read_pattern(form, known.naming, fresh)
        case Sort.TYPE:
            return read_type(form, known.naming, fresh)
        case _:
            raise RefusedError("only expressions, patterns and types can be wrapped")


def _around(form: Node, node: Node, fresh: NewId) -> tuple[Node, tuple[str, ...]]:
    if isinstance(form, e.FunctionRef):
        return e.Call(fresh(), form.function, form.type_args, (as_expression(node),)), ()
    holes = [hole for hole in descend(form) if isinstance(hole, e.Hole | p.Hole | t.Hole)]
    marked = [hole for hole in holes if hole.label == MARKER and sort_of(hole) is sort_of(node)]
    fitting = marked or [hole for hole in holes if not hole.label and sort_of(hole) is sort_of(node)][:1]
    if not fitting:
        raise RefusedError(
            "the form has no place for the wrapped code", suggestion="write `?it` where it goes: 'if ? then ?it else ?'"
        )
    first, *others = fitting
    if first.id == form.id:
        raise RefusedError("that is no form, only the place for the wrapped code")
    by: dict[NodeId, Node] = {first.id: node}
    by.update({hole.id: with_fresh_ids(node, fresh) for hole in others})
    notes = () if not others else (f"the code stands in {len(fitting)} places now; all but the first are copies",)
    return substitute(form, by), notes


def splice(draft: Draft, known: Known, toplevel: NodeId, target: NodeId) -> Changed:
    """Puts the children of a node in its place. RefusedError if some of them cannot stand there."""
    before = draft.tree(toplevel)
    node = require(before, target)
    position = position_of(before, target)
    inner = children_of(node)
    if isinstance(node, e.Let) and is_forgotten(node):
        inner = [node.value, node.body]
    if not inner:
        raise RefusedError("there is nothing in it", suggestion="dark delete ADDR takes it away")
    wrong = [child for child in inner if not position.slot.sort.takes(sort_of(child))]
    if wrong:
        raise RefusedError(
            "some of its parts cannot stand in its place, and would be lost",
            suggestion="dark raise on the part that should stay",
        )
    if position.slot.arity is Arity.MANY:
        held = getattr(position.parent, position.slot.name)
        items = [*held[: position.nth], *inner, *held[position.nth + 1 :]]
        after = with_list(before, position.parent.id, position.slot.name, items)
    elif len(inner) == 1:
        after = substitute(before, {target: inner[0]})
    elif position.slot.sort is Sort.EXPRESSION:
        after = substitute(before, {target: _one_after_another(inner, draft.fresh)})
    else:
        raise RefusedError(f"there is place for one here, and it has {len(inner)} parts")
    return commit(draft, known, before, after, show=[child.id for child in inner])


def _one_after_another(nodes: list[Node], fresh: NewId) -> e.Expression:
    value: e.Expression = as_expression(nodes[-1])
    for node in reversed(nodes[:-1]):
        value = e.Let(fresh(), p.Wildcard(fresh()), as_expression(node), value)
    return value


def raise_node(draft: Draft, known: Known, toplevel: NodeId, target: NodeId) -> Changed:
    """Puts a node in the place of the nearest thing around it that it can stand for; the rest of that goes."""
    before = draft.tree(toplevel)
    node = require(before, target)
    above = positions_in(before)
    parent = position_of(before, target).parent
    while (place := above.get(parent.id)) is not None:
        if place.slot.sort.takes(sort_of(node)):
            after: top.Toplevel = substitute(before, {parent.id: node})
            return commit(draft, known, before, after, show=(target,))
        parent = place.parent
    raise RefusedError("there is nothing around it that it could stand for")
