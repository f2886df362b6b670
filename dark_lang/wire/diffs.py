"""Diffs as bytes.

    [format, canvas, parents joined, lamport, time, author, command, request, undoes, seed,
     [lamport, 8 bytes, …] sources, ids joined, [toplevel, write, …], …]

Nodes are numbered: 0 and up are steps from the seed, -1 and down the ids that stand joined in the diff. Writes are
grouped by toplevel, in order; see `writes` for each. Must not know files or folding. Invariants: `decode_diff` of what
`encode_diff` wrote is equal to it; any bytes at all give a diff, a WireError or a NewerFormat.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from struct import unpack
from typing import Any, Final

import cbor2

from dark_lang.edits.folding import MAX_LAMPORT
from dark_lang.edits.writes import Diff, SetScalar, Write
from dark_lang.errors import NewerFormat, WireError
from dark_lang.names import NodeId, step_of
from dark_lang.wire.plain import loads
from dark_lang.wire.scanning import MAX_ITEMS, scan_all
from dark_lang.wire.writes import MAX_STEP, Numbering, Reader, Table, pack_write

FORMAT: Final = 2
"""Of diffs. It rises with every change after which this release could not read what the next one writes: a kind of node
more, a field more in a kind. `decode_diff` reads every format that there ever was; a diff is written in the oldest one
that has what it holds, so that older releases read what they can."""

_SINCE_2: Final = frozenset({"ramp"})
"""Fields that format 1 has not."""

_MAX_AUTHOR: Final = 1_000
_MAX_COMMAND: Final = 1_000_000


def encode_diff(diff: Diff) -> bytes:
    """Canonical CBOR. WireError for a diff that `decode_diff` would not read."""
    seed = diff.seed

    def step(node: NodeId) -> int | None:
        found = step_of(seed, node)
        return found if found < MAX_STEP else None

    table = Table(step)
    groups = [
        [table.number(toplevel), *(pack_write(write, table) for write in writes)]
        for toplevel, writes in groupby(diff.writes, attrgetter("toplevel"))
    ]
    header = [
        *(
            _oldest_format(diff),
            diff.canvas,
            b"".join(diff.parents),
            diff.lamport,
            diff.time,
            diff.author,
            diff.command,
        ),
        *(diff.request, diff.undoes, seed, table.packed_sources(), table.packed_ids()),
    ]
    _check_header(header)
    try:
        data = cbor2.dumps([*header, *groups], canonical=True)
    except (ValueError, TypeError, cbor2.CBOREncodeError) as error:
        raise WireError(f"this diff cannot be written: {error}") from None
    if len(data) > MAX_ITEMS:  # a smaller one is within all caps
        scan_all(data)
    return data


def _oldest_format(diff: Diff) -> int:
    return 2 if any(isinstance(write, SetScalar) and write.field in _SINCE_2 for write in diff.writes) else 1


def diff_id(data: bytes) -> bytes:
    """SHA-256 of a diff's bytes."""
    return sha256(data).digest()


def decode_diff(data: bytes, *, scanned: bool = False) -> Diff:
    """WireError for anything that is no diff; NewerFormat if a later release wrote it. `scanned`: the caller has put
    these very bytes through `scan` already, as one who parts a sequence has to."""
    found = _format(data)
    if found > FORMAT:
        raise NewerFormat(found, FORMAT)
    if not scanned:
        scan_all(data)
    item = loads(data)
    if type(item) is not list or len(item) < 12 or found < 1:
        raise WireError("this is no diff")
    _check_header(item)
    _, canvas, parents, lamport, time, author, command, request, undoes, seed, sources, ids, *groups = item
    return Diff(
        canvas,
        tuple([parents[nth : nth + 32] for nth in range(0, len(parents), 32)]),
        lamport,
        time,
        author,
        command,
        request,
        undoes,
        seed,
        _read_writes(groups, Numbering(seed, unpack_ids(ids)), unpack_sources(sources)),
    )


