"""Random: sequences that a seed decides, for tests, games and samples that must come out the same again.

Each function gives what it drew and the seed for the next. The numbers are splitmix64's: good, and no secret.
"""

from __future__ import annotations

from dark_lang.library import Effect, LibraryFunction, World
from dark_lang.stdlib.randomness import next_below, next_word
from dark_lang.values.model import NONE, Value, some


def _seed(world: World) -> int:
    return int.from_bytes(world.random_bytes(8), "big")


def _int(seed: int, start: int, end: int) -> tuple[Value, ...]:
    low, high = (start, end) if start <= end else (end, start)
    drawn, seed = next_below(seed, high - low + 1)
    return low + drawn, seed


def _float(seed: int) -> tuple[Value, ...]:
    word, seed = next_word(seed)
    return (word >> 11) / (1 << 53), seed


def _bool(seed: int) -> tuple[Value, ...]:
    word, seed = next_word(seed)
    return word >> 63 == 1, seed


def _element(seed: int, items: list[Value]) -> tuple[Value, ...]:
    if not items:
        return NONE, seed
    place, seed = next_below(seed, len(items))
    return some(items[place]), seed


def _shuffle(seed: int, items: list[Value]) -> tuple[Value, ...]:
    mixed = list(items)
    for place in range(len(mixed) - 1, 0, -1):
        other, seed = next_below(seed, place + 1)
        mixed[place], mixed[other] = mixed[other], mixed[place]
    return mixed, seed


FUNCTIONS = (
    LibraryFunction(
        "Random::seed_v0() -> Int",
        _seed,
        "A seed by chance, to begin with.",
        ("Random::seed_v0() >= 0",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Random::int_v0(seed: Int, start: Int, end: Int) -> (Int, Int)",
        _int,
        "An Int from `start` to `end`, both included, and the next seed.",
        ("Tuple2::first_v0(Random::int_v0(42, 7, 7)) == 7", "Random::int_v0(1, 0, 9) == Random::int_v0(1, 0, 9)"),
    ),
    LibraryFunction(
        "Random::float_v0(seed: Int) -> (Float, Int)",
        _float,
        "A Float from 0.0 up to below 1.0, and the next seed.",
        ("Tuple2::first_v0(Random::float_v0(1)) < 1.0",),
    ),
    LibraryFunction(
        "Random::bool_v0(seed: Int) -> (Bool, Int)",
        _bool,
        "True or false, and the next seed.",
        ("Random::bool_v0(5) == Random::bool_v0(5)",),
    ),
    LibraryFunction(
        "Random::element_v0<a>(seed: Int, list: List<a>) -> (Option<a>, Int)",
        _element,
        "One of the items (None if there are none), and the next seed.",
        ("Random::element_v0(1, [7]) == (Some(7), 1)", "Random::element_v0(1, []) == (None, 1)"),
    ),
    LibraryFunction(
        "Random::shuffle_v0<a>(seed: Int, list: List<a>) -> (List<a>, Int)",
        _shuffle,
        "The items in an order by chance, and the next seed.",
        ("List::sort_v0(Tuple2::first_v0(Random::shuffle_v0(1, [3, 1, 2]))) == [1, 2, 3]",),
    ),
)
