"""The language tested in its own words: each line of the `.dark` files beside this one is a case.

    EXPRESSION => EXPRESSION          both come to equal values
    EXPRESSION => stops               the run comes to a hole whose value is asked for
    EXPRESSION => fails "part"        the run fails, and the message or its suggestion has that part
    fn SIGNATURE = EXPRESSION         from here on there is that function
    type DEFINITION                   … that type
    db NAME-vN                        … that datastore

Every line is run twice: as code that may meet anything, and, where the checker finds it finished and sound, as code
that trusts its types. The last ` => ` of a line counts. `\\n` in a line stands for a new line of code, and `//`
begins a remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from memory_canvas import MemoryCanvas, MemoryWorld, same_recursion_limit

from dark_lang.compiling.translating import compile_toplevel
from dark_lang.errors import Failed, RunError, Stopped
from dark_lang.nodes import toplevels as top
from dark_lang.values.equality import equal
from dark_lang.values.model import Value
from dark_lang.values.showing import show
from runtime.running import Limits, run

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


def with_types(definitions: tuple[str, ...], line: str) -> tuple[MemoryCanvas, top.Repl] | None:
    """None if the line is unfinished or unsound: such code never trusts its types."""
    canvas = canvas_with(definitions)
    place = top.Repl(canvas.fresh(), 1, "", "case", canvas.read(line.rpartition(" => ")[0].replace("\\n", "\n")))
    canvas.add(place)
    return (canvas, place) if canvas.linker().clean.is_clean(place.id) else None


CASES = list(cases())
TYPED = [case for case in CASES if with_types(*case.values)]  # type: ignore[attr-defined]  # pytest's own class


@pytest.mark.parametrize(("definitions", "line"), CASES)
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


def answer(call: Callable[..., Value]) -> tuple[str, Value]:
    """What a run comes to: a value, or what is said of a failure and where."""
    try:
        with same_recursion_limit():
            return "value", run(call, (), world=MemoryWorld(), limits=Limits(time_ms=5_000))
    except RunError as error:
        return type(error).__name__, (error.message, error.suggestion, error.node)


@pytest.mark.parametrize(("definitions", "line"), TYPED)
def test_case_with_types(definitions: tuple[str, ...], line: str) -> None:
    found = with_types(definitions, line)
    assert found is not None
    canvas, place = found
    kind, value = answer(canvas.linker().callable_for(place.id))
    # Linked as an expression of a shell, it trusts nothing.
    expected_kind, expected = answer(canvas.linker().link_code(compile_toplevel(place), place))
    assert kind == expected_kind, (value, expected)
    assert equal(value, expected) if kind == "value" else value == expected, (value, expected)


def test_most_of_what_makes_sense_is_run_with_types() -> None:
    sensible = [case for case in CASES if " => fails" not in str(case) and " => stops" not in str(case)]
    assert len(TYPED) > len(sensible) * 0.75


def test_files_are_found() -> None:
    assert len(FILES) >= 5
