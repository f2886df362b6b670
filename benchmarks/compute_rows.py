"""How fast guest code runs beside the same work by hand in Python, and how long compiling a handler takes.

Must not go through HTTP. Invariants: what is written by hand is what somebody would write who knows Python well and has
no limits to keep; both are measured by turns, so that what else the machine does falls on both.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.canvases import build
from benchmarks.reporting import Row, median
from dark_lang.compiling.translating import compile_toplevel
from dark_lang.edits.drafting import Draft
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes.walking import count
from dark_lang.notation.reading import read_expression, read_signature
from dark_lang.stdlib import standard_library
from dark_lang.values.model import Value
from runtime.canvas import Canvas
from runtime.checking import Checks
from runtime.evaluating import running
from runtime.hosting import Host
from runtime.settings import LimitSettings, create_canvas


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def pipeline(n: int) -> int:
    doubled = [number * 2 for number in range(n)]
    total = 0
    for number in [number for number in doubled if number % 3 == 0]:
        total += number
    return total


def records(n: int) -> int:
    return len([{"id": number, "name": "ada", "active": True} for number in range(1, n + 1)])


def joined(n: int) -> int:
    return len(",".join([f"item {number}" for number in range(1, n + 1)]))


def counted(n: int) -> int:
    counts: dict[str, int] = {}
    for number in range(1, n + 1):
        word = f"word {number % 997}"
        counts[word] = counts.get(word, 0) + 1
    return len(counts)


def updated(n: int) -> int:
    total = 0
    for item in [{"id": number, "price": number * 3} for number in range(1, n + 1)]:
        total += {**item, "price": item["price"] + 1}["price"]
    return total


def product(n: int) -> int:
    return 1 if n < 2 else n * product(n - 1)


def products(n: int) -> int:
    total = 0
    for number in range(n):
        total += number * (number + total % 7)
    return total


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    function: str  # of our language: its name; the argument is an Int
    body: str
    by_hand: Callable[[int], Any]
    argument: int
    limit: float = 1.3  # times what is written by hand


CASES = (
    Case("fib(25)", "fib", "if n < 2 then n else Bench::fib(n - 1) + Bench::fib(n - 2)", fib, 25),
    Case(
        "map, filter, fold over 10,000",
        "pipeline",
        "List::range(0, n - 1) |> List::map(x => x * 2) |> List::filter(x => x % 3 == 0)"
        " |> List::fold(0, (sum, x) => sum + x)",
        pipeline,
        10_000,
    ),
    Case(
        "10,000 records",
        "records",
        'List::length(List::map(List::range(1, n), x => { id: x, name: "ada", active: true }))',
        records,
        10_000,
    ),
    Case(
        "10,000 texts joined",
        "joined",
        'String::length_v0(String::join(List::map(List::range(1, n), x => "item ${Int::toString(x)}"), ","))',
        joined,
        10_000,
    ),
    Case(
        "10,000 words counted in a Dict",
        "counted",
        'List::range(1, n) |> List::map(x => "word ${Int::toString(x % 997)}")'
        " |> List::fold(#{}, (counts, w) => Dict::set(counts, w, Option::withDefault(Dict::get(counts, w), 0) + 1))"
        " |> Dict::size",
        counted,
        10_000,
    ),
    Case(
        "10,000 records made, read and changed",
        "updated",
        "List::range(1, n) |> List::map(x => { id: x, price: x * 3 })"
        " |> List::fold(0, (total, item) => (let dearer = { item | price: item.price + 1 }; total + dearer.price))",
        updated,
        10_000,
    ),
    Case("product of Ints, 800!", "product", "if n < 2 then 1 else n * Bench::product(n - 1)", product, 800, 2.0),
    Case(
        "10,000 products of Ints",
        "products",
        "List::fold(List::range(0, n - 1), 0, (total, x) => total + x * (x + total % 7))",
        products,
        10_000,
        2.0,
    ),
)


def _timed(*works: Callable[[], object], rounds: int = 15) -> list[float]:
    """Milliseconds of each: the median of `rounds`, by turns, after one that warms up. Of this thread's own time: none
    of it waits, and another process that has the core meanwhile takes nothing from either."""
    samples: list[list[float]] = [[] for _ in works]
    for nth in range(rounds + 1):
        for work, kept in zip(works, samples, strict=True):
            started = time.thread_time()
            work()
            if nth:
                kept.append((time.thread_time() - started) * 1000)
    return [median(kept) for kept in samples]


def compute_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        canvas = Path(folder) / "bench"
        create_canvas(canvas, "bench")
        host = Host.open(canvas, library=standard_library())
        for case in CASES:
            call = _defined(host, case)
            mine, peer = _timed(call, partial(case.by_hand, case.argument))
            yield Row(case.name, f"{mine:.2f} ms", f"Python {peer:.2f} ms", mine / peer, "x", case.limit)
        host.close()


def _defined(host: Host, case: Case) -> Callable[[], Value]:
    """A call of the case's function, through the same entrance as a request."""

    def define(draft: Draft, canvas: Canvas) -> tl.Function:
        head = read_signature(f"Bench::{case.function}(n: Int) -> Int", canvas.naming, draft.fresh).tree
        draft.create_toplevel(head)
        return head

    function = host.edit(define, author="benchmark", command="define").result

    def fill(draft: Draft, canvas: Canvas) -> None:
        # Once it exists, so that its own calls of itself refer to it.
        body = read_expression(case.body, canvas.naming, draft.fresh).tree
        draft.replace(function.id, draft.tree(function.id).body.id, body)

    canvas = host.edit(fill, author="benchmark", command="fill").after
    step = running(canvas, function.id, (case.argument,), LimitSettings(time_ms=60_000))
    return lambda: step(NoWorld())


class NoWorld:
    """These functions are pure: they reach nothing."""


def compile_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder) / "one", handlers=1, diffs=1)
        host = Host.open(Path(folder) / "one", library=standard_library())
        tree = host.canvas.tree(next(iter(host.canvas.entries)))
        types = Checks(host.canvas, host.canvas.library).of(tree.id).types
        host.close()
    # As in a server, where the collector does not look at what was there before it began to serve.
    gc.collect()
    gc.freeze()
    nodes = count(tree)
    ours, theirs = _timed(
        lambda: [compile_toplevel(tree, types) for _ in range(50)],
        lambda: [compile(BY_HAND, "handler", "exec") for _ in range(50)],
    )
    micros, by_hand = ours / 50 * 1000, theirs / 50 * 1000
    yield Row(
        f"compile a handler, per 50 of its {nodes} nodes",
        f"{micros * 50 / nodes:.0f} us",
        f"compile() of like Python text {by_hand:.0f} us",
        micros * 50 / nodes,
        "us",
        120,
    )


BY_HAND = """
def handler(request, name):
    user = {"name": name, "age": 36, "tags": ["a", "b", "c"]}
    if user["age"] > 18:
        return {"greeting": "Hello " + user["name"], "adult": True, "next": user["age"] + 1}
    if len(user["tags"]) > 2:
        return {"greeting": "Hi " + user["name"], "adult": False, "first": user["tags"][0]}
    return None
"""
