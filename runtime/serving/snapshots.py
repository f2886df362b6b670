"""What a server answers with at one moment: a canvas, its routes, and its handlers as far as they were needed.

A snapshot never changes, but for handlers that are bound when they are first asked for; a request keeps the one it
began with. Must not know HTTP messages or rows. Invariant: a new one is derived from the one before at the cost of what
changed, and put in place by one assignment; if deriving fails, the one before goes on serving.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from dark_lang.deciding import Side
from dark_lang.library import Effect, World
from dark_lang.names import NodeId
from dark_lang.nodes.toplevels import Http, Switch, Toplevel
from dark_lang.records import dataclass
from dark_lang.values.model import Value
from runtime.current import Run
from runtime.data.usage import Served
from runtime.lanes.capsules import Capsule
from runtime.serving.messages import Outgoing
from runtime.serving.requests import Fields, Plan, mentioned, plan_for
from runtime.serving.routes import (
    Branch,
    Match,
    Route,
    follow,
    matches,
    plant,
    read_path,
    read_route,
    with_route,
    without_route,
)

log = logging.getLogger(__name__)


class Entry(Protocol):
    @property
    def kind(self) -> type[Toplevel]: ...
    @property
    def label(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def since(self) -> tuple[int, int]: ...
    @property
    def alive(self) -> bool: ...


class Canvas(Protocol):
    """What serving asks of a canvas."""

    @property
    def entries(self) -> Mapping[NodeId, Entry]: ...
    @property
    def frontier(self) -> tuple[bytes, ...]:
        """The newest diffs in it."""
        ...

    def tree(self, toplevel: NodeId) -> Toplevel: ...


class Program(Protocol):
    """The runnable side of one canvas snapshot."""

    @property
    def asks(self) -> frozenset[str] | None:
        """The fields of a request that say whose it is; None: it may be any."""
        ...

    def callable_for(self, toplevel: NodeId) -> Callable[..., Value]: ...
    def finished(self, toplevel: NodeId) -> bool: ...
    def effect(self, handler: NodeId) -> Effect:
        """What answering with it may do."""
        ...

    def answer(
        self,
        call: Callable[..., Value],
        args: tuple[Value, ...],
        world: World,
        *,
        brief: bool = False,
        deadline: float = 0.0,
        inspect: Callable[[Run], None] | None = None,
        forced: Mapping[NodeId, Side] = {},
    ) -> Outgoing:
        """Runs a handler within the limits of a request; its first argument is the request. `deadline`: by
        time.monotonic, if it began before now; `inspect` gets the run when it is over; `forced`: sides that a signed
        request asks for. Raises RunError; and Overtime, if it is `brief`."""
        ...

    def outgoing(self, call: Callable[..., Value], *args: Value) -> Outgoing:
        """The answer that a handler makes, inside a run."""
        ...

    def pack(self, handler: NodeId) -> Capsule:
        """The handler, and all that it reaches, for another process."""
        ...

    def serving(self, handler: NodeId) -> Iterable[Served]:
        """The handler and what it reaches, as they are here."""
        ...

    def place(self, node: NodeId) -> str:
        """The address of a node, for the log."""
        ...

    def wanted(self, node: NodeId) -> str:
        """The type that is expected at a hole, as it is written; "" where any would do."""
        ...


@dataclass(slots=True)
class Handler:
    """An HTTP handler, ready to run. `fields`: of the request, that are made for it."""

    id: NodeId
    address: str
    call: Callable[..., Value]
    variables: tuple[str, ...]
    plan: Plan
    fields: Fields
    takes_params: bool
    finished: bool
    effect: Effect
    packed: Capsule | None = None  # once it was wanted


Taker = tuple[Handler, tuple[str, ...]]
"""A handler that takes a request, and what the variables of its route stand for."""

MOST_REMEMBERED = 4096  # paths
LONGEST_REMEMBERED = 256  # bytes


class Snapshot:
    __slots__ = ("_handlers", "_recent", "aside", "canvas", "count", "has_switches", "program", "root")

    def __init__(
        self,
        canvas: Canvas,
        root: Branch,
        count: int,
        program: Program,
        aside: frozenset[str] | None,
        *,
        has_switches: bool,
    ) -> None:
        """`aside`: fields of requests that others than the handlers look at."""
        self.canvas = canvas
        self.root = root
        self.count = count
        self.program = program
        self.aside = aside
        self.has_switches = has_switches
        self._handlers: dict[NodeId, Handler] = {}
        self._recent: dict[tuple[str, bytes], Taker] = {}

    def find(self, method: str, path: bytes) -> Taker | set[str]:
        """`choose` for a path as it came. Raises BadPath. Most traffic goes to few paths: they are remembered."""
        key = (method, path)
        found = self._recent.get(key)
        if found is not None:
            return found
        chosen = self.choose(method, read_path(path))
        if not isinstance(chosen, set) and chosen[0].finished and len(path) <= LONGEST_REMEMBERED:
            if len(self._recent) >= MOST_REMEMBERED:
                self._recent.clear()
            self._recent[key] = chosen
        return chosen

    def handler(self, toplevel: NodeId) -> Handler:
        """Binds it if this is the first time. Raises what linking raises."""
        found = self._handlers.get(toplevel)
        if found is None:
            found = self._handlers[toplevel] = self._bind(toplevel)
        return found

    def _bind(self, toplevel: NodeId) -> Handler:
        tree = self.canvas.tree(toplevel)
        if not isinstance(tree, Http):
            raise TypeError(f"{toplevel} is no HTTP handler")
        fields = Fields(mentioned(tree), self.aside)
        return Handler(
            toplevel,
            self.canvas.entries[toplevel].label,
            self.program.callable_for(toplevel),
            read_route(tree.method, tree.route).variables,
            plan_for(fields),
            fields,
            fields.takes("params"),
            self.program.finished(toplevel),
            self.program.effect(toplevel),
        )

    def choose(self, method: str, segments: list[str]) -> Taker | set[str]:
        """The handler that takes the request, and what its variables stand for; else the methods that would have been
        taken here, none if no route matches. HEAD is answered as GET. An unfinished handler comes after all others."""
        straight = follow(self.root, segments)
        if straight is not None:
            serving = _serving(straight, method)
            handler = self._handlers.get(serving[0]) if serving else None
            if handler is not None and handler.finished:
                return handler, straight.values
        allowed: set[str] = set()
        unfinished: Taker | None = None
        for match in matches(self.root, segments):
            serving = _serving(match, method)
            if not serving:
                allowed.update(match.handlers)
            for toplevel in serving:
                handler = self._handlers.get(toplevel) or self.handler(toplevel)
                if handler.finished:
                    return handler, match.values
                if unfinished is None:
                    unfinished = (handler, match.values)
        return unfinished or allowed


def _serving(match: Match, method: str) -> tuple[NodeId, ...]:
    """The handlers that might take it, the one that serves first."""
    found = match.handlers.get(method, ())
    return match.handlers.get("GET", ()) if method == "HEAD" and not found else found


C = TypeVar("C", bound=Canvas)


class Snapshots(Generic[C]):
    """The current snapshot of a server, and how it comes by the next."""

    def __init__(self, canvas: C, program_for: Callable[[C], Program]) -> None:
        self._program_for = program_for
        self._deriving = threading.Lock()
        # Of the newest snapshot alone, so it need not be copied: only `bind` reads it, one thread at a time.
        self._routes = dict(_routes(canvas, canvas.entries))
        # Of two handlers for one route the older serves; later ones line up behind as they come.
        oldest_first = sorted(self._routes.items(), key=lambda item: canvas.entries[item[0]].since)
        root = plant((route, handler) for handler, route in oldest_first)
        self._switches = dict(_switches(canvas, canvas.entries))
        self.current = self._snapshot(canvas, root, program_for(canvas))

    def bind(self, canvas: C, touched: Iterable[NodeId]) -> bool:
        """Puts a newer canvas in service. Whether it is; if not, the log says why, and the one before goes on."""
        with self._deriving:
            try:
                self.current = self._derive(canvas, touched)
            except Exception:
                log.exception("the newest edit could not be put in service; what was served before still is")
                return False
            return True

    def _derive(self, canvas: C, touched: Iterable[NodeId]) -> Snapshot:
        root = self.current.root
        program = self._program_for(canvas)
        touched = list(touched)
        after = dict(_routes(canvas, touched))
        for handler in touched:
            old, new = self._routes.get(handler), after.get(handler)
            if old == new:
                continue
            if old is not None:
                root = without_route(root, old, handler)
            if new is not None:
                root = with_route(root, new, handler)
        for handler in touched:
            if handler in after:
                self._routes[handler] = after[handler]
            else:
                self._routes.pop(handler, None)
        for switch in touched:
            self._switches.pop(switch, None)
        self._switches.update(_switches(canvas, touched))
        return self._snapshot(canvas, root, program)

    def _snapshot(self, canvas: Canvas, root: Branch, program: Program) -> Snapshot:
        aside = program.asks
        for fields in self._switches.values():
            aside = None if aside is None or fields is None else aside | fields
        return Snapshot(canvas, root, len(self._routes), program, aside, has_switches=bool(self._switches))


def _switches(canvas: Canvas, toplevels: Iterable[NodeId]) -> Iterator[tuple[NodeId, frozenset[str] | None]]:
    """With the fields of requests that their conditions look at, wherever their Toggles stand."""
    for toplevel in toplevels:
        entry = canvas.entries.get(toplevel)
        if entry is not None and entry.alive and entry.kind is Switch:
            yield toplevel, mentioned(canvas.tree(toplevel))


def _routes(canvas: Canvas, toplevels: Iterable[NodeId]) -> Iterator[tuple[NodeId, Route]]:
    for toplevel in toplevels:
        entry = canvas.entries.get(toplevel)
        if entry is not None and entry.alive and entry.kind is Http:
            yield toplevel, read_route(entry.method, entry.name)
