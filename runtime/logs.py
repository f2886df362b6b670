"""Where a server and its processes say what they have to say. Must not know what that is."""

from __future__ import annotations

import logging


def log_to_stderr() -> None:
    """To the standard error stream, with the time; of other libraries, warnings."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S", level=logging.WARNING)
    logging.getLogger("dark").setLevel(logging.INFO)
