"""Types while they are being inferred: variables that get bound, and what they are bound to.

Must not know programs, nor how types are unified. Invariants: only a Var ever changes; nothing here recurses deeper
than `DEEPEST`, whatever a program does; what is deeper is anybody's guess, and so a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Final, TypeAlias

from dark_lang.names import Defined, NodeId, Standard
from dark_lang.records import NamedTuple
from dark_lang.types import UNKNOWN, Fn, Named, Record, Tuple, Type, Unknown, Variable

DEEPEST: Final = 200
DEEPEST_SETTLED: Final = DEEPEST // 2
LARGEST_SETTLED: Final = 1_000
"""Parts of a settled type. A term shares its parts, and what is made of it is a tree to `==`, `hash` and `describe`:
`let b = (a, a)` ten times is a type of a thousand parts."""
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
    """A record: its fields by label, and what stands for further ones, if there may be any: a variable, or a Con with a
    Rigid for those that only the users of a definition know."""

    __slots__ = ("fields", "rest")

    def __init__(self, fields: Mapping[str, Term], rest: Rest = None) -> None:
        self.fields = fields
        self.rest = rest


class Rigid:
    """A type parameter inside its own definition: equal to nothing but itself."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


Head: TypeAlias = "str | NodeId | Rigid"
Term: TypeAlias = Var | Con | Row
Rest: TypeAlias = Var | Con | None

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


def root(term: Term) -> Term:
    """The same, and makes the way there short for the next who asks. Not to be used while bindings may be undone."""
    end = prune(term)
    while type(term) is Var and term is not end:
        term.ref, term = end, term.ref or end
    return end


def flatten(row: Row) -> tuple[Mapping[str, Term], Rest]:
    """All fields of a record whose further fields have been found, and what still stands for others."""
    rest = row.rest
    if type(rest) is not Var or rest.ref is None:
        return row.fields, rest
    fields = dict(row.fields)
    while type(rest) is Var and rest.ref is not None:
        bound = rest.ref
        if type(bound) is Row:
            for label, term in bound.fields.items():
                fields.setdefault(label, term)
            rest = bound.rest
        else:
            rest = bound if type(bound) is Var else _rigid(bound)
    return fields, rest


def _rigid(term: Term) -> Con | None:
    """Only that stands for further fields; of another type there are none."""
    return term if type(term) is Con and type(term.head) is Rigid else None


def extended(fields: dict[str, Term], rest: Term | None) -> Row:
    """A record with the fields of another one besides."""
    rest = None if rest is None else prune(rest)
    if type(rest) is Row:
        more, rest = flatten(rest)
        return Row({**more, **fields}, rest)
    return Row(fields, rest if type(rest) is Var or rest is None else _rigid(rest))


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
        copy = extended(copied, None if rest is None else instantiate(rest, level, made, depth + 1))
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
            return extended(held, None if rest is None else _rest_of(rest, named, fresh))
        case Unknown():
            return fresh("")


def _rest_of(name: str, named: dict[str, Term], fresh: Callable[[str], Term]) -> Term:
    """What stands for further fields; those without a name are other ones at each place (`named` may have them)."""
    return term_of(Variable(name), named, fresh) if name else named.get("") or fresh("")


_PLAIN: Final[dict[str, Con]] = {
    known.head: known for known in (INT, FLOAT, BOOL, STRING, CHAR, UNIT, ANY, REQUEST) if isinstance(known.head, str)
}


def is_loose(declared: Type) -> bool:
    """Whether something stands in a declared type that goes with anything, so that a value may be of another."""
    work = [declared]
    while work:
        match work.pop():
            case Unknown() | Named(Standard("Any")):
                return True
            case Named(_, inner) | Tuple(inner):
                work.extend(inner)
            case Fn(params, gives):
                work.extend((*params, gives))
            case Record(fields):
                work.extend([held for _, held in fields])
            case _:
                pass
    return False


