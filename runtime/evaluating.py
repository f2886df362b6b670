"""Evaluates an expression, or runs a definition, beside a canvas: for a person at a shell.

Must not know how results are shown. Invariant: what is evaluated sees the snapshot that it is given and nothing newer,
and the canvas does not change by it; rows may, if the caller commits its world.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dark_lang.compiling.translating import compile_toplevel
from dark_lang.library import World
from dark_lang.names import Fresh
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.expressions import Expression
from dark_lang.values.model import Value
from runtime.linking import Linker
from runtime.running import Limits, run

if TYPE_CHECKING:
    from dark_lang.names import NodeId
    from runtime.canvas import Canvas
    from runtime.settings import LimitSettings


def evaluate_expression(
    canvas: Canvas, expression: Expression, *, world: World, settings: LimitSettings, language: int = 1
) -> Value:
    """Raises RunError, with the id of a node of the expression or of the canvas."""
    place = top.Repl(Fresh(expression.id)(), language, "", "shell", expression)
    call = Linker(canvas, canvas.library).link_code(compile_toplevel(place), place)
    return run(call, (), world=world, limits=_limits(settings))


def run_definition(
    canvas: Canvas, toplevel: NodeId, args: Sequence[Value], *, world: World, settings: LimitSettings
) -> Value:
    """Raises RunError, with the id of a node of the canvas."""
    call = Linker(canvas, canvas.library).callable_for(toplevel)
    return run(call, tuple(args), world=world, limits=_limits(settings))


def _limits(settings: LimitSettings) -> Limits:
    return Limits(time_ms=settings.time_ms, depth=settings.depth)
