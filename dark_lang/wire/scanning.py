"""The gate before the codec: is this one canonical CBOR item of the kinds that we use, and of bearable size?

Looks at bytes and builds nothing. Must not know what items mean, nor any codec. Invariants: no recursion; time and
memory are linear in the bytes looked at; what passes has exactly one encoding, and it is this one (RFC 8949 section
4.2.1), with text for the keys of maps, no tags, and nothing indefinite.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from struct import pack, unpack_from
from typing import Final, NoReturn

from dark_lang.errors import WireError

MAX_SIZE: Final = 64 * 2**20
"""Bytes of one item."""
MAX_ITEMS: Final = 8_000_000
"""Items in one item."""
MAX_DEPTH: Final = 16
"""Of arrays and maps in each other, unless the caller knows better."""

_DONE, _ARGUMENT, _STRING, _ARRAY, _MAP, _FLOAT, _REFUSED = range(7)


def _action(head: int) -> int:
    major, extra = head >> 5, head & 0x1F
    if head in (0xF9, 0xFA, 0xFB):
        return _FLOAT
    if head in (0xF4, 0xF5, 0xF6) or (major in (0, 1) and extra < 24):
        return _DONE
    if extra > 27 or major in (6, 7):
        return _REFUSED
    return (_ARGUMENT, _ARGUMENT, _STRING, _STRING, _ARRAY, _MAP)[major]


_ACTIONS: Final = bytes(_action(head) for head in range(256))
_EXTRA_BYTES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_LEAST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}


def scan(data: bytes, *, start: int = 0, depth: int = MAX_DEPTH, bulk: bool = False) -> int:
    """Where the item that begins at `start` ends. WireError, with the offset, if it is none of ours. `bulk`: there are
    thousands to come; then arrays of plain items are passed at a glance, at the price of some milliseconds once."""
    actions = _ACTIONS
    size = len(data)
    position = start
    items = 0
    left = 1  # items still to come in the innermost array; pairs, if it is a map
    key: bytes | None = None  # the key before, if it is a map
    above: list[tuple[int, bytes | None]] = []
    while True:
        while not left:
            if not above:
                return position
            left, key = above.pop()
        left -= 1
        if key is not None:
            key, position = _key(data, position, key)
        if position >= size:
            _refuse("it ends in the middle", position)
        head = data[position]
        position += 1
        action = actions[head]
        if action == _DONE:
            continue
        if action == _FLOAT:
            position = _float(data, head, position)
            continue
        if action == _REFUSED:
            _refuse(f"byte {head:#04x} starts nothing that is allowed here", position - 1)
        extra = head & 0x1F
        if extra < 24:
            value = extra
        else:
            value, position = _value(data, extra, position)
        if action == _STRING:
            end = position + value
            if end > size:
                _refuse("a string is longer than what there is", position)
            if head >= 0x60:
                _text(data, position, end)
            position = end
        elif action != _ARGUMENT and (value or action == _MAP):
            items += value
            if items > MAX_ITEMS or value > size - position:
                _refuse("more items than it can hold, or than are allowed", position)
            if len(above) >= depth:
                _refuse(f"nested deeper than {depth} levels", position)
            if bulk and value < 24 and action == _ARRAY and (plain := _plain_items(value)(data, position)) is not None:
                position = plain.end()
                continue
            above.append((left, key))
            left = value
            key = b"" if action == _MAP else None


@cache
def _plain_items(count: int) -> Callable[[bytes, int], re.Match[bytes] | None]:
    """Matches so many items in their one encoding: small numbers, true, false, null, and short strings in ASCII. What
    it does not match may still be allowed."""
    return re.compile(b"(?:%s){%d}" % (_PLAIN_ITEM, count), re.DOTALL).match


_PLAIN_ITEM: Final = b"|".join(
    [
        rb"[\x00-\x17\x20-\x37\xf4-\xf6\x40\x60]",
        rb"[\x18\x38][\x18-\xff]",
        rb"[\x19\x39][\x01-\xff].",
        *(rb"\x%02x[\x00-\x7f]{%d}" % (0x60 + length, length) for length in range(1, 24)),
        *(rb"\x%02x.{%d}" % (0x40 + length, length) for length in range(1, 24)),
        rb"[\x1a\x3a](?!\x00\x00).{4}",
    ]
)


def _value(data: bytes, extra: int, position: int) -> tuple[int, int]:
    end = position + _EXTRA_BYTES[extra]
    if end > len(data):
        _refuse("it ends in the middle", position)
    value = int.from_bytes(data[position:end], "big")
    if value < _LEAST[extra]:
        _refuse(f"{value} is not written in the shortest form", position)
    return value, end


def _key(data: bytes, position: int, before: bytes) -> tuple[bytes, int]:
    """The next key of a map, as encoded, and where its value begins. Keys ascend as their bytes do."""
    start = position
    head = data[position] if position < len(data) else 0
    extra = head & 0x1F
    if head >> 5 != 3 or extra > 27:
        _refuse("the key of a map is not text", position)
    position += 1
    length = extra
    if extra >= 24:
        length, position = _value(data, extra, position)
    end = position + length
    if end > len(data):
        _refuse("a string is longer than what there is", position)
    _text(data, position, end)
    key = data[start:end]
    if key <= before:
        _refuse("the keys of a map are not in order, or one is there twice", start)
    return key, end


def _text(data: bytes, start: int, end: int) -> None:
    try:
        data[start:end].decode()
    except UnicodeDecodeError:
        _refuse("a text is not UTF-8", start)


def _float(data: bytes, head: int, position: int) -> int:
    """The end of a float. It must have the shortest of the three forms that holds its value; NaN is f9 7e00."""
    if head == 0xF9:
        end, shorter = position + 2, None
    elif head == 0xFA:
        end, shorter = position + 4, ">e"
    else:
        end, shorter = position + 8, ">f"
    if end > len(data):
        _refuse("it ends in the middle", position)
    value: float = unpack_from({0xF9: ">e", 0xFA: ">f", 0xFB: ">d"}[head], data, position)[0]
    if value != value:
        if data[position - 1 : end] != b"\xf9\x7e\x00":
            _refuse("NaN is not written in the shortest form", position)
    elif shorter is not None:
        try:
            is_shorter = unpack_from(shorter, pack(shorter, value))[0] == value
        except OverflowError:
            is_shorter = False
        if is_shorter:
            _refuse(f"{value!r} is not written in the shortest form", position)
    return end


def scan_all(data: bytes, *, depth: int = MAX_DEPTH) -> None:
    """WireError unless the bytes are one item and nothing else."""
    if len(data) > MAX_SIZE:
        raise WireError(f"{len(data):,} bytes are more than the {MAX_SIZE:,} that are allowed")
    end = scan(data, depth=depth)
    if end != len(data):
        _refuse("something follows the item", end)


def _refuse(why: str, position: int) -> NoReturn:
    raise WireError(f"not a canonical item: {why} (at byte {position})")
