"""Documents: text that knows where it may be broken into lines; and the lines that it becomes.

Must not know the notation. Invariants: a document's width is that of its flat form, infinite where a line must end; a
group is flat if it fits and broken at all of its own breaks if not; time is linear in the document; nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from dark_lang.names import NOWHERE, NodeId
from dark_lang.records import dataclass

WIDE: Final = 1 << 40
"""The width of what cannot stand on one line."""

_INDENT: Final = 2


class Break:
    """Where a line may end."""

    __slots__ = ("flat", "lead", "stays", "width")

    def __init__(self, flat: str | None, *, lead: str = "", always: bool = False, stays: bool = False) -> None:
        self.flat = flat  # what stands there in flat form; None: the line ends all the same
        self.lead = lead  # how the next line begins
        self.stays = stays  # the line ends in flat form only
        self.width: int = WIDE if always or flat is None else len(flat)


class Concat:
    __slots__ = ("parts", "width")

    def __init__(self, parts: list[Doc]) -> None:
        self.parts = parts
        total = 0
        for part in parts:
            total += len(part) if isinstance(part, str) else part.width
        self.width: int = total


class Group:
    """Flat or broken as a whole."""

    __slots__ = ("doc", "width")

    def __init__(self, doc: Concat) -> None:
        self.doc = doc
        self.width: int = doc.width


class Indent:
    __slots__ = ("doc", "width")

    def __init__(self, doc: Concat) -> None:
        self.doc = doc
        self.width: int = doc.width


class Mark:
    """Where a node's printed form begins."""

    __slots__ = ("id", "width")

    def __init__(self, node_id: NodeId) -> None:
        self.id = node_id
        self.width: int = 0


Doc: TypeAlias = str | Concat | Group | Indent | Mark | Break

SOFT: Final = Break("")
SPACE: Final = Break(" ")
HARD: Final = Break(None)
END_OF_NOTE: Final = Break(None, stays=True)


@dataclass(frozen=True, slots=True)
class Line:
    text: str  # without what it is indented by
    indent: int
    node: NodeId  # the outermost node that begins on this line; NOWHERE if none does
    ids: tuple[NodeId, ...]  # all that begin on it, outer before inner, left to right


def flattened(doc: Doc) -> Concat:
    """The document in flat form, whatever its width. Lines end in it only after comments."""
    parts: list[Doc] = []
    stack: list[Doc] = [doc]
    while stack:
        doc = stack.pop()
        if isinstance(doc, Concat):
            stack.extend(reversed(doc.parts))
        elif isinstance(doc, (Group, Indent)):
            stack.append(doc.doc)
        elif isinstance(doc, Break):
            parts.append(HARD if doc.flat is None else doc.flat)
        else:
            parts.append(doc)
    return Concat(parts)


class _Page:
    """The lines so far, and the one that is being written."""

    __slots__ = ("column", "ids", "indent", "lines", "pieces")

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.pieces: list[str] = []
        self.ids: list[NodeId] = []
        self.indent = 0
        self.column = 0

    def write(self, text: str) -> None:
        self.pieces.append(text)
        self.column += len(text)

    def end_line(self, indent: int) -> None:
        ids = tuple(self.ids)
        self.lines.append(Line("".join(self.pieces), self.indent, ids[0] if ids else NOWHERE, ids))
        self.pieces, self.ids = [], []
        self.indent = self.column = indent


def lay_out(doc: Doc, width: int) -> list[Line]:
    """The lines of a document, broken where they would be longer than `width`."""
    page = _Page()
    stack: list[tuple[Doc, int, bool]] = [(doc, 0, False)]
    while stack:
        doc, indent, flat = stack.pop()
        if isinstance(doc, str):
            page.write(doc)
        elif isinstance(doc, Mark):
            page.ids.append(doc.id)
        elif isinstance(doc, Concat):
            stack.extend([(part, indent, flat) for part in reversed(doc.parts)])
        elif isinstance(doc, Group):
            room = width - page.column - doc.width
            fits = flat or (room >= 0 and _fits(stack, room))
            stack.append((doc.doc, indent, fits))
        elif isinstance(doc, Indent):
            stack.append((doc.doc, indent + _INDENT, flat))
        elif flat and doc.flat is not None:
            page.write(doc.flat)
        elif flat or not doc.stays:
            page.end_line(indent)
            if doc.lead:
                page.write(doc.lead)
    page.end_line(0)
    return page.lines


def _fits(stack: list[tuple[Doc, int, bool]], room: int) -> bool:
    """Whether what follows up to the next place where the line can end is no wider than `room`."""
    index = len(stack)
    ahead: list[Iterator[Doc]] = []
    flat = False
    while room >= 0:
        if ahead:
            doc = next(ahead[-1], None)
            if doc is None:
                ahead.pop()
                continue
        elif index:
            index -= 1
            doc, _, flat = stack[index]
        else:
            return True
        if isinstance(doc, str):
            room -= len(doc)
        elif isinstance(doc, Concat):
            ahead.append(iter(doc.parts))
        elif isinstance(doc, (Group, Indent)):
            # A group may still be broken, so its first break counts as one.
            ahead.append(iter(doc.doc.parts))
        elif isinstance(doc, Break):
            if not flat:
                return True
            room -= doc.width
    return False
