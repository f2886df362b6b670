"""What a call of a named function comes to once its arguments are there: an operator, an expression, or a call.

Must not know what is called: names are bound by whoever links the code. Invariant: a function that is known by its name
alone is called by that name, so that it stays bound to one definition.
"""

from __future__ import annotations

from dark_lang.compiling import syntax as py
from dark_lang.compiling.compiled import NeedKind, bound_for
from dark_lang.compiling.generating import Generator, Result
from dark_lang.compiling.inlining import INLINES
from dark_lang.compiling.operators import OPERATORS
from dark_lang.names import Defined, NodeId, Ref, Standard


def call(g: Generator, node: NodeId, function: Ref, results: list[Result]) -> Result:
    count = len(results)
    if isinstance(function, Standard):
        if function.version == 0:
            operator = OPERATORS.get(function.name)
            if operator is not None and operator[0] == count:
                return operator[1](g, node, results)
        if g.types is not None:
            inline = INLINES.get((function.name, function.version))
            if inline is not None and inline[0] == count:
                return inline[1](g, node, results)
    elif isinstance(function, Defined) and function.id == g.definition and len(g.scopes[1].params) == count:
        main = g.scopes[1]
        return py.call("main", [value for value, _ in results], g.line(node)), main.result.lower()
    name = g.need(NeedKind.CALL, function, count, node=bound_for(function, node))
    return py.call(name, [value for value, _ in results], g.line(node)), ""
