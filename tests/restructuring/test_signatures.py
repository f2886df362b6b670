"""Functions whose parameters or result change: what becomes of those who call them."""

from __future__ import annotations

import pytest
from programs import Program

from dark_lang.edits.inverting import invert
from dark_lang.names import Defined, NodeId, Unresolved
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import rebuild
from dark_lang.notation.printing import print_toplevel
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.neighbouring import transpose
from dark_lang.restructuring.placing import insert
from dark_lang.restructuring.removing import delete
from dark_lang.restructuring.renaming import rename
from dark_lang.restructuring.replacing import fill, replace_node
from dark_lang.restructuring.revising import revise
from dark_lang.restructuring.spots import Spot, Where
from dark_lang.restructuring.surgery import changed

F = "fn T::f(a: Int, s: String) -> Int\na + String::length(s)"


class Shop(Program):
    """A function and what calls it: `repl r0`, `repl r1` …"""

    def __init__(self, *callers: str, function: str = F) -> None:
        super().__init__(function, *[f"repl r{nth}\n{caller}" for nth, caller in enumerate(callers)])

    @property
    def f(self) -> NodeId:
        return self.trees[0].id

    def insert(self, param: str, where: Where = Where.LAST, *, function: NodeId | None = None) -> Changed:
        target = function or self.f
        return insert(self.draft, self.known, target, Spot(target, where, "params"), param)

    def versions(self) -> list[str]:
        """The first lines of all functions."""
        trees = [tree for tree in self.now() if isinstance(tree, top.Function)]
        return [print_toplevel(tree, self.known.naming).partition("\n")[0] for tree in trees]

    def body(self, number: int = 0) -> str:
        return " ".join(self.text(number + 1).partition("\n")[2].split())

    def record(self) -> bytes:
        """Makes a diff of the draft and begins another."""
        self.trees = self.now()
        diff = self.shelf.record(self.draft)
        self.draft = self.shelf.draft()
        return diff


OLD, NEW = "fn T::f_v0(a: Int, s: String) -> Int", "fn T::f_v1(a: Int, s: String, n: Int) -> Int"


@pytest.mark.parametrize(
    ("caller", "after"),
    [
        ('T::f(1, "x")', 'partial { new: T::f_v1(1, "x", ?n), old: T::f_v0(1, "x") }'),
        ('1 |> T::f("x")', 'partial { new: 1 |> T::f_v1("x", ?n), old: 1 |> T::f_v0("x") }'),
        (
            'T::f(T::f(1, "x"), "y")',
            'partial { new: T::f_v1(T::f_v1(1, "x", ?n), "y", ?n), old: T::f_v0(T::f_v0(1, "x"), "y") }',
        ),
        ("[T::f]", "[partial { new: (a, s) => T::f_v1(a, s, ?n), old: T::f_v0 }]"),
        # What runs is on the old side, and stays.
        ('partial { new: ?, old: T::f(1, "x") }', 'partial { new: ?, old: T::f_v0(1, "x") }'),
    ],
)
def test_a_parameter_more_is_a_new_version(caller: str, after: str) -> None:
    shop = Shop(caller)
    said = shop.insert("n: Int")
    assert shop.versions() == [OLD, NEW]
    assert shop.body() == after
    assert "T::f_v0 is in use, so that this is a new version, T::f_v1" in said.notes
    assert said.toplevel != shop.f


@pytest.mark.parametrize(
    ("caller", "after"),
    [
        ("1", "1"),
        ("partial { new: T::f(1, ?), old: 5 }", "partial { new: T::f_v0(1, ?, ?n), old: 5 }"),
        # It could not run before.
        ("T::f(1, ?)", "T::f_v0(1, ?, ?n)"),
    ],
)
def test_what_nothing_calls_that_runs_changes_in_place(caller: str, after: str) -> None:
    shop = Shop(caller)
    shop.insert("n: Int")
    assert shop.versions() == ["fn T::f_v0(a: Int, s: String, n: Int) -> Int"]
    assert shop.body() == after


def test_when_the_last_hole_is_filled_the_new_version_runs() -> None:
    shop = Shop('T::f(1, "x")')
    shop.insert("n: Int")
    shop.record()
    caller, hole = shop.at(1, "hole")
    fill(shop.draft, shop.known, caller, hole, "7")
    assert shop.body() == 'T::f_v1(1, "x", 7)'


def test_undo_takes_all_of_it_back() -> None:
    shop = Shop('T::f(1, "x")', 'T::f(2, "y") + 1')
    before = [shop.draft.tree(tree.id) for tree in shop.trees]
    shop.insert("n: Int")
    diff = shop.record()
    invert(shop.draft, diff, shop.shelf.diffs[-1][1])
    assert shop.now() == before


def test_a_parameter_less_leaves_the_others() -> None:
    shop = Shop(
        'T::f(1, "x")',
        '1 |> T::f("x")',
        '[1] |> List::map_v0(n => T::f(n, "y"))',
        function=F.replace("a + String::length(s)", "String::length(s)"),
    )
    delete(shop.draft, shop.known, *shop.at(0, "params.0"))
    assert shop.versions() == ["fn T::f_v0(s: String) -> Int"]
    assert shop.body(0) == 'T::f_v0("x")'
    assert shop.body(1) == '1 |> (it => T::f_v0("x"))'
    assert shop.body(2) == '[1] |> List::map_v0(n => T::f_v0("y"))'


def test_a_parameter_less_that_the_body_still_needs_keeps_the_old() -> None:
    """The new version is unfinished, so that no call of it is finished either."""
    shop = Shop('T::f(1, "x")')
    delete(shop.draft, shop.known, *shop.at(0, "params.0"))
    assert shop.versions() == [OLD, "fn T::f_v1(s: String) -> Int"]
    assert shop.body() == 'partial { new: T::f_v1("x"), old: T::f_v0(1, "x") }'


