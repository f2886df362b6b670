"""The words for the kinds of toplevels, in the order in which lists show them.

Must not know commands. Invariant: the words are those that force a kind in an address, and that `insert` takes.
"""

from __future__ import annotations

from dark_lang.nodes import toplevels as top

KINDS: tuple[tuple[type[top.Toplevel], str], ...] = (
    (top.Http, "http"),
    (top.Worker, "worker"),
    (top.Cron, "cron"),
    (top.Function, "fn"),
    (top.Type, "type"),
    (top.Datastore, "db"),
    (top.Switch, "toggle"),
    (top.Test, "test"),
    (top.Repl, "repl"),
    (top.Secret, "secret"),
)


def word_of(kind: type[top.Toplevel]) -> str:
    return next(word for each, word in KINDS if each is kind)
