"""The recorded traffic of a command's canvas, opened as its options ask.

Must not know how it is shown. Invariant: what the server has not written yet is written before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from dark_cli.display_times import zone_of
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError, CanvasError, UsageError
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import suggest
from runtime.traces.asking import Filter, TraceReader
from runtime.traces.identities import TraceId, first_at
from runtime.traces.spans import read_moment, read_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtime.traces.sealing import Sealer


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--status --since --until --slower --side --text`, for `read_filter`."""
    for names, settings in reversed(_OPTIONS):
        function = click.option(*names, **settings)(function)
    return function


_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--status",), {"metavar": "CODE", "help": "404, or 5xx."}),
    (("--since",), {"metavar": "WHEN", "help": "30m, 2d, or 2026-05-01."}),
    (("--until",), {"metavar": "WHEN", "help": "As --since."}),
    (("--slower",), {"metavar": "SPAN", "help": "That took at least so long: 100ms."}),
    (("--side",), {"metavar": "SWITCH=SIDE", "help": "That took a side: price=new."}),
    (("--text",), {"metavar": "WORDS", "help": "With these words anywhere in them."}),
    (("--traffic",), {"is_flag": True, "help": "Without your own tries."}),
)


def read_filter(workspace: Workspace, address: str | None, given: dict[str, Any]) -> Filter:
    """Raises UsageError, AddressError."""
    now, zone = int(workspace.now() * 1_000_000), zone_of(workspace)
    since, until, slower = given.get("since"), given.get("until"), given.get("slower")
    return Filter(
        toplevel=None if address is None else workspace.canvas.find(address).toplevel_id,
        statuses=_statuses(given.get("status")),
        since=first_at(read_moment(since, now, zone)) if since else 0,
        until=first_at(read_moment(until, now, zone)) if until else (1 << 63) - 1,
        slower=read_span(slower) if slower else 0,
        side=_side(workspace, given.get("side")),
        text=given.get("text") or "",
        trials=False if given.get("traffic") else None,
    )


def _statuses(text: str | None) -> tuple[int, int] | None:
    if not text:
        return None
    if len(text) == 3 and text[0] in "12345" and text[1:].lower() == "xx":
        return int(text[0]) * 100, int(text[0]) * 100 + 100
    if len(text) == 3 and text.isdigit():
        return int(text), int(text) + 1
    raise UsageError(f"{text!r} is no status", suggestion="write 404, or 5xx for all of them")


def _side(workspace: Workspace, text: str | None) -> tuple[NodeId, bool] | None:
    if not text:
        return None
    name, equals, side = text.rpartition("=")
    if not equals or side not in ("old", "new"):
        raise UsageError(f"{text!r} is no side of a switch", suggestion="write NAME=new or NAME=old")
    return find_switch(workspace, name), side == "new"


def find_switch(workspace: Workspace, name: str) -> NodeId:
    """The switch of that name, with or without `toggle:`. Raises AddressError."""
    canvas = workspace.canvas
    found = canvas.labelled(name if name.startswith("toggle:") else f"toggle:{name}")
    if found is not None and canvas.entries[found].kind is top.Switch:
        return found
    names = [entry.label.removeprefix("toggle:") for entry in canvas.alive() if entry.kind is top.Switch]
    near = suggest(name.removeprefix("toggle:"), names)
    raise AddressError(
        f"no switch is called {name.removeprefix('toggle:')}",
        suggestion=f"did you mean {near}?" if near else "dark toggle list shows those that there are",
    )


@contextmanager
def opened_traces(workspace: Workspace, *, unsealed: bool = False) -> Iterator[TraceReader]:
    """With marks where something was sealed, to be shown; or `unsealed`, to be run again, if the key is here. Raises
    CanvasError where nothing can be read."""
    workspace.count()
    reader = TraceReader(workspace.folder, sealer_of(workspace) if unsealed else None)
    try:
        yield reader
    finally:
        reader.close()


def sealer_of(workspace: Workspace) -> Sealer:
    from runtime.keys import canvas_key  # late: only what reads traces needs keys
    from runtime.traces.sealing import Sealer

    try:
        return Sealer(canvas_key(workspace.host.settings.canvas))
    except CanvasError as error:
        workspace.complain(f"{error.message}; what is sealed stays so")
        return Sealer(None)


def find_trace(reader: TraceReader, word: str) -> TraceId:
    """By the start of its id, or `last`. Raises AddressError."""
    if word != "last":
        return reader.find(word)
    found = reader.last()
    if found is None:
        raise AddressError("nothing was recorded yet", suggestion="dark serve records what it answers")
    return found
