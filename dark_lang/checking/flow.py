"""Variables, lets, choices, and the sides of toggles, partials and conflicts.

Must not know calls or data. Invariants: all sides of a choice have one type, but for the ways in which a handler
answers; what runs today (an old side, a base) says what the type is, and what is new has to fit it.
"""

from __future__ import annotations

from dark_lang.checking.inferring import Inference
from dark_lang.checking.marks import Kind
from dark_lang.checking.patterns import bind_pattern
from dark_lang.checking.terms import BOOL, Term
from dark_lang.naming import Realm
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.remedies import Mend, Remedy


def variable(i: Inference, node: e.Variable, expected: Term) -> None:
    binding = i.env.get(node.name)
    if binding is None:
        meant = i.unknown_name(node, "name", node.name, i.env)
        if meant is not None:
            i.env[meant].used = True  # one slip is one mark
        return
    binding.used = True
    i.fits(node, i.instance_of(binding), expected)


def let(i: Inference, node: e.Let, expected: Term) -> None:
    generic = _is_generic(node.value)
    if generic:
        i.level += 1
    value = i.fresh()
    i.later((i.check, node.value, value), (_let_body, i, node, value, generic, expected))


def _is_generic(node: e.Expression) -> bool:
    """Only functions are used at several types. What a hole or an empty list is to be is told by its uses instead."""
    while type(node) is e.Note:
        node = node.body
    return type(node) is e.Lambda or type(node) is e.FunctionRef


def _let_body(i: Inference, node: e.Let, value: Term, generic: bool, expected: Term) -> None:
    scope = i.scope()
    bind_pattern(i, node.pattern, value)
    if generic:
        i.level -= 1
        i.generalise(scope)
    if type(node.pattern) is not p.Variable and type(node.pattern) is not p.Wildcard:
        i.matches.append((node, value))
    i.later((i.check, node.body, expected), (_end_of_let, i, scope))


def _end_of_let(i: Inference, scope: int) -> None:
    for name, binding in i.bound_since(scope):
        if not binding.used and not name.startswith("_"):
            i.warn(binding.node, Kind.UNUSED, f"{name} is not used", Mend(Remedy.NAME, f"_{name}"))
    i.unwind(scope)


def note(i: Inference, node: e.Note, expected: Term) -> None:
    i.later((i.check, node.body, expected))


def if_(i: Inference, node: e.If, expected: Term) -> None:
    i.later((i.check, node.condition, BOOL), (i.check, node.then, expected), (i.check, node.else_, expected))


def both(i: Inference, node: e.And | e.Or, expected: Term) -> None:
    i.fits(node, BOOL, expected)
    i.later((i.check, node.left, BOOL), (i.check, node.right, BOOL))


def match(i: Inference, node: e.Match, expected: Term) -> None:
    subject = i.fresh()
    i.matches.append((node, subject))
    i.later((i.check, node.subject, subject), *[(_arm, i, arm, subject, expected) for arm in node.arms])


def _arm(i: Inference, arm: e.Arm, subject: Term, expected: Term) -> None:
    scope = i.scope()
    i.terms[arm.id] = expected
    bind_pattern(i, arm.pattern, subject)
    if arm.guard is not None:
        i.later((i.check, arm.guard, BOOL), (i.check, arm.body, expected), (i.unwind, scope))
    else:
        i.later((i.check, arm.body, expected), (i.unwind, scope))


def toggle(i: Inference, node: e.Toggle, expected: Term) -> None:
    judge_switch(i, node)
    i.later((i.check, node.old, expected), (i.check, node.new, expected))


def judge_switch(i: Inference, node: e.Toggle) -> None:
    if not i.known.exists(Realm.SWITCH, node.switch):
        i.unknown(node, "switch", Realm.SWITCH, node.switch)
        i.errors.discard(node.id)  # without its switch the old side runs


def partial(i: Inference, node: e.Partial, expected: Term) -> None:
    i.later((i.check, node.old, expected), (i.check, node.new, expected))


def conflict(i: Inference, node: e.Conflict, expected: Term) -> None:
    i.conflict(node, len(node.alternatives))
    i.later(*[(i.check, side, expected) for side in (node.base, *node.alternatives)])
