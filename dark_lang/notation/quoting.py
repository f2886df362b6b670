"""How text is written between quotes and in comments, and read back.

Must not know tokens or trees. Invariant: for any text, reading what was written gives the text; what is written holds
neither control characters nor those that turn the direction of a line, so that a display cannot be made to lie.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}
_SHORT: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

# Controls, line and paragraph separators, and the bidirectional embeddings, overrides, isolates and marks; surrogates,
# which no terminal could be given.
_HIDDEN: Final = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_TO_ESCAPE: Final = re.compile(rf'["\\{_HIDDEN}]|\$(?=\{{)')
_ESCAPED: Final = re.compile(r'\\(?:u\{([0-9A-Fa-f]{1,6})\}|([ntr"\\$]))')
_HIDDEN_IN_NOTE: Final = re.compile(rf"[{_HIDDEN}]|\\(?=u\{{)")
_ESCAPED_IN_NOTE: Final = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}")

_SURROGATES: Final = range(0xD800, 0xE000)


def quote(text: str) -> str:
    return f'"{escape(text)}"'


def escape(text: str) -> str:
    """What stands between the quotes."""
    return _TO_ESCAPE.sub(_escaped, text)


def unescape(text: str) -> str:
    """The text that stands between quotes means. A backslash that starts no escape stands for itself."""
    return _ESCAPED.sub(_meant, text) if "\\" in text else text


def escape_note(text: str) -> str:
    """A comment knows `\\u{…}` alone, so that other backslashes can be written as they are."""
    return _HIDDEN_IN_NOTE.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)


def unescape_note(text: str) -> str:
    return _ESCAPED_IN_NOTE.sub(lambda found: _point(found[1], found[0]), text) if "\\" in text else text


def _escaped(found: re.Match[str]) -> str:
    letter = found[0]
    return _SHORT.get(letter) or ("\\$" if letter == "$" else f"\\u{{{ord(letter):x}}}")


def _meant(found: re.Match[str]) -> str:
    return _ESCAPES[found[2]] if found[2] else _point(found[1], found[0])


def _point(digits: str, written: str) -> str:
    point = int(digits, 16)
    return written if point > 0x10FFFF or point in _SURROGATES else chr(point)
