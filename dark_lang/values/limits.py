"""How large a value may become. Each is checked before the memory is taken, where one step could take much of it.

Must not know who checks. Invariant: at the limit, an operation that makes such a value in one step takes less than
some 20 ms, so that the limits of time and memory of a run are what ends a program that makes many.
"""

from typing import Final

DEPTH: Final = 512
"""Levels of data within data that are written, read, shown, stored or ordered."""

INT_BITS: Final = 1_000_000
"""Of the result of a product or power."""

INT_DIGITS: Final = 20_000
"""Of an Int that is read from text or written as text, which takes the square of its length."""

TEXT_LENGTH: Final = 10_000_000
"""Characters of a String, JSON text too, that one operation makes."""

BYTES_LENGTH: Final = 10_000_000

LIST_LENGTH: Final = 10_000_000
"""Items of a List that one operation puts together from those of other Lists."""

LIST_MADE: Final = 1_000_000
"""Items of a List that one operation makes out of nothing."""

ROW_PARTS: Final = 1_000_000
"""Values, at any depth, of one row of a datastore."""
