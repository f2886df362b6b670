"""What a function does: those of the library, and those of the canvas.

Only translates. Invariant: what is shown is what the declaration says; nothing is described twice.
"""

from __future__ import annotations

from textwrap import fill

import click

from dark_cli.commands.making import command
from dark_cli.display import clip, plural
from dark_cli.display_effects import EFFECTS
from dark_cli.workspace import Workspace
from dark_lang.errors import AddressError
from dark_lang.library import Effect, LibraryFunction
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import suggest
from dark_lang.notation.printing import print_header


@command("docs")
@click.argument("name", required=False)
@click.pass_obj
def docs(workspace: Workspace, name: str | None) -> None:
    """Explain NAME: a function (`List::map`), a module (`List`), or words to look for. Alone: list the modules."""
    functions = workspace.canvas.library.functions.values()
    if name is None:
        _show_modules(workspace, list(functions))
        return
    wanted = name.casefold()
    exact = [each for each in functions if name in (each.identity.name, _versioned(each))]
    module = [each for each in functions if each.identity.name.casefold().startswith(f"{wanted}::")]
    if exact:
        _answer(workspace, exact, brief=False)
    elif module:
        _answer(workspace, module, brief=True)
    elif not _show_own(workspace, name):
        found = [each for each in functions if wanted in each.signature.casefold() or wanted in each.doc.casefold()]
        if not found:
            near = suggest(name, [each.identity.name for each in functions])
            raise AddressError(
                f"nothing in the library or the canvas is about {name}",
                suggestion=f"did you mean {near}?" if near else "dark docs lists the modules",
            )
        _answer(workspace, found, brief=True)


def _answer(workspace: Workspace, functions: list[LibraryFunction], *, brief: bool) -> None:
    if workspace.json:
        workspace.answer([_report(each) for each in functions])
    elif brief:
        for each in functions:
            workspace.print(each.signature)
            workspace.print(f"    {workspace.paint(clip(each.doc, workspace.width - 4), 'dim')}")
    else:
        for index, each in enumerate(functions):
            if index:
                workspace.print()
            _show(workspace, each)


def _show(workspace: Workspace, function: LibraryFunction) -> None:
    workspace.print(workspace.paint(function.signature, "bold"))
    workspace.print(fill(function.doc, workspace.width, initial_indent="  ", subsequent_indent="  "))
    if function.effect is not Effect.PURE:
        workspace.print(f"  It {EFFECTS[function.effect]}.")
    for example in function.examples:
        workspace.print(f"    {example}")
    if function.deprecated is not None:
        successor = function.deprecated.successor
        workspace.print(f"  Deprecated: {function.deprecated.reason}. Use {successor.name}_v{successor.version}.")


def _show_modules(workspace: Workspace, functions: list[LibraryFunction]) -> None:
    modules: dict[str, int] = {}
    for each in functions:
        module = each.identity.name.rpartition("::")[0]
        modules[module] = modules.get(module, 0) + 1
    if workspace.json:
        workspace.answer(modules)
        return
    for module, count in sorted(modules.items()):
        workspace.print(f"{module.ljust(12)} {plural(count, 'function')}")


def _show_own(workspace: Workspace, name: str) -> bool:
    canvas = workspace.canvas
    try:
        found = canvas.find(name)
    except AddressError:
        return False
    tree = canvas.tree(found.toplevel_id)
    header = print_header(tree, canvas.naming)
    if workspace.json:
        workspace.answer([{"signature": header, "doc": tree.doc, "canvas": True}])
        return True
    workspace.print(workspace.paint(header, "bold"))
    doc = tree.doc or "It has no description; dark set ADDRESS doc TEXT gives it one."
    workspace.print(fill(doc, workspace.width, initial_indent="  ", subsequent_indent="  "))
    if isinstance(tree, top.Function):
        workspace.print(f"  dark show {canvas.entries[found.toplevel_id].label} prints its code.")
    return True


def _versioned(function: LibraryFunction) -> str:
    return f"{function.identity.name}_v{function.identity.version}"


def _report(function: LibraryFunction) -> dict[str, object]:
    deprecated = function.deprecated
    return {
        "name": function.identity.name,
        "version": function.identity.version,
        "signature": function.signature,
        "doc": function.doc,
        "examples": list(function.examples),
        "effect": function.effect.name.lower(),
        "deprecated": deprecated.reason if deprecated else None,
        "successor": f"{deprecated.successor.name}_v{deprecated.successor.version}" if deprecated else None,
    }
