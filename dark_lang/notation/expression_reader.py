"""Reads expressions and sequences of statements.

Must not know toplevels. Invariants: as in `cursors`; calls nest only as deep as brackets do, since what else can nest
without end (operators, `if`, `=>`, `match`, let) waits in a list of open forms.

What fits nowhere and what is no token is kept as an Unread statement just before the one that it stood in, so that a
run stops there before any effect of that statement.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from dark_lang.names import Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.notation.primary_reader import PRIMARY_KINDS, PrimaryReader
from dark_lang.notation.tokens import (
    INFIX_FUNCTIONS,
    INFIX_LEVELS,
    LEVEL_OPEN,
    LEVEL_PIPE,
    LEVEL_POWER,
    LEVEL_PREFIX,
    PREFIX_FUNCTIONS,
    Kind,
)
from dark_lang.records import NamedTuple

_BARRIER: Final = -1
_BEGINS: Final = PRIMARY_KINDS | {
    *(Kind.MINUS, Kind.NOT, Kind.IF, Kind.MATCH, Kind.LET),
    *(Kind.OPERATOR, Kind.PIPE, Kind.DOT),  # with a hole before them
}
_INFIX_REFS: Final = {sign: Standard(name, 0) for sign, name in INFIX_FUNCTIONS.items()}
_PREFIX_REFS: Final = {sign: Standard(name, 0) for sign, name in PREFIX_FUNCTIONS.items()}


class _Stage(Enum):
    """What an open form waits for."""

    PREFIX = auto()
    INFIX = auto()
    PIPE = auto()
    CONDITION = auto()  # if …
    THEN = auto()
    ELSE = auto()
    LAMBDA = auto()
    SUBJECT = auto()  # match …
    VALUE = auto()  # let p = …
    BODY = auto()  # … in …


class _Open:
    """A form that waits for an operand. Operators close the forms above their level; none closes one at the barrier,
    which waits for a word or a bracket."""

    __slots__ = ("held", "level", "params", "sign", "stage")

    def __init__(self, stage: _Stage, level: int, *held: e.Expression) -> None:
        self.stage = stage
        self.level = level
        self.held = list(held)
        self.sign = ""
        self.params: tuple[p.Pattern, ...] = ()


class _Statement(NamedTuple):
    """A let if it has a pattern, a comment if it has no value."""

    pattern: p.Pattern | None
    value: e.Expression | None
    note: str = ""


class ExpressionReader(PrimaryReader):
    # Sequences

    def sequence(self, stop: Kind | None = None, limit: int | None = None) -> e.Expression:
        limit = len(self.tokens) if limit is None else limit
        self.take_strange(self.pos - 1)
        outer = self.misfits, self.misfit_first, self.misfit_end
        done: list[_Statement] = []
        while True:
            self.misfits, self.misfit_end = [], -1
            found = None
            if self.pos < limit and self.kind is not Kind.SEPARATOR and self.kind is not stop and not self.at_end():
                done.extend(_Statement(None, None, note) for note in self.take_comments(self.pos))
                found = self._statement(stop, limit)
            ends = self.pos >= limit or self.kind is stop or self.at_end()
            if self.pos < limit and (ends or self.kind is Kind.SEPARATOR):
                self.take_strange(self.pos)
            for start, end in self.misfits:
                done.append(_Statement(None, e.Unread(self.fresh(), self.text[start:end])))
            if found is not None:
                done.append(found)
            if ends:
                break
            if self.kind is Kind.SEPARATOR:
                self.pos += 1
        self.misfits, self.misfit_first, self.misfit_end = outer
        return self._joined(done, self.take_comments(min(self.pos, limit - 1)))

    def _statement(self, stop: Kind | None, limit: int) -> _Statement | None:
        """One statement, with what is left before the next separator set aside; None if there was nothing else."""
        found: _Statement | None = None
        while self.pos < limit and not self.at_end() and self.kind is not Kind.SEPARATOR and self.kind is not stop:
            if self.kind not in _BEGINS:
                self.misfit()
            elif found is not None:
                self.missing("a separator")
                break
            elif self.kind is Kind.LET:
                self.pos += 1
                pattern = self._let_pattern()
                found = _Statement(pattern, self.expression())
            else:
                found = _Statement(None, self.expression())
        return found

    def _joined(self, done: list[_Statement], trailing: list[str]) -> e.Expression:
        """Lets and notes around the last value."""
        if done and done[-1].pattern is None and (last := done[-1].value) is not None:
            done.pop()
            body = last
            for note in trailing:
                body = e.Note(self.fresh(), note, True, body)
        else:
            body = self.expression_hole()
            for note in reversed(trailing):
                body = e.Note(self.fresh(), note, False, body)
        for pattern, value, note in reversed(done):
            if value is None:
                body = e.Note(self.fresh(), note, False, body)
            else:
                body = e.Let(self.fresh(), p.Wildcard(self.fresh()) if pattern is None else pattern, value, body)
        return body

    def _let_pattern(self) -> p.Pattern:
        """The pattern of a let, and the `=` after it."""
        pattern = self.pattern()
        if self._equals_follows():
            while not self.is_at(Kind.EQUALS):
                self.misfit()
        self.expect(Kind.EQUALS, "=")
        return pattern

    def _equals_follows(self) -> bool:
        index = self.pos
        while self.kinds[index] not in (Kind.EQUALS, Kind.SEPARATOR, Kind.COMMA, Kind.CLOSE, Kind.END, Kind.LET):
            index = self.mates.get(index, index) + 1
        return self.kinds[index] is Kind.EQUALS

    # Open forms

    def maybe_expression(self) -> e.Expression | None:
        return self.expression() if self.kind in _BEGINS else None

    def expression(self) -> e.Expression:
        waiting: list[_Open] = []
        while True:
            found = self._operand(waiting)
            if found is None:
                continue
            whole = self._after_operand(waiting, found)
            if whole is not None:
                return whole

    def _operand(self, waiting: list[_Open]) -> e.Expression | None:
        """The operand here; None if a form was opened, which waits for one."""
        kind = self.kind
        if kind is Kind.WORD and self.kinds[self.pos + 1] is Kind.RESULT:
            self._open_lambda(waiting, (self.pattern(),))
            return None
        if kind is Kind.PAREN and self.kinds[self.closes() + 1] is Kind.RESULT:
            self._open_lambda(waiting, tuple(self.items(self.maybe_pattern, self.pattern_hole)))
            return None
        if kind is Kind.BRACE and waiting and waiting[-1].stage is _Stage.SUBJECT and self.level_has(Kind.ARROW):
            self.missing("what to match")
            return self.expression_hole()
        found = self.primary()
        if found is not None:
            return found
        if kind is Kind.MINUS or kind is Kind.NOT:
            waiting.append(_Open(_Stage.PREFIX, LEVEL_PREFIX))
            waiting[-1].sign = self.take()
            return None
        if kind is Kind.IF or kind is Kind.MATCH:
            self.pos += 1
            waiting.append(_Open(_Stage.CONDITION if kind is Kind.IF else _Stage.SUBJECT, _BARRIER))
            return None
        if kind is Kind.LET:
            self.pos += 1
            waiting.append(_Open(_Stage.VALUE, _BARRIER))
            waiting[-1].params = (self._let_pattern(),)
            return None
        self.missing("an expression")
        return self.touching(self.expression_hole()) if kind is Kind.DOT else self.expression_hole()

    def _open_lambda(self, waiting: list[_Open], params: tuple[p.Pattern, ...]) -> None:
        self.pos += 1
        waiting.append(_Open(_Stage.LAMBDA, LEVEL_OPEN))
        waiting[-1].params = params

    def _after_operand(self, waiting: list[_Open], found: e.Expression) -> e.Expression | None:
        """Takes what makes the operand part of something larger, up to where another operand is wanted (None), else
        closes all that is open and gives the whole."""
        while True:
            kind = self.kind
            if kind is Kind.OPERATOR or kind is Kind.MINUS:
                sign = self.take()
                level = INFIX_LEVELS[sign]
                waiting.append(_Open(_Stage.INFIX, level, self._close_tighter(waiting, found, level)))
                waiting[-1].sign = sign
                return None
            if kind is Kind.PIPE:
                self.pos += 1
                self._pipe(waiting, self._close_tighter(waiting, found, LEVEL_PIPE))
                return None
            if kind is Kind.THEN and _waits(waiting, _Stage.CONDITION):
                self._advance(waiting, found, _Stage.THEN, _BARRIER, _Stage.CONDITION)
                return None
            if kind is Kind.ELSE and _waits(waiting, _Stage.CONDITION, _Stage.THEN):
                self._advance(waiting, found, _Stage.ELSE, LEVEL_OPEN, _Stage.CONDITION, _Stage.THEN)
                return None
            if kind is Kind.SEPARATOR and self.tokens[self.pos].text == "in" and _waits(waiting, _Stage.VALUE):
                self._advance(waiting, found, _Stage.BODY, LEVEL_OPEN, _Stage.VALUE)
                return None
            if kind is Kind.BRACE and _waits(waiting, _Stage.SUBJECT):
                while waiting[-1].stage is not _Stage.SUBJECT:
                    found = self._close(waiting.pop(), found)
                waiting.pop()
                found = self.touching(e.Match(self.fresh(), found, self._arms()))
                continue
            while waiting:
                found = self._close(waiting.pop(), found)
            return found

    def _advance(self, waiting: list[_Open], found: e.Expression, to: _Stage, level: int, *stages: _Stage) -> None:
        """The innermost form in one of these stages gets what it waited for, and goes on to the next stage."""
        while waiting[-1].stage not in stages:
            found = self._close(waiting.pop(), found)
        form = waiting[-1]
        form.held.append(found)
        if to is _Stage.ELSE and form.stage is _Stage.CONDITION:
            self.missing("`then`")
            form.held.append(self.expression_hole())
        form.stage, form.level = to, level
        self.pos += 1

    def _pipe(self, waiting: list[_Open], found: e.Expression) -> None:
        if waiting and waiting[-1].stage is _Stage.PIPE:
            waiting[-1].held.append(self._step(waiting[-1], found))
        else:
            waiting.append(_Open(_Stage.PIPE, LEVEL_PIPE, found))
        waiting[-1].sign = "f" if self.kind is Kind.FN else ""

    def _step(self, pipe: _Open, found: e.Expression) -> e.Expression:
        """A function that stands in a pipe by its bare name is called."""
        inner = found
        unwrapped: list[e.Try] = []
        while isinstance(inner, e.Try):
            unwrapped.append(inner)
            inner = inner.value
        if not pipe.sign or not isinstance(inner, e.FunctionRef):
            return found
        called: e.Expression = e.Call(inner.id, inner.function, inner.type_args, ())
        for outer in reversed(unwrapped):
            called = e.Try(outer.id, called)
        return called

    def _close_tighter(self, waiting: list[_Open], found: e.Expression, level: int) -> e.Expression:
        while waiting:
            top = waiting[-1].level
            if top < level or (top == level and level in (LEVEL_POWER, LEVEL_PIPE)):
                break
            found = self._close(waiting.pop(), found)
        return found

    def _close(self, form: _Open, found: e.Expression) -> e.Expression:
        """The form with its last operand. What it still waits for is missing."""
        held = [*form.held, found]
        match form.stage:
            case _Stage.INFIX:
                if form.sign == "&&":
                    return e.And(self.fresh(), held[0], found)
                if form.sign == "||":
                    return e.Or(self.fresh(), held[0], found)
                return e.Call(self.fresh(), _INFIX_REFS[form.sign], (), (held[0], found))
            case _Stage.PREFIX:
                return e.Call(self.fresh(), _PREFIX_REFS[form.sign], (), (found,))
            case _Stage.PIPE:
                return e.Pipe(self.fresh(), held[0], (*held[1:-1], self._step(form, found)))
            case _Stage.LAMBDA:
                return e.Lambda(self.fresh(), form.params, found)
            case _Stage.SUBJECT:
                self.missing("`{` and the arms of a match")
                return e.Match(self.fresh(), found, ())
            case _Stage.VALUE | _Stage.BODY:
                if form.stage is _Stage.VALUE:
                    self.missing("what follows the let")
                    held.append(self.expression_hole())
                return e.Let(self.fresh(), form.params[0], held[0], held[1])
            case _Stage.CONDITION | _Stage.THEN | _Stage.ELSE:
                for word in ("`then`", "`else`")[len(held) - 1 :]:
                    self.missing(word)
                    held.append(self.expression_hole())
                return e.If(self.fresh(), held[0], held[1], held[2])

    # Arms

    def _arms(self) -> tuple[e.Arm, ...]:
        close = self.closes()
        starts = self._arm_starts(close)
        self.pos += 1
        arms: list[e.Arm] = []
        for nth, start in enumerate(starts):
            self.pos = max(self.pos, start)
            arms.append(self._arm(starts[nth + 1] if nth + 1 < len(starts) else None))
        self.pos = close + 1
        return tuple(arms)

    def _arm_starts(self, close: int) -> list[int]:
        """Where arms begin: with the first token, after a `,`, and with a statement that has an arrow of its own."""
        starts: list[int] = []
        begins = True
        index = statement = self.pos + 1
        while index < close:
            kind = self.kinds[index]
            if kind is Kind.COMMA or kind is Kind.SEPARATOR:
                begins = begins or kind is Kind.COMMA
                statement = index + 1
            elif begins:
                starts.append(index)
                begins = False
            elif kind is Kind.ARROW and statement > starts[-1]:
                starts.append(statement)
            index = self.mates.get(index, index) + 1
        return starts

    def _arm(self, after: int | None) -> e.Arm:
        """The arm here, which ends before token number `after`, or with the bracket."""
        pattern = self.pattern()
        guard: e.Expression | None = None
        if self._arrow_follows(after):
            while not self.is_at(Kind.IF, Kind.ARROW):
                self.misfit()
        if self.is_at(Kind.IF):
            self.pos += 1
            guard = self.expression()
            while not self.is_at(Kind.ARROW) and self._arrow_follows(after):
                self.misfit()
        self.expect(Kind.ARROW, "->")
        return e.Arm(self.fresh(), pattern, guard, self.sequence(Kind.COMMA, after))

    def _arrow_follows(self, after: int | None) -> bool:
        index = self.pos
        while index != after and self.kinds[index] not in (Kind.SEPARATOR, Kind.COMMA, Kind.CLOSE, Kind.ARROW):
            index = self.mates.get(index, index) + 1
        return index != after and self.kinds[index] is Kind.ARROW


def _waits(waiting: list[_Open], *stages: _Stage) -> bool:
    return any(form.stage in stages for form in reversed(waiting))
