"""What changed between two texts of one tree: the new tree, with the ids of the old one where they still mean the same.

Three steps: pairs of nodes from the top down, lists and spines of statements aligned by their longest common parts;
what was the same subtree elsewhere was moved; the rest is new. Must not know drafts. Invariant: an id stays with its
kind of node, and is given once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import Any

from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, shape_of
from dark_lang.nodes.walking import children_of, descend, rebuild
from dark_lang.restructuring.arities import fewest, main_list
from dark_lang.restructuring.statements import is_statement, take_apart
from dark_lang.restructuring.surgery import N, as_expression, changed


def graft(old: Node, new: N) -> N:
    """`new` with ids of `old`. Writing the difference then touches only what differs."""
    aligner = _Aligner(old, new)
    aligner.pair_from_the_top()
    aligner.find_moved()
    ids = aligner.ids
    return rebuild(new, lambda node: changed(node, id=ids[node.id]) if node.id in ids else node)


class _Aligner:
    def __init__(self, old: Node, new: Node) -> None:
        self.old = old
        self.new = new
        self.ids: dict[NodeId, NodeId] = {}  # of the new tree -> of the old tree
        self.taken: set[NodeId] = set()
        self._numbers: dict[Hashable, int] = {}
        self._prints: dict[int, int] = {}  # id() of a node -> number of all trees equal to it
        self._work: list[tuple[Node, Node]] = []
        for root in (old, new):
            for node in reversed(list(descend(root))):
                self._number(node)

    def _number(self, node: Node) -> None:
        shape = shape_of(type(node))
        scalars = tuple(repr(getattr(node, name)) for name in (*shape.scalars, *shape.tables))
        below: list[Any] = []
        for slot in shape.slots:
            held = getattr(node, slot.name)
            if slot.arity is Arity.MANY:
                below.append(tuple(self._prints[id(item)] for item in held))
            else:
                below.append(None if held is None else self._prints[id(held)])
        key = (type(node), scalars, tuple(below))
        self._prints[id(node)] = self._numbers.setdefault(key, len(self._numbers))

    def same(self, a: Node, b: Node) -> bool:
        return self._prints[id(a)] == self._prints[id(b)]

    def take(self, old: Node, new: Node) -> None:
        self.ids[new.id] = old.id
        self.taken.add(old.id)

    def pair_from_the_top(self) -> None:
        self._work.append((self.old, self.new))
        while self._work:
            self._pair(*self._work.pop())

    def _pair(self, old: Node, new: Node) -> None:
        if self.same(old, new):
            for a, b in zip(descend(old), descend(new), strict=True):
                self.take(a, b)
        elif is_statement(old) or is_statement(new):
            self._pair_spines(old, new)
        elif type(old) is type(new) and not _shrinks(old, new):
            self.take(old, new)
            self._pair_children(old, new)

    def _pair_children(self, old: Node, new: Node) -> None:
        for slot in shape_of(type(new)).slots:
            a, b = getattr(old, slot.name), getattr(new, slot.name)
            if slot.arity is Arity.MANY:
                self._pair_lists(a, b)
            elif a is not None and b is not None:
                self._work.append((a, b))

    def _pair_lists(self, old: Sequence[Node], new: Sequence[Node]) -> None:
        for a, b in self._aligned(old, new, [self._prints[id(n)] for n in old], [self._prints[id(n)] for n in new]):
            self._work.append((a, b))

    def _pair_spines(self, old: Node, new: Node) -> None:
        old_statements, old_value = take_apart(as_expression(old))
        new_statements, new_value = take_apart(as_expression(new))
        keys = [[self._statement_key(node) for node in nodes] for nodes in (old_statements, new_statements)]
        for a, b in self._aligned(old_statements, new_statements, *keys):
            self.take(a, b)
            if isinstance(a, e.Let) and isinstance(b, e.Let):
                self._work.append((a.pattern, b.pattern))
                self._work.append((a.value, b.value))
        self._work.append((old_value, new_value))

    def _statement_key(self, node: Node) -> Hashable:
        if isinstance(node, e.Let):
            return self._prints[id(node.pattern)], self._prints[id(node.value)]
        return node.text if isinstance(node, e.Note) else None

    def _aligned(
        self, old: Sequence[Node], new: Sequence[Node], old_keys: Sequence[Hashable], new_keys: Sequence[Hashable]
    ) -> list[tuple[Node, Node]]:
        """Pairs of the longest common parts, and between these, pairs of what is called alike, then of what is of one
        kind, in order."""
        pairs: list[tuple[Node, Node]] = []
        gaps: list[tuple[range, range]] = []
        elsewhere: dict[Hashable, list[int]] = {}
        matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
        for tag, a_low, a_high, b_low, b_high in matcher.get_opcodes():
            if tag == "equal":
                pairs.extend(zip(old[a_low:a_high], new[b_low:b_high], strict=True))
            else:
                gaps.append((range(a_low, a_high), range(b_low, b_high)))
                for a in range(a_low, a_high):
                    elsewhere.setdefault(old_keys[a], []).append(a)
        moved: dict[int, int] = {}  # within the list: from a gap of the old to a gap of the new
        for _, there in gaps:
            moved.update((b, elsewhere[new_keys[b]].pop(0)) for b in there if elsewhere.get(new_keys[b]))
        pairs.extend((old[a], new[b]) for b, a in moved.items())
        gone = set(moved.values())
        for here, there in gaps:
            pairs.extend(_between([old[a] for a in here if a not in gone], [new[b] for b in there if b not in moved]))
        return pairs

    def find_moved(self) -> None:
        """Subtrees that stand in both trees, but in places that did not pair: they were moved."""
        left: dict[int, list[Node]] = {}
        for node in descend(self.old):
            if node.id not in self.taken and children_of(node):
                left.setdefault(self._prints[id(node)], []).append(node)
        stack: list[Node] = [self.new]
        while stack:
            node = stack.pop()
            if node.id not in self.ids and self._take_moved(node, left.get(self._prints[id(node)], [])):
                continue
            stack.extend(reversed(children_of(node)))

    def _take_moved(self, node: Node, candidates: list[Node]) -> bool:
        for candidate in candidates:
            if all(inner.id not in self.taken for inner in descend(candidate)):
                for a, b in zip(descend(candidate), descend(node), strict=True):
                    self.take(a, b)
                return True
        return False


def _shrinks(old: Node, new: Node) -> bool:
    """Whether a tuple or an operator would get fewer parts, which an existing one cannot."""
    slot = main_list(new)
    if slot is None or not (fewest(old) or fewest(new)):
        return False
    return len(getattr(new, slot.name)) < len(getattr(old, slot.name))


def _between(old: Sequence[Node], new: Sequence[Node]) -> list[tuple[Node, Node]]:
    pairs: list[tuple[Node, Node]] = []
    rest = {node.id: node for node in old}
    for by_name in (True, False):
        paired = {node.id for _, node in pairs}
        for node in new:
            if node.id in paired or (by_name and _name(node) is None):
                continue
            other = next(
                (o for o in rest.values() if type(o) is type(node) and (not by_name or _name(o) == _name(node))), None
            )
            if other is not None:
                pairs.append((other, node))
                del rest[other.id]
    return pairs


def _name(node: Node) -> str | None:
    """What a person would say that a thing in a list is called."""
    match node:
        case e.Field(label=name) | p.FieldPattern(label=name) | t.FieldType(label=name):
            return name
        case top.Parameter(name=name) | top.TypeParameter(name=name) | t.Case(name=name):
            return name
        case e.Let(pattern=p.Variable(name=name)) | e.Arm(pattern=p.Constructor(case=name)):
            return name
        case e.Entry(key=e.String(parts=(e.Text(value=name),))):
            return name
        case _:
            return None
