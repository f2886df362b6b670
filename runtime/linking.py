"""Linked code: the definitions of one snapshot as Python functions that call each other directly.

Each definition is compiled once per content, whatever snapshot it is in, and linked once per snapshot, when it is first
needed: its code gets globals of its own, in which the names that it needs are bound to the snapshot's definitions, to
the library's functions, and to the sides that run. So no request mixes old code with new. There are two families:
*clean* code (`typed_code`), which trusts its types and calls the library's functions as they are, and dynamic code,
which may meet anything and calls them behind checks of their arguments. Neither calls the other. Must not know requests
or limits. Invariants: linking never fails for what a program says; what a name cannot be
bound to is a failure at the node that uses it, when it runs; no limit of a run ends linking half way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from threading import RLock
from types import FunctionType
from typing import Any, Final, Protocol

from dark_lang.checking.decoders import NotDecodableError, decoder_of
from dark_lang.compiling.compiled import NODES, PROBLEMS, SITES, TITLE, Compiled, Need, NeedKind
from dark_lang.compiling.support import SUPPORT
from dark_lang.compiling.translating import compile_toplevel
from dark_lang.errors import Failed
from dark_lang.library import STANDARD_CASES, Library
from dark_lang.names import NodeId, Ref, Standard, Unresolved
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.notation.addresses import label_of, suggest
from dark_lang.records import NamedTuple
from dark_lang.types import UNKNOWN
from dark_lang.values.model import DatastoreValue, Value
from runtime.checking import Checks
from runtime.current import prepared
from runtime.definitions import Definitions
from runtime.finishing import Finishing
from runtime.standard import Standards
from runtime.switching import side_chooser
from runtime.typed_code import Clean, Types


class EntryView(Protocol):
    @property
    def alive(self) -> bool: ...


class CanvasView(Protocol):
    """What linking asks of a snapshot. `tree` and `content` raise AddressError for what never was."""

    @property
    def entries(self) -> Mapping[NodeId, Any]: ...  # of EntryView; Any, since mappings are invariant in their values
    @property
    def preferred(self) -> Mapping[NodeId, NodeId]: ...
    @property
    def naming(self) -> Naming: ...
    def tree(self, toplevel: NodeId, /) -> top.Toplevel: ...
    def content(self, toplevel: NodeId, /) -> bytes: ...
    def resolve(self, realm: Realm, text: str, /) -> Ref: ...
    def labels(self) -> list[str]: ...
    def labelled(self, label: str, /) -> NodeId | None: ...


class CodeCache:
    """Compiled definitions by content and, for clean code, by their types. One for a whole process; old ones make
    room."""

    def __init__(self, size: int = 20_000) -> None:
        self._kept: dict[tuple[bytes, bytes | int], Compiled] = {}
        self._size = size

    def typed(self, toplevel: top.Toplevel, content: bytes, types: Types, key: bytes) -> Compiled:
        """Clean code. `key` differs if the types do."""
        return self._compiled((content, key), lambda: compile_toplevel(toplevel, types))

    def dynamic(self, toplevel: top.Toplevel, content: bytes, misfits: Mapping[NodeId, str]) -> Compiled:
        """Code that may meet anything."""
        key = hash(frozenset(misfits.items())) if misfits else 0
        return self._compiled((content, key), lambda: compile_toplevel(toplevel, misfits=misfits))

    def _compiled(self, key: tuple[bytes, bytes | int], compile_: Callable[[], Compiled]) -> Compiled:
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= self._size:
                for old in list(self._kept)[: self._size // 4]:
                    self._kept.pop(old, None)
            found = self._kept[key] = compile_()
        return found


_ROOM: Final = 2_000  # frames that linking may take when it is asked for by code that has used up most of its own


class Linker:
    """The runnable side of one snapshot."""

    def __init__(
        self, canvas: CanvasView, library: Library, cache: CodeCache | None = None, checks: Checks | None = None
    ) -> None:
        self.canvas = canvas
        self.library = library
        self.checks = checks or Checks(canvas, library)
        self._definitions = Definitions(canvas, self.checks)
        self.finishing = Finishing(self._definitions)
        self._cache = cache or CodeCache()
        self._standards = Standards.of(library)
        self.clean = Clean(self._definitions, self.checks)
        self._linked: dict[tuple[NodeId, bool], FunctionType] = {}  # by definition, and whether the code is clean
        self._reaching: dict[Standard, FunctionType | None] = {}
        self._lock = RLock()

    def callable_for(self, toplevel: NodeId) -> Callable[..., Value]:
        """A Python function that runs a definition: a function's takes its parameters, an HTTP handler's `request` and
        its route's variables, a worker's `event`, others nothing. Raises AddressError if there never was such a one."""
        clean = self.clean.is_clean(toplevel)
        function = self._linked_in(toplevel, clean)
        tree = self.canvas.tree(toplevel)
        return self._entrance(tree, function) if clean and isinstance(tree, top.Function) else function

    def _entrance(self, tree: top.Function, function: FunctionType) -> Callable[..., Value]:
        """Clean code from outside: its arguments are asked first."""

        def enter(*args: Value) -> Value:
            if len(args) != len(tree.params):
                raise _miscounted(label_of(tree), len(tree.params), len(args))
            self.clean.check_arguments(tree, args)
            return function(*args)

        return enter

    def _linked_in(self, toplevel: NodeId, clean: bool) -> FunctionType:
        return self._linked.get((toplevel, clean)) or self._link(toplevel, clean)

    def finished(self, toplevel: NodeId) -> bool:
        """Whether it can run to its end: nothing is missing in it or in what it calls."""
        tree = self.canvas.tree(toplevel)
        return self.finishing.is_finished(tree, within=tree)

    def link_code(self, compiled: Compiled, root: top.Toplevel) -> Callable[..., Value]:
        """Code that is no definition of the canvas (a condition, an expression of a shell) as a function. What Partials
        and Conflicts stand for in it is looked up below `root`."""
        with self._lock:
            waiting: list[_Waiting] = []
            function = self._begin(compiled, root, False, waiting)
            self._finish(waiting)
            return function

    def _link(self, toplevel: NodeId, clean: bool) -> FunctionType:
        with self._lock:
            found = self._linked.get((toplevel, clean))
            if found is not None:
                return found
            before = sys.getrecursionlimit()
            sys.setrecursionlimit(before + _ROOM)
            try:
                waiting: list[_Waiting] = []
                function = self._define(toplevel, clean, waiting)
                self._finish(waiting)
            finally:
                sys.setrecursionlimit(before)
            return function

    def _define(self, toplevel: NodeId, clean: bool, waiting: list[_Waiting]) -> FunctionType:
        tree = self.canvas.tree(toplevel)
        content = self.canvas.content(toplevel)
        if clean:
            compiled = self._cache.typed(tree, content, *self.clean.types_of(toplevel))
        else:
            compiled = self._cache.dynamic(tree, content, self.checks.misfits(tree))
        function = self._begin(compiled, tree, clean, waiting)
        # Known before what it needs is bound, so that functions that mention each other find each other.
        self._linked[toplevel, clean] = function
        return function

    def _begin(self, compiled: Compiled, tree: top.Toplevel, clean: bool, waiting: list[_Waiting]) -> FunctionType:
        names: dict[str, Any] = {
            "__builtins__": SUPPORT,
            NODES: compiled.nodes,
            SITES: compiled.sites,
            PROBLEMS: {},
            TITLE: label_of(tree),
            **compiled.constants,
        }
        exec(compiled.code, names)
        waiting.append(_Waiting(compiled, names, tree, clean))
        function: FunctionType = names["main"]
        return function

    def _finish(self, waiting: list[_Waiting]) -> None:
        """Binds what code needs. Functions that are needed as values are linked at once, and join the queue."""
        while waiting:
            code = waiting.pop()
            names = code.names
            for name, need in code.compiled.needs.items():
                try:
                    names[name] = self._bound(name, need, code, waiting)
                except _UnboundError as error:
                    if need.kind is NeedKind.CALL:
                        names[name] = _failing(error.failure)
                    else:
                        names[PROBLEMS][name] = error.failure

    def _bound(self, name: str, need: Need, code: _Waiting, waiting: list[_Waiting]) -> Any:
        tree = code.tree
        match need.kind:
            case NeedKind.CALL:
                return self._called(name, need, code)
            case NeedKind.FUNCTION:
                return self._function(need, code, waiting)
            case NeedKind.CASE:
                return self._case(need)
            case NeedKind.DATASTORE:
                return self._datastore(need)
            case NeedKind.SECRET:
                spelled = self._spell(Realm.SECRET, need.ref)
                raise _UnboundError(Failed(f"the secret {spelled} has no value on this host"))
            case NeedKind.SWITCH:
                return side_chooser(self, need, tree)
            case NeedKind.PARTIAL:
                return self.finishing.partial_runs_new(tree, need.node)
            case NeedKind.CONFLICT:
                return self.finishing.conflict_side(tree, need.node, self.canvas.preferred)

    # Functions

    def _called(self, name: str, need: Need, code: _Waiting) -> Callable[..., Value]:
        ref = self._resolved(Realm.FUNCTION, need.ref)
        if isinstance(ref, Standard):
            decoding = self._decoding(ref, need, code.tree)
            if decoding is not None:
                return decoding
            plain = self._standard(ref, need.takes, code.clean)
            if need.label:
                return self._standards.growing(ref) or plain
            return (self._standards.proven(ref) or plain) if code.clean else plain
        function = self._defined_function(ref, need.ref)
        if len(function.params) != need.takes:
            raise _UnboundError(_miscounted(label_of(function), len(function.params), need.takes))
        linked = self._linked.get((function.id, code.clean))
        return linked if linked is not None else self._linking(function.id, name, code)

    def _linking(self, function: NodeId, name: str, code: _Waiting) -> Callable[..., Value]:
        """Stands in for a function until its first call, which links it and puts it in its place."""

        def first_call(*args: Value) -> Value:
            linked = code.names[name] = prepared(self._linked_in, function, code.clean)
            return linked(*args)

        return first_call

    def _function(self, need: Need, code: _Waiting, waiting: list[_Waiting]) -> Callable[..., Value]:
        ref = self._resolved(Realm.FUNCTION, need.ref)
        if isinstance(ref, Standard):
            return self._decoding(ref, need, code.tree) or self._standard(ref, None, code.clean)
        function = self._defined_function(ref, need.ref)
        return self._linked.get((function.id, code.clean)) or self._define(function.id, code.clean, waiting)

    def _standard(self, ref: Standard, count: int | None, clean: bool) -> Callable[..., Value]:
        function = (self._with_rows(ref) if clean else None) or self._standards.function(ref)
        if function is None:
            raise self._unknown(Realm.FUNCTION, "function", ref)
        takes = function.__code__.co_argcount
        if count is not None and takes != count:
            raise _UnboundError(_miscounted(f"{ref.name}_v{ref.version}", takes, count))
        return function

    def _with_rows(self, ref: Standard) -> FunctionType | None:
        """For a function that reads rows, the one that clean code calls; None for others."""
        if ref not in self._reaching:
            self._reaching[ref] = self._standards.reaching(ref, self.clean.rows.world)
        return self._reaching[ref]

    def _decoding(self, ref: Standard, need: Need, tree: top.Toplevel) -> Callable[..., Value] | None:
        """A function that decodes what the types at one place say; None for one that does not."""
        declared = self.library.functions.get(ref)
        if declared is None or not declared.decodes:
            return None
        types = self.checks.checked(tree).type_args.get(need.node, (UNKNOWN,))
        known = self.checks.interfaces
        try:
            decoders = [decoder_of(each, known.type_definition, partial(known.spell, Realm.TYPE)) for each in types]
        except NotDecodableError as error:
            raise _UnboundError(Failed(error.said(ref), suggestion=error.advice(ref))) from error
        function = self._standards.decoding(declared, tuple(decoders))
        takes = function.__code__.co_argcount
        if need.kind is NeedKind.CALL and takes != need.takes:
            raise _UnboundError(_miscounted(f"{ref.name}_v{ref.version}", takes, need.takes))
        return function

    def _defined_function(self, ref: Ref, given: Ref | None) -> top.Function:
        tree = self._definitions.definition(ref)
        if not isinstance(tree, top.Function):
            raise self._unknown(Realm.FUNCTION, "function", given)
        return tree

    # Types and datastores

    def _case(self, need: Need) -> str | NodeId:
        ref = self._resolved(Realm.TYPE, need.ref)
        if isinstance(ref, Standard):
            standard = STANDARD_CASES.get(need.label)
            if standard is None or standard[0] != ref.name:
                raise _UnboundError(Failed(f"the type {ref.name} has no case {need.label}"))
            if standard[1] != need.takes:
                raise _UnboundError(_miscounted(need.label, standard[1], need.takes, "value"))
            return ref.name
        tree = self._definitions.definition(ref)
        if not isinstance(tree, top.Type):
            if isinstance(need.ref, Unresolved) and not need.ref.text:
                raise _UnboundError(Failed(f"no type, or more than one, has a case {need.label}"))
            raise self._unknown(Realm.TYPE, "type", need.ref)
        cases = tree.definition.cases if isinstance(tree.definition, t.Enum) else ()
        found = next((case for case in cases if case.name == need.label), None)
        if found is None:
            near = suggest(need.label, [case.name for case in cases])
            raise _UnboundError(
                Failed(
                    f"the type {label_of(tree)} has no case {need.label}",
                    suggestion=f"did you mean `{near}`?" if near else "",
                )
            )
        if len(found.args) != need.takes:
            raise _UnboundError(_miscounted(need.label, len(found.args), need.takes, "value"))
        return tree.id

    def _datastore(self, need: Need) -> DatastoreValue:
        tree = self._definitions.definition(self._resolved(Realm.DATASTORE, need.ref))
        if not isinstance(tree, top.Datastore):
            raise self._unknown(Realm.DATASTORE, "datastore", need.ref)
        return DatastoreValue(tree.id, label_of(tree))

    # Names

    def _resolved(self, realm: Realm, ref: Ref | None) -> Ref:
        """A name that meant nothing when it was written means what bears it now."""
        if isinstance(ref, Unresolved) and ref.text:
            return self.canvas.resolve(realm, ref.text)
        return ref if ref is not None else Unresolved("")

    def _spell(self, realm: Realm, ref: Ref | None) -> str:
        if isinstance(ref, Unresolved):
            return ref.text
        return self.canvas.naming.name_of(realm, ref) if ref is not None else ""

    def _unknown(self, realm: Realm, what: str, ref: Ref | None) -> _UnboundError:
        spelled = self._spell(realm, ref)
        near = suggest(spelled, [*self.canvas.labels(), *self.library.newest])
        return _UnboundError(
            Failed(f"there is no {what} {spelled}", suggestion=f"did you mean `{near}`?" if near else "")
        )


class _Waiting(NamedTuple):
    """Code whose needs are still to be bound."""

    compiled: Compiled
    names: dict[str, Any]
    tree: top.Toplevel
    clean: bool


class _UnboundError(Exception):
    def __init__(self, failure: Failed) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _miscounted(name: str, takes: int, given: int, what: str = "argument") -> Failed:
    counted = f"{takes} {what}{'' if takes == 1 else 's'}"
    return Failed(f"{name} takes {counted}, and {given} {'is' if given == 1 else 'are'} given")


def _failing(failure: Failed) -> Callable[..., Value]:
    def fails(*_args: Value) -> Value:
        raise Failed(failure.message, suggestion=failure.suggestion)

    return fails
