"""A small program for operations to know: some library functions, and whatever definitions a test has."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import STANDARD_CASES, STANDARD_TYPES, Library, LibraryFunction
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.notation.addresses import label_of
from dark_lang.restructuring.pending_names import PendingNaming
from runtime.labelling import Labels
from runtime.naming import CanvasNaming

_BINARY = (
    "add subtract multiply divide modulo power append equals notEquals lessThan lessThanOrEqualTo greaterThan "
    "greaterThanOrEqualTo"
)
PARAMETERS: dict[Standard, int] = {
    **{Standard(f"Op::{word}"): 2 for word in _BINARY.split()},
    Standard("Op::negate"): 1,
    Standard("Op::not"): 1,
    Standard("List::map"): 2,
    Standard("List::filter"): 2,
    Standard("List::length"): 1,
    Standard("List::head"): 1,
    Standard("List::getAt"): 2,
    Standard("List::append"): 2,
    Standard("String::length"): 1,
    Standard("Http::respond"): 2,
    Standard("Dict::get", 1): 2,
    Standard("Float::nan"): 0,
    Standard("Float::infinity"): 0,
}


def _declared(identity: Standard, count: int) -> LibraryFunction:
    params = ", ".join(f"p{number}: Int" for number in range(count))
    return LibraryFunction(f"{identity.name}_v{identity.version}({params}) -> Int", lambda *_: None, "")


LIBRARY = Library(_declared(identity, count) for identity, count in PARAMETERS.items())
_BELOW = CanvasNaming({}, Labels({}, frozenset()), LIBRARY)


class SmallKnown:
    """`Known`, of the library above and the definitions that `trees` gives."""

    def __init__(self, trees: Callable[[], list[top.Toplevel]]) -> None:
        self.trees = trees

    @property
    def naming(self) -> Naming:
        return PendingNaming(_BELOW, {tree.id: tree for tree in self.trees()})

    def _settled(self, realm: Realm, ref: Ref) -> Ref:
        return self.naming.resolve(realm, ref.text) if isinstance(ref, Unresolved) else ref

    def parameters(self, function: Ref) -> int | None:
        ref = self._settled(Realm.FUNCTION, function)
        if isinstance(ref, Standard):
            return PARAMETERS.get(ref)
        held = self.definition(ref)
        return len(held.params) if isinstance(held, top.Function) else None

    def case_values(self, type: Ref, case: str) -> int | None:  # noqa: A002
        if isinstance(type, Standard):
            name, count = STANDARD_CASES.get(case, ("", 0))
            return count if name == type.name else None
        held = self.definition(type)
        if isinstance(held, top.Type) and isinstance(held.definition, t.Enum):
            return next((len(each.args) for each in held.definition.cases if each.name == case), None)
        return None

    def exists(self, realm: Realm, ref: Ref) -> bool:
        settled = self._settled(realm, ref)
        return settled.name in STANDARD_TYPES if isinstance(settled, Standard) else self.definition(settled) is not None

    def owner(self, label: str) -> NodeId | None:
        return next((tree.id for tree in self.trees() if label_of(tree) == label), None)

    def definition(self, ref: Ref) -> top.Toplevel | None:
        return next((tree for tree in self.trees() if isinstance(ref, Defined) and tree.id == ref.id), None)
