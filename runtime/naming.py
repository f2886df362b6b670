"""What names mean in one snapshot: those of the canvas together with those of the standard library.

Must not know trees or files. Invariant: `resolve(realm, name_of(realm, ref)) == ref` for whatever a tree can refer to,
deleted definitions included, so that printing and reading again never changes what code calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dark_lang.library import STANDARD_CASES, STANDARD_TYPES, Library
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved, read_id_prefix, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes.realms import KINDS
from runtime.entries import Entry
from runtime.labelling import Labels

_PREFIXES: Mapping[Realm, str] = {Realm.SWITCH: "toggle:", Realm.SECRET: "secret:"}
"""What an address has before a name. The others' addresses are their names."""
_STEMS: Mapping[Realm, str] = {Realm.FUNCTION: "_v", Realm.TYPE: "_v", Realm.DATASTORE: "-v"}
_GONE: Mapping[Realm, tuple[str, str]] = {
    Realm.FUNCTION: ("Gone::", "_v0"),
    Realm.TYPE: ("Gone_", ""),
    Realm.DATASTORE: ("Gone_", "-v0"),
    Realm.SWITCH: ("gone-", ""),
    Realm.SECRET: ("gone-", ""),
}
_VERSIONED = re.compile(r"(.+)_v(0|[1-9][0-9]{0,8})", re.ASCII | re.DOTALL)


class CanvasNaming:
    """A `Naming`. `cases`: the types that have a case of that name."""

    def __init__(self, entries: Mapping[NodeId, Entry], labels: Labels, library: Library) -> None:
        self._entries = entries
        self._labels = labels
        self._library = library
        self._cases: dict[str, set[NodeId]] | None = None

    def share(self, other: CanvasNaming) -> None:
        """Takes over what another snapshot, with the same cases, has worked out already."""
        self._cases = other._cases

    def resolve(self, realm: Realm, text: str) -> Ref:
        if realm is Realm.FUNCTION and (standard := self._standard(text)) is not None:
            return standard
        if realm is Realm.TYPE and text in STANDARD_TYPES:
            return Standard(text)
        label = _PREFIXES.get(realm, "") + text
        found = self._labels.ids.get(label)
        if found is None and realm in _STEMS:
            # Nothing is frozen before traffic is recorded, so the newest version is meant.
            versions = self._labels.versions(label + _STEMS[realm])
            found = versions[-1][1] if versions else None
        if found is not None and self._entries[found].kind is KINDS[realm]:
            return Defined(found)
        return _read_gone(realm, text) or Unresolved(text)

    def _standard(self, text: str) -> Standard | None:
        versioned = _VERSIONED.fullmatch(text)
        if versioned:
            identity = Standard(versioned[1], int(versioned[2]))
            return identity if identity in self._library.functions else None
        return self._library.newest.get(text)

    def resolve_case(self, case: str) -> Ref:
        standard = STANDARD_CASES.get(case)
        if standard is not None:
            return Standard(standard[0])
        having = self._having().get(case, set())
        return Defined(next(iter(having))) if len(having) == 1 else Unresolved("")

    def _having(self) -> dict[str, set[NodeId]]:
        if self._cases is None:
            cases: dict[str, set[NodeId]] = {}
            for entry in self._entries.values():
                if entry.cases and entry.alive:
                    for case in entry.cases:
                        cases.setdefault(case, set()).add(entry.id)
            self._cases = cases
        return self._cases

    def name_of(self, realm: Realm, ref: Ref) -> str:
        match ref:
            case Standard(name, version):
                return f"{name}_v{version}" if realm is Realm.FUNCTION else name
            case Unresolved(text):
                return text
            case Defined(definition):
                entry = self._entries.get(definition)
                if entry is not None and entry.alive and entry.kind is KINDS[realm]:
                    return entry.label.removeprefix(_PREFIXES.get(realm, ""))
                before, after = _GONE[realm]
                return before + spell_id(definition) + after

    def is_case_unique(self, ref: Ref, case: str) -> bool:
        return self.resolve_case(case) == ref


def _read_gone(realm: Realm, text: str) -> Defined | None:
    before, after = _GONE[realm]
    word = text.removeprefix(before).removesuffix(after)
    if len(word) != 16 or text != before + word + after:
        return None
    found = read_id_prefix(word)
    return Defined(NodeId(found[0])) if found else None
