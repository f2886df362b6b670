"""Writes a recorded request down as a test: what was there, what was asked, what was answered.

Must not know how a test is inserted. Invariants: the test gives the same answer as long as the code does, since the
clock, chance and every row that was read are in it; what cannot be written down is said, not left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from dark_lang.errors import RefusedError
from dark_lang.names import Defined, NodeId
from dark_lang.naming import Realm
from dark_lang.notation.quoting import quote
from dark_lang.values.model import Case, Char, GuestDict, Json, Value
from dark_lang.values.rows import decode_row
from runtime.holding import EPOCH
from runtime.traces.identities import time_of
from runtime.traces.records import Answered, Asked, Kind, Trace

if TYPE_CHECKING:
    from dark_lang.naming import Naming

_LEFT_OUT: Final = frozenset({b"host", b"content-length", b"connection", b"user-agent", b"accept", b"accept-encoding"})
"""Headers that belong to the connection; a test that needs one can have it."""


def test_of(trace: Trace, naming: Naming) -> str:
    """The body of the test, in notation. RefusedError if the trace cannot be a test."""
    asked = trace.asked
    if asked is None or trace.answered is None:
        raise RefusedError("only a request can become a test")
    if trace.partial:
        raise RefusedError(f"not all of this request was kept: {trace.partial}")
    lines = [*_outside(trace, naming), f"let answer = {_request(asked)}"]
    failed = trace.answered.status >= 500
    if failed:
        # What it should have been nobody knows yet; that it should not have been this is known.
        lines.append("Test::isTrue(answer.status < 500)")
    else:
        lines += expected(trace.answered)
    return "\n".join(lines)


def _outside(trace: Trace, naming: Naming) -> list[str]:
    moments: list[str] = []
    chance = b""
    rows: dict[tuple[NodeId, str], Value] = {}
    written: set[tuple[NodeId, str]] = set()
    for kind, store, key, value in trace.calls:
        if kind is Kind.NOW:
            moments.append(_moment(EPOCH + timedelta(microseconds=value)))
        elif kind is Kind.RANDOM:
            chance += value
        elif kind.is_effect:
            written.add((store, key))
        elif kind is Kind.GET and (store, key) not in written and value is not None:
            rows.setdefault((store, key), decode_row(value))
        elif kind is Kind.ITEMS:
            for name, row in value:
                if (store, name) not in written:
                    rows.setdefault((store, name), decode_row(row))
        elif kind is Kind.COUNT or kind is Kind.KEYS:
            _require_rows(kind, store, value, rows, written)
    lines = []
    if len(moments) > 1:
        lines.append(f"Test::times([{', '.join(moments)}])")
    else:
        lines.append(
            f"Test::at({moments[0] if moments else _moment(EPOCH + timedelta(microseconds=time_of(trace.id)))})"
        )
    if chance:
        lines.append(f"Test::chance({_bytes(chance)})")
    if trace.subject is not None:
        lines.append(f"Test::subject({quote(trace.subject)})")
    for (store, key), row in rows.items():
        name = naming.name_of(Realm.DATASTORE, Defined(store))
        lines.append(f"DB::set({name}, {quote(key)}, {spell(row, naming)})")
    return lines


def _require_rows(
    kind: Kind, store: NodeId, value: Any, rows: Mapping[tuple[NodeId, str], Value], written: set[tuple[NodeId, str]]
) -> None:
    there = {key for held, key in (*rows, *written) if held == store}
    wanted = value if kind is Kind.COUNT else len(value)
    if wanted > len(there):
        raise RefusedError(
            "it asked for the keys or the number of rows that it did not read, and a test needs the rows",
            suggestion="write the test by hand: dark insert test NAME BODY",
        )


def _request(asked: Asked) -> str:
    path = quote(asked.path.decode("utf-8", "replace") + (f"?{asked.query.decode()}" if asked.query else ""))
    kept = [(name, value) for name, value in asked.headers if name.lower() not in _LEFT_OUT]
    if not kept and not asked.body:
        return f"Test::request({quote(asked.method)}, {path})"
    entries = [f"{quote(name.decode('latin-1').lower())}: {quote(value.decode('latin-1'))}" for name, value in kept]
    headers = f"#{{ {', '.join(entries)} }}" if entries else "#{}"
    try:
        body = asked.body.decode("utf-8")
        return f"Test::requestWith({quote(asked.method)}, {path}, {headers}, {quote(body)})"
    except UnicodeDecodeError:
        return f"Test::requestWithBytes({quote(asked.method)}, {path}, {headers}, {_bytes(asked.body)})"


def expected(answered: Answered) -> list[str]:
    """That `answer` is this one. RefusedError if it was not kept whole."""
    return [f"Test::equal(answer.status, {answered.status})", _expected_body(answered)]


def _expected_body(answered: Answered) -> str:
    if answered.size > len(answered.body):
        raise RefusedError(f"its answer of {answered.size:,} bytes was too large to be kept")
    try:
        text = answered.body.decode("utf-8")
    except UnicodeDecodeError:
        return f"Test::equal(answer.body, {_bytes(answered.body)})"
    if any(value.startswith(b"application/json") for _, value in answered.headers):
        try:
            json.loads(text)
            return f"Test::equal(answer.json, Result::unwrap(Json::parse<Json>({quote(text)})))"
        except ValueError:
            pass
    return f"Test::equal(answer.text, {quote(text)})"


def spell(value: Value, naming: Naming) -> str:
    """A value as an expression that gives it. RefusedError for one that has none."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case str():
            return quote(value)
        case bytes():
            return _bytes(value)
        case Char(text):
            return f"c{quote(text)}"
        case datetime():
            return _moment(value)
        case GuestDict():
            held = ", ".join([f"{quote(key)}: {spell(each, naming)}" for key, each in value.items()])
            return f"#{{ {held} }}" if held else "#{}"
        case dict():
            held = ", ".join([f"{_label(key)}: {spell(each, naming)}" for key, each in value.items()])
            return f"{{ {held} }}" if held else "{}"
        case list():
            return f"[{', '.join([spell(each, naming) for each in value])}]"
        case ():
            return "()"
        case tuple():
            return f"({', '.join([spell(each, naming) for each in value])})"
        case Case(type=owner, name=name, values=values):
            prefix = "" if isinstance(owner, str) else f"{naming.name_of(Realm.TYPE, Defined(owner))}::"
            args = f"({', '.join([spell(each, naming) for each in values])})" if values else ""
            return f"{prefix}{name}{args}"
        case Json(raw):
            return f"Result::unwrap(Json::parse<Json>({quote(json.dumps(raw, ensure_ascii=False))}))"
        case _:
            return f"Result::unwrap(Uuid::parse({quote(str(value))}))"


def _label(label: str) -> str:
    return label if label.isidentifier() and label.isascii() else quote(label)


def _float(value: float) -> str:
    if value != value:
        return "Float::nan_v0()"
    if value in (float("inf"), float("-inf")):
        return "Float::infinity_v0()" if value > 0 else "-Float::infinity_v0()"
    return repr(value)


def _moment(moment: datetime) -> str:
    text = moment.isoformat().replace("+00:00", "Z")
    return f"Result::unwrap(DateTime::parse({quote(text)}))"


def _bytes(data: bytes) -> str:
    import base64  # late: few requests have bytes in them

    return f"Result::unwrap(Base64::decode({quote(base64.b64encode(data).decode())}))"
