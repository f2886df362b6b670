"""What each text reads as: the cases of `reading.cases`, one a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plain_names import PlainNames

from dark_lang.names import Fresh
from dark_lang.notation.printing import print_any
from dark_lang.notation.reading import Reading, read_expression, read_pattern, read_toplevel, read_type

READERS: dict[str, Callable[..., Reading[Any]]] = {
    "expression": read_expression,
    "pattern": read_pattern,
    "type": read_type,
    "toplevel": read_toplevel,
}


def cases() -> list[tuple[str, str, str, int]]:
    found: list[tuple[str, str, str, int]] = []
    reader = ""
    for line in Path(__file__).with_name("reading.cases").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.strip("[]") in READERS:
            reader = line.strip("[]")
        elif (line and not line.startswith("#")) or line.startswith("#{"):
            text, printed, repairs = (part.strip().replace("⏎", "\n") for part in line.split("⇒"))
            found.append((reader, text, printed, int(repairs)))
    return found


@pytest.mark.parametrize(("reader", "text", "printed", "repairs"), cases())
def test_case(reader: str, text: str, printed: str, repairs: int) -> None:
    reading = READERS[reader](text, PlainNames(), Fresh(1))
    assert print_any(reading.tree, PlainNames()) == printed
    assert len(reading.repairs) == repairs, [repair.message for repair in reading.repairs]
