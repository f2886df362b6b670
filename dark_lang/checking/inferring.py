"""The state of checking one definition, and what every kind of node needs of it: tasks, scopes, types, marks.

Must not know any particular node: what to do with each stands in the table that is passed in. A rule is given a node
and the type that its place expects; it marks what does not fit, and leaves to later tasks what is below the node.
Invariants: tasks run in the order of the text and nothing recurses, so that no tree is too deep; a mark stands at the
node whose own type misfits, and what is around it is checked as if a hole stood there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from dark_lang.checking.explaining import advice, spelled
from dark_lang.checking.knowing import Known, TypeDefinition
from dark_lang.checking.marks import Kind, Mark
from dark_lang.checking.schemes import scheme_of
from dark_lang.checking.terms import (
    ANSWER,
    GENERIC,
    REQUEST,
    STRING,
    Con,
    Rigid,
    Row,
    Settling,
    Term,
    Var,
    is_loose,
    prune,
    term_of,
)
from dark_lang.checking.unifying import Unifier
from dark_lang.library_signatures import Signature
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes.expressions import Try
from dark_lang.nodes.shape import Node
from dark_lang.notation.addresses import suggest
from dark_lang.records import NamedTuple
from dark_lang.remedies import Mend, Remedy
from dark_lang.types import Type

Rule: TypeAlias = "Callable[[Inference, Any, Term], None]"
Task: TypeAlias = tuple[Any, ...]
"""A callable and its arguments."""

REQUEST_FIELDS: Final[Mapping[str, Term]] = {
    "method": STRING,
    "path": STRING,
    "body": Con("Bytes"),
    "params": Con("Dict", (STRING,)),
    "query": Con("Dict", (STRING,)),
    "headers": Con("Dict", (STRING,)),
    "cookies": Con("Dict", (STRING,)),
    "json": Con("Json"),
    "form": Con("Json"),
}


class Binding:
    """What a name means. `node` binds it; NOWHERE for names that come with the toplevel."""

    __slots__ = ("is_generic", "node", "term", "used")

    def __init__(self, term: Term, node: NodeId, *, is_generic: bool = False) -> None:
        self.term = term
        self.node = node
        self.is_generic = is_generic
        self.used = False


class Leaving:
    """Where `!` leaves to: the result of the innermost lambda or function; None where a None or Error is an answer."""

    __slots__ = ("gives",)

    def __init__(self, gives: Term | None) -> None:
        self.gives = gives


class Called(NamedTuple):
    """A function's type at one use, with variables of its own."""

    params: tuple[Term, ...]
    gives: Term
    names: tuple[str, ...]  # of the parameters
    type_args: tuple[Term, ...]


