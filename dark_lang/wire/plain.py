"""Plain data, nested: None, bool, int, float, str, bytes, lists, and dicts with text for keys. For caches and rows.

Must not know what is stored. Invariant: what is written reads back equal, tuples as lists; nothing is written that
could not be read.
"""

from __future__ import annotations

from typing import Any, Final

import cbor2

from dark_lang.errors import WireError
from dark_lang.wire.scanning import MAX_ITEMS, scan_all

MAX_LEVELS: Final = 2_000
"""How deep lists and dicts may be in each other. The codec itself holds out for more than twice that."""

_LEAVES: Final = frozenset({type(None), bool, float, str, bytes})
_BEYOND: Final = 2**64


def encode_plain(plain: Any) -> bytes:
    """Canonical CBOR. WireError for anything but plain data, ints beyond 64 bits and a sign, and too many levels."""
    _check(plain)
    try:
        return cbor2.dumps(plain, canonical=True)
    except (ValueError, TypeError, cbor2.CBOREncodeError) as error:  # a text that is no Unicode
        raise WireError(f"this cannot be written: {error}") from None


def decode_plain(data: bytes) -> Any:
    """WireError if these are not the bytes of plain data."""
    scan_all(data, depth=MAX_LEVELS)
    return loads(data)


def loads(data: bytes) -> Any:
    """Of bytes that passed the scan."""
    try:
        return cbor2.loads(data, max_depth=MAX_LEVELS + 1)
    except (ValueError, TypeError, RecursionError, cbor2.CBORDecodeError) as error:
        raise WireError(f"this cannot be read: {error}") from None


def _check(plain: Any) -> None:
    level: list[Any] = [plain]
    depth = count = 0
    while level:
        count += len(level)
        if depth > MAX_LEVELS or count > MAX_ITEMS:
            raise WireError(f"more than {MAX_LEVELS:,} levels, or more than {MAX_ITEMS:,} items")
        depth += 1
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind in _LEAVES:
                continue
            if kind is int:
                if not -_BEYOND <= item < _BEYOND:
                    raise WireError("an int beyond 64 bits and a sign")
            elif kind is list or kind is tuple:
                below.extend(item)
            elif kind is dict:
                if any(type(key) is not str for key in item):
                    raise WireError("the key of a dict is not text")
                below.extend(item.values())
            else:
                raise WireError(f"{kind.__qualname__} is no plain data")
        level = below
