"""Ledgers as bytes, for caches: [format, ids joined, sources, [source, nth, write, …], …].

The first id is the toplevel's; nodes are numbered -1 and down. Each group holds consecutive writes of one diff, from
its write number `nth` on. Must not know diffs. Invariants: what is read back holds the same writes; any bytes at all
give a ledger or a WireError, after which a cache is made anew.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Final

import cbor2

from dark_lang.edits.ledgers import Ledger
from dark_lang.errors import WireError
from dark_lang.names import NodeId, WriteId
from dark_lang.wire.diffs import unpack_ids, unpack_sources
from dark_lang.wire.plain import loads
from dark_lang.wire.scanning import scan_all
from dark_lang.wire.writes import Numbering, Reader, Table, pack_write

_FORMAT: Final = 1


def encode_ledger(ledger: Ledger) -> bytes:
    table = Table()
    table.number(ledger.toplevel)
    groups: list[list[Any]] = []
    following: tuple[int, int, int] | None = None
    for (lamport, diff, nth), write in sorted(ledger.writes(), key=itemgetter(0)):
        if (lamport, diff, nth) != following:
            groups.append([table.source(lamport, diff), nth])
        groups[-1].append(pack_write(write, table))
        following = (lamport, diff, nth + 1)
    return cbor2.dumps([_FORMAT, table.packed_ids(), table.packed_sources(), *groups], canonical=True)


def decode_ledger(data: bytes) -> Ledger:
    """WireError for anything that this release did not write."""
    scan_all(data)
    item = loads(data)
    if type(item) is not list or len(item) < 3 or item[0] != _FORMAT:
        raise WireError("this is no ledger of this release")
    ids = unpack_ids(item[1])
    if not ids:
        raise WireError("a ledger without a toplevel")
    sources = unpack_sources(item[2])
    reader = Reader(Numbering(None, ids), sources)
    toplevel = NodeId(ids[0])
    ledger = Ledger(toplevel)
    for group in item[3:]:
        if type(group) is not list or len(group) < 3 or type(group[0]) is not int or type(group[1]) is not int:
            raise WireError("a group of a ledger is a source, a number and writes")
        source, first, *packed = group
        if not 0 <= source < len(sources) or first < 0:
            raise WireError(f"there is no source number {source} in this ledger")
        lamport, diff = sources[source]
        for nth, write in enumerate(packed, first):
            ledger.add(WriteId(lamport, diff, nth), reader.read(toplevel, write))
    return ledger
