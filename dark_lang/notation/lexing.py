"""From text to tokens whose brackets are paired, in one pass.

Must not know the grammar beyond single words. Invariants: what comes out is balanced whatever went in, and never nests
deeper than `MAX_BRACKETS`; what is no token is kept in `strange`; time is linear in the length of the text.

Three decisions are made here since only the neighbours of a character can make them: whether a newline separates,
whether `!` unwraps what it touches, and whether `-` belongs to a number.
"""

from __future__ import annotations

import re

from dark_lang.notation.lexemes import (
    CLOSED_BY,
    COLON_NEXT,
    ENDS_OPERAND,
    FORMS,
    JOINS_LINE_BEFORE,
    JOINS_NEXT_LINE,
    LABEL,
    NUMBER,
    OPENERS,
    PAIRS,
    RESERVED_KINDS,
    SIGNS,
    STRANGE,
    TEXT,
    TOKEN,
    TYPE_WORDS,
)
from dark_lang.notation.tokens import MAX_BRACKETS, Kind, Repair, Token
from dark_lang.records import NamedTuple, dataclass


class Strange(NamedTuple):
    """Text that is no token."""

    before: int  # the number of the token that follows
    start: int
    end: int


class Comment(NamedTuple):
    before: int  # the number of the token that follows
    start: int
    end: int


@dataclass(slots=True)
class Tokens:
    text: str
    tokens: list[Token]
    mates: dict[int, int]  # from the opener of a pair to its closer
    strange: list[Strange]
    comments: list[Comment]
    repairs: list[Repair]
    deepest: int  # how deep brackets nest


def clean(text: str) -> tuple[str, list[Repair]]:
    """The text without byte order mark, with LF line ends, and U+FFFD for what no character encoding could hold."""
    repairs: list[Repair] = []
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        repairs.append(Repair(error.start, error.end, "bytes that are no UTF-8 were replaced by U+FFFD"))
        text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text, repairs


@dataclass(slots=True)
class _Opener:
    kind: Kind
    index: int  # of its token
    start: int
    counted: bool
    types_before: bool
    strange: int  # how many there were
    comments: int
    repairs: int
    # Which closers something open is waiting for, back to the string around it: outside that, nothing may be closed.
    waiting: dict[str, int]


def lex(text: str, start: int = 0, *, types: bool = False, first_line: bool = False) -> Tokens:
    """The tokens from `start` on. With `types`, angles are brackets. With `first_line`, only up to the first newline
    that separates and stands in no bracket; the END token tells where."""
    return _Lexer(text, types).run(start, first_line)


