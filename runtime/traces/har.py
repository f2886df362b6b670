"""Traces as an HTTP Archive (HAR 1.2), which browsers and the field's tools read.

Source: the HAR 1.2 specification, as the W3C's Web Performance group left it. Must not know how traces are kept.
Invariant: what is sealed stays so; bodies that are not text are in Base64, and say so.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from runtime.framing import RELEASE
from runtime.serving.problems import title_of
from runtime.traces.identities import spell_trace, time_of
from runtime.traces.records import Answered, Asked, Trace


def archive(traces: Iterable[Trace]) -> dict[str, Any]:
    """Of the requests among them."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "dark", "version": RELEASE},
            "entries": [
                _entry(trace, trace.asked, trace.answered)
                for trace in traces
                if trace.asked is not None and trace.answered is not None
            ],
        }
    }


def _entry(trace: Trace, asked: Asked, answered: Answered) -> dict[str, Any]:
    began = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time_of(trace.id) - trace.duration)
    milliseconds = trace.duration / 1000
    return {
        "startedDateTime": began.isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _request(asked),
        "response": _response(answered),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_trace": spell_trace(trace.id),
        "_handler": trace.address,
    }


def _request(asked: Asked) -> dict[str, Any]:
    host = next((value for name, value in asked.headers if name.lower() == b"host"), b"localhost")
    query = f"?{asked.query.decode('utf-8', 'replace')}" if asked.query else ""
    request = {
        "method": asked.method,
        "url": f"http://{host.decode('latin-1')}{asked.path.decode('utf-8', 'replace')}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(asked.headers),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(asked.query.decode("utf-8", "replace"), keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": asked.size,
    }
    if asked.body:
        kind = next((value for name, value in asked.headers if name.lower() == b"content-type"), b"")
        text, encoding = _text(asked.body)
        request["postData"] = {"mimeType": kind.decode("latin-1"), "text": text, **encoding}
    return request


def _response(answered: Answered) -> dict[str, Any]:
    kind = next((value for name, value in answered.headers if name.lower() == b"content-type"), b"")
    text, encoding = _text(answered.body)
    return {
        "status": answered.status,
        "statusText": title_of(answered.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(answered.headers),
        "content": {"size": answered.size, "mimeType": kind.decode("latin-1"), "text": text, **encoding},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": answered.size,
    }


def _pairs(headers: Iterable[tuple[bytes, bytes]]) -> list[dict[str, str]]:
    return [{"name": name.decode("latin-1"), "value": value.decode("utf-8", "replace")} for name, value in headers]


def _text(body: bytes) -> tuple[str, dict[str, str]]:
    try:
        return body.decode("utf-8"), {}
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), {"encoding": "base64"}
