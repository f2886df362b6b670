"""Single fields: a scalar of a node or of a definition, or what stands in one of its slots.

Invariant: a field holds only what its declaration says; text for any other kind of value is refused, never guessed at.
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Scalar, Shape, Slot, shape_of
from dark_lang.notation.reading import read_expression, read_pattern
from dark_lang.restructuring.changing import Changed, commit
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.pieces import read_piece
from dark_lang.restructuring.references import REALMS
from dark_lang.restructuring.renaming import WORD, named, require_free, require_word, resolve_word
from dark_lang.restructuring.replacing import replace_node, replaced
from dark_lang.restructuring.surgery import NewId, changed, require, substitute

_LABELS = frozenset({"name", "version", "method", "route"})
LANGUAGES = (0, 1)


def set_field(
    draft: Draft, known: Known, toplevel: NodeId, target: NodeId, field: str, text: str, *, now: bool = False
) -> Changed:
    """Sets a field, by the word that paths use for it. Empty text empties an optional slot.

    Raises RefusedError for an unknown field, a value of another kind, a label that is taken.
    """
    before = draft.tree(toplevel)
    node = require(before, target)
    shape = shape_of(type(node))
    slot = shape.slot(field)
    if slot is not None:
        return _set_slot(draft, known, before, node, slot, text, now)
    if field not in shape.scalars:
        raise _no_such_field(shape, field)
    if target == toplevel:
        after = _definition_with(before, field, text, known)
        return commit(draft, known, before, after, show=(toplevel,))
    new = _with_value(node, field, text, known, draft.fresh)
    done = replaced(draft, known, before, target, new, now=now)
    return commit(draft, known, before, done.tree, show=(done.show,), notes=done.notes)


def _no_such_field(shape: Shape, field: str) -> RefusedError:
    fields = (*shape.scalars, *(slot.label for slot in shape.slots if slot.arity is not Arity.MANY))
    listed = ", ".join(fields) or "none at all"
    return RefusedError(f"there is no field {field!r} here", details=(f"the fields are: {listed}",))


def _set_slot(
    draft: Draft, known: Known, before: top.Toplevel, node: Node, slot: Slot, text: str, now: bool
) -> Changed:
    if slot.arity is Arity.MANY:
        raise RefusedError(f"`{slot.label}` is a list", suggestion="dark insert ADDR TEXT puts something into it")
    held: Node | None = getattr(node, slot.name)
    if held is not None and (text.strip() or slot.arity is Arity.ONE):
        return replace_node(draft, known, before.id, held.id, text, now=now)
    if not text.strip():
        after = substitute(before, {node.id: changed(node, **{slot.name: None})})
        return commit(draft, known, before, after, show=(node.id,))
    pieces = read_piece(slot, text, known.naming, draft.fresh, parent=node)
    after = substitute(before, {node.id: changed(node, **{slot.name: pieces.nodes[0]})})
    return commit(draft, known, before, after, show=(pieces.nodes[0].id,), notes=pieces.notes)


def _definition_with(root: top.Toplevel, field: str, text: str, known: Known) -> top.Toplevel:
    if field not in _LABELS:
        return changed(root, **{field: _plain(root, field, text)})
    labelled = _with_label(root, field, text)
    require_free(known, labelled)
    return labelled


def _with_value(node: Node, field: str, text: str, known: Known, fresh: NewId) -> Node:
    realm = REALMS.get((type(node), field))
    if realm is not None:
        return changed(node, **{field: resolve_word(known.naming, realm, text.strip())})
    return changed(node, **{field: _value(node, field, text, known, fresh)})


def _with_label(root: top.Toplevel, field: str, text: str) -> top.Toplevel:
    if field == "version":
        return changed(root, version=_whole_number(text))
    if field == "method":
        return named(root, f"{text}:{root.route}") if isinstance(root, top.Http) else root
    return named(root, text)


def _value(node: Node, field: str, text: str, known: Known, fresh: NewId) -> Scalar:
    match node:
        case e.Int() | e.Float() | e.Bool() | e.Char():
            return _literal(node, read_expression(text, known.naming, fresh).tree)
        case p.Int() | p.Float() | p.Bool() | p.Char():
            return _literal(node, read_pattern(text, known.naming, fresh).tree)
        case e.Variable() | p.Variable() | top.Parameter() | top.TypeParameter() | t.Variable():
            return require_word(text)
        case e.Hole() | p.Hole() | t.Hole():
            label = text.removeprefix("?")
            return require_word(label) if label else ""
        case e.Field() | e.FieldAccess() | p.FieldPattern() | t.FieldType():
            return None if text == "?" else text
        case p.List() | t.Record():
            return _rest(text)
        case e.Note() if field == "text":
            return " ".join(text.split()) or "…"
        case e.Construct() | p.Constructor() | t.Case():
            if not text[:1].isupper() or not text.isidentifier() or not text.isascii():
                raise RefusedError(f"{text!r} is no name of a case", suggestion="a word with a capital: Circle")
            return text
        case _:
            return _plain(node, field, text)


def _literal(node: Node, read: Node) -> Scalar:
    if type(read) is not type(node):
        raise RefusedError(
            f"that is no value for {type(node).__name__}",
            suggestion="dark replace-node ADDR EXPR puts other code there",
        )
    value: Scalar = getattr(read, "value", None)
    return value


def _rest(text: str) -> str | None:
    """`` exactly what is listed, `..` and perhaps more, `..name` and the more has a name."""
    if not text:
        return None
    name = text.removeprefix("..")
    if name and not WORD.match(name):
        raise RefusedError(f"{text!r} is no rest", suggestion="nothing, `..` or `..name`")
    return name


def _plain(node: Node, field: str, text: str) -> Scalar:
    held = getattr(node, field)
    if isinstance(held, bool):
        if text not in ("true", "false"):
            raise RefusedError(f"`{field}` is true or false, not {text!r}")
        return text == "true"
    if isinstance(held, int):
        number = _whole_number(text)
        if field == "language" and number not in LANGUAGES:
            raise RefusedError(f"there is no language {number}", details=("the languages are 0 and 1",))
        if field == "share" and number > 10_000:
            raise RefusedError("a share is at most 10000 (hundredths of a percent)")
        return number
    return text


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise RefusedError(f"{text!r} is no number of 0 or more")
    return int(text)
