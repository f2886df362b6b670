"""Questions about a canvas: what refers to what, what calls what, what has a newer version, where some words stand.

Must not know how answers are shown. Invariant: all is computed from one snapshot, and a definition that is gone is
never part of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.realms import REFERENCES
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.records import dataclass
from runtime.referring import keys_of

if TYPE_CHECKING:
    from runtime.canvas import Canvas
    from runtime.entries import Entry


VERSIONED = (top.Function, top.Type, top.Datastore)


@dataclass(frozen=True, slots=True)
class Use:
    """A node that refers to something."""

    toplevel: NodeId
    node: NodeId
    realm: Realm
    ref: Ref


@dataclass(frozen=True, slots=True)
class Outdated:
    use: Use
    newer: Ref
    reason: str  # why the one that is used is deprecated; "" if it only has a successor


def alive(canvas: Canvas) -> list[NodeId]:
    """The toplevels of the canvas that are not in the trash, by label."""
    entries = canvas.entries
    return sorted((each for each in entries if entries[each].alive), key=lambda each: entries[each].label)


def reference_in(node: Node) -> tuple[Realm, Ref] | None:
    """What a node refers to by itself, not by what is below it."""
    reference = REFERENCES.get(type(node))
    return None if reference is None else (reference[1], getattr(node, reference[0]))


def uses_in(canvas: Canvas, toplevel: NodeId) -> Iterator[Use]:
    """What a toplevel refers to, in the order of its text; names that were unknown once, as what they mean by now."""
    content = canvas.content(toplevel)
    found = _references.get(content)
    if found is None:
        if len(_references) >= ROOM:
            _references.clear()
        found = _references[content] = _references_in(canvas.tree(toplevel))
    for node, realm, ref in found:
        yield Use(toplevel, node, realm, canvas.resolve(realm, ref.text) if isinstance(ref, Unresolved) else ref)


ROOM = 50_000
_references: dict[bytes, tuple[tuple[NodeId, Realm, Ref], ...]] = {}
"""By content, so that a server that is asked again decodes nothing. Shared by threads: a lost entry is made anew."""


def _references_in(tree: Node) -> tuple[tuple[NodeId, Realm, Ref], ...]:
    return tuple((node.id, *found) for node in descend(tree) if (found := reference_in(node)) is not None)


def uses_of(canvas: Canvas, target: Ref) -> list[Use]:
    """Where something is referred to, in the whole canvas."""
    users = _users(canvas, target.id) if isinstance(target, Defined) else alive(canvas)
    return [use for toplevel in users for use in uses_in(canvas, toplevel) if use.ref == target]


def users_of(canvas: Canvas, definition: NodeId, entries: Iterable[Entry | None]) -> list[NodeId]:
    """The toplevels that may refer to a definition, as it is and is called in those entries. Decodes nothing."""
    return [each for each in canvas.referring(keys_of(definition, entries)) if canvas.entries[each].alive]


def _users(canvas: Canvas, definition: NodeId) -> list[NodeId]:
    found = users_of(canvas, definition, [canvas.entries.get(definition)])
    return sorted(found, key=lambda each: canvas.entries[each].label)


def mentions(tree: Node, target: Ref, naming: Naming) -> bool:
    """Whether a tree refers to something; `naming` says what names without an identity mean."""
    for _, realm, ref in _references_in(tree):
        if (naming.resolve(realm, ref.text) if isinstance(ref, Unresolved) else ref) == target:
            return True
    return False


def variable_uses(canvas: Canvas, toplevel: NodeId, node: NodeId) -> list[NodeId]:
    """The variables that mean what the pattern or parameter `node` binds."""
    from dark_lang.restructuring.scoping import resolve  # late: questions about names in one toplevel only

    return [use for use, binder in resolve(canvas.tree(toplevel)).items() if binder is not None and binder.node == node]


def callers_of(canvas: Canvas, target: NodeId) -> list[tuple[int, NodeId]]:
    """The toplevels that refer to a definition, with how many steps away: 1 directly, 2 through one of those …"""
    found: list[tuple[int, NodeId]] = []
    seen = {target}
    level, step = [target], 1
    while level:
        after = {use.toplevel for each in level for use in uses_of(canvas, Defined(each))} - seen
        seen |= after
        level = sorted(after, key=lambda each: canvas.entries[each].label)
        found.extend((step, each) for each in level)
        step += 1
    return found


def dependencies_of(canvas: Canvas, target: NodeId, *, deep: bool) -> list[tuple[int, Ref, Realm]]:
    """What a toplevel refers to, once each; `deep`: and what that refers to, with how many steps away."""
    found: list[tuple[int, Ref, Realm]] = []
    seen: set[Ref] = {Defined(target)}
    level, step = [target], 1
    while level:
        following: list[NodeId] = []
        for toplevel in level:
            for use in uses_in(canvas, toplevel):
                if use.ref in seen:
                    continue
                seen.add(use.ref)
                found.append((step, use.ref, use.realm))
                if isinstance(use.ref, Defined) and is_alive(canvas, use.ref.id):
                    following.append(use.ref.id)
        level, step = (following if deep else []), step + 1
    return found


def is_alive(canvas: Canvas, toplevel: NodeId) -> bool:
    entry = canvas.entries.get(toplevel)
    return entry is not None and entry.alive


def versions_of(canvas: Canvas, name: str) -> list[tuple[int, Ref]]:
    """The versions of everything that bears this name (without a version): `Shop::total`, `User`, `Users`."""
    found: list[tuple[int, Ref]] = [
        (identity.version, identity) for identity in canvas.library.functions if identity.name == name
    ]
    found.extend(
        (entry.version, Defined(entry.id))
        for entry in canvas.entries.values()
        if entry.alive and entry.name == name and entry.kind in VERSIONED
    )
    return sorted(found, key=lambda item: item[0])


def outdated_uses(canvas: Canvas) -> list[Outdated]:
    """Uses of functions, types and datastores that have a newer version, and of those that are deprecated."""
    newest = _newest(canvas)
    found = []
    for toplevel in alive(canvas):
        for use in uses_in(canvas, toplevel):
            if isinstance(use.ref, Standard) and use.realm is Realm.FUNCTION:
                function = canvas.library.functions.get(use.ref)
                newer = canvas.library.newest.get(use.ref.name)
                if function is not None and function.deprecated is not None:
                    found.append(Outdated(use, function.deprecated.successor, function.deprecated.reason))
                elif newer is not None and newer != use.ref:
                    found.append(Outdated(use, newer, ""))
            elif isinstance(use.ref, Defined) and newest.get(use.ref.id, use.ref.id) not in (use.ref.id, toplevel):
                found.append(Outdated(use, Defined(newest[use.ref.id]), ""))
    return found


def nodes_like(canvas: Canvas, pattern: Node) -> Iterator[tuple[NodeId, Node]]:
    """The nodes that a pattern fits, in which a hole with a label stands for anything, and the same label for the same:
    toplevel, node."""
    from dark_lang.restructuring.matching import matches  # late: other questions match nothing

    for toplevel in alive(canvas):
        for node in descend(canvas.tree(toplevel)):
            if matches(pattern, node, canvas.naming) is not None:
                yield toplevel, node


def lines_with(canvas: Canvas, words: str) -> Iterator[tuple[NodeId, NodeId, str]]:
    """The lines of code, addresses and docs that contain the words, whatever their case: toplevel, node, the line."""
    from dark_lang.notation.printing import print_lines  # late: other questions print nothing

    wanted = words.casefold()
    for toplevel in alive(canvas):
        tree = canvas.tree(toplevel)
        if wanted in canvas.entries[toplevel].label.casefold():
            yield toplevel, toplevel, canvas.entries[toplevel].label
        for line in tree.doc.splitlines():
            if wanted in line.casefold():
                yield toplevel, toplevel, line.strip()
        for index, printed in enumerate(print_lines(tree, canvas.naming, width=100)):
            if index and wanted in printed.text.casefold():
                yield toplevel, printed.node, printed.text.strip()


def _newest(canvas: Canvas) -> dict[NodeId, NodeId]:
    """For each definition of which there are several versions, the newest one."""
    named: dict[tuple[type[Node], str], list[tuple[int, NodeId]]] = {}
    for entry in canvas.entries.values():
        if entry.alive and entry.kind in VERSIONED:
            named.setdefault((entry.kind, entry.name), []).append((entry.version, entry.id))
    return {each: max(versions)[1] for versions in named.values() if len(versions) > 1 for _, each in versions}
