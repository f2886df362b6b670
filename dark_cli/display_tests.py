"""How results of tests look: what is wrong, with what was expected and what was found, and a summary.

Must not know how tests run. Invariant: every mistake names an address that other commands take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dark_cli.display import clip, plural
from dark_lang.errors import DarkError
from dark_lang.names import NodeId, spell_id
from runtime.testing.results import Attempt, Mistake, Outcome, Verdicts
from runtime.traces.spans import spell_span
from runtime.whereabouts import whereabouts

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas

MOST_SHOWN = 5  # mistakes of one run
SLOWEST = 3
SLOW = 50_000  # microseconds


def show_results(workspace: Workspace, canvas: Canvas, results: Sequence[Verdicts]) -> None:
    for result in results:
        if result.outcome is not Outcome.PASSED:
            style = "red" if result.outcome is Outcome.FAILED else "yellow"
            workspace.print(f"{workspace.paint(result.outcome.value, style)}  {result.label}")
            for line in explained(canvas, result):
                workspace.print(f"  {clip(line, workspace.width - 2)}")
    workspace.print(summary(results))
    slow = sorted((one for one in results if one.microseconds >= SLOW), key=lambda one: -one.microseconds)[:SLOWEST]
    if slow:
        named = ", ".join(f"{one.label} {spell_span(one.microseconds)}" for one in slow)
        workspace.print(workspace.paint(f"slowest: {named}", "dim"))


def summary(results: Sequence[Verdicts]) -> str:
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    if not results:
        return "no tests; dark insert test NAME BODY makes one"
    runs = sum(len(result.attempts) for result in results)
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    took = spell_span(sum(result.microseconds for result in results))
    return f"{plural(len(results), 'test')}: {told} ({plural(runs, 'run')}, {took})"


def explained(canvas: Canvas, result: Verdicts) -> list[str]:
    """What is wrong, one thing a line; the same under several sides is told once."""
    lines: list[str] = []
    seen: set[Mistake] = set()
    for attempt in result.attempts:
        fresh = [mistake for mistake in attempt.mistakes if mistake not in seen]
        if attempt.outcome is not Outcome.PASSED and fresh:
            seen.update(fresh)
            sides = sides_told(canvas, attempt)
            if sides and len(result.attempts) > 1:
                lines.append(f"with {sides}")
            lines += [_mistake(canvas, mistake) for mistake in fresh[:MOST_SHOWN]]
            if len(fresh) > MOST_SHOWN:
                lines.append(f"and {len(fresh) - MOST_SHOWN} more")
    return lines


def sides_told(canvas: Canvas, attempt: Attempt) -> str:
    return ", ".join(f"{name} {'new' if new else 'old'}" for name, new in _named(canvas, attempt.sides))


def _named(canvas: Canvas, sides: Mapping[NodeId, bool]) -> list[tuple[str, bool]]:
    return sorted((_switch(canvas, switch), new) for switch, new in sides.items())


def _switch(canvas: Canvas, switch: NodeId) -> str:
    entry = canvas.entries.get(switch)
    return entry.label.removeprefix("toggle:") if entry is not None else spell_id(switch)


def _mistake(canvas: Canvas, mistake: Mistake) -> str:
    where = place_of(canvas, mistake.node)
    case = f"{mistake.case}: " if mistake.case else ""
    if not mistake.expected:
        return f"{case}{mistake.found}{f', at {where}' if where else ''}"
    found = f", found {mistake.found}" if mistake.found else ""
    return f"{case}expected {mistake.expected}{found}{f', at {where}' if where else ''}"


def place_of(canvas: Canvas, node: NodeId) -> str:
    try:
        return whereabouts(canvas, node) if node and canvas.holding(node, node + 1) else ""
    except DarkError:
        return ""


def result_report(canvas: Canvas, result: Verdicts) -> dict[str, Any]:
    return {
        "id": spell_id(result.toplevel),
        "address": result.label,
        "outcome": result.outcome.value,
        "microseconds": result.microseconds,
        "runs": [
            {
                "outcome": attempt.outcome.value,
                "sides": {name: "new" if new else "old" for name, new in _named(canvas, attempt.sides)},
                "mistakes": [
                    {
                        "node": spell_id(mistake.node) if mistake.node else None,
                        "address": place_of(canvas, mistake.node) or None,
                        "found": mistake.found,
                        "expected": mistake.expected or None,
                        "case": mistake.case or None,
                    }
                    for mistake in attempt.mistakes
                ],
            }
            for attempt in result.attempts
        ],
    }
