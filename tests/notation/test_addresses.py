"""Addresses: taken apart, looked up in a tree, and made."""

from __future__ import annotations

import pytest
from generators import toplevels
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_names import PlainNames

from dark_lang.errors import AddressError
from dark_lang.names import Fresh
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import Kind, find_path, kind_of, label_of, parse_address, path_of, suggest
from dark_lang.notation.printing import print_any
from dark_lang.notation.reading import read_toplevel

NAMES = PlainNames()
TOPLEVELS = toplevels(3)

PARTED = [
    ("GET:/users/:id", Kind.HTTP, "GET:/users/:id", None, None, False),
    ("get /users/:id", Kind.HTTP, "GET:/users/:id", None, None, False),
    ("http:GET:/#body", Kind.HTTP, "GET:/", "body", None, False),
    ("GET:/users/:id#body.then.args.0", Kind.HTTP, "GET:/users/:id", "body.then.args.0", None, False),
    ("Shop::total_v1", None, "Shop::total_v1", None, None, False),
    ("fn:Shop::total", Kind.FUNCTION, "Shop::total", None, None, False),
    ("Users-v0", None, "Users-v0", None, None, False),
    ("worker:mail", Kind.WORKER, "worker:mail", None, None, False),
    ("toggle:new-price#kxq", Kind.SWITCH, "toggle:new-price", "kxq", "kxq", False),
    ("kxq", None, "kxq", None, "kxq", False),
    ("id:kxq", None, "", None, "kxq", True),
    ("Shop::total#hole.2", None, "Shop::total", "hole.2", None, False),
]


@pytest.mark.parametrize(("text", "kind", "label", "path", "id_prefix", "force_id"), PARTED)
def test_parts(
    text: str, kind: Kind | None, label: str, path: str | None, id_prefix: str | None, force_id: bool
) -> None:
    address = parse_address(text)
    assert (address.kind, address.label, address.path) == (kind, label, path)
    assert (address.id_prefix, address.force_id) == (id_prefix, force_id)


@pytest.mark.parametrize("text", ["", " ", "#body", "id:", "id:abc", "worker:", "http:users"])
def test_nonsense(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert caught.value.exit_code == 3


@given(text=st.text())
def test_any_words_are_an_address_or_an_error_that_says_so(text: str) -> None:
    try:
        parse_address(text)
    except AddressError as error:
        assert error.message


@settings(max_examples=100, deadline=None)
@given(tree=TOPLEVELS)
def test_a_label_leads_back(tree: top.Toplevel) -> None:
    address = parse_address(label_of(tree))
    assert address.label == label_of(tree)
    assert address.kind in (None, kind_of(type(tree)))


@settings(max_examples=100, deadline=None)
@given(tree=TOPLEVELS)
def test_a_path_leads_back(tree: top.Toplevel) -> None:
    paths = {path_of(tree, node.id): node for node in descend(tree) if node is not tree}
    assert len(paths) == sum(1 for _ in descend(tree)) - 1
    for path, node in paths.items():
        assert find_path(tree, path) is node
    assert path_of(tree, tree.id) == ""


PROGRAM = """fn Shop::total_v0(items: List<Int>, n: Int) -> Int
let total = n + ?first
if total > 1 then f({ price: ?, count: 2 }) else match items {
  Some(x) -> g(x)
  None -> ?last
}"""
FOUND = [
    ("body.pattern", "total"),
    ("let:total.value", "n + ?first"),
    ("body.body.then.args.0", "{ price: ?, count: 2 }"),
    ("body.body.else.subject", "items"),
    ("arm:Some.body", "g(x)"),
    ("field:count.value", "2"),
    ("param:n.type", "Int"),
    ("hole", "?first"),
    ("hole.2", "?"),
    ("hole:last", "?last"),
    ("arm:None.hole", "?last"),
    ("params.0", "items: List<Int>"),
]


@pytest.fixture(scope="module")
def program() -> Node:
    return read_toplevel(PROGRAM, NAMES, Fresh(1)).tree


@pytest.mark.parametrize(("path", "printed"), FOUND)
def test_paths_and_searches(program: Node, path: str, printed: str) -> None:
    assert print_any(find_path(program, path), NAMES) == printed


@pytest.mark.parametrize(
    ("path", "near"),
    [("bdy", "body"), ("body.bodi.then", "body.body"), ("body.body.els", "body.body.else"), ("params.7", "params")],
)
def test_paths_that_lead_astray(program: Node, path: str, near: str) -> None:
    with pytest.raises(AddressError) as caught:
        find_path(program, path)
    assert near in caught.value.suggestion
    assert caught.value.details


@pytest.mark.parametrize("path", ["hole.9", "let:nothing", "arm:Ok", "body..then", "9", "hole.0", "params"])
def test_paths_to_nothing(program: Node, path: str) -> None:
    with pytest.raises(AddressError):
        find_path(program, path)


def test_suggestions() -> None:
    names = ["Shop::total_v0", "Shop::price_v0", "User_v0", "worker:mail", "GET:/users/:id"]
    assert suggest("Shop::totl", names) == "Shop::total_v0"
    assert suggest("shop::pirce", names) == "Shop::price_v0"
    assert suggest("GET:/user/:id", names) == "GET:/users/:id"
    assert suggest("entirely different", names) is None
    assert suggest("x", []) is None
