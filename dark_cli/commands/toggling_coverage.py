"""`dark toggle coverage`: which sides of which switches were run, for people and for CI.

Only translates: `runtime.switches.coverage` finds out. Invariant: exit 1 exactly if less was run than was asked for.
"""

from __future__ import annotations

from typing import Any

import click

from dark_cli.commands.making import command
from dark_cli.display import show_table
from dark_cli.progressing import progress
from dark_cli.traffic import sealer_of
from dark_cli.workspace import Workspace
from dark_lang.errors import UsageError
from runtime.switches.coverage import Covered, Source, coverage, share_covered

FORMATS = ("text", "json", "junit", "markdown")


@command("coverage")
@click.option(
    "--require", "required", metavar="SOURCES", default="tests", show_default=True, help="tests,replays,traffic"
)
@click.option("--fail-under", type=click.FloatRange(0, 100), default=0.0, help="Exit 1 below so many percent.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help="Recorded requests to run again."
)
@click.pass_obj
def cover(workspace: Workspace, required: str, fail_under: float, form: str, limit: int) -> None:
    """Say which sides of which switches were run: by tests, by replays, by traffic."""
    needed = _sources(required)
    with progress(workspace, "testing") as tell:
        found = coverage(workspace.host, needed, sealer_of(workspace), tell, limit)
    share = share_covered(found, needed)
    if workspace.json or form == "json":
        workspace.answer({"percent": round(share, 2), "switches": [_covered(one, needed) for one in found]})
    elif form == "junit":
        workspace.print(_junit(workspace.host.settings.name, found, needed))
    elif form == "markdown":
        _show_markdown(workspace, found, needed, share)
    else:
        _show_text(workspace, found, needed, share)
    if share < fail_under:
        click.get_current_context().exit(1)


def _sources(text: str) -> list[Source]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    known = {source.value: source for source in Source}
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise UsageError(f"{text!r} is nothing that runs a side", suggestion=f"one or more of {','.join(known)}")
    return [known[word] for word in dict.fromkeys(words)]


def _covered(one: Covered, needed: list[Source]) -> dict[str, Any]:
    return {
        "name": one.name,
        "places": one.places,
        "old": sorted(source.value for source in one.old),
        "new": sorted(source.value for source in one.new),
        "lacks": [f"{side} by {source.value}" for side, source in one.lacks(needed)],
    }


def _show_text(workspace: Workspace, found: list[Covered], needed: list[Source], share: float) -> None:
    rows = [(one.name, _by(one.old), _by(one.new), _lacking(one, needed)) for one in found]
    show_table(
        workspace, [(name, f"old {old}", f"new {new}", lacks) for name, old, new, lacks in rows], styles=("cyan",)
    )
    workspace.print(_sentence(found, needed, share))


def _by(sources: frozenset[Source]) -> str:
    return ", ".join(sorted(source.value for source in sources)) or "-"


def _lacking(one: Covered, needed: list[Source]) -> str:
    lacks = one.lacks(needed)
    return "lacks " + ", ".join(f"{side} by {source.value}" for side, source in lacks) if lacks else "covered"


def _sentence(found: list[Covered], needed: list[Source], share: float) -> str:
    if not found:
        return "no switches, nothing to cover"
    switches = "1 switch" if len(found) == 1 else f"{len(found):,} switches"
    return f"{share:.0f} % of the sides of {switches} covered by {', '.join(source.value for source in needed)}"


def _show_markdown(workspace: Workspace, found: list[Covered], needed: list[Source], share: float) -> None:
    workspace.print("| switch | old | new | |")
    workspace.print("|---|---|---|---|")
    for one in found:
        workspace.print(f"| {one.name} | {_by(one.old)} | {_by(one.new)} | {_lacking(one, needed)} |")
    workspace.print()
    workspace.print(_sentence(found, needed, share))


def _junit(name: str, found: list[Covered], needed: list[Source]) -> str:
    from xml.etree import ElementTree as ET  # late: one format of four

    from runtime.testing.junit import fit

    failing = sum(bool(one.lacks(needed)) for one in found)
    suite = ET.Element(
        "testsuite", name=fit(f"{name} switches"), tests=str(len(found)), failures=str(failing), errors="0"
    )
    for one in found:
        case = ET.SubElement(suite, "testcase", classname=fit(name), name=fit(f"toggle:{one.name}"), time="0")
        if one.lacks(needed):
            ET.SubElement(case, "failure", message=fit(_lacking(one, needed)))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)
