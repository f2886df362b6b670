"""Trees as text: the public door of the printer.

Must not know how text is read. Invariants: every tree has a text; reading it gives the same tree, ids aside, with
nothing repaired, if the tree keeps the normal forms of NOTATION.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dark_lang.naming import Naming
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.expressions import Expression
from dark_lang.nodes.patterns import Pattern
from dark_lang.nodes.shape import Node
from dark_lang.nodes.types import Type
from dark_lang.notation.expression_forms import EXPRESSION_FORMS
from dark_lang.notation.layout import Line, flattened, lay_out
from dark_lang.notation.pattern_forms import PATTERN_FORMS
from dark_lang.notation.printer import Form, Printer
from dark_lang.notation.toplevel_forms import TOPLEVEL_FORMS, header_text
from dark_lang.notation.type_forms import TYPE_FORMS

__all__ = [
    "Line",
    "print_any",
    "print_expression",
    "print_flat",
    "print_header",
    "print_lines",
    "print_pattern",
    "print_short",
    "print_toplevel",
    "print_type",
]

_FORMS: Final[Mapping[type[Node], Form]] = {**EXPRESSION_FORMS, **PATTERN_FORMS, **TYPE_FORMS, **TOPLEVEL_FORMS}


def print_lines(node: Node, naming: Naming, *, width: int = 100) -> list[Line]:
    """The lines of any node, no wider than `width` columns where a break can help, with the ids that begin on each."""
    return lay_out(Printer(naming, _FORMS).doc(node), width)


def print_any(node: Node, naming: Naming, *, width: int = 100) -> str:
    """Any node, be it an arm, a field or a toplevel."""
    lines = print_lines(node, naming, width=width)
    if len(lines) == 1:
        return lines[0].text
    return "\n".join([" " * line.indent + line.text if line.text else "" for line in lines])


def print_expression(node: Expression, naming: Naming, *, width: int = 100) -> str:
    return print_any(node, naming, width=width)


def print_pattern(node: Pattern, naming: Naming, *, width: int = 100) -> str:
    return print_any(node, naming, width=width)


def print_type(node: Type, naming: Naming, *, width: int = 100) -> str:
    return print_any(node, naming, width=width)


def print_toplevel(toplevel: top.Toplevel, naming: Naming, *, width: int = 100) -> str:
    """The whole definition, as `read_toplevel` reads it, with a newline at its end."""
    return print_any(toplevel, naming, width=width) + "\n"


def print_header(toplevel: top.Toplevel, naming: Naming) -> str:
    """What the definition is, on one line: `http GET /hello/:name`, `fn Shop::total_v0(a: Int) -> Int`."""
    return header_text(toplevel, Printer(naming, _FORMS))


def print_flat(node: Node, naming: Naming) -> str:
    """Any node on one line, however long; only comments end lines in it, and nothing is indented."""
    whole = flattened(Printer(naming, _FORMS).doc(node))
    return "\n".join([line.text for line in lay_out(whole, 0)])


def print_short(node: Node, naming: Naming, *, most: int = 60) -> str:
    """Any node on one line of at most `most` characters, for lists and messages; what is cut off shows as `…`."""
    text = print_flat(node, naming).replace("\n", " ")
    return text if len(text) <= most else text[: max(most - 1, 0)] + "…"
