"""Drafts in memory for the tests of structural operations, and a small program that they know."""

from __future__ import annotations

from collections.abc import Iterable

from dark_lang.edits.drafting import Draft
from dark_lang.edits.folding import Program
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.writes import Diff
from dark_lang.names import Fresh, NodeId
from dark_lang.nodes import toplevels as top


class Memory:
    """Ledgers in a dictionary."""

    def __init__(self) -> None:
        self.held: dict[NodeId, Ledger] = {}

    def get(self, toplevel: NodeId) -> Ledger | None:
        return self.held.get(toplevel)

    def put(self, ledger: Ledger) -> None:
        self.held[ledger.toplevel] = ledger


class Shelf:
    """Ledgers, and drafts that become diffs in them."""

    def __init__(self, toplevels: Iterable[top.Toplevel] = ()) -> None:
        self.memory = Memory()
        self.program = Program(self.memory)
        self.diffs: list[tuple[bytes, Diff]] = []
        draft = self.draft()
        for toplevel in toplevels:
            draft.create_toplevel(toplevel)
        self.record(draft)

    def draft(self) -> Draft:
        seed = 0x51AB + 0x9E37 * len(self.diffs)
        return Draft(self.memory, Fresh(seed), lamport=self.program.lamport + 1)

    def record(self, draft: Draft) -> bytes:
        number = self.program.lamport + 1
        diff_id = number.to_bytes(8, "big") + bytes(24)
        writes = tuple(draft.writes)
        diff = Diff(
            bytes(16), self.program.frontier, number, number, "tests", "test", bytes(16), b"", draft.fresh.seed, writes
        )
        self.diffs.append((diff_id, diff))
        self.program.add(diff_id, diff)
        return diff_id
