"""The requests that no handler took, and none would take now.

Must not know how they are listed. Invariant: what somebody has made a handler of since is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dark_lang.nodes import toplevels as top
from runtime.serving.routes import BadPath, matches, plant, read_path, read_route
from runtime.traces.files import MissingCount

if TYPE_CHECKING:
    from runtime.canvas import Canvas


def unanswered(canvas: Canvas, missing: Iterable[MissingCount]) -> list[MissingCount]:
    root = plant((read_route(entry.method, entry.name), entry.id) for entry in canvas.alive() if entry.kind is top.Http)
    found = []
    for one in missing:
        try:
            segments = read_path(one.path.encode())
        except BadPath:
            continue
        methods = {method for match in matches(root, segments) for method in match.handlers}
        if one.method not in methods and not (one.method == "HEAD" and "GET" in methods):
            found.append(one)
    return found
