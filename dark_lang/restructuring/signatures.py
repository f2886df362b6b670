"""A function whose parameters or result change while others call it: all goes on running as before.

Calls get the arguments of the parameters that stayed, in their new order, and holes where there is nothing for one. If
all calls are finished so, function and calls change in place, in one diff. If some are not, the changed function is a
new version; such a call stands beside the old one in a partial, and the old version stays for as long as it runs. Calls
that do not run, on the new side of a partial, are adapted and keep nothing from changing.

Must not know which operation changed the function. Invariant: a call that ran before the edit runs after it, with the
same arguments for the same parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import count

from dark_lang.edits.drafting import Draft
from dark_lang.names import Defined, NodeId, Ref
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend, rebuild, same, with_fresh_ids
from dark_lang.notation.addresses import label_of
from dark_lang.records import NamedTuple, dataclass
from dark_lang.restructuring.finishing import Known, first_gap_reached, spell
from dark_lang.restructuring.partials import with_partials
from dark_lang.restructuring.reconciling import reconcile
from dark_lang.restructuring.references import retargeted, settled
from dark_lang.restructuring.scoping import free_variables
from dark_lang.restructuring.surgery import N, NewId, changed, steps_in

Places = Sequence[int | None]
"""For each parameter of the new signature, which argument of an old call is for it; None: none is."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """`tree` is the function as it is now, another definition if it became a new version. `instead`: the nodes of the
    changed tree -> those of the new version."""

    tree: top.Toplevel
    instead: Mapping[NodeId, NodeId]
    notes: tuple[str, ...]


def change_signature(draft: Draft, known: Known, before: top.Function, after: top.Function) -> Renewed | None:
    """Puts the function `after` where it belongs, and sees to those who call it. None if it looks no different to
    them."""
    places = _places(before, after)
    if _is_alike(before, after, places):
        return None
    after = _with_own_calls(before, after, places, known, draft.fresh)
    users = _users(known, before.id)
    is_new = before.id in draft.toplevels()
    if any(user.running or user.replaced for user in users) and not known.in_place and not is_new:
        renewed = _as_new_version(draft, known, before, after, places, users)
        if renewed is not None:
            return renewed
        users = [user._replace(waiting=user.waiting | user.running) for user in users]
    now = reconcile(draft, before, after)
    adapted = []
    for user in users:
        adapting = _Adapting(before, before.id, after.params, places, draft.fresh)
        tree = adapting.applied(user.tree, user.waiting)
        if tree is not user.tree:
            adapted.append(reconcile(draft, user.tree, tree))
    notes = (f"its calls in {_listed(adapted)} changed with it",) if adapted else ()
    return Renewed(now, {}, notes)


class _User(NamedTuple):
    """A definition that calls the function. `waiting`: its calls on the new sides of partials; `replaced`: those on the
    old sides, which run and stay as they are; `running`: all others."""

    tree: top.Toplevel
    waiting: frozenset[NodeId]
    replaced: frozenset[NodeId]
    running: frozenset[NodeId]


def _users(known: Known, function: NodeId) -> list[_User]:
    found = []
    for user in known.users(function):
        tree = known.definition(Defined(user))
        if tree is not None:
            calls = {call.id for call in _calls(tree, function, known)}
            partials = [node for node in descend(tree) if isinstance(node, e.Partial)]
            new = calls & {node.id for partial in partials for node in descend(partial.new)}
            old = calls & {node.id for partial in partials for node in descend(partial.old)}
            found.append(_User(tree, frozenset(new), frozenset(old), frozenset(calls - new - old)))
    return found


def _as_new_version(
    draft: Draft, known: Known, before: top.Function, after: top.Function, places: Places, users: Sequence[_User]
) -> Renewed | None:
    """None if every call is finished with the new signature, so that no older version is needed."""
    copy = with_fresh_ids(after, draft.fresh)
    copy = rebuild(copy, lambda node: retargeted(node, Defined(before.id), Defined(copy.id)))
    new = changed(copy, version=_free_version(known, before))
    # What a name means that says no version is another thing once there is a newer one.
    pinned = [_pinned(user.tree, before.id, known) for user in users]
    draft.create_toplevel(new)
    made = []
    for user, old in zip(users, pinned, strict=True):
        adapting = _Adapting(before, new.id, new.params, places, draft.fresh)
        plain = adapting.applied(old, user.waiting | user.running)
        made.append(_beside(known, old, plain, adapting.made, draft.fresh))
    keeping = {user.tree.id for user, tree in zip(users, made, strict=True) if _calls(tree, before.id, known)}
    if not keeping:
        draft.delete_toplevel(new.id)
        return None
    for user, tree in zip(users, made, strict=True):
        reconcile(draft, user.tree, tree)
    instead = {old.id: node.id for old, node in zip(descend(after), descend(new), strict=True)}
    return Renewed(draft.tree(new.id), instead, tuple(_notes(known, before, new, users, keeping)))


def _notes(
    known: Known, before: top.Function, new: top.Function, users: Sequence[_User], keeping: Set[NodeId]
) -> Iterator[str]:
    older, newer = (spell(known, Realm.FUNCTION, Defined(each.id)) for each in (before, new))
    yield f"{older} is in use, so that this is a new version, {newer}"
    went = [user.tree for user in users if user.running and user.tree.id not in keeping]
    if went:
        yield f"{_listed(went)} {'calls' if len(went) == 1 else 'call'} {newer} now"
    kept = [user.tree for user in users if user.tree.id in keeping]
    yield f"{_listed(kept)} {'calls' if len(kept) == 1 else 'call'} {older} until the new call is finished"
    yield "with --in-place it changes for all who call it at once"


def _listed(users: Sequence[top.Toplevel]) -> str:
    labels = sorted(label_of(user) for user in users)
    more = len(labels) - 3
    return ", ".join(labels[:3]) + (f" and {more} more" if more > 0 else "")


def _beside(
    known: Known, old: top.Toplevel, plain: top.Toplevel, made: Mapping[NodeId, NodeId], fresh: NewId
) -> top.Toplevel:
    """The old calls where the new cannot run, with the new beside them; all of them, if it cannot be told which of them
    do not fit what is around them."""
    misfits, there = known.misfits(plain), known.misfits(old)
    around = any(node not in there for node in misfits)

    def is_unfinished(node: Node) -> bool:
        return first_gap_reached(node, plain, known) is not None

    kept = with_partials(old, plain, made, known, fresh, is_unfinished)
    if around and any(node not in there for node in _running_misfits(known, kept)):
        return with_partials(old, plain, made, known, fresh, lambda _: True)
    return kept


def _running_misfits(known: Known, tree: top.Toplevel) -> set[NodeId]:
    misfits = known.misfits(tree)
    aside = {node.id for held in descend(tree) if isinstance(held, e.Partial) for node in descend(held.new)}
    return {node for node in misfits if node not in aside}


# What changed


def _places(before: top.Function, after: top.Function) -> Places:
    """A parameter is the same as before if it is the same node, has the same name, or took the place of another."""
    ids = {param.id: nth for nth, param in enumerate(before.params)}
    names = {param.name: nth for nth, param in enumerate(before.params)}
    places: list[int | None] = [ids.get(param.id) for param in after.params]
    for nth, param in enumerate(after.params):
        found = names.get(param.name)
        if places[nth] is None and found is not None and found not in places:
            places[nth] = found
    if len(before.params) == len(after.params):
        for nth, place in enumerate(places):
            if place is None and nth not in places:
                places[nth] = nth
    return places


def _is_alike(before: top.Function, after: top.Function, places: Places) -> bool:
    return (
        list(places) == list(range(len(before.params)))
        and same(before.result, after.result)
        and all(same(old.type, new.type) for old, new in zip(before.params, after.params, strict=True))
        and [param.name for param in before.type_params] == [param.name for param in after.type_params]
    )


def _free_version(known: Known, function: top.Function) -> int:
    version = function.version + 1
    while known.owner(label_of(changed(function, version=version))) is not None:
        version += 1
    return version


# Calls


def _calls(root: Node, function: NodeId, known: Known) -> list[e.Call | e.FunctionRef]:
    return [
        node
        for node in descend(root)
        if isinstance(node, e.Call | e.FunctionRef) and _meant(known, node.function) == Defined(function)
    ]


def _meant(known: Known, ref: Ref) -> Ref:
    return settled(known.naming, Realm.FUNCTION, ref)


def _pinned(user: top.Toplevel, function: NodeId, known: Known) -> top.Toplevel:
    calls = {call.id for call in _calls(user, function, known)}
    return rebuild(user, lambda node: changed(node, function=Defined(function)) if node.id in calls else node)


def _with_own_calls(
    before: top.Function, after: top.Function, places: Places, known: Known, fresh: NewId
) -> top.Function:
    """The function with its calls of itself adapted, but for those that the edit was about."""
    old = {node.id: node for node in descend(before)}
    untouched = frozenset(call.id for call in _calls(after, before.id, known) if old.get(call.id) == call)
    return _Adapting(before, before.id, after.params, places, fresh).applied(after, untouched)


class _Adapting:
    """Turns calls of one function into calls of another, whose parameters are in other places. `made`: the new calls ->
    the nodes that they were."""

    def __init__(
        self, old: top.Function, new: NodeId, params: Sequence[top.Parameter], places: Places, fresh: NewId
    ) -> None:
        self.made: dict[NodeId, NodeId] = {}
        self._old = old
        self._new = Defined(new)
        self._params = params
        self._places = places
        self._fresh = fresh

    def applied(self, root: N, calls: Set[NodeId]) -> N:
        if not calls:
            return root
        steps = steps_in(root)

        def change(node: Node) -> Node:
            if node.id not in calls or not isinstance(node, e.Call | e.FunctionRef):
                return node
            in_place = self._new.id == self._old.id
            if isinstance(node, e.Call) and in_place and len(node.args) + (node.id in steps) != len(self._old.params):
                return node  # it did not fit before, and may fit now
            new = self._step(node) if node.id in steps and isinstance(node, e.Call) else self._call(node)
            self.made[new.id] = node.id
            return new

        return rebuild(root, change)

    def _call(self, node: e.Call | e.FunctionRef) -> e.Expression:
        if isinstance(node, e.Call):
            return changed(node, function=self._new, args=self._arguments(node.args))
        if list(self._places) == list(range(len(self._old.params))):
            return changed(node, function=self._new)
        return self._lambda([param.name for param in self._old.params], node.type_args, ())

    def _step(self, node: e.Call) -> e.Expression:
        """A step of a pipe lacks its first argument. Where that belongs elsewhere now, it needs a name."""
        if self._places[:1] == [0] or len(node.args) + 1 != len(self._old.params):
            rest = self._arguments((e.Hole(self._fresh(), ""), *node.args))[1:]
            return changed(node, function=self._new, args=rest)
        taken = free_variables(node)
        return self._lambda([next(word for word in _words() if word not in taken)], node.type_args, node.args)

    def _lambda(
        self, names: Sequence[str], type_args: tuple[t.Type, ...], args: tuple[e.Expression, ...]
    ) -> e.Expression:
        fresh = self._fresh
        given = (*[e.Variable(fresh(), name) for name in names], *args)
        call = e.Call(fresh(), self._new, type_args, self._arguments(given))
        return e.Lambda(fresh(), tuple([p.Variable(fresh(), name) for name in names]), call)

    def _arguments(self, given: tuple[e.Expression, ...]) -> tuple[e.Expression, ...]:
        if len(given) != len(self._old.params):
            return given  # it did not fit before, and nobody knows what is what
        held = [
            e.Hole(self._fresh(), param.name) if place is None else given[place]
            for param, place in zip(self._params, self._places, strict=True)
        ]
        return tuple(held)


def _words() -> Iterator[str]:
    yield "it"
    yield from (f"it{number}" for number in count(2))
