"""A whole canvas as one text, and back: each definition as the printer writes it, parted by lines of `---`.

Must not know files or how diffs are stored. Invariant: reading what `export_text` wrote gives definitions that print
the same, and that refer to each other by identity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dark_lang.names import Defined, NodeId, Ref
from dark_lang.naming import Naming, Realm
from dark_lang.nodes import toplevels as top
from dark_lang.nodes import types as t
from dark_lang.notation.addresses import label_of
from dark_lang.notation.printing import print_toplevel
from dark_lang.notation.reading import read_toplevel

if TYPE_CHECKING:
    from runtime.canvas import Canvas

MARK = "---"
ORDER: tuple[type[top.Toplevel], ...] = (
    top.Type,
    top.Datastore,
    top.Secret,
    top.Switch,
    top.Function,
    top.Http,
    top.Worker,
    top.Cron,
    top.Repl,
    top.Test,
)


def export_text(canvas: Canvas) -> str:
    entries = sorted(canvas.alive(), key=lambda entry: (ORDER.index(entry.kind), entry.label))
    texts = [print_toplevel(canvas.tree(entry.id), canvas.naming).strip("\n") for entry in entries]
    return f"\n{MARK}\n".join(texts) + "\n" if texts else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    toplevels: tuple[top.Toplevel, ...]
    repairs: tuple[str, ...]  # each with the label of the definition that it was made in


def read_text(text: str, naming: Naming, fresh: Callable[[], NodeId]) -> Imported:
    """The definitions of an exported text, with fresh ids. Total, as all reading is: see the repairs."""
    parts = _split(text)
    # Twice: the first reading tells what is defined, so that the second can refer to it, whatever comes first.
    news = Newcomers(naming)
    ids = [fresh() for _ in parts]
    for part, toplevel_id in zip(parts, ids, strict=True):
        news.add(read_toplevel(part, naming, fresh).tree, toplevel_id)
    toplevels: list[top.Toplevel] = []
    repairs: list[str] = []
    for part, toplevel_id in zip(parts, ids, strict=True):
        reading = read_toplevel(part, news, fresh)
        tree: Any = dataclasses.replace(reading.tree, id=toplevel_id)
        toplevels.append(tree)
        repairs.extend(f"{label_of(tree)}: {repair.message}" for repair in reading.repairs)
    return Imported(tuple(toplevels), tuple(repairs))


def _split(text: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.rstrip() == MARK:
            parts.append([])
        else:
            parts[-1].append(line)
    return [joined for part in parts if (joined := "\n".join(part)).strip()]


class Newcomers:
    """A Naming that knows definitions that are about to be made, besides those that are there."""

    def __init__(self, below: Naming) -> None:
        self._below = below
        self._ids: dict[tuple[Realm, str], NodeId] = {}
        self._names: dict[tuple[Realm, NodeId], str] = {}
        self._cases: dict[str, set[NodeId]] = {}

    def add(self, tree: top.Toplevel, toplevel_id: NodeId) -> None:
        match tree:
            case top.Function(name=name, version=version):
                self._learn(Realm.FUNCTION, f"{name}_v{version}", name, toplevel_id)
            case top.Type(name=name, version=version, definition=definition):
                self._learn(Realm.TYPE, f"{name}_v{version}", name, toplevel_id)
                if isinstance(definition, t.Enum):
                    for case in definition.cases:
                        self._cases.setdefault(case.name, set()).add(toplevel_id)
            case top.Datastore(name=name, version=version):
                self._learn(Realm.DATASTORE, f"{name}-v{version}", name, toplevel_id)
            case top.Switch(name=name):
                self._learn(Realm.SWITCH, name, name, toplevel_id)
            case top.Secret(name=name):
                self._learn(Realm.SECRET, name, name, toplevel_id)
            case _:
                return

    def _learn(self, realm: Realm, full: str, name: str, toplevel_id: NodeId) -> None:
        self._ids[realm, full] = toplevel_id
        self._ids.setdefault((realm, name), toplevel_id)
        self._names[realm, toplevel_id] = full

    def resolve(self, realm: Realm, text: str) -> Ref:
        found = self._ids.get((realm, text))
        return Defined(found) if found is not None else self._below.resolve(realm, text)

    def resolve_case(self, case: str) -> Ref:
        found = self._cases.get(case, set())
        return Defined(next(iter(found))) if len(found) == 1 else self._below.resolve_case(case)

    def name_of(self, realm: Realm, ref: Ref) -> str:
        if isinstance(ref, Defined) and (realm, ref.id) in self._names:
            return self._names[realm, ref.id]
        return self._below.name_of(realm, ref)

    def is_case_unique(self, ref: Ref, case: str) -> bool:
        return self.resolve_case(case) == ref
