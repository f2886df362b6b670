"""Routes and what they match: one line a case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.names import NodeId
from runtime.serving.routes import (
    EMPTY,
    BadPath,
    Branch,
    follow,
    matches,
    plant,
    read_path,
    read_route,
    with_route,
    without_route,
)

_ROUTES = """
/
/users
/users/:id
/users/me
/users/:id/posts/:post
/users/me/posts/latest
/files/:rest*
/files/special
/:anything
/deep/:a/x
/deep/y/z
/caf%C3%A9/:what
/a//b
"""

ROUTES = _ROUTES.split()

CASES = """
/                        /                           -
/users                   /users                      -
/users/7                 /users/:id                  7
/users/me                /users/me                   -
/users/me/posts/3        /users/:id/posts/:post      me,3
/users/me/posts/latest   /users/me/posts/latest      -
/users/7/posts/latest    /users/:id/posts/:post      7,latest
/users/a%2Fb             /users/:id                  a/b
/users/a%20b             /users/:id                  a b
/users/%F0%9F%90%99      /users/:id                  🐙
/users/..                /users/:id                  ..
/users/                  nothing                     -
/users/7/                nothing                     -
/users/7/nothing         nothing                     -
/files/a                 /files/:rest*               a
/files/a/b/c             /files/:rest*               a/b/c
/files/a//c              /files/:rest*               a//c
/files/special           /files/special              -
/files/special/more      /files/:rest*               special/more
/other                   /:anything                  other
/USERS                   /:anything                  USERS
/deep/y/x                /deep/:a/x                  y
/deep/y/z                /deep/y/z                   -
/deep/y/q                nothing                     -
/café/au-lait            /caf%C3%A9/:what            au-lait
/caf%C3%A9/noir          /caf%C3%A9/:what            noir
/a//b                    /a//b                       -
/a/b                     nothing                     -
/%66iles/x               /files/:rest*               x
"""


def tree_of(routes: list[str]) -> Branch:
    root = EMPTY
    for nth, route in enumerate(routes, 1):
        root = with_route(root, read_route("GET", route), NodeId(nth))
    return root


def first(root: Branch, path: str) -> tuple[str, tuple[str, ...]]:
    straight = follow(root, read_path(path.encode()))
    for match in matches(root, read_path(path.encode())):
        assert straight is None or straight == match
        return ROUTES[match.handlers["GET"][0] - 1], match.values
    return "nothing", ()


@pytest.mark.parametrize("case", [line for line in CASES.splitlines() if line])
def test_a_path_means_the_most_specific_route(case: str) -> None:
    path, route, values = case.split(maxsplit=2)
    expected = () if values == "-" else tuple(values.split(","))
    assert first(tree_of(ROUTES), path) == (route, expected)
    planted = plant((read_route("GET", route), NodeId(nth)) for nth, route in enumerate(ROUTES, 1))
    assert first(planted, path) == (route, expected)


def test_an_empty_rest_is_a_rest() -> None:
    root = with_route(EMPTY, read_route("GET", "/files/:rest*"), NodeId(1))
    assert [match.values for match in matches(root, read_path(b"/files/"))] == [("",)]
    assert [match.values for match in matches(root, read_path(b"/files"))] == [("",)]


@pytest.mark.parametrize("path", [b"/%", b"/%f", b"/a%zz", b"/%ff", b"/%C3", b"/\xff", b"/a%80b", b"/%c0%af"])
def test_a_path_that_cannot_be_read_is_refused(path: bytes) -> None:
    with pytest.raises(BadPath):
        read_path(path)


def test_all_readings_come_in_order() -> None:
    root = tree_of(["/a/b", "/a/:x", "/:x/b", "/:x/:y", "/:rest*"])
    found = [match.handlers["GET"][0] for match in matches(root, ["a", "b"])]
    assert found == [1, 2, 3, 4, 5]


def test_of_two_handlers_the_first_serves_and_its_end_lets_the_other() -> None:
    route = read_route("GET", "/x/:a")
    root = with_route(with_route(EMPTY, route, NodeId(1)), read_route("GET", "/x/:b"), NodeId(2))
    assert next(matches(root, ["x", "1"])).handlers["GET"] == (1, 2)
    assert next(matches(without_route(root, route, NodeId(1)), ["x", "1"])).handlers["GET"] == (2,)


SEGMENT = st.sampled_from(["a", "b", ":x", ":y", ""])
ROUTE = st.builds(
    lambda segments, rest: "/" + "/".join([*segments, ":rest*"] if rest else segments),
    st.lists(SEGMENT, min_size=1, max_size=4),
    st.booleans(),
)


@given(st.lists(ROUTE, max_size=8), st.data())
def test_taking_routes_away_in_any_order_leaves_the_tree_of_the_rest(routes: list[str], data: st.DataObject) -> None:
    root = tree_of(routes)
    order = data.draw(st.permutations(range(len(routes))))
    left = dict(enumerate(routes))
    for nth in order:
        del left[nth]
        root = without_route(root, read_route("GET", routes[nth]), NodeId(nth + 1))
        assert shape(root) == shape(plant((read_route("GET", route), NodeId(n + 1)) for n, route in left.items()))
    assert root.bare


def shape(branch: Branch) -> object:
    return (
        {segment: shape(below) for segment, below in branch.concrete.items()},
        shape(branch.variable) if branch.variable else None,
        branch.handlers,
        branch.rest,
    )


@given(st.lists(ROUTE, max_size=8), st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=4))
def test_the_straight_way_is_the_first_way(routes: list[str], segments: list[str]) -> None:
    root = tree_of(routes)
    straight = follow(root, segments)
    if straight is not None:
        assert straight == next(matches(root, segments))


@given(st.binary(max_size=60))
def test_no_path_breaks_the_reader(path: bytes) -> None:
    try:
        segments = read_path(b"/" + path)
    except BadPath:
        return
    assert segments
    assert all(isinstance(segment, str) for segment in segments)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), min_size=1, max_size=5))
def test_segments_that_are_escaped_come_back(segments: list[str]) -> None:
    path = "".join("/" + "".join(f"%{byte:02X}" for byte in segment.encode()) for segment in segments)
    assert read_path(path.encode()) == segments
