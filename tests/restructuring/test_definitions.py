"""Operations on whole definitions, between definitions, and what is told about them."""

from __future__ import annotations

import pytest
from programs import Program

from dark_lang.edits.writes import SetScalar
from dark_lang.errors import AddressError, RefusedError
from dark_lang.names import Defined
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import label_of
from dark_lang.notation.printing import print_any
from dark_lang.notation.reading import read_expression, read_signature
from dark_lang.restructuring.copying import copy_definition
from dark_lang.restructuring.extracting import extract_function
from dark_lang.restructuring.placing import Target, copy, insert, insert_toplevel, move
from dark_lang.restructuring.removing import delete
from dark_lang.restructuring.renaming import rename
from dark_lang.restructuring.replacing import replace_node
from dark_lang.restructuring.revising import revise, text_of
from dark_lang.restructuring.setting import set_field
from dark_lang.restructuring.spots import Spot, Where
from dark_lang.restructuring.surgery import changed

FN = """fn Shop::f(a: Int) -> Int
let x = 1
x + a"""
HTTP = """http GET /users/:id
let n = 2
[id, n, request]"""


def test_renaming_a_definition_is_one_write_and_its_callers_follow() -> None:
    program = Program(FN, "repl r\n()")
    toplevel, body = program.at(1, "body")
    replace_node(program.draft, program.known, toplevel, body, "Shop::f(1)")
    program.shelf.record(program.draft)
    program.draft = program.shelf.draft()
    rename(program.draft, program.known, program.trees[0].id, program.trees[0].id, "Shop::g")
    (write,) = program.draft.writes
    assert isinstance(write, SetScalar)
    assert write.value == "Shop::g"
    assert "Shop::g_v0(1)" in program.text(1)


@pytest.mark.parametrize(
    ("text", "name", "label"),
    [
        (FN, "Shop::f_v3", "Shop::f_v3"),
        (HTTP, "/people/:id", "GET:/people/:id"),
        (HTTP, "post /people", "POST:/people"),
        ("type User = Int", "Person_v2", "Person_v2"),
        ("db Users Int", "People-v1", "People-v1"),
        ("worker mail\n1", "post", "worker:post"),
    ],
)
def test_labels(text: str, name: str, label: str) -> None:
    program = Program(text)
    rename(program.draft, program.known, program.trees[0].id, program.trees[0].id, name)
    assert label_of(program.draft.tree(program.trees[0].id)) == label


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (FN, "f"),
        (FN, "Shop::"),
        (HTTP, "people"),
        (HTTP, "/:a/:a"),
        (HTTP, "/a b"),
        ("type U = Int", "u"),
        ("db U Int", "U v1"),
    ],
)
def test_what_is_no_label_is_refused(text: str, name: str) -> None:
    program = Program(text)
    with pytest.raises(RefusedError):
        rename(program.draft, program.known, program.trees[0].id, program.trees[0].id, name)


def test_a_label_that_is_taken_is_refused() -> None:
    program = Program(FN, "fn Shop::g(a: Int) -> Int\na")
    with pytest.raises(RefusedError, match="already"):
        rename(program.draft, program.known, program.trees[0].id, program.trees[0].id, "Shop::g")
    with pytest.raises(RefusedError, match="already"):
        copy_definition(program.draft, program.known, program.trees[0].id, "Shop::g")


def test_renaming_a_route_variable_renames_its_uses() -> None:
    program = Program(HTTP)
    toplevel, use = program.at(0, "body.body.items.0")
    rename(program.draft, program.known, toplevel, use, "who")
    assert program.text(0) == HTTP.replace("id", "who")
    _, request = program.at(0, "body.body.items.2")
    with pytest.raises(RefusedError, match="comes with"):
        rename(program.draft, program.known, toplevel, request, "req")


def test_renaming_a_parameter_renames_its_uses() -> None:
    program = Program(FN)
    toplevel, parameter = program.at(0, "param:a")
    rename(program.draft, program.known, toplevel, parameter, "b")
    assert "Shop::f_v0(b: Int)" in program.text(0)
    assert "x + b" in program.text(0)
    with pytest.raises(RefusedError, match="change what"):
        rename(program.draft, program.known, toplevel, parameter, "x")


def test_a_copy_elsewhere_has_fresh_ids_and_says_what_is_unbound() -> None:
    program = Program(HTTP, FN)
    toplevel, source = program.at(0, "body.body")
    target = Target(program.trees[1].id, Spot(program.at(1, "body")[1], Where.FIRST))
    done = copy(program.draft, program.known, toplevel, source, target)
    assert set(done.notes) == {"id is not bound there", "n is not bound there", "request is not bound there"}
    ids = [node.id for tree in program.now() for node in descend(tree)]
    assert len(ids) == len(set(ids))
    assert "[id, n, request]\nlet x = 1" in program.text(1)
    assert program.text(0) == HTTP


def test_a_move_elsewhere_leaves_a_hole() -> None:
    program = Program(HTTP, "fn Shop::g(id: String) -> Int\n?")
    toplevel, source = program.at(0, "body.body.items.0")
    done = move(program.draft, program.known, toplevel, source, Target(*program.at(1, "body")))
    assert program.text(1).endswith("\nid")
    assert "[n, request]" in program.text(0)
    assert done.notes == ()


