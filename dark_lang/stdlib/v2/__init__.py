"""What came after version 1, by what was changed."""

from __future__ import annotations

from dark_lang.library import LibraryFunction
from dark_lang.stdlib.v2 import typed_json

FUNCTIONS: tuple[LibraryFunction, ...] = typed_json.FUNCTIONS
