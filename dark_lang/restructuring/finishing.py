"""Whether code can run to its end: no hole, no unread text, nothing that does not fit, in it or in what it calls.

Must not know drafts, nor how it is found out what fits. Invariant: what
stands beside the side that runs (the new side of a Partial or a Toggle, the alternatives of a Conflict whose base is
finished) never counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from dark_lang.names import Defined, NodeId, Ref, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of
from dark_lang.restructuring.references import settled


class Program(Protocol):
    """What a program consists of, as far as it takes to tell whether code in it can run."""

    @property
    def naming(self) -> Naming: ...

    def misfits(self, definition: top.Toplevel) -> Mapping[NodeId, str]:
        """The nodes of a definition that behave as if a hole were around them, each with what is wrong, in words."""
        ...

    def advice(self, definition: top.Toplevel) -> Sequence[str]:
        """What to do about what does not fit in a definition, in words."""
        ...

    def definition(self, ref: Ref) -> top.Toplevel | None:
        """The definition of the canvas that is meant; None for the library's, and for what is not there."""
        ...


class Known(Program, Protocol):
    """What a program defines, as far as an edit needs to know it, and how the edit is meant."""

    def exists(self, realm: Realm, ref: Ref) -> bool: ...

    def owner(self, label: str) -> NodeId | None:
        """The definition that bears a label, spelled as in an address: `GET:/users/:id`, `Shop::total_v1`."""
        ...

    def users(self, definition: NodeId) -> Sequence[NodeId]:
        """The other definitions whose code mentions one."""
        ...

    @property
    def in_place(self) -> bool:
        """Whether a function changes for all who call it, even where their calls do not fit any more."""
        ...


def first_gap(root: Node, within: top.Toplevel, known: Program) -> str | None:
    """What is missing first, in words; None if nothing is. `within` is the definition that the root stands in: what
    fits depends on what is around it."""
    return first_gap_among(root, known.misfits(within))


def first_gap_reached(root: Node, within: top.Toplevel, known: Program) -> str | None:
    """What is missing first in a node or in the functions that it calls, and those call, on the sides that run."""
    gap = first_gap(root, within, known)
    seen: set[NodeId] = set()
    work = [root]
    while gap is None and work:
        for called in mentioned(work.pop(), known.naming, running_only=True):
            function = within if called == within.id else known.definition(Defined(called))
            if called in seen or function is None:
                continue
            seen.add(called)
            work.append(function)
            missing = first_gap(function, function, known)
            if missing is not None:
                return f"{known.naming.name_of(Realm.FUNCTION, Defined(called))} is unfinished: {missing}"
    return gap


def mentioned(root: Node, naming: Naming, *, running_only: bool) -> Iterator[NodeId]:
    """The functions of the canvas that code mentions; `running_only`: not those in sides that are still new."""
    work = [root]
    while work:
        node = work.pop()
        match node:
            case e.Partial(old=side) | e.Toggle(old=side) if running_only:
                work.append(side)
                continue
            case e.Call(function=ref) | e.FunctionRef(function=ref):
                meant = settled(naming, Realm.FUNCTION, ref)
                if isinstance(meant, Defined):
                    yield meant.id
        work.extend(children_of(node))


def first_gap_among(root: Node, misfits: Mapping[NodeId, str]) -> str | None:
    """The same where it is known already what does not fit."""
    work: list[Node] = [root]
    while work:
        node = work.pop()
        gap = _gap(node) or misfits.get(node.id)
        if gap is not None:
            return gap
        match node:
            case e.Partial(old=old) | e.Toggle(old=old):
                work.append(old)
            case e.Conflict(base=base, alternatives=alternatives):
                sides = (base, *alternatives)
                # Sides are searched twice; conflicts inside conflicts are rare and few.
                work.append(next((side for side in sides if first_gap_among(side, misfits) is None), base))
            case _:
                work.extend(reversed(children_of(node)))
    return None


def _gap(node: Node) -> str | None:
    match node:
        case e.Hole(label=label) | p.Hole(label=label) | t.Hole(label=label):
            return f"the hole ?{label}"
        case e.Unread(text=text) | p.Unread(text=text) | t.Unread(text=text):
            return f"text that could not be read: {text}"
        case p.Conflict() | t.Conflict():
            return "a conflict"
        case e.Field(label=None) | e.FieldAccess(label=None) | p.FieldPattern(label=None) | t.FieldType(label=None):
            return "a label that is missing"
        case _:
            return None


def spell(known: Known, realm: Realm, ref: Ref) -> str:
    return ref.text if isinstance(ref, Unresolved) else known.naming.name_of(realm, ref)
