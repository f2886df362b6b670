"""String, in parts: characters as a reader counts them, slices, lines, padding.

`String::length` counts code points here, as it did at first; `v1` has the one that counts characters.
"""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.errors import Failed
from dark_lang.library import Deprecation, LibraryFunction
from dark_lang.names import Standard
from dark_lang.stdlib import costs
from dark_lang.stdlib.expecting import all_of_type, of_type, room_for_text
from dark_lang.values.graphemes import clusters, count_clusters, slice_clusters
from dark_lang.values.model import NONE, Char, Value, some


def _first(text: str, count: int) -> str:
    return slice_clusters(text, 0, max(count, 0))


def _last(text: str, count: int) -> str:
    return slice_clusters(text, -count, None) if count > 0 else ""


def _drop_first(text: str, count: int) -> str:
    return slice_clusters(text, max(count, 0), None)


def _drop_last(text: str, count: int) -> str:
    return slice_clusters(text, 0, -count) if count > 0 else text


def _padding(text: str, pad_with: str, goal: int, who: str) -> str:
    if not pad_with:
        raise Failed(f"{who} cannot pad with an empty String")
    missing = goal - count_clusters(text)
    if missing <= 0:
        return ""
    room_for_text(len(text) + missing * len(pad_with), who)
    pads = count_clusters(pad_with)
    return slice_clusters(pad_with * (missing // pads + 1), 0, missing)


def _each(text: str, f: Callable[[Value], Value]) -> str:
    who = "what the function of String::foreach gives"
    return "".join([of_type(Char, "a Char", f(Char(char)), who).text for char in clusters(text)])


def _from_list(chars: list[Value]) -> str:
    all_of_type(Char, "Chars", chars, "String::fromList")
    return "".join([char.text for char in chars])


def _split(text: str, separator: str) -> list[Value]:
    return text.split(separator) if separator else list(clusters(text))


def _index_of(text: str, search: str) -> Value:
    at = text.find(search)
    return NONE if at < 0 else some(count_clusters(text[:at]))


FUNCTIONS = (
    LibraryFunction(
        "String::length_v0(text: String) -> Int",
        lambda text: len(text),
        "The number of code points, which may be more than a reader counts.",
        ('String::length_v0("abc") == 3', r'String::length_v0("e\u{301}") == 2'),
        deprecated=Deprecation(
            "it counts code points, not what a reader sees as characters",
            Standard("String::length", 1),
            "String::length_v1(?text)",
        ),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::first_v0(text: String, characterCount: Int) -> String",
        _first,
        "The first so many characters, or all.",
        ('String::first_v0("abcd", 2) == "ab"', 'String::first_v0("abcd", 9) == "abcd"'),
    ),
    LibraryFunction(
        "String::last_v0(text: String, characterCount: Int) -> String",
        _last,
        "The last so many characters, or all.",
        ('String::last_v0("abcd", 2) == "cd"', 'String::last_v0("abcd", 0) == ""'),
    ),
    LibraryFunction(
        "String::dropFirst_v0(text: String, characterCount: Int) -> String",
        _drop_first,
        "All but the first so many characters.",
        ('String::dropFirst_v0("abcd", 1) == "bcd"',),
    ),
    LibraryFunction(
        "String::dropLast_v0(text: String, characterCount: Int) -> String",
        _drop_last,
        "All but the last so many characters.",
        ('String::dropLast_v0("abcd", 1) == "abc"',),
    ),
    LibraryFunction(
        "String::slice_v0(text: String, from: Int, to: Int) -> String",
        lambda text, start, end: slice_clusters(text, start, end),
        "The characters from place `from` (the first is 0) up to before `to`. Negative places count from the end.",
        ('String::slice_v0("abcd", 1, 3) == "bc"', 'String::slice_v0("abcd", -2, 4) == "cd"'),
    ),
    LibraryFunction(
        "String::reverse_v0(text: String) -> String",
        lambda text: "".join(reversed(clusters(text))),
        "Its characters from the last to the first.",
        ('String::reverse_v0("abc") == "cba"',),
    ),
    LibraryFunction(
        "String::padStart_v0(text: String, padWith: String, goalLength: Int) -> String",
        lambda text, pad, goal: _padding(text, pad, goal, "String::padStart") + text,
        "The text with so much padding before it that it has at least `goalLength` characters.",
        ('String::padStart_v0("7", "0", 3) == "007"', 'String::padStart_v0("1234", "0", 3) == "1234"'),
        cost=costs.padded,
    ),
    LibraryFunction(
        "String::padEnd_v0(text: String, padWith: String, goalLength: Int) -> String",
        lambda text, pad, goal: text + _padding(text, pad, goal, "String::padEnd"),
        "The text with so much padding after it that it has at least `goalLength` characters.",
        ('String::padEnd_v0("ab", ".-", 5) == "ab.-."',),
        cost=costs.padded,
    ),
    LibraryFunction(
        "String::split_v0(text: String, separator: String) -> List<String>",
        _split,
        "What stands between the separators. An empty separator splits into characters.",
        ('String::split_v0("a,b,,c", ",") == ["a", "b", "", "c"]', 'String::split_v0("ab", "") == ["a", "b"]'),
    ),
    LibraryFunction(
        "String::lines_v0(text: String) -> List<String>",
        lambda text: text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else [],
        "Its lines, without the line ends.",
        (r'String::lines_v0("a\nb\n") == ["a", "b"]', 'String::lines_v0("") == []'),
    ),
    LibraryFunction(
        "String::words_v0(text: String) -> List<String>",
        lambda text: text.split(),
        "What stands between white space.",
        ('String::words_v0("  one two ") == ["one", "two"]',),
    ),
    LibraryFunction(
        "String::indexOf_v0(lookingIn: String, searchingFor: String) -> Option<Int>",
        _index_of,
        "How many characters stand before the first occurrence.",
        ('String::indexOf_v0("hello", "l") == Some(2)', 'String::indexOf_v0("hello", "x") == None'),
    ),
    LibraryFunction(
        "String::toList_v0(text: String) -> List<Char>",
        lambda text: [Char(char) for char in text],
        "Its code points, each as a Char, though some are only parts of one.",
        ('String::toList_v0("ab") == [c"a", c"b"]',),
        deprecated=Deprecation("it takes characters apart", Standard("String::toList", 1), "String::toList_v1(?text)"),
    ),
    LibraryFunction(
        "String::fromList_v0(chars: List<Char>) -> String",
        _from_list,
        "The Chars one after the other.",
        ('String::fromList_v0([c"a", c"b"]) == "ab"',),
    ),
    LibraryFunction(
        "String::fromChar_v0(char: Char) -> String",
        lambda char: char.text,
        "The Char alone.",
        ('String::fromChar_v0(c"a") == "a"',),
    ),
    LibraryFunction(
        "String::foreach_v0(text: String, f: Char -> Char) -> String",
        _each,
        "What the function makes of each character, one after the other.",
        ('String::foreach_v0("abc", char => Char::toUppercase_v0(char)) == "ABC"',),
    ),
)
