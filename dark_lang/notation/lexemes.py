"""What single words of the notation look like, and what they do to the line ends beside them.

Must not know brackets or their nesting. Invariant: no pattern looks twice at a stretch of text that it cannot
take, so that lexing stays linear. That a group with alternatives is never possessive: CPython up to 3.11.4 then keeps
what an alternative took before it failed. Each begins with another letter here, so that going back costs nothing.
"""

from __future__ import annotations

import re
from typing import Final

from dark_lang.notation.tokens import RESERVED, Kind

NAME_PATTERN: Final = (
    rf'(?:(?!(?:{"|".join(sorted(RESERVED))})\b)[A-Za-z_]\w*(?:-\w+)*|"[^"\\$]*+(?:(?:\\.|\$(?!\{{))[^"\\$]*+)*")'
)
BLANK: Final = r"[\x00-\x09\x0b-\x20]"
PLAIN: Final = r'[^"\\$]*+(?:(?:\\.|\$(?!\{))[^"\\$]*+)*'
FLAGS: Final = re.ASCII | re.DOTALL

# Groups are tried in this order, so longer words stand before their beginnings.
TOKEN: Final = re.compile(
    rf"""(?P<blank>{BLANK}++)
    |(?P<newline>\n)
    |(?P<comment>//[^\n]*+)
    |(?P<store>[A-Z]\w*-v[0-9]+(?!\w))
    |(?P<path>[A-Z]\w*(?:::[A-Z]\w*)*(?:::(?P<function>[a-z_]\w*))?)
    |(?P<char>c"[^"\\]*+(?:\\.[^"\\]*+)*")
    |(?P<word>[a-z_]\w*)
    |(?P<float>[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++))
    |(?P<int>[0-9]++)
    |(?P<string>"{PLAIN}")
    |(?P<unread>\?"[^"\\]*+(?:\\.[^"\\]*+)*")
    |(?P<hole>\?(?:[A-Za-z_]\w*)?)
    |(?P<sign>\|\||&&|==|!=|<=|>=|\+\+|\|>|->|=>|\.\.|[-+*/%^<>!|=:,.;])
    |(?P<open>\#\{{|[(\[{{"])
    |(?P<close>[)\]}}])
    """,
    FLAGS | re.VERBOSE,
)
NUMBER: Final = re.compile(
    r"-(?P<float>[0-9]++(?:\.[0-9]++(?:[eE][+-]?[0-9]++)?|[eE][+-]?[0-9]++))|-(?P<int>[0-9]++)", FLAGS
)
LABEL: Final = re.compile(r"[A-Za-z_]\w*", FLAGS)
COLON_NEXT: Final = re.compile(rf"{BLANK}*+:(?!:)", FLAGS)
TEXT: Final = re.compile(r'[^"\\$]*+(?:(?:\\(?:.|\Z)|\$(?!\{))[^"\\$]*+)*', FLAGS)
STRANGE: Final = re.compile(r"[^\x00-\x20A-Za-z0-9_?\"|&=!<>+\-./%^*:,;(){}\[\]]++|.", FLAGS)
TYPE_WORDS: Final = re.compile(rf'(?:[\w\x00-\x20:,.?]|->|"{PLAIN}")*', FLAGS)
FORMS: Final = {
    "toggle": (Kind.TOGGLE, re.compile(rf"{BLANK}++(?P<name>{NAME_PATTERN})(?={BLANK}*+\{{)", FLAGS)),
    "secret": (Kind.SECRET, re.compile(rf"{BLANK}++(?P<name>{NAME_PATTERN})", FLAGS)),
    "partial": (Kind.PARTIAL, re.compile(rf"(?={BLANK}*+\{{)", FLAGS)),
    "conflict": (Kind.CONFLICT, re.compile(rf"(?={BLANK}*+\{{)", FLAGS)),
}

RESERVED_KINDS: Final = {
    "let": Kind.LET,
    "in": Kind.SEPARATOR,
    "if": Kind.IF,
    "then": Kind.THEN,
    "else": Kind.ELSE,
    "match": Kind.MATCH,
    "true": Kind.TRUE,
    "false": Kind.FALSE,
}
SIGNS: Final = {
    "|>": Kind.PIPE,
    "->": Kind.ARROW,
    "=>": Kind.RESULT,
    "..": Kind.REST,
    "-": Kind.MINUS,
    "!": Kind.NOT,
    "|": Kind.BAR,
    "=": Kind.EQUALS,
    ":": Kind.COLON,
    ",": Kind.COMMA,
    ".": Kind.DOT,
    ";": Kind.SEPARATOR,
}
OPENERS: Final = {"(": Kind.PAREN, "[": Kind.BRACKET, "{": Kind.BRACE, "#{": Kind.HASH}
CLOSED_BY: Final = {
    Kind.PAREN: ")",
    Kind.BRACKET: "]",
    Kind.BRACE: "}",
    Kind.HASH: "}",
    Kind.SPLICE: "}",
    Kind.ANGLE: ">",
    Kind.QUOTE: '"',
}
PAIRS: Final = {"(": ")", "[": "]", "{": "}", "<": ">"}
BRACKETS: Final = frozenset(CLOSED_BY)

ENDS_OPERAND: Final = frozenset(
    {
        *(Kind.WORD, Kind.LABEL, Kind.UPPER, Kind.FN, Kind.STORE, Kind.NAME, Kind.INT, Kind.FLOAT, Kind.STRING),
        *(Kind.CHAR, Kind.HOLE, Kind.UNREAD, Kind.DEEP, Kind.TRUE, Kind.FALSE, Kind.CLOSE, Kind.TRY),
    }
)
JOINS_NEXT_LINE: Final = frozenset(
    {
        *(Kind.OPERATOR, Kind.MINUS, Kind.NOT, Kind.PIPE, Kind.BAR, Kind.ARROW, Kind.RESULT, Kind.EQUALS),
        *(Kind.COLON, Kind.COMMA, Kind.DOT, Kind.SEPARATOR, Kind.LET, Kind.IF, Kind.THEN, Kind.ELSE, Kind.MATCH),
        *(BRACKETS - {Kind.QUOTE}),
    }
)
JOINS_LINE_BEFORE: Final = frozenset(
    {
        *(Kind.OPERATOR, Kind.PIPE, Kind.ARROW, Kind.RESULT, Kind.EQUALS, Kind.COLON, Kind.COMMA, Kind.DOT),
        *(Kind.THEN, Kind.ELSE, Kind.SEPARATOR, Kind.CLOSE, Kind.END),
    }
)
