"""Bytes: what is written reads back, every format ever written stays readable, and nothing else does any harm."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from generators import SEEDS, expressions, toplevels
from hypothesis import given, settings
from hypothesis import strategies as st
from replicas import Replica
from tangles import tangle

from dark_lang.edits.layouts import BY_TAG, FIELD_NAMES, FIELDS
from dark_lang.edits.materializing import materialize
from dark_lang.edits.writes import CANVAS, TRASH, Create, Diff, Move, Place, SetScalar, Write
from dark_lang.errors import NewerFormat, WireError
from dark_lang.names import Defined, Fresh, NodeId, Standard, Unresolved, WriteId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.wire import (
    FORMAT,
    decode_diff,
    decode_ledger,
    decode_plain,
    diff_id,
    encode_diff,
    encode_ledger,
    encode_plain,
    scan,
)

GOLDEN = Path(__file__).parent / "golden"


# Golden files

SAMPLES: dict[type, Any] = {int: 7, float: -0.5, bool: True, str: "é$", type(None): None}
KINDS_1 = [*range(1, 40), *range(64, 79), *range(96, 106), *range(128, 140)]
"""The numbers of kinds in format 1. New kinds come with a format and a golden file of their own."""
FIELDS_1 = range(2, 57)
FIELDS_2 = range(57, 58)


def everything_in_format_1() -> Diff:
    fresh = Fresh(0x0123_4567_89AB_CDEF)
    toplevel = NodeId(0xFEDC_BA98_7654_3210)
    old = WriteId(41, 0x1122_3344_5566_7788, 3)
    other = WriteId(999_999_999_998, 0xFFFF_FFFF_FFFF_FFFF, 400)
    refs = [Standard("List::map", 2), Defined(NodeId(5)), Unresolved("Shop::total"), Defined(toplevel)]
    writes: list[Write] = []
    for nth, tag in enumerate(KINDS_1):
        layout = BY_TAG[tag]
        scalars = tuple(
            refs[nth % 4] if Standard in layout.accepted[name] else SAMPLES[min(layout.accepted[name], key=repr)]
            for name in layout.scalars
        )
        place = CANVAS if nth == 0 else Place(toplevel, FIELD_NAMES[2 + nth % 55], bytes([nth]) if nth % 3 else b"")
        writes.append(Create(toplevel, fresh(), layout.kind, scalars, place, old.diff if nth % 7 == 0 else NodeId(0)))
    wide = [10**30, -(10**30), 2**64, -(2**64), -(2**64) - 1, 2**64 - 1, 0, -1]
    floats = [0.0, -0.0, 1.5, 65504.0, 65505.0, 5.960464477539063e-08, 1e300, 0.1, 3.4028234663852886e38]
    writes += [SetScalar(toplevel, NodeId(9), "value", None, value, (old, other)) for value in wide]
    writes += [SetScalar(toplevel, NodeId(9), "value", None, number, (old,)) for number in floats]
    writes.append(SetScalar(NodeId(77), NodeId(77), "subjects", "ada@example.com", False, ()))
    writes.append(Move(NodeId(77), NodeId(78), TRASH, (other,), NodeId(0), b"\x00\x01\x02\x03\x04\x05\x06\x07"))
    writes.append(Move(NodeId(77), NodeId(77), CANVAS, (old,)))
    return Diff(
        bytes(range(16)),
        (b"\x01" * 32, b"\x02" * 32),
        999_999_999_999,
        1_700_000_000_123_456,
        "Ada <ada@example.com>",
        "dark replace-node 'GET:/#body' '\"é\"'",
        bytes(range(16, 32)),
        b"\x03" * 32,
        0x0123_4567_89AB_CDEF,
        tuple(writes),
    )


def smallest_in_format_1() -> Diff:
    return Diff(b"\0" * 16, (), 1, 0, "", "", b"", b"", 0, ())


def new_in_format_2() -> Diff:
    before = smallest_in_format_1()
    steps = ((True, "2026-11-26T18:00:00Z 5000"), (None, "guard errors"))
    writes = tuple([SetScalar(NodeId(77), NodeId(77), "ramp", key, value, ()) for value, key in steps])
    return replace(before, writes=writes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("everything-1", everything_in_format_1),
        ("smallest-1", smallest_in_format_1),
        ("new-2", new_in_format_2),
    ],
)
def test_diffs_of_every_format_stay_readable(name: str, expected: Any) -> None:
    data = (GOLDEN / f"{name}.cbor").read_bytes()
    assert decode_diff(data) == expected()
    assert encode_diff(expected()) == data


def test_the_golden_files_hold_every_number() -> None:
    assert set(KINDS_1) == set(BY_TAG)
    assert {*FIELDS_1, *FIELDS_2} == set(FIELDS.values())
    assert FORMAT == 2


# Round trips


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), toplevels(2), st.lists(expressions(1), min_size=1, max_size=3))
def test_diffs_and_ledgers_read_back(seed: int, tree: top.Toplevel, pool: list[e.Expression]) -> None:
    diffs = tangle(seed, tree, pool, rounds=2, clones=2)  # which compares each diff with what is read back
    clone = Replica()
    clone.take(diffs)
    ledger = clone.memory.held[tree.id]
    data = encode_ledger(ledger)
    again = decode_ledger(data)
    assert sorted(again.writes()) == sorted(ledger.writes())
    assert materialize(again) == materialize(ledger)
    assert encode_ledger(again) == data


PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**64), 2**64 - 1),
        st.floats(),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.binary(),
    ),
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), inner)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_reads_back(plain: Any) -> None:
    data = encode_plain(plain)
    assert repr(decode_plain(data)) == repr(decode_plain(encode_plain(decode_plain(data))))
    assert encode_plain(decode_plain(data)) == data
    assert scan(b"\x01" + data + b"\x02", start=1, depth=100) == len(data) + 1


def test_plain_data_is_what_it_was() -> None:
    plain = {"a": [1, 2.5, None, True, b"x", "é"], "": {"b": -(2**64)}}
    assert decode_plain(encode_plain(plain)) == plain


def test_deep_plain_data() -> None:
    plain: Any = None
    for _ in range(1_999):
        plain = [plain]
    assert decode_plain(encode_plain(plain)) is not None
    for _ in range(5):
        plain = [plain]
    with pytest.raises(WireError):
        encode_plain(plain)
    with pytest.raises(WireError):
        decode_plain(b"\x81" * 100_000 + b"\x00")


@pytest.mark.parametrize("plain", [{1: 2}, 2**64, {"x": {1, 2}}, "\ud800", object(), [bytearray(b"x")], {b"x": 1}])
def test_what_is_not_plain_is_refused(plain: Any) -> None:
    with pytest.raises(WireError):
        encode_plain(plain)


def test_ids_of_the_diff_are_written_as_steps() -> None:
    clone = Replica(3)
    fresh = clone.draft().fresh
    old = e.Int(fresh(), 1)
    repl = top.Repl(fresh(), 1, "", "r", old)
    clone.edit(lambda draft: draft.create_toplevel(repl))
    call = lambda f: e.Call(f(), Standard("Op::add"), (), (e.Variable(f(), "user"), e.Int(f(), 2), e.Unit(f())))  # noqa: E731
    made = clone.edit(lambda draft: draft.replace(repl.id, old.id, call(draft.fresh)))
    diff = decode_diff(clone.diffs[made])
    empty = Diff(**{name: getattr(diff, name) for name in Diff.__slots__} | {"writes": ()})
    assert len(diff.writes) == 5
    assert len(clone.diffs[made]) - len(encode_diff(empty)) <= 120


# Hostile bytes


def _reads(data: bytes) -> None:
    for decode in (decode_diff, decode_ledger, decode_plain):
        try:
            decode(data)
        except (WireError, NewerFormat):
            continue


@given(st.binary(max_size=200))
def test_random_bytes_do_no_harm(data: bytes) -> None:
    _reads(data)
    _reads(b"\x8d\x01" + data)


BASE = [encode_diff(everything_in_format_1()), encode_diff(smallest_in_format_1())]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_mutated_bytes_do_no_harm(seed: int) -> None:
    choose = random.Random(seed)
    data = bytearray(choose.choice(BASE))
    for _ in range(choose.choice([1, 1, 2, 5])):
        at = choose.randrange(len(data))
        match choose.randrange(4):
            case 0:
                data[at] = choose.randrange(256)
            case 1:
                del data[at : at + choose.choice([1, 2, 9])]
            case 2:
                data[at:at] = choose.randbytes(choose.choice([1, 8]))
            case _:
                del data[at:]
        if not data:
            break
    _reads(bytes(data))


def _nonsense(choose: random.Random, depth: int = 3) -> Any:
    if depth and choose.random() < 0.4:
        return [_nonsense(choose, depth - 1) for _ in range(choose.randrange(9))]
    return choose.choice([None, True, 0, 1, -1, -2, 5, 16, 2**40, -(2**64), 0.5, "", "x", b"", b"\x80", b"12345678"])


@settings(max_examples=500, deadline=None)
@given(SEEDS)
def test_canonical_nonsense_does_no_harm(seed: int) -> None:
    """Items that pass the scan, with a wrong thing in one place or another."""
    choose = random.Random(seed)
    item = cbor2.loads(BASE[0])
    writes = item[12]
    for _ in range(choose.randrange(1, 4)):
        write = choose.choice([one for one in writes[1:] if isinstance(one, list) and one])
        write[choose.randrange(len(write))] = _nonsense(choose)
    if choose.random() < 0.3:
        writes[choose.randrange(len(writes))] = _nonsense(choose)
    if choose.random() < 0.3:
        item[choose.randrange(len(item))] = _nonsense(choose)
    data = cbor2.dumps(item, canonical=True)
    try:
        diff = decode_diff(data)
    except (WireError, NewerFormat):
        return
    assert decode_diff(encode_diff(diff)) == diff


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "in the middle"),
        (b"\x18\x17", "shortest"),
        (b"\x19\x00\xff", "shortest"),
        (b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", "shortest"),
        (b"\x58\x01a", "shortest"),
        (b"\xc2\x41\x01", "0xc2"),
        (b"\xd9\xd9\xf7\x00", "0xd9"),
        (b"\x5f\x41a\xff", "0x5f"),
        (b"\x9f\x00\xff", "0x9f"),
        (b"\xbf\xff", "0xbf"),
        (b"\xf7", "0xf7"),
        (b"\xf8\x20", "0xf8"),
        (b"\x00\x00", "follows"),
        (b"\x61\xff", "UTF-8"),
        (b"\x63\xed\xa0\x80", "UTF-8"),
        (b"\xa2\x61b\x00\x61a\x00", "order"),
        (b"\xa2\x61a\x00\x61a\x00", "order"),
        (b"\xa1\x00\x00", "not text"),
        (b"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", "shortest"),
        (b"\xfa\x3f\xc0\x00\x00", "shortest"),
        (b"\xf9\x7e\x01", "NaN"),
        (b"\xfa\x7f\xc0\x00\x00", "NaN"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "more items"),
        (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "longer"),
        (b"\x82\x00", "more items"),
        (b"\xa1\x61a", "in the middle"),
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        decode_plain(data)


def test_every_prefix_is_refused() -> None:
    data = encode_plain({"a": [1, 300, 70_000, 2**40, -5, 2.5, 0.1, 1e300, "text", b"bytes", None, [[]], {"b": {}}]})
    for end in range(len(data)):
        with pytest.raises(WireError):
            decode_plain(data[:end])


def test_a_newer_format_is_named() -> None:
    newer = cbor2.dumps([300, cbor2.CBORTag(5, "from the future")])
    with pytest.raises(NewerFormat, match=r"format 300.*up to 2"):
        decode_diff(newer)
    assert diff_id(newer) != diff_id(b"")


@pytest.mark.parametrize(
    "change",
    [
        {"lamport": 0},
        {"lamport": 10**12},
        {"time": -1},
        {"seed": 2**64},
        {"canvas": b"x"},
        {"parents": (b"\x02" * 32, b"\x01" * 32)},
        {"parents": (b"\x01" * 32, b"\x01" * 32)},
        {"author": "x" * 1_001},
        {"author": "\ud800"},
        {"undoes": b"x"},
    ],
)
def test_a_header_out_of_bounds_is_not_written(change: dict[str, Any]) -> None:
    fields = {name: getattr(smallest_in_format_1(), name) for name in Diff.__slots__}
    with pytest.raises(WireError):
        encode_diff(Diff(**fields | change))


@pytest.mark.parametrize(
    "write",
    [
        Move(NodeId(1), NodeId(2), Place(NodeId(1), "items", b"\x01" * 5000), ()),
        Create(NodeId(1), NodeId(2), e.Text, ("x" * (65 * 2**20),), Place(NodeId(1), "parts", b"\x01")),
        SetScalar(NodeId(1), NodeId(2), "subjects", "x" * 2**21, True, ()),
    ],
    ids=["key", "size", "table"],
)
def test_what_could_not_be_read_is_not_written(write: Write) -> None:
    diff = Diff(b"c" * 16, (), 1, 0, "ada", "insert", b"r" * 16, b"", 5, (write,))
    with pytest.raises(WireError):
        encode_diff(diff)


@settings(max_examples=150, deadline=None)
@given(PLAIN)
def test_a_glance_sees_what_the_scan_sees(value: Any) -> None:
    data = encode_plain(value)
    for bulk in (False, True):
        assert scan(data + b"\x00", depth=2_000, bulk=bulk) == len(data)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"\x00",
                b"\x18\x17",
                b"\x18\x18",
                b"\x19\x00\xff",
                b"\x19\x01\x00",
                b"\x1a\x00\x00\xff\xff",
                b"\x61\x80",
                b"\x61a",
                b"\x62a",
                b"\x41\xff",
                b"\xf6",
                b"\xf7",
                b"\x80",
            ]
        ),
        max_size=6,
    ).map(b"".join),
    st.integers(0, 23),
)
def test_a_glance_accepts_nothing_more(noise: bytes, count: int) -> None:
    data = bytes([0x80 + count]) + noise
    ends = []
    for bulk in (False, True):
        try:
            ends.append(scan(data, bulk=bulk))
        except WireError:
            ends.append(-1)
    assert ends[0] == ends[1]
