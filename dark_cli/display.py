"""How code and lists look on a terminal of 80 columns: trees with ids in the margin, tables, sentences.

Must not know commands. Invariant: without colour the text is the same, and nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from dark_lang.names import NodeId
from dark_lang.nodes.walking import descend, find

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas
    from runtime.marking import Mark

CONTEXT = 2  # lines shown before and after what changed
WHOLE = 12  # a toplevel of up to so many lines is shown whole


def show_tree(workspace: Workspace, canvas: Canvas, toplevel: NodeId, node: NodeId | None = None) -> None:
    """A toplevel, or a node of it, with short ids in the margin."""
    from dark_lang.notation.printing import print_lines  # late: lists of addresses need no notation

    tree = canvas.tree(toplevel)
    shown = tree if node is None else find(tree, node)
    if shown is None:
        return
    lines = print_lines(shown, canvas.naming, width=workspace.width - 10)
    _print_lines(workspace, canvas, [(False, line.node, "  " * line.indent + line.text) for line in lines])


def show_around(workspace: Workspace, canvas: Canvas, toplevel: NodeId, nodes: Iterable[NodeId]) -> None:
    """The lines of a toplevel that the nodes stand on, marked, with those around them; the rest as `…`."""
    from dark_lang.notation.printing import print_lines  # late, as above

    tree = canvas.tree(toplevel)
    wanted = set(nodes)
    below = {node.id for top in descend(tree) if top.id in wanted and top is not tree for node in descend(top)}
    lines = print_lines(tree, canvas.naming, width=workspace.width - 10)
    marked = [bool(below.intersection(line.ids)) for line in lines]
    rows: list[tuple[bool, NodeId | None, str]] = []
    for index, line in enumerate(lines):
        near = any(marked[max(0, index - CONTEXT) : index + CONTEXT + 1])
        if index == 0 or near or len(lines) <= WHOLE or not any(marked):
            rows.append((marked[index], line.node, "  " * line.indent + line.text))
        elif rows[-1][1] is not None:
            rows.append((False, None, "…"))
    _print_lines(workspace, canvas, rows)


def _print_lines(workspace: Workspace, canvas: Canvas, rows: Sequence[tuple[bool, NodeId | None, str]]) -> None:
    shorts = [canvas.short_id(node) if node else "" for _, node, _ in rows]
    width = max((len(short) for short in shorts), default=0)
    for (marked, _, text), short in zip(rows, shorts, strict=True):
        margin = workspace.paint(short.rjust(width), "dim")
        workspace.print(
            f"{'>' if marked else ' '} {margin}  {workspace.paint(text, 'bold') if marked else text}".rstrip()
        )


def address_of(canvas: Canvas, toplevel: NodeId, node: NodeId) -> str:
    """The address by which a person can name a node."""
    from dark_lang.notation.addresses import inner_address  # late, as above

    label = canvas.entries[toplevel].label
    return label if node == toplevel else f"{label}#{inner_address(canvas.tree(toplevel), node)}"


def show_marks(workspace: Workspace, canvas: Canvas, marks: Sequence[Mark], limit: int | None = None) -> None:
    """One line a mark: where, and what."""
    show_table(workspace, [mark_row(canvas, mark) for mark in marks[:limit]], styles=("dim", "", "yellow"))
    if limit is not None and len(marks) > limit:
        workspace.print(f"and {len(marks) - limit} more; dark check lists them")


def mark_row(canvas: Canvas, mark: Mark) -> tuple[str, str, str]:
    return canvas.short_id(mark.node), address_of(canvas, mark.toplevel, mark.node), mark.says


WIDEST = 48  # of a column that others stand to the right of


def show_table(workspace: Workspace, rows: Sequence[Sequence[str]], *, styles: Sequence[str] = ()) -> None:
    """Columns, two blanks apart; the last is not padded. A row that is too wide for the terminal has its last column
    on a line of its own."""
    if not rows:
        return
    columns = len(rows[0])
    widths = [min(max(len(row[column]) for row in rows), WIDEST) for column in range(columns - 1)]
    for row in rows:
        cells = [
            _paint(workspace, cell, cell.ljust(width), styles, column)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        used = sum(max(len(cell), width) + 2 for cell, width in zip(row, widths, strict=False))
        last = _paint(workspace, row[-1], row[-1], styles, columns - 1)
        if used + len(row[-1]) > workspace.width and columns > 1:
            workspace.print("  ".join(cells).rstrip())
            for part in wrap(row[-1], workspace.width - 6):
                workspace.print(f"      {_paint(workspace, part, part, styles, columns - 1)}")
        else:
            workspace.print("  ".join([*cells, last]).rstrip())


def _paint(workspace: Workspace, cell: str, padded: str, styles: Sequence[str], column: int) -> str:
    style = styles[column] if column < len(styles) else ""
    return workspace.paint(cell, style) + padded[len(cell) :] if style else padded


def clip(text: str, width: int) -> str:
    """The text as one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: max(width - 1, 0)] + "…"


def short_author(author: str) -> str:
    """Who it was, as far as colleagues need to know: an address without what comes after the @."""
    return clip(author.partition("@")[0] or author, 16)


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
