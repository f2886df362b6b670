"""The process in which a server's tests run: python -m runtime.testing.worker FOLDER, a question a line, and an answer.

Beside the server, and at low priority, so that tests take nothing from those who are served. Must not know the server.
Invariants: it sees the canvas by itself, and writes nothing to it; it ends when nobody asks for a while, and with
whoever started it.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any, Final

from dark_lang.errors import DarkError
from dark_lang.names import NodeId
from dark_lang.stdlib import standard_library
from runtime.hosting import Host
from runtime.linking import CodeCache
from runtime.logs import log_to_stderr
from runtime.running import prepare_stack
from runtime.testing.reaching import Reach
from runtime.testing.results import Outcome, Verdicts
from runtime.testing.running import Runner

NICENESS: Final = 10
IDLE_SECONDS: Final = 60.0
AT_ONCE: Final = 50  # results in one answer


def main(words: list[str]) -> int:
    log_to_stderr()
    os.nice(NICENESS)
    try:
        host = Host.open(Path(words[0]), library=standard_library())
        prepare_stack(host.settings.limits.depth)
    except DarkError as error:
        print(json.dumps({"trouble": error.message}), flush=True)
        return error.exit_code
    cache = CodeCache()
    held = b""
    while True:
        if not select.select([0], [], [], IDLE_SECONDS)[0]:
            return 0
        piece = os.read(0, 1 << 16)
        if not piece:
            return 0
        held += piece
        *lines, held = held.split(b"\n")
        if lines:
            _answer(host, cache, [json.loads(line) for line in lines])


def _answer(host: Host, cache: CodeCache, questions: list[dict[str, Any]]) -> None:
    """Questions that came while others were answered are answered together."""
    host.refresh()
    canvas = host.canvas
    reach = Reach(canvas)
    if any(question["touched"] is None for question in questions):
        wanted = reach.tests()
    else:
        wanted = reach.affected({NodeId(each) for question in questions for each in question["touched"]})
    tester = Runner(canvas, canvas.library, host.settings, cache)
    told: list[dict[str, Any]] = []
    for each in wanted:
        told.append(_told(tester.run(each)))
        if len(told) >= AT_ONCE:
            print(json.dumps({"results": told}), flush=True)
            told = []
    there = [int(each) for each in reach.tests()]
    print(json.dumps({"results": told, "there": there, "lamport": canvas.lamport}), flush=True)


def _told(result: Verdicts) -> dict[str, Any]:
    found = result.first
    says = ""
    if found is not None and result.outcome is not Outcome.PASSED:
        mistake, attempt = found
        says = f"expected {mistake.expected}, found {mistake.found}" if mistake.expected else mistake.found
        if any(attempt.sides.values()):
            says += ", with a new side"
    return {
        "test": int(result.toplevel),
        "label": result.label,
        "outcome": result.outcome.value,
        "says": says,
        "microseconds": result.microseconds,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
