"""What the checker knows of a canvas in memory, as linking asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from memory_canvas import MemoryCanvas, library

from dark_lang.checking.checker import check
from dark_lang.checking.declaring import declared, definition_of, signature_of
from dark_lang.checking.knowing import TypeDefinition
from dark_lang.checking.marks import Checked
from dark_lang.library import STANDARD_CASES, STANDARD_TYPES, Deprecation
from dark_lang.library_signatures import Signature, parse_signature
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import toplevels as top
from dark_lang.types import Named, Type, Variable
from runtime.finishing import KINDS


class MemoryTypes:
    """Both what the checker asks (`checking.knowing.Known`) and what linking asks (`typed_code.Typed`)."""

    def __init__(self, canvas: MemoryCanvas) -> None:
        self.canvas = canvas
        self.checked: dict[NodeId, Checked] = {}
        self._definitions: dict[Ref, TypeDefinition | None] = {}
        self._signatures: dict[NodeId, Signature] = {}

    # For linking

    def types_of(self, toplevel: NodeId) -> tuple[Mapping[NodeId, Type], bytes] | None:
        found = self.check(toplevel)
        if not found.is_sound or any(not mark.kind.is_warning for mark in found.marks):
            return None
        types = {node: self._written_out(wanted) for node, wanted in found.types.items()}
        return types, sha256(repr(sorted(types.items())).encode()).digest()

    def check(self, toplevel: NodeId) -> Checked:
        found = self.checked.get(toplevel)
        if found is None:
            found = self.checked[toplevel] = check(self.canvas.trees[toplevel], self)
        return found

    def _written_out(self, wanted: Type) -> Type:
        while isinstance(wanted, Named) and isinstance(wanted.type, Defined):
            definition = self.type_definition(wanted.type)
            if definition is None or definition.alias is None:
                break
            given = dict(zip(definition.params, wanted.args, strict=True))
            alias = definition.alias
            wanted = given[alias.name] if isinstance(alias, Variable) else alias
        return wanted

    # For the checker

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        if isinstance(ref, Unresolved) and ref.text:
            return self.canvas.resolve(realm, ref.text)
        return ref

    def _tree(self, realm: Realm, ref: Ref) -> top.Toplevel | None:
        ref = self.resolved(realm, ref)
        if not isinstance(ref, Defined) or ref.id in self.canvas.deleted:
            return None
        tree = self.canvas.trees.get(ref.id)
        return tree if isinstance(tree, KINDS[realm]) else None

    def _type(self, ref: Ref) -> Ref:
        return self.resolved(Realm.TYPE, ref) if self.exists(Realm.TYPE, ref) else Unresolved("?")

    def signature(self, ref: Ref) -> Signature | None:
        ref = self.resolved(Realm.FUNCTION, ref)
        if isinstance(ref, Standard):
            standard = library().functions.get(ref)
            return None if standard is None else parse_signature(standard)
        tree = self._tree(Realm.FUNCTION, ref)
        if not isinstance(tree, top.Function):
            return None
        if tree.id not in self._signatures:
            self._signatures[tree.id] = signature_of(tree, self._type)
        return self._signatures[tree.id]

    def type_definition(self, ref: Ref) -> TypeDefinition | None:
        if ref not in self._definitions:
            tree = self._tree(Realm.TYPE, ref)
            self._definitions[ref] = definition_of(tree, self._type) if isinstance(tree, top.Type) else None
        return self._definitions[ref]

    def stored_type(self, ref: Ref) -> Type | None:
        tree = self._tree(Realm.DATASTORE, ref)
        return declared(tree.type, self._type) if isinstance(tree, top.Datastore) else None

    def exists(self, realm: Realm, ref: Ref) -> bool:
        ref = self.resolved(realm, ref)
        if isinstance(ref, Standard):
            return ref.name in STANDARD_TYPES if realm is Realm.TYPE else ref in library().functions
        return self._tree(realm, ref) is not None

    def case_owner(self, case: str) -> Ref:
        return Standard(STANDARD_CASES[case][0]) if case in STANDARD_CASES else self.canvas.resolve_case(case)

    def deprecation(self, ref: Ref) -> Deprecation | None:
        standard = library().functions.get(ref) if isinstance(ref, Standard) else None
        return None if standard is None else standard.deprecated

    def spell(self, realm: Realm, ref: Ref) -> str:
        return self.canvas.name_of(realm, ref)

    def trashed(self, _realm: Realm, _ref: Ref) -> str:
        return ""

    def names(self, _realm: Realm) -> Iterable[str]:
        return self.canvas.labels()
