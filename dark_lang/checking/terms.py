"""Types while they are being inferred: variables that get bound, and what they are bound to.

Must not know programs, nor how types are unified. Invariants: only a Var ever changes; nothing here recurses deeper
than `DEEPEST`, whatever a program does; what is deeper is anybody's guess, and so a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, TypeAlias

from dark_lang.names import Defined, NodeId, Standard
from dark_lang.types import UNKNOWN, Fn, Named, Record, Tuple, Type, Unknown, Variable

DEEPEST: Final = 200
GENERIC: Final = 1 << 30
"""The level of a variable that stands for any type: each use of a generic type gets variables of its own."""

FN: Final = "->"
TUPLE: Final = "(,)"


class Var:
    """`level`: how many lets it is inside of; those of a finished let are made generic. `is_number`: only an Int or a
    Float will do."""

    __slots__ = ("is_number", "level", "name", "ref")

    def __init__(self, level: int, *, is_number: bool = False, name: str = "") -> None:
        self.ref: Term | None = None
        self.level = level
        self.is_number = is_number
        self.name = name  # as it was declared, if it was


class Con:
    """A type with a head. `head`: a standard type's name, FN (the result is the last argument) or TUPLE, the id of a
    definition, or a Rigid."""

    __slots__ = ("args", "head")

    def __init__(self, head: Head, args: tuple[Term, ...] = ()) -> None:
        self.head = head
        self.args = args


class Row:
    """A record: its fields by label, and the variable that stands for further ones, if there may be any."""

    __slots__ = ("fields", "rest")

    def __init__(self, fields: Mapping[str, Term], rest: Var | None = None) -> None:
        self.fields = fields
        self.rest = rest


class Rigid:
    """A type parameter inside its own definition: equal to nothing but itself."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


Head: TypeAlias = "str | NodeId | Rigid"
Term: TypeAlias = Var | Con | Row

INT: Final = Con("Int")
FLOAT: Final = Con("Float")
BOOL: Final = Con("Bool")
STRING: Final = Con("String")
CHAR: Final = Con("Char")
UNIT: Final = Con("Unit")
ANY: Final = Con("Any")
REQUEST: Final = Con("Request")
ANSWER: Final = Con("?answer")
"""Expected of a handler's body: each way through it may answer with something of its own."""


def option(term: Term) -> Con:
    return Con("Option", (term,))


def result(good: Term, bad: Term) -> Con:
    return Con("Result", (good, bad))


def function(params: tuple[Term, ...], gives: Term) -> Con:
    return Con(FN, (*params, gives))


def prune(term: Term) -> Term:
    """What a variable is bound to in the end."""
    while type(term) is Var and term.ref is not None:
        term = term.ref
    return term


def flatten(row: Row) -> tuple[Mapping[str, Term], Var | None]:
    """All fields of a record whose further fields have been found, and what still stands for others."""
    rest = row.rest
    if rest is None or rest.ref is None:
        return row.fields, rest
    fields = dict(row.fields)
    while rest is not None and rest.ref is not None:
        bound = rest.ref
        if type(bound) is Row:
            for label, term in bound.fields.items():
                fields.setdefault(label, term)
            rest = bound.rest
        else:
            rest = bound if type(bound) is Var else None
    return fields, rest


def parts(term: Con | Row) -> Iterator[Term]:
    if type(term) is Con:
        yield from term.args
    elif type(term) is Row:
        fields, rest = flatten(term)
        yield from fields.values()
        if rest is not None:
            yield rest


def variables(term: Term) -> Iterator[Var]:
    """The unbound variables in a type, some of them more than once."""
    work = [term]
    seen: set[int] = set()
    while work:
        term = prune(work.pop())
        if type(term) is Var:
            yield term
        elif (type(term) is Row or (type(term) is Con and term.args)) and id(term) not in seen:
            seen.add(id(term))
            work.extend(parts(term))


def generalise(term: Term, level: int) -> bool:
    """Makes generic what was made inside of a let that ends at `level`. Whether anything in the type is generic now."""
    found = False
    for var in variables(term):
        if var.level > level:
            var.level = GENERIC
            found = True
    return found


