"""Reads types, and the parts of signatures and definitions that consist of types.

Must not know expressions. Invariant: as in `cursors`; a type that is missing is a Hole.
"""

from __future__ import annotations

from dark_lang.naming import Realm
from dark_lang.nodes import types as t
from dark_lang.notation.cursors import Cursor
from dark_lang.notation.quoting import unescape
from dark_lang.notation.tokens import Kind


class TypeReader(Cursor):
    def type(self) -> t.Type:
        found = self.maybe_type()
        if found is not None:
            return found
        self.missing("a type")
        return self.type_hole()

    def type_hole(self) -> t.Type:
        return t.Hole(self.fresh(), "")

    def maybe_type(self) -> t.Type | None:
        """A type; None if none begins here."""
        params: list[tuple[t.Type, ...]] = []
        while True:
            if self.kind is Kind.PAREN:
                held = tuple(self.items(self.maybe_type, self.type_hole))
            else:
                atom = self._type_atom()
                if atom is None:
                    if not params:
                        return None
                    self.missing("a type")
                    atom = self.type_hole()
                held = (atom,)
                if self.kind is not Kind.ARROW:
                    result = atom
                    break
            if self.kind is not Kind.ARROW:
                result = self._type_group(held)
                break
            self.pos += 1
            params.append(held)
        for held in reversed(params):
            result = t.Fn(self.fresh(), held, result)
        return result

    def _type_group(self, held: tuple[t.Type, ...]) -> t.Type:
        if not held:
            return t.Named(self.fresh(), self.naming.resolve(Realm.TYPE, "Unit"), ())
        return held[0] if len(held) == 1 else t.Tuple(self.fresh(), held)

    def _type_atom(self) -> t.Type | None:
        kind = self.kind
        if kind is Kind.UPPER:
            ref = self.naming.resolve(Realm.TYPE, self.take())
            args = self.items(self.maybe_type, self.type_hole) if self.kind is Kind.ANGLE else ()
            return t.Named(self.fresh(), ref, tuple(args))
        if kind is Kind.WORD:
            return t.Variable(self.fresh(), self.take())
        if kind is Kind.BRACE:
            return self._type_record()
        if kind is Kind.HOLE:
            return t.Hole(self.fresh(), self.take())
        if kind is Kind.UNREAD:
            return t.Unread(self.fresh(), unescape(self.take()))
        if kind is Kind.DEEP:
            return t.Unread(self.fresh(), self.take())
        if kind is Kind.CONFLICT:
            return self._type_conflict()
        return None

    def _type_record(self) -> t.Type:
        rest: list[str] = []

        def field() -> t.FieldType | None:
            if self.kind is Kind.REST and not rest:
                self.pos += 1
                rest.append(self.take() if self.is_at(Kind.WORD) else "")
                self.skip_to_item_end()
                return None
            named, label = self.label()
            if not named and self.kind is not Kind.COLON:
                return None
            if not named:
                self.missing("a label")
            self.expect(Kind.COLON, ":")
            return t.FieldType(self.fresh(), label, self.type())

        fields = self.items(field, lambda: t.FieldType(self.fresh(), None, self.type_hole()))
        return t.Record(self.fresh(), rest[0] if rest else None, tuple(fields))

    def _type_conflict(self) -> t.Type:
        self.pos += 1
        sides: dict[str, list[t.Type]] = self.sides(("base",), "or", self.maybe_type)
        return t.Conflict(self.fresh(), next(iter(sides["base"]), None) or self.type_hole(), tuple(sides["or"]))

    # Definitions and signatures

    def type_parameters(self) -> list[str]:
        """The words between angles, if they are here."""
        if self.kind is not Kind.ANGLE:
            return []
        return self.items(lambda: self.take() if self.kind is Kind.WORD else None, lambda: "_")

    def definition(self) -> t.Type:
        """What stands right of the `=` of a type."""
        if not self._defines_cases():
            return self.type()
        cases: list[t.Case] = []
        while True:
            while self.kind in (Kind.BAR, Kind.SEPARATOR):
                self.pos += 1
            if self.at_end():
                return t.Enum(self.fresh(), tuple(cases))
            if self.kind is not Kind.UPPER or ":" in self.tokens[self.pos].text:
                self.misfit()
                continue
            name = self.take()
            args = self.items(self.maybe_type, self.type_hole) if self.is_at(Kind.PAREN) else ()
            cases.append(t.Case(self.fresh(), name, tuple(args)))
            if self.kind not in (Kind.BAR, Kind.SEPARATOR) and not self.at_end():
                self.missing("`|`")

    def _defines_cases(self) -> bool:
        index = self.pos
        while self.kinds[index] is Kind.SEPARATOR:
            index += 1
        if self.kinds[index] is Kind.UPPER and self.kinds[index + 1] is Kind.PAREN:
            return True
        while self.kinds[index] is not Kind.END:
            if self.kinds[index] is Kind.BAR:
                return True
            index = self.mates.get(index, index) + 1
        return False

    def parameter(self) -> tuple[str, t.Type] | None:
        if self.kind is Kind.WORD:
            name = self.take()
        elif self.kind is Kind.COLON:
            self.missing("a name")
            name = "_"
        else:
            return None
        self.expect(Kind.COLON, ":")
        return name, self.type()
