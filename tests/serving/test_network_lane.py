"""Handlers that reach over the network run in threads, and never start again. The library has no such function yet, so
that these tests bring one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from canvas_harness import Shop, live
from serving_harness import Answer, ask

from dark_lang.library import Effect, Library, LibraryFunction, World
from dark_lang.stdlib import v0, v1
from runtime.lanes.threads import Threads


class Network:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.threads: set[str] = set()
        self.meanwhile: Callable[[], object] = lambda: None

    def fetch(self, _world: World, address: str) -> str:
        self.asked.append(address)
        self.threads.add(threading.current_thread().name)
        self.meanwhile()
        return f"page of {address}"

    def library(self) -> Library:
        signature = "HttpClient::fetch_v0(address: String) -> String"
        function = LibraryFunction(signature, self.fetch, "For tests.", effect=Effect.NETWORK)
        return Library((*v0.FUNCTIONS, *v1.FUNCTIONS, function))


def at_once(port: int, path: str, times: int) -> list[Answer]:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(port, "POST", path))) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_others_are_answered_while_one_waits_for_the_network(tmp_path: Path) -> None:
    network = Network()
    shop = Shop(tmp_path, network.library())
    shop.add("fn Shop::far(a: String) -> String = HttpClient::fetch(a)")
    shop.add('POST /far = Shop::far("a")', 'GET /near = "here"')
    come_back = threading.Event()
    network.meanwhile = lambda: come_back.wait(20)
    with live(shop) as port:
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(ask(port, "POST", "/far")))
        thread.start()
        for _ in range(20):
            assert ask(port, "GET", "/near").text == "here"
        assert answers == []
        come_back.set()
        thread.join()
        assert answers[0].text == "page of a"
        assert network.threads == {"dark network"}


def test_it_never_starts_again_however_long_it_takes(tmp_path: Path) -> None:
    network = Network()
    shop = Shop(tmp_path, network.library())
    shop.add(
        'POST /far = let page = HttpClient::fetch("a")\n'
        "let n = List::length(List::map(List::range(1, 99000), x => Int::mod(x * x, 7) + Int::mod(x, 3)))\npage"
    )
    (loop,) = shop.add("fn Bad::loop(n: Int) -> Int = ?")
    shop.rewrite(loop, "Bad::loop(n + 1)")
    shop.add('POST /lost = let page = HttpClient::fetch("b")\nBad::loop(1)')
    with live(shop) as port:
        assert ask(port, "POST", "/far").text == "page of a"
        assert network.asked == ["a"]
        answer = ask(port, "POST", "/lost")
        assert answer.status == 503
        assert "its limit of time" in answer.text
        assert network.asked == ["a", "b"]


def test_what_loses_a_conflict_fails_rather_than_to_fetch_twice(tmp_path: Path) -> None:
    network = Network()
    shop = Shop(tmp_path, network.library())
    shop.add("db Counts Int", 'GET /count = DB::get(Counts-v0, "n")!')
    shop.add(
        'POST /add = let n = Option::withDefault(DB::get(Counts-v0, "n"), 0)\n'
        'let page = HttpClient::fetch("a")\nDB::set(Counts-v0, "n", n + 1)\nn + 1'
    )
    both = threading.Barrier(2)
    network.meanwhile = lambda: both.wait(20)
    with live(shop) as port:
        answers = at_once(port, "/add", 2)
        assert sorted(answer.status for answer in answers) == [200, 503]
        assert "cannot be done twice" in next(answer.text for answer in answers if answer.status == 503)
        assert network.asked == ["a", "a"]
        assert ask(port, "GET", "/count").text == "1"


def test_a_mistake_there_is_told_as_anywhere(tmp_path: Path) -> None:
    network = Network()
    shop = Shop(tmp_path, network.library())
    shop.add(
        'POST /hole = HttpClient::fetch("a") ++ ?later',
        'POST /json = let page = HttpClient::fetch("a")\nJson::get(request.json, "x")',
    )
    with live(shop) as port:
        assert ask(port, "POST", "/hole").status == 501
        assert ask(port, "POST", "/json", b"{").status == 400


def test_threads_come_and_go() -> None:
    threads = Threads(most=3)
    lock = threading.Lock()
    done: list[int] = []
    most = [0]
    running = [0]

    def task(nth: int) -> Callable[[], None]:
        def work() -> None:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.002)
            with lock:
                running[0] -= 1
                done.append(nth)

        return work

    for nth in range(200):
        assert threads.submit(task(nth))
    until = time.monotonic() + 20
    while len(done) < 200 and time.monotonic() < until:
        time.sleep(0.005)
    assert sorted(done) == list(range(200))
    assert most[0] <= 3
    threads.close()
