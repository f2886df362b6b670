"""A place in the tokens, and what all readers do there: take, expect, miss, set aside.

Must not know any sort of tree. Invariant: whatever is called at whatever token, nothing is raised, no token is passed
without becoming part of a tree or of `misfits`, and every guess is in `repairs`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from math import isfinite
from typing import Final, TypeVar

from dark_lang.names import NodeId
from dark_lang.naming import Naming
from dark_lang.notation.lexing import Tokens
from dark_lang.notation.quoting import unescape, unescape_note
from dark_lang.notation.tokens import MAX_DIGITS, Kind, Repair
from dark_lang.values.graphemes import is_cluster

T = TypeVar("T")

_ENDS: Final = frozenset({Kind.CLOSE, Kind.END})
_LABEL_WORDS: Final = frozenset(
    {
        *(Kind.WORD, Kind.LABEL, Kind.LET, Kind.IF, Kind.THEN, Kind.ELSE, Kind.MATCH, Kind.TRUE, Kind.FALSE),
        *(Kind.TOGGLE, Kind.SECRET, Kind.PARTIAL, Kind.CONFLICT),
    }
)


class Cursor:
    def __init__(self, lexed: Tokens, naming: Naming, fresh: Callable[[], NodeId]) -> None:
        self.text = lexed.text
        self.tokens = lexed.tokens
        self.kinds = [token.kind for token in lexed.tokens]
        self.mates = lexed.mates
        self.strange = lexed.strange
        self.comments = lexed.comments
        self.repairs = lexed.repairs
        self.deepest = lexed.deepest
        self.naming = naming
        self.fresh = fresh
        self.pos = 0
        self.misfits: list[tuple[int, int]] = []  # stretches of the text, found in the statement that is being read
        self.misfit_first = -1  # the first token of the last misfit
        self.misfit_end = -1  # and the token after it
        self.next_strange = 0
        self.next_comment = 0
        self.swallowed: set[int] = set()  # comments that are part of a misfit

    @property
    def kind(self) -> Kind:
        return self.kinds[self.pos]

    def is_at(self, *kinds: Kind) -> bool:
        return self.kinds[self.pos] in kinds

    def at_end(self) -> bool:
        return self.kinds[self.pos] in _ENDS

    def kind_after(self, index: int) -> Kind:
        return self.kinds[index + 1]

    def take(self) -> str:
        """The text of this token; the next one becomes the current."""
        text = self.tokens[self.pos].text
        self.pos += 1
        return text

    def closes(self) -> int:
        """The index of the closer of the bracket here."""
        return self.mates[self.pos]

    # Repairs

    def repair(self, message: str, index: int | None = None) -> None:
        token = self.tokens[self.pos if index is None else index]
        self.repairs.append(Repair(token.start, token.end, message))

    def missing(self, what: str) -> None:
        place = self.tokens[self.pos].start
        self.repairs.append(Repair(place, place, f"{what} is missing"))

    def expect(self, kind: Kind, sign: str) -> bool:
        """Takes the sign if it is here; a missing one is reported."""
        if self.kind is kind:
            self.pos += 1
            return True
        self.missing(f"`{sign}`")
        return False

    def misfit(self) -> None:
        """Sets aside the token here, with its brackets; neighbours become one."""
        first, after = self.pos, self.mates.get(self.pos, self.pos) + 1
        start, end = self.tokens[first].start, self.tokens[after - 1].end
        if self.misfits and self.misfit_end == first:
            first = self.misfit_first
            start, _ = self.misfits.pop()
            if self.repairs and self.repairs[-1].start == start:
                self.repairs.pop()
        else:
            self.take_strange(first)
            self.misfit_first = first
        self.misfits.append((start, end))
        self.repairs.append(Repair(start, end, "this fits nowhere; kept as text"))
        self.pos = self.misfit_end = after
        # What the lexer set aside in there is part of that text.
        while self.next_strange < len(self.strange) and self.strange[self.next_strange].before < after:
            self.next_strange += 1
        for nth in range(bisect_left(self.comments, (first + 1,)), bisect_left(self.comments, (after,))):
            self.swallowed.add(nth)

    def take_strange(self, index: int) -> None:
        """Sets aside what is no token and stands before token `index`, up to the one after it."""
        while self.next_strange < len(self.strange) and self.strange[self.next_strange].before <= index:
            _, start, end = self.strange[self.next_strange]
            self.next_strange += 1
            self.misfits.append((start, end))
            self.misfit_end = -1

    def take_comments(self, index: int) -> list[str]:
        """The comments before token `index` that are in the tree nowhere yet."""
        found: list[str] = []
        while self.next_comment < len(self.comments) and self.comments[self.next_comment].before <= index:
            if self.next_comment not in self.swallowed:
                _, start, end = self.comments[self.next_comment]
                found.append(unescape_note(self.text[start + 2 : end].removeprefix(" ")))
            self.next_comment += 1
        return found

    # Lists

    def items(self, read: Callable[[], T | None], hole: Callable[[], T], close: int | None = None) -> list[T]:
        """What stands in the bracket here, to its end. `read` gives None where nothing begins that it reads, and where
        it took something that is no item."""
        close = self.closes() if close is None else close
        self.pos += 1
        found: list[T] = []
        while self.pos < close:
            kind = self.kind
            if kind is Kind.SEPARATOR:
                self.pos += 1
                continue
            if kind is Kind.COMMA:
                found.append(self._nothing(hole))
                self.pos += 1
                continue
            before = self.pos
            item = read()
            if item is None and self.pos == before:
                self.misfit()
                continue
            if item is not None:
                found.append(item)
            self._separator(close)
        self.pos = close + 1
        return found

    def _nothing(self, hole: Callable[[], T]) -> T:
        self.missing("an item")
        return hole()

    def _separator(self, close: int) -> None:
        if self.kind is Kind.COMMA:
            self.pos += 1
        elif self.pos < close and self.kind is not Kind.SEPARATOR:
            self.missing("`,`")

    # Words

    def label(self) -> tuple[bool, str | None]:
        """Whether a label stands here, which is then taken, and what it is: None for `?`, which is still missing."""
        kind = self.kind
        token = self.tokens[self.pos]
        if kind in _LABEL_WORDS or kind is Kind.STRING or (kind is Kind.UPPER and ":" not in token.text):
            self.pos += 1
            if kind is Kind.STRING:
                return True, unescape(token.text)
            return True, token.text
        if kind is Kind.HOLE and not token.text:
            self.pos += 1
            return True, None
        return False, None

    def sides(self, once: tuple[str, ...], often: str, read: Callable[[], T | None]) -> dict[str, list[T]]:
        """What stands in the braces here as `word: …`, for each of the words at most once, for `often` any number of
        times. What is missing is reported."""
        found: dict[str, list[T]] = {word: [] for word in (*once, often)}

        def side() -> None:
            word = self.tokens[self.pos].text
            if self.kind is not Kind.WORD or self.kind_after(self.pos) is not Kind.COLON:
                return
            if word not in found or (word in once and found[word]):
                return
            self.pos += 2
            held = read()
            if held is not None:
                found[word].append(held)

        if self.kind is Kind.BRACE:
            self.items(side, lambda: None)
        for word in once:
            if not found[word]:
                self.missing(f"`{word}: …`")
        return found

    def skip_to_item_end(self) -> None:
        """Sets aside what is left up to the next `,`, separator or closer."""
        while not self.at_end() and self.kind not in (Kind.COMMA, Kind.SEPARATOR):
            self.misfit()

    # Literals

    def integer(self) -> int | None:
        """The number here, which is taken; None if it has too many digits."""
        digits = self.tokens[self.pos].text
        if len(digits.lstrip("-")) > MAX_DIGITS:
            self.repair(f"a number of more than {MAX_DIGITS} digits; kept as text")
            self.pos += 1
            return None
        self.pos += 1
        return int(digits)

    def decimal(self) -> float | None:
        """The number here, which is taken; None if it is beyond what a Float holds."""
        value = float(self.tokens[self.pos].text)
        if not isfinite(value):
            self.repair("a number beyond what a Float can hold; kept as text")
            self.pos += 1
            return None
        self.pos += 1
        return value

    def character(self) -> str | None:
        """The character here, which is taken; None if it is not exactly one."""
        text = unescape(self.tokens[self.pos].text)
        if not is_cluster(text):
            self.repair('c"…" holds exactly one character; kept as text')
            self.pos += 1
            return None
        self.pos += 1
        return text

    def source(self, first: int, after: int) -> str:
        """The text of the tokens from `first` to the one before `after`."""
        return self.text[self.tokens[first].start : self.tokens[after - 1].end]
