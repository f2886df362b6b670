"""`dark trace`: what was recorded of the traffic.

Only translates: `runtime.traces` keeps and finds it, `runtime.replaying` runs it again. Invariant: what is sealed is
never printed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dark_cli.commands.making import edit_options, group
from dark_cli.commands.structure import perform
from dark_cli.commands.structure_kinds import insert_new
from dark_cli.display import plural
from dark_cli.display_traces import show_trace, show_trace_line, show_traces, trace_report
from dark_cli.traffic import filter_options, find_trace, opened_traces, read_filter
from dark_cli.workspace import Workspace
from dark_lang.errors import DarkError, RefusedError, UsageError
from dark_lang.names import NodeId
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.identities import spell_trace
from runtime.traces.sealing import masked

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.replaying.watching_nodes import Seen
    from runtime.traces.files import Opened

FOLLOW_EVERY = 0.2  # seconds


@group("trace")
def trace() -> None:
    """What was recorded of the traffic."""


@trace.command("list")
@click.argument("address", required=False)
@filter_options
@click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.pass_obj
def list_(workspace: Workspace, /, address: str | None, limit: int, **given: Any) -> None:
    """List requests, newest first: all, or those to ADDRESS."""
    wanted = read_filter(workspace, address, given)
    with opened_traces(workspace) as reader:
        found = reader.traces(wanted, limit)
        unreadable = reader.unreadable
    if workspace.json:
        workspace.answer([trace_report(workspace.canvas, opened) for opened in found])
        return
    show_traces(workspace, found)
    if not found:
        workspace.print("no such requests" if wanted != Filter() else "nothing was recorded yet")
    if unreadable:
        workspace.complain(f"{plural(unreadable, 'trace')} could not be read")


@trace.command("show")
@click.argument("word", metavar="TRACE")
@click.pass_obj
def show(workspace: Workspace, word: str) -> None:
    """Show TRACE, an id or `last`: what came in, what was read and done, and the code with what each line came to."""
    with opened_traces(workspace) as reader:
        opened = reader.trace(find_trace(reader, word))
    if workspace.json:
        workspace.answer(trace_report(workspace.canvas, opened))
        return
    with opened_traces(workspace, unsealed=True) as reader:
        whole, hidden = reader.trace(opened.trace.id), reader.behind(opened.trace.id)
    then, seen, note = _seen(workspace, whole)
    show_trace(workspace, workspace.canvas, opened, seen, note, then, lambda text: masked(text, hidden))


def _seen(workspace: Workspace, opened: Opened) -> tuple[Canvas, Mapping[NodeId, Seen], str]:
    from runtime.replaying.watching_nodes import watch_trace  # late: the compiler, which lists do not need

    host, then, note = workspace.host, workspace.canvas, ""
    if opened.trace.diff not in then.frontier and opened.trace.diff:
        try:
            then = host.canvases_around(opened.trace.diff.hex())[1]
        except DarkError as error:
            note = f"the code of that time is not here ({error.message}); this is today's"
    result, watch = watch_trace(then, host.canvas.library, host.settings, opened)
    if result.skip is not None:
        note = f"no values: {result.lacking or result.skip.value}"
    return then, watch.seen, note


@trace.command("tail")
@click.argument("address", required=False)
@filter_options
@click.pass_obj
def tail(workspace: Workspace, /, address: str | None, **given: Any) -> None:
    """Print requests as they come, until Ctrl-C."""
    wanted = read_filter(workspace, address, given)
    with opened_traces(workspace) as reader:
        newest = reader.last() or 0
    while True:
        time.sleep(FOLLOW_EVERY)
        with opened_traces(workspace) as reader:
            for opened in reader.traces(wanted.after(newest), 1_000, newest_first=False):
                newest = max(newest, opened.trace.id)
                if workspace.json:
                    workspace.print(json.dumps(trace_report(workspace.canvas, opened), ensure_ascii=False))
                else:
                    show_trace_line(workspace, opened.trace)


@trace.command("replay")
@click.argument("word", metavar="TRACE")
@click.pass_obj
def replay(workspace: Workspace, word: str) -> None:
    """Run TRACE through today's code, and tell what comes out otherwise."""
    from dark_cli.display_reports import report_of, show_report  # late: the compiler, which lists do not need
    from runtime.replaying import campaigns

    canvas = workspace.canvas
    with opened_traces(workspace, unsealed=True) as reader:
        found = [find_trace(reader, word)]
        report = campaigns.replay(
            reader, found, canvas, canvas.library, workspace.host.settings, lambda _done, _of: None, 1
        )
    if workspace.json:
        workspace.answer(report_of(report))
    else:
        show_report(workspace, report, "then", "now")


