"""A request on its way through a lane other than the event loop, and what it comes back with.

Must not know lanes. Invariant: `done` is called once for each ticket that was handed in.
"""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.names import NodeId
from dark_lang.records import NamedTuple, dataclass
from runtime.data.commits import Commit
from runtime.lanes.capsules import Capsule
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.requests import Fields
from runtime.traces.watching_world import Watched, WatchingWorld


class Crowded(Exception):  # noqa: N818 - a state of affairs
    """So many requests that take long are under way that this one could not be taken up in its time."""


class Back(NamedTuple):
    """Either `made`, with what is to be written if anything is; or the `error`: a RunError, a BadRequest, Crowded or
    our own."""

    made: Outgoing | None = None
    commit: Commit | None = None
    error: Exception | None = None
    watched: Watched | WatchingWorld | None = None  # what the run asked of the outside


@dataclass(frozen=True, slots=True)
class Ticket:
    handler: NodeId
    address: str  # of the handler
    pack: Callable[[], Capsule]
    fields: Fields
    variables: tuple[str, ...]
    values: tuple[str, ...]
    incoming: Incoming
    deadline: float  # by time.monotonic
    done: Callable[[Back], None]
