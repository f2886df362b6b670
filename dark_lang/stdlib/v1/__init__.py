"""What came after version 0, by what was changed."""

from __future__ import annotations

from dark_lang.library import LibraryFunction
from dark_lang.stdlib.v1 import corrections, options_instead, results_instead

FUNCTIONS: tuple[LibraryFunction, ...] = (
    *options_instead.FUNCTIONS,
    *results_instead.FUNCTIONS,
    *corrections.FUNCTIONS,
)
