"""Small programs in memory for the tests of operations on whole definitions."""

from __future__ import annotations

from drafts import Shelf
from knowing import SmallKnown

from dark_lang.edits.drafting import Draft
from dark_lang.errors import AddressError
from dark_lang.names import Fresh, NodeId
from dark_lang.nodes import toplevels as top
from dark_lang.notation.addresses import find_path
from dark_lang.notation.printing import print_toplevel
from dark_lang.notation.reading import read_toplevel


class Program:
    """Definitions from their texts, each of which knows those before it."""

    def __init__(self, *texts: str) -> None:
        self.trees: list[top.Toplevel] = []
        self.known = SmallKnown(lambda: self.trees)
        fresh = Fresh(0xDEF5)
        for text in texts:
            self.trees.append(read_toplevel(text, self.known.naming, fresh).tree)
        self.shelf = Shelf(self.trees)
        self.draft: Draft = self.shelf.draft()
        self.known.trees = self.now

    def now(self) -> list[top.Toplevel]:
        found = []
        for toplevel in (*(tree.id for tree in self.trees), *self.draft.toplevels()):
            try:
                found.append(self.draft.tree(toplevel))
            except AddressError:
                continue
        return found

    def at(self, number: int, path: str) -> tuple[NodeId, NodeId]:
        tree = self.draft.tree(self.trees[number].id)
        return tree.id, find_path(tree, path).id

    def text(self, number: int) -> str:
        return print_toplevel(self.draft.tree(self.trees[number].id), self.known.naming).rstrip("\n")
