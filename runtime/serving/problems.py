"""Answers that no handler gave: what went wrong, as `application/problem+json` (RFC 9457); and what is raised for one.

Must not know why. Invariant: nothing of our own insides stands in one; who is to know more finds it by the trace id.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from http import HTTPStatus

from runtime.serving.messages import PROBLEM, Headers, Outgoing

_TITLES = {422: "Unprocessable Content", 413: "Content Too Large"}


def title_of(status: int) -> str:
    if status in _TITLES:
        return _TITLES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def trace_id() -> str:
    """16 hex digits, by which an answer and the log's account of it find each other."""
    return os.urandom(8).hex()


def problem(
    status: int, detail: str, *, more: Mapping[str, object] | None = None, headers: Headers = (), close: bool = False
) -> Outgoing:
    document = {"type": "about:blank", "title": title_of(status), "status": status, "detail": detail, **(more or {})}
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Outgoing(status, PROBLEM + headers, body + b"\n", close)


class BadRequest(Exception):  # noqa: N818 - the caller's mistake
    """What came in cannot be read as what the handler asks for."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
