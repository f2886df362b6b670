"""Takes the secrets out of a trace before it is written, and puts them back for who holds the canvas's key.

Wherever a secret stands in a trace, in what came in, in what was read, written or answered, a mark stands in its place
that shows a keyed hash of it; so equal secrets look equal, and nobody can try out which it is. The secrets themselves
go with the trace, sealed by AES-GCM. Must not know files or queues. Invariants: no byte of a secret that was found is
in what `seal` gives; `unseal` with the key gives the trace as it was. Without a key, hashes are of this process alone,
and nothing can be put back.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
from collections.abc import Callable
from typing import Any, Final

from dark_lang.errors import WireError
from dark_lang.records import dataclass
from dark_lang.wire import decode_plain, encode_plain
from runtime.keys import derive
from runtime.traces.secrets import SHORTEST, Secrets, spellings

NONCE: Final = 12
HASH_DIGITS: Final = 12
MARK: Final = re.compile(r"‹sealed:([0-9a-f]{12})›")

_NUMBER: Final = "sealed number"
_VALUES: Final = frozenset({12, 15})
"""Where in a trace values of the program stand: calls and result."""

_PARTS: Final = {"body": 4, "query": 2}
"""Where in the plain form of `Asked` a part is that may be secret as a whole."""


@dataclass(frozen=True, slots=True)
class Seal:
    """`sealed` is b"" where there was no key to seal with."""

    plain: list[Any]
    sealed: bytes


class Sealer:
    """For one canvas. `key`: the canvas's, None if there is none."""

    def __init__(self, key: bytes | None) -> None:
        self._sealing = None if key is None else derive(key, b"sealing traces")
        self._hashing = os.urandom(32) if key is None else derive(key, b"hashing credentials")

    @property
    def has_key(self) -> bool:
        return self._sealing is not None

    def seal(self, plain: list[Any], secrets: Secrets, trace: int) -> Seal:
        """`plain`: of a trace, as `trace_to_plain` has it."""
        held: dict[str, str | bytes] = {}
        asked = plain[9]
        if secrets.parts and asked is not None:
            parts = list(asked)
            for name in secrets.parts:
                whole = parts[_PARTS[name]]
                mark = self._mark(whole)
                held[mark] = whole
                parts[_PARTS[name]] = mark.encode()
            plain = [*plain[:9], parts, *plain[10:]]
        replace, replace_number = self._replacer(secrets, held)
        replaced = [_walk(part, replace_number if place in _VALUES else replace) for place, part in enumerate(plain)]
        sealed = b""
        if held and self._sealing is not None:
            sealed = _encrypt(self._sealing, encode_plain(held), trace)
        return Seal(replaced, sealed)

    def unseal(self, plain: list[Any], sealed: bytes, trace: int) -> list[Any] | None:
        """None without the key that it was sealed with."""
        held = self.open(sealed, trace)
        if held is None:
            return None
        restored: list[Any] = _walk(plain, _restorer(held))
        return restored

    def open(self, sealed: bytes, trace: int) -> dict[str, str | bytes] | None:
        """What stands behind each mark; None without the key that it was sealed with."""
        if self._sealing is None or not sealed:
            return None
        opened = _decrypt(self._sealing, sealed, trace)
        if opened is None:
            return None
        try:
            found: dict[str, str | bytes] = decode_plain(opened)
        except WireError:
            return None
        return found

    def _mark(self, secret: str | bytes) -> str:
        data = secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret
        return f"‹sealed:{hmac.digest(self._hashing, data, 'sha256').hex()[:HASH_DIGITS]}›"

    def _replacer(
        self, secrets: Secrets, held: dict[str, str | bytes]
    ) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """What to put in the place of a leaf; and the same where numbers are values of the program."""
        whole: dict[str, str] = {}
        texts: list[tuple[str, str]] = []
        data: list[tuple[bytes, bytes]] = []
        numbers: dict[int, str] = {}

        def hide(spelling: str | bytes) -> str:
            mark = self._mark(spelling)
            held[mark] = spelling
            return mark

        # The longest first: of two of which one is in the other, both are gone.
        for text in sorted(secrets.found, key=len, reverse=True):
            whole[text] = hide(text)
            if not secrets.found[text]:
                continue
            for spelling in spellings(text):
                mark = hide(spelling)
                texts.append((spelling, mark))
                data.append((spelling.encode("utf-8", "replace"), mark.encode()))
            if not text.isascii():
                with contextlib.suppress(UnicodeEncodeError):  # as headers have it
                    data.append((text.encode("latin-1"), hide(text.encode("latin-1")).encode()))
            if text.isdigit() and len(text) < 19:
                numbers[int(text)] = whole[text]

        def replace(value: Any) -> Any:
            kind = type(value)
            if kind is str:
                found = whole.get(value)
                if found is not None:
                    return found
                for text, mark in texts:
                    if text in value:
                        value = value.replace(text, mark)
            elif kind is bytes:
                found = whole.get(value.decode("latin-1"))
                if found is not None:
                    return found.encode()
                for piece, marked in data:
                    if piece in value:
                        value = value.replace(piece, marked)
            return value

        def replace_number(value: Any) -> Any:
            return [_NUMBER, numbers[value]] if type(value) is int and value in numbers else replace(value)

        return replace, replace_number


def _restorer(held: dict[str, str | bytes]) -> Callable[[Any], Any]:
    def text_of(found: re.Match[str]) -> str:
        secret = held.get(found.group())
        if secret is None:
            return found.group()
        return secret if isinstance(secret, str) else secret.decode("latin-1")

    def restore(value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return MARK.sub(text_of, value) if "‹sealed:" in value else value
        if kind is bytes and _BYTES_MARK in value:
            alone = held.get(value.decode("utf-8", "replace"))
            if isinstance(alone, bytes):
                return alone
            for mark, secret in held.items():
                value = value.replace(mark.encode(), secret if isinstance(secret, bytes) else secret.encode())
        elif _is_number(value):
            return int(str(held.get(value[1], "0")))
        return value

    return restore


def masked(text: str, held: dict[str, str | bytes]) -> str:
    """For a person: with marks in the place of what was sealed, wherever it came to by now."""
    for mark, secret in sorted(held.items(), key=lambda item: len(item[1]), reverse=True):
        if isinstance(secret, str) and len(secret) >= SHORTEST:
            text = text.replace(secret, mark)
    return text


def shown(plain: list[Any]) -> list[Any]:
    """What was sealed, for who has no key: with marks in the place of numbers, too."""
    found: list[Any] = _walk(plain, lambda value: value[1] if _is_number(value) else value)
    return found


def _is_number(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and value[0] == _NUMBER


_BYTES_MARK: Final = "‹sealed:".encode()


def _walk(plain: Any, change: Callable[[Any], Any]) -> Any:
    """The same data with each leaf changed. Traces are some six levels deep; rows are flat."""
    if type(plain) is list or isinstance(plain, tuple):
        changed = change(plain) if type(plain) is list else plain
        if type(changed) is not list and not isinstance(changed, tuple):
            return changed
        return [_walk(each, change) for each in changed]
    return change(plain)


def _encrypt(key: bytes, data: bytes, trace: int) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late: 25 ms, and most canvases have no secrets

    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, trace.to_bytes(8, "big"))


def _decrypt(key: bytes, sealed: bytes, trace: int) -> bytes | None:
    from cryptography.exceptions import InvalidTag  # late, as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], trace.to_bytes(8, "big"))
    except (InvalidTag, ValueError):
        return None
