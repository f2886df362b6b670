"""A Naming for tests: a few names mean something, all others are Unresolved, and every reference can be spelled."""

from __future__ import annotations

import re

from dark_lang.library import STANDARD_CASES, STANDARD_TYPES
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved, read_id_prefix, spell_id
from dark_lang.naming import Realm

_STANDARD_MODULES = frozenset({"List", "Dict", "String", "Http", "Op", "Float", "Int", "Json", "Math"})
_DEFINED: dict[Realm, dict[str, NodeId]] = {
    Realm.FUNCTION: {"Cart::sum_v0": NodeId(0xC0FFEE01)},
    Realm.TYPE: {"Shape_v0": NodeId(0xC0FFEE02)},
    Realm.DATASTORE: {"Users-v0": NodeId(0xC0FFEE03)},
    Realm.SWITCH: {"new-price": NodeId(0xC0FFEE04)},
    Realm.SECRET: {"stripe-key": NodeId(0xC0FFEE05)},
}
_GONE = {
    Realm.FUNCTION: ("Gone::", "_v0"),
    Realm.TYPE: ("Gone_", ""),
    Realm.DATASTORE: ("Gone", "-v0"),
    Realm.SWITCH: ("gone-", ""),
    Realm.SECRET: ("gone-", ""),
}
SHAPE = Defined(_DEFINED[Realm.TYPE]["Shape_v0"])


class PlainNames:
    """Functions of a few modules are standard ones; `Shape_v0` alone has a case Circle."""

    def resolve(self, realm: Realm, text: str) -> Ref:
        known = _DEFINED[realm].get(text) or _DEFINED[realm].get(f"{text}_v0")
        if known is not None:
            return Defined(known)
        before, after = _GONE[realm]
        if text.startswith(before) and text.endswith(after):
            found = read_id_prefix(text[len(before) : len(text) - len(after)].lower())
            if found is not None and found[1] - found[0] == 1:
                return Defined(NodeId(found[0]))
        if realm is Realm.TYPE and text in STANDARD_TYPES:
            return Standard(text)
        if realm is Realm.FUNCTION and text.split("::")[0] in _STANDARD_MODULES:
            name, version = re.fullmatch(r"(.*?)(?:_v([0-9]+))?", text).groups()
            if version is None or str(int(version)) == version:
                return Standard(name, int(version or 0))
        return Unresolved(text)

    def resolve_case(self, case: str) -> Ref:
        if case == "Circle":
            return SHAPE
        return Standard(STANDARD_CASES[case][0]) if case in STANDARD_CASES else Unresolved("")

    def name_of(self, realm: Realm, ref: Ref) -> str:
        if isinstance(ref, Unresolved):
            return ref.text
        if isinstance(ref, Standard):
            return f"{ref.name}_v{ref.version}" if realm is Realm.FUNCTION else ref.name
        for name, node_id in _DEFINED[realm].items():
            if node_id == ref.id:
                return name
        before, after = _GONE[realm]
        return f"{before}{spell_id(ref.id)}{after}"

    def is_case_unique(self, ref: Ref, case: str) -> bool:
        return self.resolve_case(case) == ref
