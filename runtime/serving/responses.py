"""What a handler's value says to the caller.

    Response          its status, headers and body
    String, Char      text, without quotes          Bytes    as they are
    Left              `!` left the handler itself: None is 404, Error is 422 with what it holds
    anything else     JSON, with status 200

Must not know the request. Invariant: what a handler gives can never break the framing of the answer: lengths are
ours, and no header spans lines. Raises Stopped for a value with a hole in it and Failed for one that has no JSON.
"""

from __future__ import annotations

import re

from dark_lang.compiling.compiled import Left
from dark_lang.errors import Failed, Stopped
from dark_lang.values.jsonifying import to_json
from dark_lang.values.model import Case, Char, HoleValue, Response, Value
from runtime.blaming import limit_reached
from runtime.serving.messages import BYTES, JSON, PROBLEM, TEXT, Headers, Outgoing
from runtime.serving.problems import problem

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\uffff\U00010000-\U0010ffff]*\Z")
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "date"})
BODILESS = frozenset({204, 205, 304})


def outgoing(value: Value, most: int = 0) -> Outgoing:
    """`most`: bytes that the body may have, 0: any number. Raises LimitReached beyond."""
    kind = type(value)
    if kind is str:
        made = Outgoing(200, TEXT, _encode(value))
    elif kind is Response:
        made = _from_response(value)
    elif kind is Left:
        made = _from_left(value.value)
    else:
        body, headers = _body(value)
        made = Outgoing(200, headers, body)
    if most and len(made.body) > most:
        raise limit_reached("output", most)
    return made


def _body(value: Value) -> tuple[bytes, Headers]:
    kind = type(value)
    if kind is str:
        return _encode(value), TEXT
    if kind is bytes:
        return value, BYTES
    if kind is Char:
        return _encode(value.text), TEXT
    if kind is HoleValue:
        raise Stopped("the answer is a hole", node=value.node)
    return _encode(to_json(value)), JSON


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Failed("the answer has half of a surrogate pair in it, which no text can have") from None


def _from_response(response: Response) -> Outgoing:
    status = response.status
    if type(status) is not int or not 200 <= status <= 599:
        raise Failed(f"{status} is no status of an answer; one is 200 to 599")
    body, implied = _body(response.body)
    if not response.headers:
        headers = implied
    else:
        headers = tuple(_header(name, value) for name, value in response.headers if name.lower() not in _OURS)
        if not any(name == b"content-type" for name, _ in headers):
            headers += implied
    if status in BODILESS:
        return Outgoing(status, tuple(pair for pair in headers if pair[0] != b"content-type"), b"")
    return Outgoing(status, headers, body)


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    if type(name) is not str or type(value) is not str:
        raise Failed("the name and the value of a header are Strings")
    if not _NAME.match(name):
        raise Failed(f"{name[:60]!r} is no name of a header")
    if not _VALUE.match(value):
        raise Failed(f"the value of the header {name} has a line break or a control character in it")
    return name.lower().encode("ascii"), value.strip().encode("utf-8", "replace")


def _from_left(value: Value) -> Outgoing:
    if type(value) is Case and value.name == "Error":
        held = value.values[0] if value.values else None
        if type(held) is str:
            return problem(422, held)
        if type(held) is HoleValue:
            raise Stopped("the error is a hole", node=held.node)
        inner = to_json(held)
        text = f'{{"type":"about:blank","title":"Unprocessable Content","status":422,"error":{inner}}}\n'
        return Outgoing(422, PROBLEM, _encode(text))
    return problem(404, "there is nothing here")
