"""What all tests stand on: how properties are tried, and signals as a terminal gives them.

Properties get the same examples on each run of `make test`, new ones in `make test-full`.

A test that looks at other examples each time finds what nobody thought of, and then fails somebody whose change has
nothing to do with it. So looking is the work of the long loops, and what they find becomes a case of its own.
"""

from __future__ import annotations

import os
import signal
import tempfile

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("looking", deadline=None, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    # Keys of the canvases that tests make are none of the user's.
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="dark-test-config-")
    settings.load_profile("steady" if config.getoption("markexpr") == "not full" else "looking")
    # A job in the background of a script ignores Ctrl-C, and so would every process that a test starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
