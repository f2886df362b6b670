"""Other names for the same things.

A definition is renamed by one write, since code holds its identity; a local name with all its uses. Invariant: no
variable means something else after a rename than before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId, Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.implicit import implicit_names, route_variables
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import label_of
from dark_lang.restructuring.changing import Changed, commit, require_same_meaning
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.scoping import Binder, resolve, uses_of
from dark_lang.restructuring.surgery import changed, require, substitute

WORD = re.compile(r"[a-z_][A-Za-z0-9_]*\Z")
RESERVED = frozenset(["let", "in", "if", "then", "else", "match", "true", "false", "_"])
_FUNCTION = re.compile(r"((?:[A-Z][A-Za-z0-9_]*::)+[a-z][A-Za-z0-9_]*?)(?:_v(\d{1,9}))?\Z")
_TYPE = re.compile(r"([A-Z][A-Za-z0-9_]*?)(?:_v(\d{1,9}))?\Z")
_DATASTORE = re.compile(r"([A-Z][A-Za-z0-9_]*?)(?:-v(\d{1,9}))?\Z")
_NAME = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*\Z")
_SPELLINGS: Mapping[Realm, tuple[re.Pattern[str], str]] = {
    Realm.FUNCTION: (_FUNCTION, "Shop::total or Shop::total_v2"),
    Realm.TYPE: (_TYPE, "User or User_v1"),
    Realm.DATASTORE: (_DATASTORE, "Users or Users-v1"),
    Realm.SWITCH: (_NAME, "new-price"),
    Realm.SECRET: (_NAME, "stripe"),
}
_ROUTE = re.compile(r"(?:([A-Za-z]+)(?::|\s+))?(/\S*)\Z")
_PARTS = re.compile(r"(?:/(?:[^/:*?#\s][^/?#\s]*|:[A-Za-z_][A-Za-z0-9_]*)?)*(?:/:[A-Za-z_][A-Za-z0-9_]*\*)?\Z")


def require_word(name: str) -> str:
    """UsageError's cousin for names: RefusedError if no variable can be called that."""
    if not WORD.match(name) or name in RESERVED:
        raise RefusedError(f"{name!r} is no name of a variable", suggestion="a lower-case word: total, user2, x")
    return name


def require_route(route: str) -> str:
    """RefusedError if a route is not `/`, words and `:variables`, perhaps with a last `:rest*`."""
    if not _PARTS.match(route) or not route.startswith("/"):
        raise RefusedError(f"{route!r} is no route", suggestion="a route looks like /users/:id or /files/:rest*")
    if route.startswith("/_dark/"):
        raise RefusedError("routes below /_dark/ are the server's own", suggestion="choose another first word")
    variables = route_variables(route)
    if len(set(variables)) < len(variables):
        raise RefusedError(f"{route!r} has the same variable twice")
    return route


def resolve_word(naming: Naming, realm: Realm, text: str) -> Ref:
    """What a word on its own means. It may be unknown; RefusedError if nothing of that realm can be spelled so."""
    pattern, example = _SPELLINGS[realm]
    if not pattern.match(text):
        raise RefusedError(f"{text!r} is no name for this", suggestion=f"a name like {example}")
    ref = naming.resolve(realm, text)
    if realm is Realm.DATASTORE and isinstance(ref, Unresolved) and "-" not in text:
        return Unresolved(f"{text}-v0")  # without a version it would be read as a case
    return ref


def named(toplevel: top.Toplevel, name: str) -> top.Toplevel:
    """The definition with another label. RefusedError if that is no label for its kind."""
    match toplevel:
        case top.Function():
            pattern, example = _FUNCTION, "Shop::total or Shop::total_v2"
        case top.Type():
            pattern, example = _TYPE, "User or User_v1"
        case top.Datastore():
            pattern, example = _DATASTORE, "Users or Users-v1"
        case top.Http():
            pattern, example = _ROUTE, "/users/:id or GET:/users/:id"
        case _:
            pattern, example = _NAME, "nightly or send-mail"
    found = pattern.match(name)
    if found is None:
        raise RefusedError(f"{name!r} is no name for this", suggestion=f"a name like {example}")
    if isinstance(toplevel, top.Http):
        method = (found[1] or toplevel.method).upper()
        return changed(toplevel, method=method, route=require_route(found[2]))
    if isinstance(toplevel, top.Function | top.Type | top.Datastore):
        return changed(toplevel, name=found[1], version=toplevel.version if found[2] is None else int(found[2]))
    return changed(toplevel, name=name)