class _Lexer:
    __slots__ = (
        "angles",
        "comments",
        "deepest",
        "depth",
        "mates",
        "newline",
        "repairs",
        "stack",
        "strange",
        "text",
        "tokens",
        "too_deep",
        "types",
        "waiting",
    )

    def __init__(self, text: str, types: bool) -> None:
        self.text = text
        self.types = types
        self.tokens: list[Token] = []
        self.mates: dict[int, int] = {}
        self.strange: list[Strange] = []
        self.comments: list[Comment] = []
        self.repairs: list[Repair] = []
        self.stack: list[_Opener] = []
        self.waiting: dict[str, int] = {}
        self.depth = self.deepest = 0
        self.too_deep: _Opener | None = None
        self.newline = -1  # where a newline stands that may separate
        self.angles: dict[int, int] = {}  # from `<` of type arguments to its `>`; -1: it compares

    def run(self, pos: int, first_line: bool) -> Tokens:
        text = self.text
        size = len(text)
        match = TOKEN.match
        while pos < size:
            if self.stack and self.stack[-1].kind is Kind.QUOTE:
                pos = self._inside_quotes(pos)
                continue
            tokens = self.tokens
            if tokens and tokens[-1].kind is Kind.DOT and (label := LABEL.match(text, pos)):
                self._emit(Kind.LABEL, label[0], pos, label.end())
                pos = label.end()
                continue
            found = match(text, pos)
            if found is None:
                pos = self._unknown(pos)
                continue
            group = found.lastgroup
            end = found.end()
            if group == "blank":
                pos = end
            elif group == "newline":
                if self.newline < 0:
                    self.newline = pos
                if first_line and not self.stack and not (tokens and tokens[-1].kind in JOINS_NEXT_LINE):
                    break
                pos = end
            elif group == "word":
                pos = self._word(found[0], pos, end)
            elif group == "sign":
                pos = self._sign(found[0], pos, end)
            elif group == "path":
                pos = self._path(found, pos, end)
            elif group == "open":
                self._open(Kind.QUOTE if found[0] == '"' else OPENERS[found[0]], pos, end)
                pos = end
            elif group == "close":
                self._close(found[0], pos, end)
                pos = end
            elif group == "comment":
                self.comments.append(Comment(len(tokens), pos, end))
                pos = end
            else:
                pos = self._literal(group or "", found[0], pos, end)
        while self.stack:
            self._close_top(pos, pos)
        self.newline = -1
        self._emit(Kind.END, "", pos, pos)
        return Tokens(text, self.tokens, self.mates, self.strange, self.comments, self.repairs, self.deepest)

    # Tokens

    def _emit(self, kind: Kind, text: str, start: int, end: int) -> None:
        tokens = self.tokens
        if self.newline >= 0:
            if tokens and kind not in JOINS_LINE_BEFORE and tokens[-1].kind not in JOINS_NEXT_LINE:
                tokens.append(Token(Kind.SEPARATOR, "\n", self.newline, self.newline + 1))
            self.newline = -1
        tokens.append(Token(kind, text, start, end))

    def _unknown(self, pos: int) -> int:
        found = STRANGE.match(self.text, pos)
        end = found.end() if found else pos + 1
        self._keep_strange(pos, end)
        self.repairs.append(Repair(pos, end, "these signs mean nothing here; kept as text"))
        return end

    def _keep_strange(self, start: int, end: int) -> None:
        """Neighbours become one, so that a long run of them stays a small tree."""
        index = len(self.tokens)
        if self.strange and self.strange[-1].before == index:
            neighbour = self.strange.pop()
            self.strange.append(Strange(index, neighbour.start, end))
            return
        self.strange.append(Strange(index, start, end))

    def _literal(self, group: str, text: str, pos: int, end: int) -> int:
        if group == "string":
            self._emit(Kind.STRING, text[1:-1], pos, end)
        elif group == "int":
            self._emit(Kind.INT, text, pos, end)
        elif group == "hole":
            self._emit(Kind.HOLE, text[1:], pos, end)
        elif group == "float":
            self._emit(Kind.FLOAT, text, pos, end)
        elif group == "char":
            self._emit(Kind.CHAR, text[2:-1], pos, end)
        elif group == "unread":
            self._emit(Kind.UNREAD, text[2:-1], pos, end)
        else:
            self._emit(Kind.STORE, text, pos, end)
        return end

    def _word(self, word: str, pos: int, end: int) -> int:
        if word in RESERVED_KINDS:
            in_braces = self.stack and self.stack[-1].kind is Kind.BRACE
            kind = Kind.LABEL if in_braces and COLON_NEXT.match(self.text, end) else RESERVED_KINDS[word]
            self._emit(kind, word, pos, end)
            return end
        form = FORMS.get(word)
        if form is not None and (found := form[1].match(self.text, end)):
            self._emit(form[0], word, pos, end)
            if "name" in found.groupdict():
                self._emit(Kind.NAME, found["name"], found.start("name"), found.end())
            return found.end()
        self._emit(Kind.WORD, word, pos, end)
        return end

    def _path(self, found: re.Match[str], pos: int, end: int) -> int:
        if found["function"] is None:
            self._emit(Kind.UPPER, found[0], pos, end)
            return end
        self._emit(Kind.FN, found[0], pos, end)
        if not self.types and self.text.startswith("<", end) and self._angle_end(end) >= 0:
            self._open(Kind.ANGLE, end, end + 1)
            self.types = True
            return end + 1
        return end

    def _sign(self, sign: str, pos: int, end: int) -> int:
        if self.types and sign[0] in "<>":
            end = pos + 1
            if sign[0] == "<":
                self._open(Kind.ANGLE, pos, end)
            else:
                self._close(">", pos, end)
            return end
        tokens = self.tokens
        after_operand = bool(tokens) and tokens[-1].kind in ENDS_OPERAND
        if sign == "-" and not (after_operand and self.newline < 0) and (number := NUMBER.match(self.text, pos)):
            kind = Kind.FLOAT if number["float"] else Kind.INT
            self._emit(kind, number[0], pos, number.end())
            return number.end()
        if sign == "!" and after_operand and tokens[-1].end == pos:
            self._emit(Kind.TRY, sign, pos, end)
        else:
            self._emit(SIGNS.get(sign, Kind.OPERATOR), sign, pos, end)
        return end

    def _angle_end(self, pos: int) -> int:
        """The `>` that closes the `<` at `pos`, if nothing but words of types stands between; else -1.

        All angles on the way are noted too, which keeps a text full of them linear.
        """
        if pos in self.angles:
            return self.angles[pos]
        text = self.text
        first = pos
        waiting: list[int] = []
        while True:
            sign = text[pos : pos + 1]
            if sign in PAIRS:
                waiting.append(pos)
                self.angles[pos] = -1
            elif sign and PAIRS[text[waiting[-1]]] == sign:
                self.angles[waiting.pop()] = pos
            else:
                break
            if not waiting:
                break
            found = TYPE_WORDS.match(text, pos + 1)
            pos = found.end() if found else pos + 1
        return self.angles[first]

    # Strings with something inside

    def _inside_quotes(self, pos: int) -> int:
        found = TEXT.match(self.text, pos)
        end = found.end() if found else pos
        if end > pos:
            self._emit(Kind.TEXT, self.text[pos:end], pos, end)
        if self.text.startswith("${", end):
            self._open(Kind.SPLICE, end, end + 2)
            return end + 2
        if end < len(self.text):
            self._close_top(end, end + 1)
            return end + 1
        return end

    # Brackets

    def _open(self, kind: Kind, start: int, end: int) -> None:
        counted = kind is not Kind.SPLICE
        kept = len(self.strange), len(self.comments), len(self.repairs)
        opener = _Opener(kind, 0, start, counted, self.types, *kept, self.waiting)
        if kind is Kind.SPLICE:
            self.types = False
            self.waiting = {"}": 1}
        elif kind is not Kind.QUOTE:
            closer = CLOSED_BY[kind]
            self.waiting[closer] = self.waiting.get(closer, 0) + 1
        if counted:
            if self.depth == MAX_BRACKETS and self.too_deep is None:
                self.too_deep = opener
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)
        self._emit(kind, self.text[start:end], start, end)
        opener.index = len(self.tokens) - 1
        self.stack.append(opener)

    def _close(self, sign: str, start: int, end: int) -> None:
        if not self.waiting.get(sign):
            self._keep_strange(start, end)
            self.repairs.append(Repair(start, end, f"`{sign}` closes nothing; kept as text"))
            return
        while CLOSED_BY[self.stack[-1].kind] != sign:
            self._close_top(start, start)
        self._close_top(start, end)

    def _close_top(self, start: int, end: int) -> None:
        """Closes the innermost bracket at `start`; with nothing (`start == end`) if its closer is missing."""
        opener = self.stack.pop()
        kind = opener.kind
        if start == end:
            sign = self.text[opener.start : opener.start + 2] if kind in (Kind.HASH, Kind.SPLICE) else ""
            sign = sign or self.text[opener.start]
            self.repairs.append(Repair(opener.start, opener.start + len(sign), f"`{sign}` is not closed"))
        if kind is Kind.SPLICE:
            self.waiting = opener.waiting
        elif kind is not Kind.QUOTE:
            self.waiting[CLOSED_BY[kind]] -= 1
        self.types = opener.types_before
        self._emit(Kind.CLOSE, self.text[start:end], start, end)
        self.mates[opener.index] = len(self.tokens) - 1
        if opener.counted:
            self.depth -= 1
        if opener is self.too_deep:
            self._keep_whole(opener, end)

    def _keep_whole(self, opener: _Opener, end: int) -> None:
        """What stands in brackets beyond the limit becomes one token."""
        self.too_deep = None
        for index in range(opener.index, len(self.tokens)):
            self.mates.pop(index, None)
        del self.tokens[opener.index :]
        del self.strange[opener.strange :]
        del self.comments[opener.comments :]
        del self.repairs[opener.repairs :]
        self.newline = -1
        self.tokens.append(Token(Kind.DEEP, self.text[opener.start : end], opener.start, end))
        self.repairs.append(
            Repair(opener.start, end, f"more than {MAX_BRACKETS} brackets inside each other; kept as text")
        )
