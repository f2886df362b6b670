"""Types as they are written in a program: what they mean, and what is wrong with them.

Must not know expressions. Invariants: every written type means something, if only a guess; reading one for its users
(`declared`) says nothing of its mistakes, which are marks of the definition that it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dark_lang.checking.inferring import Inference, counted
from dark_lang.checking.knowing import TypeDefinition
from dark_lang.checking.marks import Kind
from dark_lang.checking.terms import DEEPEST_SETTLED, Con, Rigid, Term
from dark_lang.library import STANDARD_TYPES
from dark_lang.library_signatures import Signature
from dark_lang.names import Defined, Ref, Standard, Unresolved
from dark_lang.naming import Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of
from dark_lang.types import UNKNOWN, Fn, Named, Record, Tuple, Type, Variable

Resolve = Callable[[Ref], Ref]
"""What the reference of a type means: a standard type, a definition that is one, or Unresolved."""


def declared(node: Node, resolve: Resolve, depth: int = 0) -> Type:
    """What a written type means; UNKNOWN for a hole, and for names that mean nothing."""
    if depth > DEEPEST_SETTLED:
        return UNKNOWN
    match node:
        case t.Named(type=ref, args=args):
            meant = resolve(ref)
            if isinstance(meant, Unresolved):
                return UNKNOWN
            inner = tuple([declared(arg, resolve, depth + 1) for arg in args])
            if isinstance(meant, Standard):
                wanted = STANDARD_TYPES.get(meant.name, 0)
                inner = (*inner, *[UNKNOWN] * (wanted - len(inner)))[:wanted]
            return Named(meant, inner)
        case t.Variable(name=name):
            return Variable(name)
        case t.Tuple(items=items):
            return Tuple(tuple([declared(item, resolve, depth + 1) for item in items]))
        case t.Fn(params=params, result=result):
            inner = tuple([declared(param, resolve, depth + 1) for param in params])
            return Fn(inner, declared(result, resolve, depth + 1))
        case t.Record(rest=rest, fields=fields):
            held = {field.label: declared(field.type, resolve, depth + 1) for field in fields if field.label}
            return Record(tuple(sorted(held.items())), rest)
        case t.Conflict(base=base):
            return declared(base, resolve, depth + 1)
        case _:
            return UNKNOWN


def signature_of(function: top.Function, resolve: Resolve) -> Signature:
    """A function as those who call it see it."""
    params = tuple([(param.name, declared(param.type, resolve)) for param in function.params])
    generic = tuple(dict.fromkeys(param.name for param in function.type_params))
    return Signature(generic, params, declared(function.result, resolve))


def definition_of(toplevel: top.Type, resolve: Resolve) -> TypeDefinition:
    """A type as those who use it see it."""
    params = tuple(dict.fromkeys(param.name for param in toplevel.params))
    defined = toplevel.definition
    if isinstance(defined, t.Enum):
        cases = {case.name: tuple([declared(arg, resolve) for arg in case.args]) for case in reversed(defined.cases)}
        return TypeDefinition(params, None, dict(reversed(cases.items())))
    return TypeDefinition(params, declared(defined, resolve), {})


def written(i: Inference, node: Node, named: Mapping[str, Term], *, is_given: bool = False) -> Term:
    """Judges a written type inside the definition that is checked, and says what it means there. `named`: the
    definition's type parameters. `is_given`: it is of a value that comes from outside, so that fields without a name
    that may follow in it are anybody's."""
    judge(i, node, named)
    means = declared(node, lambda ref: i.known.resolved(Realm.TYPE, ref))
    held = dict(named)
    if is_given:
        held[""] = Con(Rigid(""))
    return i.meant(means, held)


def judge(i: Inference, root: Node, named: Mapping[str, Term]) -> None:
    """Marks what is wrong in a written type."""
    work = [root]
    while work:
        node = work.pop()
        match node:
            case t.Hole(label=label):
                i.hole(node, label, None)
            case t.Unread(text=text):
                i.unread(node, text)
            case t.Conflict(alternatives=alternatives):
                i.conflict(node, len(alternatives))
            case t.Variable(name=name):
                if name not in named:
                    i.unknown_name(node, "type variable", name, named)
            case t.Named(type=ref, args=args):
                _judge_name(i, node, ref, len(args))
            case t.Record(fields=fields):
                _judge_labels(i, fields)
            case t.Enum(cases=cases):
                _judge_cases(i, cases)
            case _:
                pass
        work.extend(reversed(children_of(node)))


def judge_circle(i: Inference, toplevel: top.Type) -> None:
    """Marks a name that is short for a name that is short for … itself, with nothing around it."""
    ref: Ref = Defined(toplevel.id)
    for _ in range(DEEPEST_SETTLED):
        definition = i.known.type_definition(ref)
        if definition is None or not isinstance(definition.alias, Named) or isinstance(definition.alias.type, Standard):
            return
        ref = definition.alias.type
    name = i.known.spell(Realm.TYPE, Defined(toplevel.id))
    i.mark(toplevel.definition, Kind.MISFIT, f"{name} is short for itself, and so for nothing")


def _judge_name(i: Inference, node: Node, ref: Ref, given: int) -> None:
    meant = i.known.resolved(Realm.TYPE, ref)
    wanted: int | None = None
    if isinstance(meant, Standard):
        wanted = STANDARD_TYPES.get(meant.name)
    elif not isinstance(meant, Unresolved):
        definition = i.known.type_definition(meant)
        wanted = None if definition is None else len(definition.params)
    if wanted is None:
        i.unknown(node, "type", Realm.TYPE, ref)
    elif given != wanted:
        name = i.known.spell(Realm.TYPE, meant)
        i.mark(node, Kind.ARITY, f"{name} takes {counted(wanted, 'type')}, and gets {given}")


def _judge_labels(i: Inference, fields: tuple[t.FieldType, ...]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field.label is None:
            i.mark(field, Kind.HOLE, "a label is missing")
        elif field.label in seen:
            i.mark(field, Kind.DOUBLE, f"the label {field.label} is given twice")
        else:
            seen.add(field.label)


def _judge_cases(i: Inference, cases: tuple[t.Case, ...]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.name in seen:
            i.mark(case, Kind.DOUBLE, f"the case {case.name} is given twice")
        seen.add(case.name)
