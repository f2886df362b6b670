"""Version: semantic versions, as programs that ask over HTTP say which they are.

Source: Semantic Versioning 2.0.0. What is no version is told apart by `isVersion` and `compare`; `isAtLeast` fails for
it, so that a switch's condition with it is not true, whichever way it is turned.
"""

from __future__ import annotations

import re
from typing import Final

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib.expecting import all_of_type
from dark_lang.values.model import NONE, Value, some
from dark_lang.values.showing import show

_NUMBER: Final = r"(0|[1-9]\d{0,18})"
_PART: Final = r"(?:0|[1-9]\d{0,18}|\d*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION: Final = rf"v?{_NUMBER}(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?:-({_PART}(?:\.{_PART})*))?(?:\+[0-9A-Za-z.-]+)?"
LONGEST: Final = 256  # characters

Version = tuple[tuple[int, int, int], tuple[str, ...]]


def _read(text: str) -> Version | None:
    """Numbers that are left out are 0; a `v` before it means nothing."""
    found = re.fullmatch(_VERSION, text.strip(), re.ASCII) if len(text) <= LONGEST else None
    if found is None:
        return None
    major, minor, patch = (int(part or 0) for part in found.group(1, 2, 3))
    return (major, minor, patch), tuple((found[4] or "").split(".")) if found[4] else ()


def _order(one: Version, other: Version) -> int:
    if one[0] != other[0]:
        return 1 if one[0] > other[0] else -1
    if not one[1] or not other[1]:
        # What is released comes after all that went before it.
        return bool(other[1]) - bool(one[1])
    for left, right in zip(one[1], other[1], strict=False):
        if left != right:
            if left.isdigit() and right.isdigit():
                return 1 if int(left) > int(right) else -1
            if left.isdigit() != right.isdigit():
                return -1 if left.isdigit() else 1
            return 1 if left > right else -1
    return (len(one[1]) > len(other[1])) - (len(one[1]) < len(other[1]))


def _compare(a: str, b: str) -> Value:
    one, other = _read(a), _read(b)
    return NONE if one is None or other is None else some(_order(one, other))


def _is_at_least(version: str, least: str) -> bool:
    return _order(_known(version), _known(least)) >= 0


def _known(text: str) -> Version:
    found = _read(text)
    if found is None:
        raise Failed(
            f"{show(text, limit=60)} is no version",
            suggestion="Version::isVersion tells, Version::compare gives an Option",
        )
    return found


def _newest(versions: list[Value]) -> Value:
    all_of_type(str, "Strings", versions, "Version::newest")
    newest: tuple[Version, str] | None = None
    for text in versions:
        found = _read(text)
        if found is not None and (newest is None or _order(found, newest[0]) > 0):
            newest = (found, text)
    return NONE if newest is None else some(newest[1])


FUNCTIONS = (
    LibraryFunction(
        "Version::compare_v0(a: String, b: String) -> Option<Int>",
        _compare,
        "Gives -1, 0 or 1, as the first semantic version is below, equal to or above the second; None if one is none.",
        ('Version::compare_v0("1.2.10", "1.2.9") == Some(1)', 'Version::compare_v0("1.0.0-rc.1", "1.0") == Some(-1)'),
    ),
    LibraryFunction(
        "Version::isAtLeast_v0(version: String, least: String) -> Bool",
        _is_at_least,
        "Whether a semantic version is another or above it. Fails for what is no version.",
        ('Version::isAtLeast_v0("2.0.0", "1.9")', 'Version::isAtLeast_v0("1.0.0-rc.1", "1.0") == false'),
    ),
    LibraryFunction(
        "Version::isVersion_v0(text: String) -> Bool",
        lambda text: _read(text) is not None,
        "Whether a text is a semantic version.",
        ('Version::isVersion_v0("1.2.3-rc.1+build")', 'Version::isVersion_v0("1.2.x") == false'),
    ),
    LibraryFunction(
        "Version::newest_v0(versions: List<String>) -> Option<String>",
        _newest,
        "The highest of some semantic versions; what is none is left out.",
        ('Version::newest_v0(["1.9", "1.10", "x"]) == Some("1.10")',),
    ),
)
