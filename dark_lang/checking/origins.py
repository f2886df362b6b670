"""Where the type of a node comes from: from which other node, or from what the program says around it.

Must not know inference: it reads a tree that has been checked. Invariant: the type of the node that it names is that of
the node in question, or holds it; what it cannot tell for sure it does not tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dark_lang.checking.knowing import Known
from dark_lang.checking.marks import Checked
from dark_lang.names import NodeId
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node, Sort, shape_of
from dark_lang.nodes.walking import Position
from dark_lang.records import NamedTuple
from dark_lang.types import describe


class Origin(NamedTuple):
    """`says`: a few words about what `node` is, or, without one, about what stands in no tree."""

    says: str
    node: NodeId | None = None


_OF_PATTERNS: Final = (Sort.PATTERN, Sort.FIELD_PATTERN)


class Origins:
    """Of one checked definition. `positions`: where each of its nodes stands; `binders`: what binds each variable, None
    for what comes with the definition."""

    def __init__(
        self,
        known: Known,
        checked: Checked,
        positions: Callable[[NodeId], Position | None],
        binder: Callable[[NodeId], NodeId | None],
    ) -> None:
        self._known = known
        self._checked = checked
        self._position = positions
        self._binder = binder

    def of(self, node: Node) -> Origin | None:
        sort = shape_of(type(node)).sort
        if sort is Sort.EXPRESSION:
            return self._of_expression(node)
        if sort is Sort.PATTERN:
            return self._of_pattern(node)
        match node:
            case top.Parameter():
                return Origin("it is declared so")
            case e.Arm(body=body):
                return Origin("the code behind its arrow", body.id)
            case e.Field(value=value):
                return Origin("its value", value.id)
            case _:
                return None

    def _of_expression(self, node: Node) -> Origin | None:
        match node:
            case e.Hole() | e.Unread():
                return self._of_place(node)
            case e.Variable(name=name):
                return self._of_variable(node, name)
            case e.Call(function=ref):
                return Origin(f"what {self._known.spell(Realm.FUNCTION, ref)} gives")
            case e.FunctionRef(function=ref):
                return Origin(f"the function {self._known.spell(Realm.FUNCTION, ref)}")
            case e.Apply(function=function):
                return Origin("what a function gives", function.id)
            case e.FieldAccess(record=record, label=label) if label is not None:
                return Origin(f"the field `{label}` of {self._spelled(record)}")
            case e.DatastoreRef(datastore=ref):
                return Origin(f"the datastore {self._known.spell(Realm.DATASTORE, ref)}")
            case e.SecretRef():
                return Origin("secrets are Strings")
            case e.Try(value=value):
                return Origin(f"taken out of {self._spelled(value)}", value.id)
            case e.Let(body=body) | e.Note(body=body):
                return Origin("the code after it", body.id)
            case e.If(then=then):
                return Origin("the first of its sides", then.id)
            case e.Match(arms=(first, *_)):
                return Origin("the first of its arms", first.body.id)
            case e.Toggle(old=old) | e.Partial(old=old):
                return Origin("its old side", old.id)
            case e.Conflict(base=base):
                return Origin("its base", base.id)
            case e.RecordUpdate(record=record):
                return Origin("the record that it starts from", record.id)
            case e.Pipe(steps=(*_, last)):
                return Origin("its last step", last.id)
            case e.Construct(type=ref, case=case):
                return Origin(f"a case of {self._known.spell(Realm.TYPE, ref)}: {case}")
            case e.And() | e.Or():
                return Origin("conditions are Bools")
            case e.List(items=()) | e.Dict(entries=()):
                return Origin("it is empty; what it is to hold is told by its uses")
            case e.List() | e.Dict() | e.Tuple() | e.Record():
                return Origin("what it is made of")
            case e.Lambda():
                return Origin("its uses, and what it gives")
            case e.Int() | e.Float() | e.Bool() | e.Char() | e.Unit() | e.String():
                return Origin("it is written so")
            case _:
                return None

    def _of_variable(self, node: e.Variable, name: str) -> Origin:
        binder = self._binder(node.id)
        if binder is None:
            return Origin(f"nothing is called {name}; {self._asked(node)}")
        if self._position(binder) is None:
            return Origin(f"{name} comes with the {'request' if name == 'request' else 'definition'}")
        return Origin("the name", binder)

    def _asked(self, node: Node) -> str:
        origin = self._of_place(node)
        return origin.says if origin is not None and origin.node is None else "its place says what it would be"

    def _of_place(self, node: Node) -> Origin | None:
        """Of what has no type of its own: what its place asks for."""
        position = self._position(node.id)
        if position is None:
            return None
        parent, slot, nth = position.parent, position.slot.name, position.nth
        match parent:
            case e.Call(function=ref):
                return self._of_argument(parent, self._known.spell(Realm.FUNCTION, ref), nth)
            case top.Function():
                return Origin("what the function is declared to give")
            case e.If(then=then) if slot == "else_":
                return Origin("the other side", then.id)
            case e.If() if slot == "condition":
                return Origin("conditions are Bools")
            case e.And() | e.Or() | e.Arm() if slot != "body":
                return Origin("conditions are Bools")
            case e.String():
                return Origin("text is made of Strings")
            case e.Dict() | e.Entry() if slot == "key":
                return Origin("the keys of a Dict are Strings")
            case e.Partial(old=old) | e.Toggle(old=old) if slot == "new":
                return Origin("the old side", old.id)
            case e.Let(pattern=pattern) if slot == "value":
                return Origin("the uses of what it is bound to", pattern.id)
            case e.Let() | e.Note() | e.Partial() | e.Toggle() | e.Conflict() | e.If():
                return self._of_place(parent)
            case e.Arm():
                match_ = self._position(parent.id)
                return self._of_place(match_.parent) if match_ and isinstance(match_.parent, e.Match) else None
            case _:
                return None

    def _of_argument(self, call: e.Call, name: str, nth: int) -> Origin | None:
        signature = self._known.signature(call.function)
        position = self._position(call.id)
        if signature is None or position is None:
            return None
        nth += isinstance(position.parent, e.Pipe) and position.slot.name == "steps"
        if nth >= len(signature.params):
            return None
        return Origin(f"the argument `{signature.params[nth][0]}` of {name}")

    def _of_pattern(self, node: Node) -> Origin | None:
        outer: Node = node
        position = self._position(outer.id)
        while position is not None and shape_of(type(position.parent)).sort in _OF_PATTERNS:
            outer = position.parent
            position = self._position(outer.id)
        if position is None:
            return None
        part = "" if outer is node else "a part of "
        match position.parent:
            case e.Let(value=value):
                return Origin(f"{part}the value", value.id)
            case e.Arm():
                match_ = self._position(position.parent.id)
                if match_ is not None and isinstance(match_.parent, e.Match):
                    return Origin(f"{part}what is matched", match_.parent.subject.id)
                return None
            case e.Lambda():
                return Origin(f"{part}what the function is given")
            case _:
                return None

    def _spelled(self, node: Node) -> str:
        return describe(self._checked.types[node.id], lambda ref: self._known.spell(Realm.TYPE, ref))
