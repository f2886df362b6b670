"""Characters as a reader counts them: extended grapheme clusters, as Unicode's annex 29 has them.

Invariant: `"".join(clusters(text)) == text`. Texts in ASCII, which most are, need no tables.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def _pattern() -> Any:
    # Imported late, since that takes longer than all of the standard library, and few programs need it.
    return import_module("regex").compile(r"\X")


def _is_simple(text: str) -> bool:
    """Whether every code point is a cluster: in ASCII only CR LF is a cluster of two."""
    return text.isascii() and "\r" not in text


def clusters(text: str) -> list[str]:
    return list(text) if _is_simple(text) else _pattern().findall(text)


def count_clusters(text: str) -> int:
    return len(text) if _is_simple(text) else len(_pattern().findall(text))


def is_cluster(text: str) -> bool:
    """Whether `text` is one character."""
    return len(text) == 1 or (bool(text) and not _is_simple(text) and _pattern().fullmatch(text) is not None)


def slice_clusters(text: str, start: int | None, end: int | None) -> str:
    """`text[start:end]` counted in characters; negative numbers count from the end."""
    return text[start:end] if _is_simple(text) else "".join(_pattern().findall(text)[start:end])
