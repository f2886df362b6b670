"""From the words of `dark insert KIND …` to a new definition.

Must not know other edits. Invariant: the definition has a label that its kind allows; its code may be anything.
"""

from __future__ import annotations

from collections.abc import Callable

from dark_cli.commands.structure_site import Site
from dark_lang.errors import UsageError
from dark_lang.names import NodeId
from dark_lang.naming import Naming
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.notation.reading import read_expression, read_signature, read_type, read_typedef
from dark_lang.records import dataclass
from dark_lang.restructuring.changing import Changed
from dark_lang.restructuring.placing import insert_toplevel
from dark_lang.restructuring.renaming import named, require_free, require_route
from dark_lang.restructuring.statements import put_together, take_apart
from dark_lang.restructuring.surgery import changed

LANGUAGE = 1
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class New:
    toplevel: top.Toplevel
    notes: tuple[str, ...] = ()


Fresh = Callable[[], NodeId]


def read_new(words: list[str], naming: Naming, fresh: Fresh) -> New:
    """UsageError for too few or too many words, RefusedError for a label that cannot be."""
    kind, *rest = words
    fewest, most, form = _FORMS[kind]
    if not fewest <= len(rest) <= most:
        raise UsageError(f"dark insert {kind} {form}", suggestion="quote code for the shell: '…'")
    match kind:
        case "http":
            return _http(rest, naming, fresh)
        case "fn":
            return _function(rest, naming, fresh)
        case "type":
            reading = read_typedef(rest[0], naming, fresh)
            notes = tuple(repair.message for repair in reading.repairs)
            return New(_checked(reading.tree, rest[0].partition("=")[0].partition("<")[0].strip()), notes)
        case "db":
            return _datastore(rest, naming, fresh)
        case "secret":
            return New(named(top.Secret(fresh(), LANGUAGE, "", rest[0]), rest[0]))
        case "cron":
            body, notes = _body(rest[2:], naming, fresh)
            return New(named(top.Cron(fresh(), LANGUAGE, "", rest[0], rest[1], body), rest[0]), notes)
        case _:
            body, notes = _body(rest[1:], naming, fresh)
            return New(named(_NAMED[kind](fresh(), LANGUAGE, "", rest[0], body), rest[0]), notes)


def insert_new(site: Site, words: list[str]) -> Changed:
    """Adds what the words say. Raises what `read_new` raises, and RefusedError if the name is taken."""
    new = read_new(words, site.naming, site.draft.fresh)
    require_free(site, new.toplevel)
    return insert_toplevel(site.draft, new.toplevel, new.notes)


_FORMS: dict[str, tuple[int, int, str]] = {
    "http": (2, 3, "METHOD ROUTE [BODY]"),
    "fn": (1, 2, "'Module::name(a: Type) -> Type' [BODY]"),
    "type": (1, 1, "'Name = TYPE'"),
    "db": (2, 2, "NAME TYPE"),
    "worker": (1, 2, "NAME [BODY]"),
    "cron": (2, 3, "NAME SCHEDULE [BODY]"),
    "repl": (1, 2, "NAME [BODY]"),
    "test": (1, 2, "NAME [BODY]"),
    "secret": (1, 1, "NAME"),
}
KIND_WORDS = tuple(_FORMS)
_NAMED: dict[str, type[top.Worker] | type[top.Repl] | type[top.Test]] = {
    "worker": top.Worker,
    "repl": top.Repl,
    "test": top.Test,
}


def _body(rest: list[str], naming: Naming, fresh: Fresh) -> tuple[e.Expression, tuple[str, ...]]:
    if not rest:
        return e.Hole(fresh(), ""), ()
    reading = read_expression(rest[0], naming, fresh)
    return reading.tree, tuple(repair.message for repair in reading.repairs)


def _http(rest: list[str], naming: Naming, fresh: Fresh) -> New:
    method, route = rest[0].upper(), rest[1]
    if method not in METHODS:
        raise UsageError(f"{rest[0]!r} is no HTTP method", suggestion=f"one of {' '.join(METHODS)}")
    body, notes = _body(rest[2:], naming, fresh)
    return New(top.Http(fresh(), LANGUAGE, "", method, require_route(route), body), notes)


def _function(rest: list[str], naming: Naming, fresh: Fresh) -> New:
    reading = read_signature(rest[0], naming, fresh)
    body, notes = _body(rest[1:], naming, fresh)
    left_over, _ = take_apart(reading.tree.body)  # what fits nowhere in a signature begins the body
    body = put_together(left_over, body)
    function = _checked(changed(reading.tree, body=body), rest[0].partition("(")[0].partition("<")[0].strip())
    return New(function, (*(repair.message for repair in reading.repairs), *notes))


def _datastore(rest: list[str], naming: Naming, fresh: Fresh) -> New:
    reading = read_type(rest[1], naming, fresh)
    store = named(top.Datastore(fresh(), LANGUAGE, "", "", 0, reading.tree, None, None), rest[0])
    return New(store, tuple(repair.message for repair in reading.repairs))


def _checked(toplevel: top.Toplevel, name: str) -> top.Toplevel:
    """The reader makes something of every name; a definition wants one that can be addressed."""
    return named(toplevel, name)
