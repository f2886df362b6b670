"""Programs that are well typed by the way they are made: an expression of any type that is asked for, out of every
standard function whose signature gives such a type, and out of every form of the language.

Types are those of `dark_lang.types`; what is written is notation, so that a counterexample can be read and tried.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from memory_canvas import MemoryCanvas, library

from dark_lang.library import Effect
from dark_lang.library_signatures import Signature, parse_signature
from dark_lang.names import Standard
from dark_lang.naming import Realm
from dark_lang.types import Fn, Named, Record, Tuple, Type, Variable, describe

PRELUDE: Final = (
    ("type", "Tree<a> = Leaf | Node(Tree<a>, a, Tree<a>)"),
    ("type", "Shape = Circle(Float) | Rect(Float, Float) | Named(String, Shape) | Empty"),
    ("type", "User = { name: String, age: Int }"),
    ("type", "Chain = { value: Int, next: Option<Chain> }"),
    ("fn", "W::first<a>(xs: List<a>, other: a) -> a = match xs { [x, ..] -> x, [] -> other }"),
    ("fn", "W::swap<a, b>(pair: (a, b)) -> (b, a) = (let (a, b) = pair\n(b, a))"),
    ("fn", "W::grown(tree: Tree<Int>, n: Int) -> Tree<Int> = Node(tree, n, Leaf)"),
    ("fn", "W::older<r>(x: { age: Int, ..r }) -> { age: Int, ..r } = { x | age: x.age + 1 }"),
    ("fn", "W::age(x: { age: Int, .. }) -> Int = x.age"),
    ("fn", "W::find(n: Int) -> Option<Int> = if n > 1 then Some(n) else None"),
    ("fn", 'W::checked(n: Int) -> Result<Int, String> = if n > 1 then Ok(n) else Error("small")'),
    ("fn", "W::linked(value: Int, next: Option<Chain>) -> Chain = { value: value, next: next }"),
    (
        "fn",
        "W::sum(c: Chain) -> Int = match c { { value, next: Some(m) } -> value + W::sum(m), { value } -> value }",
    ),
    ("fn", "W::depth<a>(t: Tree<a>) -> Int = match t { Leaf -> 0, Node(l, _, r) -> 1 + W::depth(l) + W::depth(r) }"),
)

INT, FLOAT, BOOL, STRING, CHAR, UNIT, BYTES, DATE, UUID, JSON = [
    Named(Standard(name))
    for name in ("Int", "Float", "Bool", "String", "Char", "Unit", "Bytes", "DateTime", "Uuid", "Json")
]
LEAVES: Final[Mapping[Type, tuple[str, ...]]] = {
    INT: ("0", "1", "2", "-3", "7", "123456789012345678901234567890"),
    FLOAT: ("0.0", "1.5", "-2.25", "1e300"),
    BOOL: ("true", "false"),
    STRING: ('""', '"a"', '"bc"', '"12"', '"é"', '"a b"'),
    CHAR: ('c"a"', 'c"é"'),
    UNIT: ("()",),
    BYTES: ("Bytes::empty_v0()", 'String::toBytes_v0("ab")'),
    DATE: ("DateTime::fromSeconds_v0(0)", "DateTime::fromSeconds_v0(1000000000)"),
    UUID: ('String::toUuid_v0("5b3f1d1e-3a53-4e0a-9e6e-0a5d8c1f2b3c")',),
    JSON: ("Json::null_v0()", "Json::from_v0(1)"),
}
_EXCLUDED: Final = ("Any", "Response", "Request", "Datastore", "Http", "Op::", "Password", "Crypto")
_RECORD: Final = Record((("age", INT), ("name", STRING)))


def named(name: str, *args: Type) -> Type:
    return Named(Standard(name), args)


@cache
def candidates() -> tuple[tuple[str, Signature], ...]:
    """The standard functions that can be called with generated values. Those that decode are left out: where nothing
    says what they are to read, they are marked."""
    return tuple(
        (f"{identity.name}_v{identity.version}", parse_signature(function))
        for identity, function in library().functions.items()
        if function.deprecated is None
        and not function.decodes
        and function.effect is Effect.PURE
        and not any(word in function.signature for word in _EXCLUDED)
    )


def prelude() -> MemoryCanvas:
    canvas = MemoryCanvas()
    for kind, text in PRELUDE:
        if kind == "type":
            canvas.type(text)
    for kind, text in PRELUDE:
        if kind == "fn":
            canvas.function(*text.split(" = ", 1))
    return canvas


def matched(pattern: Type, wanted: Type, means: dict[str, Type]) -> bool:
    """Whether a declared type can be the one that is wanted; `means` then holds what its variables stand for."""
    match pattern, wanted:
        case Variable(name), _:
            return means.setdefault(name, wanted) == wanted
        case Named(head, args), Named(other, others):
            return head == other and all(matched(a, b, means) for a, b in zip(args, others, strict=True))
        case Tuple(items), Tuple(others):
            return len(items) == len(others) and all(matched(a, b, means) for a, b in zip(items, others, strict=True))
        case _:
            return False


def put(wanted: Type, means: Mapping[str, Type]) -> Type:
    match wanted:
        case Variable(name):
            return means[name]
        case Named(head, args):
            return Named(head, tuple([put(arg, means) for arg in args]))
        case Tuple(items):
            return Tuple(tuple([put(item, means) for item in items]))
        case Fn(params, result):
            return Fn(tuple([put(param, means) for param in params]), put(result, means))
        case _:
            return wanted


Env = tuple[tuple[str, Type], ...]
Writing = Callable[["Writer", Type, Env, int], str]


class Writer:
    """Writes expressions of the types that are asked for, at most `depth` levels deep."""

    def __init__(self, choose: random.Random, canvas: MemoryCanvas) -> None:
        self.choose = choose
        self.canvas = canvas
        self.count = 0
        types = {name: Named(canvas.resolve(Realm.TYPE, name)) for name in ("Shape", "User", "Chain", "Tree")}
        self.shape, self.user, self.chain, self.tree = types.values()

    def type(self, depth: int = 2) -> Type:
        if depth <= 0 or self.choose.random() < 0.4:
            plain = (
                INT,
                INT,
                STRING,
                BOOL,
                FLOAT,
                CHAR,
                UNIT,
                BYTES,
                DATE,
                UUID,
                JSON,
                self.shape,
                self.user,
                self.chain,
            )
            return self.choose.choice(plain)
        inner = [self.type(depth - 1) for _ in range(3)]
        made = (
            named("List", inner[0]),
            named("Option", inner[0]),
            named("Dict", inner[0]),
            named("Result", inner[0], self.choose.choice([STRING, inner[1]])),
            Tuple(tuple(inner[: self.choose.choice([2, 3])])),
            Record((("a", inner[0]), ("b", inner[1]))),
            _RECORD,
            Named(self.tree.type, (inner[0],)),
        )
        return self.choose.choice(made)

    def name(self) -> str:
        self.count += 1
        return f"v{self.count}" if self.choose.random() < 0.8 else f"v{self.choose.randint(1, self.count)}"

    def names(self, count: int) -> list[str]:
        self.count += count
        return [f"n{self.count - nth}" for nth in range(count)]

    def of(self, wanted: Type, env: Env, depth: int) -> str:
        known = [name for name, held in dict(env).items() if held == wanted]
        if known and self.choose.random() < 0.4:
            return self.choose.choice(known)
        if depth <= 0:
            return self.choose.choice(known) if known else self.built(wanted, env, 0)
        draw = self.choose.random()
        if draw < 0.35:
            return self.choose.choice(_FORMS)(self, wanted, env, depth - 1)
        if draw < 0.75:
            return self.called(wanted, env, depth - 1) or self.built(wanted, env, depth - 1)
        return self.built(wanted, env, depth - 1)

    # Values of a type, by the type

    def built(self, wanted: Type, env: Env, depth: int) -> str:
        def of(inner: Type) -> str:
            return self.of(inner, env, depth - 1)

        few = range(self.choose.choice([0, 1, 2]) if depth > 0 else self.choose.choice([0, 1]))
        match wanted:
            case Named(Standard("List"), (item,)):
                return f"[{', '.join(of(item) for _ in few)}]"
            case Named(Standard("Dict"), (item,)):
                return "#{ " + ", ".join(f'"k{nth}": {of(item)}' for nth in few) + " }"
            case Named(Standard("Option"), (item,)):
                return f"Some({of(item)})" if self.choose.random() < 0.7 else "None"
            case Named(Standard("Result"), (good, bad)):
                return f"Ok({of(good)})" if self.choose.random() < 0.7 else f"Error({of(bad)})"
            case Tuple(items):
                return f"({', '.join(of(item) for item in items)})"
            case Record(fields):
                return f"{{ {', '.join(f'{label}: {of(held)}' for label, held in fields)} }}"
            case Fn(params, result):
                names = self.names(len(params))
                return (
                    f"(({', '.join(names)}) => {self.of(result, (*env, *zip(names, params, strict=True)), depth - 1)})"
                )
            case Variable():
                return "0"
            case _ if wanted in LEAVES:
                if wanted == STRING and self.choose.random() < 0.3:
                    return f'"${{{of(STRING)}}}-${{{of(STRING)}}}"'
                return self.choose.choice(LEAVES[wanted])
            case _ if wanted == self.user:
                return f"{{ age: {of(INT)}, name: {of(STRING)} }}"
            case _ if wanted == self.chain:
                after = "None" if depth <= 0 or self.choose.random() < 0.5 else f"Some({of(self.chain)})"
                # A literal would only be of this type where something says so: what is inferred never holds itself.
                return f"W::linked({of(INT)}, {after})"
            case _ if wanted == self.shape:
                whole = ("Empty", f"Circle({of(FLOAT)})", f"Rect({of(FLOAT)}, {of(FLOAT)})")
                return self.choose.choice(whole)
            case Named(_, (item,)):
                if depth <= 0 or self.choose.random() < 0.3:
                    return "Leaf"
                return f"Node({of(wanted)}, {of(item)}, {of(wanted)})"
            case _:
                raise AssertionError(describe(wanted))

    # Calls of whatever gives such a type

    def called(self, wanted: Type, env: Env, depth: int) -> str | None:
        found = []
        for name, signature in candidates():
            means: dict[str, Type] = {}
            if matched(signature.result, wanted, means) and self._are_numbers(signature, means):
                found.append((name, signature, means))
        if not found:
            return None
        name, signature, means = self.choose.choice(found)
        for parameter in signature.type_params:
            number = parameter in signature.numbers
            means.setdefault(parameter, self.choose.choice([INT, FLOAT]) if number else self.type(1))
        args = [self.of(put(held, means), env, depth) for _, held in signature.params]
        if args and self.choose.random() < 0.3:
            return f"({args[0]} |> {name}({', '.join(args[1:])}))"
        return f"{name}({', '.join(args)})"

    def _are_numbers(self, signature: Signature, means: Mapping[str, Type]) -> bool:
        return all(means.get(name, INT) in (INT, FLOAT) for name in signature.numbers)

    # Forms that may come to any type

    def let(self, wanted: Type, env: Env, depth: int) -> str:
        held, name = self.type(), self.name()
        return f"(let {name} = {self.of(held, env, depth)}\n{self.of(wanted, (*env, (name, held)), depth)})"

    def generic(self, wanted: Type, env: Env, depth: int) -> str:
        (name,) = self.names(1)
        one, other = self.of(wanted, env, depth), self.of(self.type(), env, depth)
        return f"(let {name} = x => (x, [x])\nlet _ = {name}({other})\nTuple2::first_v0({name}({one})))"

    def taken_apart(self, wanted: Type, env: Env, depth: int) -> str:
        first, second = self.names(2)
        types = (self.type(1), self.type(1))
        inner = (*env, (first, types[0]), (second, types[1]))
        if self.choose.random() < 0.5:
            pattern, held = f"({first}, {second})", Tuple(types)
        else:
            pattern, held = f"{{ a: {first}, b: {second} }}", Record((("a", types[0]), ("b", types[1])))
        return f"(let {pattern} = {self.of(held, env, depth)}\n{self.of(wanted, inner, depth)})"

    def choice(self, wanted: Type, env: Env, depth: int) -> str:
        then, other = self.of(wanted, env, depth), self.of(wanted, env, depth)
        return f"(if {self.of(BOOL, env, depth)} then {then} else {other})"

    def compared(self, wanted: Type, env: Env, depth: int) -> str:
        held = self.type(1)
        a, b = self.of(held, env, depth), self.of(held, env, depth)
        operator = self.choose.choice(["==", "!=", "<", ">="])
        return f"(if ({a}) {operator} ({b}) then {self.of(wanted, env, depth)} else {self.of(wanted, env, depth)})"

    def counted(self, wanted: Type, env: Env, depth: int) -> str:
        (name,) = self.names(1)
        number = self.choose.choice([INT, FLOAT])
        a, b = self.of(number, env, depth), self.of(number, env, depth)
        sum_ = f"({a} {self.choose.choice(['+', '-', '*'])} {b})"
        return f"(let {name} = {sum_}\n{self.of(wanted, (*env, (name, number)), depth)})"

    def matched_option(self, wanted: Type, env: Env, depth: int) -> str:
        (name,) = self.names(1)
        held = self.type(1)
        some = self.of(wanted, (*env, (name, held)), depth)
        none = self.of(wanted, env, depth)
        return f"(match {self.of(named('Option', held), env, depth)} {{ Some({name}) -> {some}, None -> {none} }})"

    def matched_result(self, wanted: Type, env: Env, depth: int) -> str:
        (name,) = self.names(1)
        good, bad = self.type(1), self.type(1)
        ok = self.of(wanted, (*env, (name, good)), depth)
        other = self.of(wanted, (*env, (name, bad)), depth)
        subject = self.of(named("Result", good, bad), env, depth)
        return f"(match {subject} {{ Ok({name}) -> {ok}, Error({name}) -> {other} }})"

    def matched_list(self, wanted: Type, env: Env, depth: int) -> str:
        first, rest = self.names(2)
        held = self.type(1)
        inner = (*env, (first, held), (rest, named("List", held)))
        arms = f"[] -> {self.of(wanted, env, depth)}, [{first}, ..{rest}] -> {self.of(wanted, inner, depth)}"
        return f"(match {self.of(named('List', held), env, depth)} {{ {arms} }})"

    def matched_tree(self, wanted: Type, env: Env, depth: int) -> str:
        left, item = self.names(2)
        held = self.type(1)
        tree = Named(self.tree.type, (held,))
        node = self.of(wanted, (*env, (left, tree), (item, held)), depth)
        arms = f"Node({left}, {item}, _) -> {node}, Leaf -> {self.of(wanted, env, depth)}"
        return f"(match {self.of(tree, env, depth)} {{ {arms} }})"

    def matched_shape(self, wanted: Type, env: Env, depth: int) -> str:
        a, b = self.names(2)
        circle = self.of(wanted, (*env, (a, FLOAT)), depth)
        name = self.of(wanted, (*env, (a, STRING), (b, self.shape)), depth)
        arms = f"Circle({a}) -> {circle}, Named({a}, {b}) -> {name}, _ -> {self.of(wanted, env, depth)}"
        return f"(match {self.of(self.shape, env, depth)} {{ {arms} }})"

    def applied(self, wanted: Type, env: Env, depth: int) -> str:
        name, held = self.name(), self.type()
        return f"(({name} => {self.of(wanted, (*env, (name, held)), depth)})({self.of(held, env, depth)}))"

    def stepped(self, wanted: Type, env: Env, depth: int) -> str:
        name, held = self.name(), self.type()
        return f"({self.of(held, env, depth)} |> ({name} => {self.of(wanted, (*env, (name, held)), depth)}))"

    def accessed(self, wanted: Type, env: Env, depth: int) -> str:
        return f"({{ a: {self.of(wanted, env, depth)}, b: {self.of(self.type(1), env, depth)} }}).a"

    def updated(self, wanted: Type, env: Env, depth: int) -> str:
        a, b = self.of(wanted, env, depth), self.of(self.type(1), env, depth)
        return f"({{ {{ a: {a}, b: {b} }} | a: {self.of(wanted, env, depth)} }}).a"

    def left_early(self, wanted: Type, env: Env, depth: int) -> str:
        inner, name = self.of(named("Option", wanted), env, depth), self.name()
        some = f"Option::map_v0({inner}, {name} => {name})"  # what may be a Result as well, `!` cannot be sound of
        return f"Option::withDefault_v0((() => Some({some}!))(), {self.of(wanted, env, depth)})"

    def folded(self, wanted: Type, env: Env, depth: int) -> str:
        acc, item = self.names(2)
        held = self.type(1)
        body = self.of(wanted, (*env, (acc, wanted), (item, held)), depth)
        items, start = self.of(named("List", held), env, depth), self.of(wanted, env, depth)
        return f"List::fold_v0({items}, {start}, ({acc}, {item}) => {body})"

    def own(self, wanted: Type, env: Env, depth: int) -> str:
        """Through a function of the canvas."""
        if wanted == INT:
            ways = (
                lambda: f"W::age({{ age: {self.of(INT, env, depth)}, more: {self.of(self.type(1), env, depth)} }})",
                lambda: f"W::sum({self.of(self.chain, env, depth)})",
                lambda: f"W::depth({self.of(Named(self.tree.type, (self.type(1),)), env, depth)})",
                lambda: f"W::older({self.of(self.user, env, depth)}).age",
            )
            return self.choose.choice(ways)()
        if isinstance(wanted, Tuple) and len(wanted.items) == 2:
            return f"W::swap({self.of(Tuple(wanted.items[::-1]), env, depth)})"
        return f"W::first({self.of(named('List', wanted), env, depth)}, {self.of(wanted, env, depth)})"


_FORMS: Final[Sequence[Writing]] = (
    Writer.let,
    Writer.let,
    Writer.generic,
    Writer.taken_apart,
    Writer.choice,
    Writer.compared,
    Writer.counted,
    Writer.matched_option,
    Writer.matched_result,
    Writer.matched_list,
    Writer.matched_tree,
    Writer.matched_shape,
    Writer.applied,
    Writer.stepped,
    Writer.accessed,
    Writer.updated,
    Writer.left_early,
    Writer.folded,
    Writer.own,
)


def program(seed: int, canvas: MemoryCanvas, depth: int) -> tuple[str, Type]:
    writer = Writer(random.Random(seed), canvas)
    wanted = writer.type()
    return writer.of(wanted, (), depth), wanted
