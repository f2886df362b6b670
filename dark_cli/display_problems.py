"""How what is wrong with a canvas's files reads.

Must not know how it was found. Invariant: each problem names the file and says what to do. A terminal gets so much of
a name as tells files apart, since a diff's whole name is wider than it is; `--json` has all of it.
"""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.store.problems import Problem


def show_problem(workspace: Workspace, problem: Problem) -> None:
    style = "dim" if problem.is_harmless else "yellow"
    kind, place = problem.kind.value, short_file(problem.file)
    whole = len(f"{kind}: {place} {problem.message}") <= workspace.width
    workspace.print(f"{workspace.paint(kind, style)}: {place}{f' {problem.message}' if whole else ''}")
    for sentence in (problem.advice,) if whole else (problem.message, problem.advice):
        for line in wrap(sentence, workspace.width - 2):
            workspace.print(f"  {line}")


def short_file(file: str) -> str:
    """A file's name with the first eight digits of its id, as `log` shows them."""
    return _DIGITS.sub(r"\1…", file)


_DIGITS = re.compile(r"([0-9a-f]{8})[0-9a-f]{56}")


def problem_report(problem: Problem) -> dict[str, str]:
    return {"file": problem.file, "kind": problem.kind.value, "says": problem.message, "advice": problem.advice}
