"""String, as a whole: joining, searching, changing case, turning into other things. (`string_parts` has the rest.)"""

from __future__ import annotations

import re
import unicodedata
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Final

from dark_lang.errors import Failed
from dark_lang.library import Deprecation, Effect, LibraryFunction, World
from dark_lang.names import Standard
from dark_lang.stdlib import costs
from dark_lang.stdlib.arithmetic import parse_float, parse_int
from dark_lang.stdlib.expecting import all_of_type, room_for_text
from dark_lang.stdlib.randomness import below
from dark_lang.stdlib.text import escape_html, parse_uuid
from dark_lang.values.digits import counted
from dark_lang.values.model import Case, Value

_BLANKS: Final = r"[\s_-]+"
_NO_SLUG: Final = r"(?a)[^a-z0-9-]+"
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LONGEST_RANDOM: Final = 10_000


def _append(s1: str, s2: str) -> str:
    room_for_text(len(s1) + len(s2), "String::append")
    return s1 + s2


def _join(strings: list[Value], separator: str) -> str:
    all_of_type(str, "Strings", strings, "String::join")
    return _join_proven(strings, separator)


def _join_proven(strings: list[str], separator: str) -> str:
    room_for_text(sum(map(len, strings)) + len(separator) * len(strings), "String::join")
    return separator.join(strings)


def _repeat(text: str, times: int) -> str:
    if times < 0:
        raise Failed(f"String::repeat cannot repeat a String {counted(times)} times")
    room_for_text(len(text) * times, "String::repeat")
    return text * times


def _replace_all(text: str, search: str, replacement: str) -> str:
    found = text.count(search)
    room_for_text(len(text) + found * (len(replacement) - len(search)), "String::replaceAll")
    return text.replace(search, replacement)


def _base64_decode(text: str) -> str:
    try:
        return a2b_base64(text.encode("ascii"), strict_mode=True).decode()
    except (Base64Error, ValueError):
        raise Failed("the String is no Base64 of UTF-8 text") from None