class _Sized(NamedTuple):
    term: Term  # kept, so that its `id()` stays its own
    type: Type
    size: int
    height: int


class Settling:
    """From terms to types that no longer change. One object a definition, so that its variables get different names.
    `is_cut`: whether something was too deep or too large, and is Unknown in its type."""

    __slots__ = ("_made", "_names", "_spare", "_taken", "is_cut")

    def __init__(self) -> None:
        self._made: dict[int, _Sized] = {}
        self._names: dict[int, str] = {}
        self._taken: set[str] = set()
        self._spare = _spare()
        self.is_cut = False

    def reserve(self, names: Iterable[str]) -> None:
        """The type parameters of the definition: no variable gets their names."""
        self._taken.update(names)

    def type_of(self, term: Term) -> Type:
        return self._sized(term, 0).type

    def types_of(self, terms: Mapping[NodeId, Term]) -> dict[NodeId, Type]:
        """Most terms are the same few."""
        made, found = self._made, {}
        for node, term in terms.items():
            if type(term) is Var and term.ref is not None:
                term = root(term)
            known = made.get(id(term))
            found[node] = known.type if known is not None else self._sized(term, 0).type
        return found

    def _sized(self, term: Term, depth: int) -> _Sized:
        term = prune(term)
        known = self._made.get(id(term))
        if known is None:
            if depth > DEEPEST_SETTLED:
                self.is_cut = True
                return _Sized(term, UNKNOWN, 1, 1)
            known = self._made[id(term)] = self._settle(term, depth + 1)
        return known

    def _settle(self, term: Term, depth: int) -> _Sized:
        if type(term) is Var:
            return _Sized(term, Variable(self._name(term)), 1, 1)
        if type(term) is Row:
            fields, rest = flatten(term)
            labels = sorted(fields)
            held, size, height = self._parts([fields[label] for label in labels], depth)
            made: Type = Record(tuple(zip(labels, held, strict=True)), self._rest(rest))
            return self._within(term, made, size, height)
        assert type(term) is Con
        head, args = term.head, term.args
        if isinstance(head, Rigid):
            return _Sized(term, Variable(head.name), 1, 1)
        if term is ANSWER or head == "Any":
            return _Sized(term, UNKNOWN, 1, 1)
        settled, size, height = self._parts(args, depth)
        if head == FN:
            made = Fn(settled[:-1], settled[-1])
        elif head == TUPLE:
            made = Tuple(settled)
        else:
            made = Named(Standard(head) if isinstance(head, str) else Defined(head), settled)
        return self._within(term, made, size, height)

    def _within(self, term: Term, made: Type, size: int, height: int) -> _Sized:
        if size > LARGEST_SETTLED or height > DEEPEST_SETTLED:
            self.is_cut = True
            return _Sized(term, UNKNOWN, 1, 1)
        return _Sized(term, made, size, height)

    def _parts(self, terms: Sequence[Term], depth: int) -> tuple[tuple[Type, ...], int, int]:
        found, size, height = [], 1, 0
        for term in terms:
            part = self._sized(term, depth)
            found.append(part.type)
            size += part.size
            height = max(height, part.height)
        return tuple(found), size, height + 1

    def _rest(self, rest: Rest) -> str | None:
        if rest is None:
            return None
        if isinstance(rest, Var):
            return self._name(rest)
        return rest.head.name if isinstance(rest.head, Rigid) else ""

    def _name(self, var: Var) -> str:
        found = self._names.get(id(var))
        if found is None:
            taken = self._taken
            wanted = "number" if var.is_number else var.name
            if not wanted or wanted in taken:
                wanted = next(name for name in self._spare if name not in taken)
            found = wanted
            self._names[id(var)] = found
            taken.add(found)
        return found


def _spare() -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield from letters
    for number in count(1):
        yield from (f"{letter}{number}" for letter in letters)
