"""The tree of routes: which handlers a path may mean, the most specific first.

Concrete segments come before variable ones and those before a rest, left to right. Must not know handlers beyond
their ids, nor HTTP beyond method and path. Invariant: a tree never changes; `with_route` and `without_route` copy the
branches on the way, so that a request goes on with the tree that it began with, and an edit costs its own path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

from dark_lang.names import NodeId
from dark_lang.nodes.implicit import route_variables
from dark_lang.records import NamedTuple

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class BadPath(Exception):  # noqa: N818 - the caller's mistake, answered as 400
    """The path of a request cannot be read."""


class Route(NamedTuple):
    """`segments` has None for a variable; `rest`: a last variable takes what remains, which may be nothing."""

    method: str
    segments: tuple[str | None, ...]
    rest: bool
    variables: tuple[str, ...]


class Match(NamedTuple):
    """One way to read a path. `handlers` has the ids for each method, the one that serves first."""

    handlers: dict[str, tuple[NodeId, ...]]
    values: tuple[str, ...]


class Branch:
    """Where a path may have come to. Frozen by convention: a slotted class reads faster than a frozen dataclass."""

    __slots__ = ("concrete", "handlers", "rest", "variable")

    def __init__(
        self,
        concrete: dict[str, Branch],
        variable: Branch | None,
        handlers: dict[str, tuple[NodeId, ...]],
        rest: dict[str, tuple[NodeId, ...]],
    ) -> None:
        self.concrete = concrete
        self.variable = variable
        self.handlers = handlers  # of paths that end here
        self.rest = rest  # of rests that begin here

    @property
    def bare(self) -> bool:
        return not (self.concrete or self.variable or self.handlers or self.rest)


EMPTY = Branch({}, None, {}, {})


def read_route(method: str, text: str) -> Route:
    """`/users/:id/files/:rest*`. Total: a missing slash is supplied, an escape that is none stands for itself."""
    pieces = text.removeprefix("/").split("/")
    rest = pieces[-1].startswith(":") and pieces[-1].endswith("*")
    variables = route_variables(text)
    if rest:
        pieces.pop()
    segments = tuple(None if piece.startswith(":") else _unescape(piece) for piece in pieces)
    return Route(method.upper(), segments, rest, variables)


def _unescape(piece: str) -> str:
    return unquote_to_bytes(piece).decode("utf-8", "replace") if "%" in piece else piece


def read_path(raw: bytes) -> list[str]:
    """The segments of a request's path, which are decoded only once they are apart: `%2F` separates nothing. Raises
    BadPath."""
    try:
        if b"%" not in raw:
            return raw.decode("utf-8").split("/")[1:]
        if _BAD_ESCAPE.search(raw):
            raise BadPath("the path has a % without two hexadecimal digits")
        return [unquote_to_bytes(piece).decode("utf-8") for piece in raw.split(b"/")[1:]]
    except UnicodeDecodeError:
        raise BadPath("the path is not UTF-8") from None


def matches(root: Branch, segments: list[str]) -> Iterator[Match]:
    """All ways to read a path, the most specific first. Each branch of the tree is visited at most once."""
    end = len(segments)
    nothing: tuple[str, ...] = ()
    # A rest waits on the stack as a branch whose index is negative.
    stack: list[tuple[Branch, int, tuple[str, ...]]] = [(root, 0, nothing)]
    while stack:
        branch, index, values = stack.pop()
        if index < 0:
            yield Match(branch.rest, (*values, "/".join(segments[~index:])))
            continue
        if branch.rest:
            stack.append((branch, ~index, values))
        if index == end:
            if branch.handlers:
                yield Match(branch.handlers, values)
            continue
        segment = segments[index]
        index += 1
        if branch.variable is not None and segment:
            stack.append((branch.variable, index, (*values, segment)))
        below = branch.concrete.get(segment)
        if below is not None:
            stack.append((below, index, values))


def follow(root: Branch, segments: list[str]) -> Match | None:
    """The first of `matches`, if taking the most specific branch at every step leads to it: for most paths, at a third
    of the cost. None says nothing."""
    values: tuple[str, ...] = ()
    for segment in segments:
        below = root.concrete.get(segment)
        if below is None:
            below = root.variable
            if below is None or not segment:
                return None
            values = (*values, segment)
        root = below
    return Match(root.handlers, values) if root.handlers else None


def with_route(root: Branch, route: Route, handler: NodeId) -> Branch:
    """A tree in which the handler has that route, after those who have it already."""
    return _change(root, route, handler, add=True)


def without_route(root: Branch, route: Route, handler: NodeId) -> Branch:
    """A tree in which it has not. Branches that lead nowhere go with it."""
    return _change(root, route, handler, add=False)


def _change(root: Branch, route: Route, handler: NodeId, *, add: bool) -> Branch:
    way = [root]
    for segment in route.segments:
        branch = way[-1]
        below = branch.variable if segment is None else branch.concrete.get(segment)
        way.append(below or EMPTY)
    last = way[-1]
    table = _changed(last.rest if route.rest else last.handlers, route.method, handler, add=add)
    if route.rest:
        changed = Branch(last.concrete, last.variable, last.handlers, table)
    else:
        changed = Branch(last.concrete, last.variable, table, last.rest)
    for branch, segment in zip(reversed(way[:-1]), reversed(route.segments), strict=True):
        changed = _graft(branch, segment, changed)
    return changed


def _changed(
    table: dict[str, tuple[NodeId, ...]], method: str, handler: NodeId, *, add: bool
) -> dict[str, tuple[NodeId, ...]]:
    others = tuple(one for one in table.get(method, ()) if one != handler)
    after = {**table, method: (*others, handler) if add else others}
    if not after[method]:
        del after[method]
    return after


def _graft(branch: Branch, segment: str | None, below: Branch) -> Branch:
    if segment is None:
        return Branch(branch.concrete, None if below.bare else below, branch.handlers, branch.rest)
    concrete = branch.concrete.copy()
    if below.bare:
        concrete.pop(segment, None)
    else:
        concrete[segment] = below
    return Branch(concrete, branch.variable, branch.handlers, branch.rest)


def plant(routes: Iterable[tuple[Route, NodeId]]) -> Branch:
    """The tree of many routes at once. Adding them one by one would copy the widest branch for each."""
    root = Branch({}, None, {}, {})
    for route, handler in routes:
        branch = root
        for segment in route.segments:
            below = branch.variable if segment is None else branch.concrete.get(segment)
            if below is None:
                below = Branch({}, None, {}, {})
                if segment is None:
                    branch.variable = below
                else:
                    branch.concrete[segment] = below
            branch = below
        table = branch.rest if route.rest else branch.handlers
        table[route.method] = (*table.get(route.method, ()), handler)
    return root
