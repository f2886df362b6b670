"""What one handler can reach of a snapshot, as bytes: enough to run it in another process just as here.

Must not know how it is run. Invariants: what is unpacked answers whatever linking asks of the handler as the snapshot
does, so that code, names and switches mean the same; trees travel flat, since no codec may nest as deep as they do.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from dark_lang.errors import AddressError
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved, read_id_prefix, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Arity, Node, shape_of
from dark_lang.nodes.walking import children_of, descend
from dark_lang.records import NamedTuple
from runtime.asking import reference_in
from runtime.linking import CanvasView


class Capsule(NamedTuple):
    key: bytes  # equal for equal contents
    data: bytes


class PackedEntry(NamedTuple):
    kind: type[top.Toplevel]
    alive: bool
    label: str


def pack(canvas: CanvasView, roots: Iterable[NodeId], named: Iterable[tuple[Realm, str]] = ()) -> Capsule:
    """The definitions with these ids, what these names mean, and all that they reach. Raises AddressError if there
    never was one of the roots."""
    held: dict[NodeId, tuple[bytes, list[Any]]] = {}
    entries: dict[NodeId, PackedEntry] = {}
    cases: dict[str, Ref] = {}
    resolved: dict[tuple[Realm, str], Ref] = {}
    names: dict[tuple[Realm, Ref], str] = {}
    preferred: dict[NodeId, NodeId] = {}
    work = list(roots)
    for root in work:
        canvas.tree(root)
    for realm, text in named:
        resolved[realm, text] = meant = canvas.resolve(realm, text)
        if isinstance(meant, Defined):
            work.append(meant.id)
    while work:
        definition = work.pop()
        entry = canvas.entries.get(definition)
        if definition in entries or entry is None:
            continue
        entries[definition] = PackedEntry(entry.kind, entry.alive, entry.label)
        if not entry.alive:
            continue
        tree = canvas.tree(definition)
        held[definition] = (canvas.content(definition), _flat(tree))
        for realm, ref in _references(tree):
            meant = ref
            if isinstance(ref, Unresolved) and ref.text:
                resolved[realm, ref.text] = meant = canvas.resolve(realm, ref.text)
            if not isinstance(meant, Unresolved):
                names[realm, meant] = canvas.naming.name_of(realm, meant)
            if isinstance(meant, Defined):
                work.append(meant.id)
        for node in descend(tree):
            if isinstance(node, e.Conflict) and node.id in canvas.preferred:
                preferred[node.id] = canvas.preferred[node.id]
            if isinstance(node, e.Construct | p.Constructor) and isinstance(node.type, Unresolved):
                # What bears the case by now comes along.
                cases[node.case] = owner = canvas.naming.resolve_case(node.case)
                if isinstance(owner, Defined):
                    names[Realm.TYPE, owner] = canvas.naming.name_of(Realm.TYPE, owner)
                    work.append(owner.id)
    data = pickle.dumps((held, entries, resolved, cases, names, preferred), pickle.HIGHEST_PROTOCOL)
    return Capsule(blake2b(data, digest_size=16).digest(), data)


def _references(tree: top.Toplevel) -> Iterator[tuple[Realm, Ref]]:
    for node in descend(tree):
        found = reference_in(node)
        if found is not None:
            yield found
    if isinstance(tree, top.Switch):
        for spelled, _ in tree.prerequisites:
            ends = read_id_prefix(spelled)
            if ends is not None:
                yield Realm.SWITCH, Defined(NodeId(ends[0]))


def _flat(root: Node) -> list[Any]:
    """Each node as its class, its id and its fields, children before parents; a child is its place in the list."""
    order: list[Node] = []
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack += children_of(node)
    order.reverse()
    places = {id(node): place for place, node in enumerate(order)}
    flat = []
    for node in order:
        shape = shape_of(type(node))
        slots = {slot.name: slot.arity for slot in shape.slots}
        fields: list[Any] = []
        for name in shape.fields:
            value = getattr(node, name)
            if slots.get(name) is Arity.MANY:
                value = tuple([places[id(child)] for child in value])
            elif name in slots and value is not None:
                value = places[id(value)]
            fields.append(value)
        flat.append((type(node), node.id, fields))
    return flat


def _raised(flat: list[Any]) -> Any:
    made: list[Any] = []
    for kind, node, fields in flat:
        shape = shape_of(kind)
        slots = {slot.name: slot.arity for slot in shape.slots}
        values = []
        for name, value in zip(shape.fields, fields, strict=True):
            if slots.get(name) is Arity.MANY:
                values.append(tuple([made[place] for place in value]))
            elif name in slots and value is not None:
                values.append(made[value])
            else:
                values.append(value)
        made.append(kind(node, *values))
    return made[-1]


class PackedCanvas:
    """What was packed (`linking.CanvasView`)."""

    def __init__(self, data: bytes) -> None:
        """`data`: what `pack` made, in a process of this host and release."""
        held, entries, resolved, cases, names, preferred = pickle.loads(data)
        self._resolved: dict[tuple[Realm, str], Ref] = resolved
        self._names: dict[tuple[Realm, Ref], str] = names
        self.preferred: Mapping[NodeId, NodeId] = preferred
        self._contents: dict[NodeId, bytes] = {node: content for node, (content, _) in held.items()}
        self._flat: dict[NodeId, list[Any]] = {node: flat for node, (_, flat) in held.items()}
        self._trees: dict[NodeId, top.Toplevel] = {}
        self.entries: Mapping[NodeId, PackedEntry] = entries
        self._cases: dict[str, Ref] = cases

    def tree(self, toplevel: NodeId, /) -> top.Toplevel:
        found = self._trees.get(toplevel)
        if found is None:
            flat = self._flat.get(toplevel)
            if flat is None:
                raise AddressError(f"no toplevel has the id {spell_id(toplevel)}")
            found = self._trees[toplevel] = _raised(flat)
        return found

    def content(self, toplevel: NodeId, /) -> bytes:
        return self._contents[toplevel]

    def labels(self) -> list[str]:
        return [entry.label for entry in self.entries.values() if entry.alive]

    def labelled(self, label: str, /) -> NodeId | None:
        return next((each for each, entry in self.entries.items() if entry.alive and entry.label == label), None)

    # Names, as the snapshot had them

    @property
    def naming(self) -> PackedCanvas:
        return self

    def resolve(self, realm: Realm, text: str, /) -> Ref:
        return self._resolved.get((realm, text), Unresolved(text))

    def resolve_case(self, case: str) -> Ref:
        return self._cases.get(case, Unresolved(""))

    def name_of(self, realm: Realm, ref: Ref) -> str:
        found = self._names.get((realm, ref))
        if found is not None:
            return found
        return f"{ref.name}_v{ref.version}" if isinstance(ref, Standard) else spell_id(getattr(ref, "id", 0))

    def is_case_unique(self, _ref: Ref, _case: str) -> bool:
        return False
