"""Calls of functions and of values, lambdas, pipes, and `!`.

Must not know data or flow. Invariants: what a place expects of a call is told to its arguments, so that a mark stands
at the argument that is to blame; a call with the wrong number of arguments is marked, and its arguments are checked all
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dark_lang.checking.declaring import written
from dark_lang.checking.decoders import NotDecodableError, decoder_of
from dark_lang.checking.flow import judge_switch
from dark_lang.checking.inferring import Called, Inference, Leaving, counted
from dark_lang.checking.marks import Kind
from dark_lang.checking.patterns import bind_pattern
from dark_lang.checking.terms import ANSWER, ANY, FN, Con, Row, Term, Var, function, option, parts, result
from dark_lang.names import Ref, Standard
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes.shape import Node
from dark_lang.remedies import Mend, Remedy
from dark_lang.types import Type

EQUATED: Final = frozenset({"Op::equals", "Op::notEquals"})
ORDERED: Final = frozenset({"Op::lessThan", "Op::lessThanOrEqualTo", "Op::greaterThan", "Op::greaterThanOrEqualTo"})
COMPARING: Final = EQUATED | ORDERED
_LOOKED_AT: Final = 1_000  # parts of a type

# Functions of the canvas and of the library


def call(i: Inference, node: e.Call, expected: Term) -> None:
    _call(i, node, node.args, None, expected)


def _call(i: Inference, node: e.Call, args: Sequence[e.Expression], first: Term | None, expected: Term) -> None:
    """`first`: the type of what a pipe passes on as the first argument."""
    given = len(args) + (first is not None)
    called = _called(i, node, node.function)
    if called is None:
        i.later(*[(i.check, arg, i.fresh()) for arg in args])
        return
    if len(called.params) != given:
        name = i.known.spell(Realm.FUNCTION, node.function)
        said = f"{name} takes {counted(len(called.params), 'argument')}, and gets {given}"
        i.miscounted(node, said, len(called.params), given, name)
        called = _padded(i, called, given)
    elif not i.fits(node, called.gives, expected):
        called = _called(i, node, node.function) or called  # with variables of its own again
    params = called.params
    if first is not None:
        _pass_on(i, node, called, first)
        params = params[1:]
    i.later(*[(i.check, arg, param) for arg, param in zip(args, params, strict=True)])


def _called(i: Inference, node: e.Call | e.FunctionRef, ref: Ref) -> Called | None:
    signature = i.known.signature(ref)
    if signature is None:
        i.unknown(node, "function", Realm.FUNCTION, ref)
        return None
    given = tuple([written(i, arg, i.declared) for arg in node.type_args])
    if len(given) > len(signature.type_params):
        name = i.known.spell(Realm.FUNCTION, ref)
        i.mark(node, Kind.ARITY, f"{name} takes {counted(len(signature.type_params), 'type')}, and gets {len(given)}")
    called = i.instance(signature, given)
    if signature.decodes:
        i.type_args.setdefault(node, called.type_args)
    deprecation = i.known.deprecation(ref)
    if deprecation is not None:
        name, newer = i.known.spell(Realm.FUNCTION, ref), i.known.spell(Realm.FUNCTION, deprecation.successor)
        said = f"{name} is deprecated: {deprecation.reason}"
        pattern = f"{name}({', '.join([f'?{param}' for param, _ in signature.params])})"
        i.mark(
            node,
            Kind.DEPRECATED,
            said,
            suggestion=f"{newer} takes its place",
            mend=Mend(Remedy.REWRITE, pattern, deprecation.template) if isinstance(node, e.Call) else None,
        )
    meant = i.known.resolved(Realm.FUNCTION, ref)
    if isinstance(meant, Standard) and meant.name in COMPARING:
        i.compared.append((node, meant, called.params[0]))
    return called


def _padded(i: Inference, called: Called, given: int) -> Called:
    """The same with as many parameters as arguments are given."""
    params = [*called.params[:given], *[i.fresh() for _ in range(given - len(called.params))]]
    return called._replace(params=tuple(params))


def _pass_on(i: Inference, node: e.Expression, called: Called, first: Term) -> None:
    if called.params and not i.unifier.unify(called.params[0], first):
        wanted, found = i.describe(called.params[0]), i.describe(first)
        name = called.names[0] if called.names else "its first argument"
        i.mark(node, Kind.MISFIT, f"takes {wanted} as {name}, and the pipe passes on {found}", wanted, found)


def function_ref(i: Inference, node: e.FunctionRef, expected: Term) -> None:
    called = _called(i, node, node.function)
    if called is not None:
        i.fits(node, function(called.params, called.gives), expected)


def judge_compared(i: Inference, node: Node, meant: Standard, term: Term) -> None:
    """Marks a comparison of what cannot be compared, once its type is known."""
    work, seen = [term], 0
    while work and seen < _LOOKED_AT:
        seen += 1
        shape = i.unifier.shape(work.pop())
        if type(shape) is Row:
            work.extend(parts(shape))
        elif type(shape) is Con:
            if shape.head in (FN, "Datastore") or (shape.head == "Response" and meant.name in ORDERED):
                what = "compared" if meant.name in EQUATED else "put in order"
                found = i.describe(term)
                i.mark(node, Kind.MISFIT, f"{found} cannot be {what}", "", found)
                return
            work.extend(shape.args)


def judge_decoded(i: Inference, node: e.Call | e.FunctionRef, types: tuple[Type, ...]) -> None:
    """Marks a call that is to read JSON as values of types that are not known, or that JSON cannot hold."""
    if node.id in i.errors:
        return

    def spell(ref: Ref) -> str:
        return i.known.spell(Realm.TYPE, ref)

    for wanted in types:
        try:
            decoder_of(wanted, i.known.type_definition, spell)
        except NotDecodableError as error:
            meant = i.known.resolved(Realm.FUNCTION, node.function)
            i.mark(node, Kind.UNCLEAR, error.said(meant), suggestion=error.advice(meant))
            return


# Values that are functions


def apply(i: Inference, node: e.Apply, expected: Term) -> None:
    own = i.fresh()
    i.later((i.check, node.function, own), (_applied, i, node, own, node.args, None, expected))


def _applied(
    i: Inference, node: e.Expression, own: Term, args: Sequence[e.Expression], first: Term | None, expected: Term
) -> None:
    given = len(args) + (first is not None)
    shape = i.unifier.shape(own)
    if type(shape) is Con and shape.head == FN:
        called = Called(shape.args[:-1], shape.args[-1], (), ())
        if len(called.params) != given:
            said = f"this function takes {counted(len(called.params), 'argument')}, and gets {given}"
            i.miscounted(node, said, len(called.params), given)
            called = _padded(i, called, given)
        else:
            i.fits(node, called.gives, expected)
    else:
        called = Called(tuple([i.fresh() for _ in range(given)]), i.fresh(), (), ())
        if shape is ANY:
            i.sound = False
            i.fits(node, called.gives, expected)
        elif i.unifier.unify(own, function(called.params, called.gives)):
            i.fits(node, called.gives, expected)
        else:
            i.mark(node, Kind.MISFIT, f"expected a function, found {i.describe(own)}", "a function", i.describe(own))
    params = called.params
    if first is not None:
        _pass_on(i, node, called, first)
        params = params[1:]
    i.later(*[(i.check, arg, param) for arg, param in zip(args, params, strict=True)])


def lambda_(i: Inference, node: e.Lambda, expected: Term) -> None:
    shape = i.unifier.shape(expected)
    count = len(node.params)
    if type(shape) is Con and shape.head == FN and len(shape.args) == count + 1:
        params, gives = shape.args[:-1], shape.args[-1]
    else:
        params, gives = tuple([i.fresh() for _ in range(count)]), i.fresh()
        if type(shape) is Con and shape.head == FN:
            i.mark(
                node,
                Kind.ARITY,
                f"this function takes {counted(count, 'argument')}, and will get {len(shape.args) - 1}",
                i.describe(expected),
            )
        else:
            i.fits(node, function(params, gives), expected)
    scope = i.scope()
    for pattern, param in zip(node.params, params, strict=True):
        bind_pattern(i, pattern, param)
        i.matches.append((pattern, param))
    outer, i.leaving = i.leaving, Leaving(gives)
    i.later((i.check, node.body, gives), (_end_of_lambda, i, scope, outer))


def _end_of_lambda(i: Inference, scope: int, outer: Leaving) -> None:
    i.unwind(scope)
    i.leaving = outer


# Pipes


def pipe(i: Inference, node: e.Pipe, expected: Term) -> None:
    between: list[Term] = [i.fresh() for _ in node.steps]
    tasks = [(i.check, node.head, between[0] if between else expected)]
    for nth, step in enumerate(node.steps):
        gives = between[nth + 1] if nth + 1 < len(between) else expected
        tasks.append((_step, i, step, between[nth], gives))  # type: ignore[arg-type]
    i.later(*tasks)


def _step(i: Inference, node: e.Expression, first: Term, expected: Term) -> None:
    """A step of a pipe, which lacks its first argument."""
    i.terms[node.id] = expected
    match node:
        case e.Call(args=args):
            _call(i, node, args, first, expected)
        case e.Apply(function=called, args=args):
            own = i.fresh()
            i.later((i.check, called, own), (_applied, i, node, own, args, first, expected))
        case e.Try(value=value):
            inner = i.fresh()
            i.later((_step, i, value, first, inner), (_unwrapped, i, node, inner, expected))
        case e.Toggle(old=old, new=new):
            judge_switch(i, node)
            i.later((_step, i, old, first, expected), (_step, i, new, first, expected))
        case e.Partial(old=old, new=new):
            i.later((_step, i, old, first, expected), (_step, i, new, first, expected))
        case e.Conflict(base=base, alternatives=alternatives):
            i.conflict(node, len(alternatives))
            i.later(*[(_step, i, side, first, expected) for side in (base, *alternatives)])
        case _:
            i.check(node, function((first,), i.fresh() if expected is ANSWER else expected))


# `!`


def try_(i: Inference, node: e.Try, expected: Term) -> None:
    inner = i.fresh()
    i.later((i.check, node.value, inner), (_unwrapped, i, node, inner, expected))


def _unwrapped(i: Inference, node: e.Try, inner: Term, expected: Term) -> None:
    if expected is ANSWER:
        expected = i.terms[node.id] = i.fresh()
    if not unwrap(i, node, inner, expected, i.leaving):
        i.tries.append((node, inner, expected, i.leaving))


def unwrap(i: Inference, node: e.Try, inner: Term, expected: Term, leaving: Leaving) -> bool:
    """False if it is not known yet what is unwrapped."""
    shape = i.unifier.shape(inner)
    if type(shape) is Var:
        return False
    if shape is ANY:
        i.sound = False
        return True
    if type(shape) is not Con or shape.head not in ("Option", "Result"):
        found = i.describe(inner)
        said = f"`!` unwraps an Option or a Result, found {found}"
        without = "without `!` it is the value itself"
        i.mark(node, Kind.MISFIT, said, "an Option or a Result", found, without, Mend(Remedy.UNWRAP))
        return True
    i.fits(node, shape.args[0], expected)
    if leaving.gives is None:
        return True
    leaves = option(i.fresh()) if shape.head == "Option" else result(i.fresh(), shape.args[1])
    if not i.unifier.unify(leaving.gives, leaves):
        how = "a None" if shape.head == "Option" else f"an Error({i.describe(shape.args[1])})"
        gives = i.describe(leaving.gives)
        said = f"`!` may leave with {how}, and the function gives {gives}"
        i.mark(node, Kind.MISFIT, said, gives, i.describe(leaves))
    return True
