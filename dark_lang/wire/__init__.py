"""Bytes: diffs, ledgers and plain data as canonical CBOR. The only place that knows a codec.

Must not know files. Invariants: bytes from anywhere are looked through by `scan` before the codec sees them; every
function that reads raises WireError, or NewerFormat, and nothing else.
"""

from __future__ import annotations

from dark_lang.wire.diffs import FORMAT, decode_diff, diff_id, encode_diff
from dark_lang.wire.ledgers import decode_ledger, encode_ledger
from dark_lang.wire.plain import decode_plain, encode_plain
from dark_lang.wire.scanning import scan

__all__ = [
    "FORMAT",
    "decode_diff",
    "decode_ledger",
    "decode_plain",
    "diff_id",
    "encode_diff",
    "encode_ledger",
    "encode_plain",
    "scan",
]
