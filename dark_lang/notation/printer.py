"""Makes the document of a tree from those of its children, bottom up.

Must not know any particular node: `forms` says how each kind is written. Invariants: every tree gets a document;
nothing recurses, so that no tree is too deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from dark_lang.naming import Naming
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Arity, Node, shape_of
from dark_lang.notation.grouping import is_parenthesised, right_of, row_below
from dark_lang.notation.layout import SOFT, SPACE, Concat, Doc, Group, Indent, Mark
from dark_lang.notation.quoting import quote
from dark_lang.notation.tokens import IS_WORD

Form: TypeAlias = Callable[["Printer", Any], Doc]

_NEVER_PARENTHESISED: Final[frozenset[type[Node]]] = frozenset(
    {e.String, e.Text, e.Bool, e.Record, e.List, e.Dict, e.Tuple, e.Unit, e.Match, e.Hole, e.Unread}
)


class Printer:
    def __init__(self, naming: Naming, forms: Mapping[type[Node], Form]) -> None:
        self.naming = naming
        self._forms = forms
        self._docs: dict[int, Doc] = {}

    def doc(self, root: Node) -> Doc:
        order: list[Node] = []
        stack = [root]
        while stack:
            node = stack.pop()
            order.append(node)
            # What is written as part of a row of operators needs no document of its own.
            while (row := row_below(node)) is not None:
                stack.append(right_of(node))
                node = row
            for name, many in _slots_of(type(node)):
                held = getattr(node, name)
                if many:
                    stack.extend(held)
                elif held is not None:
                    stack.append(held)
        for node in reversed(order):
            if id(node) not in self._docs:
                self._docs[id(node)] = self._forms[type(node)](self, node)
        return self.of(root)

    def child(self, parent: Node, slot: str, nth: int, child: Node) -> Doc:
        """The document of a child, with the parentheses that it needs there."""
        doc = self._docs[id(child)]
        kind = type(child)
        if kind in _NEVER_PARENTHESISED:
            return doc
        if is_parenthesised(parent, slot, nth, child):
            return Group(Concat(["(", Indent(Concat([SOFT, doc])), SOFT, ")"]))
        return Group(Concat([doc])) if kind is e.If else doc

    def of(self, child: Node) -> Doc:
        """The document of a child that never needs parentheses where it stands."""
        doc = self._docs[id(child)]
        return Group(Concat([doc])) if isinstance(child, e.If) else doc

    def ungrouped(self, child: Node) -> Doc:
        """The document of a child that is broken where its parent is."""
        return self._docs[id(child)]

    def children(self, parent: Node, slot: str, held: Iterable[Node]) -> list[Doc]:
        return [self.child(parent, slot, nth, child) for nth, child in enumerate(held)]


def _slots_of(kind: type[Node]) -> tuple[tuple[str, bool], ...]:
    slots = _SLOTS.get(kind)
    if slots is None:
        slots = tuple((slot.name, slot.arity is Arity.MANY) for slot in shape_of(kind).slots)
        _SLOTS[kind] = slots
    return slots


_SLOTS: Final[dict[type[Node], tuple[tuple[str, bool], ...]]] = {}


def listed(opener: str, items: list[Doc], closer: str, *, spaced: bool = False, hugged: bool = False) -> Doc:
    """Items between brackets, on one line or one a line. A hugged last item opens and closes on the brackets' lines."""
    if not items:
        return opener + closer
    if hugged:
        return Concat([opener, *_separated(items, ", "), closer])
    edge = SPACE if spaced else SOFT
    return Group(Concat([opener, Indent(Concat([edge, *_separated(items, ",", SPACE)])), edge, closer]))


def _separated(items: list[Doc], *separator: Doc) -> list[Doc]:
    parts: list[Doc] = [items[0]]
    for item in items[1:]:
        parts.extend(separator)
        parts.append(item)
    return parts


def labelled(node: Node, label: str | None, value: Doc) -> Doc:
    return Concat([Mark(node.id), label_text(label), ": ", value])


def label_text(label: str | None) -> str:
    if label is None:
        return "?"
    return label if IS_WORD(label) else quote(label)


def as_unread(text: str) -> str:
    """How a name is written that no reader would take for one."""
    return "?" + quote(text)
