"""What the checker knows of one place in a canvas: its type, where that comes from, what may be put there.

Must not know how it is shown. Invariant: everything is computed from one snapshot; what nobody knows is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dark_lang.checking.answers import answers
from dark_lang.checking.checker import comes_with
from dark_lang.checking.effects import Inferred, infer_all, mentions
from dark_lang.checking.fitting import Fit, fitting
from dark_lang.checking.marks import ANYTHING
from dark_lang.checking.origins import Origin, Origins
from dark_lang.library_signatures import Signature
from dark_lang.names import Defined, NodeId, Standard
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node, Sort, shape_of
from dark_lang.nodes.walking import find, positions_in
from dark_lang.notation.printing import print_any
from dark_lang.records import NamedTuple
from dark_lang.remedies import Mend
from dark_lang.restructuring.scoping import resolve, scope_at
from dark_lang.types import UNKNOWN, Named, Type, Variable, describe
from runtime.effects import Effects

if TYPE_CHECKING:
    from runtime.canvas import Canvas


class Told(NamedTuple):
    """`types`: as they are written; several for a handler whose ways answer with different ones. `wanted`: what its
    place asks for, where that is something else."""

    types: tuple[str, ...]
    wanted: str
    origin: Origin | None
    effect: Inferred | None  # None for what does not run


def tell(canvas: Canvas, toplevel: NodeId, node: Node) -> Told:
    """What is known of a node or of a whole definition."""
    tree = canvas.tree(toplevel)
    checked = canvas.checks.of(toplevel)
    mark = next((mark for mark in checked.marks if mark.node == node.id and mark.expected not in ("", ANYTHING)), None)
    wanted = mark.expected if mark is not None and mark.found else ""
    if node.id == toplevel:
        return Told(_of_definition(canvas, tree), wanted, None, _effect_of(canvas, tree))
    uses = resolve(tree)
    positions = positions_in(tree)
    origins = Origins(
        canvas.checks.interfaces,
        checked,
        positions.get,
        lambda use: binder.node if (binder := uses.get(use)) is not None else None,
    )
    runs = shape_of(type(node)).sort in (Sort.EXPRESSION, Sort.PART, Sort.ARM, Sort.FIELD, Sort.ENTRY)
    effect = infer_all(mentions(node), Effects(canvas, canvas.library)) if runs else None
    if shape_of(type(node)).sort is Sort.TYPE:
        return Told((print_any(node, canvas.naming),), wanted, None, None)
    return Told(_types_at(canvas, tree, node), wanted, origins.of(node), effect)


def _types_at(canvas: Canvas, tree: top.Toplevel, node: Node) -> tuple[str, ...]:
    held = canvas.checks.of(tree.id).types.get(node.id)
    if held is None:
        return ()
    if held == UNKNOWN and isinstance(tree, top.Http) and isinstance(node, _ENDING):
        return _distinct(canvas, answers(node, canvas.checks.of(tree.id)))
    return (spelled(canvas, held),)


_ENDING: Final = (e.Let, e.Note, e.If, e.Match, e.Toggle, e.Partial, e.Conflict, e.Pipe)
"""What a handler's answer may be made by without having one type itself."""


def _of_definition(canvas: Canvas, tree: top.Toplevel) -> tuple[str, ...]:
    checked = canvas.checks.of(tree.id)
    match tree:
        case top.Http(body=body):
            return _distinct(canvas, answers(body, checked))
        case top.Worker(body=body) | top.Cron(body=body) | top.Repl(body=body) | top.Test(body=body):
            return (spelled(canvas, checked.types[body.id]),)
        case top.Function():
            signature = canvas.checks.interfaces.signature(Defined(tree.id))
            name = canvas.naming.name_of(Realm.FUNCTION, Defined(tree.id))
            return (f"{name}{_signature(canvas, signature)}",) if signature is not None else ()
        case top.Type(definition=definition):
            return (print_any(definition, canvas.naming).strip(),)
        case top.Datastore(type=held):
            return (f"Datastore<{print_any(held, canvas.naming)}>",)
        case top.Switch():
            return ("Bool",)
        case top.Secret():
            return ("String",)


