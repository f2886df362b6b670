"""Clones of one program in memory, whose edits travel as bytes: what concurrent edits are tried with."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dark_lang.edits.drafting import Draft
from dark_lang.edits.folding import Program
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import Materialized, materialize
from dark_lang.edits.writes import Diff
from dark_lang.names import Fresh, NodeId, mix_id
from dark_lang.wire import decode_diff, diff_id, encode_diff


class Memory:
    def __init__(self) -> None:
        self.held: dict[NodeId, Ledger] = {}

    def get(self, toplevel: NodeId) -> Ledger | None:
        return self.held.get(toplevel)

    def put(self, ledger: Ledger) -> None:
        self.held[ledger.toplevel] = ledger


class Replica:
    def __init__(self, number: int = 0) -> None:
        self.memory = Memory()
        self.program = Program(self.memory)
        self.diffs: dict[bytes, bytes] = {}
        self._number = number

    def draft(self) -> Draft:
        seed = mix_id(self._number, len(self.diffs))
        return Draft(self.memory, Fresh(seed), lamport=self.program.lamport + 1)

    def commit(self, draft: Draft) -> bytes:
        diff = Diff(
            canvas=b"c" * 16,
            parents=self.program.frontier,
            lamport=self.program.lamport + 1,
            time=1_700_000_000_000_000,
            author=f"replica {self._number}",
            command="",
            request=b"",
            undoes=b"",
            seed=draft.fresh.seed,
            writes=tuple(draft.writes),
        )
        data = encode_diff(diff)
        assert decode_diff(data) == diff
        self.take([data])
        return diff_id(data)

    def edit(self, change: Callable[[Draft], None]) -> bytes:
        draft = self.draft()
        change(draft)
        return self.commit(draft)

    def take(self, batch: Iterable[bytes]) -> frozenset[NodeId]:
        found = {diff_id(data): data for data in batch}
        self.diffs.update(found)
        return self.program.add_many([(key, decode_diff(data)) for key, data in found.items()])

    def clone(self, number: int) -> Replica:
        replica = Replica(number)
        replica.take(self.diffs.values())
        return replica

    def materialized(self, toplevel: NodeId) -> Materialized:
        return materialize(self.memory.held[toplevel])

    def all(self) -> dict[NodeId, Materialized]:
        return {toplevel: materialize(ledger) for toplevel, ledger in self.memory.held.items()}
