"""The names that code sees without binding them: what comes with a handler, a worker's event, a switch's condition.

Must not know how names are looked up. Invariant: a toplevel's own names are all here.
"""

from __future__ import annotations

from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node

CONDITION_NAMES = ("request", "event", "subject", "now")


def route_variables(route: str) -> tuple[str, ...]:
    """`/users/:id/files/:rest*` has `id` and `rest`."""
    return tuple(part[1:].removesuffix("*") for part in route.split("/") if part.startswith(":"))


def implicit_names(toplevel: Node) -> tuple[str, ...]:
    """In the order in which a later one hides an earlier one of the same name."""
    match toplevel:
        case top.Http(route=route):
            return ("request", *route_variables(route))
        case top.Worker():
            return ("event",)
        case top.Switch():
            return CONDITION_NAMES
        case _:
            return ()
