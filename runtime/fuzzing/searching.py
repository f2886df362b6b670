"""Looks for inputs that end a run, come to a hole, or make two sides differ; and makes what it finds small.

Must not know how values are made (`drawing`) or shown. Invariants: nothing that it runs reaches outside; each find is
told once, by the node at which it happens, with the smallest input that was found for it; it ends after as many tries
as it was given for each.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import hypothesis
from hypothesis import strategies as st

from dark_lang.deciding import Side
from dark_lang.errors import DarkError, RefusedError
from dark_lang.library import Library
from dark_lang.names import Defined, NodeId, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from dark_lang.records import NamedTuple, dataclass
from dark_lang.types import UNKNOWN, Named, Type
from dark_lang.values.demanding import hole_reached
from dark_lang.values.jsonifying import to_json
from dark_lang.values.model import HoleValue, Value
from runtime.checking import Interfaces
from runtime.current import Run
from runtime.fuzzing.drawing import Draw, draw_value
from runtime.holding import EPOCH, HeldWorld, Known, NotRecorded
from runtime.linking import CodeCache
from runtime.replaying.comparing import Difference, differences
from runtime.replaying.rerunning import Result, held_run
from runtime.running import run
from runtime.serving.messages import Incoming, Outgoing
from runtime.serving.programs import Runnable, run_limits
from runtime.serving.requests import request_value, whole_plan
from runtime.serving.routes import read_route
from runtime.settings import Settings
from runtime.traces.records import Answered, Failure, answered_of

if TYPE_CHECKING:
    from runtime.canvas import Canvas

MOST_FINDS: Final = 5


class Tried(NamedTuple):
    """One input: of a function its arguments, of a handler the request; and the rows that were read."""

    args: tuple[Value, ...]
    incoming: Incoming | None
    rows: Mapping[tuple[NodeId, str], Value]
    moment: datetime


@dataclass(frozen=True, slots=True)
class Find:
    """`failure`: what ended the run, if anything did; else how the sides differ. `old`: what the old side answers, of
    a function its value alone; None if it fails."""

    toplevel: NodeId
    tried: Tried
    failure: Failure | None
    differences: tuple[Difference, ...]
    old: Answered | tuple[Value] | None = None


class _FoundError(Exception):
    pass


class Fuzzer:
    """Of one canvas. `switch`: whose sides are compared; without one, whatever ends a run is looked for."""

    def __init__(self, canvas: Canvas, library: Library, settings: Settings, switch: NodeId | None = None) -> None:
        self._canvas = canvas
        self._limits = run_limits(settings)
        self._program = Runnable(canvas, library, settings, CodeCache(), canvas.checks)
        self._interfaces = Interfaces(canvas, library)
        self._switch = switch

    def search(self, toplevel: NodeId, tries: int, tell: Callable[[int], None]) -> list[Find]:
        tree = self._canvas.tree(toplevel)
        if not isinstance(tree, top.Function | top.Http):
            raise RefusedError("only functions and handlers take inputs")
        finds: list[Find] = []
        known: set[object] = set()
        for _ in range(MOST_FINDS):
            found = self._search_once(tree, tries, known, tell)
            if found is None:
                break
            finds.append(found)
        return finds

    def _search_once(
        self, tree: top.Function | top.Http, tries: int, known: set[object], tell: Callable[[int], None]
    ) -> Find | None:
        last: dict[object, Find] = {}
        looked_for: list[object] = []
        count = 0

        @hypothesis.settings(
            max_examples=tries,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            verbosity=hypothesis.Verbosity.quiet,
            report_multiple_bugs=False,
        )
        @hypothesis.given(st.data())
        def probe(data: st.DataObject) -> None:
            nonlocal count
            count += 1
            if not count % 50:
                tell(count)
            find, identity = self._try(tree, data.draw)
            if find is None or identity in known or (looked_for and identity != looked_for[0]):
                return
            looked_for[:] = [identity]
            last[identity] = find
            raise _FoundError

        with warnings.catch_warnings(), suppress(_FoundError, hypothesis.errors.Flaky):
            # Runs set the depth of the interpreter, which Hypothesis sees and warns of. What was found once is told,
            # even if it does not come again.
            warnings.simplefilter("ignore", hypothesis.errors.HypothesisWarning)
            probe()
        if not looked_for:
            return None
        known.add(looked_for[0])
        return last[looked_for[0]]

    # One try

    def _try(self, tree: top.Function | top.Http, draw: Draw) -> tuple[Find | None, object]:
        source = _Drawn(draw, self._interfaces)
        if isinstance(tree, top.Http):
            incoming, variables = self._request(tree, draw)
            call = self._program.callable_for(tree.id)

            def answer(world: HeldWorld, pinned: Mapping[NodeId, Side], inspect: Callable[[Run], None]) -> Outgoing:
                names = read_route(tree.method, tree.route).variables
                record = request_value(incoming, whole_plan(tree), names, variables, params=True)
                return self._program.answer(call, (record, *variables), world, inspect=inspect, pinned=pinned)

            def once(pinned: Mapping[NodeId, Side]) -> Result:
                world = HeldWorld(source)
                return held_run(lambda inspect: answer(world, pinned, inspect), world, answered_of)

            args: tuple[Value, ...] = ()
        else:
            incoming = None
            signature = self._interfaces.signature(Defined(tree.id))
            wanted = [held for _, held in signature.params] if signature is not None else []
            args = tuple([draw_value(draw, each, self._interfaces) for each in wanted])
            function = self._program.callable_for(tree.id)
            values: list[Value] = []

            def once(pinned: Mapping[NodeId, Side]) -> Result:
                world = HeldWorld(source)

                def call_it(inspect: Callable[[Run], None]) -> Value:
                    value = run(function, args, world=world, limits=self._limits, pinned=pinned, inspect=inspect)
                    if isinstance(value, HoleValue):
                        raise hole_reached(value)
                    values.append(value)
                    return value

                return held_run(call_it, world, _as_answer)

        tried = Tried(args, incoming, source.known, source.moment)
        if self._switch is not None:
            old, new = once({self._switch: Side.OLD}), once({self._switch: Side.NEW})
            source.go_on()
            unlike = tuple(differences(old, new))
            before = None
            if old.failure is None and old.answered is not None:
                before = (values[0],) if incoming is None else old.answered
            found = Find(tree.id, tried, new.failure, unlike, before) if unlike else None
            return found, ("differs", unlike[0].path if unlike else "", new.failure.node if new.failure else 0)
        result = once({})
        source.go_on()
        failure = result.failure
        if failure is None:
            return None, None
        return Find(tree.id, tried, failure, ()), (
            failure.kind,
            failure.node,
            failure.message if not failure.node else "",
        )

    def _request(self, tree: top.Http, draw: Draw) -> tuple[Incoming, tuple[str, ...]]:
        route = read_route(tree.method, tree.route)
        variables = tuple([draw(st.text(min_size=1, max_size=12)) for _ in route.variables])
        values = iter(variables)
        pieces = [quote(next(values), safe="") if part.startswith(":") else part for part in tree.route.split("/")]
        words = sorted(
            {
                part.value
                for node in descend(tree)
                if isinstance(node, e.String)
                for part in node.parts
                if isinstance(part, e.Text)
            }
        )
        named = st.dictionaries(st.sampled_from(words) if words else st.nothing(), st.text(max_size=12), max_size=3)
        query = urlencode(draw(named)) if words else ""
        fields = draw(named) if words else {}
        headers = [
            (name.lower().encode(), value.encode("latin-1", "replace"))
            for name, value in fields.items()
            if name.isascii() and name.replace("-", "").isalnum()
        ]
        body = b""
        if draw(st.booleans()):
            body = to_json(draw_value(draw, self._body_type(tree), self._interfaces)).encode("utf-8", "replace")
        return Incoming(
            tree.method, "/".join(pieces).encode(), query.encode(), headers, body, "127.0.0.1", 0
        ), variables

    def _body_type(self, tree: top.Http) -> Type:
        """What the handler reads its JSON as; any JSON, if that is not known."""
        types = self._canvas.checks.of(tree.id).types
        for node in descend(tree):
            if isinstance(node, e.Call) and isinstance(node.function, Standard) and node.function.name == "Json::as":
                found = types.get(node.id)
                if isinstance(found, Named) and found.args and found.args[0] != UNKNOWN:
                    return found.args[0]
        return Named(Standard("Json"))


def _as_answer(value: Value) -> Answered:
    """What a function gives, so that two can be told apart."""
    try:
        body = to_json(value).encode("utf-8", "replace")
    except DarkError:
        body = repr(value).encode("utf-8", "replace")
    return Answered(200, (), body, len(body))


class _Drawn:
    """Rows, the clock and chance, made when they are asked for (`holding.Source`)."""

    def __init__(self, draw: Draw, interfaces: Interfaces) -> None:
        self._draw = draw
        self._interfaces = interfaces
        self.known: dict[tuple[NodeId, str], Value] = {}
        self._asked: dict[tuple[NodeId, str], Value | None] = {}
        self._all: dict[NodeId, dict[str, Value]] = {}
        self.moment = EPOCH
        self._ended: BaseException | None = None

    def go_on(self) -> None:
        """Raises what Hypothesis raised, inside the run, to end the try."""
        if self._ended is not None:
            raise self._ended

    def _chosen(self, strategy: st.SearchStrategy[Any]) -> Any:
        # A run would take it for its own end; so it fails now, and the try ends after it.
        try:
            return self._draw(strategy)
        except BaseException as ended:
            self._ended = ended
            raise NotRecorded("there are no more choices") from None

    def now(self) -> datetime:
        return self.moment

    def random_bytes(self, count: int) -> bytes:
        return bytes(count)

    def row(self, store: NodeId, key: str) -> Value | None:
        if store in self._all:
            return self._all[store].get(key)
        if (store, key) not in self._asked:
            there = self._chosen(st.booleans())
            self._asked[store, key] = self._value(store) if there else None
            if there:
                self.known[store, key] = self._asked[store, key]
        return self._asked[store, key]

    def rows(self, store: NodeId, known: Known) -> dict[str, Value]:
        if store not in self._all:
            found = {key: value for (held, key), value in self._asked.items() if held == store and value is not None}
            for key in self._chosen(st.lists(st.text(max_size=6), max_size=3, unique=True)):
                if (store, key) not in self._asked:
                    found[key] = self.known[store, key] = self._value(store)
            self._all[store] = found
        rows = {key: value for key, value in self._all[store].items() if key not in known}
        return {**rows, **{key: value for key, value in known.items() if value is not None}}

    def keys(self, store: NodeId, known: Known) -> set[str]:
        return set(self.rows(store, known))

    def count(self, store: NodeId, known: Known) -> int:
        return len(self.rows(store, known))

    def _value(self, store: NodeId) -> Value:
        return draw_value(self._chosen, self._interfaces.stored_type(Defined(store)) or UNKNOWN, self._interfaces)