def _signature(canvas: Canvas, signature: Signature) -> str:
    generic = f"<{', '.join(signature.type_params)}>" if signature.type_params else ""
    params = ", ".join([f"{name}: {spelled(canvas, held)}" for name, held in signature.params])
    return f"{generic}({params}) -> {spelled(canvas, signature.result)}"


def _distinct(canvas: Canvas, ways: list[tuple[NodeId, Type]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([spelled(canvas, held) for _, held in ways]))


def spelled(canvas: Canvas, held: Type) -> str:
    if held == UNKNOWN or (isinstance(held, Variable) and held.name == "number"):
        return ANYTHING if held == UNKNOWN else "an Int or a Float"
    return describe(held, lambda ref: canvas.naming.name_of(Realm.TYPE, ref))


def _effect_of(canvas: Canvas, tree: top.Toplevel) -> Inferred | None:
    if isinstance(tree, top.Type | top.Datastore | top.Secret):
        return None
    return Effects(canvas, canvas.library).of(tree.id)


# Holes


def scope_types(canvas: Canvas, toplevel: NodeId, node: NodeId) -> dict[str, Type]:
    """The names that can be seen where a node stands, the inner ones first, with their types."""
    tree = canvas.tree(toplevel)
    types = canvas.checks.of(toplevel).types
    coming = comes_with(tree)
    found: dict[str, Type] = {}
    for name, binder in scope_at(tree, node).items():
        if binder.node == toplevel:
            found[name] = coming[name] if name in coming else _as_used(tree, types, name)
        else:
            found[name] = types.get(binder.node, UNKNOWN)
    return found


def _as_used(tree: top.Toplevel, types: Mapping[NodeId, Type], name: str) -> Type:
    """The type of a name that comes with a definition, of which only its uses tell."""
    for use, binder in resolve(tree).items():
        if binder is not None and binder.node == tree.id and binder.name == name and use in types:
            return types[use]
    return UNKNOWN


def _datastores(canvas: Canvas) -> dict[str, Type]:
    there = sorted((entry for entry in canvas.alive() if entry.kind is top.Datastore), key=lambda entry: entry.label)
    known = canvas.checks.interfaces
    return {
        entry.label: Named(Standard("Datastore"), (known.stored_type(Defined(entry.id)) or UNKNOWN,)) for entry in there
    }


MANY: Final = 500
"""Functions, among which it takes too long to find those whose result fits."""


def fits(canvas: Canvas, toplevel: NodeId, hole: NodeId) -> list[Fit]:
    """What may be put into a hole; nothing for what is none, or no expression, or a step of a pipe."""
    tree = canvas.tree(toplevel)
    if not isinstance(find(tree, hole), e.Hole):
        return []
    position = positions_in(tree).get(hole)
    checked = canvas.checks.of(toplevel)
    step = position is not None and isinstance(position.parent, e.Pipe) and position.slot.name == "steps"
    if position is None or position.slot.sort not in (Sort.EXPRESSION, Sort.PART) or step:
        return []
    names = scope_types(canvas, toplevel, hole)
    wanted = checked.types.get(hole, UNKNOWN)
    if isinstance(wanted, Named) and wanted.type == Standard("Datastore"):
        names.update(_datastores(canvas))
    declared = [param.name for param in tree.type_params] if isinstance(tree, top.Function) else []
    interfaces = canvas.checks.interfaces
    return fitting(wanted, interfaces, declared=declared, names=names, functions=_functions(canvas, toplevel, wanted))


def _functions(canvas: Canvas, without: NodeId, wanted: Type) -> dict[str, Signature]:
    """Those of the canvas, by name."""
    if wanted == UNKNOWN:
        return {}
    there = [entry for entry in canvas.alive() if entry.kind is top.Function and entry.id != without]
    if len(there) > MANY:
        return {}
    known = canvas.checks.interfaces
    found = ((entry.label, known.signature(Defined(entry.id))) for entry in sorted(there, key=lambda one: one.label))
    return {label: signature for label, signature in found if signature is not None}


def mends(canvas: Canvas, toplevel: NodeId, node: NodeId) -> list[Mend]:
    """What would make the marks of a node go away."""
    marks = canvas.checks.of(toplevel).marks
    return [mark.mend for mark in marks if mark.node == node and mark.mend is not None]
