"""What is kept of earlier checks never shows: after any edit, marks and types are those of a check from the beginning,
and what is checked again is among those whom the edit can concern."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from dark_cli.commands.structure_site import Site
from dark_lang.checking.checker import check
from dark_lang.checking.marks import Kind, Mark
from dark_lang.edits.drafting import Draft
from dark_lang.errors import DarkError
from dark_lang.library import Library
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import label_of
from dark_lang.restructuring import placing, removing, renaming, replacing, setting, wrapping
from dark_lang.stdlib import standard_library
from runtime.affecting import affected
from runtime.canvas import Canvas
from runtime.checking import Checks, Interfaces
from runtime.hosting import Host

SAMPLES = Path(__file__).parents[2] / "sample_canvases"
CODE = """?  ~  1  ~  "x"  ~
1 + "x"  ~  [1, "a"]  ~  nowhere  ~  Links::nowhere(1)  ~  Some(?)  ~  { url: "a", hits: 1 }  ~
x => x  ~  if ? then 1 else "a"  ~  String::length(1)  ~  None  ~  match ? { Some(n) -> n, None -> 0 }  ~
request.path  ~  Json::parse(request.body)!  ~  (1, "a")  ~  name  ~  List<Int>  ~  Option<Nowhere>  ~  n: Int  ~
url: String  ~  _  ~  Some(n)  ~  Circle(r)""".replace("~\n", "~  ").split("  ~  ")
NAMES = ["n", "url", "Links::count", "Links::short", "Demo::area", "Link", "Shape_v1", "GET:/x/:name", "Links-v3"]

Marks: TypeAlias = Mapping[NodeId, tuple[Mark, ...]]


class Checking(Checks):
    """Tells what it checks."""

    def __init__(self, canvas: Canvas, library: Library) -> None:
        super().__init__(canvas, library)
        self.checked_now: set[NodeId] = set()

    def _check(self, tree: top.Toplevel) -> object:
        self.checked_now.add(tree.id)
        return super()._check(tree)


def an_edit(rng: random.Random, canvas: Canvas) -> Callable[[Draft, Canvas], object]:
    toplevel = rng.choice(sorted(entry.id for entry in canvas.alive()))
    node = rng.choice(list(descend(canvas.tree(toplevel)))).id
    text, name, now = rng.choice(CODE), rng.choice(NAMES), rng.random() < 0.5
    field = rng.choice(["name", "function", "type", "label", "value", "version", "rest"])

    def on(operation: Callable[[Draft, Site], object]) -> Callable[[Draft, Canvas], object]:
        return lambda draft, before: operation(draft, Site(draft, before))

    return rng.choice(
        [
            on(lambda draft, site: replacing.replace_node(draft, site, toplevel, node, text, now=now)),
            on(lambda draft, site: replacing.replace_node(draft, site, toplevel, node, text, now=now)),
            on(lambda draft, site: removing.delete(draft, site, toplevel, node)),
            on(lambda draft, site: renaming.rename(draft, site, toplevel, node, name)),
            on(lambda draft, site: renaming.rename(draft, site, toplevel, toplevel, name)),
            on(lambda draft, site: setting.set_field(draft, site, toplevel, node, field, name, now=now)),
            on(lambda draft, site: wrapping.wrap(draft, site, toplevel, node, text)),
            on(lambda draft, site: wrapping.raise_node(draft, site, toplevel, node)),
            on(lambda draft, site: placing.copy(draft, site, toplevel, node, placing.Target(toplevel, node))),
            lambda draft, _: draft.delete_toplevel(toplevel),
        ]
    )


def judge(folder: Path, seed: int, edits: int) -> int:
    """How many of the edits went through."""
    rng = random.Random(seed)
    library = Library(standard_library().functions.values())
    host = Host.open(folder, library=library)
    done = 0
    try:
        marks: Marks = {entry.id: () for entry in host.canvas.alive()}  # the samples are clean
        for entry in host.canvas.alive():
            host.canvas.checks.of(entry.id)
        for _ in range(edits):
            before = host.canvas
            try:
                if done and rng.random() < 0.15:
                    outcome = host.undo(author="ada")
                else:
                    outcome = host.edit(an_edit(rng, before), author="ada", command="edit")
            except DarkError:
                continue
            done += outcome.after is not before
            marks = expect_the_same(before, marks, host.canvas, outcome.touched, library)
    finally:
        host.close()
    return done


def expect_the_same(
    before: Canvas, marks: Marks, canvas: Canvas, touched: frozenset[NodeId], library: Library
) -> Marks:
    """The marks of now; `marks` are those from before."""
    known = Checking(canvas, library)
    anew = Interfaces(canvas, library)
    concerned = affected(before, canvas, touched).toplevels
    found: dict[NodeId, tuple[Mark, ...]] = {}
    suggested: set[NodeId] = set()
    for entry in canvas.alive():
        tree = canvas.tree(entry.id)
        kept, fresh = known.of(entry.id), check(tree, anew)
        assert kept.marks == fresh.marks, label_of(tree)
        assert (kept.types, kept.is_sound, kept.errors) == (fresh.types, fresh.is_sound, fresh.errors), label_of(tree)
        found[entry.id] = tuple([replace(mark, suggestion="", mend=None) for mark in kept.marks])
        assert found[entry.id] == marks.get(entry.id, ()) or entry.id in concerned, label_of(tree)
        if any(mark.kind is Kind.UNKNOWN for mark in kept.marks):
            suggested.add(entry.id)  # any new name may be the one that was meant
    assert known.checked_now <= concerned | suggested
    return found


@pytest.mark.parametrize("sample", ["hello", "links"])
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, 60))])
def test_edits(sample: str, seed: int, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLES / sample, tmp_path / sample))
    assert judge(folder, seed, 40) > 10
