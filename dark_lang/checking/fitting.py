"""What fits where a value of some type is wanted: names, fields of what they hold, cases, calls of functions.

Must not know scopes or canvases: it is told what there is. Invariant: whatever it offers has, once the holes in it are
filled, a type that unifies with the one that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from dark_lang.checking.inferring import Inference
from dark_lang.checking.knowing import Known
from dark_lang.checking.terms import Con, Rigid, Row, Settling, Term, Var, flatten, term_of
from dark_lang.library import STANDARD_CASES
from dark_lang.library_signatures import Signature
from dark_lang.names import NOWHERE
from dark_lang.notation.printer import label_text
from dark_lang.records import NamedTuple
from dark_lang.types import UNKNOWN, Fn, Type, Variable


class Source(IntEnum):
    """Nearest first."""

    NAME = 0
    FIELD = 1  # of a name
    CASE = 2
    FUNCTION = 3  # of the canvas


class Fit(NamedTuple):
    code: str  # in notation; what it needs beside is a hole in it
    type: Type
    source: Source


def fitting(
    wanted: Type,
    known: Known,
    *,
    declared: Iterable[str] = (),
    names: Mapping[str, Type],
    functions: Mapping[str, Signature],
) -> list[Fit]:
    """The most specific first: what has that very type, then what could have it. Where anything will do, names only.

    `declared`: the type parameters of the definition around. `names`: what is in scope, inner ones first.
    """
    trial = _Trial(wanted, known, declared)
    offered = _names(names) if _is_anything(wanted) else _all(trial, names, functions)
    ranked = [(rank, fit.source, nth, fit) for nth, fit in enumerate(offered) if (rank := trial.rank(fit)) is not None]
    return [fit for *_, fit in sorted(ranked, key=lambda one: one[:3])]


def _is_anything(wanted: Type) -> bool:
    return wanted == UNKNOWN or (isinstance(wanted, Variable) and wanted.name != "number")


def _names(names: Mapping[str, Type]) -> Iterator[Fit]:
    return (Fit(name, held, Source.NAME) for name, held in names.items())


def _all(trial: _Trial, names: Mapping[str, Type], functions: Mapping[str, Signature]) -> Iterator[Fit]:
    yield from _names(names)
    for name, held in names.items():
        for label, inner in trial.fields(held):
            yield Fit(f"{name}.{label_text(label)}", inner, Source.FIELD)
    yield from trial.cases()
    for name, signature in functions.items():
        params = ", ".join([f"?{param}" for param, _ in signature.params])
        yield Fit(f"{name}({params})", signature.result, Source.FUNCTION)


class _Trial:
    def __init__(self, wanted: Type, known: Known, declared: Iterable[str]) -> None:
        self._inference = Inference(known, NOWHERE, {})
        self._wanted = wanted
        self._rigid: dict[str, Term] = {name: Con(Rigid(name)) for name in declared}

    def rank(self, fit: Fit) -> int | None:
        """0 for the very type, 1 for one that can become it, 2 for one that can become anything; None if it cannot, or
        is a function that gives anything, since that says nothing."""
        if fit.type == self._wanted:
            return 0 if fit.type != UNKNOWN else 2
        wanted_variables = dict(self._rigid)
        wanted = self._term(self._wanted, wanted_variables)
        # A variable of the definition is one and the same wherever it stands, but in the type of a function, which may
        # have been made generic, and so may be of several types.
        shared = fit.source is not Source.FUNCTION and not isinstance(fit.type, Fn)
        own = self._term(fit.type, wanted_variables if shared else self._signature_variables(fit))
        if type(own) is Var:
            if fit.source is Source.FUNCTION:
                return None
            return 2 if self._inference.unifier.unify(wanted, own) else None
        was_open = type(self._inference.unifier.shape(wanted)) is Var
        return (1 + was_open) if self._inference.unifier.unify(wanted, own) else None

    def _signature_variables(self, fit: Fit) -> dict[str, Term]:
        return {} if fit.source is Source.FUNCTION else dict(self._rigid)

    def _term(self, held: Type, variables: dict[str, Term]) -> Term:
        return term_of(held, variables, lambda name: self._inference.fresh(is_number=name == "number", name=name))

    def fields(self, held: Type) -> list[tuple[str, Type]]:
        """The fields of a record, also if its type has a name."""
        shape = self._inference.unifier.shape(self._term(held, dict(self._rigid)))
        if type(shape) is not Row:
            return []
        settle = Settling().type_of
        return [(label, settle(term)) for label, term in flatten(shape)[0].items()]

    def cases(self) -> Iterator[Fit]:
        """The ways of making what is wanted, if it is a Bool or has cases."""
        shape = self._inference.unifier.shape(self._term(self._wanted, dict(self._rigid)))
        if type(shape) is not Con:
            return
        if shape.head == "Bool":
            yield from (Fit(word, self._wanted, Source.CASE) for word in ("true", "false"))
        elif isinstance(shape.head, str):
            for case, (owner, values) in STANDARD_CASES.items():
                if owner == shape.head:
                    yield self._case(case, values)
        elif not isinstance(shape.head, Rigid):
            definition = self._inference.type_definition(shape.head)
            for case, held in definition.cases.items() if definition is not None else ():
                yield self._case(case, len(held))

    def _case(self, case: str, values: int) -> Fit:
        return Fit(f"{case}({', '.join(['?'] * values)})" if values else case, self._wanted, Source.CASE)
