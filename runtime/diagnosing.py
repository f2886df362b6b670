"""`dark doctor`: looks at every byte of a canvas's store, names what is wrong, and on request sets it aside.

Must not know how findings are shown. Invariants: looking changes nothing but caches; repairing only moves files, into
`diffs/.bad/`, and writes out loose what was sound in a damaged pack before it moves the pack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from dark_lang.edits.folding import Program
from dark_lang.errors import CanvasError, DarkError
from dark_lang.records import dataclass
from runtime.loading import LiveLedgers, all_problems, cache_file
from runtime.settings import read_settings
from runtime.store import packs
from runtime.store.diffs import Store
from runtime.store.files import DiffRef, diff_file, read_regular, sync_folder, write_durably
from runtime.store.images import read_image
from runtime.store.packs import PackIndex
from runtime.store.problems import Problem, ProblemKind

_MOVED = (ProblemKind.CORRUPT, ProblemKind.FOREIGN, ProblemKind.STRAY)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    problems: tuple[Problem, ...]  # as they were found
    moved: tuple[tuple[str, str], ...]  # from where to where, in the canvas's folder
    diffs: int  # how many are sound and in the program

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left to do."""
        aside = dict(self.moved)
        return all(problem.is_harmless or problem.file in aside for problem in self.problems)


def diagnose(folder: Path, *, repair: bool = False, progress: Callable[[int, int], None] | None = None) -> Diagnosis:
    """Raises CanvasError: no canvas there, its settings or its store cannot be read at all, a file cannot be moved."""
    settings = read_settings(folder)
    store = Store(folder, settings.canvas)
    with store.locked():
        program = Program(LiveLedgers(None))
        arrivals = store.scan(program.applied.__contains__, progress=progress)
        program.add_many((arrival.id, arrival.diff) for arrival in arrivals)
        damaged = dict(_damaged_packs(store))
        found = [*all_problems(store, program), *damaged.values(), *store.on_their_way(), *_leftovers(store)]
        found += _damaged_cache(folder, settings.canvas)
        moved: list[tuple[str, str]] = []
        if repair:
            for name in _bad_packs(folder, store, damaged):
                _rescue(store, name)
            try:
                moved = [_set_aside(folder, each) for each in dict.fromkeys(p.file for p in found if _moves(folder, p))]
                for leftover in _leftovers(store):
                    (folder / leftover.file).unlink(missing_ok=True)
            except OSError as error:
                raise CanvasError(f"cannot set aside what is bad: {error.strerror or error}") from error
    return Diagnosis(tuple(found), tuple(moved), len(program.applied))


def _moves(folder: Path, problem: Problem) -> bool:
    # A diff inside a pack has no file of its own; its "file" says where in the pack it is.
    return problem.kind in _MOVED and (folder / problem.file).exists()


def _damaged_packs(store: Store) -> Iterator[tuple[str, Problem]]:
    """Packs that are known from their index, and whose bytes are others now."""
    for name in store.packs:
        with suppress(OSError, ValueError):
            content, _ = read_regular(store.packs_folder / name, most=packs.MOST_BYTES)
            if not packs.is_whole(name, content):
                advice = "copy it anew from another clone, or set it aside with: dark doctor --repair"
                told = "its bytes are not those that its name tells"
                yield name, Problem(f"diffs/packs/{name}", ProblemKind.CORRUPT, told, advice)


def _leftovers(store: Store) -> list[Problem]:
    """What writers left that were killed. Nobody writes now: the lock is ours."""
    with suppress(OSError):
        names = sorted(path.name for path in store.staging.iterdir() if path != store.journal.path)
        told = "a writer was stopped before it acknowledged this"
        return [Problem(f"diffs/.tmp/{name}", ProblemKind.LEFTOVER, told, "dark doctor --repair") for name in names]
    return []


def _damaged_cache(folder: Path, canvas: bytes) -> Iterator[Problem]:
    path = cache_file(folder)
    if not path.exists():
        return
    image = read_image(path, canvas)
    sound = image is not None
    if image is not None:
        try:
            image.identities()
            for toplevel in image.order:
                image.ledger(toplevel)
        except DarkError:
            sound = False
    if not sound:
        told = "is damaged, or of another release; it is made anew when it is needed"
        yield Problem(".dark/image", ProblemKind.LEFTOVER, told)


def _bad_packs(folder: Path, store: Store, damaged: dict[str, Problem]) -> list[str]:
    told = {problem.file.removeprefix("diffs/packs/") for problem in store.problems if _moves(folder, problem)}
    names = {path.name for path in store.packs_folder.iterdir()} if store.packs_folder.is_dir() else set()
    return sorted(damaged.keys() | (told & names))


def _rescue(store: Store, name: str) -> None:
    """Writes out loose the diffs of a bad pack whose bytes are still those that its index, made while it was whole,
    has the hashes of. Without an index nothing says which bytes were once somebody's."""
    index: PackIndex | None = packs.read_index(store.cache / name, name, store.canvas)
    if index is None:
        return
    try:
        content, _ = read_regular(store.packs_folder / name, most=packs.MOST_BYTES)
        for nth in range(len(index)):
            data = content[index.starts[nth] : index.ends[nth]]
            ref = DiffRef(index.lamports[nth], index.diff_id(nth))
            if sha256(data).digest() == ref.id and not (store.diffs / diff_file(ref)).exists():
                write_durably(store.diffs / diff_file(ref), data, staging=store.staging)
    except (OSError, ValueError) as error:
        raise CanvasError(f"cannot save what is sound in diffs/packs/{name}: {error}") from error


def _set_aside(folder: Path, file: str) -> tuple[str, str]:
    bad = folder / "diffs" / ".bad"
    bad.mkdir(exist_ok=True)
    source, target = folder / file, bad / Path(file).name
    number = 1
    while target.exists():
        number += 1
        target = bad / f"{Path(file).name}.{number}"
    source.rename(target)
    sync_folder(bad)
    sync_folder(source.parent)
    return file, str(target.relative_to(folder))
