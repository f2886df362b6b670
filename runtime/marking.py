"""What is unfinished or does not fit in a canvas, as far as that can be told without types: holes, unread text,
unknown names, wrong numbers of arguments, conflicts.

Must not know how marks are shown. Invariants: every function here is total; a mark names the smallest node that
explains it; nothing is stored, all is computed from a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from dark_lang.edits.grown import Disagreement
from dark_lang.edits.grown import Kind as DisagreementKind
from dark_lang.library import STANDARD_TYPES
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import suggest
from dark_lang.records import dataclass
from dark_lang.restructuring.scoping import resolve, scope_at
from runtime.asking import alive, uses_in
from runtime.finishing import KINDS, Definitions

if TYPE_CHECKING:
    from runtime.canvas import Canvas


CONFLICTS = (e.Conflict, p.Conflict, t.Conflict)


class Kind(Enum):
    HOLE = "hole"
    UNREAD = "unread"
    UNKNOWN = "unknown"
    ARITY = "arity"
    CONFLICT = "conflict"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Mark:
    toplevel: NodeId
    node: NodeId
    kind: Kind
    sentence: str  # what is wrong there, with a near name if there is one


def marks_in(canvas: Canvas, toplevel: NodeId) -> list[Mark]:
    """All marks and holes of a toplevel that is alive, in the order of its text."""
    tree = canvas.tree(toplevel)
    variables = resolve(tree)
    known = Definitions(canvas, canvas.library)
    found: list[Mark] = []
    shown: set[NodeId] = set()
    present: set[NodeId] = set()
    for node, piped in _with_pipes(tree):
        present.add(node.id)
        if isinstance(node, CONFLICTS):
            shown.add(node.id)
        for kind, sentence in _judge(known, tree, node, piped, variables):
            found.append(Mark(toplevel, node.id, kind, sentence))
    disagreeing = [
        _disagreeing(canvas.entries[toplevel].label, toplevel, disagreement, disagreement.node in present)
        for disagreement in canvas.materialized(toplevel).conflicts
        if disagreement.node not in shown  # the tree tells of those, and of each once
    ]
    return found + sorted(disagreeing, key=lambda mark: (mark.node, mark.sentence))


def _disagreeing(label: str, toplevel: NodeId, disagreement: Disagreement, present: bool) -> Mark:
    """What is not in the tree any more has no address: then the mark is at the definition, and says how to go on."""
    if present:
        how = "; dark set settles it" if disagreement.kind is DisagreementKind.SCALAR else ""
        return Mark(toplevel, disagreement.node, Kind.CONFLICT, disagreement.what + how)
    diff = f"{max(disagreement.writes).diff:016x}"[:8]
    sentence = (
        f"a part was deleted by diff {diff} while another edit changed it; "
        f"dark undo {diff} brings it back, dark resolve {label} current lets it go"
        if disagreement.kind is DisagreementKind.DELETED_MODIFIED
        else f"a part is gone: {disagreement.what}; dark resolve {label} current leaves it so"
    )
    return Mark(toplevel, toplevel, Kind.CONFLICT, sentence)


def _about_trash(canvas: Canvas) -> Iterator[Mark]:
    """Whole definitions that one edit deleted and another changed."""
    for entry in sorted(canvas.deleted(), key=lambda entry: entry.label):
        for disagreement in canvas.materialized(entry.id).conflicts:
            if disagreement.node == entry.id and disagreement.kind is DisagreementKind.DELETED_MODIFIED:
                how = f"dark restore {entry.label} brings it back, and to delete it again lets it go"
                sentence = f"deleted while another edit changed it; {how}"
                yield Mark(entry.id, entry.id, Kind.CONFLICT, sentence)


def all_marks(canvas: Canvas) -> Iterator[Mark]:
    for entry in sorted(canvas.alive(), key=lambda entry: entry.label):
        yield from marks_in(canvas, entry.id)
    yield from _about_trash(canvas)


def marks_of_touched(canvas: Canvas, touched: Iterable[NodeId]) -> list[Mark]:
    """The marks of those of the toplevels that are alive."""
    entries = canvas.entries
    present = [toplevel for toplevel in sorted(touched) if toplevel in entries and entries[toplevel].alive]
    return [mark for toplevel in present for mark in marks_in(canvas, toplevel)]


def new_trouble(before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> list[Mark]:
    """The marks in the touched toplevels that were not there before."""
    touched = list(touched)
    known = {(mark.node, mark.kind) for mark in marks_of_touched(before, touched)}
    return [mark for mark in marks_of_touched(after, touched) if (mark.node, mark.kind) not in known]


MANY = 2_000  # definitions, among which it takes too long to look for uses after each edit


def affected(before: Canvas, after: Canvas, touched: Iterable[NodeId]) -> set[NodeId]:
    """The toplevels whose marks an edit may have changed: those that it touched, and those that use what it made,
    deleted, or gave another signature. In a canvas of many definitions only the former."""
    found = set(touched)
    changed = {Defined(each) for each in found if _is_seen_changed(before, after, each)}
    if changed and len(after.entries) <= MANY:
        found.update(each for each in alive(after) if any(use.ref in changed for use in uses_in(after, each)))
    return found


def _is_seen_changed(before: Canvas, after: Canvas, toplevel: NodeId) -> bool:
    """Whether a definition looks different to those who use it."""
    old, new = before.entries.get(toplevel), after.entries.get(toplevel)
    if old is None or new is None:
        return False  # it was made just now: nobody uses it
    if old.alive != new.alive:
        return True
    was, now = before.tree(toplevel), after.tree(toplevel)
    if isinstance(was, top.Function) and isinstance(now, top.Function):
        return len(was.params) != len(now.params)
    return isinstance(now, top.Type)


def _with_pipes(root: Node) -> Iterator[tuple[Node, bool]]:
    """Each node with whether it is a step of a pipe, which lacks its first argument."""
    steps: set[NodeId] = set()
    for node in descend(root):
        if isinstance(node, e.Pipe):
            for step in node.steps:
                while isinstance(step, e.Try):
                    step = step.value
                steps.add(step.id)
        yield node, node.id in steps


def _judge(
    known: Definitions, tree: Node, node: Node, piped: bool, variables: Mapping[NodeId, object]
) -> Iterator[tuple[Kind, str]]:
    match node:
        case e.Hole(label=label) | p.Hole(label=label) | t.Hole(label=label):
            yield Kind.HOLE, f"hole ?{label}" if label else "hole"
        case e.Unread(text=text) | p.Unread(text=text) | t.Unread(text=text):
            yield Kind.UNREAD, f"text that could not be read: {_clip(text)}"
        case e.Conflict() | p.Conflict() | t.Conflict():  # what they replaced, its base, is not one of them
            yield Kind.CONFLICT, f"{_count(len(node.alternatives), 'edit')} disagree here"
        case e.Variable(name=name):
            if variables.get(node.id) is None:
                yield Kind.UNKNOWN, _unknown("name", name, scope_at(tree, node.id))
        case e.Call(function=ref, args=args):
            yield from _judge_function(known, ref, len(args) + piped)
        case e.FunctionRef(function=ref):
            yield from _judge_function(known, ref, None)
        case e.Construct(type=ref, case=case, args=args) | p.Constructor(type=ref, case=case, args=args):
            yield from _judge_case(known, ref, case, len(args))
        case e.DatastoreRef(datastore=ref):
            yield from _judge_name(known, Realm.DATASTORE, "datastore", ref)
        case e.Toggle(switch=ref):
            yield from _judge_name(known, Realm.SWITCH, "switch", ref)
        case e.SecretRef(secret=ref):
            yield from _judge_name(known, Realm.SECRET, "secret", ref)
        case t.Named(type=ref, args=args):
            yield from _judge_type(known, ref, len(args))
        case e.Record() | e.RecordUpdate():
            yield from _judge_labels(node)
        case e.FieldAccess(label=None):
            yield Kind.HOLE, "a label is missing"
        case _:
            return


def _judge_function(known: Definitions, ref: Ref, given: int | None) -> Iterator[tuple[Kind, str]]:
    name = known.naming.name_of(Realm.FUNCTION, ref)
    wanted = known.parameters(ref)
    if wanted is None:
        yield Kind.UNKNOWN, _missing(known, Realm.FUNCTION, "function", ref, _names(known, Realm.FUNCTION))
    elif given is not None and given != wanted:
        yield Kind.ARITY, f"{name} takes {_count(wanted, 'argument')}, and gets {given}"


def _judge_case(known: Definitions, ref: Ref, case: str, given: int) -> Iterator[tuple[Kind, str]]:
    if isinstance(ref, Unresolved) and not ref.text:
        ref = known.naming.resolve_case(case)
    wanted = known.case_values(ref, case)
    if wanted is None:
        yield Kind.UNKNOWN, f"no type has a case {case}, or several have"
    elif given != wanted:
        yield Kind.ARITY, f"{case} holds {_count(wanted, 'value')}, and gets {given}"


def _judge_type(known: Definitions, ref: Ref, given: int) -> Iterator[tuple[Kind, str]]:
    name = known.naming.name_of(Realm.TYPE, ref)
    ref = known.resolved(Realm.TYPE, ref)
    wanted: int | None = None
    if isinstance(ref, Standard):
        wanted = STANDARD_TYPES.get(ref.name)
    elif isinstance(definition := known.definition(ref), top.Type):
        wanted = len(definition.params)
    if wanted is None:
        yield Kind.UNKNOWN, _missing(known, Realm.TYPE, "type", ref, [*STANDARD_TYPES, *_names(known, Realm.TYPE)])
    elif given != wanted:
        yield Kind.ARITY, f"{name} takes {_count(wanted, 'type')}, and gets {given}"


def _judge_name(known: Definitions, realm: Realm, what: str, ref: Ref) -> Iterator[tuple[Kind, str]]:
    if not known.exists(realm, ref):
        yield Kind.UNKNOWN, _missing(known, realm, what, ref, _names(known, realm))


def _judge_labels(node: e.Record | e.RecordUpdate) -> Iterator[tuple[Kind, str]]:
    labels = [field.label for field in node.fields]
    for label in dict.fromkeys(labels):
        if label is None:
            yield Kind.HOLE, "a label is missing"
        elif labels.count(label) > 1:
            yield Kind.DOUBLE, f"the label {label} is given twice"


def _names(known: Definitions, realm: Realm) -> list[str]:
    """What might have been meant by an unknown name."""
    kind = KINDS[realm]
    alive = [Defined(each) for each, entry in known.canvas.entries.items() if entry.alive and entry.kind is kind]
    names = [known.naming.name_of(realm, ref) for ref in alive]
    return [*names, *known.library.newest] if realm is Realm.FUNCTION else names


def _missing(known: Definitions, realm: Realm, what: str, ref: Ref, names: list[str]) -> str:
    """What is to be said of a reference to nothing."""
    gone = known.canvas.entries.get(ref.id) if isinstance(ref, Defined) else None
    if gone is not None and not gone.alive:
        return f"the {what} {gone.label} is in the trash"
    return _unknown(what, known.naming.name_of(realm, ref), names)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    near = suggest(name, list(known))
    return f"unknown {what} {name}" + (f"; did you mean {near}?" if near else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _clip(text: str, width: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
