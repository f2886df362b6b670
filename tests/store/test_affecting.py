"""Whose marks an edit may have changed: found by an index of who refers to what, from the cached fold and since."""

from __future__ import annotations

from pathlib import Path

import pytest

from dark_lang.edits.drafting import Draft
from dark_lang.library import Library
from dark_lang.names import Defined, NodeId, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes import types as t
from dark_lang.notation.reading import read_expression, read_signature, read_typedef
from dark_lang.stdlib import standard_library
from runtime import asking
from runtime.affecting import affected
from runtime.canvas import Canvas
from runtime.hosting import Host, Outcome
from runtime.referring import keys_of


@pytest.fixture(scope="module")
def library() -> Library:
    return standard_library()


@pytest.fixture
def host(folder: Path, library: Library) -> Host:
    return Host.open(folder, library=library)


def handler(host: Host, route: str, body: str) -> NodeId:
    def change(draft: Draft, canvas: Canvas) -> NodeId:
        tree = read_expression(body, canvas.naming, draft.fresh).tree
        draft.create_toplevel(made := tl.Http(draft.fresh(), 1, "", "GET", route, tree))
        return made.id

    return host.edit(change, author="ada", command=f"insert {route}").result


def function(host: Host, signature: str, body: str) -> Outcome[NodeId]:
    def change(draft: Draft, canvas: Canvas) -> NodeId:
        head = read_signature(signature, canvas.naming, draft.fresh).tree
        tree = read_expression(body, canvas.naming, draft.fresh).tree
        draft.create_toplevel(
            tl.Function(head.id, 1, "", head.name, head.version, head.type_params, head.params, head.result, tree)
        )
        return head.id

    return host.edit(change, author="ada", command=f"insert {signature}")


def definition(host: Host, text: str) -> NodeId:
    def change(draft: Draft, canvas: Canvas) -> NodeId:
        draft.create_toplevel(tree := read_typedef(text, canvas.naming, draft.fresh).tree)
        return tree.id

    return host.edit(change, author="ada", command=f"insert {text}").result


def swapped(host: Host, toplevel: NodeId, old: NodeId, text: str) -> Outcome[None]:
    """Other code, or another type, in the place of a node."""

    def change(draft: Draft, canvas: Canvas) -> None:
        new = t.Named(draft.fresh(), canvas.naming.resolve(Realm.TYPE, text), ()) if text[:1].isupper() else None
        draft.replace(toplevel, old, new or read_expression(text, canvas.naming, draft.fresh).tree)

    return host.edit(change, author="ada", command=f"replace with {text}")


def deleted(host: Host, toplevel: NodeId) -> Outcome[None]:
    return host.edit(lambda draft, _: draft.delete_toplevel(toplevel), author="ada", command="delete")


def concerned(outcome: Outcome[object]) -> set[str]:
    found = affected(outcome.before, outcome.after, outcome.touched)
    assert not found.left_out
    return {outcome.after.entries[each].label for each in found.toplevels}


def test_a_body_is_nobody_elses_business(host: Host) -> None:
    total = function(host, "Shop::total(n: Int) -> Int", "n").result
    handler(host, "/a", "Shop::total(1)")
    body = host.canvas.tree(total).body.id  # type: ignore[union-attr]
    assert concerned(swapped(host, total, body, "n + 1")) == {"Shop::total_v0"}


def test_a_signature_and_a_deletion_are_the_callers(host: Host) -> None:
    total = function(host, "Shop::total(n: Int) -> Int", "n").result
    handler(host, "/a", "Shop::total(1)")
    handler(host, "/b", "[1] |> List::map(x => Shop::total(x))")
    handler(host, "/c", "1")
    tree = host.canvas.tree(total)
    assert isinstance(tree, tl.Function)
    assert concerned(swapped(host, total, tree.params[0].type.id, "String")) == {"Shop::total_v0", "GET:/a", "GET:/b"}
    assert concerned(deleted(host, total)) == {"Shop::total_v0", "GET:/a", "GET:/b"}


def test_a_name_that_meant_nothing_means_something_now(host: Host) -> None:
    user = handler(host, "/a", "Shop::total(1)")
    tree = host.canvas.tree(user)
    assert isinstance(tree, tl.Http)
    assert isinstance(tree.body, e.Call)
    assert tree.body.function == Unresolved("Shop::total")
    assert concerned(function(host, "Shop::total(n: String) -> Int", "1")) == {"Shop::total_v0", "GET:/a"}


def test_a_type_is_seen_through_what_speaks_of_it(host: Host) -> None:
    item = definition(host, "Item = { price: Int }")
    definition(host, "Cart = { items: List<Item> }")
    function(host, "Shop::first(cart: Cart) -> Option<Item>", "List::head(cart.items)")
    handler(host, "/a", "Shop::first({ items: [{ price: 1 }] })")
    handler(host, "/b", "1")
    tree = host.canvas.tree(item)
    assert isinstance(tree, tl.Type)
    assert isinstance(tree.definition, t.Record)
    outcome = swapped(host, item, tree.definition.fields[0].type.id, "String")
    assert concerned(outcome) == {"Item_v0", "Cart_v0", "Shop::first_v0", "GET:/a"}


def test_the_cached_fold_knows_the_same_as_the_trees(host: Host, library: Library) -> None:
    total = function(host, "Shop::total(n: Int) -> Int", "if n > 0 then Shop::total(n - 1) else 0").result
    kept = [handler(host, f"/h{nth}", f"Shop::total({nth}) + Shop::other({nth})") for nth in range(5)]
    gone = handler(host, "/gone", "Shop::total(1)")
    host.save()
    host.close()
    again = Host.open(host.folder, library=library)
    changed = again.canvas.tree(kept[0])
    assert isinstance(changed, tl.Http)
    swapped(again, kept[0], changed.body.id, "1")
    added = handler(again, "/later", "Shop::total(1)")
    deleted(again, gone)
    assert _users(again.canvas, total) == {total, *kept[1:], added}
    assert _users(again.canvas, total) == {each for each in asking.alive(again.canvas) if _mentions(again, each, total)}
    assert {use.toplevel for use in asking.uses_of(again.canvas, Defined(total))} == _users(again.canvas, total)
    other = function(again, "Shop::other(n: Int) -> Int", "n").result
    assert _users(again.canvas, other) == set(kept[1:])
    again.save()
    again.close()
    last = Host.open(host.folder, library=library)
    assert _users(last.canvas, total) == {total, *kept[1:], added}
    last.close()


def _users(canvas: Canvas, target: NodeId) -> set[NodeId]:
    keys = keys_of(target, [canvas.entries.get(target)])
    return {each for each in canvas.referring(keys) if canvas.entries[each].alive}


def _mentions(host: Host, toplevel: NodeId, target: NodeId) -> bool:
    return any(use.ref == Defined(target) for use in asking.uses_in(host.canvas, toplevel))


def test_many_users_are_counted_and_not_all_looked_at(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    total = function(host, "Shop::total(n: Int) -> Int", "n").result
    for nth in range(5):
        handler(host, f"/h{nth}", "Shop::total(1)")
    monkeypatch.setattr("runtime.affecting.MOST", 3)
    outcome = deleted(host, total)
    found = affected(outcome.before, outcome.after, outcome.touched)
    assert (len(found.toplevels), found.left_out) == (4, 2)
