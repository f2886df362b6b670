"""What the definitions of one snapshot may do to the world outside, found out when somebody asks.

Must not know lanes or how an effect is shown. Invariant: what a definition mentions is kept by its content for all
snapshots to come, so that after an edit one definition is looked at anew, however many there are; the walk over what it
reaches looks up and computes nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dark_lang.checking.effects import Inferred, Mentions, infer, mentions
from dark_lang.library import Effect, Library
from dark_lang.names import NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Realm

if TYPE_CHECKING:
    from runtime.linking import CanvasView

_ROOM: Final = 50_000
_mentions: dict[bytes, Mentions] = {}
"""By content. Shared by threads: a lost entry is made anew."""


class Effects:
    """Of one snapshot (`checking.effects.Program`)."""

    def __init__(self, canvas: CanvasView, library: Library) -> None:
        self._canvas = canvas
        self._library = library.functions
        self._found: dict[NodeId, Inferred] = {}

    def of(self, definition: NodeId) -> Inferred:
        """Raises AddressError if there never was such a definition."""
        found = self._found.get(definition)
        if found is None:
            self._canvas.tree(definition)
            found = self._found[definition] = infer(definition, self)
        return found

    # As inferring asks

    def mentions(self, definition: NodeId) -> Mentions:
        entry = self._canvas.entries.get(definition)
        if entry is None or not entry.alive:
            return ()
        content = self._canvas.content(definition)
        found = _mentions.get(content)
        if found is None:
            if len(_mentions) >= _ROOM:
                _mentions.clear()
            found = _mentions[content] = mentions(self._canvas.tree(definition))
        return found

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        if isinstance(ref, Unresolved) and ref.text:
            return self._canvas.resolve(realm, ref.text)
        return ref

    def effect(self, function: Standard) -> Effect:
        found = self._library.get(function)
        return Effect.PURE if found is None else found.effect
