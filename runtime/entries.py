"""What a snapshot knows of a toplevel without its tree: enough to list it, find it by name and route to it.

Must not know where trees come from, nor the other toplevels. Invariant: an entry follows from its toplevel alone; what
depends on others (a label that two definitions ask for) is settled by `labelling`.
"""

from __future__ import annotations

from dark_lang.edits.ledgers import Ledger
from dark_lang.edits.materializing import Materialized
from dark_lang.names import NodeId
from dark_lang.nodes import toplevels as tl
from dark_lang.nodes.expressions import Partial
from dark_lang.nodes.types import Enum
from dark_lang.nodes.walking import descend
from dark_lang.notation.addresses import label_of
from dark_lang.records import NamedTuple

NO_VERSION = -1


class Entry(NamedTuple):
    id: NodeId
    kind: type[tl.Toplevel]
    label: str  # its address, as it stands in the whole canvas
    stated: str  # the label that its own name and version ask for; differs where several ask for one
    name: str  # of an Http: its route
    method: str  # of an Http, else ""
    version: int  # of a function, type or datastore, else NO_VERSION
    alive: bool
    conflicts: int
    content: bytes  # 32-byte hash over the tree with its ids
    since: tuple[int, int]  # lamport number, and first 64 bits of the diff, of what gave it its label
    cases: tuple[str, ...]  # of an enum
    partials: bool  # whether there are any in it


def entry_of(ledger: Ledger, materialized: Materialized) -> Entry | None:
    """None if nobody ever made the toplevel: writes to it arrived, but not the one that creates it."""
    tree = materialized.toplevel
    if tree is None:
        return None
    stated = label_of(tree)
    fields: tuple[str, ...] = ("name",)
    if isinstance(tree, tl.Http):
        name, method, fields = tree.route, tree.method, ("method", "route")
    else:
        name, method = tree.name, ""
        if isinstance(tree, tl.Function | tl.Type | tl.Datastore):
            fields = ("name", "version")
    since = max((head[:2] for field in fields for head in ledger.heads(tree.id, field)), default=(0, 0))
    cases: tuple[str, ...] = ()
    if isinstance(tree, tl.Type) and isinstance(tree.definition, Enum):
        cases = tuple(case.name for case in tree.definition.cases if case.name.isidentifier())
    version = tree.version if isinstance(tree, tl.Function | tl.Type | tl.Datastore) else NO_VERSION
    return Entry(
        tree.id,
        type(tree),
        stated,
        stated,
        name,
        method,
        version,
        materialized.alive,
        len(materialized.conflicts),
        materialized.content,
        since,
        cases,
        any(type(node) is Partial for node in descend(tree)),
    )
