"""Two states of a canvas side by side: what was made, deleted and changed, as lines of code.

Must not know commands. Invariant: what is the same in both is not shown, but for a few lines around a change.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from dark_lang.names import NodeId, spell_id
from dark_lang.notation.printing import print_toplevel

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas

_STYLES = {"+": "green", "-": "red"}


def show_diff(workspace: Workspace, before: Canvas, after: Canvas) -> None:
    changed = _changed(before, after)
    for toplevel in changed:
        old, new = _code(before, toplevel, workspace.width - 2), _code(after, toplevel, workspace.width - 2)
        label = (after if new else before).entries[toplevel].label
        what = "" if old and new else " (new)" if new else " (deleted)"
        workspace.print(workspace.paint(f"{label}{what}", "bold"))
        for number, line in enumerate(list(unified_diff(old, new, n=2, lineterm=""))[2:]):
            # At which line a hunk begins says nothing of a tree, but that something is left out before it.
            if not line.startswith("@@"):
                workspace.print(workspace.paint(line, _STYLES[line[0]]) if line[0] in _STYLES else line)
            elif number or not line.startswith(("@@ -1,", "@@ -1 ", "@@ -0,")):
                workspace.print(workspace.paint("…", "dim"))
    if not changed:
        workspace.print("no difference")


def diff_report(before: Canvas, after: Canvas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for toplevel in _changed(before, after):
        old, new = _code(before, toplevel, 100), _code(after, toplevel, 100)
        found.append(
            {
                "id": spell_id(toplevel),
                "address": (after if new else before).entries[toplevel].label,
                "before": "\n".join(old) if old else None,
                "after": "\n".join(new) if new else None,
            }
        )
    return found


def _changed(before: Canvas, after: Canvas) -> list[NodeId]:
    """The toplevels that are other than before, by label."""
    found = []
    for toplevel in before.entries.keys() | after.entries.keys():
        old, new = before.entries.get(toplevel), after.entries.get(toplevel)
        was, now = old is not None and old.alive, new is not None and new.alive
        if was != now or (was and old is not None and new is not None and old.content != new.content):
            entry = new or old
            assert entry is not None
            found.append((entry.label, toplevel))
    return [toplevel for _, toplevel in sorted(found)]


def _code(canvas: Canvas, toplevel: NodeId, width: int) -> list[str]:
    entry = canvas.entries.get(toplevel)
    if entry is None or not entry.alive:
        return []
    return print_toplevel(canvas.tree(toplevel), canvas.naming, width=width).rstrip("\n").split("\n")