def test_another_order() -> None:
    shop = Shop('T::f(1, "x")', '1 |> T::f("x")', 'let it = "x"; 1 |> T::f(it)', 'List::map_v0([T::f], g => g(1, "x"))')
    transpose(shop.draft, shop.known, *shop.at(0, "params.0"))
    assert shop.versions() == ["fn T::f_v0(s: String, a: Int) -> Int"]
    assert shop.body(0) == 'T::f_v0("x", 1)'
    assert shop.body(1) == '1 |> (it => T::f_v0("x", it))'
    assert shop.body(2) == 'let it = "x" 1 |> (it2 => T::f_v0(it, it2))'
    assert shop.body(3) == 'List::map_v0([(a, s) => T::f_v0(s, a)], g => g(1, "x"))'


def test_another_type() -> None:
    shop = Shop('T::f(1, "x")', "T::f(1, ?)", function=F.replace("a + ", ""))
    replace_node(shop.draft, shop.known, *shop.at(0, "params.0.type"), "Float")
    assert shop.versions() == [OLD, "fn T::f_v1(a: Float, s: String) -> Int"]
    assert shop.body(0) == 'partial { new: T::f_v1(1, "x"), old: T::f_v0(1, "x") }'
    assert shop.body(1) == "T::f_v1(1, ?)"


def test_a_type_that_goes_with_all_calls_changes_in_place() -> None:
    shop = Shop('T::f(1, "x")', function=F.replace("a + ", ""))
    revise(shop.draft, shop.known, shop.f, shop.f, "fn T::f<b>(a: b, s: String) -> Int\nString::length(s)")
    assert shop.versions() == ["fn T::f_v0<b>(a: b, s: String) -> Int"]
    assert shop.body() == 'T::f_v0(1, "x")'


def test_another_result() -> None:
    shop = Shop('T::f(1, "x") + 1', '[T::f(1, "x")]', 'let n = T::f(1, "x"); n + 1')
    replace_node(shop.draft, shop.known, *shop.at(0, "result"), "String")
    assert shop.body(0) == 'partial { new: T::f_v1(1, "x"), old: T::f_v0(1, "x") } + 1'
    assert shop.body(1).startswith("[partial {")
    assert shop.body(2) == 'let n = partial { new: T::f_v1(1, "x"), old: T::f_v0(1, "x") } n + 1'


def test_calls_of_itself_go_to_the_new_version() -> None:
    shop = Shop("T::g(3)", function="fn T::g(n: Int) -> Int\nif n < 1 then 0 else T::g(n - 1)")
    caller = shop.trees[0]
    assert isinstance(caller, top.Function)
    itself = rebuild(caller, lambda node: changed(node, function=Defined(caller.id)) if _calls_g(node) else node)
    shop.trees[0] = itself
    shop.shelf = type(shop.shelf)(shop.trees)
    shop.draft = shop.shelf.draft()
    shop.insert("m: Int")
    new = shop.now()[-1]
    assert isinstance(new, top.Function)
    text = " ".join(print_toplevel(new, shop.known.naming).split())
    assert text == "fn T::g_v1(n: Int, m: Int) -> Int if n < 1 then 0 else T::g_v1(n - 1, ?m)"
    assert "T::g_v0(n - 1)" in shop.text(0)


def _calls_g(node: object) -> bool:
    return isinstance(node, e.Call) and node.function == Unresolved("T::g")


def test_a_second_change_goes_on_with_the_new_version() -> None:
    shop = Shop('T::f(1, "x")')
    new = shop.insert("n: Int").toplevel
    shop.record()
    shop.insert("m: Int", Where.FIRST, function=new)
    assert shop.versions() == [OLD, "fn T::f_v1(m: Int, a: Int, s: String, n: Int) -> Int"]
    assert shop.body() == 'partial { new: T::f_v1(?m, 1, "x", ?n), old: T::f_v0(1, "x") }'


def test_in_place_leaves_the_calls_as_they_are() -> None:
    shop = Shop('T::f(1, "x")')
    shop.known.in_place = True
    shop.insert("n: Int")
    assert shop.versions() == ["fn T::f_v0(a: Int, s: String, n: Int) -> Int"]
    assert shop.body() == 'T::f_v0(1, "x")'


def test_the_name_of_a_parameter_is_nobody_elses_business() -> None:
    shop = Shop('T::f(1, "x")')
    rename(shop.draft, shop.known, *shop.at(0, "params.0"), "b")
    assert shop.versions() == ["fn T::f_v0(b: Int, s: String) -> Int"]
    assert shop.body() == 'T::f_v0(1, "x")'


def test_the_next_free_number_is_taken() -> None:
    shop = Shop('T::f_v0(1, "x")')
    shop.insert("n: Int")
    shop.record()
    shop.insert("m: Int")
    assert shop.versions()[-1] == "fn T::f_v2(a: Int, s: String, m: Int) -> Int"


def test_a_name_without_a_version_goes_on_meaning_the_old() -> None:
    shop = Shop('T::f(1, "x")')
    named = rebuild(shop.trees[1], lambda node: changed(node, function=Unresolved("T::f")) if _is_call(node) else node)
    shop.trees[1] = named
    shop.shelf = type(shop.shelf)(shop.trees)
    shop.draft = shop.shelf.draft()
    shop.insert("n: Int")
    assert shop.body() == 'partial { new: T::f_v1(1, "x", ?n), old: T::f_v0(1, "x") }'


def _is_call(node: object) -> bool:
    return isinstance(node, e.Call)
