"""What the checker asks of the program around a definition. Whoever puts a program together answers.

Must not know canvases or libraries. Invariant: what a definition looks like to its users is all that is asked of it,
never its body; so an edit inside a body leaves what was found elsewhere as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from dark_lang.library import Deprecation
from dark_lang.library_signatures import Signature
from dark_lang.names import Ref
from dark_lang.naming import Realm
from dark_lang.records import dataclass
from dark_lang.types import Type


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A type of the canvas: what it is short for, or its cases, each with the types of its values."""

    params: tuple[str, ...]
    alias: Type | None
    cases: Mapping[str, tuple[Type, ...]]  # empty for an alias


class Known(Protocol):
    """References that mean nothing, or something in the trash, get None. An Unresolved one means what bears its name
    by now."""

    def resolved(self, realm: Realm, ref: Ref, /) -> Ref: ...

    def signature(self, ref: Ref, /) -> Signature | None: ...

    def type_definition(self, ref: Ref, /) -> TypeDefinition | None: ...

    def stored_type(self, ref: Ref, /) -> Type | None:
        """What a datastore holds."""
        ...

    def exists(self, realm: Realm, ref: Ref, /) -> bool: ...

    def case_owner(self, case: str, /) -> Ref:
        """The type whose case a bare `case` is; Unresolved("") if none or several have it."""
        ...

    def cases(self) -> Iterable[str]:
        """Of all types, for a case that none of them has."""
        ...

    def deprecation(self, ref: Ref, /) -> Deprecation | None: ...

    def spell(self, realm: Realm, ref: Ref, /) -> str:
        """The name of what a reference means, or the text of one that means nothing."""
        ...

    def trashed(self, ref: Ref, /) -> str:
        """The label of what a reference meant, if that is in the trash now; else ""."""
        ...

    def names(self, realm: Realm, /) -> Iterable[str]:
        """What might have been meant by a name that means nothing."""
        ...
