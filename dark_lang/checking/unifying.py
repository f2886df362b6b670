"""Making two types one, by binding their variables; or finding that they cannot be.

Must not know programs. Invariants: after a failure no variable is other than before; nothing recurses; a definition
whose types grow without end (`let b = (a, a)`, a type that holds a larger copy of itself) runs out of fuel, and from
then on everything fits, so that checking always ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dark_lang.checking.terms import (
    ANY,
    DEEPEST,
    GENERIC,
    Con,
    Rest,
    Row,
    Term,
    Var,
    flatten,
    instantiate,
    parts,
    prune,
    root,
    variables,
)

FUEL: Final = 400_000
"""Steps that one definition may take. What people write takes some hundreds."""

_NUMBERS: Final = ("Int", "Float")

Expand = Callable[[Con], Term | None]
"""What the name of a type is short for; None if it is not short for anything."""


class Unifier:
    """`guessed`: whether `Any` was taken for another type, which no value need be of, or a comparison was given up."""

    __slots__ = ("_expand", "_trail", "fuel", "guessed")

    def __init__(self, expand: Expand) -> None:
        self._expand = expand
        self._trail: list[tuple[Var, Term | None, int, bool]] = []
        self.fuel = FUEL
        self.guessed = False

    def unify(self, a: Term, b: Term) -> bool:
        """Whether they are one type now."""
        if type(a) is Var and a.ref is not None:
            a = root(a)
        if type(b) is Var and b.ref is not None:
            b = root(b)
        if a is b:
            return True
        if type(b) is Con and not b.args:
            # What most nodes come to: a type without parts at a place that knows as much, or nothing yet.
            if type(a) is Con:
                if a.head == b.head:
                    return True
            elif type(a) is Var and not a.is_number:
                a.ref = b
                return True
        self._trail.clear()
        return self._unify(a, b)

    def _unify(self, a: Term, b: Term) -> bool:
        work = [(a, b)]
        expanded = 0
        while work:
            self.fuel -= 1
            if self.fuel < 0:
                return True
            a, b = work.pop()
            a, b = prune(a), prune(b)
            if a is b:
                continue
            if type(a) is Var:
                fits = self._bind(a, b)
            elif type(b) is Var:
                fits = self._bind(b, a)
            elif type(a) is Con and type(b) is Con and a.head == b.head and len(a.args) == len(b.args):
                # Of one head and equal arguments they are equal, whatever the head is short for.
                work.extend(zip(reversed(a.args), reversed(b.args), strict=True))
                continue
            elif type(a) is Row and type(b) is Row:
                fits = self._rows(a, b, work)
            else:
                fits = self._differ(a, b, work, expanded)
                expanded += 1
            if not fits:
                self._undo()
                return False
        return True

    def _differ(self, a: Term, b: Term, work: list[tuple[Term, Term]], expanded: int) -> bool:
        """Two that look different: one may be short for the other, or be anything."""
        if a is ANY or b is ANY or expanded > DEEPEST:
            self.guessed = True
            return True
        long_a = self._expand(a) if type(a) is Con else None
        long_b = self._expand(b) if type(b) is Con else None
        if long_a is None and long_b is None:
            return False
        work.append((long_a or a, long_b or b))
        return True

    def _rows(self, a: Row, b: Row, work: list[tuple[Term, Term]]) -> bool:
        fields_a, rest_a = flatten(a)
        fields_b, rest_b = flatten(b)
        only_a = {label: term for label, term in fields_a.items() if label not in fields_b}
        only_b = {label: term for label, term in fields_b.items() if label not in fields_a}
        self.fuel -= len(fields_a) + len(fields_b)
        if (only_a and type(rest_b) is not Var) or (only_b and type(rest_a) is not Var):
            return False
        work.extend((term, fields_b[label]) for label, term in fields_a.items() if label in fields_b)
        if rest_a is rest_b:
            return not only_a and not only_b
        if type(rest_a) is not Var:
            return self._bind(rest_b, Row(only_a, rest_a)) if type(rest_b) is Var else _same_rest(rest_a, rest_b)
        if type(rest_b) is not Var:
            return self._bind(rest_a, Row(only_b, rest_b))
        if not only_a and not only_b:
            return self._bind(rest_a, rest_b)
        common = Var(min(rest_a.level, rest_b.level))
        return self._bind(rest_a, Row(only_b, common)) and self._bind(rest_b, Row(only_a, common))

    def _bind(self, var: Var, term: Term) -> bool:
        """Binds an unbound variable to a type that is not the variable itself."""
        term = prune(term)
        if term is var:
            return True
        if var.is_number and not self._is_number(term):
            return False
        if type(term) is not Con or term.args:
            if self.fuel < 0:
                return True  # without this look, a type might come to hold itself
            if not self._may_hold(var, term):
                return False
        self._trail.append((var, None, var.level, var.is_number))
        var.ref = term
        return True

    def _may_hold(self, var: Var, term: Term) -> bool:
        """Whether the variable is nowhere in the type. Those that are live no longer than it does from now on."""
        level = var.level
        work = [term]
        seen: set[int] = set()
        steps = 0
        while work:
            inner = work.pop()
            steps += 1
            while type(inner) is Var and inner.ref is not None:
                inner = inner.ref
            if type(inner) is Var:
                if inner is var:
                    return False
                if inner.level > level:
                    self._trail.append((inner, None, inner.level, inner.is_number))
                    inner.level = level
            elif type(inner) is Row:
                if id(inner) not in seen:
                    seen.add(id(inner))
                    work.extend(parts(inner))
            elif type(inner) is Con and inner.args and id(inner) not in seen:
                seen.add(id(inner))
                work += inner.args
        self.fuel -= steps
        return True

    def _is_number(self, term: Term) -> bool:
        if type(term) is Var:
            if not term.is_number:
                self._trail.append((term, term.ref, term.level, False))
                term.is_number = True
            return True
        expanded = 0
        while type(term) is Con and term.head not in _NUMBERS and term is not ANY:
            longer = self._expand(term)
            expanded += 1
            if longer is None or expanded > DEEPEST:
                return False
            term = prune(longer)
        self.guessed = self.guessed or term is ANY
        return type(term) is Con

    def copy(self, term: Term, level: int, made: dict[int, Term]) -> Term:
        """With variables of its own in place of generic ones."""
        if self.fuel < 0:
            return Var(level)
        known = len(made)
        copied = instantiate(term, level, made)
        self.fuel -= len(made) - known
        return copied

    def generalise(self, term: Term, level: int) -> bool:
        """Makes generic what was made inside of a let that ends at `level`. Whether anything in the type is generic
        now."""
        if self.fuel < 0:
            return False
        found, steps = False, 0
        for var in variables(term):
            steps += 1
            if var.level > level:
                var.level = GENERIC
                found = True
        self.fuel -= steps
        return found

    def _undo(self) -> None:
        for var, ref, level, is_number in reversed(self._trail):
            var.ref, var.level, var.is_number = ref, level, is_number
        self._trail.clear()

    def shape(self, term: Term) -> Term:
        """What a type is in the end, with all that it is short for written out at the outside."""
        for _ in range(DEEPEST):
            term = prune(term)
            longer = self._expand(term) if type(term) is Con else None
            if longer is None:
                return term
            term = longer
        self.guessed = True
        return ANY


def _same_rest(a: Rest, b: Rest) -> bool:
    return a is not None and b is not None and type(a) is Con and type(b) is Con and a.head == b.head