def instantiate(term: Term, level: int, made: dict[int, Term], depth: int = 0) -> Term:
    """A copy with fresh variables in place of generic ones; `made` keeps which by the old one's `id()`."""
    term = prune(term)
    if type(term) is Var:
        if term.level != GENERIC:
            return term
        known = made.get(id(term))
        if known is None:
            known = made[id(term)] = Var(level, is_number=term.is_number, name=term.name)
        return known
    if type(term) is Con and not term.args:
        return term
    known = made.get(id(term))
    if known is not None:
        return known
    if depth > DEEPEST:
        return Var(level)
    copy: Term
    if type(term) is Con:
        args = tuple([instantiate(arg, level, made, depth + 1) for arg in term.args])
        copy = term if all(new is old for new, old in zip(args, term.args, strict=True)) else Con(term.head, args)
    else:
        assert type(term) is Row
        fields, rest = flatten(term)
        copied = {label: instantiate(held, level, made, depth + 1) for label, held in fields.items()}
        tail = instantiate(rest, level, made, depth + 1) if rest is not None else None
        copy = Row(copied, tail if type(tail) is Var else None)
    made[id(term)] = copy
    return copy


def term_of(declared: Type, named: dict[str, Term], fresh: Callable[[str], Term], depth: int = 0) -> Term:
    """The term of a declared type. `named` holds what its type variables stand for; `fresh` gives what stands for
    others, and, called with "", for what nobody knows."""
    if depth > DEEPEST:
        return fresh("")
    match declared:
        case Named(Standard(name), ()):
            return _PLAIN.get(name) or _PLAIN.setdefault(name, Con(name))
        case Named(head, args):
            inner = tuple([term_of(arg, named, fresh, depth + 1) for arg in args])
            match head:
                case Standard(name):
                    return Con(name, inner)
                case Defined(definition):
                    return Con(definition, inner)
                case _:
                    return fresh("")
        case Variable(name):
            found = named.get(name)
            if found is None:
                found = named[name] = fresh(name)
            return found
        case Tuple(items):
            return Con(TUPLE, tuple([term_of(item, named, fresh, depth + 1) for item in items]))
        case Fn(params, gives):
            return Con(FN, tuple([term_of(each, named, fresh, depth + 1) for each in (*params, gives)]))
        case Record(fields, rest):
            held = {label: term_of(wanted, named, fresh, depth + 1) for label, wanted in fields}
            tail = None if rest is None else fresh("") if not rest else term_of(Variable(rest), named, fresh)
            return Row(held, tail if isinstance(tail, Var) else None)
        case Unknown():
            return fresh("")


_PLAIN: Final[dict[str, Con]] = {
    known.head: known for known in (INT, FLOAT, BOOL, STRING, CHAR, UNIT, ANY, REQUEST) if isinstance(known.head, str)
}


class Settling:
    """From terms to types that no longer change. One object a definition, so that its variables get different names.
    `declared`: the names of its type parameters, which are nobody else's."""

    __slots__ = ("_made", "_names", "declared")

    def __init__(self) -> None:
        self._made: dict[int, tuple[Term, Type]] = {}  # the term too, so that its `id()` stays its own
        self._names: dict[int, str] = {}
        self.declared: Collection[str] = ()

    def type_of(self, term: Term, depth: int = 0) -> Type:
        term = prune(term)
        known = self._made.get(id(term))
        if known is not None:
            return known[1]
        if depth > DEEPEST // 2:
            return UNKNOWN
        made = self._settle(term, depth + 1)
        self._made[id(term)] = (term, made)
        return made

    def _settle(self, term: Term, depth: int) -> Type:
        if type(term) is Var:
            return Variable(self._name(term))
        if type(term) is Con:
            head, args = term.head, term.args
            if isinstance(head, Rigid):
                return Variable(head.name)
            if term is ANSWER or head == "Any":
                return UNKNOWN
            settled = tuple([self.type_of(arg, depth) for arg in args])
            if head == FN:
                return Fn(settled[:-1], settled[-1])
            if head == TUPLE:
                return Tuple(settled)
            return Named(Standard(head) if isinstance(head, str) else Defined(head), settled)
        assert type(term) is Row
        fields, rest = flatten(term)
        settled_fields = tuple([(label, self.type_of(fields[label], depth)) for label in sorted(fields)])
        return Record(settled_fields, None if rest is None else self._name(rest))

    def _name(self, var: Var) -> str:
        found = self._names.get(id(var))
        if found is None:
            taken = {*self.declared, *self._names.values()}
            wanted = "number" if var.is_number else var.name
            found = wanted if wanted and wanted not in taken else next(name for name in _spare() if name not in taken)
            self._names[id(var)] = found
        return found


def _spare() -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield from letters
    number = 1
    while True:
        yield from (f"{letter}{number}" for letter in letters)
        number += 1
