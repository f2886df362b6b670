"""Standard functions that walk over a List or a Dict with a function, as loops that stand where the call does.

Only code with types has them: what the function does stands inside the loop, and nothing is called for each item.
Must not know the library's bodies. Invariants: the loop gives what the function gives; what each turn binds has names
of its own, which closures made in a turn get copies of; a `!` leaves its own lambda, so one that has it is called.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Final

from dark_lang.compiling import loop_syntax as loop
from dark_lang.compiling import syntax as py
from dark_lang.compiling.accumulating import growing_calls
from dark_lang.compiling.calling import call
from dark_lang.compiling.compiled import NeedKind, bound_for
from dark_lang.compiling.control import as_condition, bind
from dark_lang.compiling.generating import Generator, InPlace, Place, Result
from dark_lang.compiling.growing import grown_by
from dark_lang.names import NOWHERE, Ref, Standard
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes.shape import Node
from dark_lang.nodes.walking import children_of
from dark_lang.records import NamedTuple
from dark_lang.values.limits import LIST_LENGTH, TEXT_LENGTH

_DEEPEST: Final = 6  # loops in loops: CPython compiles no more than 20 blocks in one another
_PLACE_BITS: Final = 34  # of the place of an item


def loop_of(g: Generator, node: e.Call, args: tuple[e.Expression, ...], piped: Result | None) -> Result | None:
    """The loop that a call comes to; None if it has to be a call. `args` are those that are written; one that comes
    through a pipe is before them."""
    function = node.function
    if type(function) is not Standard or not args:
        return None
    entry = LOOPS.get((function.name, function.version))
    last = args[-1]
    if entry is None or len(args) + (piped is not None) != entry.takes or g.scope.turns >= _DEEPEST:
        return None
    if type(last) is e.Lambda:
        if len(last.params) != entry.params or leaves(last.body):
            return None
        if entry.folds and not growing_calls(last) and grown_by(function, args, entry.takes, g.grown):
            return None
        results = g.values(args[:-1], piped)
        return entry.build(g, _Turn(g, node, last, entry.params), results)
    if type(last) is e.FunctionRef and bound_for(last.function, last.id) == NOWHERE:
        results = g.values(args[:-1], piped)
        return entry.build(g, _Turn(g, node, last.function, entry.params), results)
    *results, (made, _) = g.keep_all(g.values(args, piped))
    return entry.build(g, _Turn(g, node, made, entry.params), results)


def leaves(body: Node) -> bool:
    """Whether a `!` leaves the lambda of which this is the body."""
    work = [body]
    while work:
        node = work.pop()
        if type(node) is e.Try:
            return True
        if type(node) is not e.Lambda:
            work += children_of(node)
    return False


class _Turn:
    """What is done in each turn of a loop: a lambda's body, or a call of a function."""

    def __init__(self, g: Generator, node: e.Call, function: e.Lambda | Ref | ast.expr, params: int) -> None:
        self.g = g
        self.node = node
        self.function = function
        self.names = [g.fresh() for _ in range(params)]
        self.block: list[ast.stmt] = []
        self.is_plain = False  # whether its value is one expression that binds no name
        self._parts: dict[int, list[str]] = {}

    def kind(self, nth: int) -> str:
        """What is known of a parameter."""
        return self.g.kind_of(self.function.params[nth]) if type(self.function) is e.Lambda else ""

    def taken_apart(self) -> None:
        """Lets the loop itself take the last parameter apart, if it is a tuple of names. The item then has no name."""
        if type(self.function) is not e.Lambda:
            return
        pattern = self.function.params[-1]
        if type(pattern) is p.Tuple and all(type(item) in _NAMES for item in pattern.items):
            self._parts[len(self.names) - 1] = [self.g.fresh() for _ in pattern.items]

    def target(self, first: int = 0) -> ast.expr:
        """What the loop binds: the parameters from `first` on."""
        targets = [
            loop.target(self._parts[nth]) if nth in self._parts else py.store(self.names[nth])
            for nth in range(first, len(self.names))
        ]
        return targets[0] if len(targets) == 1 else loop.targets(targets)

    def run(self, place: Place | None = None) -> Result:
        """The value of a turn, in a place if there is one; its statements are in the block."""
        g = self.g
        mark, used, outer = g.mark(), g.used, g.block
        g.block = self.block
        g.scope.turns += 1
        result = self._bound(self.function, place) if type(self.function) is e.Lambda else self._called(place)
        g.scope.turns -= 1
        g.block = outer
        g.unwind(mark)
        self.is_plain = not self.block and g.used == used
        return result

    def _bound(self, function: e.Lambda, place: Place | None) -> Result:
        g = self.g
        for nth, (pattern, name) in enumerate(zip(function.params, self.names, strict=True)):
            if type(pattern) is p.Variable:
                g.bind_python(pattern.name, name, g.kind_of(pattern))
            elif nth in self._parts and type(pattern) is p.Tuple:
                for part, part_name in zip(pattern.items, self._parts[nth], strict=True):
                    if type(part) is p.Variable:
                        g.bind_python(part.name, part_name, g.kind_of(part))
            elif type(pattern) is not p.Wildcard:
                bind(g, pattern, (py.load(name), g.kind_of(pattern)), function)
        if place is None:
            return g.value(function.body)
        return py.load(place.name or ""), g.into(function.body, place)

    def _called(self, place: Place | None) -> Result:
        g, args = self.g, [(py.load(name), "") for name in self.names]
        if isinstance(self.function, ast.expr):
            value = py.Call(self.function, [arg for arg, _ in args], [])
            value.lineno = g.line(self.node.id)
            result: Result = value, ""
        else:
            result = call(g, self.node.id, self.function, args)  # type: ignore[arg-type]  # no Lambda, no expression
        if place is not None:
            g.put(result, place)
        return result


