"""Expressions that a person types to have them evaluated, for `run` and `db set`.

Must not know the commands. Invariant: an expression that cannot be read whole is not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dark_cli.workspace import Workspace
from dark_lang.errors import RunError, UsageError
from dark_lang.library import World
from dark_lang.names import Fresh
from dark_lang.nodes.expressions import Expression
from dark_lang.notation.reading import read_expression

if TYPE_CHECKING:
    from dark_lang.values.model import Value


def read(workspace: Workspace, text: str) -> Expression:
    """Raises UsageError if the text had to be repaired."""
    reading = read_expression(text, workspace.canvas.naming, Fresh(0))
    if reading.repairs:
        raise UsageError(
            "this expression cannot be read", details=tuple(repair.message for repair in reading.repairs[:5])
        )
    return reading.tree


def evaluate(workspace: Workspace, text: str) -> Value:
    """The value of an expression; what it writes to datastores is kept. Raises UsageError, RunError."""
    from runtime.evaluating import evaluate_expression  # late: the compiler, which only runs need

    expression = read(workspace, text)
    settings = workspace.host.settings.limits
    return with_world(
        workspace, lambda world: evaluate_expression(workspace.canvas, expression, world=world, settings=settings)
    )


def with_world(workspace: Workspace, run: Any) -> Value:
    """Runs with the rows of this host, and commits what was written if it came to its end. Raises RunError,
    CanvasError."""
    from contextlib import closing

    from runtime.data.commits import Verdict  # late: the database's library is 10 ms
    from runtime.data.datastore import TRIES, Data

    with closing(Data.open(workspace.folder)) as data:
        for _ in range(TRIES):
            world = data.world()
            try:
                value = run(world)
            except BaseException:
                world.end()
                raise
            if not world.wrote:
                world.end()
                return value
            outcome = data.commit(world)
            if outcome.verdict is Verdict.DONE:
                return value
            if outcome.verdict is not Verdict.CONFLICT:
                raise RunError(f"nothing was written: {outcome.reason}")
    raise RunError("others changed the same rows again and again; nothing was written")


__all__ = ["World", "evaluate", "read", "with_world"]
