"""Whether code can run to its end: no hole, no unread text, no unknown name, no wrong number of arguments.

Looks at the text alone, not at what it calls. Must not know drafts. Invariant: what stands beside the side that runs
(the new side of a Partial or a Toggle, the alternatives of a Conflict whose base is finished) never counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from dark_lang.names import NodeId, Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of
from dark_lang.restructuring.scoping import Binder


class Known(Protocol):
    """What a program defines, as far as an edit needs to know it."""

    @property
    def naming(self) -> Naming: ...

    def parameters(self, function: Ref) -> int | None:
        """How many parameters a function has; None if there is no such function."""
        ...

    def case_values(self, type: Ref, case: str) -> int | None:  # noqa: A002 - the field's own word
        """How many values a case of an enum holds; None if there is no such case."""
        ...

    def exists(self, realm: Realm, ref: Ref) -> bool: ...

    def owner(self, label: str) -> NodeId | None:
        """The definition that bears a label, spelled as in an address: `GET:/users/:id`, `Shop::total_v1`."""
        ...

    def definition(self, ref: Ref) -> top.Toplevel | None:
        """The definition of the canvas that is meant; None for the library's, and for what is not there."""
        ...


Uses = Mapping[NodeId, Binder | None]


def is_finished(root: Node, uses: Uses, known: Known) -> bool:
    return first_gap(root, uses, known) is None


def first_gap(root: Node, uses: Uses, known: Known, *, step: bool = False) -> str | None:
    """What is missing first, in words; None if nothing is. `uses` is of the whole definition, so that names bound
    above the root are known. `step`: the root is a step of a pipe, whose calls lack their first argument."""
    work: list[tuple[Node, bool]] = [(root, step)]
    while work:
        node, is_step = work.pop()
        gap = _gap(node, is_step, uses, known)
        if gap is not None:
            return gap
        work.extend(reversed(list(_running(node, is_step, uses, known))))
    return None


def _running(node: Node, is_step: bool, uses: Uses, known: Known) -> Iterator[tuple[Node, bool]]:
    match node:
        case e.Partial(old=old) | e.Toggle(old=old):
            yield old, is_step
        case e.Conflict(base=base, alternatives=alternatives):
            sides = (base, *alternatives)
            # Sides are searched twice; conflicts inside conflicts are rare and few.
            yield next((side for side in sides if first_gap(side, uses, known, step=is_step) is None), base), is_step
        case e.Pipe(head=head, steps=steps):
            yield head, False
            for step in steps:
                yield step, True
        case e.Try(value=value):
            yield value, is_step
        case _:
            for child in children_of(node):
                yield child, False


def _gap(node: Node, is_step: bool, uses: Uses, known: Known) -> str | None:
    match node:
        case e.Hole(label=label) | p.Hole(label=label) | t.Hole(label=label):
            return f"the hole ?{label}"
        case e.Unread(text=text) | p.Unread(text=text) | t.Unread(text=text):
            return f"text that could not be read: {text}"
        case p.Conflict() | t.Conflict():
            return "a conflict"
        case e.Field(label=None) | e.FieldAccess(label=None) | p.FieldPattern(label=None) | t.FieldType(label=None):
            return "a label that is missing"
        case e.Variable(name=name) if uses.get(node.id) is None:
            return f"the unknown name {name}"
        case e.Call(function=function, args=args):
            return _call_gap(function, len(args) + is_step, known)
        case e.FunctionRef(function=function) if known.parameters(function) is None:
            return f"the unknown function {spell(known, Realm.FUNCTION, function)}"
        case e.Construct(type=type_, case=case, args=args):
            return _counted(f"{case}", "value", known.case_values(type_, case), len(args), "case")
        case p.Constructor(type=type_, case=case, args=patterns):
            return _counted(f"{case}", "value", known.case_values(type_, case), len(patterns), "case")
        case t.Named(type=type_) if not known.exists(Realm.TYPE, type_):
            return f"the unknown type {spell(known, Realm.TYPE, type_)}"
        case e.DatastoreRef(datastore=datastore) if not known.exists(Realm.DATASTORE, datastore):
            return f"the unknown datastore {spell(known, Realm.DATASTORE, datastore)}"
        case e.SecretRef(secret=secret) if not known.exists(Realm.SECRET, secret):
            return f"the unknown secret {spell(known, Realm.SECRET, secret)}"
        case _:
            return None


def _call_gap(function: Ref, given: int, known: Known) -> str | None:
    expected = known.parameters(function)
    return _counted(spell(known, Realm.FUNCTION, function), "argument", expected, given, "function")


def _counted(name: str, what: str, expected: int | None, given: int, kind: str) -> str | None:
    if expected is None:
        return f"the unknown {kind} {name}"
    if expected == given:
        return None
    return f"{name} takes {expected} {what}{'' if expected == 1 else 's'}, not {given}"


def spell(known: Known, realm: Realm, ref: Ref) -> str:
    return ref.text if isinstance(ref, Unresolved) else known.naming.name_of(realm, ref)
