"""What `dark status` says of the traffic: what is held back, what cannot be recorded, tries that look like more.

Must not know how it is counted. Invariant: it says nothing where nothing needs attention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dark_cli.display import plural
from dark_lang.records import dataclass

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace

MANY_TRIALS: Final = 1_000
"""A day: more than a person tries."""


@dataclass(frozen=True, slots=True)
class Traffic:
    held: tuple[str, ...]  # by address
    trials: int  # today
    trouble: str  # why nothing is recorded, "" if it is
    missed: int  # requests that no handler took, different ones
    failing: tuple[str, ...]  # tests that run beside the server, and what is wrong
    tests: int  # how many of those there are

    def report(self) -> dict[str, Any]:
        return {
            "held": list(self.held),
            "trials": self.trials,
            "trouble": self.trouble or None,
            "missed": self.missed,
            "tests": {"run": self.tests, "failing": list(self.failing)},
        }

    def lines(self) -> list[str]:
        found = []
        if self.held:
            count = len(self.held)
            found.append(
                f"held: {plural(count, 'edit')} from elsewhere would change what serves traffic;"
                f" the code from before serves on"
            )
            found += [f"  dark accept {label}" for label in self.held[:10]]
        if self.trouble:
            found.append(f"requests are not recorded: {self.trouble}")
        if self.trials >= MANY_TRIALS:
            found.append(
                f"{self.trials:,} requests today came from this machine, and lock nothing;"
                f" if they are traffic, set loopback = true under [locks] in canvas.toml"
            )
        if self.missed:
            found.append(f"{plural(self.missed, 'path')} asked for that no handler takes; dark ls --404 lists them")
        if self.failing:
            fail = "fails" if len(self.failing) == 1 else "fail"
            found.append(f"{len(self.failing)} of {plural(self.tests, 'test')} {fail}")
            found += [f"  {line}" for line in self.failing[:5]]
        elif self.tests:
            found.append(f"no test fails, of {self.tests}")
        return found


def traffic_of(workspace: Workspace) -> Traffic:
    host = workspace.host
    held = tuple(label for _, label in host.held())
    trials = missed = 0
    ran = host.tests.known() if host.tests is not None else {}
    failing = tuple(f"{one.label}: {one.says}" for one in host.tests.failing()) if host.tests is not None else ()
    if host.has_traffic:
        from runtime.locks.judging import microseconds_now  # late: a canvas without traffic needs none of it

        trials = host.locks.uses.trials_today(microseconds_now())
    if host.folder.joinpath("data", "traces.sqlite").exists():
        from contextlib import closing

        from dark_lang.errors import CanvasError
        from runtime.traces.asking import TraceReader  # late, as above
        from runtime.traces.unanswered import unanswered

        try:
            with closing(TraceReader(host.folder)) as reader:
                missed = len(unanswered(workspace.canvas, reader.missing()))
        except CanvasError as error:
            return Traffic(held, trials, error.message, 0, failing, len(ran))
    return Traffic(held, trials, host.recording_trouble(), missed, failing, len(ran))
