"""How a replay or a comparison looks: counts, where outcomes differ, the first that do.

Must not know how it came about. Invariant: what was skipped is told with its reason, and never counted as the same.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dark_cli.display import clip, plural
from runtime.traces.identities import spell_trace

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.replaying.campaigns import Report

PATHS_SHOWN = 10


def show_report(workspace: Workspace, report: Report, before: str, after: str) -> None:
    if report.first:
        for trace, address, found in report.first:
            workspace.print(f"{workspace.paint(spell_trace(trace), 'bold')}  {address}")
            for one in found[:PATHS_SHOWN]:
                workspace.print(f"  {clip(one.path, workspace.width - 2)}")
                workspace.print(f"    {before:<8} {clip(one.before, workspace.width - 13)}")
                workspace.print(f"    {after:<8} {clip(one.after, workspace.width - 13)}")
            if len(found) > PATHS_SHOWN:
                workspace.print(f"  and {len(found) - PATHS_SHOWN} more")
        workspace.print()
        for path, count in _most(report.paths):
            workspace.print(f"{count:>7,}  {clip(path, workspace.width - 9)}")
    for path, count in _most(report.noise):
        workspace.print(workspace.paint(f"{count:>7,}  {clip(path, workspace.width - 16)}  noise", "dim"))
    for skip, count in report.skipped.most_common():
        workspace.print(workspace.paint(f"{count:>7,}  skipped: {skip.value}", "yellow"))
    workspace.print(sentence(report))


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:PATHS_SHOWN]


def sentence(report: Report) -> str:
    if not report.ran and not report.skipped:
        return "nothing recorded to run"
    told = f"{plural(report.ran, 'request')} ran again: {report.same:,} the same, {report.differing:,} differ"
    skipped = sum(report.skipped.values())
    return f"{told}, {skipped:,} skipped" if skipped else told


def report_of(report: Report) -> dict[str, Any]:
    return {
        "ran": report.ran,
        "same": report.same,
        "differing": report.differing,
        "skipped": {skip.name.lower(): count for skip, count in report.skipped.items()},
        "paths": dict(report.paths),
        "noise": dict(report.noise),
        "first": [
            {
                "trace": spell_trace(trace),
                "handler": address,
                "differences": [
                    {"path": one.path, "before": one.before, "after": one.after, "structural": one.structural}
                    for one in found
                ],
            }
            for trace, address, found in report.first
        ],
    }
