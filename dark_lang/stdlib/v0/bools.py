"""Bool. As functions, both sides are worked out; `&&` and `||` work out the second only if it matters."""

from __future__ import annotations

from dark_lang.library import LibraryFunction

FUNCTIONS = (
    LibraryFunction(
        "Bool::and_v0(a: Bool, b: Bool) -> Bool",
        lambda a, b: a and b,
        "Whether both are true.",
        ("Bool::and_v0(true, true)", "Bool::and_v0(true, false) == false"),
    ),
    LibraryFunction(
        "Bool::or_v0(a: Bool, b: Bool) -> Bool",
        lambda a, b: a or b,
        "Whether one of the two is true, or both.",
        ("Bool::or_v0(false, true)", "Bool::or_v0(false, false) == false"),
    ),
    LibraryFunction(
        "Bool::xor_v0(a: Bool, b: Bool) -> Bool",
        lambda a, b: a is not b,
        "Whether exactly one of the two is true.",
        ("Bool::xor_v0(true, false)", "Bool::xor_v0(true, true) == false"),
    ),
    LibraryFunction(
        "Bool::not_v0(b: Bool) -> Bool",
        lambda b: not b,
        "The other truth value.",
        ("Bool::not_v0(false)",),
    ),
    LibraryFunction(
        "Bool::toString_v0(b: Bool) -> String",
        lambda b: "true" if b else "false",
        "`true` or `false`, as text.",
        ('Bool::toString_v0(true) == "true"',),
    ),
)
