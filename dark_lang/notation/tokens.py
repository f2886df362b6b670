"""The words of the notation and the limits of a tree, shared by lexer, readers and printer.

Must not know trees. Invariant: a token says where in the (cleaned) text it stands, so that what fits nowhere can be
kept as it was written.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from dark_lang.records import NamedTuple, dataclass

MAX_BRACKETS: Final = 64
"""How deep brackets nest. An interpolated string counts as one, its `${}` do not count again."""

MAX_DEPTH: Final = 250
"""How deep nodes nest. A spine of lets, pipes or operators counts once."""

MAX_DIGITS: Final = 4_000
"""Of an Int literal: below CPython's own limit, above which converting costs quadratic time."""


class Kind(Enum):
    WORD = auto()  # lower case, or `_`
    LABEL = auto()  # a word after `.`, or a reserved word before `:` in braces
    UPPER = auto()  # Some, User_v0, Shape_v0::Circle
    FN = auto()  # Shop::total_v1
    STORE = auto()  # Users-v1
    NAME = auto()  # of a switch or a secret
    INT = auto()
    FLOAT = auto()
    STRING = auto()  # with nothing interpolated
    CHAR = auto()
    HOLE = auto()
    UNREAD = auto()  # ?"text"
    DEEP = auto()  # brackets beyond the limit, as one piece of text
    TEXT = auto()  # a stretch of an interpolated string
    # words with a meaning of their own
    TRUE = auto()
    FALSE = auto()
    LET = auto()
    IF = auto()
    THEN = auto()
    ELSE = auto()
    MATCH = auto()
    TOGGLE = auto()
    SECRET = auto()
    PARTIAL = auto()
    CONFLICT = auto()
    # brackets
    PAREN = auto()
    BRACKET = auto()
    BRACE = auto()
    HASH = auto()  # #{
    ANGLE = auto()  # < around type arguments
    QUOTE = auto()  # of a string with something interpolated, or one that does not end
    SPLICE = auto()  # ${
    CLOSE = auto()  # of any of them; may be empty where one is missing
    # signs
    OPERATOR = auto()  # infix, but for `-`
    MINUS = auto()  # infix or prefix
    NOT = auto()
    TRY = auto()  # `!` that touches its operand
    PIPE = auto()
    BAR = auto()
    ARROW = auto()
    RESULT = auto()  # =>
    EQUALS = auto()
    COLON = auto()
    COMMA = auto()
    DOT = auto()
    REST = auto()  # ..
    SEPARATOR = auto()  # newline, `;` or `in`
    END = auto()


class Token(NamedTuple):
    kind: Kind
    text: str  # as written; of a quoted literal what stands between the quotes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Repair:
    """What the reader had to guess. Offsets count characters of the text without byte order mark, with LF line ends."""

    start: int
    end: int
    message: str


class Operator(NamedTuple):
    sign: str
    function: str  # its name in the standard library
    level: int


LEVEL_SEQUENCE: Final = 0  # let, notes
LEVEL_OPEN: Final = 1  # =>, if: they extend right as far as they can
LEVEL_PIPE: Final = 2
LEVEL_OR: Final = 3
LEVEL_AND: Final = 4
LEVEL_POWER: Final = 9  # binds to the right, all others to the left
LEVEL_PREFIX: Final = 10
LEVEL_POSTFIX: Final = 11

INFIX: Final = tuple(
    Operator(sign, f"Op::{name}", level)
    for sign, name, level in (
        ("==", "equals", 5),
        ("!=", "notEquals", 5),
        ("<", "lessThan", 5),
        ("<=", "lessThanOrEqualTo", 5),
        (">", "greaterThan", 5),
        (">=", "greaterThanOrEqualTo", 5),
        ("++", "append", 6),
        ("+", "add", 7),
        ("-", "subtract", 7),
        ("*", "multiply", 8),
        ("/", "divide", 8),
        ("%", "modulo", 8),
        ("^", "power", LEVEL_POWER),
    )
)
PREFIX: Final = (Operator("-", "Op::negate", LEVEL_PREFIX), Operator("!", "Op::not", LEVEL_PREFIX))

INFIX_LEVELS: Final = {operator.sign: operator.level for operator in INFIX} | {"&&": LEVEL_AND, "||": LEVEL_OR}
INFIX_FUNCTIONS: Final = {operator.sign: operator.function for operator in INFIX}
PREFIX_FUNCTIONS: Final = {operator.sign: operator.function for operator in PREFIX}
INFIX_OF: Final = {operator.function: operator for operator in INFIX}
PREFIX_OF: Final = {operator.function: operator for operator in PREFIX}

RESERVED: Final = frozenset({"let", "in", "if", "then", "else", "match", "true", "false"})

_word = r"[A-Za-z_][A-Za-z0-9_]*"
IS_WORD: Final = re.compile(_word).fullmatch
IS_LOWER_WORD: Final = re.compile(r"[a-z_][A-Za-z0-9_]*").fullmatch
IS_NAME: Final = re.compile(rf"(?!(?:{'|'.join(sorted(RESERVED))})\b){_word}(?:-[A-Za-z0-9_]+)*").fullmatch
IS_UPPER: Final = re.compile(r"[A-Z][A-Za-z0-9_]*(?:::[A-Z][A-Za-z0-9_]*)*").fullmatch
IS_CASE: Final = re.compile(r"[A-Z][A-Za-z0-9_]*").fullmatch
IS_FUNCTION: Final = re.compile(r"(?:[A-Z][A-Za-z0-9_]*::)+[a-z_][A-Za-z0-9_]*").fullmatch
IS_STORE: Final = re.compile(r"[A-Z][A-Za-z0-9_]*-v[0-9]+").fullmatch
