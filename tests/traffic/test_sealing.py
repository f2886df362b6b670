"""Sealing takes every byte of a secret out of a trace, and puts it back for who has the key."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from hypothesis import example, given
from hypothesis import strategies as st

from dark_lang.names import NodeId
from dark_lang.wire import encode_plain
from runtime.serving.messages import Incoming, Outgoing
from runtime.traces.identities import TraceId
from runtime.traces.records import (
    Asked,
    Call,
    Kind,
    Origin,
    Trace,
    answered_of,
    asked_of,
    trace_from_plain,
    trace_to_plain,
)
from runtime.traces.sealing import Sealer, masked
from runtime.traces.secrets import SHORTEST, secrets_of

NAMES = frozenset({"password", "pin"})
KEY = bytes(range(32))
AROUND = b"POST:/x application/json www-form-urlencoded text/plain name ada user sealed password authorization Bearer"
"""What stands in each of these traces, secret or not."""

texts = st.text(st.characters(codec="utf-8", exclude_characters="‹›"), min_size=SHORTEST, max_size=20)


def trace_of(asked: Asked, answer: bytes, rows: tuple[Call, ...]) -> Trace:
    return Trace(
        TraceId(7 << 11),
        Origin.REQUEST,
        NodeId(1),
        "POST:/x",
        b"",
        False,
        5,
        1,
        (),
        asked,
        answered_of(Outgoing(200, (), answer)),
        None,
        rows,
        (),
        None,
        None,
        "",
    )


def as_json(secret: str) -> tuple[bytes, bytes]:
    return json.dumps({"name": "ada", "in": [{"password": secret}]}).encode(), b"application/json"


def as_raw_json(secret: str) -> tuple[bytes, bytes]:
    return json.dumps({"Password": secret}, ensure_ascii=False).encode("utf-8", "replace"), b"text/plain"


def as_form(secret: str) -> tuple[bytes, bytes]:
    return f"user=ada&password={quote_plus(secret)}".encode(), b"application/x-www-form-urlencoded"


def as_strange_form(secret: str) -> tuple[bytes, bytes]:
    spelled = "".join(f"%{byte:02x}" for byte in secret.encode())
    return f"password={spelled}".encode(), b"application/x-www-form-urlencoded"


def as_broken(secret: str) -> tuple[bytes, bytes]:
    return b'{"password": "' + secret.encode(), b"application/json"


@given(texts, st.sampled_from([as_json, as_raw_json, as_form, as_strange_form, as_broken]), texts)
@example("a-b-c-d", as_strange_form, "other")
@example("1234", as_json, "other")
def test_no_byte_of_a_secret_is_left(secret: str, spell: Any, other: str) -> None:
    body, kind = spell(secret)
    headers = [(b"authorization", b"Bearer " + b"token-of-ada"), (b"content-type", kind)]
    asked = asked_of(Incoming("POST", b"/x", b"pin=" + quote_plus(other).encode(), headers, body, "", 0))
    # What cannot be taken apart is hidden as a whole; what a program makes of it nobody can know.
    answer = f"you said {secret} and {other}".encode() if spell is not as_broken else b""
    rows = (Call(Kind.SET, NodeId(2), "k", [[2, "password"], secret]),) if spell is not as_broken else ()
    trace = trace_of(asked, answer, rows)
    plain = trace_to_plain(trace)
    found = secrets_of(asked, (), (), NAMES)
    assert found
    seal = Sealer(KEY).seal(plain, found, trace.id)
    written = encode_plain(seal.plain) + seal.sealed
    for text in (secret, other, "token-of-ada"):
        if text.encode() not in AROUND:
            assert text.encode() not in written.replace(b"sealed:", b""), text
    opened = Sealer(KEY).unseal(seal.plain, seal.sealed, trace.id)
    assert opened is not None and trace_from_plain(opened) == trace
    assert Sealer(bytes(32)).unseal(seal.plain, seal.sealed, trace.id) is None
    assert Sealer(None).unseal(seal.plain, seal.sealed, trace.id) is None


def test_equal_secrets_look_equal_and_others_do_not() -> None:
    def shown(secret: str, key: bytes) -> bytes:
        body, kind = as_json(secret)
        asked = asked_of(Incoming("POST", b"/x", b"", [(b"content-type", kind)], body, "", 0))
        plain = trace_to_plain(trace_of(asked, b"", ()))
        sealed: bytes = Sealer(key).seal(plain, secrets_of(asked, (), (), NAMES), 7).plain[9][4]
        return sealed

    assert shown("correct horse", KEY) == shown("correct horse", KEY)
    assert shown("correct horse", KEY) != shown("correct house", KEY)
    assert shown("correct horse", KEY) != shown("correct horse", bytes(32))


def test_values_that_a_secret_came_into_are_masked() -> None:
    assert masked('Some("correct horse")', {"‹sealed:0a›": "correct horse"}) == 'Some("‹sealed:0a›")'
