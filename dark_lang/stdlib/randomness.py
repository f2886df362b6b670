"""Even choices from random bytes, and a sequence of numbers that a seed alone decides.

Must not know where a world takes its bytes from. Invariant: every outcome is exactly as likely as every other.
"""

from __future__ import annotations

from dark_lang.library import World
from dark_lang.names import mix_id

_WORD = 1 << 64


def below(world: World, count: int) -> int:
    """One of 0 … count - 1. `count` is 1 or more."""
    size = (count - 1).bit_length()
    length = (size + 7) // 8
    while size:
        # More bits than needed are cut off, and what is still too large is drawn again: a remainder would favour some.
        drawn = int.from_bytes(world.random_bytes(length), "big") >> (8 * length - size)
        if drawn < count:
            return drawn
    return 0


def next_word(seed: int) -> tuple[int, int]:
    """A number of 64 bits, and the seed for the one after it."""
    return mix_id(seed % _WORD, 0), (seed + 1) % _WORD


def next_below(seed: int, count: int) -> tuple[int, int]:
    """One of 0 … count - 1, and the seed for what comes next. `count` is 1 or more."""
    words = ((count - 1).bit_length() + 63) // 64
    surplus = words * 64 - (count - 1).bit_length()
    while words:
        drawn = 0
        for _ in range(words):
            word, seed = next_word(seed)
            drawn = drawn << 64 | word
        if drawn >> surplus < count:
            return drawn >> surplus, seed
    return 0, seed
