"""Whether code can run to its end, with all that it calls, and so which side of a Partial or a Conflict runs.

Must not know linked code. Invariant: answers follow from the snapshot alone and are kept for as long as it is;
functions that call each other in a circle are finished when nothing is missing in any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dark_lang.errors import AddressError
from dark_lang.library import STANDARD_CASES, STANDARD_TYPES, Library
from dark_lang.library_signatures import parse_signature
from dark_lang.names import Defined, NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of, find
from dark_lang.restructuring.finishing import Known, first_gap
from dark_lang.restructuring.scoping import resolve

if TYPE_CHECKING:
    from runtime.linking import CanvasView

KINDS: Mapping[Realm, type[top.Toplevel]] = {
    Realm.FUNCTION: top.Function,
    Realm.TYPE: top.Type,
    Realm.DATASTORE: top.Datastore,
    Realm.SWITCH: top.Switch,
    Realm.SECRET: top.Secret,
}


class Definitions:
    """What a snapshot and the library define (`restructuring.finishing.Known`)."""

    def __init__(self, canvas: CanvasView, library: Library) -> None:
        self.canvas = canvas
        self.library = library

    @property
    def naming(self) -> Naming:
        return self.canvas.naming

    def resolved(self, realm: Realm, ref: Ref) -> Ref:
        if isinstance(ref, Unresolved) and ref.text:
            return self.canvas.resolve(realm, ref.text)
        return ref

    def definition(self, ref: Ref) -> top.Toplevel | None:
        """What a reference to a definition of the canvas means, if that is not in the trash."""
        if not isinstance(ref, Defined):
            return None
        entry = self.canvas.entries.get(ref.id)
        if entry is None or not entry.alive:
            return None
        try:
            return self.canvas.tree(ref.id)
        except AddressError:
            return None

    def parameters(self, function: Ref) -> int | None:
        function = self.resolved(Realm.FUNCTION, function)
        if isinstance(function, Standard):
            standard = self.library.functions.get(function)
            return None if standard is None else len(parse_signature(standard).params)
        defined = self.definition(function)
        return len(defined.params) if isinstance(defined, top.Function) else None

    def case_values(self, type: Ref, case: str) -> int | None:  # noqa: A002 - the field's own word
        meant = self.resolved(Realm.TYPE, type)
        if isinstance(meant, Standard):
            standard = STANDARD_CASES.get(case)
            return standard[1] if standard is not None and standard[0] == meant.name else None
        defined = self.definition(meant)
        if not isinstance(defined, top.Type) or not isinstance(defined.definition, t.Enum):
            return None
        return next((len(found.args) for found in defined.definition.cases if found.name == case), None)

    def owner(self, label: str) -> NodeId | None:
        return self.canvas.labelled(label)

    def exists(self, realm: Realm, ref: Ref) -> bool:
        ref = self.resolved(realm, ref)
        if isinstance(ref, Standard):
            return ref in self.library.functions if realm is Realm.FUNCTION else ref.name in STANDARD_TYPES
        return isinstance(self.definition(ref), KINDS[realm])


class Finishing:
    """`known`: a snapshot (`Definitions`), or one with edits that are not recorded yet."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._local: dict[NodeId, frozenset[NodeId] | None] = {}

    def is_finished(self, root: Node, *, within: top.Toplevel | None = None, piped: bool = False) -> bool:
        """Whether nothing is missing in a node, or in what it calls. `within` is the definition that it stands in, if
        it is none itself; `piped`: it is a step of a pipe."""
        called = self._look(root, within or root, piped)
        if called is None:
            return False
        seen: set[NodeId] = set()
        work = list(called)
        while work:
            function = work.pop()
            if function in seen:
                continue
            seen.add(function)
            called = self._look_at(function)
            if called is None:
                return False
            work.extend(called)
        return True

    def partial_runs_new(self, tree: Node, partial: NodeId, *, piped: bool = False) -> bool:
        node = find(tree, partial)
        return isinstance(node, e.Partial) and self._is_side_finished(node.new, tree, piped)

    def conflict_side(
        self, tree: Node, conflict: NodeId, preferred: Mapping[NodeId, NodeId], *, piped: bool = False
    ) -> int:
        """What this host served before it came to the conflict; else the base or, if that is unfinished, the first
        alternative that is not."""
        node = find(tree, conflict)
        if not isinstance(node, e.Conflict):
            return 0
        sides = (node.base, *node.alternatives)
        served = preferred.get(conflict)
        for number, side in enumerate(sides):
            if side.id == served:
                return number
        return next((number for number, side in enumerate(sides) if self._is_side_finished(side, tree, piped)), 0)

    def _is_side_finished(self, side: Node, tree: Node, piped: bool) -> bool:
        return self.is_finished(side, within=tree, piped=piped)  # type: ignore[arg-type]

    def _look_at(self, function: NodeId) -> frozenset[NodeId] | None:
        if function not in self._local:
            tree = self._known.definition(Defined(function))
            self._local[function] = None if tree is None else self._look(tree, tree, False)
        return self._local[function]

    def _look(self, root: Node, tree: Node, piped: bool) -> frozenset[NodeId] | None:
        """The functions of the canvas that it mentions; None if something is missing in it."""
        if first_gap(root, resolve(tree), self._known, step=piped) is not None:
            return None
        return frozenset(self._mentioned(root))

    def _mentioned(self, root: Node) -> Iterator[NodeId]:
        work = [root]
        while work:
            node = work.pop()
            match node:
                case e.Partial(old=side) | e.Toggle(old=side):
                    work.append(side)
                    continue
                case e.Call(function=function) | e.FunctionRef(function=function):
                    ref = function
                    if isinstance(ref, Unresolved):
                        ref = self._known.naming.resolve(Realm.FUNCTION, ref.text)
                    if isinstance(ref, Defined):
                        yield ref.id
            work.extend(children_of(node))