_NAMES: Final = (p.Variable, p.Wildcard)


def _walked(g: Generator, result: Result, item: str = "") -> ast.expr:
    """What a loop walks over. It stands where no name can be bound."""
    value, kind = result
    if type(value) is loop.Listed:
        if item and value.bits is not None:
            g.sizes[item] = value.bits
        value = value.bare
    return value if loop.binds_nothing(value) else g.keep((value, kind))[0]


def _items(g: Generator, entries: Result) -> ast.expr:
    return loop.method(g.keep(entries)[0], "items", [])


def _collected(g: Generator, turn: _Turn, target: ast.expr, walked: ast.expr) -> Result:
    value, _ = turn.run()
    if turn.is_plain:
        return loop.collect(value, target, walked), "L"
    out = g.fresh()
    turn.block.append(loop.append(out, value))
    g.block += [py.assign(out, py.list_of([])), loop.for_each(target, walked, turn.block)]
    return py.load(out), "L"


def _map(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    turn.taken_apart()
    walked = _walked(g, results[0], turn.names[0])
    return _collected(g, turn, turn.target(), walked)


def _indexed_map(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    turn.taken_apart()
    walked = py.call("enumerate", [_walked(g, results[0], turn.names[1])])
    g.sizes[turn.names[0]] = _PLACE_BITS
    return _collected(g, turn, turn.target(), walked)


def _filter(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    (name,) = turn.names
    walked = _walked(g, results[0], name)
    test = _test(g, turn)
    if turn.is_plain:
        return loop.collect(py.load(name), py.store(name), walked, test), "L"
    out = g.fresh()
    turn.block.append(py.If(test, [loop.append(out, py.load(name))], []))
    g.block += [py.assign(out, py.list_of([])), loop.for_each(turn.target(), walked, turn.block)]
    return py.load(out), "L"


def _test(g: Generator, turn: _Turn) -> ast.expr:
    """The condition that a turn comes to."""
    result, outer = turn.run(), g.block
    g.block = turn.block
    test = as_condition(g, result, turn.node)
    g.block = outer
    turn.is_plain = turn.is_plain and result[1] == "B"
    return test


def _filter_map(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    turn.taken_apart()
    walked = _walked(g, results[0], turn.names[0])
    found, out = g.fresh(), g.fresh()
    turn.run(Place(found))
    some = [loop.append(out, py.item(py.part(found, "values"), 0))]
    turn.block.append(py.If(py.part(found, "values"), some, []))
    g.block += [py.assign(out, py.list_of([])), loop.for_each(turn.target(), walked, turn.block)]
    return py.load(out), "L"


def _flat_map(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    turn.taken_apart()
    walked = _walked(g, results[0], turn.names[0])
    out = g.fresh()
    value, _ = turn.run()
    count = py.call("len", [py.load(out)])
    many = py.Expr(py.call("fitting_items", [count], g.line(turn.node.id)))
    turn.block += [
        py.Expr(loop.method(py.load(out), "extend", [value])),
        py.If(py.compare(count, py.GREATER, py.Constant(LIST_LENGTH)), [many], []),
    ]
    g.block += [py.assign(out, py.list_of([])), loop.for_each(turn.target(), walked, turn.block)]
    return py.load(out), "L"


def _until(*, found: bool) -> _Build:
    """Whether a turn is there that comes to `found`; the others are not done."""

    def build(g: Generator, turn: _Turn, results: list[Result]) -> Result:
        turn.taken_apart()
        walked = _walked(g, results[0], turn.names[0])
        out = g.fresh()
        test = _test(g, turn)
        ending = [py.assign(out, py.TRUE if found else py.FALSE), loop.BREAK]
        turn.block.append(py.If(test if found else py.UnaryOp(py.NOT, test), ending, []))
        g.block += [
            py.assign(out, py.FALSE if found else py.TRUE),
            loop.for_each(turn.target(), walked, turn.block),
        ]
        return py.load(out), "B"

    return build


def _find(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    (name,) = turn.names
    walked = _walked(g, results[0], name)
    out = g.fresh()
    test = _test(g, turn)
    turn.block.append(py.If(test, [py.assign(out, py.load(name)), loop.BREAK], []))
    g.block += [py.assign(out, py.NOTHING), loop.for_each(turn.target(), walked, turn.block)]
    return loop.optional(py.load(out)), "C"


def _count(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    turn.taken_apart()
    walked = _walked(g, results[0], turn.names[0])
    out = g.fresh()
    test = _test(g, turn)
    more = py.assign(out, py.BinOp(py.load(out), py.ADD, py.integer(1)))
    turn.block.append(py.If(test, [more], []))
    g.block += [py.assign(out, py.integer(0)), loop.for_each(turn.target(), walked, turn.block)]
    return py.load(out), "I"


def _map_entries(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    walked = _items(g, results[0])
    key = py.load(turn.names[0])
    value, _ = turn.run()
    if turn.is_plain:
        return py.call("GuestDict", [loop.collect_entries(key, value, turn.target(), walked)]), "D"
    out = g.fresh()
    turn.block.append(loop.set_item(out, key, value))
    g.block += [py.assign(out, py.call("GuestDict", [])), loop.for_each(turn.target(), walked, turn.block)]
    return py.load(out), "D"


def _filter_entries(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    walked = _items(g, results[0])
    key, value = turn.names
    out = g.fresh()
    test = _test(g, turn)
    turn.block.append(py.If(test, [loop.set_item(out, py.load(key), py.load(value))], []))
    g.block += [py.assign(out, py.call("GuestDict", [])), loop.for_each(turn.target(), walked, turn.block)]
    return py.load(out), "D"


# Folds


def _fold(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    turn.taken_apart()
    walked, init = results if _is_nothing(results[1][0]) else g.keep_all(results)
    return _folded(g, turn, _walked(g, walked, turn.names[1]), init)


def _fold_entries(g: Generator, turn: _Turn, results: list[Result]) -> Result:
    entries, init = results if _is_nothing(results[1][0]) else g.keep_all(results)
    return _folded(g, turn, _items(g, entries), init)


def _is_nothing(value: ast.expr) -> bool:
    """Whether it may be evaluated before what stands before it."""
    return py.is_stable(value) or (type(value) is py.List and not value.elts) or _is_empty_dict(value)


def _is_empty_dict(value: ast.expr) -> bool:
    return (
        type(value) is py.Call and isinstance(value.func, ast.Name) and value.func.id == "GuestDict" and not value.args
    )


def _folded(g: Generator, turn: _Turn, walked: ast.expr, init: Result) -> Result:
    acc = turn.names[0]
    calls = growing_calls(turn.function) if type(turn.function) is e.Lambda else []
    if not calls:
        g.block.append(py.assign(acc, init[0]))
        turn.run(Place(acc))
        g.block.append(loop.for_each(turn.target(1), walked, turn.block))
        return py.load(acc), turn.kind(0)
    letter = _GROWS[calls[0].function.name]  # type: ignore[union-attr]  # only standard functions grow
    value, shared = _begun(g, letter, init)
    g.block.append(py.assign(acc, value))
    for growing in calls:
        g.in_place[id(growing)] = InPlace(acc, shared, letter)
    turn.run(Place(acc))
    g.block.append(loop.for_each(turn.target(1), walked, turn.block))
    grown: ast.expr = py.load(acc)
    if letter == "D":
        made = py.call("GuestDict", [grown])
        grown = py.IfExp(py.compare(grown, py.IS, py.load(shared)), grown, made) if shared else made
    return grown, letter


_GROWS: Final = {"List::pushBack": "L", "List::append": "L", "Dict::set": "D", "Op::append": "S"}


def _begun(g: Generator, letter: str, init: Result) -> tuple[ast.expr, str]:
    """What the accumulator is before the first turn, and the name of what has to be copied before it is changed; none
    if it belongs to nobody else. A Dict is a plain one while it grows, which CPython is faster with."""
    value, _ = init
    if letter == "S" or type(value) is py.List:
        return value, ""
    if _is_empty_dict(value):
        return py.Dict([], []), ""
    name, _ = g.keep_name(init)
    return py.load(name), name


def grow(g: Generator, node: e.Call, place: InPlace, added: list[Result]) -> Result:
    """Emits what adds to an accumulator in place."""
    acc, shared, letter = place
    name: str = node.function.name  # type: ignore[union-attr]  # only standard functions grow
    held = py.load(acc)
    if name == "Dict::set" and not py.is_stable(added[0][0]) and not py.is_stable(added[1][0]):
        added = g.keep_all(added)  # Python evaluates the value before the key
    elif name in _MEASURED:
        added = g.keep_all(added)
    if shared:
        copy = loop.spread([], held, []) if letter == "L" else py.Dict([None], [held])
        g.block.append(py.If(py.compare(held, py.IS, py.load(shared)), [py.assign(acc, copy)], []))
    match name:
        case "List::pushBack":
            g.block.append(loop.append(acc, added[0][0]))
        case "Dict::set":
            g.block.append(loop.set_item(acc, added[0][0], added[1][0]))
        case "List::append":
            count = py.BinOp(py.call("len", [held]), py.ADD, py.call("len", [added[0][0]]))
            g.block.append(_refused(g, node, count, LIST_LENGTH, [held, added[0][0]]))
            g.block.append(py.Expr(loop.method(held, "extend", [added[0][0]])))
        case _:
            # Added under its own name, which CPython does in place; it is checked before anything else is added.
            g.block.append(py.assign(acc, py.BinOp(held, py.ADD, added[0][0])))
            g.block.append(_refused(g, node, py.call("len", [held]), TEXT_LENGTH, [held, py.Constant("")]))
    return held, letter


_MEASURED: Final = ("List::append",)


def _refused(g: Generator, node: e.Call, size: ast.expr, most: int, args: list[ast.expr]) -> ast.stmt:
    """Lets the library's function say what is too large."""
    call = py.call(g.need(NeedKind.CALL, node.function, 2), args, g.line(node.id))
    return py.If(py.compare(size, py.GREATER, py.Constant(most)), [py.Expr(call)], [])


class _Entry(NamedTuple):
    takes: int  # arguments, the function last
    params: int  # of the function
    build: _Build
    folds: bool = False


_Build = Callable[[Generator, _Turn, list[Result]], Result]

LOOPS: Final[Mapping[tuple[str, int], _Entry]] = {
    ("List::map", 0): _Entry(2, 1, _map),
    ("List::foreach", 0): _Entry(2, 1, _map),
    ("List::indexedMap", 0): _Entry(2, 2, _indexed_map),
    ("List::filter", 0): _Entry(2, 1, _filter),
    ("List::filterMap", 0): _Entry(2, 1, _filter_map),
    ("List::flatMap", 0): _Entry(2, 1, _flat_map),
    ("List::fold", 0): _Entry(3, 2, _fold, folds=True),
    ("List::any", 0): _Entry(2, 1, _until(found=True)),
    ("List::all", 0): _Entry(2, 1, _until(found=False)),
    ("List::findFirst", 1): _Entry(2, 1, _find),
    ("List::count", 0): _Entry(2, 1, _count),
    ("Dict::map", 0): _Entry(2, 2, _map_entries),
    ("Dict::filter", 0): _Entry(2, 2, _filter_entries),
    ("Dict::fold", 0): _Entry(3, 3, _fold_entries, folds=True),
}
"""The standard functions whose calls become loops, by name and version."""
