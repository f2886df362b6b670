"""The instructions that guest code may consist of, tried on all code that there is: the language's own cases, the
library's examples, the sample canvases. (`test_compiled_code` tries random trees.)"""

from __future__ import annotations

import dis
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest
from instructions import ALLOWED, check_instructions, codes
from memory_canvas import MemoryCanvas, library
from test_language import FILES, canvas_with

from dark_lang.compiling.compiled import Compiled
from dark_lang.compiling.translating import compile_expression, compile_toplevel
from dark_lang.errors import Failed
from dark_lang.stdlib import standard_library
from runtime.hosting import Host

DEFINITIONS = ("fn ", "type ", "db ")
SAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "sample_canvases").glob("*/canvas.toml"))

OUTER = frozenset({"RESUME", "LOAD_CONST", "MAKE_FUNCTION", "STORE_NAME", "RETURN_VALUE", "RETURN_CONST"})
CONSTANTS = (type(None), bool, int, float, str, tuple, CodeType)


def of_the_language() -> Iterator[Compiled]:
    for file in FILES:
        lines = file.read_text("utf-8").splitlines()
        canvas = canvas_with(tuple([line for line in lines if line.startswith(DEFINITIONS)]))
        yield from (compile_toplevel(tree) for tree in canvas.trees.values())
        for line in lines:
            if line.strip() and not line.startswith((*DEFINITIONS, "//")):
                yield compile_expression(canvas.read(line.rpartition(" => ")[0].replace("\\n", "\n")))


def of_the_library() -> Iterator[Compiled]:
    canvas = MemoryCanvas()
    for function in library().functions.values():
        yield from (compile_expression(canvas.read(example)) for example in function.examples)


def of_the_samples(folder: Path) -> Iterator[Compiled]:
    for sample in SAMPLES:
        shutil.copytree(sample, folder / sample.name)
        host = Host.open(folder / sample.name, library=standard_library())
        for entry in host.canvas.alive():
            yield compile_toplevel(host.canvas.tree(entry.id))
        host.close()


def test_all_code_is_made_of_the_same_few_instructions(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    count = 0
    for compiled in (*of_the_language(), *of_the_library(), *of_the_samples(tmp_path / "samples")):
        count += 1
        check_instructions(compiled)
        for instruction in dis.get_instructions(compiled.code):
            assert instruction.opname in OUTER
            assert instruction.opname != "STORE_NAME" or instruction.argval == "main"
        for code in codes(compiled.code)[1:]:
            assert all(isinstance(constant, CONSTANTS) for constant in code.co_consts)
    assert count > 800


def test_what_reaches_out_is_not_among_them() -> None:
    reaching = ("IMPORT", "GLOBAL", "ATTR", "NAME", "DELETE", "CLASS", "GENERATOR", "YIELD", "AWAIT", "EXCEPT", "WITH")
    found = {name for name in ALLOWED if any(word in name for word in reaching)}
    assert found == {"LOAD_GLOBAL", "LOAD_ATTR", "KW_NAMES", "SET_FUNCTION_ATTRIBUTE"}


VALUES = [
    "1",
    "1.5",
    "true",
    '"a"',
    "()",
    "[1]",
    "(1, 2)",
    '#{ "a": 1 }',
    "{ a: 1 }",
    "Some(1)",
    "None",
    "x => x",
    "List::map",
    "Json::from(1)",
    'String::toBytes("a")',
    'Result::unwrap(Char::fromString("a"))',
    "DateTime::fromSeconds(0)",
    'Http::text("a")',
]
LABELS = ["__class__", "__dict__", "__globals__", "__code__", "values", "name", "type", "text", "raw", "keys", "real"]


@pytest.mark.parametrize("value", VALUES)
def test_no_attribute_of_python_can_be_reached(value: str) -> None:
    canvas = MemoryCanvas()
    for label in LABELS:
        for code in (f"({value}).{label}", f"let v = {value}\nv.{label}", f"(v => v.{label})({value})"):
            with pytest.raises(Failed):
                canvas.evaluate(code)
    with pytest.raises(Failed):
        canvas.evaluate(f"{{ ({value}) | __class__: 1 }}")
