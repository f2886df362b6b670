"""Keys under which an index keeps what refers to what.

Must not know where the index is kept. Invariant: whatever refers to a definition, by identity or by a name that meant
nothing when it was written, has one of the definition's keys; what has one of them may still refer to something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING

from dark_lang.names import Defined, NodeId, Ref, Unresolved

if TYPE_CHECKING:
    from runtime.entries import Entry


def key_of(ref: Ref) -> int | None:
    """64 bits; None for what is kept nowhere: the library, which all use, and names that are missing."""
    match ref:
        case Defined(definition):
            return definition
        case Unresolved(text) if text:
            return _key_of_name(text)
        case _:
            return None


def keys_of(definition: NodeId, entries: Iterable[Entry | None]) -> set[int]:
    """The keys of all that may refer to a definition, as whatever it was and is called in those entries."""
    return {int(definition), *[_key_of_name(entry.name) for entry in entries if entry is not None]}


def _key_of_name(name: str) -> int:
    # Whichever version is meant is said by the newest ones, and so may change with any of them.
    return int.from_bytes(blake2b(without_version(name).encode(), digest_size=8).digest(), "big")


def without_version(name: str) -> str:
    """`Shop::total_v1` is a `Shop::total`, `Users-v0` a `Users`."""
    for mark in ("_v", "-v"):
        head, found, version = name.rpartition(mark)
        if found and version.isdigit():
            return head
    return name
