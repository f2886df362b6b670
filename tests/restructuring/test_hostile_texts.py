"""Whatever is thrown at replace-node, the tree stays whole, and what is printed reads back to what is printed."""

from __future__ import annotations

import random

import pytest
from drafts import Shelf
from knowing import SmallKnown

from dark_lang.errors import DarkError
from dark_lang.names import Fresh
from dark_lang.nodes import toplevels as top
from dark_lang.nodes.walking import descend, same
from dark_lang.notation.printing import print_any
from dark_lang.notation.reading import read_expression, read_signature
from dark_lang.restructuring.replacing import replace_node
from dark_lang.restructuring.surgery import changed

BODY = """let user = Some(a)
match user { Some(name) if a > 1 -> "Hello ${name}", None -> [1, (2, b)] |> List::map_v0(x => { k: x }), _ -> ?it }"""
PIECES = """\
let in if then else match true false toggle partial conflict secret new: old: base: or: -> => |> || && == != < <= > >=
++ + - * / % ^ ! ? ?a ?" " ' ` ( ) [ ] { } #{ ${ $ , . : ; = | .. _ a b x name Some None T::t T::two_v0 List::map
List::map<Int> Users-v1 Shape_v0::Circle 1 -1 1.5 1e300 1e+ 9e999 c"x" c"" "a" "${ "\\ \\u{ \\u{41} // /// @ ~ \x00 \x1b
\u202e é 日本 👩‍👩‍👧 \ufeff \ud83d \\n \\ \t """
WORDS = [*PIECES.split(), "", " ", "\n"]


def texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.7:
            words = [rng.choice(WORDS) for _ in range(rng.randrange(1, 25))]
            found.append(rng.choice(["", " ", " ", "\n"]).join(words))
        elif kind < 0.8:
            found.append("".join(chr(rng.randrange(1, 0x2FF)) for _ in range(rng.randrange(40))))
        elif kind < 0.9:
            found.append(
                rng.choice(["(", "[", "{", "f(", "!", "-", "x => ", "Some(", "let a = ", "if "]) * rng.randrange(400)
            )
        else:
            cut = rng.randrange(len(BODY))
            found.append(BODY[:cut] + rng.choice(WORDS) + BODY[cut + rng.randrange(6) :])
    return found


def throw(count: int, seed: int) -> None:
    known = SmallKnown(list)
    tree = read_signature("T::t(a: Int, b: Int) -> Int", known.naming, Fresh(1)).tree
    tree = changed(tree, body=read_expression(BODY, known.naming, Fresh(2)).tree)
    shelf = Shelf([tree])
    rng = random.Random(seed)
    targets = [node for node in descend(tree) if node is not tree]
    for text in texts(count, seed):
        draft = shelf.draft()
        known.trees = lambda draft=draft: [draft.tree(tree.id)]
        target = rng.choice(targets)
        try:
            replace_node(draft, known, tree.id, target.id, text, now=rng.random() < 0.3)
        except DarkError:
            assert draft.tree(tree.id) == tree
            continue
        check(draft.tree(tree.id), known, text)


def check(after: top.Toplevel, known: SmallKnown, text: str) -> None:
    assert isinstance(after, top.Function)
    printed = print_any(after.body, known.naming)
    again = read_expression(printed, known.naming, Fresh(9)).tree
    assert print_any(again, known.naming) == printed, repr(text)
    assert same(again, after.body), repr(text)


def test_hostile_texts() -> None:
    throw(500, 7)


@pytest.mark.full
def test_many_hostile_texts() -> None:
    throw(10_000, 8)
