"""Limits of runs, and what is said of runs that end at one."""

from __future__ import annotations

import threading
import time

import pytest
from memory_canvas import MemoryCanvas, MemoryWorld

from dark_lang.errors import Failed, LimitReached
from runtime.current import TimeUp, current_run, guarded
from runtime.running import Limits, run


def endless() -> tuple[MemoryCanvas, int]:
    canvas = MemoryCanvas()
    return canvas, canvas.function("M::spin(n: Int) -> Int", "M::spin(n)")


def in_thread(work: object) -> None:
    failures: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def spin_until_its_limit() -> None:
    canvas, spin = endless()
    with pytest.raises(LimitReached) as reached:
        canvas.call(spin, 1, limits=Limits(time_ms=50))
    assert reached.value.limit == "time"
    assert reached.value.node
    assert current_run() is None


def test_an_endless_loop_ends_at_its_limit() -> None:
    spin_until_its_limit()


def test_an_endless_loop_ends_at_its_limit_in_a_thread() -> None:
    in_thread(spin_until_its_limit)


def test_endless_recursion_ends_at_the_limit_of_depth() -> None:
    canvas = MemoryCanvas()
    deep = canvas.function("M::deep(n: Int) -> Int", "1 + M::deep(n + 1)")
    for _ in range(3):
        with pytest.raises(LimitReached) as reached:
            canvas.call(deep, 1, limits=Limits(time_ms=20_000, depth=3_000))
        assert reached.value.limit == "depth"
        assert reached.value.node
    # What runs afterwards has its whole depth again.
    count = canvas.function("M::count(n: Int) -> Int", "if n == 0 then 0 else 1 + M::count(n - 1)")
    assert canvas.call(count, 2_000, limits=Limits(time_ms=20_000, depth=3_000)) == 2_000


def test_a_function_is_linked_even_at_the_end_of_the_depth() -> None:
    canvas = MemoryCanvas()
    canvas.function("M::leaf(n: Int) -> Int", "(" * 60 + "n" + ")" * 60)
    deep = canvas.function("M::deep(n: Int) -> Int", "if n == 0 then M::leaf(1) else 1 + M::deep(n - 1)")
    assert canvas.call(deep, 2_900, limits=Limits(time_ms=20_000, depth=3_000)) == 2_901


class SlowWorld(MemoryWorld):
    """Its clock takes its time, and knows whether it was ever interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = 0
        self.left = 0

    def random_bytes(self, count: int) -> bytes:
        self.entered += 1
        total = 0
        for number in range(2_000):
            total += number
        self.left += 1
        return bytes(count)


def hammer(rounds: int, world: SlowWorld) -> int:
    """Runs that end at times spread over all that a run does; says how many were ended."""

    def reach_out() -> int:
        total = 0
        run_ = current_run()
        assert run_ is not None
        while True:
            total += len(run_.world.random_bytes(1))

    def brief() -> int:
        return sum(range(300))

    ended = 0
    for nth in range(rounds):
        work = reach_out if nth % 3 else brief
        try:
            run(work, (), world=world, limits=Limits(time_ms=1 + nth % 4))
        except LimitReached as error:
            assert error.limit == "time"
            ended += 1
        assert current_run() is None
        assert world.entered == world.left
    return ended


@pytest.mark.parametrize("rounds", [150, pytest.param(5_000, marks=pytest.mark.full)])
def test_time_never_ends_what_reaches_outside_nor_what_comes_after(rounds: int) -> None:
    assert hammer(rounds, SlowWorld()) >= rounds // 2


@pytest.mark.parametrize("rounds", [60, pytest.param(600, marks=pytest.mark.full)])
def test_the_same_in_several_threads(rounds: int) -> None:
    failures: list[BaseException] = []

    def target() -> None:
        try:
            hammer(rounds, SlowWorld())
            for _ in range(10_000):  # nothing may arrive late
                pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=target) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_is_guarded_is_ended_only_afterwards() -> None:
    seen: list[str] = []

    def slow() -> None:
        until = time.monotonic() + 0.08
        while time.monotonic() < until:
            pass
        seen.append("whole")

    def work() -> None:
        guarded(slow)
        while True:
            pass

    with pytest.raises(LimitReached):
        run(work, (), world=MemoryWorld(), limits=Limits(time_ms=10))
    assert seen == ["whole"]


def test_our_own_mistakes_are_not_shown() -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    with pytest.raises(Failed) as failed:
        run(broken, (), world=MemoryWorld())
    assert "secret detail" not in failed.value.message
    assert failed.value.__traceback__ is not None
    assert failed.value.__context__ is None


def test_the_end_of_time_is_no_exception_that_a_body_could_catch() -> None:
    assert not issubclass(TimeUp, Exception)
