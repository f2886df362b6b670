"""From a folder to a folded program: the cached fold, where there is a sound one, and the diffs since; else all diffs.

Must not know names or who asks. Invariant: what comes out is a function of the set of diffs in the folder; the cache
changes only how long it takes.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dark_lang.edits.folding import Program
from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import materialize
from dark_lang.errors import CanvasError
from dark_lang.names import NodeId
from dark_lang.wire import encode_ledger
from runtime.entries import entry_of
from runtime.halving import in_two
from runtime.store.diffs import Progress, Store
from runtime.store.files import diff_file
from runtime.store.images import Folded, Image, ImageDamaged, Part, build, parse_image, read_image, write_image
from runtime.store.problems import Problem, ProblemKind
from runtime.trees import Tree, Trees


class LiveLedgers:
    """The newest ledgers: those that are other than in the cache, and the cache's."""

    def __init__(self, trees: Trees | None) -> None:
        self.trees = trees
        self.changed: dict[NodeId, Ledger] = {}

    def get(self, toplevel: NodeId, /) -> Ledger | None:
        held = self.changed.get(toplevel)
        if held is None and self.trees is not None:
            return self.trees.ledger(toplevel)
        return held

    def put(self, ledger: Ledger, /) -> None:
        self.changed[ledger.toplevel] = ledger


class Loaded:
    """A folded program, and the store that it came from. Not thread-safe: one thread at a time may use it."""

    def __init__(self, store: Store, program: Program, trees: Trees, ledgers: LiveLedgers, saved: int) -> None:
        self.store = store
        self.program = program
        self.trees = trees
        self.ledgers = ledgers
        self.saved = saved  # how many diffs the cache on disk has

    def problems(self) -> tuple[Problem, ...]:
        return all_problems(self.store, self.program)

    def is_worth_saving(self) -> bool:
        """Whether a new cache saves those who open the canvas more than it costs to write."""
        return len(self.program.applied) - self.saved > 64 + len(self.trees.image.order) // 20

    def save(self, path: Path) -> bool:
        """Writes the cache; False if the disk refuses."""
        done = os.access(path.parent, os.W_OK) and write_image(
            path, build_image(self.store, self.program, self.ledgers, self.trees.image, None)
        )
        if done:
            self.saved = len(self.program.applied)
        return done


def load(folder: Path, canvas: bytes, progress: Progress | None = None) -> Loaded:
    """Opens the canvas in `folder`. Raises CanvasError: the store cannot be read, or holds a newer format."""
    with _without_collector():
        store = Store(folder, canvas)
        image = read_image(cache_file(folder), canvas)
        loaded = None if image is None else _load_cached(store, image, folder, canvas, progress)
        if loaded is None:
            store.forget()
            loaded = load_anew(store, folder, canvas, progress)
        elif loaded.is_worth_saving():
            loaded.save(cache_file(folder))  # now, since a command of the shell may end in any way
    newer = next((problem for problem in store.problems if problem.kind is ProblemKind.NEWER), None)
    if newer is not None:
        raise CanvasError(newer.message, details=(newer.file,), suggestion=newer.advice)
    return loaded


def load_anew(store: Store, folder: Path, canvas: bytes, progress: Progress | None = None) -> Loaded:
    """Folds every diff that the store hands out, and writes the cache."""
    program, ledgers = _fold_all(store, progress)
    pieces = build_image(store, program, ledgers, None, progress, consume=True)
    written = write_image(cache_file(folder), pieces)
    image = read_image(cache_file(folder), canvas) if written else None
    if image is None or image.folded.frontier != program.frontier:  # the disk refused, or another was faster
        image = parse_image(memoryview(b"".join(pieces)), canvas)
    if image is None:
        raise CanvasError("the program could not be put into the form in which it is kept in memory")
    del pieces
    trees = Trees(image, lambda: refold(folder, canvas))
    program.ledgers = live = LiveLedgers(trees)  # the others are in the image now, and need not stay in memory
    return Loaded(store, program, trees, live, len(program.applied))


def refold(folder: Path, canvas: bytes) -> Image:
    """The same from the diffs alone, in memory: for when a cache in use turns out damaged."""
    cache_file(folder).unlink(missing_ok=True)
    store = Store(folder, canvas)
    program, ledgers = _fold_all(store, None)
    image = parse_image(memoryview(b"".join(build_image(store, program, ledgers, None, None, consume=True))), canvas)
    if image is None:
        raise ImageDamaged("the cache .dark/image is damaged, and could not be made anew")
    return image


