"""`dark pack`: puts the loose diffs of every range that is over into packs, so that folders stay small.

Must not know folding. Invariants: at every moment each diff is in some durable file; a loose file goes only when its
pack is durable and was read back; a pack goes only when another holds all of it.
"""

from __future__ import annotations

from collections.abc import Callable

from dark_lang.errors import CanvasError, CorruptionError
from dark_lang.records import dataclass
from runtime.store.diffs import Store
from runtime.store.files import read_diff_name, read_pack_name, read_regular, sync_folder, write_durably
from runtime.store.packs import MOST_BYTES, RANGE, is_whole, pack_content


@dataclass(frozen=True, slots=True)
class Packed:
    """What packing did."""

    packs: tuple[str, ...]  # written, by name
    diffs: int  # that they hold
    loose_removed: int
    packs_removed: int


def pack(store: Store, *, before: int, progress: Callable[[int, int], None] | None = None) -> Packed:
    """Packs the ranges that end at or before the lamport number `before`. Needs the store's lock, and a store that was
    just scanned. Raises CanvasError; whatever was done until then stands, and is sound."""
    ranges: dict[int, list[str]] = {}
    for name in store.loose:
        ref = read_diff_name(name)
        if ref is not None and (ref.lamport // RANGE + 1) * RANGE <= before:
            ranges.setdefault(ref.lamport // RANGE, []).append(name)
    several = _ranges_with_several_packs(store)
    written: list[str] = []
    diffs = loose_removed = packs_removed = 0
    todo = sorted(ranges.keys() | several)
    for done, number in enumerate(todo):
        if progress is not None:
            progress(done, len(todo))
        try:
            name, count, removed = _pack_range(store, number, ranges.get(number, []))
        except OSError as error:
            raise CanvasError(f"packing stopped: {error.strerror or error}", suggestion="nothing is lost") from error
        written.append(name)
        diffs += count
        loose_removed += len(ranges.get(number, []))
        packs_removed += removed
    return Packed(tuple(written), diffs, loose_removed, packs_removed)


def _ranges_with_several_packs(store: Store) -> set[int]:
    """Of which clones packed on their own."""
    seen: set[int] = set()
    several: set[int] = set()
    for name in store.packs:
        ref = read_pack_name(name)
        if ref is not None:
            (several if ref.start // RANGE in seen else seen).add(ref.start // RANGE)
    return several


def _pack_range(store: Store, number: int, loose: list[str]) -> tuple[str, int, int]:
    old = [name for name in store.packs if (ref := read_pack_name(name)) and ref.start // RANGE == number]
    held: list[tuple[int, bytes, bytes]] = []
    for name in old:
        index = store.packs[name]
        folder = store.packs_folder
        held += [(index.lamports[nth], index.diff_id(nth), index.read(folder, nth)) for nth in range(len(index))]
    for loose_name in loose:
        diff = read_diff_name(loose_name)
        if diff is not None:
            held.append((diff.lamport, diff.id, store.read_bytes(diff)))
    name, content = pack_content(held)
    path = store.packs_folder / name
    if name not in store.packs:
        store.packs_folder.mkdir(exist_ok=True)
        write_durably(path, content, staging=store.staging)
        again, _ = read_regular(path, most=MOST_BYTES)
        if not is_whole(name, again):
            raise CorruptionError(
                f"diffs/packs/{name} reads back other than it was written", suggestion="see to the disk"
            )
        store.took_pack(name, content)
    present = set(store.packs[name].all_ids())
    if loose:
        # A writer that has not looked since would ask for these files by the names in the journal, and miss the pack.
        store.journal.forget()
    for loose_name in loose:
        (store.diffs / loose_name).unlink(missing_ok=True)
    if loose:
        sync_folder(store.diffs)
    # A pack with diffs in it that are not for us (a newer format, say) holds what no pack of ours does: it stays.
    covered = [each for each in old if each != name and not store.packs[each].refused]
    covered = [each for each in covered if present.issuperset(store.packs[each].all_ids())]
    for other in covered:
        (store.packs_folder / other).unlink(missing_ok=True)
    if covered:
        sync_folder(store.packs_folder)
    return name, len(present), len(covered)