def test_a_statement_moves_elsewhere_without_what_follows_it() -> None:
    program = Program(FN, "repl r\n()")
    target = Target(program.trees[1].id, Spot(program.at(1, "body")[1], Where.BEFORE))
    done = move(program.draft, program.known, *program.at(0, "let:x"), target)
    assert program.text(1) == "repl r\nlet x = 1\n()"
    assert program.text(0).endswith("\nx + a")
    assert "x is not bound any more where it is used" in done.notes


def test_copying_a_definition() -> None:
    program = Program("fn Shop::f(a: Int) -> Int\n()")
    toplevel, body = program.at(0, "body")
    replace_node(program.draft, program.known, toplevel, body, "Shop::f(a)")
    done = copy_definition(program.draft, program.known, toplevel, "Shop::g")
    copied = program.draft.tree(done.toplevel)
    assert isinstance(copied, top.Function)
    assert isinstance(copied.body, e.Call)
    assert copied.body.function == Defined(copied.id)
    assert label_of(copied) == "Shop::g_v0"


def test_deleting_a_definition() -> None:
    program = Program(FN)
    delete(program.draft, program.known, program.trees[0].id, program.trees[0].id)
    with pytest.raises(AddressError):
        program.draft.tree(program.trees[0].id)


def test_inserting_parameters_fields_and_cases() -> None:
    program = Program(FN, "type U = { name: String }", "type S = A | B(Int)")
    for number, text in ((0, "b: String"), (1, "age: Int"), (2, "C(Int, Int)")):
        id_ = program.trees[number].id
        insert(program.draft, program.known, id_, Spot(id_, Where.LAST), text)
    assert "(a: Int, b: String)" in program.text(0)
    assert program.text(1) == "type U_v0 = { name: String, age: Int }"
    assert program.text(2) == "type S_v0 = A | B(Int) | C(Int, Int)"
    with pytest.raises(RefusedError, match="a parameter"):
        insert(program.draft, program.known, program.trees[0].id, Spot(program.trees[0].id, Where.LAST), "1 + 1")


def test_extracting_takes_types_from_where_they_are_written() -> None:
    program = Program(HTTP)
    toplevel, node = program.at(0, "body.body")
    _, made = extract_function(program.draft, program.known, toplevel, node, "Shop::page")
    text = print_any(program.draft.tree(made.toplevel), program.known.naming)
    assert text == "fn Shop::page_v0(id: String, n: ?, request: Request) -> ?\n[id, n, request]"
    assert program.text(0).endswith("Shop::page_v0(id, n, request)")


def test_setting_fields_of_definitions() -> None:
    program = Program(HTTP)
    id_ = program.trees[0].id
    for field, value in (("method", "put"), ("route", "/x/:id"), ("doc", "Why."), ("language", "0")):
        set_field(program.draft, program.known, id_, id_, field, value)
    tree = program.draft.tree(id_)
    assert isinstance(tree, top.Http)
    assert (tree.method, tree.route, tree.doc, tree.language) == ("PUT", "/x/:id", "Why.", 0)
    for field, value in (("language", "7"), ("route", "x"), ("version", "1"), ("method", "")):
        with pytest.raises(RefusedError):
            set_field(program.draft, program.known, id_, id_, field, value)


def test_text_that_did_not_change_writes_nothing() -> None:
    program = Program(HTTP)
    tree = program.trees[0]
    revise(program.draft, program.known, tree.id, tree.id, text_of(tree, program.known.naming, tree.id))
    assert program.draft.writes == []


@pytest.mark.parametrize(
    ("edit", "writes"),
    [
        (lambda text: text.replace("= 2", "= 3"), 1),
        (lambda text: text.replace("[id, n, request]", "[n, id, request]"), 1),
        (lambda text: text.replace("let n = 2", "let n = 2\nlet m = 3"), 4),
        (lambda text: text.replace("let n = 2\n", ""), 2),
        (lambda text: text.replace("/users", "/people"), 1),
        (lambda text: text.replace("[id, n, request]", "Some([id, n, request])"), 2),
    ],
)
def test_an_edited_text_writes_what_changed(edit, writes: int) -> None:
    program = Program(HTTP)
    tree = program.trees[0]
    text = edit(text_of(tree, program.known.naming, tree.id))
    revise(program.draft, program.known, tree.id, tree.id, text)
    assert program.text(0) == text.rstrip("\n")
    assert len(program.draft.writes) == writes


def test_a_definition_cannot_become_one_of_another_kind() -> None:
    program = Program(HTTP)
    with pytest.raises(RefusedError, match="another kind"):
        revise(program.draft, program.known, program.trees[0].id, program.trees[0].id, "worker x\n1")


def test_new_definitions_are_known_to_later_edits_of_the_same_draft() -> None:
    program = Program("repl r\n()")
    signature = read_signature("Shop::new(a: Int) -> Int", program.known.naming, program.draft.fresh).tree
    body = read_expression("a", program.known.naming, program.draft.fresh).tree
    insert_toplevel(program.draft, changed(signature, body=body))
    toplevel, node = program.at(0, "body")
    replace_node(program.draft, program.known, toplevel, node, "Shop::new(1)")
    assert program.text(0) == "repl r\nShop::new_v0(1)"


def test_a_guard_that_is_emptied_and_set_again() -> None:
    program = Program("repl r\nmatch 1 { x if x == 1 -> x }")
    toplevel, arm = program.at(0, "body.arms.0")
    set_field(program.draft, program.known, toplevel, arm, "guard", "")
    assert "x -> x" in program.text(0)
    set_field(program.draft, program.known, toplevel, arm, "guard", "x > 2")
    assert "x if x > 2 -> x" in program.text(0)
