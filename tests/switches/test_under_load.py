"""A handler under load while its switch comes, grows, goes off and goes: every answer is one side or the other."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from canvas_harness import Shop, live
from recorded import put_switch
from serving_harness import Client, spell

from dark_cli.commands.structure_site import Site
from dark_lang.deciding import Side
from dark_lang.edits.drafting import Draft
from dark_lang.nodes import toplevels as top
from dark_lang.restructuring.switches import set_on, set_share, settle_switch
from runtime.canvas import Canvas


def test_no_answer_is_an_error_while_a_switch_lives(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (handler,) = shop.add('GET /price/:user = "old"')
    stopping = threading.Event()
    answers: list[list[tuple[int, str]]] = [[] for _ in range(4)]

    def ask_on(port: int, mine: list[tuple[int, str]]) -> None:
        with Client(port) as client:
            nth = 0
            while not stopping.is_set() and nth < 20_000:
                nth += 1
                client.send(spell("GET", f"/price/u{nth % 50}", host=f"127.0.0.1:{port}"))
                answer = client.answer()
                mine.append((answer.status, answer.text))

    with live(shop) as port:
        threads = [threading.Thread(target=ask_on, args=(port, mine)) for mine in answers]
        for thread in threads:
            thread.start()
        wait(answers)
        switch = put_switch(shop, handler, "price", '"new"')
        edit(shop, lambda draft: set_on(draft, switch, True))
        for points in (500, 5_000, 10_000):
            edit(shop, lambda draft, points=points: set_share(draft, switch, points))  # type: ignore[misc]
            wait(answers)
        seen = len([1 for mine in answers for _, text in mine if text == "new"])
        edit(shop, lambda draft: set_on(draft, switch, False))
        wait(answers)
        edit(shop, lambda draft: set_on(draft, switch, True))
        wait(answers)

        def finish(draft: Draft, canvas: Canvas) -> None:
            switches = [canvas.tree(entry.id) for entry in canvas.alive() if entry.kind is top.Switch]
            others = [tree for tree in switches if isinstance(tree, top.Switch) and tree.id != switch]
            settle_switch(draft, Site(draft, canvas), switch, Side.NEW, others)

        shop.host.edit(finish, author="test")
        wait(answers)
        stopping.set()
        for thread in threads:
            thread.join(20)
    everything = [answer for mine in answers for answer in mine]
    assert {status for status, _ in everything} == {200}
    assert {text for _, text in everything} == {"old", "new"}
    assert seen and all(mine[-1] == (200, "new") for mine in answers)


def edit(shop: Shop, change: object) -> None:
    shop.host.edit(lambda draft, _: change(draft), author="test")  # type: ignore[operator]


def wait(answers: list[list[tuple[int, str]]]) -> None:
    """Until each has had some more answers."""
    before = [len(mine) for mine in answers]
    limit = time.monotonic() + 20
    while any(len(mine) < count + 20 for mine, count in zip(answers, before, strict=True)):
        assert time.monotonic() < limit
        time.sleep(0.005)
