"""Identities and the words that stand for them: node ids, write ids, references, and how ids are spelled.

Knows nothing of trees, files or text beyond single words. Invariant: an identity never depends on a name; names are
labels that a canvas gives to identities and may change.
"""

from __future__ import annotations

from typing import NewType, TypeAlias

from dark_lang.records import NamedTuple, dataclass

NodeId = NewType("NodeId", int)
"""64 bits, never 0 for a node. The id of a toplevel's root node is the id of its definition."""

NOWHERE = NodeId(0)

ID_BITS = 64
_ID_LETTERS = "klmnopqrstuvwxyz"
_LETTERS_OF_HEX = str.maketrans("0123456789abcdef", _ID_LETTERS)
_HEX_OF_LETTERS = str.maketrans(_ID_LETTERS, "0123456789abcdef")
_MASK = (1 << ID_BITS) - 1


def spell_id(node_id: int) -> str:
    """The 16 letters (k to z) of a node id. Diff ids are hex, so the two never look alike."""
    return f"{node_id:016x}".translate(_LETTERS_OF_HEX)


def read_id_prefix(word: str) -> tuple[int, int] | None:
    """The half-open range of ids whose spelling starts with `word`; None if it is no prefix of 2 to 16 letters."""
    if not 2 <= len(word) <= 16 or any(letter not in _ID_LETTERS for letter in word):
        return None
    shift = ID_BITS - 4 * len(word)
    low = int(word.translate(_HEX_OF_LETTERS), 16) << shift
    return low, low + (1 << shift)


def mix_id(seed: int, step: int) -> NodeId:
    """The id number `step` of the sequence that `seed` starts (splitmix64), never 0.

    A diff stores its seed once and its new ids as steps; mixing keeps neighbours from sharing a prefix, which short
    ids need. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
    """
    z = (seed + (step + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return NodeId((z ^ (z >> 31)) or 1)


def step_of(seed: int, node_id: NodeId) -> int:
    """The step for which `mix_id(seed, step)` is that id: mixing loses nothing. Some large number for ids of another
    seed."""
    z = node_id ^ (node_id >> 31) ^ (node_id >> 62)
    z = (z * 0x319642B2D24D8EC3) & _MASK
    z = z ^ (z >> 27) ^ (z >> 54)
    z = (z * 0x96DE1B173F119089) & _MASK
    z = z ^ (z >> 30) ^ (z >> 60)
    return ((z - seed) * 0xF1DE83E19937733D - 1) & _MASK


class Fresh:
    """The fresh ids of one diff: `mix_id(seed, 0)`, `mix_id(seed, 1)` and so on. The seed is passed in, for purity."""

    __slots__ = ("seed", "used")

    def __init__(self, seed: int, used: int = 0) -> None:
        self.seed = seed & _MASK
        self.used = used

    def __call__(self) -> NodeId:
        node_id = mix_id(self.seed, self.used)
        self.used += 1
        return node_id


class WriteId(NamedTuple):
    """Which write: its diff's lamport number, the first 64 bits of its diff's id, its place in the diff.

    Comparing two compares (lamport, id), the order in which the fold settles what needs an order.
    """

    lamport: int
    diff: int
    nth: int


@dataclass(frozen=True, slots=True)
class Standard:
    """A function or type of the standard library: `List::map` version 0; types have no version (`Option`, 0)."""

    name: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition of the canvas, by identity, whatever it is called now."""

    id: NodeId


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name that meant nothing when it was written; it means whatever bears that name when code is linked."""

    text: str


Ref: TypeAlias = Standard | Defined | Unresolved
"""What a call, type, datastore, switch or secret node refers to."""
