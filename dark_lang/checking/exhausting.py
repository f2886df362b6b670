"""Whether the arms of a match leave anything out, and which of them nothing can reach.

Must not know inference: it is given patterns and the settled type of what they take apart. Invariants: what it names as
left out is a value of that type that no pattern fits; a match whose patterns would take too long to compare is passed
over in silence, for a warning is no promise.

Source: Luc Maranget, "Warnings for pattern matching", Journal of Functional Programming 17 (3), 2007.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from dark_lang.checking.inferring import Inference
from dark_lang.checking.marks import Kind
from dark_lang.checking.terms import TUPLE, Con, Row, Term, flatten
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.remedies import Mend, Remedy

_STEPS: Final = 20_000
"""Of comparing, for all matches of a definition together."""

_DEEPEST: Final = 60

Skeleton: TypeAlias = "tuple[Any, tuple[Skeleton, ...]] | None"
"""A pattern without names: a constructor and its parts; None where anything fits. A constructor is True or False, a
literal ("=", value), a case's name, "()" of tuples, records and (), a number of list items, or (number, "..") for that
many and more."""

_ONLY: Final = "()"


class _TooMuch(Exception):  # noqa: N818 - no error: it ends the search
    pass


def find_gaps(i: Inference) -> None:
    """Marks what matches, lets and parameters of a definition leave out."""
    if not i.matches:
        return
    search = _Search(i)
    try:
        for place, term in i.matches:
            _judge(i, search, place, term)
    except _TooMuch:
        return


def _judge(i: Inference, search: _Search, place: Any, term: Term) -> None:
    if i.errors and not i.errors.isdisjoint(node.id for node in _taken_apart(place)):
        return  # there are marks that say more
    if type(place) is e.Match:
        rows: list[tuple[Skeleton, ...]] = []
        for arm in place.arms:
            row = (search.skeleton(arm.pattern),)
            if rows and not search.is_useful(rows, row, (term,)):
                said = "no value comes here: what it fits is taken by those before"
                i.mark(arm, Kind.UNREACHABLE, said, mend=Mend(Remedy.REMOVE))
            if arm.guard is None:
                rows.append(row)
        left_out = search.witness(rows, (term,))
        if left_out is not None:
            said = f"nothing fits {left_out[0]}" if place.arms else "it has no arms"
            i.mark(place, Kind.INEXHAUSTIVE, said, mend=Mend(Remedy.ADD, "_ -> ?"))
        return
    pattern = place.pattern if type(place) is e.Let else place
    skeleton = search.skeleton(pattern)
    if skeleton is None:
        return
    left_out = search.witness([(skeleton,)], (term,))
    if left_out is not None:
        i.mark(pattern, Kind.INEXHAUSTIVE, f"it does not fit {left_out[0]}")


def _taken_apart(place: Any) -> Iterator[Node]:
    """A value that is taken apart, itself, and all of the patterns that do it."""
    patterns: Sequence[Node] = (place,)
    if type(place) is e.Match:
        yield place.subject
        patterns = [arm.pattern for arm in place.arms]
    elif type(place) is e.Let:
        yield place.value
        patterns = (place.pattern,)
    for pattern in patterns:
        yield from descend(pattern)


class _Search:
    def __init__(self, i: Inference) -> None:
        self._i = i
        self._left = _STEPS

    # Patterns

    def skeleton(self, pattern: p.Pattern, depth: int = 0) -> Skeleton:
        """Where a pattern is unfinished or nested too deeply, anything might fit."""
        self._spend()
        if depth > _DEEPEST:
            return None
        match pattern:
            case p.Int() | p.Float() | p.Char() | p.String():
                return ("=", pattern.value), ()
            case p.Bool():
                return pattern.value, ()
            case p.Unit():
                return _ONLY, ()
            case p.Tuple(items=items):
                return _ONLY, tuple([self.skeleton(item, depth + 1) for item in items])
            case p.List(items=items, rest=rest):
                head = len(items) if rest is None else (len(items), "..")
                return head, tuple([self.skeleton(item, depth + 1) for item in items])
            case p.Record(fields=fields):
                held = {field.label: self.skeleton(field.pattern, depth + 1) for field in fields if field.label}
                return (_ONLY, tuple(sorted(held))), tuple([held[label] for label in sorted(held)])
            case p.Constructor(case=case, args=args):
                return case, tuple([self.skeleton(arg, depth + 1) for arg in args])
            case p.Conflict(base=base):
                return self.skeleton(base, depth + 1)
            case _:
                return None

    # The search

    def is_useful(
        self, rows: Sequence[tuple[Skeleton, ...]], row: tuple[Skeleton, ...], terms: tuple[Term, ...]
    ) -> bool:
        """Whether some value fits `row` and none of the rows before."""
        first = row[0]
        if first is None:
            return self.witness(rows, terms) is not None
        # What fits the rest of the row, among the values with this constructor.
        return self._useful(list(rows), row, terms, 0)

    def _useful(
        self, rows: list[tuple[Skeleton, ...]], row: tuple[Skeleton, ...], terms: tuple[Term, ...], depth: int
    ) -> bool:
        self._spend(len(rows) + 1)
        if not row:
            return not rows
        if depth > _DEEPEST:
            return True
        first, term = row[0], terms[0]
        labels = _labels([first, *[each[0] for each in rows]])
        if first is not None:
            return any(
                self._useful(
                    self._specialised(rows, head, arity, labels),
                    (*self._parts(first, arity, labels), *row[1:]),
                    (*inner, *terms[1:]),
                    depth + 1,
                )
                for head, arity, inner in self._covered(first, rows, term, labels)
            )
        heads, complete = self._heads(rows, term, labels)
        if complete:
            return any(
                self._useful(
                    self._specialised(rows, head, arity, labels),
                    (*[None] * arity, *row[1:]),
                    (*inner, *terms[1:]),
                    depth + 1,
                )
                for head, arity, inner in heads
            )
        return self._useful([each[1:] for each in rows if each[0] is None], row[1:], terms[1:], depth + 1)

    def witness(
        self, rows: Sequence[tuple[Skeleton, ...]], terms: tuple[Term, ...], depth: int = 0
    ) -> tuple[str, ...] | None:
        """Values, as they are written, that no row fits; None if there are none."""
        self._spend(len(rows) + 1)
        if not terms:
            return None if rows else ()
        if depth > _DEEPEST:
            return None
        labels = _labels([row[0] for row in rows])
        heads, complete = self._heads(rows, terms[0], labels)
        present = {row[0][0] for row in rows if row[0] is not None}
        if complete and present:
            for head, arity, inner in heads:
                found = self.witness(self._specialised(rows, head, arity, labels), (*inner, *terms[1:]), depth + 1)
                if found is not None:
                    return _written(head, found[:arity], labels), *found[arity:]
            return None
        found = self.witness([row[1:] for row in rows if row[0] is None], terms[1:], depth + 1)
        if found is None:
            return None
        missing = next((head for head in heads if not self._is_present(head[0], present)), None)
        if not present or missing is None:
            return ("_" if not present else self._other(present)), *found
        return _written(missing[0], ("_",) * missing[1], labels), *found

    def _heads(
        self, rows: Sequence[tuple[Skeleton, ...]], term: Term, labels: tuple[str, ...]
    ) -> tuple[list[tuple[Any, int, tuple[Term, ...]]], bool]:
        """The constructors of a type, each with how many parts it has and of what types; whether the rows' own
        constructors are all there are, so that each has to be looked at."""
        heads = self._constructors(term, rows, labels)
        present = {row[0][0] for row in rows if row[0] is not None}
        return heads, bool(heads) and all(self._is_present(head[0], present) for head in heads)

    def _is_present(self, head: Any, present: set[Any]) -> bool:
        if head in present:
            return True
        if isinstance(head, tuple) and head[0] == _ONLY:
            return any(isinstance(one, tuple) and one[0] == _ONLY for one in present)
        count = _count(head)
        return count is not None and any(_count(one) is not None and _takes(one, head) for one in present)

    def _constructors(
        self, term: Term, rows: Sequence[tuple[Skeleton, ...]], labels: tuple[str, ...]
    ) -> list[tuple[Any, int, tuple[Term, ...]]]:
        shape = self._i.unifier.shape(term)
        if type(shape) is Row:
            fields, _ = flatten(shape)
            return [((_ONLY, labels), len(labels), tuple([fields.get(label, shape) for label in labels]))]
        if type(shape) is not Con:
            return []
        args = shape.args
        match shape.head:
            case "Bool":
                return [(True, 0, ()), (False, 0, ())]
            case "Unit":
                return [(_ONLY, 0, ())]
            case "Option":
                return [("Some", 1, args), ("None", 0, ())]
            case "Result":
                return [("Ok", 1, args[:1]), ("Error", 1, args[1:])]
            case "List":
                longest = max((_count(row[0][0]) or 0 for row in rows if row[0] is not None), default=0)
                return [
                    *[(count, count, args * count) for count in range(longest + 1)],
                    ((longest + 1, ".."), longest + 1, args * (longest + 1)),
                ]
            case head if head == TUPLE:
                return [(_ONLY, len(args), args)]
            case int(head):
                return self._cases(head, args)
            case _:
                return []

    def _cases(self, head: Any, args: tuple[Term, ...]) -> list[tuple[Any, int, tuple[Term, ...]]]:
        definition = self._i.type_definition(head)
        if definition is None:
            return []
        named = dict(zip(definition.params, args, strict=False))
        return [
            (case, len(values), tuple([self._i.meant(value, named) for value in values]))
            for case, values in definition.cases.items()
        ]

    def _covered(
        self, first: Any, rows: list[tuple[Skeleton, ...]], term: Term, labels: tuple[str, ...]
    ) -> list[tuple[Any, int, tuple[Term, ...]]]:
        """The constructors that a skeleton fits: one, but for lists of open length."""
        head, parts = first
        heads = self._constructors(term, [*rows, (first,)], labels)
        if _count(head) is not None:
            return [each for each in heads if _takes(head, each[0])]
        if isinstance(head, tuple) and head[0] == _ONLY:
            return heads
        found = [each for each in heads if each[0] == head]
        return found or [(head, len(parts), (term,) * len(parts))]

    def _specialised(
        self, rows: Sequence[tuple[Skeleton, ...]], head: Any, arity: int, labels: tuple[str, ...]
    ) -> list[tuple[Skeleton, ...]]:
        """The rows that fit a value with this constructor, with its parts in place of it."""
        self._spend(len(rows))
        kept: list[tuple[Skeleton, ...]] = []
        for row in rows:
            first = row[0]
            if first is None or _takes(first[0], head):
                kept.append((*self._parts(first, arity, labels), *row[1:]))
        return kept

    def _parts(self, skeleton: Skeleton, arity: int, labels: tuple[str, ...]) -> tuple[Skeleton, ...]:
        if skeleton is None:
            return (None,) * arity
        own, parts = skeleton
        if isinstance(own, tuple) and own[0] == _ONLY:
            by_label: Mapping[str, Skeleton] = dict(zip(own[1], parts, strict=True))
            return tuple([by_label.get(label) for label in labels])
        return (*parts, *[None] * (arity - len(parts)))[:arity]

    def _other(self, present: set[Any]) -> str:
        """Some literal that is none of those."""
        values = {one[1] for one in present if isinstance(one, tuple) and one[0] == "="}
        if values and all(type(value) is int for value in values):
            return str(next(number for number in range(len(values) + 1) if number not in values))
        return "any other value"

    def _spend(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left < 0:
            raise _TooMuch


def _labels(firsts: Sequence[Skeleton]) -> tuple[str, ...]:
    """The labels that record patterns in one column ask for."""
    found: set[str] = set()
    for first in firsts:
        if first is not None and isinstance(first[0], tuple) and first[0][0] == _ONLY:
            found.update(first[0][1])
    return tuple(sorted(found))


def _count(head: Any) -> int | None:
    """How many items a constructor of lists has at the least."""
    if type(head) is int:
        return head
    if isinstance(head, tuple) and head[1] == ".." and type(head[0]) is int:
        return head[0]
    return None


def _takes(own: Any, head: Any) -> bool:
    """Whether a pattern with the constructor `own` may fit values with the constructor `head`."""
    wanted, given = _count(own), _count(head)
    if wanted is not None and given is not None:
        return own == head if type(own) is int else given >= wanted
    if isinstance(own, tuple) and own[0] == _ONLY:
        return isinstance(head, tuple) and head[0] == _ONLY
    return bool(own == head) and type(own) is type(head)


def _written(head: Any, parts: Sequence[str], labels: tuple[str, ...]) -> str:
    if head is True or head is False:
        return "true" if head else "false"
    if head == _ONLY:
        return f"({', '.join(parts)})"
    if isinstance(head, tuple) and head[0] == _ONLY:
        if not labels:
            return "{}"
        return f"{{ {', '.join(f'{label}: {part}' for label, part in zip(labels, parts, strict=True))} }}"
    if isinstance(head, tuple):
        return f"[{', '.join([*parts, '..'])}]"
    if type(head) is int:
        return f"[{', '.join(parts)}]"
    return f"{head}({', '.join(parts)})" if parts else str(head)
