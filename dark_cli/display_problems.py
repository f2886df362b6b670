"""How what is wrong with a canvas's files reads.

Must not know how it was found. Invariant: each problem names the file and says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.store.problems import Problem


def show_problem(workspace: Workspace, problem: Problem) -> None:
    style = "dim" if problem.is_harmless else "yellow"
    workspace.print(f"{workspace.paint(problem.kind.value, style)}: {problem.file} {problem.message}")
    if problem.advice:
        workspace.print(f"  {problem.advice}")


def problem_report(problem: Problem) -> dict[str, str]:
    return {"file": problem.file, "kind": problem.kind.value, "says": problem.message, "advice": problem.advice}
