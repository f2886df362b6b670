"""Synthetic canvases for measuring: N handlers of some 50 nodes, and M diffs that made them what they are.

    python -m benchmarks.canvases FOLDER --handlers 10000 --diffs 100000 [--loose]

Must not know what is measured. Invariant: what it makes is a canvas like any other; only fsync is left out, and packs
are written at once, since a hundred thousand edits one by one would take minutes.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path

from dark_lang import wire
from dark_lang.edits.drafting import Draft
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import Create, Diff, Place, SetScalar, Write
from dark_lang.names import Fresh, NodeId, Standard, WriteId, mix_id, step_of
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes.walking import count
from runtime.settings import create_canvas
from runtime.store.files import DiffRef, diff_file
from runtime.store.packs import RANGE, pack_content

_TEMPLATE_SEED = 1
_START = 1_700_000_000_000_000  # microseconds


def build(folder: Path, *, handlers: int, diffs: int, packed: bool = True) -> None:
    """Makes a canvas in `folder`. The first `handlers` diffs make one handler each, `GET /h0/:name` and so on; those
    after change a number in one of them, in turn. `packed`: as `dark pack` would leave it."""
    settings = create_canvas(folder, folder.name)
    store = folder / "diffs"
    (store / "packs").mkdir(exist_ok=True)
    held: list[tuple[int, bytes, bytes]] = []
    for lamport, data in _diffs(settings.canvas, handlers, max(diffs, handlers)):
        ref = DiffRef(lamport, wire.diff_id(data))
        if packed and held and held[0][0] // RANGE != lamport // RANGE:
            name, content = pack_content(held)
            (store / "packs" / name).write_bytes(content)
            held.clear()
        if packed:
            held.append((lamport, ref.id, data))
        else:
            (store / diff_file(ref)).write_bytes(data)
    for lamport, diff_id, data in held:
        (store / diff_file(DiffRef(lamport, diff_id))).write_bytes(data)


def _diffs(canvas: bytes, handlers: int, diffs: int) -> Iterator[tuple[int, bytes]]:
    template, number = _template()
    last: list[
        tuple[NodeId, NodeId, WriteId]
    ] = []  # of each handler: itself, the number in it, the number's last write
    parents: tuple[bytes, ...] = ()
    for nth in range(diffs):
        lamport, seed = nth + 1, nth + 2
        writes: tuple[Write, ...]
        if nth < handlers:
            writes = tuple(_renamed(write, seed, nth) for write in template)
            command = f"insert http GET /h{nth}/:name …"
        else:
            toplevel, node, before = last[nth % handlers]
            writes = (SetScalar(toplevel, node, "value", None, nth, (before,)),)
            command = f"set GET:/h{nth % handlers}/:name#… value {nth}"
        diff = Diff(canvas, parents, lamport, _START + nth, "ada", command, nth.to_bytes(16, "big"), b"", seed, writes)
        data = wire.encode_diff(diff)
        short = int.from_bytes(wire.diff_id(data)[:8], "big")
        if nth < handlers:
            made = next(at for at, write in enumerate(writes) if write.node == mix_id(seed, number))
            last.append((writes[0].toplevel, mix_id(seed, number), WriteId(lamport, short, made)))
        else:
            last[nth % handlers] = (toplevel, node, WriteId(lamport, short, 0))
        parents = (wire.diff_id(data),)
        yield lamport, data


class _Nothing:
    """The ledgers of an empty canvas."""

    def __init__(self) -> None:
        self._held: dict[NodeId, Ledger] = {}

    def get(self, toplevel: NodeId, /) -> Ledger | None:
        return self._held.get(toplevel)

    def put(self, ledger: Ledger, /) -> None:
        self._held[ledger.toplevel] = ledger


def _template() -> tuple[list[Write], int]:
    """The writes of one handler, and which of its ids (by step) is the number that later edits change."""
    fresh = Fresh(_TEMPLATE_SEED)
    handler, number = _handler(fresh)
    draft = Draft(_Nothing(), fresh, lamport=1)
    draft.create_toplevel(handler)
    return list(draft.writes), step_of(_TEMPLATE_SEED, number)


def _renamed(write: Write, seed: int, nth: int) -> Write:
    assert isinstance(write, Create)

    def other(node: NodeId) -> NodeId:
        return mix_id(seed, step_of(_TEMPLATE_SEED, node)) if node else node

    scalars = tuple(f"/h{nth}/:name" if scalar == "/h/:name" else scalar for scalar in write.scalars)
    place = Place(other(write.place.parent), write.place.slot, write.place.key)
    return dataclasses.replace(
        write, toplevel=other(write.toplevel), node=other(write.node), scalars=scalars, place=place
    )


def _handler(f: Fresh) -> tuple[tl.Http, NodeId]:
    """let user = { … }; if user.age > 18 then { … } else match … — some 50 nodes."""

    def var(name: str) -> e.Variable:
        return e.Variable(f(), name)

    def text(value: str) -> e.String:
        return e.String(f(), (e.Text(f(), value),))

    def op(name: str, *args: e.Expression) -> e.Call:
        return e.Call(f(), Standard(f"Op::{name}"), (), args)

    def record(**fields: e.Expression) -> e.Record:
        return e.Record(f(), tuple(e.Field(f(), label, value) for label, value in fields.items()))

    number = e.Int(f(), 36)
    user = record(name=var("name"), age=number, tags=e.List(f(), (text("a"), text("b"))))
    total = op("add", op("multiply", e.FieldAccess(f(), "age", var("user")), e.Int(f(), 2)), e.Int(f(), 7))
    greeting = e.String(f(), (e.Text(f(), "Hello "), e.FieldAccess(f(), "name", var("user")), e.Text(f(), "!")))
    yes = record(greeting=greeting, total=var("total"), ok=e.Bool(f(), True))
    arms = (
        e.Arm(f(), p.Constructor(f(), Standard("Option"), "Some", (p.Variable(f(), "found"),)), None, var("found")),
        e.Arm(f(), p.Wildcard(f()), None, text("nobody")),
    )
    no = record(error=e.Match(f(), e.Construct(f(), Standard("Option"), "Some", (text("young"),)), arms))
    body = e.Let(
        f(),
        p.Variable(f(), "user"),
        user,
        e.Let(
            f(), p.Variable(f(), "total"), total, e.If(f(), op("greaterThan", var("total"), e.Int(f(), 18)), yes, no)
        ),
    )
    return tl.Http(f(), 1, "", "GET", "/h/:name", body), number.id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--handlers", type=int, default=10_000)
    parser.add_argument("--diffs", type=int, default=100_000)
    parser.add_argument("--loose", action="store_true", help="one file for each diff")
    options = parser.parse_args()
    started = time.perf_counter()
    build(options.folder, handlers=options.handlers, diffs=options.diffs, packed=not options.loose)
    files = sum(len(names) for _, _, names in os.walk(options.folder / "diffs"))
    nodes = count(_handler(Fresh(_TEMPLATE_SEED))[0])
    seconds = time.perf_counter() - started
    print(f"{options.handlers} handlers of {nodes} nodes, {options.diffs} diffs in {files} files: {seconds:.1f} s")


if __name__ == "__main__":
    main()
