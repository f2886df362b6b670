"""What a handler answers with.

Must not know HTTP. Invariant: every way through a handler's body that runs to its end is among the answer.
"""

from __future__ import annotations

from dark_lang.checking.marks import Checked
from dark_lang.names import NodeId
from dark_lang.nodes import expressions as e
from dark_lang.types import Type


def answers(body: e.Expression, checked: Checked) -> list[tuple[NodeId, Type]]:
    """What a handler may answer with: the places where a way through it ends, in the order of the text, and the type
    of each. Old sides and bases count, since they run."""
    found: list[tuple[NodeId, Type]] = []
    work: list[e.Expression] = [body]
    while work:
        node = work.pop()
        match node:
            case e.Let(body=inner) | e.Note(body=inner):
                work.append(inner)
            case e.If(then=then, else_=else_):
                work.extend([else_, then])
            case e.Match(arms=arms):
                work.extend([arm.body for arm in reversed(arms)])
            case e.Toggle(old=old, new=new):
                work.extend([new, old])
            case e.Partial(old=inner) | e.Conflict(base=inner):
                work.append(inner)
            case e.Pipe(head=head, steps=()):
                work.append(head)
            case e.Pipe(steps=(*_, last)):
                found.append((node.id, checked.types[last.id]))
            case _:
                found.append((node.id, checked.types[node.id]))
    return found
