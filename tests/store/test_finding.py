"""Names, labels, addresses and short ids of one snapshot."""

from __future__ import annotations

import pytest
from desks import Desk
from hypothesis import given
from hypothesis import strategies as st

from dark_lang.errors import AddressError
from dark_lang.library import Library
from dark_lang.names import Defined, NodeId, Standard, Unresolved, spell_id
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes import types as t
from dark_lang.nodes.walking import descend
from runtime.entries import NO_VERSION, Entry
from runtime.labelling import Labels, labels_of
from runtime.store.identities import shortest_prefix


def make(desk: Desk, kind: str, name: str, version: int = 0, case: str = "Red") -> NodeId:
    def change(draft, canvas):
        f = draft.fresh
        unit = t.Named(f(), Standard("Unit"), ())
        match kind:
            case "fn":
                made = tl.Function(f(), 1, "", name, version, (), (), unit, e.Unit(f()))
            case "type":
                made = tl.Type(f(), 1, "", name, version, (), t.Enum(f(), (t.Case(f(), case, ()),)))
            case "db":
                made = tl.Datastore(f(), 1, "", name, version, unit, None, None)
            case "toggle":
                made = tl.Switch(f(), 1, "", name, True, 0, "s", "murmur3", (), (), (), None)
            case "secret":
                made = tl.Secret(f(), 1, "", name)
            case _:
                made = tl.Worker(f(), 1, "", name, e.Unit(f()))
        draft.create_toplevel(made)
        return made.id

    return desk.host.edit(change, author="ada", command=f"insert {kind} {name}").result


def test_labels_lead_to_toplevels_and_paths_into_them(desk: Desk) -> None:
    made = desk.handler("a", 5)
    found = desk.host.canvas.find("GET:/a#body")
    assert (found.toplevel_id, found.label) == (made, "GET:/a") and isinstance(found.node, e.Int)
    for word in ("get:/a", "GET /a", "http:GET:/a", "GET:/a#", f"id:{spell_id(made)}", spell_id(made)):
        assert desk.host.canvas.find(word).node.id == made
    short = desk.host.canvas.short_id(found.node.id)
    assert desk.host.canvas.find(short).node == desk.host.canvas.find(f"GET:/a#{short}").node == found.node


def test_a_name_without_a_version_is_the_newest(desk: Desk) -> None:
    make(desk, "fn", "Shop::total", 0)
    newest = make(desk, "fn", "Shop::total", 10)
    make(desk, "fn", "Shop::total", 9)
    canvas = desk.host.canvas
    assert canvas.find("Shop::total").toplevel_id == newest
    assert canvas.naming.resolve(Realm.FUNCTION, "Shop::total") == Defined(newest)
    assert canvas.naming.name_of(Realm.FUNCTION, Defined(newest)) == "Shop::total_v10"
    assert canvas.naming.resolve(Realm.FUNCTION, "Shop::tot") == Unresolved("Shop::tot")


def test_a_type_and_a_datastore_of_one_name(desk: Desk) -> None:
    user, store = make(desk, "type", "User"), make(desk, "db", "User")
    with pytest.raises(AddressError) as caught:
        desk.host.canvas.find("User")
    assert caught.value.details == ("User_v0", "User-v0")
    assert desk.host.canvas.find("type:User").toplevel_id == user
    assert desk.host.canvas.find("db:User").toplevel_id == desk.host.canvas.find("User-v0").toplevel_id == store


@pytest.mark.parametrize(
    "address", ["", "#", "nope", "GET:/b", "id:kkkkkkkkkkkkkkkk", "id:xx9", "GET:/a#nope", "GET:/a#args.0", "mail"]
)
def test_what_leads_nowhere_is_an_address_error(desk: Desk, address: str) -> None:
    desk.handler("a", 5)
    make(desk, "worker", "mail")
    with pytest.raises(AddressError) as caught:
        desk.host.canvas.find(address)
    if address == "mail":
        assert caught.value.suggestion == "did you mean worker:mail?"


def test_the_deleted_is_said_to_be_deleted(desk: Desk) -> None:
    made = desk.handler("a", 5)
    desk.host.edit(lambda draft, _: draft.delete_toplevel(made), author="ada", command="delete")
    with pytest.raises(AddressError, match="was deleted") as caught:
        desk.host.canvas.find("GET:/a")
    assert spell_id(made) in caught.value.suggestion
    assert [entry.id for entry in desk.host.canvas.deleted()] == [made]


def test_an_ambiguous_id_lists_what_it_could_be(desk: Desk) -> None:
    for nth in range(200):  # more nodes than prefixes of two letters
        desk.handler(f"h{nth}", nth)
    for host in (desk.host, Desk(desk.folder).host):
        ids = [node.id for entry in host.canvas.alive() for node in descend(host.canvas.tree(entry.id))]
        words = [spell_id(each)[:2] for each in ids]
        common = max(words, key=words.count)
        with pytest.raises(AddressError, match=f"{words.count(common)} nodes") as caught:
            host.canvas.find(f"id:{common}")
        assert "GET:/h" in caught.value.details[0]
        for each in ids[::7]:
            assert host.canvas.find("id:" + host.canvas.short_id(each)).node.id == each


