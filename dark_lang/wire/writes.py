"""Writes as arrays of plain items, and back. Shared by diffs and ledgers, which number ids in their own ways.

    Create     [kind > 0, node, parent, slot, key, over, *scalars]
    SetScalar  [0, node, field, key or null, value, *replaces]
    Move       [-1, node, parent, slot, key, over, took, *replaces]

A node is a small int that its table turns into an id; null is no node. Slots and fields are the numbers of
`edits.layouts`; slot 0 without a parent is the trash, slot 1 the canvas. `replaces` are pairs of ints: which source in
the table of sources (a diff's lamport number and the first 64 bits of its id), which of its writes.

    value      null, bool, float, str, bytes, int of 64 bits and a sign · [0, bytes] a larger int, two's complement
               [1, name, version] Standard · [2, node] Defined · [3, text] Unresolved

Must not know bytes. Invariant: what is read is a well-formed write, with scalars of the types of their fields, or
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from dark_lang.edits.layouts import BY_TAG, FIELD_NAMES, FIELDS, LAYOUTS, accepts
from dark_lang.edits.writes import CANVAS, TRASH, Create, Move, Place, SetScalar, Write
from dark_lang.errors import WireError
from dark_lang.names import NOWHERE, Defined, NodeId, Standard, Unresolved, WriteId, mix_id
from dark_lang.nodes.shape import Scalar

_SET: Final = 0
_MOVE: Final = -1
_WIDE: Final = 2**64
MAX_STEP: Final = 2**32
"""How far from the seed an id may be to be written as a step."""
_MAX_KEY: Final = 4_096
_MAX_TEXT: Final = 2**20
_new_place: Final = tuple.__new__  # half the time of the constructor of a NamedTuple


class Table:
    """Ids and sources that writes refer to, collected while they are written."""

    def __init__(self, step_of: Callable[[NodeId], int | None] = lambda _: None) -> None:
        self.ids: list[int] = []
        self.sources: list[tuple[int, int]] = []
        self._known: dict[NodeId, int] = {}
        self._source_numbers: dict[tuple[int, int], int] = {}
        self._step_of = step_of

    def number(self, node: NodeId) -> int | None:
        """A step from the seed if it is one, else one below zero for each id in the table."""
        if node == NOWHERE:
            return None
        number = self._known.get(node)
        if number is None:
            number = self._step_of(node)
            if number is None:
                self.ids.append(node)
                number = -len(self.ids)
            self._known[node] = number
        return number

    def source(self, lamport: int, diff: int) -> int:
        number = self._source_numbers.get((lamport, diff))
        if number is None:
            number = self._source_numbers[lamport, diff] = len(self.sources)
            self.sources.append((lamport, diff))
        return number

    def packed_ids(self) -> bytes:
        return b"".join(node.to_bytes(8, "big") for node in self.ids)

    def packed_sources(self) -> list[int | bytes]:
        return [part for lamport, diff in self.sources for part in (lamport, diff.to_bytes(8, "big"))]


def pack_write(write: Write, table: Table) -> list[Any]:
    if isinstance(write, SetScalar):
        if write.key is not None and len(write.key) > _MAX_TEXT:
            raise WireError(f"a key of a table has at most {_MAX_TEXT:,} characters")
        value = _pack_scalar(write.value, table)
        packed = [_SET, table.number(write.node), FIELDS[write.field], write.key, value]
        return packed + _pack_replaces(write.replaces, table)
    parent, slot, key = write.place
    if len(key) > _MAX_KEY:
        raise WireError(f"the key of a place in a list has at most {_MAX_KEY:,} bytes")
    number = FIELDS[slot] if parent != NOWHERE else 1 if write.place == CANVAS else 0
    placing = [table.number(write.node), table.number(parent), number, key, table.number(write.over)]
    if isinstance(write, Create):
        return [LAYOUTS[write.kind].tag, *placing, *(_pack_scalar(value, table) for value in write.scalars)]
    return [_MOVE, *placing, write.took, *_pack_replaces(write.replaces, table)]


def _pack_replaces(replaces: tuple[WriteId, ...], table: Table) -> list[int]:
    return [part for old in replaces for part in (table.source(old.lamport, old.diff), old.nth)]


def _pack_scalar(value: Scalar, table: Table) -> Any:
    if isinstance(value, Standard):
        return [1, value.name, value.version]
    if isinstance(value, Defined):
        return [2, table.number(value.id)]
    if isinstance(value, Unresolved):
        return [3, value.text]
    if isinstance(value, int) and not -_WIDE <= value < _WIDE:
        return [0, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)]
    return value


class Numbering(dict[int, NodeId]):
    """Numbers to ids, worked out when they are first asked for. LookupError for a number that stands for none."""

    def __init__(self, seed: int | None, ids: tuple[int, ...]) -> None:
        super().__init__()
        self._seed = seed
        self._ids = ids

    def __missing__(self, number: int) -> NodeId:
        if number < 0:
            node = NodeId(self._ids[-1 - number])
        elif self._seed is not None and number < MAX_STEP:
            node = mix_id(self._seed, number)
        else:
            raise LookupError
        self[number] = node
        return node


class Reader:
    """Reads the writes of one item."""

    def __init__(self, numbering: Numbering, sources: list[tuple[int, int]]) -> None:
        self._ids = numbering
        self._sources = sources

    def read(self, toplevel: NodeId, packed: Any) -> Write:
        """WireError for anything that is no write."""
        # Written out rather than divided into calls: opening a canvas for the first time is mostly this function.
        try:
            ids = self._ids
            tag = packed[0]
            if type(packed) is not list or type(tag) is not int:
                raise ValueError
            if tag == _SET:
                return self._read_set(toplevel, packed)
            node, parent, slot, key, over = packed[1:6]
            if type(node) is not int or type(slot) is not int or type(key) is not bytes or len(key) > _MAX_KEY:
                raise ValueError
            if parent is None:
                if key or slot not in (0, 1):
                    raise ValueError
                place = CANVAS if slot else TRASH
            elif type(parent) is not int or (key and not key[-1]):
                raise ValueError
            else:
                place = _new_place(Place, (ids[parent], FIELD_NAMES[slot], key))
            above = NOWHERE if over is None else self._node(over)
            if tag == _MOVE:
                took = packed[6]
                if type(took) is not bytes or len(took) not in (0, 8):
                    raise ValueError
                return Move(toplevel, ids[node], place, self._replaces(packed[7:]), above, took)
            layout = BY_TAG[tag]
            scalars = packed[6:]
            if len(layout.scalars) != len(scalars):
                raise ValueError
            for nth, name in enumerate(layout.scalars):
                value = scalars[nth]
                kind = type(value)
                if kind is list:
                    value = scalars[nth] = self._scalar(value)
                elif kind is str and value and value.isascii() and str in layout.accepted[name]:
                    continue  # most of what there is, and `accepts` would say the same
                if not accepts(layout, name, value):
                    raise ValueError
            return Create(toplevel, ids[node], layout.kind, tuple(scalars), place, above)
        except (ValueError, TypeError, LookupError, OverflowError):
            raise WireError(f"this is no write: {packed!r:.200}") from None

    def _read_set(self, toplevel: NodeId, packed: list[Any]) -> SetScalar:
        _, node, field, key, value, *replaces = packed
        if type(field) is not int or (key is not None and (type(key) is not str or len(key) > _MAX_TEXT)):
            raise ValueError
        if type(value) is list:
            value = self._scalar(value)
        name = FIELD_NAMES[field]
        if not _is_plausible(name, value):
            raise ValueError
        return SetScalar(toplevel, self._node(node), name, key, value, self._replaces(replaces))

    def _node(self, number: Any) -> NodeId:
        if type(number) is not int:
            raise TypeError
        return self._ids[number]

    def _replaces(self, flat: list[Any]) -> tuple[WriteId, ...]:
        if not flat:
            return ()
        if len(flat) % 2 or any(type(part) is not int or part < 0 for part in flat):
            raise ValueError
        replaced = []
        for nth in range(0, len(flat), 2):
            lamport, diff = self._sources[flat[nth]]
            replaced.append(WriteId(lamport, diff, flat[nth + 1]))
        return tuple(replaced)

    def _scalar(self, packed: list[Any]) -> Scalar:
        tag, *parts = packed
        if type(tag) is not int:
            raise TypeError
        if tag == 1:
            return _standard(*parts)
        if tag == 0:
            (data,) = parts
            if type(data) is not bytes or not 8 < len(data) < _MAX_KEY:
                raise ValueError
            value = int.from_bytes(data, "big", signed=True)
            if -_WIDE <= value < _WIDE or len(data) != value.bit_length() // 8 + 1:
                raise ValueError
            return value
        if tag == 2:
            (node,) = parts
            return Defined(self._node(node))
        if tag == 3:
            (text,) = parts
            return Unresolved(text)
        raise ValueError


@lru_cache(maxsize=4_096, typed=True)
def _standard(name: str, version: int) -> Standard:
    """One object for each, since a program refers to few, and often."""
    return Standard(name, version)


def _is_plausible(field: str, value: Scalar) -> bool:
    """Whether some kind of node has such a field. Which kind it is here, the fold knows."""
    return any(accepts(layout, field, value) for layout in _WITH_FIELD.get(field, ()))


_WITH_FIELD: Final = {
    name: tuple(
        {
            (layout.accepted[name], accepts(layout, name, "")): layout
            for layout in LAYOUTS.values()
            if name in layout.accepted
        }.values()
    )
    for name in FIELDS
}
