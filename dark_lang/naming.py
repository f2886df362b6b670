"""How the reader and the printer learn what names mean, without knowing a canvas or the library.

Invariant: `name_of(resolve(text))` reads back to the same reference, in one canvas at one time.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from dark_lang.names import Ref


class Realm(Enum):
    """What kind of thing a name stands for; each has its own words."""

    FUNCTION = auto()  # Shop::total_v1, List::map
    TYPE = auto()  # User_v0, Option
    DATASTORE = auto()  # Users-v1
    SWITCH = auto()  # new-price
    SECRET = auto()  # stripe


class Naming(Protocol):
    def resolve(self, realm: Realm, text: str) -> Ref:
        """What `text` refers to; Unresolved(text) if nothing. A text without a version means the newest frozen
        version that is not deprecated, or one's only draft while nothing is frozen."""
        ...

    def resolve_case(self, case: str) -> Ref:
        """The type whose case a bare `case` is; Unresolved("") if none or several have it."""
        ...

    def name_of(self, realm: Realm, ref: Ref) -> str:
        """The full name, with its version: `Shop::total_v1`, `List::map_v0`, `User_v0`, `Option`, `Users-v1`. A
        definition that is gone is spelled `Gone::xkqz…_v0` (function), `Gone_xkqz…` (type) and so on, and `resolve`
        reads that back."""
        ...

    def is_case_unique(self, ref: Ref, case: str) -> bool:
        """Whether a bare `case` resolves to `ref`, so that the printer may leave the type out."""
        ...
