"""The standard library: declarations and their bodies, put together in explicit tuples.

Must not know compiler, checker or notation. Invariants: no body reaches outside but through the World that it is
given; none lets C call a guest's function; what is slow to import is imported by the function that needs it.
"""

from __future__ import annotations

from dark_lang.library import Library
from dark_lang.stdlib import v0, v1, v2


def standard_library() -> Library:
    """A new Library of every standard function, old versions among them."""
    return Library((*v0.FUNCTIONS, *v1.FUNCTIONS, *v2.FUNCTIONS))
