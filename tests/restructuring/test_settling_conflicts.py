"""Operations where two clones disagreed: nobody made the conflict, and it can be worked with all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_definitions import Program

from dark_lang.edits.drafting import Draft
from dark_lang.edits.writes import Diff
from dark_lang.names import Fresh, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes.walking import descend, find, same
from dark_lang.notation.addresses import find_path
from dark_lang.notation.printing import print_any
from dark_lang.notation.reading import read_expression
from dark_lang.restructuring.finishing import Known
from dark_lang.restructuring.removing import delete
from dark_lang.restructuring.replacing import replace_node, resolve_conflict
from dark_lang.restructuring.revising import revise
from dark_lang.restructuring.wrapping import raise_node, wrap


def disagreeing(path: str, one: str, other: str) -> Program:
    """A program in which two clones put different code in place of one node."""
    program = Program("repl r\nlet x = 1\n[x, 2]")
    made: list[tuple[bytes, Diff]] = []
    for number, text in enumerate((one, other), 1):
        draft = Draft(program.shelf.memory, Fresh(0xC0 + number), lamport=2)
        program.draft = draft
        toplevel, node = program.at(0, path)
        replace_node(draft, program.known, toplevel, node, text, now=True)
        parents = program.shelf.program.frontier
        writes = tuple(draft.writes)
        diff = Diff(bytes(16), parents, 2, 2, "tests", "", bytes(16), b"", draft.fresh.seed, writes)
        made.append((bytes([0x80 + number]) + bytes(31), diff))
    for diff_id, diff in made:
        program.shelf.program.add(diff_id, diff)
    program.draft = Draft(program.shelf.memory, Fresh(0xD0), lamport=3)
    return program


Operation = Callable[[Draft, Known, NodeId, NodeId], object]


@pytest.mark.parametrize(
    ("choice", "after"), [("base", "2"), ("1", "a"), ("2", "b(1)"), ("x + 1", "x + 1")], ids=["base", "1", "2", "text"]
)
def test_each_side_can_be_chosen(choice: str, after: str) -> None:
    program = disagreeing("body.body.items.1", "a", "b(1)")
    assert "conflict { base: 2, or: a, or: b(1) }" in program.text(0)
    resolve_conflict(program.draft, program.known, *program.at(0, "body.body.items.1"), choice)
    assert program.text(0) == f"repl r\nlet x = 1\n[x, {after}]"


@pytest.mark.parametrize("path", ["body.value", "body.body.items.1"])
@pytest.mark.parametrize(
    ("operation", "after"),
    [
        (lambda d, k, t, n: wrap(d, k, t, n, "f(?it)"), "f(conflict { base: BASE, or: a, or: b(1) })"),
        (lambda d, k, t, n: wrap(d, k, t, n, "(?it, ?it)"), None),
        (lambda d, k, t, n: replace_node(d, k, t, n, "3"), "3"),
        (lambda d, k, t, n: replace_node(d, k, t, last(d, t, n), "7"), "conflict { base: BASE, or: a, or: b(7) }"),
        (lambda d, k, t, n: raise_node(d, k, t, last(d, t, n)), "conflict { base: BASE, or: a, or: 1 }"),
        (lambda d, k, t, n: revise(d, k, t, n, "conflict { base: 0, or: a, or: c }"), None),
        (lambda d, k, t, n: revise(d, k, t, n, "[conflict { base: 0, or: a, or: b(1) }]"), None),
    ],
    ids=["wrap", "wrap-twice", "replace", "inside", "raise", "revise", "revise-around"],
)
def test_operations_at_a_conflict(path: str, operation: Operation, after: str | None) -> None:
    program = disagreeing(path, "a", "b(1)")
    toplevel, node = program.at(0, path)
    base = "1" if path == "body.value" else "2"
    operation(program.draft, program.known, toplevel, node)
    tree = program.draft.tree(program.trees[0].id)
    if after is not None:
        assert print_any(find_path(tree, path), program.known.naming) == after.replace("BASE", base)
    ids = [each.id for each in descend(tree)]
    assert len(ids) == len(set(ids))
    printed = print_any(tree.body, program.known.naming)
    assert same(read_expression(printed, program.known.naming, Fresh(1)).tree, tree.body)
    program.shelf.record(program.draft)
    assert program.shelf.draft().tree(tree.id) == tree


def last(draft: Draft, toplevel: NodeId, node: NodeId) -> NodeId:
    """The argument in the second alternative of a conflict."""
    conflict = find(draft.tree(toplevel), node)
    assert isinstance(conflict, e.Conflict)
    assert isinstance(conflict.alternatives[1], e.Apply)
    return conflict.alternatives[1].args[0].id


def test_a_conflict_in_a_list_can_be_deleted() -> None:
    program = disagreeing("body.body.items.1", "a", "b(1)")
    delete(program.draft, program.known, *program.at(0, "body.body.items.1"))
    assert program.text(0) == "repl r\nlet x = 1\n[x]"


def test_a_conflict_in_a_slot_leaves_a_hole() -> None:
    program = disagreeing("body.value", "a", "b(1)")
    delete(program.draft, program.known, *program.at(0, "body.value"))
    assert program.text(0) == "repl r\nlet x = ?\n[x, 2]"
