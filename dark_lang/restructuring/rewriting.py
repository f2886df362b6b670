"""A pattern and a template over all of a definition: `rewrite 'List::head_v0(?xs)' 'List::getAt_v1(?xs, 0)'`.

Inner matches are rewritten before outer ones, each place once, so that it always ends. Invariant: what a label matched
is moved, not made anew; code that ran before runs after (see `replacing`).
"""

from __future__ import annotations

from dark_lang.edits.drafting import Draft
from dark_lang.errors import RefusedError
from dark_lang.names import NodeId
from dark_lang.naming import Naming
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, rebuild
from dark_lang.notation.reading import read_expression
from dark_lang.records import dataclass
from dark_lang.restructuring.arities import HOLES
from dark_lang.restructuring.changing import Changed, commit, require_same_meaning
from dark_lang.restructuring.finishing import Known, first_gap_reached
from dark_lang.restructuring.matching import instantiate, labels, matches
from dark_lang.restructuring.partials import with_partials
from dark_lang.restructuring.surgery import NewId, changed, require, steps_in


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: e.Expression
    template: e.Expression
    for_steps: tuple[e.Call, e.Call] | None  # the same for a call that is a step of a pipe, without the first argument
    notes: tuple[str, ...]


def read_rule(pattern: str, template: str, known: Known, fresh: NewId) -> Rule:
    """RefusedError if the pattern matches everything, or the template has labels that the pattern lacks."""
    left, right = read_expression(pattern, known.naming, fresh), read_expression(template, known.naming, fresh)
    if isinstance(left.tree, HOLES):
        raise RefusedError("that pattern matches everything", suggestion="write the code that should change around it")
    unknown = [label for label in labels(right.tree) if label not in labels(left.tree)]
    notes = [repair.message for repair in (*left.repairs, *right.repairs)]
    notes.extend(f"?{label} is not in the pattern and stays a hole" for label in dict.fromkeys(unknown))
    return Rule(left.tree, right.tree, _for_steps(left.tree, right.tree), tuple(notes))


def _for_steps(pattern: e.Expression, template: e.Expression) -> tuple[e.Call, e.Call] | None:
    match pattern, template:
        case (
            e.Call(args=(e.Hole(label=label), *rest)),
            e.Call(args=(e.Hole(label=same_label), *others)),
        ) if label and label == same_label and labels(pattern).count(label) == labels(template).count(label) == 1:
            return changed(pattern, args=tuple(rest)), changed(template, args=tuple(others))
        case _:
            return None


def find_matches(root: Node, rule: Rule, known: Known) -> list[Node]:
    """The places that the pattern matches as the code is now, outer ones first."""
    steps, naming = steps_in(root), known.naming
    return [node for node in descend(root) if _match(node, node.id in steps, rule, naming) is not None]


def _match(node: Node, step: bool, rule: Rule, naming: Naming) -> dict[str, Node] | None:
    if not step:
        return matches(rule.pattern, node, naming)
    return None if rule.for_steps is None else matches(rule.for_steps[0], node, naming)


def rewrite(
    draft: Draft, known: Known, toplevel: NodeId, rule: Rule, *, inside: NodeId | None = None, now: bool = False
) -> Changed | None:
    """Rewrites all matches in a definition, or below one node of it; None if there are none."""
    before = draft.tree(toplevel)
    allowed = {node.id for node in descend(before if inside is None else require(before, inside))}
    steps, naming = steps_in(before), known.naming
    made: dict[NodeId, NodeId] = {}  # root of what a match became -> the node that it was
    copies: dict[NodeId, NodeId] = {}

    def change(node: Node) -> Node:
        if node.id not in allowed:
            return node
        step = node.id in steps
        bound = _match(node, step, rule, naming)
        if bound is None:
            return node
        template = rule.for_steps[1] if step and rule.for_steps is not None else rule.template
        new, copied = instantiate(template, bound, draft.fresh)
        copies.update(copied)
        made[new.id] = node.id
        return new

    after = rebuild(before, change)
    if not made:
        return None
    require_same_meaning(before, after, "the rewrite", copies=copies, unbound_too=False)
    kept = after
    if not now:

        def is_unfinished(node: Node) -> bool:
            return first_gap_reached(node, after, known) is not None

        kept = with_partials(before, after, made, known, draft.fresh, is_unfinished)
    count = len(made)
    notes = (*rule.notes, f"rewritten in {count} place{'' if count == 1 else 's'}")
    there = {node.id for node in descend(kept)}
    show = [new for new in made if new in there] or [node.id for node in descend(kept) if isinstance(node, e.Partial)]
    return commit(draft, known, before, kept, show=show, notes=notes)
