"""What runs away ends at its limit, and the others do not notice: real servers, real processes, killed and ended in any
way. No bound on time here is meant to be close."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from canvas_harness import Shop, limited, live, process
from serving_harness import Answer, ask

from runtime.app import create_app
from runtime.data.commits import Verdict
from runtime.data.datastore import Data
from runtime.serving.server import listen

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")

RUNAWAYS = {
    "recursion": ("fn Bad::deep(n: Int) -> Int", "1 + Bad::deep(n + 1)", "Bad::deep(1)"),
    "loop": ("fn Bad::loop(n: Int) -> Int", "Bad::loop(n + 1)", "Bad::loop(1)"),
    "list": (
        "fn Bad::list(l: List<Int>) -> List<Int>",
        "Bad::list(List::append(l, List::range(1, 200000)))",
        "Bad::list([])",
    ),
    "texts": (
        "fn Bad::texts(l: List<String>) -> List<String>",
        'Bad::texts(List::pushBack(l, String::repeat("ab", 2000000 + List::length(l))))',
        "Bad::texts([])",
    ),
    "product": (
        "fn Bad::product(n: Int) -> Int",
        "if n < 2 ^ 400000 then Bad::product(n * 3) else n",
        "Bad::product(3)",
    ),
    "division": (
        "fn Bad::divide(a: Int, b: Int, n: Int) -> Int",
        "Bad::divide(a, b, n + Int::mod(Int::divide(a, b), 7))",
        "Bad::divide(7 ^ 350000, 3 ^ 310000, 0)",
    ),
    "pattern": (
        "fn Bad::look(s: String) -> Bool",
        'if Regex::contains(s, "(x+x+)+y") == Ok(true) then true else Bad::look(s)',
        'Bad::look(String::repeat("x", 90000))',
    ),
    "sort": (
        "fn Bad::sort(l: List<Int>) -> List<Int>",
        "Bad::sort(List::reverse(List::sort(l)))",
        "Bad::sort(List::range(1, 300000))",
    ),
    "nesting": ("fn Bad::nest(l: List<a>) -> List<a>", "Bad::nest([l])", "Bad::nest([])"),
}
LIMITS = {
    "recursion": {"depth"},
    "list": {"memory", "time"},
    "texts": {"memory", "time"},
    "nesting": {"memory", "time"},
}


def add_runaways(shop: Shop) -> None:
    for kind, (head, body, call) in RUNAWAYS.items():
        (function,) = shop.add(f"{head} = ?")
        shop.rewrite(function, body)
        shop.add(f"GET /{kind} = {call}")
    shop.add('GET /quiet = "calm"')


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    shop = limited(tmp_path_factory.mktemp("wild"))
    add_runaways(shop)
    with process(shop.folder, 1) as (_, port):
        yield port


def ask_many(port: int, path: str, times: int) -> tuple[list[Answer], int]:
    """That many at once; and how often /quiet was answered meanwhile."""
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(port, "GET", path))) for _ in range(times)]
    for thread in threads:
        thread.start()
    quiet = 0
    while any(thread.is_alive() for thread in threads):
        assert ask(port, "GET", "/quiet").text == "calm"
        quiet += 1
    for thread in threads:
        thread.join()
    return answers, quiet


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("kind", RUNAWAYS)
def test_a_runaway_ends_at_its_limit_while_others_are_answered(serving: int, kind: str, times: int) -> None:
    answers, quiet = ask_many(serving, f"/{kind}", times)
    assert len(answers) == times
    expected = LIMITS.get(kind, {"time"})
    for answer in answers:
        assert any(f"its limit of {limit}" in answer.text for limit in expected), answer.text
        assert answer.status == (503 if "limit of time" in answer.text else 500)
        assert "trace" in answer.text
    if kind != "recursion":
        assert quiet > 20  # some 1,000 on a machine with nothing else to do
    assert ask(serving, "GET", "/quiet").text == "calm"


# Nothing happens twice


def test_what_starts_again_has_written_nothing_before(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=5_000)
    shop.add("db Counts Int", 'GET /count = DB::get(Counts-v0, "n")!')
    work = "List::length(List::map(List::range(1, 90000), x => Int::mod(x * x, 7)))"
    shop.add(
        f'POST /slow = let n = Option::withDefault(DB::get(Counts-v0, "n"), 0)\nDB::set(Counts-v0, "n", n + 1)\n'
        f"let spent = {work} + {work} + {work}\nif spent > 0 then n + 1 else 0",
    )
    with live(shop) as port:
        given: list[int] = []

        def press() -> None:
            for _ in range(3):
                answer = ask(port, "POST", "/slow")
                if answer.status == 200:
                    given.append(int(answer.text))

        threads = [threading.Thread(target=press) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Each that was answered counted once, and those that gave up after six tries did not.
        assert sorted(given) == list(range(1, len(given) + 1))
        assert ask(port, "GET", "/count").text == str(len(given))
        assert len(given) >= 3
        assert slow_runs(port) > 0


def test_what_ends_at_a_limit_writes_nothing(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=300)
    shop.add("db Counts Int", "GET /count = DB::count(Counts-v0)")
    (loop,) = shop.add("fn Bad::loop(n: Int) -> Int = ?")
    shop.rewrite(loop, "Bad::loop(n + 1)")
    shop.add('POST /spin = DB::set(Counts-v0, "n", 1)\nBad::loop(1)')
    with live(shop) as port:
        for _ in range(2):
            assert ask(port, "POST", "/spin").status == 503
        assert ask(port, "GET", "/count").text == "0"


def slow_runs(port: int) -> int:
    text = ask(port, "GET", "/_dark/metrics", host=f"127.0.0.1:{port}").text
    return int(next(line for line in text.splitlines() if line.startswith("dark_slow_total")).split()[1])


# The same answers


SLOW = (
    "let spent = List::length("
    "List::flatMap(List::range(1, 400), y => List::map(List::range(1, 1000), x => Int::mod(x * y, 7))))\n"
)


def test_the_slow_lane_answers_as_the_event_loop_does(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=20_000)
    shop.add("db Words String")
    shop.add(
        "fn Shop::double(n: Int) -> Int = n * 2",
        'fn Shop::half(n: Int) -> Result<Int, String> = if Int::isEven(n) then Ok(Int::divide(n, 2)) else Error("odd")',
    )
    bodies = {
        "json/:x": "{ twice: Shop::double(21), x: x, query: request.query }",
        "text/:x": '"${x} é"',
        "none/:x": 'Dict::get(#{ "a": 1 }, x)!',
        "error/:x": "Shop::half(3)!",
        "hole/:x": "{ a: 1, b: ?later }",
        "fail/:x": "1 + String::toInt(x)",
        "respond/:x": 'Http::respondWithHeaders(201, #{ "x-by": "dark" }, [1, 2])',
        "pipe/:x": "List::map([1, 2], Shop::double) |> List::fold(0, (a, b) => a + b)",
        "rows/:x": 'DB::set(Words-v0, x, "kept")\n(DB::get(Words-v0, x), DB::count(Words-v0))',
        "unknown/:x": "Shop::missing(1)",
    }
    for path, body in bodies.items():
        shop.add(f"GET /quick/{path} = {body}", f"GET /slow/{path} = {SLOW}{body}")
    with live(shop) as port:
        for path in bodies:
            there = path.replace(":x", "w%20o%2Frd") + "?q=1&q=2"
            quick, first = ask(port, "GET", f"/quick/{there}"), ask(port, "GET", f"/slow/{there}")
            again = ask(port, "GET", f"/slow/{there}")
            for slow in (first, again):
                assert slow.status == quick.status, (path, slow.text)
                dropped = {"date", "content-length"}
                assert {k: v for k, v in slow.headers.items() if k not in dropped} == {
                    k: v for k, v in quick.headers.items() if k not in dropped
                }
                if b"trace" in quick.body:
                    assert slow.text.partition('"trace"')[0] == quick.text.partition('"trace"')[0]
                else:
                    assert slow.body == quick.body
        assert slow_runs(port)  # of nearly all, but a busy machine may not let the clock come by in time


def test_large_bodies_are_read_where_nobody_waits(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=20_000)
    shop.add("POST /length = Json::asList(request.json) |> Option::map(items => List::length(items))")
    numbers = b"[" + b"1," * 300_000 + b"1]"
    with live(shop) as port:
        assert ask(port, "POST", "/length", numbers).text == "300001"
        assert ask(port, "POST", "/length", numbers[:-1]).status == 400
        assert ask(port, "POST", "/length", b"[1, 2]").text == "2"


def test_reading_many_rows_holds_up_nobody(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=20_000)
    (store,) = shop.add("db Words String")
    shop.add("GET /all = List::length(DB::getAll(Words-v0))", "GET /count = DB::count(Words-v0)")
    with contextlib.closing(Data.open(tmp_path)) as data:
        world = data.world()
        for nth in range(40_000):
            world.db_set(store, f"key {nth}", "a word")
        assert data.commit(world).verdict is Verdict.DONE
    with live(shop) as port:
        assert ask(port, "GET", "/count").text == "40000"
        before = slow_runs(port)
        for _ in range(2):
            assert ask(port, "GET", "/all").text == "40000"
        assert slow_runs(port) > before


def test_a_request_keeps_the_snapshot_with_which_it_began(tmp_path: Path) -> None:
    shop = limited(tmp_path, time_ms=20_000)
    (name,) = shop.add('fn Shop::name(n: Int) -> String = "old"')
    shop.add(f"GET /slow = {SLOW * 8}Shop::name(spent)")
    with live(shop) as port:
        answers: list[str] = []
        host = f"127.0.0.1:{port}"  # a trial, which locks nothing
        thread = threading.Thread(target=lambda: answers.append(ask(port, "GET", "/slow", host=host).text))
        thread.start()
        until = time.monotonic() + 10
        while not slow_runs(port) and time.monotonic() < until:
            time.sleep(0.005)
        shop.rewrite(name, '"new"')
        thread.join()
        assert ask(port, "GET", "/slow", host=host).text == "new"
        assert answers in (["old"], ["new"])  # new only if all of the first was over before the edit
        shop.rewrite(name, '"newest"')
        assert ask(port, "GET", "/slow", host=host).text == "newest"


# Processes


def descendants(parent: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{parent}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def eventually(holds: object, seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def nursery_and_children(server: subprocess.Popen[str]) -> tuple[int, list[int]]:
    (nursery,) = [pid for pid in descendants(server.pid) if descendants(pid)] or [0]
    return nursery, descendants(nursery)


def spinning(folder: Path, time_ms: int) -> Shop:
    shop = limited(folder, time_ms=time_ms)
    (loop,) = shop.add("fn Bad::loop(n: Int) -> Int = ?")
    shop.rewrite(loop, "Bad::loop(n + 1)")
    shop.add("GET /spin = Bad::loop(1)", 'GET /quiet = "calm"', f"GET /slow = {SLOW}spent")
    return shop


def in_background(port: int, path: str) -> tuple[threading.Thread, list[Answer]]:
    answers: list[Answer] = []

    def work() -> None:
        with contextlib.suppress(OSError, EOFError):
            answers.append(ask(port, "GET", path))

    thread = threading.Thread(target=work)
    thread.start()
    return thread, answers


def test_a_process_that_is_killed_is_replaced(tmp_path: Path) -> None:
    shop = spinning(tmp_path, 3_000)
    with process(shop.folder, 1) as (server, port):
        thread, answers = in_background(port, "/spin")
        assert eventually(lambda: slow_runs(port) == 1)
        assert eventually(lambda: nursery_and_children(server)[1])
        time.sleep(0.2)
        for child in nursery_and_children(server)[1]:
            os.kill(child, signal.SIGKILL)
        thread.join()
        assert answers[0].status == 500
        assert ask(port, "GET", "/slow").text == "400000"
        assert ask(port, "GET", "/quiet").text == "calm"


def test_the_death_of_the_nursery_is_survived_by_what_was_under_way(tmp_path: Path) -> None:
    shop = spinning(tmp_path, 4_000)
    with process(shop.folder, 1) as (server, port):
        thread, answers = in_background(port, "/spin")
        assert eventually(lambda: nursery_and_children(server)[1])
        time.sleep(0.2)
        nursery, children = nursery_and_children(server)
        os.kill(nursery, signal.SIGKILL)
        assert eventually(lambda: not any(is_running(child) for child in children))
        thread.join()
        # Nothing had left the process, so that it began again in another, to the end of the same time.
        assert answers[0].status == 503
        assert "limit of time" in answers[0].text
        assert ask(port, "GET", "/slow").text == "400000"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(tmp_path: Path, workers: int, end: signal.Signals) -> None:
    shop = spinning(tmp_path, 2_000)
    with process(shop.folder, workers) as (server, port):
        threads = [in_background(port, "/spin")[0] for _ in range(3)]
        assert eventually(
            lambda: len(descendants(server.pid)) >= 3 if workers == 2 else nursery_and_children(server)[1]
        )
        assert ask(port, "GET", "/quiet").text == "calm"
        everyone = descendants(server.pid)
        server.send_signal(end)
        server.wait(20)
        assert eventually(lambda: not any(is_running(pid) for pid in everyone))
        for thread in threads:
            thread.join()


def test_every_worker_has_a_slow_lane(tmp_path: Path) -> None:
    shop = spinning(tmp_path, 1_000)
    with process(shop.folder, 2) as (_, port):
        answers, quiet = ask_many(port, "/spin", 4)
        assert [answer.status for answer in answers] == [503] * 4
        assert quiet > 20


def test_a_canvas_may_go_without(tmp_path: Path) -> None:
    shop = spinning(tmp_path, 300)
    settled = (tmp_path / "canvas.toml").read_text()
    # Without a process of its own, a run answers for what the whole server grows by meanwhile.
    (tmp_path / "canvas.toml").write_text(settled.replace("memory_bytes = 100000000", "memory_bytes = 0"))
    with (tmp_path / "canvas.toml").open("a") as settings:
        settings.write("[serve]\nslow_processes = 0\n")
    with process(shop.folder, 1) as (server, port):
        assert ask(port, "GET", "/spin").status == 503
        assert ask(port, "GET", "/slow").status in (200, 503)
        assert descendants(server.pid) == []


def test_any_asgi_server_has_a_slow_lane(tmp_path: Path) -> None:
    shop = spinning(tmp_path, 1_000)
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(shop.folder), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = int(listener.getsockname()[1])
    answers, quiet = ask_many(port, "/spin", 2)
    assert [answer.status for answer in answers] == [503, 503]
    assert quiet > 10
    assert ask(port, "GET", "/slow").text == "400000"
    server.should_exit = True
    thread.join()


def test_output_has_a_limit(tmp_path: Path) -> None:
    shop = limited(tmp_path, output_bytes=1_000)
    shop.add('GET /short = String::repeat("x", 1000)', 'GET /long = String::repeat("x", 1001)')
    with live(shop) as port:
        assert ask(port, "GET", "/short").status == 200
        answer = ask(port, "GET", "/long")
        assert answer.status == 500
        assert "its limit of output, 1,000 bytes" in answer.text
