"""Fractional keys: between any two there is room for another, so that list children are ordered without renumbering.

A key is a fraction written in base 256 with nothing behind its last digit, so keys compare as bytes do. Must not know
what is ordered. Invariant: a key is never empty and never ends in a zero byte.
"""

from __future__ import annotations


def is_key(key: bytes) -> bool:
    return len(key) > 0 and key[-1] != 0


def between(low: bytes, high: bytes) -> bytes:
    """A key above `low` and below `high`; `b""` as either is an open end. Short for runs of appends and prepends: a
    byte more for each 127. Raises ValueError if there is no room, which means that low is not below high, or that one
    of them is no key."""
    if (high and low >= high) or (low and not is_key(low)) or (high and not is_key(high)):
        raise ValueError(f"no key is between {low!r} and {high!r}")
    if not high:
        return _above(low)
    if not low:
        return _below(high)
    nth = 0
    while True:
        floor = low[nth] if nth < len(low) else 0
        ceiling = high[nth]
        if ceiling - floor > 1:
            return low[:nth].ljust(nth, b"\0") + bytes([(floor + ceiling) // 2])
        if ceiling > floor:
            # Digits differ by one: anything that starts as low does and goes on higher is below high.
            return low[:nth].ljust(nth, b"\0") + bytes([floor]) + _above(low[nth + 1 :])
        nth += 1


def _above(low: bytes) -> bytes:
    for nth, digit in enumerate(low):
        if digit < 0xFF:
            return low[:nth] + bytes([digit + 1])
    return low + b"\x80"


def _below(high: bytes) -> bytes:
    for nth, digit in enumerate(high):
        if digit > 1:
            return high[:nth] + bytes([digit - 1])
        if digit == 1:
            return high[:nth] + b"\0\xff"
    raise ValueError(f"no key is below {high!r}")


def spread(count: int, low: bytes = b"", high: bytes = b"") -> list[bytes]:
    """`count` keys in order, all between low and high, about as short as can be. Raises ValueError as `between`."""
    if not low and not high and count < 256:
        return [bytes([(nth + 1) * 256 // (count + 1)]) for nth in range(count)]
    keys = [b""] * count
    gaps = [(0, count, low, high)]
    while gaps:
        first, last, low, high = gaps.pop()
        if first < last:
            middle = (first + last) // 2
            keys[middle] = key = between(low, high)
            gaps += [(first, middle, low, key), (middle + 1, last, key, high)]
    return keys
