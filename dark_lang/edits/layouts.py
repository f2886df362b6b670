"""The one table of numbers that stand for kinds of nodes and for fields, in diffs and in hashes; and what follows from
it for passes that treat all nodes alike and are run often.

A number, once given, is never given to anything else, and the scalars of a kind keep their order: stored diffs depend
on both. Classes and fields may be renamed freely. To extend a kind, or to add one, see `wire.FORMAT`.

Must not know bytes. Invariant: every node class, scalar, table and slot has one number here (checked on import).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from dark_lang.names import Defined, Standard, Unresolved
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Slot, Sort, shape_of

FIELDS: Final[dict[str, int]] = {
    # 0 and 1 are the trash and the canvas, which are no fields but stand where a slot does.
    "value": 2,
    "name": 3,
    "body": 4,
    "args": 5,
    "function": 6,
    "items": 7,
    "pattern": 8,
    "parts": 9,
    "label": 10,
    "record": 11,
    "fields": 12,
    "condition": 13,
    "then": 14,
    "else_": 15,
    "subject": 16,
    "arms": 17,
    "guard": 18,
    "left": 19,
    "right": 20,
    "params": 21,
    "type": 22,
    "text": 23,
    "case": 24,
    "type_args": 25,
    "head": 26,
    "steps": 27,
    "key": 28,
    "entries": 29,
    "datastore": 30,
    "secret": 31,
    "switch": 32,
    "old": 33,
    "new": 34,
    "base": 35,
    "alternatives": 36,
    "after": 37,
    "rest": 38,
    "result": 39,
    "cases": 40,
    "language": 41,
    "doc": 42,
    "method": 43,
    "route": 44,
    "schedule": 45,
    "version": 46,
    "type_params": 47,
    "definition": 48,
    "on": 49,
    "share": 50,
    "salt": 51,
    "algorithm": 52,
    "subjects": 53,
    "prerequisites": 54,
    "forward": 55,
    "back": 56,
    "ramp": 57,
}

_KINDS: Final[tuple[tuple[int, type[Node], tuple[str, ...]], ...]] = (
    # Expressions and their parts. What is common has a number below 24, which takes one byte.
    (1, e.Int, ("value",)),
    (2, e.Float, ("value",)),
    (3, e.Bool, ("value",)),
    (4, e.Char, ("value",)),
    (5, e.Unit, ()),
    (6, e.Text, ("value",)),
    (7, e.String, ()),
    (8, e.List, ()),
    (9, e.Variable, ("name",)),
    (10, e.FieldAccess, ("label",)),
    (11, e.Let, ()),
    (12, e.If, ()),
    (13, e.Match, ()),
    (14, e.Arm, ()),
    (15, e.Lambda, ()),
    (16, e.Call, ("function",)),
    (17, e.Pipe, ()),
    (18, e.Hole, ("label",)),
    (19, e.Record, ()),
    (20, e.Field, ("label",)),
    (21, e.Construct, ("type", "case")),
    (22, p.Variable, ("name",)),
    (23, t.Named, ("type",)),
    (24, e.Tuple, ()),
    (25, e.Entry, ()),
    (26, e.Dict, ()),
    (27, e.RecordUpdate, ()),
    (28, e.And, ()),
    (29, e.Or, ()),
    (30, e.FunctionRef, ("function",)),
    (31, e.Apply, ()),
    (32, e.Try, ()),
    (33, e.DatastoreRef, ("datastore",)),
    (34, e.SecretRef, ("secret",)),
    (35, e.Toggle, ("switch",)),
    (36, e.Partial, ()),
    (37, e.Unread, ("text",)),
    (38, e.Conflict, ()),
    (39, e.Note, ("text", "after")),
    # Patterns
    (64, p.Wildcard, ()),
    (65, p.Int, ("value",)),
    (66, p.Float, ("value",)),
    (67, p.Bool, ("value",)),
    (68, p.Char, ("value",)),
    (69, p.String, ("value",)),
    (70, p.Unit, ()),
    (71, p.Tuple, ()),
    (72, p.List, ("rest",)),
    (73, p.FieldPattern, ("label",)),
    (74, p.Record, ()),
    (75, p.Constructor, ("type", "case")),
    (76, p.Hole, ("label",)),
    (77, p.Unread, ("text",)),
    (78, p.Conflict, ()),
    # Types
    (96, t.Variable, ("name",)),
    (97, t.Tuple, ()),
    (98, t.Fn, ()),
    (99, t.FieldType, ("label",)),
    (100, t.Record, ("rest",)),
    (101, t.Case, ("name",)),
    (102, t.Enum, ()),
    (103, t.Hole, ("label",)),
    (104, t.Unread, ("text",)),
    (105, t.Conflict, ()),
    # Toplevels
    (128, top.Http, ("language", "doc", "method", "route")),
    (129, top.Worker, ("language", "doc", "name")),
    (130, top.Cron, ("language", "doc", "name", "schedule")),
    (131, top.Repl, ("language", "doc", "name")),
    (132, top.Function, ("language", "doc", "name", "version")),
    (133, top.Type, ("language", "doc", "name", "version")),
    (134, top.Switch, ("language", "doc", "name", "on", "share", "salt", "algorithm")),
    (135, top.Datastore, ("language", "doc", "name", "version")),
    (136, top.Test, ("language", "doc", "name")),
    (137, top.Secret, ("language", "doc", "name")),
    (138, top.Parameter, ("name",)),
    (139, top.TypeParameter, ("name",)),
)

MAX_INT: Final = 10**4300
"""Integer literals are smaller than this on both sides of zero: what CPython converts to text without being asked."""
MAX_LABEL_NUMBER: Final = 2**31

_HOLES: Final[dict[Sort, type[Node]]] = {Sort.EXPRESSION: e.Hole, Sort.PATTERN: p.Hole, Sort.TYPE: t.Hole}
_CONFLICTS: Final[dict[Sort, type[Node]]] = {
    Sort.EXPRESSION: e.Conflict,
    Sort.PATTERN: p.Conflict,
    Sort.TYPE: t.Conflict,
}
_LEAST: Final[dict[type[Node], int]] = {e.Tuple: 2, p.Tuple: 2, t.Tuple: 2}


@dataclasses.dataclass(frozen=True, slots=True)
class SlotLayout:
    name: str
    arity: Arity
    sort: Sort
    takes: frozenset[type[Node]]
    hole: type[Node] | None  # what an empty ONE slot reads as
    least: int  # how many a list has at least; holes make up for what is missing


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """What there is to know about a kind of node. Constructors take the id, then scalars, tables and slots."""

    tag: int
    kind: type[Any]
    sort: Sort
    scalars: tuple[str, ...]
    tables: tuple[str, ...]
    slots: tuple[SlotLayout, ...]
    slot: dict[str, SlotLayout]
    accepted: dict[str, frozenset[type]]  # the Python types of each scalar and table value
    conflict: type[Node] | None  # the Conflict that may stand in its place
    read: Callable[[Any], Any] | None  # attrgetter of scalars and tables
    width: int  # of what `read` gives; a tuple only from 2 on


_ACCEPTED: Final[dict[str, frozenset[type]]] = {
    "int": frozenset({int}),
    "float": frozenset({float}),
    "bool": frozenset({bool}),
    "str": frozenset({str}),
    "str | None": frozenset({str, type(None)}),
    "Ref": frozenset({Standard, Defined, Unresolved}),
}
_IN_TABLES: Final[frozenset[type]] = frozenset({bool, type(None)})


def _takes(kind: type[Node], slot: Slot) -> frozenset[type[Node]]:
    """An Enum stands only as the whole definition of a type, or where edits disagree about that."""
    kinds = {other for _, other, _ in _KINDS if slot.sort.takes(shape_of(other).sort)}
    return frozenset(kinds if kind in (top.Type, t.Conflict) else kinds - {t.Enum})


def _lay_out(tag: int, kind: type[Node], scalars: tuple[str, ...]) -> Layout:
    shape = shape_of(kind)
    names = tuple(slot.name for slot in shape.slots)
    if (*scalars, *shape.tables, *names) != shape.fields:
        raise AssertionError(f"{kind.__qualname__} and its row in the table of layouts differ")
    types = {field.name: str(field.type) for field in dataclasses.fields(kind)}
    slots = tuple(
        SlotLayout(
            slot.name,
            slot.arity,
            slot.sort,
            _takes(kind, slot),
            _HOLES[slot.sort] if slot.arity is Arity.ONE else _HOLES.get(slot.sort),
            _LEAST.get(kind, 0),
        )
        for slot in shape.slots
    )
    accepted = {name: _ACCEPTED[types[name]] for name in scalars} | dict.fromkeys(shape.tables, _IN_TABLES)
    plain = (*scalars, *shape.tables)
    return Layout(
        tag,
        kind,
        shape.sort,
        scalars,
        shape.tables,
        slots,
        {slot.name: slot for slot in slots},
        accepted,
        _CONFLICTS.get(shape.sort),
        attrgetter(*plain) if plain else None,
        len(plain),
    )


LAYOUTS: Final[dict[type[Node], Layout]] = {row[1]: _lay_out(*row) for row in _KINDS}
BY_TAG: Final[dict[int, Layout]] = {layout.tag: layout for layout in LAYOUTS.values()}
FIELD_NAMES: Final[dict[int, str]] = {tag: name for name, tag in FIELDS.items()}

if len(BY_TAG) != len(_KINDS) or len(FIELD_NAMES) != len(FIELDS):
    raise AssertionError("a number is given twice in the table of layouts")
if missing := {name for layout in LAYOUTS.values() for name in (*layout.accepted, *layout.slot)} - FIELDS.keys():
    raise AssertionError(f"fields without a number: {missing}")


def accepts(layout: Layout, field: str, value: object) -> bool:
    """Whether a register of that kind of node may hold the value. Total: any value at all may be asked about."""
    kinds = layout.accepted.get(field)
    if kinds is None or type(value) not in kinds:
        return False
    if isinstance(value, str):
        return (value.isascii() or _is_text(value)) and (value != "" or layout.kind not in _NEVER_EMPTY)
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        if field == "value":
            return -MAX_INT < value < MAX_INT
        return 0 <= value <= (10_000 if field == "share" else MAX_LABEL_NUMBER)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Standard):
        return _is_text(value.name) and type(value.version) is int and 0 <= value.version <= MAX_LABEL_NUMBER
    if isinstance(value, Unresolved):
        return _is_text(value.text)
    if isinstance(value, Defined):
        return type(value.id) is int and 0 < value.id < 2**64
    return True


_NEVER_EMPTY: Final = frozenset({e.Text, e.Char, p.Char})


def _is_text(value: object) -> bool:
    if type(value) is not str:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
