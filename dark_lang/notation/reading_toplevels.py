"""Reads a whole definition, in the form in which `print_toplevel` writes it.

Must not know the canvas. Invariants: as in `reading`: total, and nothing is lost.

    toplevel = { "///" text newline } [ "language" number newline ] header newline rest
    header   = "http" METHOD ROUTE                       rest: the body
             | "fn" signature                            rest: the body
             | "worker" NAME | "repl" NAME | "test" NAME rest: the body
             | "cron" NAME STRING                        rest: the body
             | "type" typedef                            no rest
             | "db" STORE type                           rest: [ "forward" newline body ] [ "back" newline body ]
             | "secret" NAME                             no rest
             | "toggle" NAME ( "on" | "off" ) PERCENT    rest: settings [ "when" newline condition ]
    setting  = ( "salt" | "algorithm" | "allow" | "deny" | "unlisted" ) STRING newline
             | "needs" ( NAME | STRING ) ( "new" | "old" | "neither" ) newline

`///` lines are the documentation. `forward`, `back` and `when` stand at the beginning of a line of their own, the code
below them is indented. A name, method or route with unusual characters stands in quotes. What is no header makes a REPL
named `unread`, whose body begins with the text.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, Final

from dark_lang.names import Defined, spell_id
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Scalar
from dark_lang.notation.lexemes import NAME_PATTERN
from dark_lang.notation.lexing import clean, lex
from dark_lang.notation.quoting import unescape, unescape_note
from dark_lang.notation.reading_parts import (
    NewId,
    Reading,
    in_order,
    sequence_at,
    signature_of,
    something_left,
    typedef_of,
    within_limits,
)
from dark_lang.notation.tokens import Repair
from dark_lang.notation.type_reader import TypeReader

_FLAGS: Final = re.ASCII | re.DOTALL
_BLANKS: Final = re.compile(r"[\x00-\x09\x0b-\x20]*+", _FLAGS)
_WORD: Final = re.compile(r"[A-Za-z]+(?![\w:-])", _FLAGS)
_NAME: Final = re.compile(NAME_PATTERN, _FLAGS)
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*"', _FLAGS)
_ROUTE: Final = re.compile(r"/[^\x00-\x20]*+", _FLAGS)
_STORE: Final = re.compile(r"([A-Z]\w*)(?:-v([0-9]{1,9}))?(?![\w-])", _FLAGS)
_SHARE: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?%", _FLAGS)
_NUMBER: Final = re.compile(r"[0-9]{1,9}(?![\w.])", _FLAGS)
_QUOTED_VERSION: Final = re.compile(r"(.*)-v([0-9]{1,9})", _FLAGS)

_LISTED: Final[dict[str, Scalar]] = {"allow": True, "deny": False, "unlisted": None}
_RAMPED: Final[dict[str, Scalar]] = {"ramp": True, "ramped": False, "unramped": None}
_NEEDED: Final[dict[str, Scalar]] = {"new": True, "old": False, "neither": None}


def read_toplevel(text: str, naming: Naming, fresh: NewId) -> Reading[top.Toplevel]:
    """A whole definition."""
    text, repairs = clean(text)
    tree = _ToplevelReader(text, naming, fresh, repairs).read()
    return Reading(tree, in_order(repairs))


class _ToplevelReader:
    def __init__(self, text: str, naming: Naming, fresh: NewId, repairs: list[Repair]) -> None:
        self.text = text
        self.naming = naming
        self.fresh = fresh
        self.repairs = repairs
        self.pos = 0
        self.doc: list[str] = []
        self.language = 1
        self.left: list[str] = []  # what fits nowhere

    def read(self) -> top.Toplevel:
        self._before_header()
        start = self.pos
        word = self._take(_WORD)
        read = _HEADERS.get(word or "")
        if read is None:
            self.pos = start
            self._missing("a header such as `http GET /` or `fn Shop::total() -> Int`")
            self._set_aside(self._line_end())
            return self._finished(top.Repl(self.fresh(), 1, "", "unread", self._body()))
        return self._finished(read(self))

    def _finished(self, tree: top.Toplevel) -> top.Toplevel:
        """With documentation and language, and with what fits nowhere: before the body, or else in the
        documentation."""
        fields: dict[str, Any] = {"language": self.language}
        doc = [*self.doc, *([tree.doc] if tree.doc else [])]
        body: e.Expression | None = getattr(tree, "body", None)
        if body is None:
            doc += self.left
        elif self.left:
            for text in reversed(self.left):
                body = e.Let(self.fresh(), p.Wildcard(self.fresh()), e.Unread(self.fresh(), text), body)
            fields["body"] = body
        return dataclasses.replace(tree, doc="\n".join(doc), **fields)

    # Words

    def _take(self, pattern: re.Pattern[str]) -> str | None:
        """What the pattern finds here, on this line; None if nothing."""
        start = self._skip_blanks()
        found = pattern.match(self.text, start)
        if found is None:
            return None
        self.pos = found.end()
        return found[0]

    def _skip_blanks(self) -> int:
        found = _BLANKS.match(self.text, self.pos)
        self.pos = found.end() if found else self.pos
        return self.pos

    def _line_end(self) -> int:
        end = self.text.find("\n", self.pos)
        return len(self.text) if end < 0 else end

    def _missing(self, what: str) -> None:
        self.repairs.append(Repair(self.pos, self.pos, f"{what} is missing"))

    def _set_aside(self, end: int) -> None:
        """Keeps what stands here, up to `end`, as text."""
        start = self._skip_blanks()
        left = self.text[start : max(start, end)].rstrip()
        if left:
            self.left.append(left)
            self.repairs.append(Repair(start, start + len(left), "this fits nowhere; kept as text"))
        self.pos = max(start, end)

    def _end_of_header(self) -> None:
        self._set_aside(self._line_end())
        self.pos += 1

    def _name(self) -> str:
        """A name, in quotes or not."""
        text = self._take(_NAME)
        if text is None:
            self._missing("a name")
            return "nameless"
        return unescape(text[1:-1]) if text.startswith('"') else text

    def _string(self, what: str) -> str:
        text = self._take(_STRING)
        if text is None:
            self._missing(what)
            return ""
        return unescape(text[1:-1])

    # Parts

    def _before_header(self) -> None:
        """Documentation and language; then the cursor stands on the header."""
        while self.pos < len(self.text):
            start = self._skip_blanks()
            end = self._line_end()
            if start == end:
                self.pos = end + 1
                continue
            if self.text.startswith("//", start):
                slashes = 3 if self.text.startswith("///", start) else 2
                self.doc.append(unescape_note(self.text[start + slashes : end].removeprefix(" ")))
                self.pos = end + 1
                continue
            if self._take(_WORD) != "language" or (number := self._take(_NUMBER)) is None:
                self.pos = start
                return
            self.language = int(number)
            self._end_of_header()

    def _body(self, end: int | None = None) -> e.Expression:
        """The code from here on."""
        text = self.text if end is None else self.text[:end]
        return sequence_at(text, min(self.pos, len(text)), self.naming, self.fresh, self.repairs)

    def _sections(self, *words: str) -> dict[str, e.Expression]:
        """The code below each of the words, which stand on lines of their own. What stands before them is set
        aside."""
        lines = re.compile(rf"^(?:{'|'.join(words)})[\x00-\x09\x0b-\x20]*$", re.MULTILINE | re.ASCII)
        self.pos = min(self.pos, len(self.text))
        starts = {found[0].rstrip(): found for found in reversed(list(lines.finditer(self.text, self.pos)))}
        ends = sorted(found.start() for found in starts.values())
        sections: dict[str, e.Expression] = {}
        self._set_aside(ends[0] if ends else len(self.text))
        for word, found in sorted(starts.items(), key=lambda item: item[1].start()):
            self.pos = found.end()
            sections[word] = self._body(next((end for end in ends if end > found.start()), None))
        return sections

    # Headers

    def http(self) -> top.Toplevel:
        method = self._take(_WORD)
        if method is None:
            method = self._string("a method such as GET")
        route = self._take(_ROUTE)
        if route is None:
            route = self._string("a route such as /users/:id")
        self._end_of_header()
        return top.Http(self.fresh(), 1, "", method.upper() if _WORD.fullmatch(method) else method, route, self._body())

    def function(self) -> top.Toplevel:
        lexed = lex(self.text, self._skip_blanks(), types=True, first_line=True)
        tree = signature_of(lexed, self.naming, self.fresh, self.repairs)
        self.pos = lexed.tokens[-1].start
        body = tree.body
        while isinstance(body, e.Let):
            # What fits nowhere in the signature stands before the hole that is its body.
            if isinstance(body.value, e.Unread):
                self.left.append(body.value.text)
            body = body.body
        return dataclasses.replace(tree, body=self._body())

    def type(self) -> top.Toplevel:
        lexed = lex(self.text, self._skip_blanks(), types=True)
        self.pos = len(self.text)
        return typedef_of(lexed, self.naming, self.fresh, self.repairs)

    def datastore(self) -> top.Toplevel:
        name, version = self._store_name()
        lexed = lex(self.text, self._skip_blanks(), types=True, first_line=True)
        reader = TypeReader(lexed, self.naming, self.fresh)
        kind = reader.type()
        if something_left(reader):
            self.left += [self.text[start:end] for start, end in reader.misfits]
        self.repairs += reader.repairs
        kind = within_limits(kind, self.naming, self.repairs, reader)
        self.doc += reader.take_comments(len(reader.tokens))
        self.pos = lexed.tokens[-1].start
        sections = self._sections("forward", "back")
        return top.Datastore(self.fresh(), 1, "", name, version, kind, sections.get("forward"), sections.get("back"))

    def _store_name(self) -> tuple[str, int]:
        found = _STORE.match(self.text, self._skip_blanks())
        if found:
            self.pos = found.end()
            return found[1], int(found[2] or 0)
        quoted = self._string("a name such as Users-v0")
        parted = _QUOTED_VERSION.fullmatch(quoted)
        return (parted[1], int(parted[2])) if parted else (quoted, 0)

    def cron(self) -> top.Toplevel:
        name, schedule = self._name(), self._string('a schedule such as "every 1h"')
        self._end_of_header()
        return top.Cron(self.fresh(), 1, "", name, schedule, self._body())

    def named(self, kind: Callable[..., top.Toplevel]) -> top.Toplevel:
        name = self._name()
        self._end_of_header()
        return kind(self.fresh(), 1, "", name, self._body())

    def secret(self) -> top.Toplevel:
        name = self._name()
        self._set_aside(len(self.text))
        return top.Secret(self.fresh(), 1, "", name)

    def switch(self) -> top.Toplevel:
        name = self._name()
        state = self._take(_WORD)
        if state not in ("on", "off"):
            self._missing("`on` or `off`")
        share = self._share()
        self._end_of_header()
        settings: dict[str, str] = {}
        subjects: dict[str, Scalar] = {}
        needed: dict[str, Scalar] = {}
        ramp: dict[str, Scalar] = {}
        while self.pos < len(self.text) and not self._is_when():
            self._setting(settings, subjects, needed, ramp)
            self._end_of_header()
        condition = self._sections("when").get("when") if self.pos < len(self.text) else None
        return top.Switch(
            self.fresh(),
            1,
            "",
            name,
            state == "on",
            share,
            settings.get("salt", ""),
            settings.get("algorithm", "murmur3"),
            tuple(sorted(subjects.items())),
            tuple(sorted(needed.items())),
            tuple(sorted(ramp.items())),
            condition,
        )

    def _is_when(self) -> bool:
        return self.text[self.pos : self._line_end()].rstrip() == "when"

    def _share(self) -> int:
        self._skip_blanks()
        found = _SHARE.match(self.text, self.pos)
        if found is None:
            self._missing("a share such as 12.5%")
            return 0
        self.pos = found.end()
        points = int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
        return -points if found[1] else points

    def _setting(
        self,
        settings: dict[str, str],
        subjects: dict[str, Scalar],
        needed: dict[str, Scalar],
        ramp: dict[str, Scalar],
    ) -> None:
        start = self._skip_blanks()
        word = self._take(_WORD)
        if word in ("salt", "algorithm") and word not in settings and self.text.startswith('"', self._skip_blanks()):
            settings[word] = self._string("a value")
        elif word in _LISTED and self.text.startswith('"', self._skip_blanks()):
            subjects[self._string("a subject")] = _LISTED[word]
        elif word in _RAMPED and self.text.startswith('"', self._skip_blanks()):
            ramp[self._string("a step")] = _RAMPED[word]
        elif word == "needs" and (name := self._take(_NAME)) is not None:
            side = self._take(_WORD)
            if side not in _NEEDED:
                self._missing("`new` or `old`")
            needed[self._switch_key(name)] = _NEEDED.get(side or "new", True)
        else:
            self.pos = start

    def _switch_key(self, name: str) -> str:
        if name.startswith('"'):
            return unescape(name[1:-1])
        ref = self.naming.resolve(Realm.SWITCH, name)
        return spell_id(ref.id) if isinstance(ref, Defined) else name


_HEADERS: Final[dict[str, Callable[[_ToplevelReader], top.Toplevel]]] = {
    "http": _ToplevelReader.http,
    "fn": _ToplevelReader.function,
    "type": _ToplevelReader.type,
    "db": _ToplevelReader.datastore,
    "worker": lambda reader: reader.named(top.Worker),
    "repl": lambda reader: reader.named(top.Repl),
    "test": lambda reader: reader.named(top.Test),
    "cron": _ToplevelReader.cron,
    "secret": _ToplevelReader.secret,
    "toggle": _ToplevelReader.switch,
}
