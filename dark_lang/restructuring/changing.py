"""From the tree before and the tree after to the writes of a draft: how every operation ends.

Must not know any operation. Invariant: what reaches the draft is in normal form, partials that an edit finished have
settled, and whoever made the edit is told what it did to names and what it left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, descend, positions_in, rebuild
from dark_lang.notation.addresses import label_of
from dark_lang.notation.printing import print_short
from dark_lang.notation.tokens import MAX_BRACKETS, MAX_DEPTH
from dark_lang.notation.trimming import trim
from dark_lang.records import dataclass
from dark_lang.restructuring.finishing import Known, first_gap_reached
from dark_lang.restructuring.normalizing import normalize
from dark_lang.restructuring.reconciling import reconcile
from dark_lang.restructuring.scoping import Binder, resolve
from dark_lang.restructuring.signatures import change_signature


@dataclass(frozen=True, slots=True)
class Changed:
    """What an operation did: where, which nodes to show, and sentences for its author."""

    toplevel: NodeId
    shown: tuple[NodeId, ...] = ()
    notes: tuple[str, ...] = ()


def commit(
    draft: Draft,
    known: Known,
    before: top.Toplevel,
    after: top.Toplevel,
    *,
    show: Iterable[NodeId] = (),
    notes: Iterable[str] = (),
) -> Changed:
    """Puts the tree `after` in place of `before`, with as few writes as the ids allow. RefusedError if it is too deep
    or holds a wrong sort."""
    said = list(notes)
    normal = normalize(after, draft.fresh, kept={id(node) for node in descend(before)})
    settled = settle(before, normal, known)
    said.extend(_left_out(after, normal, known))
    said.extend(f"the new code is finished and runs now: {text}" for text in settled.texts)
    said.extend(changed_names(before, settled.tree))
    _require_shallow(before, settled.tree)
    renewed = None
    if isinstance(before, top.Function) and isinstance(settled.tree, top.Function):
        renewed = change_signature(draft, known, before, settled.tree)
    now = reconcile(draft, before, settled.tree) if renewed is None else renewed.tree
    there = positions_in(now)
    shown = dict.fromkeys(settled.instead.get(node, node) for node in show)
    if renewed is not None:
        said.extend(renewed.notes)
        shown = dict.fromkeys(renewed.instead.get(node, node) for node in shown)
    return Changed(now.id, tuple(node for node in shown if node in there or node == now.id), tuple(said))


def _require_shallow(before: top.Toplevel, after: top.Toplevel) -> None:
    """What is deeper than the reader goes could be written, but not be read again. A merge may have made such a tree;
    then it can still be edited."""
    if _too_deep(after) and not _too_deep(before):
        raise RefusedError(
            f"the tree would be deeper than {MAX_DEPTH} nodes or {MAX_BRACKETS} brackets",
            suggestion="give a part of it a name first: dark extract ADDR NAME",
        )


def _too_deep(tree: top.Toplevel) -> bool:
    return not _is_flat(tree) and bool(trim(tree, lambda _: "")[1])


def _is_flat(tree: top.Toplevel) -> bool:
    """Whether it is too shallow for any limit, at a glance: no node brings more than two brackets."""
    level: list[Node] = [tree]
    for _ in range(MAX_BRACKETS // 2 - 1):
        level = [child for node in level for child in children_of(node)]
        if not level:
            return True
    return False


def _left_out(after: Node, normal: Node, known: Known) -> Iterable[str]:
    """Partials that would have stood inside another one lost a side; say which code that was."""
    partials = [node for node in descend(after) if isinstance(node, e.Partial)]
    if len(partials) < 2:
        return
    there = {node.id for node in descend(normal)}
    for partial in partials:
        if partial.id not in there:
            for side in (partial.new, partial.old):
                if side.id not in there:
                    yield f"partials do not nest; left out: {print_short(side, known.naming)}"


@dataclass(frozen=True, slots=True)
class Settled:
    tree: top.Toplevel
    texts: tuple[str, ...]
    instead: Mapping[NodeId, NodeId]  # a partial that settled -> what stands there now


def settle(before: top.Toplevel, after: top.Toplevel, known: Known) -> Settled:
    """Puts the new side in place of each partial whose new side this edit finished. One that was typed as a partial is
    taken as it stands, and one that a merge finished waits for `accept`."""
    partials = [node for node in descend(after) if isinstance(node, e.Partial)]
    if not partials:
        return Settled(after, (), {})
    earlier = {node.id: node.new for node in descend(before) if isinstance(node, e.Partial)}
    ripe = {
        partial.id: partial.new
        for partial in partials
        if (was := earlier.get(partial.id)) is not None
        and (was is not partial.new or first_gap_reached(was, before, known) is not None)
        and first_gap_reached(partial.new, after, known) is None
    }
    return _with_new_sides(after, ripe, known)


def settle_waiting(
    draft: Draft, known: Known, toplevel: NodeId, is_ripe: Callable[[e.Expression, top.Toplevel], bool]
) -> Changed | None:
    """The same for partials whose new side was finished by edits of other definitions, which `is_ripe` tells of a new
    side and the definition that it stands in. None if there is none."""
    tree = draft.tree(toplevel)
    ripe = {node.id: node.new for node in descend(tree) if isinstance(node, e.Partial) and is_ripe(node.new, tree)}
    settled = _with_new_sides(tree, ripe, known)
    notes = [f"the new code of {label_of(tree)} is finished and runs now: {text}" for text in settled.texts]
    return commit(draft, known, tree, settled.tree, show=settled.instead.values(), notes=notes) if ripe else None


def _with_new_sides(after: top.Toplevel, ripe: Mapping[NodeId, e.Expression], known: Known) -> Settled:
    if not ripe:
        return Settled(after, (), {})

    def take_new(node: Node) -> Node:
        return node.new if isinstance(node, e.Partial) and node.id in ripe else node

    texts = tuple(print_short(new, known.naming) for new in ripe.values())
    return Settled(rebuild(after, take_new), texts, {old: new.id for old, new in ripe.items()})


def changed_names(before: Node, after: Node) -> list[str]:
    """What the edit did to the meaning of variables that stand in both trees."""
    uses_before, uses_after = resolve(before), resolve(after)
    earlier = positions_in(before)
    said: dict[str, None] = {}
    for use, meant in uses_before.items():
        if meant is None or use not in uses_after:
            continue
        means = uses_after[use]
        if means is None:
            said[f"{meant.name} is not bound any more where it is used"] = None
        elif means.node != meant.node and (means.node in earlier or means.node == before.id):
            said[f"{meant.name} means another binding now"] = None
    return list(said)


def require_same_meaning(
    before: Node,
    after: Node,
    what: str,
    *,
    copies: Mapping[NodeId, NodeId] | None = None,
    unbound_too: bool = True,
) -> None:
    """RefusedError if a variable that stands in both trees, or whose copy does (`copies`: copy -> original), would
    mean something else after; or, with `unbound_too`, nothing."""
    uses_before = resolve(before)
    originals = copies or {}
    for use, means in resolve(after).items():
        meant: Binder | None = uses_before.get(originals.get(use, use))
        if meant is None or (means is None and not unbound_too):
            continue
        if means is None or originals.get(means.node, means.node) != meant.node:
            there = "nothing" if means is None else "another binding"
            raise RefusedError(
                f"{what} would change what {meant.name} means",
                details=(f"{meant.name} would mean {there} at one of its uses",),
                suggestion="choose another name, or rename the binding in between with `dark rename` first",
            )
