"""Joins the parts of the checker: which rule judges which node, and what a whole definition comes to.

Must not know a canvas. Invariant: checking ends and never fails, whatever a tree says; every expression, pattern and
parameter of it has a type afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dark_lang.checking import calls, data, flow
from dark_lang.checking.declaring import judge, judge_circle, written
from dark_lang.checking.exhausting import find_gaps
from dark_lang.checking.inferring import Inference, Leaving
from dark_lang.checking.knowing import Known
from dark_lang.checking.marks import Checked, Kind, Mark
from dark_lang.checking.terms import (
    ANSWER,
    BOOL,
    CHAR,
    FLOAT,
    INT,
    REQUEST,
    STRING,
    UNIT,
    Con,
    Rigid,
    Settling,
    Term,
    function,
)
from dark_lang.names import NOWHERE
from dark_lang.nodes import expressions as e
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.implicit import implicit_names
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import descend
from dark_lang.types import Type

_RULES: Final[Mapping[type[Node], Any]] = {
    e.Int: data.literal(INT),
    e.Float: data.literal(FLOAT),
    e.Bool: data.literal(BOOL),
    e.Char: data.literal(CHAR),
    e.Unit: data.literal(UNIT),
    e.String: data.string,
    e.List: data.list_,
    e.Tuple: data.tuple_,
    e.Dict: data.dict_,
    e.Record: data.record,
    e.RecordUpdate: data.record_update,
    e.Construct: data.construct,
    e.FieldAccess: data.field_access,
    e.DatastoreRef: data.datastore,
    e.SecretRef: data.secret,
    e.Hole: data.hole,
    e.Unread: data.unread,
    e.Variable: flow.variable,
    e.Let: flow.let,
    e.Note: flow.note,
    e.If: flow.if_,
    e.And: flow.both,
    e.Or: flow.both,
    e.Match: flow.match,
    e.Toggle: flow.toggle,
    e.Partial: flow.partial,
    e.Conflict: flow.conflict,
    e.Call: calls.call,
    e.FunctionRef: calls.function_ref,
    e.Apply: calls.apply,
    e.Lambda: calls.lambda_,
    e.Pipe: calls.pipe,
    e.Try: calls.try_,
}

_COMES_WITH: Final[Mapping[str, Term]] = {"request": REQUEST, "subject": STRING, "now": Con("DateTime")}
"""The types of names that come with a toplevel; a route's variables are Strings, an event is what its uses say."""


def comes_with(toplevel: top.Toplevel) -> dict[str, Type]:
    """The types of the names that come with a toplevel, where all toplevels of its kind have the same."""
    known = {name: _coming(toplevel, name) for name in implicit_names(toplevel)}
    return {name: Settling().type_of(term) for name, term in known.items() if term is not None}


def _coming(toplevel: top.Toplevel, name: str) -> Term | None:
    return STRING if isinstance(toplevel, top.Http) and name != "request" else _COMES_WITH.get(name)


def check(toplevel: top.Toplevel, known: Known) -> Checked:
    """The types and marks of a definition."""
    i = Inference(known, toplevel.id, _RULES)
    _begin(i, toplevel)
    i.run()
    _again(i)
    find_gaps(i)
    if i.unifier.fuel < 0:
        i.mark(toplevel, Kind.TOO_LARGE, "the types in this definition grow too large to be checked")
    return _checked(i, toplevel)


def _begin(i: Inference, toplevel: top.Toplevel) -> None:
    for name in implicit_names(toplevel):
        known = _coming(toplevel, name)
        if known is None:
            i.sound = False  # what is in an event is known from its uses alone
        i.bind(name, known or i.fresh(), NOWHERE)
    match toplevel:
        case top.Http(body=body):
            i.later((i.check, body, ANSWER))
        case top.Worker(body=body) | top.Cron(body=body) | top.Repl(body=body) | top.Test(body=body):
            # Nobody is waiting for what they give, so that a None or an Error may end them too.
            i.later((i.check, body, i.fresh()))
        case top.Function():
            _begin_function(i, toplevel)
        case top.Type(params=params, definition=definition):
            judge(i, definition, _parameters(i, params))
            judge_circle(i, toplevel)
        case top.Switch(condition=condition):
            if condition is not None:
                i.later((i.check, condition, BOOL))
        case top.Datastore():
            _begin_datastore(i, toplevel)
        case top.Secret():
            pass


def _begin_function(i: Inference, toplevel: top.Function) -> None:
    i.declared = _parameters(i, toplevel.type_params)
    i.settling.reserve(i.declared)
    seen: set[str] = set()
    for param in toplevel.params:
        term = i.terms[param.id] = written(i, param.type, i.declared, is_given=True)
        if param.name in seen:
            i.mark(param, Kind.DOUBLE, f"the name {param.name} is given twice")
            continue
        seen.add(param.name)
        i.bind(param.name, term, param.id)
    gives = written(i, toplevel.result, i.declared)
    i.leaving = Leaving(gives)
    i.later((i.check, toplevel.body, gives))


def _begin_datastore(i: Inference, toplevel: top.Datastore) -> None:
    """What another version holds is not known here: forward takes what it gives, and back gives what it takes."""
    stored = written(i, toplevel.type, {})
    if toplevel.forward is not None:
        i.later((i.check, toplevel.forward, function((i.fresh(),), stored)))
    if toplevel.back is not None:
        i.later((i.check, toplevel.back, function((stored,), i.fresh())))


def _parameters(i: Inference, params: tuple[top.TypeParameter, ...]) -> dict[str, Term]:
    named: dict[str, Term] = {}
    for param in params:
        if param.name in named:
            i.mark(param, Kind.DOUBLE, f"the type variable {param.name} is given twice")
        named.setdefault(param.name, Con(Rigid(param.name)))
    return named


def _again(i: Inference) -> None:
    """What had to wait for types that were found later."""
    waiting = i.tries
    while waiting:
        left = [one for one in waiting if not calls.unwrap(i, *one)]
        if len(left) == len(waiting):
            i.sound = False  # nobody knows what is unwrapped there
            break
        waiting = left
    for node, meant, term in i.compared:
        calls.judge_compared(i, node, meant, term)


def _checked(i: Inference, toplevel: top.Toplevel) -> Checked:
    settle = i.settling.type_of
    types = i.settling.types_of(i.terms)
    type_args = {node: tuple([settle(term) for term in terms]) for node, terms in i.type_args.items()}
    sound = i.sound and not i.unifier.guessed and not i.settling.is_cut
    for node, settled in type_args.items():
        calls.judge_decoded(i, node, settled)
    decoded = {node.id: settled for node, settled in type_args.items()}
    if not i.marks:
        return Checked(types, (), frozenset(), sound, decoded)
    for nth, term in i.holes.items():
        if term is not ANSWER:
            mark = i.marks[nth]
            wanted = i.describe(term)
            i.marks[nth] = Mark(mark.toplevel, mark.node, mark.kind, mark.sentence, wanted)
    order = {node.id: place for place, node in enumerate(descend(toplevel))}
    marks = sorted(i.marks, key=lambda mark: order.get(mark.node, -1))
    return Checked(types, tuple(marks), frozenset(i.errors), sound, decoded)
