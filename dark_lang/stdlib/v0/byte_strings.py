"""Bytes and Base64."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Final

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib import costs
from dark_lang.stdlib.expecting import all_of_type
from dark_lang.values.limits import BYTES_LENGTH
from dark_lang.values.model import NONE, Value, error, ok, some

_HEX: Final = r"(?a)(?:[0-9a-fA-F]{2})*"
_TO_URL: Final = str.maketrans("+/", "-_", "=")
_FROM_URL: Final = str.maketrans("-_", "+/")


def _decode(text: str) -> Value:
    """Both alphabets are read, and padding may be missing, as tokens on the web have it."""
    plain = text.translate(_FROM_URL).rstrip("=")
    try:
        return ok(a2b_base64((plain + "=" * (-len(plain) % 4)).encode("ascii"), strict_mode=True))
    except (Base64Error, ValueError):
        return error("the text is no Base64")


def _text(data: bytes) -> Value:
    try:
        return ok(data.decode())
    except UnicodeDecodeError as problem:
        return error(f"byte {problem.start} is no UTF-8")


def _decode_text(text: str) -> Value:
    decoded = _decode(text)
    return _text(decoded.values[0]) if decoded.name == "Ok" else decoded


def _from_list(numbers: list[Value]) -> bytes:
    all_of_type(int, "Ints", numbers, "Bytes::fromList")
    try:
        return bytes(numbers)
    except ValueError:
        raise Failed("Bytes::fromList takes Ints from 0 to 255") from None


def _append(a: bytes, b: bytes) -> bytes:
    if len(a) + len(b) > BYTES_LENGTH:
        raise Failed(f"Bytes::append would make more than {BYTES_LENGTH:,} bytes")
    return a + b


FUNCTIONS = (
    LibraryFunction(
        "Bytes::empty_v0() -> Bytes", lambda: b"", "No bytes.", ("Bytes::length_v0(Bytes::empty_v0()) == 0",)
    ),
    LibraryFunction(
        "Bytes::length_v0(bytes: Bytes) -> Int",
        lambda data: len(data),
        "How many there are.",
        ('Bytes::length_v0(String::toBytes_v0("abc")) == 3',),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "Bytes::append_v0(a: Bytes, b: Bytes) -> Bytes",
        _append,
        "`a` followed by `b`.",
        ('Bytes::append_v0(String::toBytes_v0("a"), String::toBytes_v0("b")) == String::toBytes_v0("ab")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Bytes::slice_v0(bytes: Bytes, from: Int, to: Int) -> Bytes",
        lambda data, start, end: data[start:end],
        "The bytes from place `from` (the first is 0) up to before `to`. Negative places count from the end.",
        ('Bytes::slice_v0(String::toBytes_v0("abcd"), 1, 3) == String::toBytes_v0("bc")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Bytes::getAt_v0(bytes: Bytes, index: Int) -> Option<Int>",
        lambda data, index: some(data[index]) if 0 <= index < len(data) else NONE,
        "The byte at a place (the first is 0), as an Int from 0 to 255.",
        ('Bytes::getAt_v0(String::toBytes_v0("a"), 0) == Some(97)', "Bytes::getAt_v0(Bytes::empty_v0(), 0) == None"),
        cost=costs.at_once,
    ),
    LibraryFunction(
        "Bytes::toList_v0(bytes: Bytes) -> List<Int>",
        lambda data: list(data),
        "Each byte as an Int.",
        ('Bytes::toList_v0(String::toBytes_v0("ab")) == [97, 98]',),
    ),
    LibraryFunction(
        "Bytes::fromList_v0(numbers: List<Int>) -> Bytes",
        _from_list,
        "The bytes with these numbers. Fails unless all are from 0 to 255.",
        ('Bytes::fromList_v0([97, 98]) == String::toBytes_v0("ab")',),
    ),
    LibraryFunction(
        "Bytes::toString_v0(bytes: Bytes) -> Result<String, String>",
        _text,
        "The text of which they are the UTF-8.",
        (
            'Bytes::toString_v0(String::toBytes_v0("é")) == Ok("é")',
            "Result::isError_v0(Bytes::toString_v0(Bytes::fromList_v0([255])))",
        ),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Bytes::hexEncode_v0(bytes: Bytes) -> String",
        lambda data: data.hex(),
        "Two digits in base 16 for each byte, in lower case.",
        ('Bytes::hexEncode_v0(String::toBytes_v0("Az")) == "417a"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Bytes::hexDecode_v0(text: String) -> Result<Bytes, String>",
        lambda text: (
            ok(bytes.fromhex(text)) if re.fullmatch(_HEX, text) else error("the text is no pairs of digits in base 16")
        ),
        "The bytes that the digits in base 16 mean.",
        ('Bytes::hexDecode_v0("417a") == Ok(String::toBytes_v0("Az"))', 'Result::isError_v0(Bytes::hexDecode_v0("4"))'),
    ),
    LibraryFunction(
        "Bytes::base64Encode_v0(bytes: Bytes) -> String",
        lambda data: b2a_base64(data, newline=False).decode("ascii"),
        "In Base64, padded.",
        ('Bytes::base64Encode_v0(String::toBytes_v0("hi")) == "aGk="',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Bytes::base64Decode_v0(text: String) -> Result<Bytes, String>",
        _decode,
        "The bytes that the Base64 means, in either alphabet, padded or not.",
        (
            'Bytes::base64Decode_v0("aGk=") == Ok(String::toBytes_v0("hi"))',
            'Result::isError_v0(Bytes::base64Decode_v0("?"))',
        ),
    ),
    LibraryFunction(
        "Base64::encode_v0(text: String) -> String",
        lambda text: b2a_base64(text.encode(), newline=False).decode("ascii"),
        "The UTF-8 of the text in Base64, padded.",
        ('Base64::encode_v0("hi") == "aGk="',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Base64::urlEncode_v0(text: String) -> String",
        lambda text: b2a_base64(text.encode(), newline=False).decode("ascii").translate(_TO_URL),
        "The UTF-8 of the text in Base64 for addresses and file names, without padding.",
        ('Base64::urlEncode_v0("hi?>") == "aGk_Pg"',),
    ),
    LibraryFunction(
        "Base64::decode_v0(text: String) -> Result<String, String>",
        _decode_text,
        "The text whose UTF-8 the Base64 means, in either alphabet, padded or not.",
        ('Base64::decode_v0("aGk=") == Ok("hi")', 'Base64::decode_v0("aGk_Pg") == Ok("hi?>")'),
    ),
)