@given(st.sets(st.integers(1, 2**64 - 1), min_size=1, max_size=50), st.data())
def test_short_ids_are_unique_and_no_longer_than_need_be(ids: set[int], data: st.DataObject) -> None:
    node = NodeId(data.draw(st.sampled_from(sorted(ids))))
    word = shortest_prefix(node, ids)
    assert [each for each in ids if spell_id(each).startswith(word)] == [node]
    assert len(word) == 2 or [each for each in ids if spell_id(each).startswith(word[:-1])] != [node]


@pytest.mark.parametrize("realm", list(Realm))
def test_what_is_gone_keeps_a_name_that_reads_back(desk: Desk, realm: Realm) -> None:
    ref = Defined(NodeId(0x123456789ABCDEF0))
    naming = desk.host.canvas.naming
    name = naming.name_of(realm, ref)
    assert name.lower().startswith("gone") and naming.resolve(realm, name) == ref


@pytest.mark.parametrize(
    ("realm", "kind", "name"),
    [
        (Realm.FUNCTION, "fn", "Shop::total"),
        (Realm.TYPE, "type", "User"),
        (Realm.DATASTORE, "db", "Users"),
        (Realm.SWITCH, "toggle", "new-price"),
        (Realm.SECRET, "secret", "stripe"),
    ],
)
def test_names_read_back_and_are_of_their_realm_only(desk: Desk, realm: Realm, kind: str, name: str) -> None:
    made = [make(desk, kind, name), make(desk, kind, name)]
    naming = desk.host.canvas.naming
    for each in made:
        assert naming.resolve(realm, naming.name_of(realm, Defined(each))) == Defined(each)
    for other in set(Realm) - {realm}:
        assert not isinstance(naming.resolve(other, naming.name_of(realm, Defined(made[0]))), Defined) or other is realm


def test_bare_cases_are_those_of_one_type(desk: Desk) -> None:
    first = make(desk, "type", "Shape", case="Circle")
    naming = desk.host.canvas.naming
    assert naming.resolve_case("Circle") == Defined(first) and naming.is_case_unique(Defined(first), "Circle")
    make(desk, "type", "Round", case="Circle")
    make(desk, "type", "Other", case="Some")
    for naming in (desk.host.canvas.naming, Desk(desk.folder).host.canvas.naming):
        assert naming.resolve_case("Circle") == Unresolved("")
        assert naming.resolve_case("Some") == Standard("Option")
    assert desk.host.canvas.naming is not naming


def entry(nth: int, stated: str, since: int = 0) -> Entry:
    version = int(stated.rpartition("v")[2]) if "_v" in stated else NO_VERSION
    kind = tl.Function if "_v" in stated else tl.Http if "/" in stated else tl.Worker
    return Entry(NodeId(nth), kind, stated, stated, stated, "", version, True, 0, b"", (since, 0), (), False)


def test_who_came_later_gives_way() -> None:
    labels = labels_of(
        [entry(1, "A::f_v0", 2), entry(2, "A::f_v0", 1), entry(3, "A::f_v1", 9), entry(4, "A::f_v0", 3)], set()
    )
    assert dict(labels.ids) == {"A::f_v0": 2, "A::f_v1": 3, "A::f_v2": 1, "A::f_v3": 4}
    labels = labels_of([entry(1, "worker:m", 1), entry(2, "worker:m", 2), entry(3, "worker:m-2", 3)], set())
    assert dict(labels.ids) == {"worker:m": 1, "worker:m-2": 3, "worker:m-3": 2}
    labels = labels_of([entry(1, "GET:/", 2), entry(2, "GET:/", 1)], set())
    assert dict(labels.ids) == {"GET:/": 2} and labels.shadowed == {1: 2} and not labels.changed


def test_the_library_came_first() -> None:
    labels = labels_of([entry(1, "List::map_v0")], {"List::map_v0", "List::map_v1"})
    assert dict(labels.ids) == {"List::map_v2": 1}


_STATED = ["A::f_v0", "A::f_v1", "worker:m", "worker:m-2", "GET:/", "B::g_v0"]


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from([*_STATED, None]), st.integers(0, 3)), max_size=12))
def test_labels_do_not_depend_on_the_way_there(steps: list[tuple[int, str | None, int]]) -> None:
    entries: dict[NodeId, Entry] = {}
    labels: Labels = labels_of([], {"B::g_v0"})
    for nth, stated, since in steps:
        before = entries.get(NodeId(nth))
        if stated is None and before is None:
            continue
        after = entry(nth, stated, since) if stated else before._replace(alive=False)
        entries[NodeId(nth)] = after
        labels = labels.after([(before, after)], entries, {"B::g_v0"})
        anew = labels_of(entries.values(), {"B::g_v0"})
        assert labels.ids == anew.ids and labels.changed == anew.changed and labels.shadowed == anew.shadowed
        assert labels.ordered() == sorted(labels.ids)
    named = [*labels.ids.values(), *labels.shadowed]
    assert sorted(named) == sorted(each.id for each in entries.values() if each.alive)


def test_an_empty_library_is_enough(desk: Desk) -> None:
    assert Library(()).functions == {} and desk.host.canvas.naming.resolve(Realm.TYPE, "Int") == Standard("Int")
