"""Limits of runs, and what is said of runs that end at one."""

from __future__ import annotations

import threading
import time

import pytest
from memory_canvas import MemoryCanvas, MemoryWorld

from dark_lang.errors import Failed, LimitReached
from runtime.current import Overtime, TimeUp, breathe, current_run, exposed, guarded, heavy, prepared
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


# Brief runs, which others wait for


def brief(work: object) -> None:
    run(work, (), world=MemoryWorld(), limits=Limits(time_ms=20_000), brief=True)  # type: ignore[arg-type]


def spin() -> None:
    while True:
        pass


def test_a_brief_run_is_ended_while_it_is_far_from_its_limit() -> None:
    for _ in range(3):
        with pytest.raises(Overtime) as ended:
            brief(spin)
        assert ended.value.__traceback__ is not None
        assert ended.value.__context__ is None
        assert current_run() is None


def test_a_brief_run_is_ended_in_a_thread() -> None:
    def work() -> None:
        with pytest.raises(Overtime):
            brief(spin)

    in_thread(work)


def test_a_brief_run_does_not_begin_what_cannot_be_interrupted() -> None:
    with pytest.raises(Overtime):
        brief(heavy)
    assert run(heavy, (), world=MemoryWorld()) is None
    heavy()  # nobody waits for what is no run


def slowly(seconds: float = 0.03) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
    return "done"


def test_what_is_prepared_for_all_is_not_the_runs_own_time() -> None:
    assert run(lambda: prepared(slowly), (), world=MemoryWorld(), brief=True) == "done"
    with pytest.raises(Overtime):
        brief(lambda: guarded(slowly))


def test_what_is_guarded_can_be_ended_where_it_says_so() -> None:
    seen: list[str] = []

    def shared() -> None:
        slowly()
        seen.append("before")
        breathe()
        seen.append("after")

    def computing() -> None:
        exposed(spin)

    with pytest.raises(Overtime):
        brief(lambda: guarded(shared))
    assert seen == ["before"]
    with pytest.raises(Overtime):
        brief(lambda: guarded(computing))
    assert exposed(slowly, 0) == guarded(exposed, slowly, 0) == "done"


class Deaf:
    """Whatever is raised while it is thrown away is lost."""

    def __del__(self) -> None:
        run_ = current_run()
        until = time.monotonic() + 10
        while run_ is not None and not run_.fired and time.monotonic() < until:
            pass
        for _ in range(10_000):  # what another thread has raised arrives here
            pass


def test_an_end_that_was_lost_is_set_off_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda raised: lost.append(raised.exc_type))

    def work() -> None:
        Deaf()
        spin()

    def both() -> None:
        with pytest.raises(LimitReached):
            run(work, (), world=MemoryWorld(), limits=Limits(time_ms=20))

    both()
    in_thread(both)
    assert lost == [TimeUp, TimeUp]


def test_memory_has_a_limit() -> None:
    def hoard() -> None:
        held = []
        while True:
            held.append(bytearray(1_000_000))

    def work() -> None:
        with pytest.raises(LimitReached) as reached:
            run(hoard, (), world=MemoryWorld(), limits=Limits(time_ms=20_000, memory_bytes=100_000_000))
        assert reached.value.limit == "memory"
        assert "100,000,000 bytes" in reached.value.message
        assert "memory_bytes" in reached.value.suggestion

    work()
    in_thread(work)
