"""The language tested in its own words: each line of the `.dark` files beside this one is a case.

    EXPRESSION => EXPRESSION          both come to equal values
    EXPRESSION => stops               the run comes to a hole whose value is asked for
    EXPRESSION => fails "part"        the run fails, and the message or its suggestion has that part
    fn SIGNATURE = EXPRESSION         from here on there is that function
    type DEFINITION                   … that type
    db NAME-vN                        … that datastore

The last ` => ` of a line counts. `\\n` in a line stands for a new line of code, and `//` begins a remark.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from memory_canvas import MemoryCanvas

from dark_lang.errors import Failed, Stopped
from dark_lang.values.equality import equal
from dark_lang.values.showing import show

FILES = sorted(Path(__file__).parent.glob("*.dark"))


def cases() -> Iterator[object]:
    for file in FILES:
        definitions: tuple[str, ...] = ()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if not line.strip() or line.startswith("//"):
                continue
            if line.startswith(("fn ", "type ", "db ")):
                definitions = (*definitions, line)
            else:
                yield pytest.param(definitions, line, id=f"{file.stem}:{number}")


def canvas_with(definitions: tuple[str, ...]) -> MemoryCanvas:
    canvas = MemoryCanvas()
    functions: list[tuple[str, str]] = []
    for definition in definitions:
        kind, _, text = definition.partition(" ")
        if kind == "type":
            canvas.type(text)
        elif kind == "db":
            canvas.datastore(text)
        else:
            signature, _, body = text.partition(" = ")
            functions.append((signature, body))
    for signature, body in functions:
        canvas.function(signature, body.replace("\\n", "\n"))
    return canvas


@pytest.mark.parametrize(("definitions", "line"), list(cases()))
def test_case(definitions: tuple[str, ...], line: str) -> None:
    canvas = canvas_with(definitions)
    code, _, expected = line.rpartition(" => ")
    code = code.replace("\\n", "\n")
    if expected == "stops":
        with pytest.raises(Stopped) as stopped:
            canvas.evaluate(code)
        assert stopped.value.node
    elif expected.startswith("fails "):
        with pytest.raises(Failed) as failed:
            canvas.evaluate(code)
        assert expected[6:].strip().strip('"') in f"{failed.value.message} {failed.value.suggestion}"
        assert failed.value.node
    else:
        value = canvas.evaluate(code)
        wanted = canvas.evaluate(expected)
        assert equal(value, wanted), f"{show(value)} is not {show(wanted)}"


def test_files_are_found() -> None:
    assert len(FILES) >= 5
