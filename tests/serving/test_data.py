"""Rows: what runs see, what is kept, and who loses when two want the same."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving_harness import STORE, Client, ask, serving, spell

from dark_lang.errors import CanvasError, Failed, Stopped
from dark_lang.names import NodeId
from dark_lang.values.model import NONE, GuestDict, HoleValue, Value, some
from runtime.data.commits import Outcome, Verdict
from runtime.data.datastore import Data
from runtime.data.worlds import RequestWorld

OTHER = NodeId(7)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Data]:
    found = Data.open(tmp_path, serving=True)
    yield found
    found.close()


def verdict(data: Data, world: RequestWorld) -> Verdict:
    return data.commit(world).verdict


def test_rows_come_back_as_they_were(data: Data, tmp_path: Path) -> None:
    value = {"name": "Ada", "tags": [1, 2.5, True, ()], "more": GuestDict(a=some(b"\x00")), "none": NONE}
    data.set(STORE, "ada", value)
    data.set(STORE, "", "the empty key")
    data.set(OTHER, "ada", "of another store")
    assert data.get(STORE, "ada") == value
    assert type(data.get(STORE, "ada")["more"]) is GuestDict
    assert data.count(STORE) == 2
    assert data.page(STORE, limit=1) == [("", "the empty key")]
    assert data.page(STORE, after="") == [("ada", value)]
    assert data.delete(STORE, "ada")
    assert not data.delete(STORE, "ada")
    assert data.stores() == {STORE: 1, OTHER: 1}
    data.close()
    again = Data.open(tmp_path, readonly=True)
    assert again.get(OTHER, "ada") == "of another store"
    with pytest.raises(CanvasError):
        again.set(OTHER, "ada", 1)
    again.close()


def test_a_canvas_without_rows_reads_as_empty_and_makes_no_file(tmp_path: Path) -> None:
    data = Data.open(tmp_path)
    assert (data.get(STORE, "a"), data.count(STORE), data.page(STORE), data.stores()) == (None, 0, [], {})
    data.close()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_stored(data: Data) -> None:
    with pytest.raises(Failed):
        data.set(STORE, "a", len)
    with pytest.raises(Stopped):
        data.set(STORE, "a", HoleValue(NodeId(1), "x"))
    assert data.count(STORE) == 0


def test_a_run_sees_its_own_writes_and_nobody_else_does(data: Data) -> None:
    data.set(STORE, "kept", 1)
    mine, theirs = data.world(), data.world()
    mine.db_set(STORE, "new", 2)
    mine.db_delete(STORE, "kept")
    assert mine.db_items(STORE) == [("new", 2)]
    assert (mine.db_keys(STORE), mine.db_count(STORE), mine.db_get(STORE, "kept")) == (["new"], 1, None)
    mine.end()
    assert theirs.db_items(STORE) == [("kept", 1)]
    theirs.end()


def test_a_run_whose_ground_has_moved_conflicts(data: Data) -> None:
    def reads(world: RequestWorld) -> None:
        world.db_get(STORE, "a")

    def looks_for_nothing(world: RequestWorld) -> None:
        world.db_get(STORE, "b")

    def counts(world: RequestWorld) -> None:
        world.db_count(STORE)

    def lists(world: RequestWorld) -> None:
        world.db_keys(STORE)

    for nth, (relies, changed, expected) in enumerate(
        [
            (reads, "a", Verdict.CONFLICT),
            (reads, "b", Verdict.DONE),
            (looks_for_nothing, "b", Verdict.CONFLICT),
            (counts, "b", Verdict.CONFLICT),
            (lists, "a", Verdict.CONFLICT),
        ]
    ):
        data.set(STORE, "a", nth)
        data.delete(STORE, "b")
        world = data.world()
        relies(world)
        world.end()
        data.set(STORE, changed, "changed")
        world.db_set(STORE, "mine", nth)
        assert verdict(data, world) is expected
        assert (data.get(STORE, "mine") == nth) == (expected is Verdict.DONE)


def test_blind_writes_never_conflict(data: Data) -> None:
    world = data.world()
    world.db_set(STORE, "a", 1)
    data.set(STORE, "a", 2)
    assert verdict(data, world) is Verdict.DONE
    assert data.get(STORE, "a") == 1


def test_runs_build_on_what_those_before_are_about_to_write(data: Data) -> None:
    outcomes: list[Outcome] = []
    told = threading.Semaphore(0)

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        told.release()

    for _ in range(500):
        world = data.world()
        world.db_set(STORE, "n", (world.db_get(STORE, "n") or 0) + 1)
        world.end()
        data.submit(world.take(), done)
    for _ in range(500):
        told.acquire()
    assert [outcome.verdict for outcome in outcomes] == [Verdict.DONE] * 500
    assert data.get(STORE, "n") == 500
    assert data.coming == {}


def test_no_run_relies_on_two_moments(data: Data) -> None:
    ending = threading.Event()
    writer = threading.Thread(target=_write_pairs, args=(data, ending))
    writer.start()
    agreed = caught = nth = 0
    deadline = time.monotonic() + 10
    try:
        while (nth < 300 or not agreed or not caught) and time.monotonic() < deadline:
            nth += 1
            world = data.world()
            first = world.db_get(STORE, "a")
            if nth % 3 == 0:
                time.sleep(0.001)
            second = world.db_get(STORE, "b")
            world.end()
            if first == second:
                agreed += 1
            else:
                assert world.leans
                assert verdict(data, world) is Verdict.CONFLICT
                caught += 1
    finally:
        ending.set()
        writer.join()
    assert agreed > 0
    assert caught > 0


def _write_pairs(data: Data, ending: threading.Event) -> None:
    nth = 0
    while not ending.is_set():
        nth += 1
        world = data.world()
        world.db_set(STORE, "a", nth)
        world.db_set(STORE, "b", nth)
        assert verdict(data, world) is Verdict.DONE
        world = data.world()
        world.db_get(STORE, "a" if nth % 2 else "b")  # so that one of them is remembered
        world.end()


KEYS = st.sampled_from(["a", "b", "é", "z\x00"])
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers(-3, 1 << 70)),
        st.tuples(st.just("delete"), KEYS, st.none()),
        st.tuples(st.just("commit"), st.none(), st.none()),
        st.tuples(st.just("drop"), st.none(), st.none()),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OPERATIONS)
def test_rows_behave_as_a_dictionary(data: Data, operations: list[tuple[str, str, Value]]) -> None:
    for key, _ in data.page(STORE):
        data.delete(STORE, key)
    kept: dict[str, Value] = {}
    seen: dict[str, Value] = {}
    world = data.world()
    for what, key, value in operations:
        if what == "set":
            world.db_set(STORE, key, value)
            seen[key] = value
        elif what == "delete":
            world.db_delete(STORE, key)
            seen.pop(key, None)
        elif what == "commit":
            assert verdict(data, world) is Verdict.DONE
            kept, world = dict(seen), data.world()
        else:
            world.end()
            seen, world = dict(kept), data.world()
        assert world.db_items(STORE) == sorted(seen.items())
        assert world.db_keys(STORE) == sorted(seen)
        assert world.db_count(STORE) == len(seen)
    world.end()
    assert dict(data.page(STORE)) == kept


# Over HTTP


def _increment(world: RequestWorld, _request: Value) -> Value:
    count = (world.db_get(STORE, "n") or 0) + 1
    world.db_set(STORE, "n", count)
    return count


def _write_then_fail(world: RequestWorld, _request: Value) -> Value:
    world.db_set(STORE, "n", "spoilt")
    raise Failed("after the write")


def test_no_update_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path, {"POST /n": _increment}) as server:
        statuses: list[int] = []

        def press() -> None:
            with Client(server.port) as client:
                for _ in range(25):
                    client.send(spell("POST", "/n"))
                    statuses.append(client.answer().status)

        threads = [threading.Thread(target=press) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 800
        assert server.data.get(STORE, "n") == 800


def test_answers_that_wait_for_the_disk_keep_their_order(tmp_path: Path) -> None:
    handlers = {"POST /n": _increment, "GET /now": lambda _world, _request: "now"}
    with serving(tmp_path, handlers) as server, Client(server.port) as client:
        client.send((spell("POST", "/n") + spell("GET", "/now")) * 40)
        for nth in range(40):
            assert client.answer().text == str(nth + 1)
            assert client.answer().text == "now"


def test_a_failure_takes_its_writes_with_it(tmp_path: Path) -> None:
    with serving(tmp_path, {"POST /n": _increment, "POST /spoil": _write_then_fail}) as server:
        assert ask(server.port, "POST", "/n").text == "1"
        assert ask(server.port, "POST", "/spoil").status == 500
        assert ask(server.port, "POST", "/n").text == "2"


def test_a_handler_that_always_loses_is_given_up(tmp_path: Path) -> None:
    runs: list[int] = []

    def loses(world: RequestWorld, _request: Value) -> Value:
        world.db_get(STORE, "n")
        runs.append(1)
        theirs = server.data.world()
        theirs.db_set(STORE, "n", len(runs))
        assert server.data.commit(theirs).verdict is Verdict.DONE
        world.db_set(STORE, "mine", 1)
        return "won"

    with serving(tmp_path, {"POST /": loses}) as server:
        answer = ask(server.port, "POST", "/")
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        assert len(runs) == 6
        assert server.data.get(STORE, "mine") is None


# Processes

_PRESS = """
import sys
from pathlib import Path
from dark_lang.names import NodeId
from runtime.data.commits import Verdict
from runtime.data.datastore import Data
data = Data.open(Path(sys.argv[1]), serving=True)
print("owner" if data.owner else "other", flush=True)
store = NodeId(0xFEDCBA9876543210)
key = sys.argv[2]
while True:
    world = data.world()
    count = (world.db_get(store, key) or 0) + 1
    world.db_set(store, key, count)
    if data.commit(world).verdict is Verdict.DONE:
        print(count, flush=True)
