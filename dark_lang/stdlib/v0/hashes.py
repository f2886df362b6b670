"""Crypto: digests, and digests with a key. Of Strings as digits in base 16, of Bytes as Bytes."""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.library import LibraryFunction
from dark_lang.stdlib import costs


def _digest(algorithm: str) -> Callable[[bytes], bytes]:
    def body(data: bytes) -> bytes:
        import hashlib  # here: loading OpenSSL is a good part of what importing the library may take

        return hashlib.new(algorithm, data, usedforsecurity=False).digest()

    return body


def _hex_digest(algorithm: str) -> Callable[[str], str]:
    digest = _digest(algorithm)
    return lambda text: digest(text.encode()).hex()


def _keyed(algorithm: str) -> Callable[[bytes, bytes], bytes]:
    def body(key: bytes, data: bytes) -> bytes:
        import hmac  # here, as above

        return hmac.digest(key, data, algorithm)

    return body


def _same(a: bytes, b: bytes) -> bool:
    import hmac  # here, as above

    return hmac.compare_digest(a, b)


_ABC = 'String::toBytes_v0("abc")'
_KEY = 'String::toBytes_v0("key")'

FUNCTIONS = (
    LibraryFunction(
        "Crypto::sha256_v0(text: String) -> String",
        _hex_digest("sha256"),
        "The SHA-256 of the text's UTF-8, as 64 digits in base 16.",
        ('String::startsWith_v0(Crypto::sha256_v0("abc"), "ba7816bf8f01cfea")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Crypto::sha384_v0(text: String) -> String",
        _hex_digest("sha384"),
        "The SHA-384 of the text's UTF-8, as 96 digits in base 16.",
        ('String::startsWith_v0(Crypto::sha384_v0("abc"), "cb00753f45a35e8b")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Crypto::sha512_v0(text: String) -> String",
        _hex_digest("sha512"),
        "The SHA-512 of the text's UTF-8, as 128 digits in base 16.",
        ('String::startsWith_v0(Crypto::sha512_v0("abc"), "ddaf35a193617aba")',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Crypto::md5_v0(text: String) -> String",
        _hex_digest("md5"),
        "The MD5 of the text's UTF-8, as 32 digits in base 16. It protects nothing: for old formats only.",
        ('Crypto::md5_v0("abc") == "900150983cd24fb0d6963f7d28e17f72"',),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Crypto::sha256Bytes_v0(data: Bytes) -> Bytes",
        _digest("sha256"),
        "The SHA-256, 32 bytes.",
        (f'Bytes::hexEncode_v0(Crypto::sha256Bytes_v0({_ABC})) == Crypto::sha256_v0("abc")',),
    ),
    LibraryFunction(
        "Crypto::sha384Bytes_v0(data: Bytes) -> Bytes",
        _digest("sha384"),
        "The SHA-384, 48 bytes.",
        (f"Bytes::length_v0(Crypto::sha384Bytes_v0({_ABC})) == 48",),
    ),
    LibraryFunction(
        "Crypto::sha256hmac_v0(key: Bytes, data: Bytes) -> Bytes",
        _keyed("sha256"),
        "The HMAC with SHA-256: whoever lacks the key cannot make it.",
        (f"Bytes::length_v0(Crypto::sha256hmac_v0({_KEY}, {_ABC})) == 32",),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Crypto::sha1hmac_v0(key: Bytes, data: Bytes) -> Bytes",
        _keyed("sha1"),
        "The HMAC with SHA-1, as older services sign with it.",
        (f"Bytes::length_v0(Crypto::sha1hmac_v0({_KEY}, {_ABC})) == 20",),
        cost=costs.copied,
    ),
    LibraryFunction(
        "Crypto::isSame_v0(a: Bytes, b: Bytes) -> Bool",
        _same,
        "Whether they are equal, in a time that does not tell where they differ.",
        (f"Crypto::isSame_v0({_ABC}, {_ABC})", f"Crypto::isSame_v0({_ABC}, {_KEY}) == false"),
    ),
)
