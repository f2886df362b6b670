"""Text in the forms that the web asks for: HTML, percent-encoding, header fields, identifiers.

Must not know declarations. Invariant: what is escaped here means in its form the text that went in, and nothing else.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.values.limits import TEXT_LENGTH
from dark_lang.values.model import Case, error, ok

_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_UNRESERVED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# What a whole address may hold as it is: `%` too, since it may be encoded already.
_IN_ADDRESS: Final = _UNRESERVED + ":/?#[]@!$&'()*+,;=%"
_COMPONENT_TABLE: Final = [chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in range(256)]
_ADDRESS_TABLE: Final = [chr(byte) if chr(byte) in _IN_ADDRESS else f"%{byte:02X}" for byte in range(256)]
_PERCENT: Final = rb"%([0-9a-fA-F]{2})"
_UUID: Final = r"(?a)[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"
_FIELD_NAME: Final = r"(?a)[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NOT_IN_FIELD: Final = r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]"


def escape_html(text: str) -> str:
    """Safe between tags and in quoted attributes."""
    return text.translate(_HTML)


def encode_component(text: str) -> str:
    """All but unreserved characters as percent signs and bytes of UTF-8. Raises Failed if that gets too long."""
    return _encode(text, _COMPONENT_TABLE)


def encode_address(text: str) -> str:
    """What may not stand in an address at all, encoded; the rest as it is."""
    return _encode(text, _ADDRESS_TABLE)


def _encode(text: str, table: list[str]) -> str:
    if len(text) > TEXT_LENGTH // 12:
        raise Failed(f"a String of {len(text):,} characters is too long to be percent-encoded")
    return "".join([table[byte] for byte in text.encode()])


def decode_component(text: str) -> Case:
    """A Result: an Error if the bytes are not UTF-8. A percent sign without two digits stands for itself."""
    # The replacement is ours, not a guest's function, so that C may call it.
    data = re.sub(_PERCENT, lambda found: bytes((int(found[1], 16),)), text.encode())
    try:
        return ok(data.decode())
    except UnicodeDecodeError:
        return error("the decoded bytes are no UTF-8")


def parse_uuid(text: str) -> Case:
    """A Result."""
    return ok(UUID(text)) if re.fullmatch(_UUID, text) else error("the text is no Uuid")


def check_header(name: str, value: str) -> None:
    """Raises Failed for what cannot be a header field, line breaks above all, which would forge others."""
    if not re.fullmatch(_FIELD_NAME, name):
        raise Failed(f"a header cannot be called {name[:40]!r}")
    found = re.search(_NOT_IN_FIELD, value)
    if found:
        raise Failed(f"the header {name} cannot have the character U+{ord(found[0]):04X} in its value")
