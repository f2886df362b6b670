"""What a snapshot defines, and what is wrong with it, by reference.

Must not know what refers to anything. Invariant: what is in the trash is not defined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dark_lang.errors import AddressError
from dark_lang.names import Defined, NodeId, Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top

if TYPE_CHECKING:
    from runtime.checking import Checks
    from runtime.linking import CanvasView


class Definitions:
    """`restructuring.finishing.Program` of a snapshot."""

    def __init__(self, canvas: CanvasView, checks: Checks) -> None:
        self._canvas = canvas
        self._checks = checks

    @property
    def naming(self) -> Naming:
        return self._canvas.naming

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

    def misfits(self, definition: top.Toplevel) -> Mapping[NodeId, str]:
        return self._checks.misfits(definition)

    def advice(self, definition: top.Toplevel) -> Sequence[str]:
        return self._checks.advice(definition)