"""


def _start(folder: Path, key: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PRESS, str(folder), key], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _read(process: subprocess.Popen[str], lines: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(lines)]


def _kill(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    process.kill()
    # Not communicate(): it reads past the lines that came along with those that were read before, and loses them.
    out = process.stdout.read()
    process.communicate()
    return out.split("\n")[:-1]  # what follows the last line end was not acknowledged


def test_what_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    for nth in range(3):
        process = _start(tmp_path, "n")
        assert _read(process, 1) == ["owner"]
        acknowledged = _read(process, 10 + 7 * nth) + _kill(process)
        data = Data.open(tmp_path, readonly=True)
        count = data.get(STORE, "n")
        data.close()
        assert count in (int(acknowledged[-1]), int(acknowledged[-1]) + 1)


def test_another_process_takes_over(tmp_path: Path) -> None:
    first, second, third = _start(tmp_path, "n"), None, None
    try:
        assert _read(first, 1) == ["owner"]
        # Keys of their own: processes that want one row conflict, and this is about who writes.
        second, third = _start(tmp_path, "m"), _start(tmp_path, "o")
        assert _read(second, 21)[0] == "other"
        assert _read(third, 21)[0] == "other"
        first.kill()
        counts = [int(count) for count in _read(second, 200)]
        assert counts == list(range(counts[0], counts[0] + 200))
        more = [int(count) for count in _read(third, 200)]
        assert more == list(range(more[0], more[0] + 200))
    finally:
        for process in (first, second, third):
            if process is not None:
                _kill(process)
    data = Data.open(tmp_path, readonly=True)
    assert data.get(STORE, "m") >= counts[-1]
    assert data.count(STORE) == 3
    data.close()


def test_two_processes_on_one_row_lose_nothing(tmp_path: Path) -> None:
    processes = [_start(tmp_path, "n"), _start(tmp_path, "n")]
    assert sorted(_read(process, 1)[0] for process in processes) == ["other", "owner"]
    acknowledged = [int(count) for count in _read(processes[0], 1)]
    time.sleep(0.3)
    for process in processes:
        acknowledged += [int(line) for line in _kill(process)]
    # Each count was given to one of them alone; the last may have been written and not told.
    assert len(set(acknowledged)) == len(acknowledged)
    data = Data.open(tmp_path, readonly=True)
    assert max(acknowledged) <= data.get(STORE, "n") <= len(acknowledged) + 2
    data.close()


_FULL = """
import resource, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from serving_harness import STORE, ask, serving

def put(world, request, key):
    world.db_set(STORE, key, "x" * 20_000)
    return "kept"

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with serving(Path(sys.argv[1]), {"POST /:key": put, "GET /": lambda world, request: world.db_count(STORE)}) as server:
    assert ask(server.port, "POST", "/first").status == 200
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    statuses = [ask(server.port, "POST", f"/{n}").status for n in range(30)]
    count = int(ask(server.port, "GET", "/").text)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    after = [ask(server.port, "POST", "/after").status, int(ask(server.port, "GET", "/").text)]
print(statuses.count(200) + 1 == count, set(statuses) == {200, 503}, after == [200, count + 1])
"""


def test_a_full_disk_is_503_until_there_is_room(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _FULL, str(tmp_path), str(Path(__file__).parents[1])]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "True True True\n", done.stderr
