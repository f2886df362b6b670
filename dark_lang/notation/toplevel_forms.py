"""How definitions are written. `reading_toplevels` has the grammar.

Must not know a canvas. Invariant: what is written reads back as the same definition.
"""

from __future__ import annotations

import re
from typing import Any, Final

from dark_lang.names import Defined, NodeId, read_id_prefix
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node, Scalar
from dark_lang.notation.expression_forms import name_text
from dark_lang.notation.layout import HARD, Concat, Doc, Indent, Mark, flattened, lay_out
from dark_lang.notation.printer import Form, Printer, listed
from dark_lang.notation.quoting import escape, escape_note, quote
from dark_lang.notation.tokens import IS_CASE, IS_FUNCTION, IS_STORE
from dark_lang.notation.type_forms import lower_word

USUAL_LANGUAGE: Final = 1
_IS_METHOD: Final = re.compile("[A-Z]+").fullmatch
_IS_ROUTE: Final = re.compile(r"/[^\s\x00-\x20]*").fullmatch


def function_name(name: str, version: int) -> str:
    full = f"{name}_v{version}"
    return full if IS_FUNCTION(full) else quote(full)


def type_name(name: str, version: int) -> str:
    full = f"{name}_v{version}"
    return full if IS_CASE(full) else quote(full)


def store_name(name: str, version: int) -> str:
    full = f"{name}-v{version}"
    return full if IS_STORE(full) else quote(full)


# Headers


def _type_params(printer: Printer, node: Node, params: tuple[top.TypeParameter, ...]) -> Doc:
    return listed("<", printer.children(node, "type_params", params), ">") if params else ""


def _function_head(printer: Printer, node: top.Function) -> list[Doc]:
    params = listed("(", printer.children(node, "params", node.params), ")")
    name = function_name(node.name, node.version)
    return ["fn ", name, _type_params(printer, node, node.type_params), params, " -> ", printer.of(node.result)]


def _type_head(printer: Printer, node: top.Type) -> list[Doc]:
    name = type_name(node.name, node.version)
    definition = printer.of(node.definition)
    space = "" if isinstance(node.definition, t.Enum) else " "
    return ["type ", name, _type_params(printer, node, node.params), " =", space, definition]


def _http_head(node: top.Http) -> list[Doc]:
    method = node.method if _IS_METHOD(node.method) else quote(node.method)
    plain = _IS_ROUTE(node.route) and escape(node.route) == node.route
    return ["http ", method, " ", node.route if plain else quote(node.route)]


def share_text(share: int) -> str:
    """Basis points as per cent: 1250 is `12.5%`."""
    whole, rest = divmod(abs(share), 100)
    decimals = f".{rest:02}".rstrip("0") if rest else ""
    return f"{'-' if share < 0 else ''}{whole}{decimals}%"


def _head(printer: Printer, node: Any) -> list[Doc]:
    """What stands on the header line, after the node's mark."""
    match node:
        case top.Function():
            return _function_head(printer, node)
        case top.Type():
            return _type_head(printer, node)
        case top.Http():
            return _http_head(node)
        case top.Datastore():
            return ["db ", store_name(node.name, node.version), " ", printer.of(node.type)]
        case top.Cron():
            return ["cron ", name_text(node.name), " ", quote(node.schedule)]
        case top.Switch():
            state = "on" if node.on else "off"
            return ["toggle ", name_text(node.name), f" {state} {share_text(node.share)}"]
        case top.Worker() | top.Repl() | top.Test() | top.Secret():
            return [f"{type(node).__name__.lower()} ", name_text(node.name)]
        case _:
            raise TypeError(f"{type(node).__name__} is no toplevel")


def header_text(toplevel: top.Toplevel, printer: Printer) -> str:
    """The header on one line."""
    printer.doc(toplevel)
    return " ".join(line.text for line in lay_out(flattened(Concat(_head(printer, toplevel))), 0))


# Whole definitions


def _before_header(node: Any) -> list[Doc]:
    lines: list[Doc] = []
    for line in node.doc.split("\n") if node.doc else ():
        lines += [f"/// {escape_note(line)}" if line else "///", HARD]
    if node.language != USUAL_LANGUAGE:
        lines += [f"language {node.language}", HARD]
    return lines


def _toplevel(printer: Printer, node: Any) -> Doc:
    parts: list[Doc] = [Mark(node.id), *_before_header(node), *_head(printer, node)]
    match node:
        case top.Datastore():
            for word, conversion in (("forward", node.forward), ("back", node.back)):
                if conversion is not None:
                    parts += [HARD, word, Indent(Concat([HARD, printer.of(conversion)]))]
        case top.Switch():
            for line in _settings(printer.naming, node):
                parts.append(Indent(Concat([HARD, line])))
            if node.condition is not None:
                parts += [HARD, "when", Indent(Concat([HARD, printer.of(node.condition)]))]
        case top.Type() | top.Secret():
            return Concat(parts)
        case _:
            parts += [HARD, printer.of(node.body)]
    return Concat(parts)


_LISTED: Final[dict[Scalar, str]] = {True: "allow", False: "deny"}
_RAMPED: Final[dict[Scalar, str]] = {True: "ramp", False: "ramped"}
_NEEDED: Final[dict[Scalar, str]] = {True: "new", False: "old"}


def _settings(naming: Naming, node: top.Switch) -> list[str]:
    lines = [f"salt {quote(node.salt)}", f"algorithm {quote(node.algorithm)}"]
    lines += [f"{_LISTED.get(listed, 'unlisted')} {quote(subject)}" for subject, listed in node.subjects]
    lines += [f"needs {_needed(naming, key)} {_NEEDED.get(side, 'neither')}" for key, side in node.prerequisites]
    lines += [f"{_RAMPED.get(held, 'unramped')} {quote(step)}" for step, held in node.ramp]
    return lines


def _needed(naming: Naming, key: str) -> str:
    """A switch by its name, if that means the same; else its key in quotes."""
    found = read_id_prefix(key)
    if found is None or len(key) != 16:
        return quote(key)
    ref = Defined(NodeId(found[0]))
    name = naming.name_of(Realm.SWITCH, ref)
    return (
        name_text(name)
        if not name_text(name).startswith('"') and naming.resolve(Realm.SWITCH, name) == ref
        else quote(key)
    )


def _parameter(printer: Printer, node: top.Parameter) -> Doc:
    return Concat([Mark(node.id), lower_word(node.name), ": ", printer.of(node.type)])


def _type_parameter(_: Printer, node: top.TypeParameter) -> Doc:
    return Concat([Mark(node.id), lower_word(node.name)])


TOPLEVEL_FORMS: dict[type, Form] = {
    top.Parameter: _parameter,
    top.TypeParameter: _type_parameter,
    **dict.fromkeys(
        (
            *(top.Http, top.Worker, top.Cron, top.Repl, top.Function),
            *(top.Type, top.Switch, top.Datastore, top.Test, top.Secret),
        ),
        _toplevel,
    ),
}
