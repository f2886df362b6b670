"""Well-typed programs in notation, of any type that is asked for: for what must hold of code that trusts its types.

Effects on the order of evaluation show in what fails first; so some parts fail, each in words of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from hypothesis import strategies as st

TYPES = ("Int", "Bool", "String", "List<Int>", "List<String>", "Dict<Int>", "Option<Int>", "(Int, String)", "R", "Tree")

PRELUDE = (
    ("type", "Tree = Leaf | Node(Tree, Int, Tree)"),
    ("type", "R = { a: Int, s: String }"),
    ("fn", "G::twice(n: Int) -> Int = n + n"),
    ("fn", "G::label(n: Int, s: String) -> String = if n > 2 then s else G::label(n + 1, s ++ Int::toString(n))"),
    ("fn", "G::pick<a>(xs: List<a>, other: a) -> a = match xs { [] -> other, [x, ..rest] -> x }"),
)

Env = tuple[tuple[str, str], ...]
"""Names with their types."""


class Writer:
    """Writes one program. Every name is bound once, but for some that hide another."""

    def __init__(self, draw: Callable[..., object]) -> None:
        self.draw = draw
        self.numbers = count(1)

    def name(self) -> str:
        number = next(self.numbers)
        return f"v{number % 5}" if self.one_of([False] * 5 + [True]) else f"n{number}"

    def one_of(self, choices: Sequence[object]) -> object:
        return self.draw(st.sampled_from(choices))

    def of(self, wanted: str, env: Env, depth: int) -> str:
        known = [name for name, type_ in dict(env).items() if type_ == wanted]
        if depth <= 0 or (known and self.one_of([True, False, False])):
            return str(self.one_of(known)) if known else self.leaf(wanted)
        rules = [*self.anything, *RULES[wanted]]
        rule = self.one_of(rules)
        return rule(self, wanted, env, depth - 1)  # type: ignore[operator]

    def leaf(self, wanted: str) -> str:
        return str(self.one_of(LEAVES[wanted]))

    # What may come to any type

    def let(self, wanted: str, env: Env, depth: int) -> str:
        type_, name = str(self.one_of(TYPES)), self.name()
        value = self.of(type_, env, depth)
        return f"(let {name} = {value}; {self.of(wanted, (*env, (name, type_)), depth)})"

    def taken_apart(self, wanted: str, env: Env, depth: int) -> str:
        first, second = f"n{next(self.numbers)}", f"n{next(self.numbers)}"
        if self.one_of([True, False]):
            pattern, value = f"({first}, {second})", self.of("(Int, String)", env, depth)
        else:
            pattern, value = f"{{ a: {first}, s: {second} }}", self.of("R", env, depth)
        inner = (*env, (first, "Int"), (second, "String"))
        return f"(let {pattern} = {value}; {self.of(wanted, inner, depth)})"

    def choice(self, wanted: str, env: Env, depth: int) -> str:
        test, then, other = self.of("Bool", env, depth), self.of(wanted, env, depth), self.of(wanted, env, depth)
        return f"(if {test} then {then} else {other})"

    def match_option(self, wanted: str, env: Env, depth: int) -> str:
        name = self.name()
        some = self.of(wanted, (*env, (name, "Int")), depth)
        guard = f" if {self.of('Bool', (*env, (name, 'Int')), 0)}" if self.one_of([False, False, True]) else ""
        arms = [f"Some({name}){guard} -> {some}", f"None -> {self.of(wanted, env, depth)}"]
        if guard:
            arms.append(f"_ -> {self.of(wanted, env, depth)}")
        if not guard and self.one_of([True, False]):
            arms.reverse()
        return f"(match {self.of('Option<Int>', env, depth)} {{ {', '.join(arms)} }})"

    def match_list(self, wanted: str, env: Env, depth: int) -> str:
        head, rest = f"n{next(self.numbers)}", f"n{next(self.numbers)}"
        inner = (*env, (head, "Int"), (rest, "List<Int>"))
        arms = f"[] -> {self.of(wanted, env, depth)}, [{head}, ..{rest}] -> {self.of(wanted, inner, depth)}"
        return f"(match {self.of('List<Int>', env, depth)} {{ {arms} }})"

    def match_tree(self, wanted: str, env: Env, depth: int) -> str:
        name = f"n{next(self.numbers)}"
        arms = f"Node(_, {name}, _) -> {self.of(wanted, (*env, (name, 'Int')), depth)}, Leaf -> {self.leaf(wanted)}"
        return f"(match {self.of('Tree', env, depth)} {{ {arms} }})"

    def match_int(self, wanted: str, env: Env, depth: int) -> str:
        return (
            f"(match {self.of('Int', env, depth)} {{ 1 -> {self.of(wanted, env, depth)}, _ -> {self.leaf(wanted)} }})"
        )

    def applied(self, wanted: str, env: Env, depth: int) -> str:
        name = self.name()
        return f"(({name} => {self.of(wanted, (*env, (name, 'Int')), depth)})({self.of('Int', env, depth)}))"

    def thunks(self, wanted: str, env: Env, depth: int) -> str:
        """Closures that are made in a loop and called after it."""
        name = self.name()
        body = self.of(wanted, (*env, (name, "Int")), depth)
        made = f"List::map({self.of('List<Int>', env, depth)}, {name} => (() => {body}))"
        return f"(match List::last({made}) {{ Some(last) -> last(), None -> {self.leaf(wanted)} }})"

    def fold(self, wanted: str, env: Env, depth: int) -> str:
        acc, item = f"n{next(self.numbers)}", self.name()
        inner = (*env, (acc, wanted), (item, "Int"))
        grown = GROWN.get(wanted)
        body = self.of(wanted, inner, depth)
        if grown and self.one_of([True, True, False]):
            added = str(self.one_of(grown)).format(acc=acc, x=item, inner=self.of(LOOKED[wanted], inner, depth))
            body = str(self.one_of([added, f"(if {item} > 1 then {acc} else {added})", f"{added} |> (r => r)", body]))
        init = self.of(wanted, env, depth) if self.one_of([True, False]) else self.leaf(wanted)
        return f"List::fold({self.of('List<Int>', env, depth)}, {init}, ({acc}, {item}) => {body})"

    anything = (let, let, taken_apart, choice, match_option, match_list, match_tree, match_int, applied, thunks, fold)


LEAVES = {
    "Int": ("0", "1", "2", "-3", "7", "4294967296", "123456789012345678901234567890"),
    "Bool": ("true", "false"),
    "String": ('""', '"a"', '"bc"', '"é"'),
    "List<Int>": ("[]", "[1]", "[3, 1, 2]", "List::range(0, 3)"),
    "List<String>": ("[]", '["a", "b", "a"]'),
    "Dict<Int>": ("#{}", '#{ "a": 1, "b": 2 }'),
    "Option<Int>": ("None", "Some(5)"),
    "(Int, String)": ('(1, "x")',),
    "R": ('{ a: 1, s: "r" }',),
    "Tree": ("Leaf", "Node(Leaf, 4, Leaf)"),
}
GROWN = {
    "List<Int>": (
        "List::pushBack({acc}, {x})",
        "{acc} |> List::pushBack({inner}) |> List::pushBack({x})",
        "List::append({acc}, [{x}, {inner}])",
        "List::pushBack({acc}, List::length({acc}) + {inner})",
        "List::pushBack(List::pushBack({acc}, {x}), List::length({acc}))",
        "(match List::last({acc}) {{ Some(l) -> List::pushBack({acc}, l + {x}), None -> {acc} }})",
    ),
    "Dict<Int>": (
        "Dict::set({acc}, Int::toString({x}), {inner})",
        'Dict::set({acc}, "k", Option::withDefault(Dict::get({acc}, "k"), {inner}) + 1)',
        '(if Dict::member({acc}, "a") then Dict::set({acc}, "b", Dict::size({acc})) else Dict::set({acc}, "a", {x}))',
        '{acc} |> Dict::set("c", {x}) |> Dict::set("d", Dict::size({acc}))',
    ),
    "String": ("{acc} ++ {inner}", "({acc} ++ Int::toString({x})) ++ {inner}", "{acc} ++ {acc}"),
}
LOOKED = {"List<Int>": "Int", "Dict<Int>": "Int", "String": "String"}

Rule = Callable[[Writer, str, Env, int], str]


def form(text: str, *parts: str) -> Rule:
    """A rule whose text has `{}` for each part of these types."""

    def write(w: Writer, _wanted: str, env: Env, depth: int) -> str:
        return text.format(*[w.of(part, env, depth) for part in parts])

    return write


def walk(text: str, *parts: str, names: Sequence[str], body: str) -> Rule:
    """… and last a lambda with parameters of the types `names`."""

    def write(w: Writer, _wanted: str, env: Env, depth: int) -> str:
        written = [w.of(part, env, depth) for part in parts]
        params = [f"n{next(w.numbers)}" for _ in names]
        inner = w.of(body, (*env, *zip(params, names, strict=True)), depth)
        return text.format(*written, f"({', '.join(params)}) => {inner}")

    return write


RULES: dict[str, tuple[Rule, ...]] = {
    "Int": (
        form("({} + {})", "Int", "Int"),
        form("({} - {})", "Int", "Int"),
        form("({} * {})", "Int", "Int"),
        form("({} % {})", "Int", "Int"),
        form("(-{})", "Int"),
        form("G::twice({})", "Int"),
        form("Option::withDefault({}, {})", "Option<Int>", "Int"),
        form("List::length({})", "List<Int>"),
        form("Dict::size({})", "Dict<Int>"),
        form("Dict::getWithDefault({}, {}, {})", "Dict<Int>", "String", "Int"),
        form("{}.a", "R"),
        form("Tuple2::first({})", "(Int, String)"),
        form("String::length_v0({})", "String"),
        form("G::pick({}, {})", "List<Int>", "Int"),
        form("Int::divide({}, {})", "Int", "Int"),
        walk("List::count({}, {})", "List<Int>", names=["Int"], body="Bool"),
        walk("Dict::fold({}, {}, {})", "Dict<Int>", "Int", names=["Int", "String", "Int"], body="Int"),
    ),
    "Bool": (
        form("({} == {})", "Int", "Int"),
        form("({} < {})", "Int", "Int"),
        form("({} >= {})", "String", "String"),
        form("({} == {})", "List<Int>", "List<Int>"),
        form("({} != {})", "Option<Int>", "Option<Int>"),
        form("({} && {})", "Bool", "Bool"),
        form("({} || {})", "Bool", "Bool"),
        form("(!{})", "Bool"),
        form("Option::isSome({})", "Option<Int>"),
        form("Dict::member({}, {})", "Dict<Int>", "String"),
        form("List::isEmpty({})", "List<String>"),
        walk("List::any({}, {})", "List<Int>", names=["Int"], body="Bool"),
        walk("List::all({}, {})", "List<String>", names=["String"], body="Bool"),
    ),
    "String": (
        form("({} ++ {})", "String", "String"),
        form('"${{{}}}-${{{}}}"', "String", "String"),
        form('"n${{Int::toString({})}}"', "Int"),
        form("{}.s", "R"),
        form("Tuple2::second({})", "(Int, String)"),
        form("String::join({}, {})", "List<String>", "String"),
        form("G::label({}, {})", "Int", "String"),
    ),
    "List<Int>": (
        form("[{}, {}]", "Int", "Int"),
        form("List::pushBack({}, {})", "List<Int>", "Int"),
        form("List::push({}, {})", "List<Int>", "Int"),
        form("List::append({}, {})", "List<Int>", "List<Int>"),
        form("Dict::values({})", "Dict<Int>"),
        form("List::range({} % 5, {} % 7)", "Int", "Int"),
        walk("List::map({}, {})", "List<Int>", names=["Int"], body="Int"),
        walk("({} |> List::map({}))", "List<String>", names=["String"], body="Int"),
        walk("List::indexedMap({}, {})", "List<Int>", names=["Int", "Int"], body="Int"),
        walk("List::filter({}, {})", "List<Int>", names=["Int"], body="Bool"),
        walk("List::filterMap({}, {})", "List<Int>", names=["Int"], body="Option<Int>"),
        walk("List::flatMap({}, {})", "List<Int>", names=["Int"], body="List<Int>"),
        walk("(Dict::toList({}) |> List::map({}))", "Dict<Int>", names=["(String, Int)"], body="Int"),
    ),
    "List<String>": (
        form("[{}, {}]", "String", "String"),
        form("Dict::keys({})", "Dict<Int>"),
        walk("List::map({}, {})", "List<Int>", names=["Int"], body="String"),
    ),
    "Dict<Int>": (
        form("#{{ {}: {} }}", "String", "Int"),
        form("Dict::set({}, {}, {})", "Dict<Int>", "String", "Int"),
        walk("Dict::map({}, {})", "Dict<Int>", names=["String", "Int"], body="Int"),
        walk("Dict::filter({}, {})", "Dict<Int>", names=["String", "Int"], body="Bool"),
    ),
    "Option<Int>": (
        form("Some({})", "Int"),
        form("Dict::get({}, {})", "Dict<Int>", "String"),
        form("List::head({})", "List<Int>"),
        form("List::getAt({}, {})", "List<Int>", "Int"),
        form("((() => Some({}! + {}))())", "Option<Int>", "Int"),
        walk("List::findFirst({}, {})", "List<Int>", names=["Int"], body="Bool"),
        walk("Option::map({}, {})", "Option<Int>", names=["Int"], body="Int"),
    ),
    "(Int, String)": (form("({}, {})", "Int", "String"),),
    "R": (
        form("{{ a: {}, s: {} }}", "Int", "String"),
        form("{{ {} | a: {} }}", "R", "Int"),
        form("{{ {} | s: {}, a: {} }}", "R", "String", "Int"),
    ),
    "Tree": (form("Node({}, {}, {})", "Tree", "Int", "Tree"),),
}


@st.composite
def programs(draw: Callable[..., object], depth: int = 4) -> str:
    writer = Writer(draw)
    return writer.of(str(writer.one_of(TYPES)), (), depth)
