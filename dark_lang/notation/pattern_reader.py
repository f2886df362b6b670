"""Reads patterns.

Must not know expressions. Invariant: as in `cursors`; a pattern that is missing is a Hole.
"""

from __future__ import annotations

from dark_lang.names import Ref
from dark_lang.naming import Realm
from dark_lang.nodes import patterns as p
from dark_lang.notation.quoting import unescape
from dark_lang.notation.tokens import Kind
from dark_lang.notation.type_reader import TypeReader


class PatternReader(TypeReader):
    def pattern(self) -> p.Pattern:
        found = self.maybe_pattern()
        if found is not None:
            return found
        self.missing("a pattern")
        return self.pattern_hole()

    def pattern_hole(self) -> p.Pattern:
        return p.Hole(self.fresh(), "")

    def maybe_pattern(self) -> p.Pattern | None:
        """A pattern; None if none begins here."""
        kind = self.kind
        if kind is Kind.WORD:
            name = self.take()
            return p.Wildcard(self.fresh()) if name == "_" else p.Variable(self.fresh(), name)
        if kind is Kind.UPPER:
            return self._pattern_case()
        if kind is Kind.PAREN:
            held = tuple(self.items(self.maybe_pattern, self.pattern_hole))
            if not held:
                return p.Unit(self.fresh())
            return held[0] if len(held) == 1 else p.Tuple(self.fresh(), held)
        if kind is Kind.BRACKET:
            return self._pattern_list()
        if kind is Kind.BRACE:
            fields = self.items(self._pattern_field, lambda: p.FieldPattern(self.fresh(), None, self.pattern_hole()))
            return p.Record(self.fresh(), tuple(fields))
        if kind is Kind.CONFLICT:
            self.pos += 1
            sides: dict[str, list[p.Pattern]] = self.sides(("base",), "or", self.maybe_pattern)
            base = next(iter(sides["base"]), None) or self.pattern_hole()
            return p.Conflict(self.fresh(), base, tuple(sides["or"]))
        return self._pattern_literal(kind)

    def _pattern_literal(self, kind: Kind) -> p.Pattern | None:
        first = self.pos
        found: p.Pattern | None = None
        if kind is Kind.STRING:
            return p.String(self.fresh(), unescape(self.take()))
        if kind is Kind.HOLE:
            return p.Hole(self.fresh(), self.take())
        if kind in (Kind.TRUE, Kind.FALSE):
            self.pos += 1
            return p.Bool(self.fresh(), kind is Kind.TRUE)
        if kind is Kind.UNREAD:
            return p.Unread(self.fresh(), unescape(self.take()))
        if kind is Kind.DEEP:
            return p.Unread(self.fresh(), self.take())
        if kind is Kind.INT:
            number = self.integer()
            found = None if number is None else p.Int(self.fresh(), number)
        elif kind is Kind.FLOAT:
            decimal = self.decimal()
            found = None if decimal is None else p.Float(self.fresh(), decimal)
        elif kind is Kind.CHAR:
            character = self.character()
            found = None if character is None else p.Char(self.fresh(), character)
        else:
            return None
        return p.Unread(self.fresh(), self.source(first, self.pos)) if found is None else found

    def case(self) -> tuple[Ref, str]:
        """The case here, which is taken, and its type."""
        owner, _, name = self.take().rpartition("::")
        return (self.naming.resolve(Realm.TYPE, owner) if owner else self.naming.resolve_case(name)), name

    def _pattern_case(self) -> p.Pattern:
        ref, name = self.case()
        args = self.items(self.maybe_pattern, self.pattern_hole) if self.kind is Kind.PAREN else ()
        return p.Constructor(self.fresh(), ref, name, tuple(args))

    def _pattern_list(self) -> p.Pattern:
        rest: list[str] = []

        def item() -> p.Pattern | None:
            if self.kind is not Kind.REST or rest:
                return None if rest else self.maybe_pattern()
            self.pos += 1
            rest.append(self.take() if self.is_at(Kind.WORD) else "")
            if not self.is_at(Kind.COMMA) or self.kind_after(self.pos) is not Kind.CLOSE:
                while not self.at_end():
                    self.misfit()
            return None

        items = self.items(item, self.pattern_hole)
        return p.List(self.fresh(), rest[0] if rest else None, tuple(items))

    def _pattern_field(self) -> p.FieldPattern | None:
        first = self.kind
        named, label = self.label()
        if not named and self.kind is not Kind.COLON:
            return None
        if not named:
            self.missing("a label")
        if self.kind is Kind.COLON:
            self.pos += 1
            return p.FieldPattern(self.fresh(), label, self.pattern())
        if first is Kind.WORD and label is not None and label != "_":
            return p.FieldPattern(self.fresh(), label, p.Variable(self.fresh(), label))
        self.missing("a pattern")
        return p.FieldPattern(self.fresh(), label, self.pattern_hole())