@trace.command("to-test")
@click.argument("word", metavar="TRACE")
@click.argument("name", required=False)
@edit_options
@click.pass_obj
def to_test(workspace: Workspace, word: str, name: str | None) -> None:
    """Make a test of TRACE: what was there and what was asked, with what was answered as what is expected. One that
    failed expects that it does not."""
    from runtime.replaying.test_making import test_of  # late, as above

    with opened_traces(workspace) as reader:
        opened = reader.trace(find_trace(reader, word))
    if opened.sealed:
        # The test is part of the program, which others have; what is sealed must not come into it.
        raise RefusedError(
            "credentials of this request are sealed, and a test is no place for them",
            suggestion="dark trace show it, and write the test with others: dark insert test NAME BODY",
        )
    called = name or f"{_words_of(opened.trace.address)}-{spell_trace(opened.trace.id)[8:13]}"
    body = test_of(opened.trace, workspace.canvas.naming)
    perform(workspace, lambda site: insert_new(site, ["test", called, body]))


def _words_of(address: str) -> str:
    letters = "".join(char if char.isalnum() and char.isascii() else " " for char in address.lower())
    return "-".join(letters.split()[:4]) or "request"


@trace.command("delete")
@click.argument("words", metavar="TRACE...", nargs=-1)
@click.option("--of", "address", metavar="ADDRESS", help="All to a handler.")
@filter_options
@click.pass_obj
def delete(workspace: Workspace, /, words: tuple[str, ...], address: str | None, **given: Any) -> None:
    """Delete traces for good: each TRACE, or all that the options name."""
    from runtime.traces.deleting import delete_traces  # late: lists do not write

    wanted = read_filter(workspace, address, given)
    if not words and wanted == Filter():
        raise UsageError("delete what?", suggestion="dark trace delete ID, or --of ADDRESS, --until 7d …")
    with opened_traces(workspace) as reader:
        found = [find_trace(reader, word) for word in words] if words else _all(reader, wanted)
    gone = delete_traces(workspace.folder, found)
    if workspace.json:
        workspace.answer({"deleted": gone})
    else:
        workspace.print(f"deleted {plural(gone, 'trace')}")


def _all(reader: TraceReader, wanted: Filter) -> list[Any]:
    if not wanted.text:
        return list(reader.ids(wanted))
    return [opened.trace.id for opened in reader.traces(wanted, 1 << 60)]


@trace.command("export")
@click.argument("words", metavar="TRACE...", nargs=-1)
@click.option("--of", "address", metavar="ADDRESS", help="Those to a handler.")
@filter_options
@click.option("--limit", "-n", type=click.IntRange(1), default=1000, show_default=True, help="How many.")
@click.pass_obj
def export(workspace: Workspace, /, words: tuple[str, ...], address: str | None, limit: int, **given: Any) -> None:
    """Print requests as an HTTP Archive (HAR), for browsers and other tools."""
    from runtime.traces.har import archive  # late: only here

    wanted = read_filter(workspace, address, given)
    with opened_traces(workspace) as reader:
        found = [find_trace(reader, word) for word in words]
        opened = [reader.trace(each) for each in found] if words else reader.traces(wanted, limit)
    opened.sort(key=lambda one: one.trace.id)
    workspace.answer(archive(one.trace for one in opened))
