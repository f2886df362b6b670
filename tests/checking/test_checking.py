"""The checker tested in the language's own words: each line of the `.types` files beside this one is a case.

    EXPRESSION :: TYPE                 it has this type, and nothing is marked
    EXPRESSION !! MARKS                this is marked, in this order, and nothing else
    EXPRESSION :: TYPE !! MARKS        both
    at ROUTE EXPRESSION …              the same in a handler, whose every way out is an answer of its own
    fn SIGNATURE = EXPRESSION          from here on there is that function
    type DEFINITION                    … that type
    db NAME-vN[: TYPE]                 … that datastore, of Strings unless it says otherwise
    switch NAME                        … that switch
    … !! MARKS                         what is marked in the definition itself, with all definitions of the file there;
                                       where this is missing, nothing is

MARKS are `KIND "part of what it says" at PATH`, separated by ` & `; the path `.` is the definition itself. A `*` after
the type says that the values may be of other types when the code runs (`Checked.is_sound`). `\\n` in a line stands for
a new line of code, and `//` begins a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from memory_canvas import MemoryCanvas, library

from dark_lang.checking.marks import Checked
from dark_lang.names import NodeId
from dark_lang.naming import Realm
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import path_of
from dark_lang.notation.reading import read_type
from dark_lang.types import describe
from runtime.checking import Checks

FILES = sorted(Path(__file__).parent.glob("*.types"))
DEFINING = ("fn ", "type ", "db ", "switch ")
MARK = re.compile(r'(?P<kind>[a-z ]+) "(?P<part>(?:[^"\\]|\\.)*)" at (?P<path>\S+)')


class Said(NamedTuple):
    """A line without its expectations, and those; None where it has none."""

    code: str
    type: str | None
    marks: str | None


class Case(NamedTuple):
    file: Path
    definitions: tuple[str, ...]
    line: str


def lines_of(file: Path) -> list[tuple[int, str]]:
    lines = enumerate(file.read_text("utf-8").splitlines(), start=1)
    return [(number, line) for number, line in lines if line.strip() and not line.startswith("//")]


def cases() -> Iterator[object]:
    for file in FILES:
        lines = lines_of(file)
        everything = tuple(line for _, line in lines if line.startswith(DEFINING))
        before: tuple[str, ...] = ()
        for number, line in lines:
            if line.startswith(DEFINING):
                before = (*before, line)
                yield pytest.param(Case(file, everything, line), id=f"{file.stem}:{number}")
            else:
                yield pytest.param(Case(file, before, line), id=f"{file.stem}:{number}")


def said(line: str) -> Said:
    code, separator, marks = line.rpartition(" !! ")
    if not separator:
        code = line
    code, typed, type_ = code.rpartition(" :: ") if not line.startswith(DEFINING) else (code, "", "")
    if not line.startswith(DEFINING) and not typed:
        code, type_ = type_, ""
    return Said(code.replace("\\n", "\n"), type_ if typed else None, marks if separator else None)


def canvas_with(definitions: tuple[str, ...]) -> tuple[MemoryCanvas, dict[str, NodeId]]:
    """The canvas, and what each line made. Types come first, so that signatures may name them."""
    canvas = MemoryCanvas()
    made: dict[str, NodeId] = {}
    names: list[tuple[str, NodeId]] = []
    for line in definitions:
        kind, _, text = said(line).code.partition(" ")
        if kind == "type":
            made[line] = canvas.type(text)
        elif kind == "switch":
            made[line] = canvas.switch(text)
        elif kind == "db":
            names.append((line, made.setdefault(line, _datastore(canvas, text))))
    functions = [line for line in definitions if line.startswith("fn ")]
    for line in functions:
        made[line] = canvas.function(said(line).code[3:].partition(" = ")[0])
    for line in functions:
        _, _, body = said(line).code[3:].partition(" = ")
        tree = canvas.trees[made[line]]
        fields = {name: getattr(tree, name) for name in tree.__dataclass_fields__}
        canvas.add(top.Function(**{**fields, "body": canvas.read(body)}))
    return canvas, made


def _datastore(canvas: MemoryCanvas, text: str) -> NodeId:
    name, _, wanted = text.partition(": ")
    made = canvas.datastore(name)
    if wanted:
        tree = canvas.trees[made]
        fields = {field: getattr(tree, field) for field in tree.__dataclass_fields__}
        canvas.add(top.Datastore(**{**fields, "type": read_type(wanted, canvas, canvas.fresh).tree}))
    return made


def checked(canvas: MemoryCanvas, code: str) -> tuple[top.Repl | top.Http, Checked]:
    tree: top.Repl | top.Http
    if code.startswith("at "):
        _, route, text = code.split(" ", 2)
        tree = top.Http(canvas.fresh(), 1, "", "GET", route, canvas.read(text))
    else:
        tree = top.Repl(canvas.fresh(), 1, "", "case", canvas.read(code))
    return tree, Checks(canvas, library()).of(canvas.add(tree))


def in_words(canvas: MemoryCanvas, tree: top.Toplevel, found: Checked) -> list[tuple[str, str, str]]:
    """Each mark's kind, all that it says, and where."""
    return [
        (mark.kind.value, mark.says, "." if mark.node == tree.id else path_of(tree, mark.node).removeprefix("body."))
        for mark in found.marks
    ]


def judge(canvas: MemoryCanvas, tree: top.Toplevel, found: Checked, marks: str | None) -> None:
    words = in_words(canvas, tree, found)
    expected = [] if not marks else [MARK.fullmatch(each) for each in marks.split(" & ")]
    assert None not in expected, f"no marks: {marks}"
    assert [(kind, path) for kind, _, path in words] == [(each["kind"], each["path"]) for each in expected if each], (
        words
    )
    for (_, says, _), each in zip(words, expected, strict=True):
        assert each is not None
        assert each["part"].replace('\\"', '"') in says


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: Case) -> None:
    canvas, made = canvas_with(case.definitions)
    code, type_, marks = said(case.line)
    if case.line.startswith(DEFINING):
        tree = canvas.trees[made[case.line]]
        judge(canvas, tree, Checks(canvas, library()).of(tree.id), marks)
        return
    body, found = checked(canvas, code)
    if type_ is not None:
        sound = not type_.endswith(" *")
        wanted = type_.removesuffix(" *")
        spelled = describe(found.types[body.body.id], lambda ref: canvas.name_of(Realm.TYPE, ref))
        assert (spelled, found.is_sound) == (wanted, sound)
    judge(canvas, body, found, marks)


def test_files_are_found() -> None:
    assert len(FILES) >= 5
