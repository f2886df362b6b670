"""What the checker found in the definitions of a snapshot, found when somebody first asks.

Must not know how marks are shown. Invariants: what is kept of a definition is kept with all that was asked about the
program around it, and holds for every snapshot in which the definition is the same and each of those questions has the
same answer; so an edit re-checks what it can affect and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast
from weakref import WeakKeyDictionary

from dark_lang.checking.checker import check
from dark_lang.checking.declaring import declared, definition_of, signature_of
from dark_lang.checking.knowing import TypeDefinition
from dark_lang.checking.marks import Checked
from dark_lang.errors import AddressError
from dark_lang.library import STANDARD_CASES, STANDARD_TYPES, Deprecation, Library
from dark_lang.library_signatures import Signature, parse_signature
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.realms import KINDS
from dark_lang.nodes.remembering import remembered
from dark_lang.records import NamedTuple
from dark_lang.types import Type

if TYPE_CHECKING:
    from runtime.linking import CanvasView


class Question(NamedTuple):
    """Something that was asked about the program around a definition."""

    method: str  # of Interfaces
    asked: tuple[Any, ...]
    answer: Any


class Interfaces:
    """What the definitions of one snapshot look like to those who use them. `pending`: definitions that a draft has
    changed, None for those that it deleted; `naming` is theirs too then."""

    def __init__(
        self,
        canvas: CanvasView,
        library: Library,
        *,
        pending: Mapping[NodeId, top.Toplevel | None] | None = None,
        naming: Naming | None = None,
    ) -> None:
        self._canvas = canvas
        self._library = library
        self._kept = Kept.of(library)
        self._pending = pending or {}
        self._naming = naming or canvas.naming
        self._made: dict[tuple[str, NodeId], Any] = {}
        self._names: dict[Realm, list[str]] = {}
        self._cases: list[str] | None = None

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        if isinstance(ref, Unresolved) and ref.text:
            return self._naming.resolve(realm, ref.text)
        return ref

    def signature(self, ref: Ref) -> Signature | None:
        ref = self.resolved(Realm.FUNCTION, ref)
        if isinstance(ref, Standard):
            function = self._library.functions.get(ref)
            return None if function is None else parse_signature(function)
        found: Signature | None = self._interface("signature", ref, top.Function, signature_of)
        return found

    def type_definition(self, ref: Ref) -> TypeDefinition | None:
        found: TypeDefinition | None = self._interface("type", self.resolved(Realm.TYPE, ref), top.Type, definition_of)
        return found

    def stored_type(self, ref: Ref) -> Type | None:
        found: Type | None = self._interface("store", self.resolved(Realm.DATASTORE, ref), top.Datastore, _stored)
        return found

    def exists(self, realm: Realm, ref: Ref) -> bool:
        ref = self.resolved(realm, ref)
        if isinstance(ref, Standard):
            return ref in self._library.functions if realm is Realm.FUNCTION else ref.name in STANDARD_TYPES
        if not isinstance(ref, Defined):
            return False
        if ref.id in self._pending:
            return isinstance(self._pending[ref.id], KINDS[realm])
        entry = self._canvas.entries.get(ref.id)
        return entry is not None and _is(entry, KINDS[realm])

    def case_owner(self, case: str) -> Ref:
        return self._naming.resolve_case(case)

    def cases(self) -> Sequence[str]:
        if self._cases is None:
            self._cases = self._find_cases()
        return self._cases

    def _find_cases(self) -> list[str]:
        types = [each for each, entry in self._canvas.entries.items() if _is(entry, top.Type)]
        found = [definition for each in types if (definition := self.type_definition(Defined(each))) is not None]
        return [*STANDARD_CASES, *[case for definition in found for case in definition.cases]]

    def deprecation(self, ref: Ref) -> Deprecation | None:
        ref = self.resolved(Realm.FUNCTION, ref)
        function = self._library.functions.get(ref) if isinstance(ref, Standard) else None
        return None if function is None else function.deprecated

    def spell(self, realm: Realm, ref: Ref) -> str:
        return self._naming.name_of(realm, ref)

    def trashed(self, ref: Ref) -> str:
        gone = self._canvas.entries.get(ref.id) if isinstance(ref, Defined) else None
        return gone.label if gone is not None and not gone.alive else ""

    def names(self, realm: Realm) -> Sequence[str]:
        found = self._names.get(realm)
        if found is None:
            found = self._names[realm] = self._find_names(realm)
        return found

    def _find_names(self, realm: Realm) -> list[str]:
        kind = KINDS[realm]
        naming, entries = self._naming, self._canvas.entries
        found = [naming.name_of(realm, Defined(each)) for each, entry in entries.items() if _is(entry, kind)]
        if realm is Realm.FUNCTION:
            found.extend(self._library.newest)
        elif realm is Realm.TYPE:
            found.extend(STANDARD_TYPES)
        return found

    def _interface(self, what: str, ref: Ref, kind: type[Any], make: Callable[[Any, Any], Any]) -> Any:
        """Kept by content for all snapshots, as long as every name in it was known when it was written."""
        if not isinstance(ref, Defined):
            return None
        key = (what, ref.id)
        if key not in self._made:
            self._made[key] = self._find(what, ref.id, kind, make)
        return self._made[key]

    def _find(self, what: str, definition: NodeId, kind: type[Any], make: Callable[[Any, Any], Any]) -> Any:
        if definition in self._pending:
            tree = self._pending[definition]
            return self._make(what, None, tree, make) if isinstance(tree, kind) else None
        entry = self._canvas.entries.get(definition)
        if entry is None or not _is(entry, kind):
            return None
        content = self._canvas.content(definition)
        found = self._kept.interfaces.get((what, content))
        return found or self._make(what, content, self._canvas.tree(definition), make)

    def _make(self, what: str, content: bytes | None, tree: Any, make: Callable[[Any, Any], Any]) -> Any:
        open_names = False

        def resolve(ref: Ref) -> Ref:
            nonlocal open_names
            open_names = open_names or isinstance(ref, Unresolved)
            meant = self.resolved(Realm.TYPE, ref)
            return meant if self.exists(Realm.TYPE, meant) else Unresolved("")

        made = make(tree, resolve)
        if content is not None and not open_names:
            self._kept.keep_interface((what, content), made)
        return made


def _stored(datastore: top.Datastore, resolve: Callable[[Ref], Ref]) -> Type:
    return declared(datastore.type, resolve)


def _is(entry: Any, kind: type[top.Toplevel]) -> bool:
    return bool(entry.alive) and entry.kind is kind


def misfits_in(checked: Checked) -> Mapping[NodeId, str]:
    """The nodes that behave as if a hole were around them, each with what is wrong."""
    if not checked.errors:
        return {}
    return {mark.node: mark.sentence for mark in reversed(checked.marks) if mark.node in checked.errors}


def advice_in(checked: Checked) -> list[str]:
    """What to do about what is wrong, in words, where something comes to mind."""
    return [mark.suggestion for mark in checked.marks if mark.kind.is_error and mark.suggestion]


class _Asking:
    """The same, and keeps what was asked: what `Known` gives the checker."""

    def __init__(self, interfaces: Interfaces) -> None:
        self._interfaces = interfaces
        self.questions: dict[tuple[str, tuple[Any, ...]], Any] = {}
        self.deprecation = interfaces.deprecation  # what the library says never changes

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        if not isinstance(ref, Unresolved):
            return ref
        meant: Ref = self._ask("resolved", realm, ref)
        return meant

    def signature(self, ref: Ref) -> Signature | None:
        if isinstance(ref, Standard):
            return self._interfaces.signature(ref)
        found: Signature | None = self._ask("signature", ref)
        return found

    def type_definition(self, ref: Ref) -> TypeDefinition | None:
        found: TypeDefinition | None = self._ask("type_definition", ref)
        return found

    def stored_type(self, ref: Ref) -> Type | None:
        found: Type | None = self._ask("stored_type", ref)
        return found

    def exists(self, realm: Realm, ref: Ref) -> bool:
        return bool(self._ask("exists", realm, ref))

    def case_owner(self, case: str) -> Ref:
        found: Ref = self._ask("case_owner", case)
        return found

    # How things are called never decides what fits; but marks say it.

    def spell(self, realm: Realm, ref: Ref) -> str:
        return str(self._ask("spell", realm, ref)) if isinstance(ref, Defined) else self._interfaces.spell(realm, ref)

    def trashed(self, ref: Ref) -> str:
        return str(self._ask("trashed", ref))

    def names(self, realm: Realm) -> Sequence[str]:
        found: Sequence[str] = self._ask("names", realm)
        return found

    def cases(self) -> Sequence[str]:
        found: Sequence[str] = self._ask("cases")
        return found

    def _ask(self, method: str, *asked: Any) -> Any:
        key = (method, asked)
        if key in self.questions:
            return self.questions[key]
        answer = self.questions[key] = getattr(self._interfaces, method)(*asked)
        return answer


class _Found(NamedTuple):
    checked: Checked
    questions: tuple[Question, ...]
    key: bytes


class Kept:
    """What is kept for all snapshots of one library. Shared by threads: a lost entry is made anew."""

    _made: ClassVar[WeakKeyDictionary[Library, Kept]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self.found: dict[bytes, _Found] = {}
        self.interfaces: dict[tuple[str, bytes], Any] = {}
        self.numbers = count(1)

    @classmethod
    def of(cls, library: Library) -> Kept:
        found = cls._made.get(library)
        if found is None:
            found = cls._made[library] = cls()
        return found

    def keep(self, content: bytes, found: _Found) -> None:
        _make_room(self.found, _DEFINITIONS)
        self.found[content] = found

    def keep_interface(self, key: tuple[str, bytes], made: Any) -> None:
        _make_room(self.interfaces, _INTERFACES)
        self.interfaces[key] = made


_DEFINITIONS: Final = 4_096
_INTERFACES: Final = 50_000


def _make_room(kept: dict[Any, Any], room: int) -> None:
    if len(kept) >= room:
        for old in list(kept)[: room // 4]:
            kept.pop(old, None)


class Checks:
    """The checked definitions of one snapshot."""

    def __init__(self, canvas: CanvasView, library: Library) -> None:
        self._canvas = canvas
        self._kept = Kept.of(library)
        self.interfaces = Interfaces(canvas, library)
        self._found: dict[NodeId, _Found] = {}
        self._check_other = remembered(lambda tree: check(cast("top.Toplevel", tree), self.interfaces))

    def of(self, toplevel: NodeId) -> Checked:
        """Raises AddressError if there never was such a toplevel."""
        return self._find(toplevel).checked

    def key(self, toplevel: NodeId) -> bytes:
        """Differs whenever the types of what is in a definition may differ, for as long as the process lives."""
        return self._find(toplevel).key

    def interface(self, toplevel: NodeId) -> tuple[object, ...]:
        """What others can see of a definition: equal as long as none of them needs to be checked again."""
        ref = Defined(toplevel)
        known = self.interfaces
        return known.signature(ref), known.type_definition(ref), known.stored_type(ref)

    def checked(self, tree: top.Toplevel) -> Checked:
        """Of a definition that may be none of the snapshot's."""
        try:
            own = self._canvas.tree(tree.id) is tree
        except AddressError:
            own = False
        return self.of(tree.id) if own else self._check_other(tree)

    def misfits(self, tree: top.Toplevel) -> Mapping[NodeId, str]:
        """What does not fit in a definition, in words; it may be none of the snapshot's."""
        return misfits_in(self.checked(tree))

    def advice(self, tree: top.Toplevel) -> list[str]:
        """What to do about what does not fit in a definition."""
        return advice_in(self.checked(tree))

    def _find(self, toplevel: NodeId) -> _Found:
        found = self._found.get(toplevel)
        if found is None:
            content = self._canvas.content(toplevel)
            found = self._kept.found.get(content)
            if found is None or not self._holds(found.questions):
                found = self._check(self._canvas.tree(toplevel))
                self._kept.keep(content, found)
            self._found[toplevel] = found
        return found

    def _check(self, tree: top.Toplevel) -> _Found:
        asking = _Asking(self.interfaces)
        checked = check(tree, asking)
        questions = tuple([Question(method, asked, answer) for (method, asked), answer in asking.questions.items()])
        return _Found(checked, questions, next(self._kept.numbers).to_bytes(8, "big"))

    def _holds(self, questions: Iterable[Question]) -> bool:
        for method, asked, answer in questions:
            now = getattr(self.interfaces, method)(*asked)
            if now is not answer and now != answer:
                return False
        return True