def require_free(known: Known, toplevel: top.Toplevel) -> None:
    label = label_of(toplevel)
    owner = known.owner(label)
    if owner is not None and owner != toplevel.id:
        raise RefusedError(
            f"there is a {label} already",
            suggestion=f"`dark show {label}` shows it; rename or delete it, or choose another",
        )


def rename(draft: Draft, known: Known, toplevel: NodeId, target: NodeId, name: str) -> Changed:
    """RefusedError if the name is taken, is no name for this, or would be taken for another binding."""
    before = draft.tree(toplevel)
    node = require(before, target)
    if target == toplevel:
        after = named(before, name)
        require_free(known, after)
        return commit(draft, known, before, after, show=(toplevel,))
    if isinstance(node, e.Field | e.FieldAccess | p.FieldPattern | t.FieldType):
        label = None if name == "?" else name
        return commit(draft, known, before, substitute(before, {target: changed(node, label=label)}), show=(target,))
    if isinstance(node, e.Hole | p.Hole | t.Hole):
        label = name.removeprefix("?")
        if label:
            require_word(label)
        return commit(draft, known, before, substitute(before, {target: changed(node, label=label)}), show=(target,))
    if isinstance(node, t.Case):
        if not _TYPE.match(name):
            raise RefusedError(f"{name!r} is no name of a case", suggestion="a word with a capital: Circle")
        notes = ("code that makes or matches the case by its old name has to be rewritten",)
        return commit(
            draft, known, before, substitute(before, {target: changed(node, name=name)}), show=(target,), notes=notes
        )
    if isinstance(node, top.TypeParameter | t.Variable):
        return _rename_type_variable(draft, known, before, node, require_word(name))
    binder = binder_of(before, node)
    after = _renamed(before, binder, require_word(name))
    require_same_meaning(before, after, f"calling {binder.name} {name}")
    return commit(draft, known, before, after, show=(binder.node,))


def binder_of(root: Node, node: Node) -> Binder:
    """The binding that a node is, holds, or uses. RefusedError if there is none."""
    match node:
        case e.Variable(name=name):
            binder = resolve(root).get(node.id)
            if binder is None:
                raise RefusedError(
                    f"{name} is bound nowhere", suggestion="dark set ADDR name NAME changes this use alone"
                )
            return binder
        case p.Variable(name=name) | top.Parameter(name=name):
            return Binder(node.id, name)
        case p.List(rest=rest) if rest:
            return Binder(node.id, rest)
        case e.Let(pattern=p.Variable() as only) | e.Lambda(params=(p.Variable() as only,)):
            return Binder(only.id, only.name)
        case _:
            raise RefusedError("this has no name", suggestion="name a definition, parameter, variable, field or hole")


def _renamed(root: top.Toplevel, binder: Binder, name: str) -> top.Toplevel:
    uses = set(uses_of(resolve(root), binder))
    fresh_uses = {node.id: changed(node, name=name) for node in descend(root) if node.id in uses}
    if binder.node == root.id:
        return substitute(_renamed_route(root, binder.name, name), fresh_uses)
    holder = require(root, binder.node)
    field = "rest" if isinstance(holder, p.List) else "name"
    # A pattern or parameter holds no variable, so the substitutions cannot meet.
    return substitute(root, {holder.id: changed(holder, **{field: name}), **fresh_uses})


def _renamed_route(root: top.Toplevel, old: str, new: str) -> top.Toplevel:
    if not isinstance(root, top.Http) or old not in route_variables(root.route):
        raise RefusedError(f"{old} comes with the definition and cannot be renamed", suggestion=f"let NAME = {old}")
    if new in implicit_names(root):
        raise RefusedError(f"{new} is bound there already")
    parts = [
        f":{new}" if part == f":{old}" else f":{new}*" if part == f":{old}*" else part for part in root.route.split("/")
    ]
    return changed(root, route=require_route("/".join(parts)))


def _rename_type_variable(
    draft: Draft, known: Known, before: top.Toplevel, node: top.TypeParameter | t.Variable, name: str
) -> Changed:
    same_name = [
        other
        for other in descend(before)
        if isinstance(other, top.TypeParameter | t.Variable) and other.name == node.name
    ]
    if any(isinstance(other, top.TypeParameter | t.Variable) and other.name == name for other in descend(before)):
        raise RefusedError(f"there is a type variable {name} already")
    after = substitute(before, {other.id: changed(other, name=name) for other in same_name})
    return commit(draft, known, before, after, show=(node.id,))
