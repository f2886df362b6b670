"""What each operation does, as lines of `operations.cases`, and that each keeps its promises on the way."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from drafts import Shelf
from knowing import SmallKnown

from dark_lang.edits.drafting import Draft
from dark_lang.edits.inverting import invert
from dark_lang.errors import DarkError
from dark_lang.names import Fresh, NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Arity, shape_of
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import find_path
from dark_lang.notation.printing import print_expression
from dark_lang.notation.reading import read_expression, read_signature
from dark_lang.restructuring import (
    dividing,
    extracting,
    inlining,
    joining,
    neighbouring,
    placing,
    removing,
    renaming,
    replacing,
    rewriting,
    setting,
    wrapping,
)
from dark_lang.restructuring.spots import Spot, Where
from dark_lang.restructuring.surgery import changed

CASES = Path(__file__).with_name("operations.cases")


class Case(NamedTuple):
    line: int
    before: str
    words: tuple[str, ...]
    after: str


def read_cases() -> list[Case]:
    found = []
    for number, line in enumerate(CASES.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("//"):
            before, operation, after = line.split("  ~ ")[0], *line.split("  ~ ")[1].split(" ~  ")
            found.append(Case(number, before, tuple(shlex.split(operation)), after))
    return found


class Bench:
    """A function `T::t` whose body is under test, and some definitions that it can call."""

    def __init__(self, body: str) -> None:
        self.fresh = Fresh(0xBE7C)
        self.trees: list[top.Toplevel] = []
        self.known = SmallKnown(lambda: self.trees)
        user = "{ name: String, age: Int }"
        self.tree = self.function(f"T::t(a: Int, b: Int, xs: List<Int>, user: {user}, s: String) -> ?", "()")
        self.trees = [
            self.tree,
            self.function("T::two(x: Int, y: Int) -> Int", "x + y"),
            self.function("T::inc(x: Int) -> Int", "x + 1"),
            self.function("T::first(os: List<Int>) -> Option<Int>", "Some(List::head_v0(os)!)"),
        ]
        self.tree = self.trees[0] = changed(self.tree, body=self.read(body))
        self.shelf = Shelf(self.trees)

    def read(self, text: str) -> e.Expression:
        return read_expression(text, self.known.naming, self.fresh).tree

    def function(self, signature: str, body: str) -> top.Function:
        read = read_signature(signature, self.known.naming, self.fresh).tree
        return changed(read, body=self.read(body))

    def draft(self) -> Draft:
        draft = self.shelf.draft()
        mine = [tree.id for tree in self.trees]
        self.known.trees = lambda: [draft.tree(toplevel) for toplevel in (*mine, *draft.toplevels())]
        return draft


FLAGS = {"--first": Where.FIRST, "--last": Where.LAST, "--before": Where.BEFORE, "--after": Where.AFTER}


def perform(bench: Bench, draft: Draft, words: tuple[str, ...]) -> None:
    flags = {word for word in words if word.startswith("--")}
    number = int(words[words.index("--at") + 1]) if "--at" in flags else None
    plain = [word for word in words if not word.startswith("--") and not (number and word == str(number))]
    name, *rest = plain
    where = next((FLAGS[flag] for flag in flags if flag in FLAGS), None)
    operate(bench, draft, name, rest, flags, where, number)


def operate(
    bench: Bench, draft: Draft, name: str, rest: list[str], flags: set[str], where: Where | None, number: int | None
) -> None:
    known, id_ = bench.known, bench.tree.id
    if name == "rewrite":
        rule = rewriting.read_rule(rest[0], rest[1], known, draft.fresh)
        if rewriting.rewrite(draft, known, id_, rule, now="--now" in flags) is None:
            raise DarkError("stands nowhere")
        return
    node, slot = at(draft.tree(id_), rest[0])
    text = rest[1] if len(rest) > 1 else ""
    now = "--now" in flags
    simple: dict[str, Callable[[], object]] = {
        "replace-node": lambda: replacing.replace_node(draft, known, id_, node, text, now=now),
        "fill": lambda: replacing.fill(draft, known, id_, node, text),
        "retarget": lambda: replacing.retarget(draft, known, id_, node, text, now=now),
        "delete": lambda: removing.delete(draft, known, id_, node),
        "insert": lambda: placing.insert(draft, known, id_, Spot(node, where or Where.LAST, slot), text),
        "wrap": lambda: wrapping.wrap(draft, known, id_, node, text),
        "splice": lambda: wrapping.splice(draft, known, id_, node),
        "raise": lambda: wrapping.raise_node(draft, known, id_, node),
        "slurp": lambda: neighbouring.slurp(draft, known, id_, node, before="--before" in flags),
        "barf": lambda: neighbouring.barf(draft, known, id_, node, before="--before" in flags),
        "transpose": lambda: neighbouring.transpose(draft, known, id_, node, before="--before" in flags),
        "split": lambda: dividing.split(draft, known, id_, node, at=number),
        "join": lambda: joining.join(draft, known, id_, node),
        "inline": lambda: inlining.inline(draft, known, id_, node),
        "rename": lambda: renaming.rename(draft, known, id_, node, text),
        "set": lambda: setting.set_field(draft, known, id_, node, text, rest[2], now=now),
        "accept": lambda: replacing.accept(draft, known, id_, node, now=now),
        "abandon": lambda: replacing.abandon(draft, known, id_, node),
        "resolve": lambda: replacing.resolve_conflict(draft, known, id_, node, text),
    }
    if name in ("move", "copy"):
        there, there_slot = at(draft.tree(id_), text)
        target = placing.Target(id_, there if where is None else Spot(there, where, there_slot))
        (placing.move if name == "move" else placing.copy)(draft, known, id_, node, target)
    elif name == "extract":
        make = extracting.extract_let if "--let" in flags else extracting.extract_function
        make(draft, known, id_, node, text)
    else:
        simple[name]()


def at(tree: top.Toplevel, path: str) -> tuple[NodeId, str]:
    """A node, or the list of one."""
    head, _, last = path.rpartition(".")
    if head and not last.isdecimal():
        parent = find_path(tree, head)
        slot = shape_of(type(parent)).slot(last)
        if slot is not None and slot.arity is Arity.MANY:
            return parent.id, last
    return find_path(tree, path).id, ""


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: f"line-{case.line}")
def test_case(case: Case) -> None:
    bench = Bench(case.before)
    draft = bench.draft()
    if case.after.startswith("!"):
        with pytest.raises(DarkError) as refusal:
            perform(bench, draft, case.words)
        assert case.after.removeprefix("!").strip() in refusal.value.message
        assert not draft.writes
        return
    perform(bench, draft, case.words)
    done = draft.tree(bench.tree.id)
    assert show(bench, done.body) == show(bench, bench.read(case.after))
    kept = {node.id: type(node) for node in descend(bench.tree)}
    assert all(kept.get(node.id, type(node)) is type(node) for node in descend(done))
    diff_id = bench.shelf.record(draft)
    assert bench.shelf.draft().tree(done.id) == done
    back = bench.shelf.draft()
    invert(back, diff_id, bench.shelf.diffs[-1][1])
    bench.shelf.record(back)
    assert bench.shelf.draft().tree(done.id) == bench.tree


def show(bench: Bench, body: e.Expression) -> str:
    return print_expression(body, bench.known.naming)
