"""What was found, as a test and in words.

Must not know how it was looked for. Invariant: the test fails as long as what was found is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dark_lang.errors import RefusedError
from dark_lang.names import Defined
from dark_lang.naming import Realm
from dark_lang.notation.quoting import quote as quoted
from runtime.fuzzing.searching import Find
from runtime.replaying.test_making import expected, spell
from runtime.traces.records import Answered

if TYPE_CHECKING:
    from runtime.canvas import Canvas


def test_of_find(canvas: Canvas, find: Find) -> str:
    """A test that fails as long as what was found is there, in notation; where sides differ, the old one is right.
    RefusedError if it cannot be written."""
    naming = canvas.naming
    if find.differences and all(one.path.startswith("effect") for one in find.differences):
        raise RefusedError("the sides differ in what they do alone, and not in what they answer")
    lines = []
    for (store, key), row in find.tried.rows.items():
        name = naming.name_of(Realm.DATASTORE, Defined(store))
        lines.append(f"DB::set({name}, {quoted(key)}, {spell(row, naming)})")
    incoming = find.tried.incoming
    if incoming is None:
        label = canvas.entries[find.toplevel].label
        call = f"{label}({', '.join([spell(arg, naming) for arg in find.tried.args])})"
        given = find.old
        lines.append(f"Test::equal({call}, {spell(given[0], naming)})" if isinstance(given, tuple) else call)
        return "\n".join(lines)
    path = quoted(incoming.path.decode() + (f"?{incoming.query.decode()}" if incoming.query else ""))
    held = ", ".join(
        [f"{quoted(name.decode('latin-1'))}: {quoted(value.decode('latin-1'))}" for name, value in incoming.headers]
    )
    fields = f"#{{ {held} }}" if held else "#{}"
    body = quoted(incoming.body.decode("utf-8", "replace"))
    lines.append(f"let answer = Test::requestWith({quoted(incoming.method)}, {path}, {fields}, {body})")
    if isinstance(find.old, Answered) and find.old.status < 500:
        lines += expected(find.old)
    else:
        lines.append("Test::isTrue(answer.status < 500)")
    return "\n".join(lines)


def spelled_input(canvas: Canvas, find: Find) -> str:
    """The input, for people."""
    incoming = find.tried.incoming
    if incoming is not None:
        query = f"?{incoming.query.decode()}" if incoming.query else ""
        body = f" {incoming.body.decode('utf-8', 'replace')}" if incoming.body else ""
        return f"{incoming.method} {incoming.path.decode()}{query}{body}"
    try:
        args = ", ".join([spell(arg, canvas.naming) for arg in find.tried.args])
    except RefusedError:
        args = "…"
    return f"{canvas.entries[find.toplevel].label}({args})"
