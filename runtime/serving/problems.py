"""Answers that no handler gave: what went wrong, as `application/problem+json` (RFC 9457); and what is raised for one.

Must not know why. Invariant: nothing of our own insides stands in one; who is to know more finds it by the trace id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from runtime.serving.messages import PROBLEM, Headers, Outgoing
from runtime.traces.identities import spell_trace

_TITLES = {422: "Unprocessable Content", 413: "Content Too Large"}


def title_of(status: int) -> str:
    if status in _TITLES:
        return _TITLES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def problem(
    status: int,
    detail: str,
    *,
    more: Mapping[str, object] | None = None,
    headers: Headers = (),
    close: bool = False,
    trace: int = 0,
    error: Exception | None = None,
) -> Outgoing:
    """`trace`: by which the answer, the log's account of it and what was recorded find each other; `error`: what it
    tells of, for the record."""
    if trace:
        more = {"trace": spell_trace(trace), **(more or {})}
    document = {"type": "about:blank", "title": title_of(status), "status": status, "detail": detail, **(more or {})}
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Outgoing(status, PROBLEM + headers, body + b"\n", close, trace, error)


class BadRequest(Exception):  # noqa: N818 - the caller's mistake
    """What came in cannot be read as what the handler asks for."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
