"""Another process's edits, as a server sees them: diff files that appear in the folder.

Must not talk to the server. Invariant: `write` returns when the diff is durable.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from dark_lang.edits.drafting import Draft
from dark_lang.nodes import expressions as e
from dark_lang.nodes.walking import descend
from dark_lang.stdlib import standard_library
from runtime.canvas import Canvas
from runtime.hosting import Host


class Writer:
    """Changes the text that `GET /probe` of a canvas answers."""

    def __init__(self, canvas: Path) -> None:
        self._canvas = canvas

    def __enter__(self) -> Writer:
        self._host = Host.open(self._canvas, library=standard_library())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.close()

    def write(self, marker: str) -> None:
        def change(draft: Draft, canvas: Canvas) -> None:
            handler = canvas.find("GET:/probe").toplevel_id
            text = next(node for node in descend(draft.tree(handler)) if isinstance(node, e.Text))
            draft.set(handler, text.id, "value", marker)

        self._host.edit(change, author="benchmark", command=f"set the probe to {marker}")
