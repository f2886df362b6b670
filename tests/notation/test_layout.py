"""How code is broken into lines, and which nodes begin on each."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_names import PlainNames

from dark_lang.names import Fresh
from dark_lang.nodes import expressions as e
from dark_lang.nodes.walking import with_fresh_ids
from dark_lang.notation.printing import print_expression, print_lines
from dark_lang.notation.quoting import escape, escape_note, quote, unescape, unescape_note
from dark_lang.notation.reading import read_expression

NAMES = PlainNames()

CALM = [
    # a sequence
    """let user = Dict::get_v1(request.headers, "x-user")
log(user)
// who it is
match user {
  Some(name) -> Http::respond_v0(200, "Hello ${name}")
  None ->
    let code = 401
    Http::respond_v0(code, ?login)
}""",
    # a pipe
    """let total =
  cart.items
    |> List::map_v0(item => item.price * item.count)
    |> List::fold_v0(0, (sum, next) => sum + next)
total""",
    # decisions
    """if quantity > 3 && customer.isRegular then
  discounted(price, quantity)
else if quantity == 0 then (
  warn(customer)
  0
) else
  price * quantity""",
    # data, beside small arguments
    """Http::respond_v0(200, {
  greeting: "Hello ${name}, it is good to see you",
  items: [1, 2, 3],
  total: { net: 1.5, gross: 1.8 }
})""",
    # arguments that do not fit
    """Shop::total_v0(
  firstArgument + secondArgument,
  thirdArgument,
  aRatherLongNameForAnArgument
)""",
    """{ customer |
  name: "A name that takes its space",
  address: theAddressThatWasTyped
}""",
    """toggle new-price {
  old: Shop::priceOfOldTimes(cart, customer),
  new: Shop::priceOfToday(cart, customer)
}""",
    """firstCondition(request) && secondCondition(request)
  || thirdCondition(request)
  || fourthCondition(request)""",
]


@pytest.mark.parametrize("text", CALM)
def test_calm_forms(text: str) -> None:
    reading = read_expression(text, NAMES, Fresh(1))
    assert reading.repairs == ()
    assert print_expression(reading.tree, NAMES, width=60) == text


def test_what_fits_stays_on_a_line() -> None:
    text = "if a then { b: 1 } else xs |> f(1) |> g()"
    assert print_expression(read_expression(text, NAMES, Fresh(1)).tree, NAMES, width=len(text)) == text
    assert "\n" in print_expression(read_expression(text, NAMES, Fresh(1)).tree, NAMES, width=len(text) - 1)


@settings(max_examples=60, deadline=None)
@given(width=st.integers(30, 120))
def test_lines_are_no_wider_than_asked(width: int) -> None:
    for text in CALM:
        for line in print_lines(read_expression(text, NAMES, Fresh(1)).tree, NAMES, width=width):
            words = line.text.split('"')[0].split()
            # A single word or text cannot be broken.
            assert line.indent + len(line.text) <= width or len(words) <= 3 or '"' in line.text


def test_lines_tell_what_begins_on_them() -> None:
    tree = read_expression("let a = 1\nf(a)", NAMES, Fresh(1)).tree
    assert isinstance(tree, e.Let)
    assert isinstance(tree.body, e.Apply)
    first, second = print_lines(tree, NAMES)
    assert (first.text, first.indent, first.node) == ("let a = 1", 0, tree.id)
    assert first.ids == (tree.id, tree.pattern.id, tree.value.id)
    assert (second.text, second.node) == ("f(a)", tree.body.id)
    assert second.ids == (tree.body.id, tree.body.function.id, tree.body.args[0].id)


def test_closing_lines_belong_to_no_node() -> None:
    tree = with_fresh_ids(read_expression("match a { b -> c }", NAMES, Fresh(1)).tree, Fresh(2))
    *_, last = print_lines(tree, NAMES)
    assert (last.text, last.node, last.ids) == ("}", 0, ())


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(text=TEXTS | st.sampled_from(["\\n", "\\u{41}", "${", "\\${", '"', "\\", "\\\\u{41}"]))
def test_quoting_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
    assert unescape_note(escape_note(text)) == text


@given(text=TEXTS)
def test_nothing_hidden_is_displayed(text: str) -> None:
    hidden = [*range(0x20), *range(0x7F, 0xA0), 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069]
    shown = quote(text) + escape_note(text)
    assert not set(shown) & set(map(chr, hidden))
