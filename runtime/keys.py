"""The canvas's key: what seals its credentials and secrets, and signs what only its holders may ask for.

It is never inside the canvas, so that who gets a copy of the folder, or of its repository, has nothing to open it with:
it stands in DARK_KEY, or in a file of the user's own configuration. Must not know what is sealed or signed. Invariants:
a key is 32 bytes; each use has a key of its own, derived from it, so that none of them says anything about the others.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
from pathlib import Path
from typing import Final

from dark_lang.errors import CanvasError

KEY_BYTES: Final = 32
VARIABLE: Final = "DARK_KEY"


def canvas_key(canvas: bytes, *, create: bool = False) -> bytes | None:
    """The key of the canvas with that id, 16 bytes; None if there is none here. `create`: makes one then. Raises
    CanvasError: what is there is no key, or none can be written."""
    spelled = os.environ.get(VARIABLE)
    if spelled:
        return _read(spelled, VARIABLE)
    path = key_file(canvas)
    try:
        return _read(path.read_text(encoding="ascii"), str(path))
    except FileNotFoundError:
        return _create(path) if create else None
    except (OSError, UnicodeDecodeError) as error:
        raise CanvasError(f"the key of this canvas cannot be read: {path}: {error}") from error


def key_file(canvas: bytes) -> Path:
    """Where the key is kept. Raises CanvasError for a user without a home."""
    base = os.environ.get("XDG_CONFIG_HOME") or ""
    try:
        folder = Path(base) if base.startswith("/") else Path.home() / ".config"
    except RuntimeError as error:
        raise CanvasError(
            "this user has no home folder to keep the canvas's key in", suggestion=f"set {VARIABLE}"
        ) from error
    return folder / "dark" / "keys" / canvas.hex()


def derive(key: bytes, use: bytes) -> bytes:
    """The key for one use, 32 bytes."""
    return hmac.digest(key, b"dark key for " + use, "sha256")


def _read(spelled: str, place: str) -> bytes:
    word = spelled.strip()
    found = b""
    with contextlib.suppress(ValueError, binascii.Error):
        found = bytes.fromhex(word) if len(word) == 2 * KEY_BYTES else base64.b64decode(word, validate=True)
    if len(found) != KEY_BYTES:
        raise CanvasError(
            f"{place} holds no key: expected {KEY_BYTES} bytes as {2 * KEY_BYTES} hex digits or as Base64",
            suggestion="copy it from where it was made; a new key opens nothing that was sealed with another",
        )
    return found


def _create(path: Path) -> bytes:
    made = os.urandom(KEY_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written aside and linked, so that of two processes that make one at a time both use the same.
        aside = path.with_name(f".{path.name}-{os.getpid()}-{made[:4].hex()}")
        file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, made.hex().encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)
        try:
            with contextlib.suppress(FileExistsError):
                os.link(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        return _read(path.read_text(encoding="ascii"), str(path))
    except OSError as error:
        raise CanvasError(
            f"a key for this canvas cannot be written: {path}: {error.strerror or error}",
            suggestion=f"set {VARIABLE} to {2 * KEY_BYTES} hex digits",
        ) from error