def _load_cached(store: Store, image: Image, folder: Path, canvas: bytes, progress: Progress | None) -> Loaded | None:
    """None if diffs of the cache are gone, or its packs are unknown."""
    folded = image.folded
    if not store.adopt(folded.loose, folded.packs):
        return None
    applied = store.all_ids() - folded.unapplied
    store.disown(folded.unapplied)
    trees = Trees(image, lambda: refold(folder, canvas))
    ledgers = LiveLedgers(trees)
    program = Program(
        ledgers, applied=applied, frontier=folded.frontier, lamport=folded.lamport, lamports=store.lamports
    )
    saved = len(applied)
    try:
        arrivals = store.scan(applied.__contains__, progress=progress)
        program.add_many((arrival.id, arrival.diff) for arrival in arrivals)
    except ImageDamaged:
        return None
    return None if store.vanished else Loaded(store, program, trees, ledgers, saved)


def _fold_all(store: Store, progress: Progress | None) -> tuple[Program, LiveLedgers]:
    ledgers = LiveLedgers(None)
    program = Program(ledgers)
    arrivals = store.scan(program.applied.__contains__, progress=progress)
    program.add_many((arrival.id, arrival.diff) for arrival in arrivals)
    return program, ledgers


def build_image(
    store: Store,
    program: Program,
    ledgers: LiveLedgers,
    before: Image | None,
    progress: Progress | None,
    *,
    consume: bool = False,
) -> list[bytes]:
    """The bytes of the cache of a folded program; what did not change comes from the one before. `consume`: nobody
    needs the ledgers afterwards, so that memory never holds all of them and all trees."""
    folded = Folded(
        store.canvas,
        frozenset(store.loose),
        tuple(store.packs),
        frozenset(program.waiting) | frozenset(program.refused),
        program.frontier,
        program.lamport,
    )

    def part(toplevel: NodeId) -> Part:
        ledger = ledgers.changed.pop(toplevel) if consume else ledgers.changed[toplevel]
        materialized = materialize(ledger)
        tree = Tree(materialized)
        return Part(toplevel, entry_of(ledger, materialized), encode_ledger(ledger), tree.ids, tree.references)

    def parts() -> Iterator[Part]:
        if before is not None:
            yield from before.parts(ledgers.changed)
        touched = list(ledgers.changed)
        for done, made in enumerate(in_two(part, touched)):
            if progress is not None and done % 500 == 0:
                progress(done, len(touched))
            yield made

    return build(folded, parts(), before)


def all_problems(store: Store, program: Program) -> tuple[Problem, ...]:
    """What is wrong with the files of a store, and with what they say."""

    def about(diff_id: bytes, kind: ProblemKind, message: str, advice: str) -> Problem:
        ref = store.locate(diff_id)
        return Problem(f"diffs/{diff_file(ref)}" if ref else diff_id.hex(), kind, message, advice)

    waiting = program.waiting
    # One that waits for another that waits says nothing new: 10,000 may stand behind one that is missing.
    first = {
        diff_id: gone for diff_id, missing in waiting.items() if (gone := [m for m in missing if m not in waiting])
    }
    behind = f"; {len(waiting) - len(first)} more wait behind" if len(waiting) > len(first) else ""
    bring, aside = "bring them from the clone that it came from", "set it aside with: dark doctor --repair"
    return (
        *store.problems,
        *(about(diff_id, ProblemKind.WAITING, _lack(missing) + behind, bring) for diff_id, missing in first.items()),
        *(about(diff_id, ProblemKind.CORRUPT, reason, aside) for diff_id, reason in program.refused.items()),
    )


def cache_file(folder: Path) -> Path:
    """Where the cached fold of a canvas is kept."""
    return folder / ".dark" / "image"


def _lack(missing: Sequence[bytes]) -> str:
    named = ", ".join(diff_id.hex()[:12] for diff_id in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
    return f"waits for {named}{more}, which {'is' if len(missing) == 1 else 'are'} not here"


@contextmanager
def _without_collector() -> Iterator[None]:
    """Loading makes many objects and no garbage; the collector would only look at them again and again. What was
    loaded is then taken from its sight, so that it never stops traffic to look at it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
        gc.freeze()
