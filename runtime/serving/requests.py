"""The `request` that a handler sees, made of what came in.

Only the fields that somebody mentions are made, since most cost more than routing does; all of them if one uses
`request` as a whole. Must not know routes or answers. Invariant: input that cannot be read is the caller's mistake, and
told apart from everything else: BadRequest, before any guest code has run; but only where the handler itself names the
field, so that what else looks at requests changes no answer.

    method path body       String, String (percent signs decoded), Bytes
    params query headers cookies    Dict<String>; of a name given twice, headers are joined by a comma, query and
                                    cookies keep the last; header names are in lower case
    json form              Json; an empty body is null; what a form holds is told in `forms`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from dark_lang.errors import Failed
from dark_lang.nodes.expressions import FieldAccess, Variable
from dark_lang.nodes.toplevels import Http, Toplevel
from dark_lang.nodes.walking import descend
from dark_lang.records import NamedTuple
from dark_lang.values.jsonifying import from_json
from dark_lang.values.model import GuestDict, Json, Value
from runtime.serving.forms import MOST_PAIRS, form, pairs, text
from runtime.serving.messages import Incoming
from runtime.serving.problems import BadRequest

__all__ = ["ALL", "BadRequest", "Fields", "Plan", "mentioned", "plan_for", "request_value", "whole_plan"]


class Fields(NamedTuple):
    """Which fields of a request are made for a handler. `own`: those that its code reads, None if it may read any;
    `aside`: those that the conditions of switches read, and who says whose request it is."""

    own: frozenset[str] | None
    aside: frozenset[str] | None

    def takes(self, label: str) -> bool:
        return self.own is None or self.aside is None or label in self.own or label in self.aside


ALL: Final = Fields(None, None)


def mentioned(tree: Toplevel, name: str = "request") -> frozenset[str] | None:
    """The fields of `request`, or of the parameter that is called so, that code reads; None if it may read any: it
    passes it on, takes it apart or binds the name anew."""
    fields: set[str] = set()
    whole = accessed = 0
    for node in descend(tree):
        if type(node) is Variable and node.name == name:
            whole += 1
        elif type(node) is FieldAccess and type(node.record) is Variable and node.record.name == name:
            accessed += 1
            if node.label is not None:
                fields.add(node.label)
    return frozenset(fields) if whole == accessed else None


Plan = Sequence[tuple[str, Callable[[Incoming], Value]]]
"""How to make each field that is wanted, but for `params`, which the route gives."""


def plan_for(fields: Fields) -> Plan:
    named = fields.own or frozenset()
    return tuple(
        (label, make if label in named else _LENIENT.get(label, make))
        for label, make in _STRICT.items()
        if fields.takes(label)
    )


def whole_plan(handler: Http) -> Plan:
    """All of a request, as the handler would have it: for runs where nobody waits."""
    return plan_for(Fields(mentioned(handler), None))


def request_value(
    incoming: Incoming, plan: Plan, names: Sequence[str], values: Sequence[str], *, params: bool
) -> dict[str, Value]:
    """The Record. Raises BadRequest."""
    record: dict[str, Value] = {}
    for label, make in plan:
        record[label] = make(incoming)
    if params:
        record["params"] = GuestDict(zip(names, values, strict=True))
    return record


def _method(incoming: Incoming) -> Value:
    return incoming.method


def _path(incoming: Incoming) -> Value:
    return text(unquote_to_bytes(incoming.path), "the path")


def _body(incoming: Incoming) -> Value:
    return incoming.body


def _query(incoming: Incoming) -> Value:
    return GuestDict(pairs(incoming.query, "the query"))


def _headers(incoming: Incoming) -> Value:
    found = GuestDict()
    for key, value in incoming.headers:
        name = key.decode("latin-1").lower()
        said = value.decode("latin-1")
        found[name] = f"{found[name]}, {said}" if name in found else said
    return found


def _cookies(incoming: Incoming) -> Value:
    found = GuestDict()
    for key, value in incoming.headers:
        if key.lower() != b"cookie":
            continue
        for piece in value.decode("latin-1").split(";")[:MOST_PAIRS]:
            name, equals, said = piece.strip().partition("=")
            if equals:
                found[name] = said.strip('"')
    return found


def _json(incoming: Incoming) -> Value:
    if not incoming.body:
        return Json(None)
    try:
        return from_json(incoming.body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8, and this handler reads it as JSON") from None
    except (Failed, ValueError) as error:
        raise BadRequest(f"the body is not JSON: {error}") from None


def _form(incoming: Incoming) -> Value:
    if not incoming.body:
        return Json({})
    return form(incoming.header(b"content-type") or b"", incoming.body)


def _or_null(make: Callable[[Incoming], Value]) -> Callable[[Incoming], Value]:
    """For those who have not asked for this field by its name: what cannot be read is null."""

    def lenient(incoming: Incoming) -> Value:
        try:
            return make(incoming)
        except BadRequest:
            return Json(None)

    return lenient


_STRICT: dict[str, Callable[[Incoming], Value]] = {
    "method": _method,
    "path": _path,
    "query": _query,
    "headers": _headers,
    "cookies": _cookies,
    "body": _body,
    "json": _json,
    "form": _form,
}
_LENIENT = {"json": _or_null(_json), "form": _or_null(_form)}