class Inference:
    __slots__ = (
        "_aliases",
        "_definitions",
        "_rules",
        "_trail",
        "compared",
        "declared",
        "definition",
        "env",
        "errors",
        "holes",
        "known",
        "leaving",
        "level",
        "marks",
        "matches",
        "settling",
        "sound",
        "tasks",
        "terms",
        "tries",
        "type_args",
        "unifier",
    )

    def __init__(self, known: Known, definition: NodeId, rules: Mapping[type[Node], Rule]) -> None:
        self.known = known
        self.definition = definition
        self.tasks: list[Task] = []
        self.terms: dict[NodeId, Term] = {}
        self.marks: list[Mark] = []
        self.errors: set[NodeId] = set()
        self.env: dict[str, Binding] = {}
        self.level = 1
        self.leaving = Leaving(None)
        self.holes: dict[int, Term] = {}  # by the place of their marks
        self.tries: list[tuple[Try, Term, Term, Leaving]] = []  # `!` of what is not known yet
        self.matches: list[tuple[Any, Term]] = []  # to be looked at once their types are known
        self.compared: list[tuple[Node, Standard, Term]] = []  # what must have an order, or at least be comparable
        self.type_args: dict[Any, tuple[Term, ...]] = {}  # of calls of functions that decode, by node
        self.declared: dict[str, Term] = {}  # the definition's type parameters
        self.settling = Settling()
        self.sound = True
        self.unifier = Unifier(self.expand)
        self._rules = rules
        self._trail: list[tuple[str, Binding | None]] = []
        self._aliases: dict[NodeId, tuple[list[Var], Term] | None] = {}
        self._definitions: dict[NodeId, TypeDefinition | None] = {}

    # Tasks

    def run(self) -> None:
        tasks = self.tasks
        while tasks:
            task = tasks.pop()
            task[0](*task[1:])

    def check(self, node: Node, expected: Term) -> None:
        """Checks a node now, and puts off what is below it."""
        self.terms[node.id] = expected
        self._rules[type(node)](self, node, expected)

    def later(self, *tasks: Task) -> None:
        """Tasks to be done in this order, before all that waits already."""
        self.tasks.extend(reversed(tasks))

    # Types

    def fresh(self, *, is_number: bool = False, name: str = "") -> Var:
        return Var(self.level, is_number=is_number, name=name)

    def guess(self, _name: str) -> Var:
        """A type that nobody wrote down."""
        self.sound = False
        return Var(self.level)

    def fits(self, node: Node, own: Term, expected: Term) -> bool:
        """Makes the type of a node what its place expects; marks the node if that cannot be."""
        if expected is ANSWER:
            self.terms[node.id] = own
            return True
        if self.unifier.unify(expected, own):
            return True
        self.terms[node.id] = own
        self.misfit(node, own, expected)
        return False

    def misfit(self, node: Node, own: Term, expected: Term) -> None:
        wanted, found = self.describe(expected), self.describe(own)
        open_ended = type(prune(expected)) is Var and not prune(expected).is_number  # type: ignore[union-attr]
        sentence = f"the type would hold itself: {found}" if open_ended else f"expected {wanted}, found {found}"
        told = advice(self, prune(own), prune(expected))
        self.mark(node, Kind.MISFIT, sentence, wanted, found, told.says, told.mend)

    def mark(
        self,
        node: Node,
        kind: Kind,
        sentence: str,
        expected: str = "",
        found: str = "",
        suggestion: str = "",
        mend: Mend | None = None,
    ) -> None:
        self.marks.append(Mark(self.definition, node.id, kind, sentence, expected, found, suggestion, mend))
        if kind.is_error:
            self.errors.add(node.id)

    def describe(self, term: Term) -> str:
        return spelled(self, term)

    def meant(self, wanted: Type, named: dict[str, Term]) -> Term:
        """A declared type, in which type parameters are what `named` says. What goes with anything is not sound."""
        if is_loose(wanted):
            self.sound = False
        return term_of(wanted, named, self.guess)

    def settled(self, term: Term) -> Type:
        return self.settling.type_of(term)

    def expand(self, con: Con) -> Term | None:
        """What the name of a type is short for."""
        head = con.head
        if con is REQUEST or head == "Request":
            return Row(REQUEST_FIELDS)
        if isinstance(head, str | Rigid):
            return None
        if head not in self._aliases:
            self._aliases[head] = self._alias(head)
        alias = self._aliases[head]
        if alias is None:
            return None
        params, body = alias
        if not params:
            return body
        made: dict[int, Term] = {id(param): arg for param, arg in zip(params, con.args, strict=False)}
        return self.unifier.copy(body, self.level, made)

    def _alias(self, head: NodeId) -> tuple[list[Var], Term] | None:
        definition = self.type_definition(head)
        if definition is None or definition.alias is None:
            return None
        params = [Var(GENERIC, name=name) for name in definition.params]
        named: dict[str, Term] = dict(zip(definition.params, params, strict=True))

        def guess(name: str) -> Var:
            self.sound = False
            return Var(GENERIC, name=name)

        return params, term_of(definition.alias, named, guess)

    def type_definition(self, head: NodeId) -> TypeDefinition | None:
        if head not in self._definitions:
            self._definitions[head] = self.known.type_definition(Defined(head))
        return self._definitions[head]

    def called(self, ref: Ref, type_args: tuple[Term, ...] = ()) -> Called | None:
        """The type of a function at one use; None if there is no such function."""
        signature = self.known.signature(ref)
        return None if signature is None else self.instance(signature, type_args)

    def instance(self, signature: Signature, type_args: tuple[Term, ...] = ()) -> Called:
        scheme = scheme_of(signature)
        if scheme.is_loose:
            self.sound = False
        if not scheme.is_generic:
            return Called(scheme.params, scheme.gives, scheme.names, ())
        made: dict[int, Term] = {id(var): arg for var, arg in zip(scheme.generic, type_args, strict=False)}
        level = self.level
        copy = self.unifier.copy
        params = tuple([copy(param, level, made) for param in scheme.params])
        gives = copy(scheme.gives, level, made)
        return Called(params, gives, scheme.names, tuple([copy(var, level, made) for var in scheme.generic]))

    # Scopes

    def bind(self, name: str, term: Term, node: NodeId, *, is_generic: bool = False) -> None:
        self._trail.append((name, self.env.get(name)))
        self.env[name] = Binding(term, node, is_generic=is_generic)

    def scope(self) -> int:
        return len(self._trail)

    def unwind(self, scope: int) -> None:
        """Forgets what was bound since."""
        while len(self._trail) > scope:
            name, before = self._trail.pop()
            if before is None:
                del self.env[name]
            else:
                self.env[name] = before

    def bound_since(self, scope: int) -> list[tuple[str, Binding]]:
        return [(name, self.env[name]) for name, _ in self._trail[scope:] if name in self.env]

    def generalise(self, scope: int) -> None:
        """Makes generic what was bound since, where its type is not that of something outside."""
        for _, binding in self.bound_since(scope):
            binding.is_generic = self.unifier.generalise(binding.term, self.level)

    def instance_of(self, binding: Binding) -> Term:
        return self.unifier.copy(binding.term, self.level, {}) if binding.is_generic else binding.term

    # What is not there, and what means nothing

    def warn(self, node: NodeId, kind: Kind, sentence: str, mend: Mend) -> None:
        self.marks.append(Mark(self.definition, node, kind, sentence, mend=mend))

    def hole(self, node: Node, label: str, expected: Term | None) -> None:
        if expected is not None:
            self.holes[len(self.marks)] = expected  # what it is to be is known in the end
        self.mark(node, Kind.HOLE, f"hole ?{label}" if label else "hole")

    def unread(self, node: Node, text: str) -> None:
        line = " ".join(text.split())
        shown = line if len(line) <= _CLIPPED else f"{line[: _CLIPPED - 1]}…"
        self.mark(node, Kind.UNREAD, f"text that could not be read: {shown}")

    def conflict(self, node: Node, alternatives: int) -> None:
        self.mark(
            node,
            Kind.CONFLICT,
            f"{counted(alternatives, 'edit')} {'disagrees' if alternatives == 1 else 'disagree'} here",
        )

    def unknown(self, node: Node, what: str, realm: Realm, ref: Ref) -> None:
        """Marks a reference to nothing."""
        if isinstance(ref, Unresolved) and not ref.text:
            self.mark(node, Kind.HOLE, f"the name of a {what} is missing")
            return
        gone = self.known.trashed(ref)
        if gone:
            said = f"the {what} {gone} is in the trash"
            self.mark(node, Kind.UNKNOWN, said, suggestion=f"dark restore {gone}", mend=Mend(Remedy.RESTORE, gone))
        else:
            self.unknown_name(node, what, self.known.spell(realm, ref), self.known.names(realm))

    def unknown_name(self, node: Node, what: str, name: str, near: Iterable[str]) -> str | None:
        return self.missing(node, f"unknown {what} {name}", name, near)

    def missing(
        self, node: Node, sentence: str, name: str, near: Iterable[str], remedy: Remedy = Remedy.NAME
    ) -> str | None:
        """Marks a name that means nothing, and gives the one that may have been meant."""
        meant = suggest(name, near)
        suggestion = f"did you mean {meant}?" if meant else ""
        self.mark(node, Kind.UNKNOWN, sentence, suggestion=suggestion, mend=Mend(remedy, meant) if meant else None)
        return meant

    def miscounted(self, node: Node, sentence: str, wanted: int, given: int, spelled: str = "") -> None:
        """Marks what holds too few or too many. `spelled`: how what holds them is written, if that is a name."""
        mend = Mend(Remedy.ADD, "?") if given < wanted else None
        if given > wanted and spelled:
            labels = [f"?x{number}" for number in range(1, given + 1)]
            pattern, into = f"{spelled}({', '.join(labels)})", f"{spelled}({', '.join(labels[:wanted])})"
            mend = Mend(Remedy.REWRITE, pattern, into)
        self.mark(node, Kind.ARITY, sentence, mend=mend)


_CLIPPED: Final = 40


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def standard_head(ref: Ref) -> str | NodeId | None:
    match ref:
        case Standard(name):
            return name
        case Defined(definition):
            return definition
        case _:
            return None
