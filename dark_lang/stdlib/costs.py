"""How long calls may take in which nothing can interrupt them, by the sizes of their arguments, in nanoseconds.

At most, on a slow machine: tests/stdlib/test_costs.py tries whether that is true.

Must not know declarations. Invariant: each asks only for sizes, so that asking takes no time; arguments are of the
outermost types that the declaration says. What is not declared otherwise is taken to look at each piece of its
arguments for as long as the slowest function of the library does.
"""

from __future__ import annotations

from dark_lang.values.limits import LIST_LENGTH, TEXT_LENGTH
from dark_lang.values.model import Value

_COPIED = 8  # a character
_MOVED = 25  # an item that is copied
_ENTERED = 80  # an entry of a Dict
_SEARCHED = 60  # a character that is looked at by itself
_MADE = 40  # an item
_FEW = 256


def at_once(*_args: Value) -> int:
    """Whatever the size."""
    return 0


def copied(*args: Value) -> int:
    """For what only copies, scans or digests texts and bytes, or copies lists."""
    cost = 0
    for arg in args:
        kind = type(arg)
        if kind is str or kind is bytes:
            cost += _COPIED * len(arg)
        elif kind is list:
            cost += _MOVED * len(arg)
    return cost


def entered(entries: dict[str, Value], *_args: Value) -> int:
    """For what copies a Dict."""
    return _ENTERED * len(entries)


def written(value: Value, *_args: Value) -> int:
    """For what writes any value as text: a loop over all but a text."""
    return _COPIED * len(value) if type(value) is str else 0


def joined_operands(a: Value, b: Value) -> int:
    return _COPIED * (len(a) + len(b)) if type(a) is str and type(b) is str else 0


def repeated(text: str, times: int) -> int:
    return _COPIED * min(max(times, 0) * len(text), TEXT_LENGTH)


def joined(texts: list[Value], separator: str) -> int:
    """By all texts if they are few, else by the first few: to look at all would take as long as to join them."""
    looked_at = texts[:_FEW]
    size = sum([len(text) for text in looked_at if type(text) is str]) + len(separator) * len(looked_at)
    return _COPIED * (size * len(texts) // max(len(looked_at), 1)) + _COPIED * len(texts)


def replaced(text: str, search: str, replacement: str) -> int:
    most = min(len(text) * (len(replacement) + 1) // max(len(search), 1), TEXT_LENGTH)
    return _SEARCHED * len(text) + _COPIED * most


def padded(text: str, pad: str, goal: int) -> int:
    return _SEARCHED * (len(text) + min(max(goal, 0) * len(pad), TEXT_LENGTH))


def ranged(lowest: int, highest: int) -> int:
    return _MADE * min(max(highest - lowest + 1, 0), LIST_LENGTH)


def filled(times: int, _value: Value) -> int:
    return _MADE * min(max(times, 0), LIST_LENGTH)


def windowed(items: list[Value], size: int) -> int:
    return _MOVED * min(len(items) * max(size, 1), LIST_LENGTH)


def matched(text: str, pattern: str, *_args: Value) -> int:
    """A pattern whose automaton gets too large is followed state by state."""
    return _COPIED * len(text) * (1 + len(pattern) // 4)
