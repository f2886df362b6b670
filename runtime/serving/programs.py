"""The runnable side of one snapshot, as a server needs it: handlers as functions, and their answers within limits.

Must not know lanes, routes or sockets. Invariant: an answer is made whole inside the run that it comes from, so that
the limits of the run hold for what it takes to write it, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from dark_lang.deciding import Side
from dark_lang.errors import RunError
from dark_lang.library import Effect, Library, World
from dark_lang.names import Defined, NodeId
from dark_lang.naming import Realm
from dark_lang.nodes.toplevels import Function
from dark_lang.values.model import Case, GuestDict, Value
from runtime.checking import Checks
from runtime.current import Run
from runtime.effects import Effects
from runtime.linking import CanvasView, CodeCache, Linker
from runtime.running import Limits, run
from runtime.serving.messages import Outgoing
from runtime.serving.requests import mentioned
from runtime.serving.responses import outgoing
from runtime.settings import Settings
from runtime.switches.subjects import reads_cookies

log = logging.getLogger("dark.serve")


def run_limits(settings: Settings) -> Limits:
    limits = settings.limits
    return Limits(limits.time_ms, limits.depth, limits.memory_bytes)


class Runnable:
    """`cache` is shared by all snapshots of a process."""

    def __init__(
        self,
        canvas: CanvasView,
        library: Library,
        settings: Settings,
        cache: CodeCache,
        checks: Checks | None = None,
    ) -> None:
        linker = Linker(canvas, library, cache, checks)
        self.callable_for = linker.callable_for
        self.finished = linker.finished
        self._effects = Effects(canvas, library)
        self._limits = run_limits(settings)
        self._told = False
        self._output_bytes = settings.limits.output_bytes
        self._header = settings.subject.trusted_header.lower()
        self.asks: frozenset[str] | None = frozenset({"headers"} if self._header else ())
        self.subject_function: NodeId | None = None
        self._subject: Callable[..., Value] | None = None
        self._trusts_subject = True
        if settings.subject.function:
            ref = canvas.resolve(Realm.FUNCTION, settings.subject.function)
            if isinstance(ref, Defined):
                self.subject_function = ref.id
                self._subject = linker.callable_for(ref.id)
                self._trusts_subject = not reads_cookies(canvas, ref.id)
                function = canvas.tree(ref.id)
                params = function.params if isinstance(function, Function) else ()
                self.asks = mentioned(function, params[0].name) if len(params) == 1 else frozenset()

    def effect(self, handler: NodeId) -> Effect:
        """What answering may do, with the function that says who is asking."""
        own = self._effects.of(handler).effect
        return own if self.subject_function is None else max(own, self._effects.of(self.subject_function).effect)

    def answer(
        self,
        call: Callable[..., Value],
        args: tuple[Value, ...],
        world: World,
        *,
        brief: bool = False,
        deadline: float = 0.0,
        inspect: Callable[[Run], None] | None = None,
        pinned: Mapping[NodeId, Side] = {},
        forced: Mapping[NodeId, Side] = {},
    ) -> Outgoing:
        """Runs a handler; its first argument is the request. The rest: as `running.run` has it. Raises RunError, and
        Overtime if it is brief."""
        known: str | None = None
        if self._subject is not None:
            deadline = deadline or time.monotonic() + self._limits.time_ms / 1000
            known = self._who(args[0], world, brief=brief, deadline=deadline)
        elif self._header:
            held = args[0].get("headers", {}).get(self._header)
            known = held if isinstance(held, str) and held else None
        return run(
            self.outgoing,
            (call, *args),
            world=world,
            limits=self._limits,
            subject=known,
            is_trusted=self._trusts_subject,
            forced=forced,
            seen={"request": args[0]},
            brief=brief,
            deadline=deadline,
            inspect=inspect,
            pinned=pinned,
        )

    def _who(self, request: Value, world: World, *, brief: bool, deadline: float) -> str | None:
        """Whom switches decide for. A function that fails knows nobody, and everybody gets the old sides; that is said
        once, since each request would say it again."""
        assert self._subject is not None
        # Whoever sends a request writes its headers: only the one that canvas.toml names is what it says.
        headers = request.get("headers", {})
        kept = GuestDict({name: value for name, value in headers.items() if name == self._header})
        try:
            found = run(
                self._subject,
                ({**request, "headers": kept},),
                world=world,
                limits=self._limits,
                brief=brief,
                deadline=deadline,
            )
        except RunError as error:
            if not self._told:
                self._told = True
                log.warning("who is asking cannot be told, so switches give their old sides: %s", error.message)
            return None
        held = found.values if isinstance(found, Case) and found.name == "Some" else ()
        return held[0] if held and isinstance(held[0], str) else None

    def outgoing(self, call: Callable[..., Value], *args: Value) -> Outgoing:
        """The answer that a handler makes, inside a run."""
        return outgoing(call(*args), self._output_bytes)
