from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dark_lang.edits.keys import between, is_key, spread

KEYS = st.binary(min_size=1, max_size=4).filter(is_key)
ENDS = st.one_of(st.just(b""), KEYS)


@given(KEYS, KEYS)
def test_there_is_a_key_between_any_two(a: bytes, b: bytes) -> None:
    if a == b:
        return
    low, high = min(a, b), max(a, b)
    key = between(low, high)
    assert low < key < high
    assert is_key(key)


@given(KEYS)
def test_there_is_a_key_beyond_any(key: bytes) -> None:
    assert is_key(between(key, b"")) and key < between(key, b"")
    assert is_key(between(b"", key)) and between(b"", key) < key


@given(st.integers(0, 600), ENDS, ENDS)
def test_spread_keys_are_in_order_and_inside(count: int, low: bytes, high: bytes) -> None:
    if low and high and low >= high:
        return
    keys = spread(count, low, high)
    assert len(keys) == count
    assert all(map(is_key, keys))
    ladder = [low, *keys, *([high] if high else [])]
    assert all(a < b for a, b in pairwise(ladder))


def test_runs_of_appends_and_prepends_stay_short() -> None:
    key = between(b"", b"")
    for _ in range(1_000):
        key = between(key, b"")
    assert len(key) <= 9
    key = between(b"", b"")
    for _ in range(1_000):
        key = between(b"", key)
    assert len(key) <= 9


def test_halving_a_gap_grows_a_byte_for_each_few_keys() -> None:
    low, high = b"\x40", b"\x41"
    for nth in range(400):
        key = between(low, high)
        low, high = (key, high) if nth % 2 else (low, key)
    assert len(key) <= 140
