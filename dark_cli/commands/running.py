"""`dark run`: evaluate an expression, or run a definition.

Only translates: `runtime.evaluating` runs. Invariant: a run that failed or stopped exits with 1 and names the node.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import click

from dark_cli.commands.making import command
from dark_cli.evaluating import evaluate
from dark_cli.workspace import Workspace
from dark_lang.errors import DarkError, RunError, UsageError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import parse_address
from dark_lang.values.jsonifying import to_json
from dark_lang.values.model import HoleValue
from dark_lang.values.showing import show
from runtime.whereabouts import whereabouts

if TYPE_CHECKING:
    from dark_lang.values.model import Value
    from runtime.canvas import Canvas
    from runtime.serving.messages import Incoming, Outgoing

RUNNABLE = (top.Http, top.Worker, top.Cron, top.Repl, top.Function, top.Test)


@command("run")
@click.argument("what", metavar="ADDRESS|EXPRESSION")
@click.argument("args", nargs=-1)
@click.option("--request", "request_text", metavar="JSON", help="A record of query, headers, cookies, body.")
@click.pass_obj
def run(workspace: Workspace, what: str, args: tuple[str, ...], request_text: str | None) -> None:
    """Evaluate an expression, or run what is at an address.

    A function takes expressions as ARGS, a worker its event; an HTTP handler takes the variables of its route as text.
    """
    toplevel = _runnable(workspace, what)
    try:
        if toplevel is None:
            if args:
                raise UsageError(f"{what} is no address, and an expression takes no arguments")
            _show_value(workspace, evaluate(workspace, workspace.text(what), recorded=True))
            return
        tree = workspace.canvas.tree(toplevel)
        if isinstance(tree, top.Http):
            _show_answer(workspace, _answer(workspace, tree, args, request_text))
        else:
            _show_value(workspace, _result(workspace, tree, args))
    except RunError as error:
        raise _located(workspace.canvas, error) from error


def _runnable(workspace: Workspace, word: str) -> NodeId | None:
    """The definition that a word names and that can run; None if it is an expression. Raises AddressError for what can
    only be an address and leads nowhere, UsageError if what is there does not run."""
    try:
        address = parse_address(word)
    except DarkError:
        return None
    try:
        found = workspace.canvas.find(word)
    except DarkError:
        if address.kind is not None:
            raise
        return None
    if found.node.id == found.toplevel_id and isinstance(found.node, RUNNABLE):
        return found.toplevel_id
    if address.kind is not None or address.path is not None:
        suggestion = f"dark run {shlex.quote(workspace.canvas.entries[found.toplevel_id].label)}"
        raise UsageError(
            f"{word} does not run: what runs is a whole handler, worker, cron job, repl, test or function",
            suggestion=suggestion if isinstance(workspace.canvas.tree(found.toplevel_id), RUNNABLE) else "",
        )
    return None


def _result(workspace: Workspace, tree: top.Toplevel, args: tuple[str, ...]) -> Value:
    from runtime.evaluating import running, with_rows  # late: compiler and database, which only runs need
    from runtime.traces.runs import recording

    wanted = len(tree.params) if isinstance(tree, top.Function) else int(isinstance(tree, top.Worker))
    label = workspace.canvas.entries[tree.id].label
    if isinstance(tree, top.Test):
        raise UsageError(f"{label} is a test, and runs apart from everything", suggestion=f"dark test {label}")
    if len(args) != wanted:
        raise UsageError(f"{label} takes {wanted} argument{'' if wanted == 1 else 's'}, and gets {len(args)}")
    values = [evaluate(workspace, workspace.text(arg)) for arg in args]
    step = running(workspace.canvas, tree.id, values, workspace.host.settings.limits)
    return with_rows(workspace.folder, step, recording(workspace.host, label, tree.id))


def _answer(workspace: Workspace, tree: top.Http, args: tuple[str, ...], request_text: str | None) -> Outgoing:
    from runtime.evaluating import answering, with_rows  # late, as above
    from runtime.traces.runs import recording

    names = [part for part in tree.route.split("/") if part.startswith(":")]
    if len(args) != len(names):
        wanted = f"a value for each of {', '.join(names)}" if names else "no arguments"
        raise UsageError(f"{workspace.canvas.entries[tree.id].label} takes {wanted}, and gets {len(args)}")
    incoming = _incoming(tree, args, _request(request_text))
    step = answering(workspace.canvas, tree, incoming, args, workspace.host.settings.limits)
    label = workspace.canvas.entries[tree.id].label
    found: Outgoing = with_rows(workspace.folder, step, recording(workspace.host, label, tree.id, incoming, args))
    return found


def _request(text: str | None) -> dict[str, Any]:
    try:
        given = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--request is no JSON: {error}") from error
    if not isinstance(given, dict):
        example = """--request '{"query": {"q": "tea"}, "body": {"n": 1}}'"""
        raise UsageError("--request is no record", suggestion=example)
    unknown = given.keys() - {"query", "headers", "cookies", "body"}
    if unknown:
        raise UsageError(f"--request has no field {sorted(unknown)[0]}; it has query, headers, cookies and body")
    return given


def _incoming(tree: top.Http, args: tuple[str, ...], given: dict[str, Any]) -> Incoming:
    from runtime.serving.messages import Incoming  # late, as above

    values = iter(args)
    parts = [
        quote(next(values), safe="/" if part.endswith("*") else "") if part.startswith(":") else part
        for part in tree.route.split("/")
    ]
    body = given.get("body", "")
    data = body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
    headers = [(str(name).lower().encode(), str(value).encode()) for name, value in _pairs(given, "headers")]
    cookies = "; ".join(f"{name}={value}" for name, value in _pairs(given, "cookies"))
    if cookies:
        headers.append((b"cookie", cookies.encode()))
    query = urlencode(_pairs(given, "query")).encode()
    return Incoming(tree.method, "/".join(parts).encode(), query, headers, data, "127.0.0.1", 0)


def _pairs(given: dict[str, Any], name: str) -> list[tuple[str, str]]:
    held = given.get(name, {})
    if not isinstance(held, dict):
        raise UsageError(f"--request has {name} that are no record")
    return [(str(key), str(value)) for key, value in held.items()]


def _show_value(workspace: Workspace, value: Value) -> None:
    if workspace.json:
        workspace.answer(json.loads(to_json(value)))
    elif isinstance(value, HoleValue):
        workspace.print(f"?{value.label}")
    else:
        workspace.print(show(value))


def _show_answer(workspace: Workspace, answer: Outgoing) -> None:
    text = answer.body.decode("utf-8", "replace")
    if workspace.json:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
        workspace.answer({"status": answer.status, "headers": headers, "body": text})
        return
    if answer.status != 200:
        workspace.print(workspace.paint(str(answer.status), "yellow"))
        for name, value in answer.headers:
            if name != b"content-type":
                workspace.print(f"{name.decode('latin-1')}: {value.decode('latin-1')}")
    if text:
        workspace.print(text.rstrip("\n"))


def _located(canvas: Canvas, error: RunError) -> RunError:
    """The same error with the address of the node among its details."""
    if error.node and canvas.holding(error.node, error.node + 1):
        error.details = (f"at {whereabouts(canvas, error.node)}", *error.details)
    return error
