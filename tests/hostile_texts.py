"""Texts that nobody would write: pieces of the notation in any order, valid programs with accidents, any characters."""

from __future__ import annotations

from random import Random

PIECES = [
    *("let ", "a", " = ", "\n", ";", " in ", "if ", " then ", " else ", "match ", "{", "}", "(", ")", "[", "]", "#{"),
    *('"', "${", "?", "?x", '?"', "!", " -", "-1", "+", " * ", "^", "|>", "||", "&&", "==", "<", ">", "->", "=>"),
    *(",", ":", ".", "..", "|", "Some", "None", "List::map", "F::g<", "Users-v0", "Shape_v0::Circle", 'c"a"', "1.5"),
    *("1e400", "toggle n {", "old:", "new:", "partial {", "conflict {", "base:", "or:", "secret k", "// c\n", "true"),
    *("_", "x", "€", "\\", "user", " ", "1", 'c"ab"', "@", '"a"', "//", "\x00", "\u202e", "e\u0301", "\r\n", "\ud800"),
]
HEADERS = [
    *(
        "http GET /x\n",
        "fn A::b_v1(",
        "a: Int",
        ")",
        " -> Int",
        "\n",
        "type T_v1",
        "<",
        "a",
        ">",
        " = ",
        "| B",
        "(Int)",
    ),
    *("db U-v0 Int\n", "forward\n", "back\n", "when\n", "toggle n on 5%\n", '  salt "x"\n', ' allow "b"\n'),
    *("needs n new\n", "secret s", 'cron n "x"\n', "test t\n", "/// d\n", "language 0\n", "// c\n", "€", "repl r\n"),
]
PROGRAMS = (
    """let user = Dict::get_v1(request.headers, "x-user")
match user {
  Some(name) if name != "" -> Http::respond_v0(200, "Hello ${name}, ${"really"}")
  None -> Http::respond_v0(401, ?login)
}""",
    "xs |> List::map_v0(x => -x * 2)! |> List::fold_v0(0, (a, [b, ..rest]) => a + b.c)",
    """// first
let total = if n > 0 then { user | age: n, name: "x" } else #{ "k": [1, 2.5], c"k": () }
total // last""",
    "toggle new-price { old: Shop::total<Int, { a: b -> c, ..r }>(Users-v0), new: partial { new: ?, old: secret k } }",
)
_ANYTHING = "".join(map(chr, range(0x20, 0x7F))) + "\n\t\x00é€👩‍👩‍👧\u202e\ud800"


def pieces(random: Random, of: list[str] = PIECES) -> str:
    return "".join(random.choice(of) for _ in range(random.randint(1, random.choice([4, 12, 30]))))


def accident(random: Random) -> str:
    """A program in which something was lost, doubled or put in."""
    text = random.choice(PROGRAMS)
    for _ in range(random.randint(1, 4)):
        first, last = sorted(random.randint(0, len(text)) for _ in range(2))
        last = min(last, first + 12)
        kept = random.choice(["", text[first:last] * 2, random.choice(PIECES), text[first:last][::-1]])
        text = text[:first] + kept + text[last:]
    return text


def characters(random: Random) -> str:
    return "".join(random.choice(_ANYTHING) for _ in range(random.randint(0, 30)))


def hostile(random: Random) -> str:
    return random.choice([pieces, accident, characters])(random)


def hostile_toplevel(random: Random) -> str:
    return pieces(random, HEADERS if random.random() < 0.5 else HEADERS + PIECES)
