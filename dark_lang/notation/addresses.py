"""Words that lead to a toplevel or to a node in it: `GET:/users/:id#body.then.args.0`, `Shop::total_v1`, `kxq`.

Must not know a canvas: an address is taken apart here, and looked up by whoever has one. Invariants: `parse_address` of
`label_of(tree)` leads back to it; `find_path(tree, path_of(tree, id))` is the node with that id.

A path is steps with dots between them. A step is a slot's label (`body`, `then`, `else`), followed by a number from 0
where the slot is a list (`args.0`); or a search from the node reached: `hole`, `hole.2` (the second), `let:total`
(the Let that binds `total`), `arm:Some` (the Arm whose pattern is that case), `field:name`, `param:a`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import Final

from dark_lang.errors import AddressError
from dark_lang.names import NodeId, spell_id
from dark_lang.nodes import expressions as e
from dark_lang.nodes import patterns as p
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes import types as t
from dark_lang.nodes.shape import Arity, Node, Slot, shape_of
from dark_lang.nodes.toplevels import Toplevel
from dark_lang.nodes.walking import descend, positions_in, steps_of
from dark_lang.records import dataclass


class Kind(Enum):
    """What sort of toplevel an address speaks of; the value is the word before the colon."""

    HTTP = "http"
    FUNCTION = "fn"
    TYPE = "type"
    DATASTORE = "db"
    WORKER = "worker"
    CRON = "cron"
    REPL = "repl"
    TEST = "test"
    SWITCH = "toggle"
    SECRET = "secret"


_KINDS = {kind.value: kind for kind in Kind}
_CLASSES: dict[type[Node], Kind] = {
    tl.Http: Kind.HTTP,
    tl.Function: Kind.FUNCTION,
    tl.Type: Kind.TYPE,
    tl.Datastore: Kind.DATASTORE,
    tl.Worker: Kind.WORKER,
    tl.Cron: Kind.CRON,
    tl.Repl: Kind.REPL,
    tl.Test: Kind.TEST,
    tl.Switch: Kind.SWITCH,
    tl.Secret: Kind.SECRET,
}
_UNPREFIXED = {Kind.HTTP, Kind.FUNCTION, Kind.TYPE, Kind.DATASTORE}
_HTTP = re.compile(r"([A-Za-z]+)[: ](/.*)", re.DOTALL)
_ID = re.compile(r"[k-z]{2,16}")
_VERSION = re.compile(r"[_-]v[0-9]+\Z")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in parts. `label` is canonical (`GET:/users/:id`, `worker:mail`), but may lack a version."""

    text: str  # as it was written
    kind: Kind | None  # None: what bears the name decides
    label: str  # "" where only an id is given
    path: str | None  # behind the `#`; may be "", the toplevel itself
    id_prefix: str | None  # 2 to 16 letters, k to z, that may be an id: of any node, or behind a `#`
    force_id: bool  # written `id:…`: an id even where something bears that name


def kind_of(toplevel: type[Toplevel]) -> Kind:
    return _CLASSES[toplevel]


def parse_address(text: str) -> Address:
    """The parts of an address. Raises AddressError if it can be none."""
    head, hash_, path = text.strip().partition("#")
    if not head:
        raise AddressError(
            f"{text!r} is no address: the toplevel is missing",
            suggestion="write the toplevel first: GET:/users/:id#body; dark ls lists them",
        )
    inner = path.strip() if hash_ else None
    if head.startswith("id:"):
        return Address(text, None, "", inner, _id_word(head[3:], text), True)
    kind, label = _kind_and_label(head, text)
    word = head if inner is None else inner
    return Address(text, kind, label, inner, word if _ID.fullmatch(word) and (kind is None or inner) else None, False)


def _id_word(word: str, text: str) -> str:
    if not _ID.fullmatch(word):
        raise AddressError(f"{text!r} is no id: an id is 2 to 16 of the letters k to z")
    return word


def _kind_and_label(head: str, text: str) -> tuple[Kind | None, str]:
    route = _HTTP.fullmatch(head)
    if route:
        return Kind.HTTP, f"{route[1].upper()}:{route[2]}"
    word, colon, name = head.partition(":")
    if colon and not name.startswith(":") and word in _KINDS:
        kind = _KINDS[word]
        if not name:
            raise AddressError(f"{text!r} is no address: there is no name behind {word}:")
        if kind is Kind.HTTP:
            route = _HTTP.fullmatch(name)
            if not route:
                raise AddressError(f"{text!r} is no address: http: is followed by METHOD:/route")
            return kind, f"{route[1].upper()}:{route[2]}"
        return kind, name if kind in _UNPREFIXED else head
    return None, head


def label_of(toplevel: Toplevel) -> str:
    """The address that a toplevel's own name asks for."""
    match toplevel:
        case tl.Http():
            return f"{toplevel.method}:{toplevel.route}"
        case tl.Function() | tl.Type():
            return f"{toplevel.name}_v{toplevel.version}"
        case tl.Datastore():
            return f"{toplevel.name}-v{toplevel.version}"
        case _:
            return f"{_CLASSES[type(toplevel)].value}:{toplevel.name}"


