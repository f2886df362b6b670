"""A process that brings the cache of a canvas up to date and ends: `python -m runtime.saving FOLDER`.

Must not know who started it. Invariant: it reads diffs and writes `.dark`, nothing else. A server starts it rather than
saving in a thread of its own, because encoding ten thousand toplevels would keep requests waiting for the interpreter.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from dark_lang.errors import DarkError
from runtime.loading import cache_file, load
from runtime.settings import read_settings


def main(folder: Path) -> None:
    with suppress(OSError):
        os.nice(10)
    with suppress(DarkError):  # whoever opens the canvas is told what is wrong with it
        loaded = load(folder, read_settings(folder).canvas)
        loaded.save(cache_file(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
