"""Ints as decimal digits, of lengths at which Python's own conversion refuses to work.

CPython limits `int(text)` and `str(number)` to 4,300 digits, or to whatever somebody set for the whole process. Pieces
of a thousand digits stay below any such limit. Invariant: the same answer as without a limit, or Failed.
"""

from __future__ import annotations

from typing import Final

from dark_lang.errors import Failed
from dark_lang.values.limits import INT_DIGITS

_PIECE: Final = 600  # the smallest limit that a process may set is 640
_BASE: Final = 10**_PIECE
_SURELY_SHORT: Final = 10**_PIECE
_LEAST_SHORT: Final = -_SURELY_SHORT
_SURELY_LONG: Final = INT_DIGITS * 4  # in bits


def int_text(number: int) -> str:
    """Raises Failed if it has more than INT_DIGITS digits."""
    if _LEAST_SHORT < number < _SURELY_SHORT:
        return str(number)
    if number.bit_length() > _SURELY_LONG:
        raise Failed(f"an Int of more than {INT_DIGITS:,} digits cannot be written as text")
    rest, pieces = abs(number), []
    while rest >= _BASE:
        rest, piece = divmod(rest, _BASE)
        pieces.append(str(piece).zfill(_PIECE))
    pieces.append(str(rest))
    text = "".join(reversed(pieces))
    if len(text) > INT_DIGITS:
        raise Failed(f"an Int of more than {INT_DIGITS:,} digits cannot be written as text")
    return text if number >= 0 else "-" + text


def read_int(text: str) -> int:
    """`text` is ASCII digits, with a minus sign before them or not. Raises Failed beyond INT_DIGITS digits."""
    if len(text) <= _PIECE:
        return int(text)
    digits = text.removeprefix("-")
    if len(digits) > INT_DIGITS:
        raise Failed(f"an Int of more than {INT_DIGITS:,} digits cannot be read")
    first = len(digits) % _PIECE
    number = int(digits[:first] or "0")
    for start in range(first, len(digits), _PIECE):
        number = number * _BASE + int(digits[start : start + _PIECE])
    return -number if text.startswith("-") else number


def counted(number: int) -> str:
    """For messages: with separators, and of a giant only that it is one."""
    return f"{number:,}" if -_TELLABLE < number < _TELLABLE else "more than 10^30" if number > 0 else "less than -10^30"


_TELLABLE: Final = 10**30