# Paths


LONGEST_PATH: Final = 40
"""Steps of a path that anybody would read; a node below has its id for an address."""


def inner_address(root: Node, node_id: NodeId) -> str:
    """What stands behind the `#`: the path from the root or, where that is too long, the id. "" for the root.
    AddressError if absent."""
    words = list(islice(_upward(root, node_id), LONGEST_PATH + 1))
    return spell_id(node_id) if len(words) > LONGEST_PATH else ".".join(reversed(words))


def path_of(root: Node, node_id: NodeId) -> str:
    """The path from the root to a node: slot labels, with numbers in lists. "" for the root. AddressError if absent."""
    return ".".join(reversed(list(_upward(root, node_id))))


def _upward(root: Node, node_id: NodeId) -> Iterator[str]:
    """The words of its path, from the last to the first."""
    above = positions_in(root)
    while node_id != root.id:
        position = above.get(node_id)
        if position is None:
            raise AddressError(f"there is no node {spell_id(node_id)} here")
        yield _word(position.slot, position.nth)
        node_id = position.parent.id


def _word(slot: Slot, nth: int) -> str:
    return f"{slot.label}.{nth}" if slot.arity is Arity.MANY else slot.label


def find_path(root: Node, path: str) -> Node:
    """The node that a path leads to. Raises AddressError, which says how far the path led and what is there."""
    node = root
    words = path.split(".") if path else []
    nth = 0
    while nth < len(words):
        number = words[nth + 1] if nth + 1 < len(words) and _NUMBER.fullmatch(words[nth + 1]) else None
        found = _by_search(node, words[nth], int(number or 1)) or _by_slot(node, words[nth], number)
        if found is None:
            raise _astray(node, ".".join(words[:nth]), words[nth], number)
        node = found
        nth += 2 if number is not None else 1
    return node


def _by_slot(node: Node, label: str, number: str | None) -> Node | None:
    slot = shape_of(type(node)).slot(label)
    if slot is None:
        return None
    held = getattr(node, slot.name)
    if slot.arity is Arity.MANY:
        return held[int(number)] if number is not None and int(number) < len(held) else None
    return held if number is None else None


def _by_search(node: Node, word: str, nth: int) -> Node | None:
    what, colon, name = word.partition(":")
    if not colon and what != "hole":
        return None
    for found in descend(node):
        if found is not node and _answers(found, what, name):
            nth -= 1
            if nth == 0:
                return found
    return None


def _answers(node: Node, what: str, name: str) -> bool:
    match what, node:
        case "hole", e.Hole() | p.Hole() | t.Hole():
            return not name or node.label == name
        case "let", e.Let():
            return any(isinstance(part, p.Variable) and part.name == name for part in descend(node.pattern))
        case "arm", e.Arm():
            return isinstance(node.pattern, p.Constructor) and node.pattern.case == name
        case "field", e.Field() | p.FieldPattern() | t.FieldType():
            return node.label == name
        case "param", tl.Parameter():
            return node.name == name
        case _:
            return False


def _astray(node: Node, walked: str, word: str, number: str | None) -> AddressError:
    where = f"behind {walked}" if walked else "at the top"
    wanted = word if number is None else f"{word}.{number}"
    there = [_word(step.slot, step.nth) for step in steps_of(node)]
    near = suggest(wanted, there) or suggest(word, [option.partition(".")[0] for option in there])
    return AddressError(
        f"there is no {wanted} {where}",
        details=(f"there is: {', '.join(there)}" if there else "there is nothing below that",),
        suggestion=f"did you mean {walked + '.' if walked else ''}{near}?" if near else "",
    )


# Near words


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that somebody who wrote `word` most likely meant; None if none is near."""
    from difflib import get_close_matches  # late: only mistakes need it

    options = list(dict.fromkeys(candidates))
    folded = {option.casefold(): option for option in reversed(options)}
    meant = word.casefold()
    near = get_close_matches(meant, folded, n=8, cutoff=0.6)
    slips = {option: min(_slips(meant, option), _slips(meant, _VERSION.sub("", option))) for option in near}
    best = min(near, key=slips.__getitem__, default=None)
    # A module's name in front makes any two names look alike, so only the last part says how many slips are too many.
    last = meant.rpartition("::")[2]
    return folded[best] if best is not None and slips[best] <= 1 + len(last) // 3 else None


def _slips(typed: str, meant: str) -> int:
    """How many letters too many, too few, wrong, or swapped with the next (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(meant) + 1))
    for i, letter in enumerate(typed):
        row = [i + 1]
        for j, wanted in enumerate(meant):
            cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (letter != wanted))
            if i and j and letter == meant[j - 1] and typed[i - 1] == wanted:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