def _slugify(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(_NO_SLUG, "", re.sub(_BLANKS, "-", plain.strip())).strip("-")


def _random(world: World, length: int) -> str:
    if not 0 <= length <= _LONGEST_RANDOM:
        raise Failed(f"String::random makes 0 to {_LONGEST_RANDOM:,} characters, not {counted(length)}")
    return "".join([_LETTERS[below(world, len(_LETTERS))] for _ in range(length)])


def _value_or_fail(result: Case) -> Value:
    if result.name == "Error":
        raise Failed(result.values[0])
    return result.values[0]


_UUID: Final = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

FUNCTIONS = (
    LibraryFunction(
        "String::append_v0(s1: String, s2: String) -> String",
        _append,
        "`s1` followed by `s2`.",
        ('String::append_v0("ab", "cd") == "abcd"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::prepend_v0(s1: String, s2: String) -> String",
        lambda s1, s2: _append(s2, s1),
        "`s1` with `s2` before it.",
        ('String::prepend_v0("ab", "cd") == "cdab"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::join_v0(strings: List<String>, separator: String) -> String",
        _join,
        "All of them in one, the separator between each two.",
        ('String::join_v0(["a", "b"], ", ") == "a, b"',),
        proven=_join_proven,
        cost=costs.joined,
    ),
    LibraryFunction(
        "String::repeat_v0(text: String, times: Int) -> String",
        _repeat,
        "The text so many times. Fails for a negative number, and beyond 10,000,000 characters.",
        ('String::repeat_v0("ab", 3) == "ababab"',),
        cost=costs.repeated,
    ),
    LibraryFunction(
        "String::isEmpty_v0(s: String) -> Bool",
        lambda s: not s,
        "Whether it has no characters.",
        ('String::isEmpty_v0("")', 'String::isEmpty_v0(" ") == false'),
        cost=costs.at_once,
    ),
    LibraryFunction("String::newline_v0() -> String", lambda: "\n", "A line feed.", (r'String::newline_v0() == "\n"',)),
    LibraryFunction(
        "String::contains_v0(lookingIn: String, searchingFor: String) -> Bool",
        lambda text, search: search in text,
        "Whether one String is a part of the other.",
        ('String::contains_v0("hello", "ell")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::isSubstring_v0(searchingFor: String, lookingIn: String) -> Bool",
        lambda search, text: search in text,
        "Whether one String is a part of the other.",
        ('String::isSubstring_v0("ell", "hello")',),
        deprecated=Deprecation(
            "its arguments come in another order than those of its siblings",
            Standard("String::contains", 0),
            "String::contains_v0(?lookingIn, ?searchingFor)",
        ),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::startsWith_v0(subject: String, prefix: String) -> Bool",
        lambda subject, prefix: subject.startswith(prefix),
        "Whether the subject begins with the prefix.",
        ('String::startsWith_v0("hello", "he")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::endsWith_v0(subject: String, suffix: String) -> Bool",
        lambda subject, suffix: subject.endswith(suffix),
        "Whether the subject ends with the suffix.",
        ('String::endsWith_v0("hello", "lo")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::replaceAll_v0(text: String, searchFor: String, replaceWith: String) -> String",
        _replace_all,
        "Every occurrence replaced, from the left; an empty `searchFor` occurs between all characters.",
        ('String::replaceAll_v0("banana", "an", "-") == "b--a"',),
        cost=costs.replaced,
    ),
    LibraryFunction(
        "String::replaceFirst_v0(text: String, searchFor: String, replaceWith: String) -> String",
        lambda text, search, replacement: text.replace(search, replacement, 1),
        "The first occurrence replaced.",
        ('String::replaceFirst_v0("banana", "an", "-") == "b-ana"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::toLowercase_v0(text: String) -> String",
        lambda text: text.lower(),
        "The text in lower case.",
        ('String::toLowercase_v0("HeLLo") == "hello"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::toUppercase_v0(text: String) -> String",
        lambda text: text.upper(),
        "The text in upper case.",
        ('String::toUppercase_v0("straße") == "STRASSE"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::trim_v0(text: String) -> String",
        lambda text: text.strip(),
        "Without white space at both ends.",
        ('String::trim_v0("  a b ") == "a b"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::trimStart_v0(text: String) -> String",
        lambda text: text.lstrip(),
        "Without white space at its start.",
        ('String::trimStart_v0("  a ") == "a "',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::trimEnd_v0(text: String) -> String",
        lambda text: text.rstrip(),
        "Without white space at its end.",
        ('String::trimEnd_v0(" a  ") == " a"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::slugify_v0(text: String) -> String",
        _slugify,
        "Lower-case ASCII letters, digits and hyphens, as addresses of pages have them; accents are dropped.",
        ('String::slugify_v0("Crème Brûlée, twice!") == "creme-brulee-twice"',),
    ),
    LibraryFunction(
        "String::toBytes_v0(text: String) -> Bytes",
        lambda text: text.encode(),
        "The text in UTF-8.",
        ('Bytes::length_v0(String::toBytes_v0("é")) == 2',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "String::base64Encode_v0(text: String) -> String",
        lambda text: b2a_base64(text.encode(), newline=False).decode("ascii"),
        "The text in UTF-8 and then in Base64.",
        ('String::base64Encode_v0("hi") == "aGk="',),
    ),
    LibraryFunction(
        "String::base64Decode_v0(text: String) -> String",
        _base64_decode,
        "The text whose UTF-8 this is in Base64. Fails if it is none.",
        ('String::base64Decode_v0("aGk=") == "hi"',),
        deprecated=Deprecation(
            "it fails where an Error could be handled",
            Standard("Base64::decode", 0),
            "Result::unwrap_v0(Base64::decode_v0(?text))",
        ),
    ),
    LibraryFunction(
        "String::htmlEscape_v0(html: String) -> String",
        escape_html,
        "The text with what means something in HTML written as references.",
        ('String::htmlEscape_v0("a < b") == "a &lt; b"',),
        deprecated=Deprecation("it moved", Standard("Html::escape", 0), "Html::escape_v0(?html)"),
    ),
    LibraryFunction(
        "String::toInt_v0(text: String) -> Int",
        lambda text: _value_or_fail(parse_int(text)),
        "The Int that the text writes. Fails if it is none.",
        ('String::toInt_v0("42") == 42',),
        deprecated=Deprecation(
            "it fails where an Error could be handled",
            Standard("Int::parse", 0),
            "Result::unwrap_v0(Int::parse_v0(?text))",
        ),
    ),
    LibraryFunction(
        "String::toFloat_v0(text: String) -> Float",
        lambda text: _value_or_fail(parse_float(text)),
        "The Float that the text writes. Fails if it is none.",
        ('String::toFloat_v0("1.5") == 1.5',),
        deprecated=Deprecation(
            "it fails where an Error could be handled",
            Standard("Float::parse", 0),
            "Result::unwrap_v0(Float::parse_v0(?text))",
        ),
    ),
    LibraryFunction(
        "String::toUuid_v0(text: String) -> Uuid",
        lambda text: _value_or_fail(parse_uuid(text)),
        "The Uuid that the text writes. Fails if it is none.",
        (f'Ok(String::toUuid_v0("{_UUID}")) == Uuid::parse_v0("{_UUID}")',),
        deprecated=Deprecation(
            "it fails where an Error could be handled",
            Standard("Uuid::parse", 0),
            "Result::unwrap_v0(Uuid::parse_v0(?text))",
        ),
    ),
    LibraryFunction(
        "String::random_v0(length: Int) -> String",
        _random,
        "So many random letters and digits, as tokens need them.",
        ("String::length_v1(String::random_v0(12)) == 12",),
        effect=Effect.RANDOM,
    ),
)
