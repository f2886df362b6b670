"""Reads operands: what stands between operators, with its brackets and what touches it.

Must not know operators or statements. Invariant: as in `cursors`; an expression that is missing is a Hole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.notation.pattern_reader import PatternReader
from dark_lang.notation.quoting import unescape
from dark_lang.notation.tokens import Kind

_BLANKS: Final = "".join(map(chr, range(0x21)))


class PrimaryReader(PatternReader, ABC):
    @abstractmethod
    def expression(self) -> e.Expression:
        """The expression here; a Hole if none begins here."""

    @abstractmethod
    def maybe_expression(self) -> e.Expression | None:
        """The expression here; None if none begins here."""

    @abstractmethod
    def sequence(self, stop: Kind | None = None, limit: int | None = None) -> e.Expression:
        """The statements up to the closer, to `stop`, or to the token number `limit`, as one expression."""

    def expression_hole(self) -> e.Expression:
        return e.Hole(self.fresh(), "")

    def args(self) -> tuple[e.Expression, ...]:
        return tuple(self.items(self.maybe_expression, self.expression_hole))

    def level_has(self, kind: Kind) -> bool:
        """Whether a token of that kind stands in the bracket here, but in none inside it."""
        index, close = self.pos + 1, self.closes()
        while index < close:
            if self.kinds[index] is kind:
                return True
            index = self.mates.get(index, index) + 1
        return False

    def primary(self) -> e.Expression | None:
        """The operand here with all that touches it; None if none begins here."""
        kind = self.kind
        # Most frequent first; each reader takes at least one token.
        if kind is Kind.WORD:
            found: e.Expression = e.Variable(self.fresh(), self.take())
        elif kind is Kind.FN:
            found = self._function()
        elif kind is Kind.INT or kind is Kind.FLOAT:
            found = self._number()
        elif kind is Kind.STRING:
            found = self._plain_string()
        elif kind is Kind.PAREN:
            found = self._parentheses()
        else:
            other = self._other(kind)
            if other is None:
                return None
            found = other
        return self.touching(found)

    def touching(self, found: e.Expression) -> e.Expression:
        while True:
            kind = self.kind
            if kind is Kind.DOT:
                self.pos += 1
                named, label = self.label()
                if not named:
                    self.missing("a label")
                found = e.FieldAccess(self.fresh(), label, found)
            elif kind is Kind.PAREN:
                found = e.Apply(self.fresh(), found, self.args())
            elif kind is Kind.TRY:
                self.pos += 1
                found = e.Try(self.fresh(), found)
            else:
                return found

    def _other(self, kind: Kind) -> e.Expression | None:
        match kind:
            case Kind.UPPER:
                ref, name = self.case()
                return e.Construct(self.fresh(), ref, name, self.args() if self.kind is Kind.PAREN else ())
            case Kind.BRACE:
                return self._braces()
            case Kind.BRACKET:
                return e.List(self.fresh(), self.args())
            case Kind.QUOTE:
                return self._string()
            case Kind.TRUE | Kind.FALSE:
                return e.Bool(self.fresh(), self.take() == "true")
            case Kind.HOLE:
                return e.Hole(self.fresh(), self.take())
            case Kind.STORE:
                return e.DatastoreRef(self.fresh(), self.naming.resolve(Realm.DATASTORE, self.take()))
            case Kind.HASH:
                return e.Dict(self.fresh(), tuple(self.items(self._entry, self._entry_hole)))
            case Kind.CHAR:
                first = self.pos
                character = self.character()
                return self._as_text(first) if character is None else e.Char(self.fresh(), character)
            case Kind.UNREAD:
                return e.Unread(self.fresh(), unescape(self.take()))
            case Kind.DEEP:
                return e.Unread(self.fresh(), self.take())
            case _:
                return self._form(kind)

    def _form(self, kind: Kind) -> e.Expression | None:
        if kind is Kind.SECRET:
            self.pos += 1
            return e.SecretRef(self.fresh(), self.naming.resolve(Realm.SECRET, self.name()))
        sides: dict[str, list[e.Expression]]
        if kind is Kind.TOGGLE:
            self.pos += 1
            ref = self.naming.resolve(Realm.SWITCH, self.name())
            sides = self.sides(("old", "new"), "", self.maybe_expression)
            return e.Toggle(self.fresh(), ref, self._side(sides["old"]), self._side(sides["new"]))
        if kind is Kind.PARTIAL:
            self.pos += 1
            sides = self.sides(("new", "old"), "", self.maybe_expression)
            return e.Partial(self.fresh(), self._side(sides["new"]), self._side(sides["old"]))
        if kind is Kind.CONFLICT:
            self.pos += 1
            sides = self.sides(("base",), "or", self.maybe_expression)
            return e.Conflict(self.fresh(), self._side(sides["base"]), tuple(sides["or"]))
        return None

    def _side(self, held: list[e.Expression]) -> e.Expression:
        return held[0] if held else self.expression_hole()

    def name(self) -> str:
        """The name of a switch or a secret, which is taken. One that is no word stands in quotes."""
        text = self.take()
        return unescape(text[1:-1]) if text.startswith('"') else text

    # Literals

    def _as_text(self, first: int) -> e.Expression:
        return e.Unread(self.fresh(), self.source(first, self.pos))

    def _number(self) -> e.Expression:
        first = self.pos
        if self.kind is Kind.INT:
            number = self.integer()
            return self._as_text(first) if number is None else e.Int(self.fresh(), number)
        decimal = self.decimal()
        return self._as_text(first) if decimal is None else e.Float(self.fresh(), decimal)

    def _plain_string(self) -> e.Expression:
        text = unescape(self.take())
        return e.String(self.fresh(), (e.Text(self.fresh(), text),) if text else ())

    def _string(self) -> e.Expression:
        close = self.closes()
        self.pos += 1
        parts: list[e.Part] = []
        while self.pos < close:
            if self.kind is Kind.TEXT:
                parts.append(e.Text(self.fresh(), unescape(self.take())))
            else:
                after = self.closes() + 1
                self.pos += 1
                parts.append(self.sequence())
                self.pos = after
        self.pos = close + 1
        return e.String(self.fresh(), tuple(parts))

    # Functions and brackets

    def _function(self) -> e.Expression:
        ref = self.naming.resolve(Realm.FUNCTION, self.take())
        type_args = tuple(self.items(self.maybe_type, self.type_hole)) if self.kind is Kind.ANGLE else ()
        if self.kind is Kind.PAREN:
            return e.Call(self.fresh(), ref, type_args, self.args())
        return e.FunctionRef(self.fresh(), ref, type_args)

    def _parentheses(self) -> e.Expression:
        close = self.closes()
        if not self.text[self.tokens[self.pos].end : self.tokens[close].start].strip(_BLANKS):
            self.pos = close + 1
            return e.Unit(self.fresh())
        self.pos += 1
        found: list[e.Expression] = []
        after_comma = True
        while after_comma and (self.pos < close or len(found) < 2):
            if self.kind is Kind.COMMA or (self.pos == close and found):
                self.missing("an item")
                found.append(self.expression_hole())
            else:
                found.append(self.sequence(Kind.COMMA))
            after_comma = self.kind is Kind.COMMA
            if after_comma:
                self.pos += 1
        self.pos = close + 1
        return found[0] if len(found) == 1 else e.Tuple(self.fresh(), tuple(found))

    def _entry(self) -> e.Entry | None:
        if self.kind is Kind.COLON:
            self.missing("a key")
            key: e.Expression | None = self.expression_hole()
        else:
            key = self.maybe_expression()
        if key is None:
            return None
        value = self.expression() if self.expect(Kind.COLON, ":") else self.expression_hole()
        return e.Entry(self.fresh(), key, value)

    def _entry_hole(self) -> e.Entry:
        return e.Entry(self.fresh(), self.expression_hole(), self.expression_hole())

    # Braces

    def _braces(self) -> e.Expression:
        """A record, a record update, or a block."""
        close = self.closes()
        if self.level_has(Kind.BAR):
            self.pos += 1
            record = self.sequence(Kind.BAR)
            fields = self.items(self._field, self._field_hole, close)
            return e.RecordUpdate(self.fresh(), record, tuple(fields))
        if self._holds_fields(close):
            return e.Record(self.fresh(), tuple(self.items(self._field, self._field_hole)))
        self.pos += 1
        block = self.sequence()
        self.pos = close + 1
        return block

    def _holds_fields(self, close: int) -> bool:
        """Whether what begins in the braces here is a field."""
        index = self.pos + 1
        if index == close:
            return not self.text[self.tokens[self.pos].end : self.tokens[close].start].strip(_BLANKS)
        first, second = self.kinds[index], self.kinds[index + 1]
        if first in (Kind.COLON, Kind.COMMA) or second is Kind.COLON:
            return True
        return first is Kind.WORD and second in (Kind.COMMA, Kind.CLOSE)

    def _field_hole(self) -> e.Field:
        return e.Field(self.fresh(), None, self.expression_hole())

    def _field(self) -> e.Field | None:
        if self.kind_after(self.pos) is Kind.COLON:
            named, label = self.label()
            if named:
                self.pos += 1
                return e.Field(self.fresh(), label, self.expression())
        after = self.kind_after(self.pos)
        if self.kind is Kind.WORD and after in (Kind.COMMA, Kind.SEPARATOR, Kind.CLOSE, Kind.WORD):
            label = self.take()
            return e.Field(self.fresh(), label, e.Variable(self.fresh(), label))
        if self.kind is Kind.WORD and after in PRIMARY_KINDS and after is not Kind.PAREN:
            label = self.take()
            self.missing("`:`")
            return e.Field(self.fresh(), label, self.expression())
        if self.kind is Kind.COLON:
            self.pos += 1
            self.missing("a label")
            return e.Field(self.fresh(), None, self.expression())
        value = self.maybe_expression()
        if value is None:
            return None
        self.missing("a label")
        return e.Field(self.fresh(), None, value)


PRIMARY_KINDS: Final = frozenset(
    {
        *(Kind.WORD, Kind.FN, Kind.INT, Kind.FLOAT, Kind.STRING, Kind.PAREN, Kind.UPPER, Kind.BRACE, Kind.BRACKET),
        *(Kind.QUOTE, Kind.TRUE, Kind.FALSE, Kind.HOLE, Kind.STORE, Kind.HASH, Kind.CHAR, Kind.UNREAD, Kind.DEEP),
        *(Kind.SECRET, Kind.TOGGLE, Kind.PARTIAL, Kind.CONFLICT),
    }
)
"""What `primary` reads."""
