"""Finds what in a request nobody is to read later: credentials, and the fields that canvas.toml names.

Must not know keys or files. Invariant: of a body that holds a named field and cannot be taken apart, all is a secret;
so what is not found is never what was to be hidden.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote_plus, unquote_to_bytes

from runtime.serving.forms import form
from runtime.serving.problems import BadRequest
from runtime.traces.records import Asked

CREDENTIAL_HEADERS: Final = frozenset({b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"})

SHORTEST: Final = 4
"""Characters of a secret that is looked for inside other text, too. Shorter ones are only where they were sent."""

SHORTEST_COOKIE: Final = 8
"""The same for cookies, many of which say `1`, or `dark`."""


def spellings(text: str) -> list[str]:
    """As it stands in JSON, in a query and in a form: which comes first does not matter, for each has its own mark."""
    spelled = [
        text,
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(text)[1:-1],
        quote(text, safe=""),
        quote_plus(text, safe=""),
        quote(text, safe="!~*'()@:$,;/"),
    ]
    spelled += [re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), one) for one in spelled[3:]]
    return list(dict.fromkeys(spelled))


class Secrets:
    """What was found in one request. `parts`: of `Asked`, that are secret as wholes."""

    def __init__(self) -> None:
        self.found: dict[str, bool] = {}  # text -> whether it is looked for inside other text
        self.parts: set[str] = set()

    def add(self, text: str, *, inside: bool) -> None:
        if text:
            self.found[text] = self.found.get(text, False) or inside

    def __bool__(self) -> bool:
        return bool(self.found or self.parts)


def secrets_of(
    asked: Asked,
    answer_headers: Iterable[tuple[bytes, bytes]],
    variables: Iterable[tuple[str, str]],
    names: frozenset[str],
) -> Secrets:
    """`names`: of the fields, headers and variables of routes that are secret, in lower case; `variables`: of the
    route, with what they stood for."""
    secrets = Secrets()
    for name, text in variables:
        if name.lower() in names:
            secrets.add(text, inside=True)
    for header, value in asked.headers:
        lowered = header.lower()
        if lowered in CREDENTIAL_HEADERS or lowered.decode("latin-1") in names:
            _from_header(secrets, lowered, value.decode("latin-1"))
    for header, value in answer_headers:
        if header.lower() == b"set-cookie":
            _from_header(secrets, b"set-cookie", value.decode("latin-1"))
    if names:
        if asked.query:
            _from_query(secrets, asked.query, names)
        if asked.body and _mentions(asked.body, names):
            _from_body(secrets, asked, names)
    return secrets


def _from_header(secrets: Secrets, name: bytes, value: str) -> None:
    if name in (b"cookie", b"set-cookie"):
        pieces = value.split(";")
        for piece in pieces if name == b"cookie" else pieces[:1]:
            _, equals, said = piece.strip().partition("=")
            text = said.strip('"') if equals else piece.strip()
            secrets.add(text, inside=len(text) >= SHORTEST_COOKIE)
        return
    scheme, space, credential = value.strip().partition(" ")
    if not space:
        secrets.add(value.strip(), inside=len(value) >= SHORTEST)
        return
    credential = credential.strip()
    secrets.add(credential, inside=len(credential) >= SHORTEST)
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error, ValueError):
            password = base64.b64decode(credential).decode("utf-8").partition(":")[2]
            secrets.add(password, inside=len(password) >= SHORTEST)


def _from_query(secrets: Secrets, query: bytes, names: frozenset[str]) -> None:
    texts = list(_in_query(query, names))
    for text in texts:
        _add_field(secrets, text, "query")
    if not set(texts).isdisjoint(_in_query(_without(query, texts), names)):
        secrets.parts.add("query")


def _in_query(query: bytes, names: frozenset[str]) -> Iterator[str]:
    for piece in query.split(b"&"):
        name, _, value = piece.partition(b"=")
        if unquote_plus(name.decode("latin-1")).lower() in names and value:
            yield unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8", "replace")


def _without(data: bytes, texts: Iterable[str]) -> bytes:
    """What is left when the secrets are taken out as sealing does it: one that still stands there is spelled in a way
    that nobody would look for, and then the whole is a secret."""
    for text in texts:
        for spelling in spellings(text):
            data = data.replace(spelling.encode("utf-8", "replace"), b"-")
    return data


def _mentions(body: bytes, names: frozenset[str]) -> bool:
    """Whether a name may stand in it, however it is written."""
    lowered = body.lower()
    if b"\\u" in lowered or b"%" in lowered:
        return True
    return any(name.encode() in lowered for name in names)


def _from_body(secrets: Secrets, asked: Asked, names: frozenset[str]) -> None:
    """However it says that it is written: a program may read it as something else."""
    understood = False
    for read in (_as_json, _as_form):
        found = read(asked)
        if found is not None:
            understood = True
            texts = list(_named(found, names))
            for text in texts:
                _add_field(secrets, text, "body")
            left = read(asked._replace(body=_without(asked.body, texts))) if texts else None
            if left is not None and not set(texts).isdisjoint(_named(left, names)):
                secrets.parts.add("body")
    if not understood and any(name.encode() in asked.body.lower() for name in names):
        secrets.parts.add("body")
        # The answer may say again what could not be taken apart: what looks like a value is hidden there, too.
        text = asked.body.decode("utf-8", "replace")
        for name in names:
            for said in re.findall(rf"(?i){re.escape(name)}[\"']?\s*[:=]\s*[\"']?([^\"'&\r\n]+)", text):
                secrets.add(said, inside=len(said) >= SHORTEST)


def _as_json(asked: Asked) -> Any:
    try:
        # A name that is given twice has its last value for whoever reads it, and both are in the bytes.
        return json.loads(asked.body, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None


def _as_form(asked: Asked) -> Any:
    """None for what says itself that it is JSON, and for a form whose names are not those of a form."""
    kind = asked.incoming.header(b"content-type") or b""
    if asked.size > len(asked.body):
        return None
    try:
        found = form(kind, asked.body).raw
    except BadRequest:
        return None
    return None if any(_ODD(name) for name in found) else found


_ODD: Final = re.compile(r"[\s{}\[\]\"]").search


def _add_field(secrets: Secrets, text: str, part: str) -> None:
    if len(text) >= SHORTEST:
        secrets.add(text, inside=True)
    elif text:
        # Too short to be looked for: it would be found everywhere. What it stands in is hidden as a whole.
        secrets.add(text, inside=False)
        secrets.parts.add(part)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object."""


def _named(found: Any, names: frozenset[str]) -> Iterator[str]:
    """The texts and numbers below fields with one of those names."""
    stack: list[tuple[Any, bool]] = [(found, False)]
    while stack:
        value, secret = stack.pop()
        if isinstance(value, dict | _Pairs):
            pairs = value.items() if isinstance(value, dict) else value
            stack += [(inner, secret or str(name).lower() in names) for name, inner in pairs]
        elif isinstance(value, list):
            stack += [(inner, secret) for inner in value]
        elif secret and value is not None and not isinstance(value, bool):
            yield value if isinstance(value, str) else json.dumps(value)
