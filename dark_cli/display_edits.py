"""What is said after an edit: the tree around the place, what is unfinished now, when it was live.

Must not know what kind of edit it was. Invariant: `--json` says the same as the text, with full ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from dark_cli.display import address_of, clip, show_around, show_marks
from dark_lang.errors import AddressError
from dark_lang.names import NodeId, spell_id
from dark_lang.nodes.walking import find
from dark_lang.notation.printing import print_any
from runtime.affecting import affected
from runtime.marking import Mark, new_trouble

if TYPE_CHECKING:
    from dark_cli.opening import Liveness
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas
    from runtime.hosting import Outcome

MARKS_SHOWN = 8
MOST_NEWS = 3  # of tests


class Shown(Protocol):
    @property
    def toplevel(self) -> NodeId: ...
    @property
    def node(self) -> NodeId: ...


def show_outcome(
    workspace: Workspace,
    outcome: Outcome[Any],
    places: Sequence[Shown],
    notes: Sequence[str],
    liveness: Liveness | None,
) -> None:
    """`liveness` is None after a dry run."""
    after = outcome.after
    concerned = affected(outcome.before, after, outcome.touched)
    marks = new_trouble(outcome.before, after, concerned.toplevels)
    if workspace.json:
        report = _report(outcome, places, notes, marks, liveness)
        workspace.answer({**report, "unchecked": concerned.left_out} if concerned.left_out else report)
        return
    shown = _by_toplevel(places)
    for nth, toplevel in enumerate(each for each in _by_label(after, shown) if _is_alive(after, each)):
        if nth:
            workspace.print()
        show_around(workspace, after, toplevel, shown[toplevel])
    for toplevel in _by_label(outcome.before, outcome.touched):
        if not _is_alive(after, toplevel) and _is_alive(outcome.before, toplevel):
            label = outcome.before.entries[toplevel].label
            workspace.print(f"{label} is in the trash; dark restore {spell_id(toplevel)} brings it back")
    for note in notes:
        workspace.print(note)
    if marks:
        show_marks(workspace, after, marks, MARKS_SHOWN)
    if concerned.left_out:
        workspace.print(f"{concerned.left_out:,} more definitions use what changed; dark check looks at them")
    workspace.print(workspace.paint(_when(outcome, liveness), "dim"))
    if liveness is not None:
        for line in test_news(workspace):
            workspace.print(line)


def test_news(workspace: Workspace) -> list[str]:
    """What the tests that run beside the server have come to since somebody asked; those that fail, each time."""
    tests = workspace.host.tests
    if tests is None:
        return []
    from runtime.testing.background import told  # late: without a server there are none
    from runtime.testing.results import Outcome

    news = tests.take_news()
    failing = tests.failing()
    lines = [clip(told(one), workspace.width) for one in news[:MOST_NEWS]]
    others = [known for known in failing if known.label not in {one.label for one in news}]
    if others:
        named = others[0].label if len(others) == 1 else f"{len(others)} tests"
        lines.append(f"{named} still fail{'s' if len(others) == 1 else ''}; dark test says how")
    styles = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.UNFINISHED: "yellow"}
    painted = [workspace.paint(line, styles[one.outcome]) for line, one in zip(lines, news, strict=False)]
    return [*painted, *(workspace.paint(line, "red") for line in lines[len(painted) :])]


def _when(outcome: Outcome[Any], liveness: Liveness | None) -> str:
    if liveness is None:
        return "dry run: nothing was changed"
    if not outcome.diff_id:
        return "nothing to change"
    if liveness.laggards:
        return f"recorded; not yet live in {', '.join(liveness.laggards)} after 100 ms"
    return f"{'live' if liveness.served else 'recorded'} in {_milliseconds(liveness.milliseconds)}"


def _milliseconds(number: float) -> str:
    return f"{number:.1f} ms" if number < 10 else f"{number:.0f} ms"


def _by_toplevel(places: Sequence[Shown]) -> dict[NodeId, list[NodeId]]:
    found: dict[NodeId, list[NodeId]] = {}
    for place in places:
        found.setdefault(place.toplevel, []).append(place.node)
    return found


def _by_label(canvas: Canvas, toplevels: Iterable[NodeId]) -> list[NodeId]:
    entries = canvas.entries
    return sorted(toplevels, key=lambda each: entries[each].label if each in entries else "")


def _is_alive(canvas: Canvas, toplevel: NodeId) -> bool:
    entry = canvas.entries.get(toplevel)
    return entry is not None and entry.alive


def _report(
    outcome: Outcome[Any],
    places: Sequence[Shown],
    notes: Sequence[str],
    marks: Sequence[Mark],
    liveness: Liveness | None,
) -> dict[str, Any]:
    after = outcome.after
    report: dict[str, Any] = {
        "diff": outcome.diff_id.hex() if liveness is not None and outcome.diff_id else None,
        "touched": [spell_id(toplevel) for toplevel in sorted(outcome.touched)],
        "places": [place for shown in places if (place := _place(after, shown)) is not None],
        "notes": list(notes),
        "marks": [mark_report(after, mark) for mark in marks],
    }
    if liveness is not None:
        report["live"] = liveness.served and not liveness.laggards
        report["laggards"] = list(liveness.laggards)
        report["milliseconds"] = round(liveness.milliseconds, 3)
    return report


def _place(canvas: Canvas, shown: Shown) -> dict[str, str] | None:
    if not _is_alive(canvas, shown.toplevel):
        return None
    node = find(canvas.tree(shown.toplevel), shown.node)
    if node is None:
        return None
    return {
        "toplevel": spell_id(shown.toplevel),
        "id": spell_id(shown.node),
        "address": address_of(canvas, shown.toplevel, shown.node),
        "code": print_any(node, canvas.naming),
    }


def mark_report(canvas: Canvas, mark: Mark) -> dict[str, str]:
    try:
        address = address_of(canvas, mark.toplevel, mark.node)
    except AddressError:
        address = spell_id(mark.node)
    return {
        "kind": mark.kind.value,
        "toplevel": spell_id(mark.toplevel),
        "id": spell_id(mark.node),
        "address": address,
        "says": mark.says,
        **({"expected": mark.expected} if mark.expected else {}),
        **({"found": mark.found} if mark.found else {}),
        **({"suggestion": mark.suggestion} if mark.suggestion else {}),
    }
