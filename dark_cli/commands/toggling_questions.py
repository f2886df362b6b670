"""Questions about switches: what there are, why somebody gets which side, who changed what, what was run.

Only translates: `runtime.switches` answers. Invariant: what is told of a decision is what the server would decide.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from dark_cli.commands.making import command
from dark_cli.display import address_of, clip, plural, short_author, show_table
from dark_cli.display_times import ago, moment
from dark_cli.traffic import find_switch
from dark_cli.workspace import Workspace
from dark_lang.deciding import Side
from dark_lang.errors import CanvasError, UsageError
from dark_lang.names import spell_id
from dark_lang.nodes import toplevels as top
from dark_lang.notation.printing import print_expression, print_toplevel
from runtime.keys import canvas_key
from runtime.switches.explaining import explain
from runtime.switches.forcing import HEADER, signed_header
from runtime.switches.overview import Overview, named, overviews
from runtime.traces.spans import read_span

if TYPE_CHECKING:
    from runtime.canvas import Canvas


PLACES: Final = 8
"""That are shown of a switch."""


@command("list")
@click.option("--days", type=click.IntRange(1), default=7, show_default=True, help="Over which runs are counted.")
@click.pass_obj
def list_(workspace: Workspace, days: int) -> None:
    """List the switches: share, age, owner, runs of each side, and which are stale."""
    workspace.count()
    found = overviews(workspace.host, int(workspace.now() * 1e6), days)
    if workspace.json:
        workspace.answer([_report(workspace.canvas, one) for one in found])
        return
    rows = [
        (
            one.switch.name,
            _share(one.switch),
            f"old {one.hits[0]:,} new {one.hits[1]:,}",
            _tests(one),
            f"{ago(workspace, one.created)} by {short_author(one.owner)}",
        )
        for one in found
    ]
    show_table(workspace, rows, styles=("cyan", "", "", "dim", "dim"))
    for one in found:
        if one.stale:
            workspace.print(workspace.paint(f"stale: {one.switch.name}: {one.stale}", "yellow"))
        if one.unfinished:
            workspace.print(f"{one.switch.name}: {plural(one.unfinished, 'new side')} not finished")
        _say_conflicts(workspace, one.switch)
    if not found:
        workspace.print("no switches; dark toggle create ADDRESS NAME makes one")


def _say_conflicts(workspace: Workspace, switch: top.Switch) -> None:
    if workspace.canvas.entries[switch.id].conflicts:
        told = f"{switch.name}: edits disagree on its rule; traffic keeps what it had (dark conflicts)"
        workspace.print(workspace.paint(told, "yellow"))


def _tests(one: Overview) -> str:
    old, new = one.tests
    return f"{plural(old, 'test')} each" if old == new else f"{plural(old, 'test')}, {new} of new"


def _share(switch: top.Switch) -> str:
    return f"{switch.share / 100:g} %" if switch.on else f"off ({switch.share / 100:g} %)"


def _report(canvas: Canvas, one: Overview) -> dict[str, Any]:
    switch = one.switch
    return {
        "id": spell_id(switch.id),
        "name": switch.name,
        "on": switch.on,
        "percent": switch.share / 100,
        "algorithm": switch.algorithm,
        "salt": switch.salt,
        "created": one.created,
        "owner": one.owner,
        "changed": one.changed,
        "places": [
            {"id": spell_id(place.node), "address": address_of(canvas, *place[:2]), "finished": place.is_finished}
            for place in one.places
        ],
        "unfinished": one.unfinished,
        "hits": {"old": one.hits[0], "new": one.hits[1]},
        "tests": {"old": one.tests[0], "new": one.tests[1]},
        "ramp": [{"at": step.at, "percent": step.points / 100} for step in one.steps],
        "guards": list(one.guards),
        "stale": one.stale or None,
        "conflicts": canvas.entries[switch.id].conflicts,
    }


@command("show")
@click.argument("name")
@click.option("--explain", "explained", is_flag=True, help="Each rule in order, and what it says.")
@click.option("--subject", metavar="SUBJECT", help="For whom.")
@click.option("--request", "request_file", metavar="FILE", help="What the condition sees as request: a JSON record.")
@click.pass_obj
def show(workspace: Workspace, name: str, explained: bool, subject: str | None, request_file: str | None) -> None:
    """Show a switch: its rule, where it stands, who came to it; or, with --explain, why SUBJECT gets which side."""
    canvas = workspace.canvas
    switch = canvas.tree(find_switch(workspace, name))
    assert isinstance(switch, top.Switch)
    if explained:
        _explain(workspace, switch, subject, request_file)
        return
    workspace.count()
    one = named(overviews(workspace.host, int(workspace.now() * 1e6)), switch.id)
    assert one is not None
    if workspace.json:
        subjects = {key: "allow" if held else "deny" for key, held in switch.subjects if held is not None}
        condition = None if switch.condition is None else print_expression(switch.condition, canvas.naming)
        workspace.answer({**_report(canvas, one), "subjects": subjects, "condition": condition})
        return
    workspace.print(print_toplevel(switch, canvas.naming, width=workspace.width).rstrip("\n"))
    workspace.print()
    places = [
        address_of(canvas, place.toplevel, place.node) + ("" if place.is_finished else "  new side not finished")
        for place in one.places[:PLACES]
    ]
    if len(one.places) > PLACES:
        places.append(f"and {len(one.places) - PLACES:,} more places; dark uses toggle:{switch.name} lists them")
    rows = [
        *zip(["stands in", *[""] * len(places)], places or ["nothing"], strict=False),
        ("made", f"{ago(workspace, one.created)} by {short_author(one.owner)}, changed {ago(workspace, one.changed)}"),
        ("in 7 days", f"{plural(one.hits[0], 'run')} took the old side, {one.hits[1]:,} the new"),
        ("tests", f"{one.tests[0]} can come to the old side, {one.tests[1]} to the new"),
    ]
    show_table(workspace, rows, styles=("dim", ""))
    for step in one.steps:
        workspace.print(f"{step.points / 100:g} % at {moment(workspace, step.at)}")
    if one.guards and one.steps:
        workspace.print(f"stops if {' or '.join(one.guards)} are worse on the new side")
    if one.stale:
        workspace.print(workspace.paint(f"stale: {one.stale}", "yellow"))
    _say_conflicts(workspace, switch)


def _explain(workspace: Workspace, switch: top.Switch, subject: str | None, request_file: str | None) -> None:
    seen = {} if request_file is None else {"request": _request(workspace, request_file)}
    found = explain(workspace.canvas, switch, subject, seen)
    if workspace.json:
        workspace.answer(
            {
                "side": found.decision.side.value,
                "reason": found.decision.reason.value,
                "rules": [{"rule": rule.name, "says": rule.says, "decides": rule.decides} for rule in found.rules],
            }
        )
        return
    rows = [(">" if rule.decides else " ", rule.name, rule.says) for rule in found.rules]
    show_table(workspace, rows, styles=("", "dim"))
    whom = subject if subject is not None else "a request without a subject"
    workspace.print(f"{whom} gets the {found.decision.side.value} side")


def _request(workspace: Workspace, path: str) -> Any:
    from runtime.serving.messages import Incoming  # late: only an explanation with a request needs the server's reading
    from runtime.serving.requests import ALL, plan_for, request_value

    try:
        given = json.loads(workspace.read(path))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}") from error
    if not isinstance(given, dict):
        raise UsageError(
            f"{path} holds no record", suggestion='{"method": "GET", "path": "/x", "headers": {}, "body": ""}'
        )
    headers = given.get("headers", {})
    pairs = [(str(key).lower().encode(), str(value).encode()) for key, value in dict(headers).items()]
    body = given.get("body", "")
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    path_, _, query = str(given.get("path", "/")).partition("?")
    incoming = Incoming(str(given.get("method", "GET")), path_.encode(), query.encode(), pairs, data, "", 0)
    return request_value(incoming, plan_for(ALL), (), (), params=True)


@command("history")
@click.argument("name")
@click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.pass_obj
def history(workspace: Workspace, name: str, limit: int) -> None:
    """List who changed a switch, newest first."""
    label = f"toggle:{name.removeprefix('toggle:')}"
    gone = next((entry.id for entry in workspace.canvas.deleted() if entry.label == label), None)
    switch = gone if gone is not None and workspace.canvas.labelled(label) is None else find_switch(workspace, name)
    entries = list(workspace.host.log(limit, toplevel=switch))
    if workspace.json:
        workspace.answer(
            [{"diff": one.id.hex(), "time": one.time, "author": one.author, "command": one.command} for one in entries]
        )
        return
    for one in entries:
        head = f"{one.id.hex()[:8]}  {moment(workspace, one.time)}  "
        said = f"{short_author(one.author)}  "
        room = max(20, workspace.width - len(head) - len(said))
        workspace.print(f"{workspace.paint(head, 'dim')}{workspace.paint(said, 'cyan')}{clip(one.command, room)}")


@command("force")
@click.argument("name")
@click.argument("side", type=click.Choice(("old", "new")))
@click.option("--for", "span", metavar="SPAN", default="1h", show_default=True, help="How long the header is good.")
@click.pass_obj
def force(workspace: Workspace, name: str, side: str, span: str) -> None:
    """Print a header that gives one request a side, whatever the rule; who is off stays off. It is signed with the key
    of this canvas, and counts as a trial."""
    switch = find_switch(workspace, name)
    canvas = workspace.host.settings.canvas
    key = canvas_key(canvas, create=True)
    if key is None:
        raise CanvasError("there is no key for this canvas here", suggestion="set DARK_KEY")
    expires = int(workspace.now()) + read_span(span) // 1_000_000
    value = signed_header(key, canvas, {switch: Side(side)}, expires)
    if workspace.json:
        workspace.answer({"header": HEADER.decode(), "value": value, "expires": expires})
    else:
        workspace.print(f"{HEADER.decode()}: {value}")


COMMANDS = (list_, show, history, force)
