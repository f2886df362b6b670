"""Where the `dark` command starts. Imports only what it takes to find out that no server can run the command.

Invariant: nothing here, and nothing that it imports before `run_cold`, imports `socket`, `json`, `re` or click (a test
watches).
"""

from __future__ import annotations

import os
import sys

from dark_cli import warm


def main() -> None:
    """Runs one command and ends the process with its exit code."""
    argv = sys.argv[1:]
    try:
        code = warm.run_warm(argv)
        if code is None:
            import gc  # late: the warm path needs it as little as the rest

            # Modules stay: to look for cycles among them is a tenth of the time of a short command.
            gc.disable()
            from dark_cli.executing import run_cold  # late: click and the runtime, which a server saves us

            code = run_cold(argv)
    except warm.BrokenOffError as broken:
        from dark_cli.executing import explain_broken  # late, as above

        code = explain_broken(argv, broken.request)
    except KeyboardInterrupt:
        code = 130
    # Nothing of ours waits in Python's buffers, and taking the interpreter down tidily costs milliseconds.
    os._exit(code)
