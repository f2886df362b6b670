"""`dark replay` and `dark compare`: recorded requests through today's code, or through two programs.

Only translates: `runtime.replaying` runs. Invariant: nothing that they run reaches outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from dark_cli.commands.making import command
from dark_cli.display_reports import report_of, show_report
from dark_cli.progressing import progress
from dark_cli.traffic import filter_options, opened_traces, read_filter
from dark_cli.workspace import Workspace
from dark_lang.errors import UsageError
from runtime.replaying import campaigns
from runtime.replaying.campaigns import Report
from runtime.replaying.sides import Compared, read_sides
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.identities import TraceId

_FAIL = click.option("--fail-on-difference", "fail", is_flag=True, help="Exit 1 if anything differs.")
_LIMIT = click.option(
    "--limit", "-n", type=click.IntRange(1), default=1000, show_default=True, help="How many, the newest first."
)


@command("replay")
@click.argument("address", required=False)
@filter_options
@_LIMIT
@_FAIL
@click.pass_obj
def replay(workspace: Workspace, /, address: str | None, limit: int, fail: bool, **given: Any) -> None:
    """Run recorded requests through today's code, all or those to ADDRESS, and tell what comes out otherwise.

    What they read from outside is what they read then; what they do is held back, and compared.
    """
    wanted = read_filter(workspace, address, given)
    canvas, host = workspace.canvas, workspace.host
    with opened_traces(workspace, unsealed=True) as reader, progress(workspace, "replaying") as tell:
        found = _newest(reader, wanted, limit)
        report = campaigns.replay(reader, found, canvas, canvas.library, host.settings, tell, len(found))
    _end(workspace, report, "then", "now", fail)


@command("compare")
@click.argument("words", metavar="A B", nargs=-1, required=True)
@click.option("--of", "address", metavar="ADDRESS", help="With requests to a handler only.")
@filter_options
@_LIMIT
@_FAIL
@click.pass_obj
def compare(
    workspace: Workspace, /, words: tuple[str, ...], address: str | None, limit: int, fail: bool, **given: Any
) -> None:
    """Run recorded requests through two programs, and tell where answers and effects differ.

    \b
    dark compare toggle:price                 the old side and the new
    dark compare Shop::total_v0 Shop::total_v1
    dark compare 3fa0c41b now                 the canvas at a diff, and as it is

    What differs by the clock or by chance alone is noise, and told apart.
    """
    if len(words) > 2:
        raise UsageError(f"compare takes two sides, not {len(words)}")
    host = workspace.host
    sides = read_sides(host, words)
    wanted = read_filter(workspace, address, given)
    with opened_traces(workspace, unsealed=True) as reader, progress(workspace, "comparing") as tell:
        found = _newest(reader, wanted, limit, _concerned(workspace, sides))
        report = campaigns.compare(reader, found, sides, workspace.canvas.library, host.settings, tell, len(found))
    names = [side.name.rpartition("=")[2] if len(words) == 1 else side.name[:8] for side in sides]
    _end(workspace, report, names[0], names[1], fail)


def _concerned(workspace: Workspace, sides: Sequence[Compared]) -> frozenset[int] | None:
    """The handlers whose requests may come to what is compared; None: all."""
    found: set[int] = set()
    for side in sides:
        if side.concerns is None:
            return None
        found |= campaigns.concerned(workspace.canvas, side.concerns)
    return frozenset(found)


def _newest(reader: TraceReader, wanted: Filter, limit: int, handlers: frozenset[int] | None = None) -> list[TraceId]:
    found: list[TraceId] = []
    for trace, toplevel in reader.ids_and_toplevels(wanted):
        if handlers is None or toplevel in handlers:
            found.append(trace)
            if len(found) >= limit:
                break
    return found


def _end(workspace: Workspace, report: Report, before: str, after: str, fail: bool) -> None:
    if workspace.json:
        workspace.answer(report_of(report))
    else:
        show_report(workspace, report, before, after)
    if fail and report.differing:
        click.get_current_context().exit(1)
