"""What names mean while a diff is in the making: those of the canvas, with what the draft defines, renames and deletes.

Many edits in one diff (`apply`) see each other's definitions through this. Must not know the canvas behind the naming.
Invariant: without definitions in the draft it answers exactly what the naming below it answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from dark_lang.names import Defined, NodeId, Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.realms import KINDS


def name_in_realm(toplevel: top.Toplevel) -> str:
    """The full name of a definition, as code spells it."""
    match toplevel:
        case top.Function(name=name, version=version) | top.Type(name=name, version=version):
            return f"{name}_v{version}"
        case top.Datastore(name=name, version=version):
            return f"{name}-v{version}"
        case top.Http(method=method, route=route):
            return f"{method}:{route}"
        case _:
            return toplevel.name


class PendingNaming:
    """A `Naming`. `pending`: the definitions of the draft as they are now, None for deleted ones."""

    def __init__(self, below: Naming, pending: Mapping[NodeId, top.Toplevel | None]) -> None:
        self._below = below
        self._pending = pending

    def resolve(self, realm: Realm, text: str) -> Ref:
        found = self._below.resolve(realm, text)
        if isinstance(found, Defined) and found.id in self._pending:
            held = self._pending[found.id]
            if held is None or not _answers(held, text):
                found = Unresolved(text)
        if found != Unresolved(text) and not isinstance(found, Defined):
            return found
        mine = [
            held
            for held in self._pending.values()
            if held is not None and isinstance(held, KINDS[realm]) and _answers(held, text)
        ]
        if not mine:
            return found
        best = max(mine, key=lambda held: getattr(held, "version", 0))
        if isinstance(found, Defined) and _version(self._below.name_of(realm, found)) > getattr(best, "version", 0):
            return found
        return Defined(best.id)

    def resolve_case(self, case: str) -> Ref:
        found = self._below.resolve_case(case)
        if not isinstance(found, Defined | Unresolved):
            return found
        having = {held.id for held in self._pending.values() if held is not None and _has_case(held, case)}
        if isinstance(found, Defined) and found.id not in self._pending:
            having.add(found.id)
        return Defined(having.pop()) if len(having) == 1 else Unresolved("")

    def name_of(self, realm: Realm, ref: Ref) -> str:
        held = self._pending.get(ref.id) if isinstance(ref, Defined) else None
        if held is not None and isinstance(held, KINDS[realm]):
            return name_in_realm(held)
        return self._below.name_of(realm, ref)

    def is_case_unique(self, ref: Ref, case: str) -> bool:
        return self.resolve_case(case) == ref


def _answers(held: top.Toplevel, text: str) -> bool:
    full = name_in_realm(held)
    return text == full or (isinstance(held, top.Function | top.Type | top.Datastore) and text == held.name)


def _version(name: str) -> int:
    digits = name.rpartition("v")[2]
    return int(digits) if digits.isdecimal() else 0


def _has_case(held: top.Toplevel, case: str) -> bool:
    if not isinstance(held, top.Type) or not isinstance(held.definition, t.Enum):
        return False
    return any(each.name == case for each in held.definition.cases)
