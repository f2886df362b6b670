"""What a snapshot defines, by reference.

Must not know the library, or what refers to anything. Invariant: what is in the trash is not defined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.errors import AddressError
from dark_lang.names import Defined, Ref, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import toplevels as top

if TYPE_CHECKING:
    from runtime.linking import CanvasView


class Definitions:
    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        """A name that meant nothing when it was written means what bears it now."""
        if isinstance(ref, Unresolved) and ref.text:
            return self._canvas.resolve(realm, ref.text)
        return ref

    def definition(self, ref: Ref) -> top.Toplevel | None:
        """What a reference to a definition of the canvas means, if that is not in the trash."""
        if not isinstance(ref, Defined):
            return None
        entry = self._canvas.entries.get(ref.id)
        if entry is None or not entry.alive:
            return None
        try:
            return self._canvas.tree(ref.id)
        except AddressError:
            return None
