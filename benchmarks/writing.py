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
    """Changes the text in a definition of a canvas: what `GET /probe` answers, unless another is named."""

    def __init__(self, canvas: Path, address: str = "GET:/probe") -> None:
        self._canvas = canvas
        self._address = address

    def __enter__(self) -> Writer:
        self._host = Host.open(self._canvas, library=standard_library())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.close()

    def write(self, marker: str) -> None:
        def change(draft: Draft, canvas: Canvas) -> None:
            toplevel = canvas.find(self._address).toplevel_id
            text = next(node for node in descend(draft.tree(toplevel)) if isinstance(node, e.Text))
            draft.set(toplevel, text.id, "value", marker)

        self._host.edit(change, author="benchmark", command=f"set the text to {marker}")
