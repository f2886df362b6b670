"""The store: the set of diffs that a folder holds, loose and in packs; which are new, which are gone; appending one.

Must not know how diffs fold. Invariant: what is handed out is whole, is of this canvas and has the id that its bytes
make; everything else becomes a Problem and is left where it is. Nothing here moves a file but packing.
"""

from __future__ import annotations

import heapq
import os
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from dark_lang import wire
from dark_lang.edits.writes import Diff
from dark_lang.errors import AddressError, CanvasError, CorruptionError
from dark_lang.records import dataclass
from runtime.store import packs
from runtime.store.files import (
    DiffRef,
    diff_file,
    locked,
    read_diff_name,
    read_pack_name,
    read_regular,
    write_durably,
)
from runtime.store.inbox import MOST_DIFF_BYTES, STILL_SECONDS, Inbox
from runtime.store.journal import Journal
from runtime.store.packs import PackIndex
from runtime.store.problems import Problem, ProblemKind

_ATTEMPTS = 50

Progress: TypeAlias = Callable[[int, int], None]
"""Called now and then with how many diffs are done, and how many there are to do."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A diff that is new to whoever asked."""

    id: bytes
    diff: Diff


class Store:
    """`folder` is the canvas's folder. Not thread-safe: its owner keeps one thread in it at a time."""

    def __init__(self, folder: Path, canvas: bytes) -> None:
        self.diffs = folder / "diffs"
        self.packs_folder = self.diffs / "packs"
        self.staging = self.diffs / ".tmp"
        self.cache = folder / ".dark" / "packs"
        self.canvas = canvas
        self.loose: set[str] = set()  # names of the files that were handed out
        self.packs: dict[str, PackIndex] = {}
        self.vanished: list[bytes] = []  # by the last full scan
        self._inbox = Inbox(self.diffs, canvas)
        self._listed: dict[Path, tuple[int, int]] = {}  # modification time, and when it was listed, in nanoseconds
        self._ordered: list[str] | None = None  # the loose names in order, once somebody asked
        self._places: dict[bytes, str] | None = None  # the loose file of each diff, once somebody asked
        self.journal = Journal(self.staging / "journal")

    # What is here

    @property
    def problems(self) -> tuple[Problem, ...]:
        refused = [problem for index in self.packs.values() for problem in index.refused]
        return (*sorted(self._inbox.problems.values(), key=lambda problem: problem.file), *refused)

    def on_their_way(self) -> list[Problem]:
        """Files that do not fit their names yet, and changed only just now."""
        told = "does not fit its name, but was written just now: it may still be on its way"
        names = sorted(self._inbox.on_their_way)
        return [Problem(f"diffs/{name}", ProblemKind.WAITING, told, "look again") for name in names]

    def __len__(self) -> int:
        return len(self.loose) + sum(map(len, self.packs.values()))

    def adopt(self, loose: Iterable[str], pack_names: Iterable[str]) -> bool:
        """Takes the files of a cached state for granted, so that `scan` tells only what is new or gone since. False,
        and nothing adopted, if the index of a pack is not at hand."""
        found = {name: packs.read_index(self.cache / name, name, self.canvas) for name in pack_names}
        if any(index is None for index in found.values()):
            return False
        self.packs = {name: index for name, index in found.items() if index is not None}
        self.loose = set(loose)
        return True

    def disown(self, diff_ids: Set[bytes]) -> None:
        """The next scan hands out those diffs again, if they are here."""
        if diff_ids:
            self.loose = {name for name in self.loose if bytes.fromhex(name[13:77]) not in diff_ids}
            self._ordered = self._places = None
            for name, index in list(self.packs.items()):
                if any(index.find(diff_id) >= 0 for diff_id in diff_ids):
                    del self.packs[name]

    def all_ids(self) -> set[bytes]:
        """Of every diff that was handed out."""
        ids = {bytes.fromhex(name[13:77]) for name in self.loose}
        for index in self.packs.values():
            ids.update(index.all_ids())
        return ids

    def forget(self) -> None:
        """The next scan hands out everything again."""
        self.loose.clear()
        self.packs.clear()
        self._inbox = Inbox(self.diffs, self.canvas)
        self._ordered = self._places = None
        self._listed.clear()

    # Reading what is new

    def has_changed(self) -> bool:
        """Whether a full scan could find something: by the folders' times alone, without listing them."""
        if self._inbox.has_changed():
            return True
        for folder in (self.diffs, self.packs_folder):
            seen, listed = self._listed.get(folder, (-1, 0))
            # Times tick coarsely: what came right after a listing may bear the time that the listing saw.
            if _modified(folder) != seen or listed - seen < STILL_SECONDS * 1e9:
                return True
        return False

    def scan(self, known: Callable[[bytes], bool], *, progress: Progress | None = None) -> Iterator[Arrival]:
        """Lists everything and yields what is not `known`. Sets `vanished` at its end. Raises CanvasError if the
        folder cannot be read."""
        self.journal.seek_end()
        for _ in range(_ATTEMPTS):
            # Loose files before packs: one that a packer took away in between is found in its pack. And after them,
            # for a checkout may put loose files in the place of a pack.
            before = self._list(self.packs_folder)
            names = self._list(self.diffs)
            pack_names = self._list(self.packs_folder)
            if before != pack_names:
                continue
            try:
                yield from self._take_packs(pack_names, known, progress)
                yield from self._take_loose(names, known, progress)
            except FileNotFoundError:
                continue  # a packer, or a checkout, came between listing and reading
            self.vanished = self._part_with(names, pack_names)
            return
        raise CanvasError(f"{self.diffs} changes faster than it can be read")

    def take(self, names: Iterable[str], known: Callable[[bytes], bool]) -> Iterator[Arrival]:
        """As `scan`, for some file names in `diffs/` only: its cost does not depend on how many others there are."""
        for name in sorted({*names, *self._inbox.on_their_way}):
            if read_diff_name(name) is not None and name not in self.loose:
                with suppress(FileNotFoundError):
                    yield from self._take_loose({name}, known, None)

    def are_here(self, diff_ids: Iterable[bytes]) -> bool:
        """Whether the files that held some diffs when they were handed out are still there; lists nothing."""
        return all(self._is_here(diff_id) for diff_id in diff_ids)

    def _is_here(self, diff_id: bytes) -> bool:
        ref = self.locate(diff_id)
        if ref is not None and (name := diff_file(ref)) in self.loose:
            return (self.diffs / name).exists()
        return any(
            index.find(diff_id) >= 0 and (self.packs_folder / name).exists() for name, index in self.packs.items()
        )

    def take_journal(self, known: Callable[[bytes], bool]) -> Iterator[Arrival]:
        """What other writers of ours appended since; a full scan if that is not known. Needs the lock."""
        names = self.journal.news()
        return self.scan(known) if names is None else self.take(names, known)

    def _list(self, folder: Path) -> set[str]:
        """Names with a dot among them: of many, those that are new are few, and cheaper to look at."""
        modified, now = _modified(folder), time.time_ns()
        try:
            names = set(os.listdir(folder))  # noqa: PTH208 - a Path for each of 100,000 names takes ten times as long
        except FileNotFoundError:
            names = set()  # a clone of an empty canvas: git keeps no empty folders
        except OSError as error:
            raise CanvasError(f"cannot read {folder}: {error.strerror or error}") from error
        self._listed[folder] = (modified, now)
        return names

    def _take_loose(
        self, names: set[str], known: Callable[[bytes], bool], progress: Progress | None
    ) -> Iterator[Arrival]:
        new = sorted(name for name in names - self.loose if not name.startswith(".") and name != "packs")
        for done, name in enumerate(new):
            if progress is not None and done % 500 == 0:
                progress(done, len(new))
            ref = read_diff_name(name)
            if ref is None:
                self._inbox.report_stray(name)
            elif known(ref.id):
                self._keep(name)
            elif (diff := self._inbox.read_diff(name, ref)) is not None:
                self._keep(name)
                yield Arrival(ref.id, diff)

    def _take_packs(
        self, names: set[str], known: Callable[[bytes], bool], progress: Progress | None
    ) -> Iterator[Arrival]:
        for name in sorted(names - self.packs.keys()):
            if name.startswith("."):
                continue
            told = read_pack_name(name)
            if told is None:
                self._inbox.report_stray(f"packs/{name}")
                continue
            index = packs.read_index(self.cache / name, name, self.canvas)
            if index is None or not all(map(known, index.all_ids())):
                read = self._inbox.read_pack(name, told.digest)
                if read is None:
                    continue
                index, diffs = read
                self._cache_index(index)
                for nth, diff in enumerate(diffs):
                    if progress is not None and nth % 500 == 0:
                        progress(nth, len(index))
                    if not known(diff_id := index.diff_id(nth)):
                        yield Arrival(diff_id, diff)
            self.packs[name] = index

    def took_pack(self, name: str, content: bytes) -> None:
        """A pack that we wrote ourselves."""
        read = self._inbox.part(name, content)
        if read is None:
            raise CorruptionError(f"diffs/packs/{name} cannot be read")
        self.packs[name] = read[0]
        self._cache_index(read[0])

    def _cache_index(self, index: PackIndex) -> None:
        with suppress(OSError):
            self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_durably(self.cache / index.name, packs.index_bytes(index, self.canvas), staging=self.cache)

    def _part_with(self, names: set[str], pack_names: set[str]) -> list[bytes]:
        """Lets go of files that are gone, and tells which diffs went with them."""
        lost = [self.packs.pop(name) for name in self.packs.keys() - pack_names]
        gone = [bytes.fromhex(name[13:77]) for name in self.loose - names]
        if self.loose - names:
            self.loose &= names
            self._ordered = self._places = None
        for file in self._inbox.problems.keys() | self._inbox.on_their_way:
            if file not in names and file.removeprefix("packs/") not in pack_names:
                self._inbox.dismiss(file)
        gone += [diff_id for index in lost for diff_id in index.all_ids()]
        present = self.all_ids() if gone else set()
        return [diff_id for diff_id in gone if diff_id not in present]

    def _keep(self, name: str) -> None:
        self.loose.add(name)
        if self._ordered is not None:
            insort(self._ordered, name)
        if self._places is not None:
            self._places[bytes.fromhex(name[13:77])] = name

    # Appending

    def locked(self) -> AbstractContextManager[None]:
        """The lock that writers and packers hold. Raises CanvasError."""
        try:
            self.diffs.mkdir(exist_ok=True)
        except OSError as error:
            raise CanvasError(f"cannot open {self.diffs}: {error.strerror or error}") from error
        return locked(self.diffs)

    def append(self, ref: DiffRef, data: bytes) -> None:
        """Makes a diff durable. Needs the lock. Raises CanvasError; then it was not recorded, unless only the last
        step failed: then it may be there, whole, and is found as any other."""
        name = diff_file(ref)
        try:
            self.staging.mkdir(exist_ok=True)
            self.journal.note(name)
            write_durably(self.diffs / name, data, staging=self.staging)
        except OSError as error:
            raise CanvasError(
                f"the edit could not be recorded in {self.diffs}: {error.strerror or error}",
                suggestion="make room, or make the folder writable, and give the command again",
            ) from error
        self._keep(name)

    # Looking back

    def newest_first(self) -> Iterator[DiffRef]:
        """Every diff that was handed out, in falling order; reads no file."""
        loose = (ref for name in reversed(self._in_order()) if (ref := read_diff_name(name)) is not None)
        streams = [index.newest_first() for index in self.packs.values()]
        last: DiffRef | None = None
        for ref in heapq.merge(loose, *streams, reverse=True):
            if ref != last:
                yield ref
            last = ref

    def count_up_to(self, lamport: int) -> int:
        """How many diffs have at most this lamport number. One that is loose and packed at once counts twice."""
        below = bisect_left(self._in_order(), f"{lamport + 1:012d}")
        return below + sum(index.up_to(lamport) for index in self.packs.values())

    def locate(self, diff_id: bytes) -> DiffRef | None:
        """The diff of that id, if it was handed out."""
        if self._places is None:
            self._places = {bytes.fromhex(name[13:77]): name for name in self.loose}
        name = self._places.get(diff_id)
        if name is not None:
            return DiffRef(int(name[:12]), diff_id)
        for index in self.packs.values():
            nth = index.find(diff_id)
            if nth >= 0:
                return DiffRef(index.lamports[nth], diff_id)
        return None

    def of_lamport(self, lamport: int) -> set[DiffRef]:
        """The diffs that have this lamport number."""
        ordered = self._in_order()
        low, high = bisect_left(ordered, f"{lamport:012d}"), bisect_right(ordered, f"{lamport:012d}~")
        found = {bytes.fromhex(name[13:77]) for name in ordered[low:high]}
        for index in self.packs.values():
            found.update(index.of_lamport(lamport))
        return {DiffRef(lamport, diff_id) for diff_id in found}

    def find(self, prefix: str) -> DiffRef:
        """The diff whose id starts with these hex digits. Raises AddressError: none, or several."""
        word = prefix.lower()
        if not word or set(word) - set("0123456789abcdef") or len(word) > 64:
            raise AddressError(f"{prefix!r} is no diff id: those are hex digits", suggestion="see: dark log")
        found = {ref for ref in self.newest_first() if ref.id.hex().startswith(word)}
        if len(found) == 1:
            return found.pop()
        if not found:
            raise AddressError(f"no diff {prefix}", suggestion="see: dark log")
        listed = tuple(ref.id.hex() for ref in sorted(found, reverse=True)[:10])
        raise AddressError(f"{len(found)} diffs start with {prefix}", details=listed, suggestion="give more digits")

    @property
    def lamports(self) -> Mapping[bytes, int]:
        """The lamport number of each diff that was handed out, looked up when it is asked for."""
        return _Lamports(self)

    def read(self, ref: DiffRef) -> Diff:
        """Raises CorruptionError, or CanvasError, if it cannot be read any more."""
        return wire.decode_diff(self.read_bytes(ref))

    def read_bytes(self, ref: DiffRef) -> bytes:
        for index in self.packs.values():
            nth = (
                index.find(ref.id) if index.lamports and index.lamports[0] <= ref.lamport <= index.lamports[-1] else -1
            )
            if nth >= 0:
                with suppress(FileNotFoundError):
                    return index.read(self.packs_folder, nth)
        try:
            data, _ = read_regular(self.diffs / diff_file(ref), most=MOST_DIFF_BYTES)
        except (OSError, ValueError) as error:
            raise CanvasError(
                f"cannot read diff {ref.id.hex()[:12]}: {error}", suggestion="run: dark doctor"
            ) from error
        if sha256(data).digest() != ref.id:
            raise CorruptionError(f"diffs/{diff_file(ref)} is damaged", suggestion="run: dark doctor")
        return data

    def _in_order(self) -> list[str]:
        if self._ordered is None:
            self._ordered = sorted(self.loose)
        return self._ordered


class _Lamports(Mapping[bytes, int]):
    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, diff_id: bytes) -> int:
        found = self._store.locate(diff_id)
        if found is None:
            raise KeyError(diff_id)
        return found.lamport

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._store.all_ids())

    def __len__(self) -> int:
        return len(self._store)


def _modified(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
