"""A small program for operations to know: some library functions, and whatever definitions a test has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from dark_lang.checking.checker import check
from dark_lang.library import Library
from dark_lang.names import Defined, NodeId, Ref, Standard
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import label_of
from dark_lang.restructuring.pending_names import PendingNaming
from dark_lang.stdlib import standard_library
from runtime.asking import mentions
from runtime.checking import Interfaces, advice_in, misfits_in
from runtime.labelling import Labels
from runtime.naming import CanvasNaming

_WORDS = """Op::add Op::subtract Op::multiply Op::divide Op::modulo Op::power Op::append Op::equals Op::notEquals
    Op::lessThan Op::lessThanOrEqualTo Op::greaterThan Op::greaterThanOrEqualTo Op::negate Op::not List::map
    List::filter List::length List::head List::getAt List::append String::length Http::respond
    Float::nan Float::infinity"""
_NAMED = {*(Standard(word) for word in _WORDS.split()), Standard("Dict::get", 1)}
LIBRARY = Library(function for identity, function in standard_library().functions.items() if identity in _NAMED)
_BELOW = CanvasNaming({}, Labels({}, frozenset()), LIBRARY)
NOTHING: Any = SimpleNamespace(entries={}, naming=_BELOW)  # the canvas under a draft that holds everything


class SmallKnown:
    """`Known`, of the library above and the definitions that `trees` gives."""

    def __init__(self, trees: Callable[[], list[top.Toplevel]]) -> None:
        self.trees = trees

    @property
    def naming(self) -> Naming:
        return PendingNaming(_BELOW, {tree.id: tree for tree in self.trees()})

    def misfits(self, definition: top.Toplevel) -> Mapping[NodeId, str]:
        return misfits_in(check(definition, self._interfaces))

    def advice(self, definition: top.Toplevel) -> list[str]:
        return advice_in(check(definition, self._interfaces))

    @property
    def _interfaces(self) -> Interfaces:
        pending = {tree.id: tree for tree in self.trees()}
        return Interfaces(NOTHING, LIBRARY, pending=pending, naming=self.naming)

    def exists(self, realm: Realm, ref: Ref) -> bool:
        return self._interfaces.exists(realm, ref)

    in_place = False

    def users(self, definition: NodeId) -> list[NodeId]:
        return [
            tree.id
            for tree in self.trees()
            if tree.id != definition and mentions(tree, Defined(definition), self.naming)
        ]

    def owner(self, label: str) -> NodeId | None:
        return next((tree.id for tree in self.trees() if label_of(tree) == label), None)

    def definition(self, ref: Ref) -> top.Toplevel | None:
        return next((tree for tree in self.trees() if isinstance(ref, Defined) and tree.id == ref.id), None)
