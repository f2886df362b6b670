"""Regex: patterns in the syntax of RE2, which has no backreferences and needs no more time than the text is long.

A pattern is a String, and may come from outside: one that cannot be read is an Error that says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dark_lang.library import LibraryFunction
from dark_lang.stdlib import costs
from dark_lang.stdlib.expecting import room_for_text
from dark_lang.values.model import NONE, Value, error, ok, some

LONGEST_PATTERN: Final = 10_000
"""Characters."""

_MEMORY: Final = 1 << 22  # bytes of a compiled pattern and its automata


def _compiled(pattern: str) -> Any:
    """Raises re2.error."""
    import re2  # here: few programs have patterns, and loading it takes as long as a good part of the library

    if len(pattern) > LONGEST_PATTERN:
        raise re2.error(f"a pattern has at most {LONGEST_PATTERN:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return re2.compile(pattern, options)


def _with(pattern: str, text: str, use: Callable[[Any, str], Value]) -> Value:
    import re2  # as above

    try:
        return ok(use(_compiled(pattern), text))
    except re2.error as problem:
        said = problem.args[0] if problem.args else ""
        told = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return error(f"the pattern cannot be read: {told}")
    except UnicodeEncodeError:
        return error("half of a surrogate pair, which no text can have, cannot be looked for or into")


def _text_or_none(text: str | None) -> Value:
    return NONE if text is None else some(text)


def _find(pattern: Any, text: str) -> Value:
    found = pattern.search(text)
    return NONE if found is None else some(found.group())


def _groups(pattern: Any, text: str) -> Value:
    found = pattern.search(text)
    return NONE if found is None else some([_text_or_none(group) for group in found.groups()])


def _replaced(replacement: str) -> Callable[[Any, str], Value]:
    def replace(pattern: Any, text: str) -> Value:
        pieces = []
        end = size = 0
        for found in pattern.finditer(text):
            pieces += [text[end : found.start()], replacement]
            size += found.start() - end + len(replacement)
            room_for_text(size, "Regex::replaceAll")
            end = found.end()
        room_for_text(size + len(text) - end, "Regex::replaceAll")
        return "".join([*pieces, text[end:]])

    return replace


def _split(pattern: Any, text: str) -> Value:
    pieces = []
    end = 0
    for found in pattern.finditer(text):
        if found.end() > found.start():
            pieces.append(text[end : found.start()])
            end = found.end()
    return [*pieces, text[end:]]


def _escape(text: str) -> str:
    return "".join([char if char.isalnum() or char == "_" or ord(char) > 127 else f"\\{char}" for char in text])


FUNCTIONS = (
    LibraryFunction(
        "Regex::contains_v0(text: String, pattern: String) -> Result<Bool, String>",
        lambda text, pattern: _with(pattern, text, lambda compiled, text: compiled.search(text) is not None),
        "Whether some part of the text fits the pattern.",
        ('Regex::contains_v0("order 66", "[0-9]+") == Ok(true)', 'Result::isError_v0(Regex::contains_v0("", "("))'),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::matches_v0(text: String, pattern: String) -> Result<Bool, String>",
        lambda text, pattern: _with(pattern, text, lambda compiled, text: compiled.fullmatch(text) is not None),
        "Whether all of the text fits the pattern.",
        ('Regex::matches_v0("66", "[0-9]+") == Ok(true)', 'Regex::matches_v0("order 66", "[0-9]+") == Ok(false)'),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::find_v0(text: String, pattern: String) -> Result<Option<String>, String>",
        lambda text, pattern: _with(pattern, text, _find),
        "The first part of the text that fits the pattern.",
        ('Regex::find_v0("a1b22", "[0-9]+") == Ok(Some("1"))', 'Regex::find_v0("ab", "[0-9]+") == Ok(None)'),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::findAll_v0(text: String, pattern: String) -> Result<List<String>, String>",
        lambda text, pattern: _with(
            pattern, text, lambda compiled, text: [found.group() for found in compiled.finditer(text)]
        ),
        "All parts that fit the pattern, from the left, none of which overlaps another.",
        ('Regex::findAll_v0("a1b22", "[0-9]+") == Ok(["1", "22"])',),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::groups_v0(text: String, pattern: String) -> Result<Option<List<Option<String>>>, String>",
        lambda text, pattern: _with(pattern, text, _groups),
        "What the groups of the pattern stand for in the first part that fits; None for one that took no part.",
        ('Regex::groups_v0("2026-03", "([0-9]+)-([0-9]+)") == Ok(Some([Some("2026"), Some("03")]))',),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::replaceAll_v0(text: String, pattern: String, replacement: String) -> Result<String, String>",
        lambda text, pattern, replacement: _with(pattern, text, _replaced(replacement)),
        "The text with the replacement, as it is, for each part that fits the pattern.",
        ('Regex::replaceAll_v0("a1b22", "[0-9]+", "#") == Ok("a#b#")',),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::split_v0(text: String, pattern: String) -> Result<List<String>, String>",
        lambda text, pattern: _with(pattern, text, _split),
        "The pieces between the parts that fit the pattern; parts without a character separate nothing.",
        (r'Regex::split_v0("a, b;c", "[,;] *") == Ok(["a", "b", "c"])',),
        cost=costs.matched,
    ),
    LibraryFunction(
        "Regex::escape_v0(text: String) -> String",
        _escape,
        "A pattern that this very text fits, and no other.",
        (r'Regex::escape_v0("1+1") == "1\\+1"', 'Regex::matches_v0("1+1", Regex::escape_v0("1+1")) == Ok(true)'),
    ),
)
