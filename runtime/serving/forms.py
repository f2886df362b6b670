"""Forms as browsers send them: names and texts in one line, or parts with files among them.

Must not know routes, handlers or what a program makes of a form. Invariant: a body that is no whole form of the kind
that it says it is, or larger in number than the caps, is the caller's mistake (BadRequest), whatever its bytes.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from dark_lang.values.model import Json
from runtime.serving.problems import BadRequest

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_PAIRS = 10_000  # of a query or a form
MOST_PARTS = 1_000


def form(content_type: bytes, body: bytes) -> Json:
    """An object: a name that comes once has its text, one that comes again a list. A file is an object of `filename`,
    `type` and `content`, Base64 text as Bytes are in JSON. Raises BadRequest."""
    kind = content_type.partition(b";")[0].strip().lower()
    found: dict[str, object] = {}
    if kind == b"application/x-www-form-urlencoded":
        for name, text in pairs(body, "the form"):
            _put(found, name, text)
    elif kind == b"multipart/form-data":
        for headers, content in _parts(content_type, body):
            _put(found, *_field(headers, content))
    else:
        raise BadRequest("this handler reads application/x-www-form-urlencoded or multipart/form-data", 415)
    return Json(found)


def _put(found: dict[str, object], name: str, value: object) -> None:
    before = found.get(name)
    if before is None:
        found[name] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        found[name] = [before, value]


# Names and texts in one line


def pairs(encoded: bytes, what: str) -> list[tuple[str, str]]:
    """Raises BadRequest, which speaks of `what`."""
    pieces = encoded.split(b"&", MOST_PAIRS)
    if len(pieces) > MOST_PAIRS:
        raise BadRequest(f"{what} has more than {MOST_PAIRS} parts")
    found = []
    for piece in pieces:
        if piece:
            name, _, value = piece.partition(b"=")
            found.append((_unquote(name, what), _unquote(value, what)))
    return found


def _unquote(piece: bytes, what: str) -> str:
    return text(unquote_to_bytes(piece.replace(b"+", b" ")), what)


def text(data: bytes, what: str) -> str:
    """Raises BadRequest, which speaks of `what`."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(f"{what} is not UTF-8") from None


# Parts

Headers = dict[bytes, bytes]


def _parts(content_type: bytes, body: bytes) -> list[tuple[Headers, bytes]]:
    # Late: few canvases are sent files, and no command line needs it.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    reader = _Reader()
    try:
        if not 1 <= len(boundary) <= 70:  # RFC 2046
            raise FormParserError("it names no boundary")
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(body)
    except FormParserError as error:
        raise BadRequest(f"the body is not multipart/form-data: {error}") from None
    if not reader.ended:
        raise BadRequest("the body is not multipart/form-data: its end is missing")
    return reader.parts


class _Reader:
    """What the parser calls with each piece that it finds."""

    def __init__(self) -> None:
        self.parts: list[tuple[Headers, bytes]] = []
        self.ended = False
        self._headers: Headers = {}
        self._name = self._value = b""
        self._content = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._take_name,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_part_data": self._take_content,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= MOST_PARTS:
            raise BadRequest(f"the form has more than {MOST_PARTS} parts")
        self._headers = {}
        self._content = bytearray()

    def _take_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers.setdefault(self._name.lower(), self._value)
        self._name = self._value = b""

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        self._content += memoryview(data)[start:end]

    def _end_part(self) -> None:
        self.parts.append((self._headers, bytes(self._content)))

    def _end(self) -> None:
        self.ended = True


def _field(headers: Headers, content: bytes) -> tuple[str, object]:
    from python_multipart.multipart import parse_options_header  # late, as above

    kind, options = parse_options_header(headers.get(b"content-disposition", b""))
    name = options.get(b"name")
    if kind != b"form-data" or name is None:
        raise BadRequest("a part of the form has no name")
    label = text(name, "a name in the form")
    filename = options.get(b"filename")
    if filename is None:
        return label, text(content, f"the field {label} of the form")
    media = headers.get(b"content-type", b"application/octet-stream")
    return label, {
        "filename": text(filename, "the name of a file"),
        "type": text(media, "the type of a file"),
        "content": b64encode(content).decode("ascii"),
    }