def _format(data: bytes) -> int:
    """The format number, looked up before all else: a newer format may hold what the scan does not know. 0: none."""
    if len(data) < 2 or not 0x80 <= data[0] <= 0x9B:
        return 0
    start = 1 + {0x98: 1, 0x99: 2, 0x9A: 4, 0x9B: 8}.get(data[0], 0)
    if start >= len(data) or data[start] > 0x1B:
        return 0
    length = {0x18: 1, 0x19: 2, 0x1A: 4, 0x1B: 8}.get(data[start])
    return data[start] if length is None else int.from_bytes(data[start + 1 : start + 1 + length], "big")


def _check_header(item: list[Any]) -> None:
    _, canvas, parents, lamport, time, author, command, request, undoes, seed = item[:10]
    if (
        type(canvas) is type(parents) is type(request) is type(undoes) is bytes
        and type(lamport) is type(time) is type(seed) is int
        and type(author) is type(command) is str
        and (len(canvas), len(parents), len(request), len(undoes)) == (16, 32, 16, 0)
        and 0 < lamport <= MAX_LAMPORT
        and 0 <= time < 2**63
        and 0 <= seed < 2**64
        and len(author) <= _MAX_AUTHOR
        and len(command) <= _MAX_COMMAND
    ):
        return  # nearly all, at a glance; what follows says what is wrong with the others
    for name, value, lengths in (
        ("canvas", canvas, (16,)),
        ("request id", request, (0, 16)),
        ("diff that it undoes", undoes, (0, 32)),
    ):
        if type(value) is not bytes or len(value) not in lengths:
            raise WireError(f"the {name} of a diff is {lengths[-1]} bytes, and this is {value!r:.80}")
    if type(parents) is not bytes or len(parents) % 32:
        raise WireError("the parents of a diff are ids of 32 bytes")
    if any(parents[nth - 32 : nth] >= parents[nth : nth + 32] for nth in range(32, len(parents), 32)):
        raise WireError("the parents of a diff are not in order, or one is there twice")
    for name, value, most in (
        ("lamport number", lamport, MAX_LAMPORT),
        ("time", time, 2**63 - 1),
        ("seed", seed, 2**64 - 1),
    ):
        if type(value) is not int or not (name == "lamport number") <= value <= most:
            raise WireError(f"the {name} of a diff is at most {most}, and this is {value!r:.80}")
    for name, value, most in (("author", author, _MAX_AUTHOR), ("command", command, _MAX_COMMAND)):
        if type(value) is not str or len(value) > most:
            raise WireError(f"the {name} of a diff is a text of at most {most:,} characters")


def unpack_ids(packed: Any) -> tuple[int, ...]:
    if type(packed) is not bytes or len(packed) % 8:
        raise WireError("ids are 8 bytes each")
    ids = unpack(f">{len(packed) // 8}Q", packed)
    if 0 in ids:
        raise WireError("0 is no id")
    return ids


def unpack_sources(packed: Any) -> list[tuple[int, int]]:
    if type(packed) is not list or len(packed) % 2:
        raise WireError("sources are pairs of a lamport number and 8 bytes")
    sources = []
    for nth in range(0, len(packed), 2):
        lamport, diff = packed[nth], packed[nth + 1]
        if type(lamport) is not int or not 0 < lamport <= MAX_LAMPORT or type(diff) is not bytes or len(diff) != 8:
            raise WireError("sources are pairs of a lamport number and 8 bytes")
        sources.append((lamport, int.from_bytes(diff, "big")))
    return sources


def _read_writes(groups: list[Any], numbering: Numbering, sources: list[tuple[int, int]]) -> tuple[Write, ...]:
    reader = Reader(numbering, sources)
    writes: list[Write] = []
    for group in groups:
        if type(group) is not list or len(group) < 2 or type(group[0]) is not int:
            raise WireError("a group of writes is a toplevel and at least one write")
        try:
            toplevel = numbering[group[0]]
        except LookupError:
            raise WireError(f"there is no node number {group[0]} in this diff") from None
        writes += [reader.read(toplevel, packed) for packed in group[1:]]
    return tuple(writes)
