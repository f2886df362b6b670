"""Char: one character as a reader sees it, which may be several code points."""

from __future__ import annotations

from dark_lang.library import LibraryFunction
from dark_lang.values.graphemes import is_cluster
from dark_lang.values.model import NONE, Char, Value, some

_LAST_CODE = 0x10FFFF


def _lower(char: Char) -> Char:
    return _char_or(char.text.lower(), char)


def _upper(char: Char) -> Char:
    return _char_or(char.text.upper(), char)


def _char_or(text: str, otherwise: Char) -> Char:
    return Char(text) if is_cluster(text) else otherwise


def _from_code(code: int) -> Value:
    if 0 <= code <= _LAST_CODE and not 0xD800 <= code <= 0xDFFF:  # halves of surrogate pairs are no characters
        return some(Char(chr(code)))
    return NONE


FUNCTIONS = (
    LibraryFunction(
        "Char::toString_v0(c: Char) -> String",
        lambda c: c.text,
        "The Char as a String.",
        ('Char::toString_v0(c"a") == "a"',),
    ),
    LibraryFunction(
        "Char::fromString_v0(text: String) -> Option<Char>",
        lambda text: some(Char(text)) if is_cluster(text) else NONE,
        "The Char that the text is; None if it is empty or has more than one.",
        ('Char::fromString_v0("a") == Some(c"a")', 'Char::fromString_v0("ab") == None'),
    ),
    LibraryFunction(
        "Char::toCode_v0(c: Char) -> Int",
        lambda c: ord(c.text[0]),
        "The number of its first code point.",
        ('Char::toCode_v0(c"A") == 65',),
    ),
    LibraryFunction(
        "Char::fromCode_v0(code: Int) -> Option<Char>",
        _from_code,
        "The Char with this code point; None if there is none.",
        ('Char::fromCode_v0(65) == Some(c"A")', "Char::fromCode_v0(55296) == None"),
    ),
    LibraryFunction(
        "Char::toLowercase_v0(c: Char) -> Char",
        _lower,
        "In lower case, if that is one character too.",
        ('Char::toLowercase_v0(c"A") == c"a"',),
    ),
    LibraryFunction(
        "Char::toUppercase_v0(c: Char) -> Char",
        _upper,
        "In upper case, if that is one character too.",
        ('Char::toUppercase_v0(c"a") == c"A"', 'Char::toUppercase_v0(c"ß") == c"ß"'),
    ),
    LibraryFunction(
        "Char::isLowercase_v0(c: Char) -> Bool",
        lambda c: c.text.islower(),
        "Whether it is a letter in lower case.",
        ('Char::isLowercase_v0(c"a")', 'Char::isLowercase_v0(c"1") == false'),
    ),
    LibraryFunction(
        "Char::isUppercase_v0(c: Char) -> Bool",
        lambda c: c.text.isupper(),
        "Whether it is a letter in upper case.",
        ('Char::isUppercase_v0(c"A")',),
    ),
    LibraryFunction(
        "Char::isDigit_v0(c: Char) -> Bool",
        lambda c: c.text.isascii() and c.text.isdigit(),
        "Whether it is one of 0 to 9.",
        ('Char::isDigit_v0(c"7")', 'Char::isDigit_v0(c"x") == false'),
    ),
    LibraryFunction(
        "Char::isASCII_v0(c: Char) -> Bool",
        lambda c: c.text.isascii(),
        "Whether it is one of the 128 characters of ASCII.",
        ('Char::isASCII_v0(c"~")', 'Char::isASCII_v0(c"é") == false'),
    ),
    LibraryFunction(
        "Char::isASCIILetter_v0(c: Char) -> Bool",
        lambda c: c.text.isascii() and c.text.isalpha(),
        "Whether it is one of a to z and A to Z.",
        ('Char::isASCIILetter_v0(c"q")', 'Char::isASCIILetter_v0(c"é") == false'),
    ),
)
