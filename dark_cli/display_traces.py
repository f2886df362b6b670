"""How recorded requests look: a line in a list, and one as a whole, its code with what each node came to.

Must not know how traces are kept. Invariant: what is sealed is shown as its mark, and never opened to be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dark_cli.display import clip, plural
from dark_cli.display_times import clock, moment
from dark_lang.errors import CorruptionError, DarkError, RunError
from dark_lang.names import NodeId, spell_id
from dark_lang.values.model import HoleValue
from dark_lang.values.rows import decode_row
from dark_lang.values.showing import show
from runtime.traces.identities import spell_trace, time_of
from runtime.traces.records import REASONS, Call, Kind, Origin, Trace
from runtime.traces.spans import spell_span
from runtime.whereabouts import whereabouts

if TYPE_CHECKING:
    from dark_cli.workspace import Workspace
    from runtime.canvas import Canvas
    from runtime.replaying.watching_nodes import Seen
    from runtime.traces.files import Opened

STYLES = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


def show_traces(workspace: Workspace, found: Sequence[Opened]) -> None:
    """One line each: id, when, status, how long, what was asked."""
    for opened in found:
        show_trace_line(workspace, opened.trace)


def show_trace_line(workspace: Workspace, trace: Trace) -> None:
    head = f"{spell_trace(trace.id)}  {clock(workspace, time_of(trace.id))}  "
    status = workspace.paint(f"{trace.status:>3}", STYLES.get(trace.status // 100, ""))
    took = f"{spell_span(trace.duration):>7}"
    flags = "try" if trace.trial else f"×{trace.weight}" if trace.weight > 1 else ""
    room = max(16, workspace.width - len(head) - 3 - 2 - len(took) - 2 - 6)
    workspace.print(
        f"{workspace.paint(head, 'dim')}{status}  {took}  {flags:<4}  {clip(asked_for(trace), room)}".rstrip()
    )


def asked_for(trace: Trace) -> str:
    """`GET /users/ada?full=1`, or what was run."""
    if trace.asked is None:
        return trace.address
    query = f"?{trace.asked.query.decode('utf-8', 'replace')}" if trace.asked.query else ""
    return f"{trace.asked.method} {trace.asked.path.decode('utf-8', 'replace')}{query}"


def show_trace(
    workspace: Workspace,
    canvas: Canvas,
    opened: Opened,
    seen: Mapping[NodeId, Seen],
    note: str,
    then: Canvas,
    mask: Callable[[str], str],
) -> None:
    """`then`: the canvas as it was; `note`: why there are no values beside the code, "" if there are; `mask`: hides
    what was sealed in values that it came into."""
    trace = opened.trace
    kind = "a trial" if trace.trial else "traffic"
    stands = f", stands for {trace.weight:,} alike" if trace.weight > 1 else ""
    workspace.print(
        workspace.paint(f"{spell_trace(trace.id)}  {moment(workspace, time_of(trace.id))}", "bold")
        + f"  {spell_span(trace.duration)}  {kind}{stands}"
    )
    workspace.print(f"{asked_for(trace)} -> {trace.status}   {trace.address if trace.toplevel else 'no handler'}")
    _section(workspace, "request", _request_lines(trace))
    if trace.subject is not None:
        _section(workspace, "subject", [trace.subject])
    _section(workspace, "decided", [_decision(canvas, *decided) for decided in trace.decisions])
    _section(workspace, "read", [_call(canvas, call) for call in trace.calls if not call.kind.is_effect])
    _section(workspace, "did", [_call(canvas, call) for call in trace.calls if call.kind.is_effect])
    if trace.failure is not None:
        at = f" at {whereabouts(then, trace.failure.node)}" if trace.failure.node else ""
        _section(workspace, "failed", [f"{trace.failure.message}{at}"])
    _section(workspace, "answer", _answer_lines(trace))
    if trace.partial:
        _section(workspace, "not kept", [trace.partial])
    if trace.origin is Origin.REQUEST:
        workspace.print()
        if note:
            workspace.print(workspace.paint(note, "yellow"))
        show_values(workspace, then, trace.toplevel, seen, mask)


def show_values(
    workspace: Workspace, canvas: Canvas, toplevel: NodeId, seen: Mapping[NodeId, Seen], mask: Callable[[str], str]
) -> None:
    """The code, and beside each line what the first node on it came to."""
    from dark_lang.notation.printing import print_lines  # late: lists of traces need no notation

    try:
        tree = canvas.tree(toplevel)
    except DarkError:
        return
    code_width = min(54, workspace.width - 26)
    lines = print_lines(tree, canvas.naming, width=code_width)
    texts = ["  " * line.indent + line.text for line in lines]
    column = min(max((len(text) for text in texts), default=0), code_width) + 2
    for line, text in zip(lines, texts, strict=True):
        found = next((seen[node] for node in line.ids if node in seen), None)
        if found is None:
            workspace.print(text)
            continue
        told = mask(value_text(found.value)) + (f"  (×{found.times})" if found.times > 1 else "")
        room = workspace.width - max(column, len(text) + 2)
        if room < 12:
            workspace.print(text)
            workspace.print(" " * 4 + workspace.paint(clip(told, workspace.width - 4), "cyan"))
        else:
            workspace.print(text.ljust(column) + workspace.paint(clip(told, room), "cyan"))


def value_text(value: object) -> str:
    if isinstance(value, HoleValue):
        return f"?{value.label}"
    try:
        return show(value)
    except RunError:
        return "…"


def _section(workspace: Workspace, name: str, lines: Iterable[str]) -> None:
    for nth, line in enumerate(lines):
        margin = f"{name if nth == 0 else '':<9}"
        workspace.print(f"{workspace.paint(margin, 'dim')} {clip(line, workspace.width - 10)}")


def _request_lines(trace: Trace) -> list[str]:
    asked = trace.asked
    if asked is None:
        return []
    lines = [f"{name.decode('latin-1')}: {_latin(value)}" for name, value in asked.headers]
    return [*lines, *_body_lines(asked.body, asked.size)]


def _answer_lines(trace: Trace) -> list[str]:
    answered = trace.answered
    if answered is None:
        return []
    lines = [f"{name.decode('latin-1')}: {_latin(value)}" for name, value in answered.headers]
    return [*lines, *_body_lines(answered.body, answered.size)]


def _latin(value: bytes) -> str:
    """A header; a mark of what is sealed in it is UTF-8."""
    return value.decode("utf-8") if b"\xe2\x80\xb9" in value else value.decode("latin-1")


def _body_lines(body: bytes, size: int) -> list[str]:
    if not size:
        return []
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return [f"{plural(size, 'byte')}, not text"]
    cut = f"  (of {size:,} bytes)" if size > len(body) else ""
    return [" ".join(text.split()) + cut]


def _decision(canvas: Canvas, switch: NodeId, new: bool, reason: str) -> str:
    return f"{label_of(canvas, switch)}  {'new' if new else 'old'}  {REASONS.get(reason, reason)}"


def label_of(canvas: Canvas, toplevel: NodeId) -> str:
    entry = canvas.entries.get(toplevel)
    return entry.label if entry is not None else spell_id(toplevel)


def _call(canvas: Canvas, call: Call) -> str:
    where = f"{label_of(canvas, call.store)} " if call.store else ""
    match call.kind:
        case Kind.NOW:
            return f"the time  {show(_datetime(call.value))}"
        case Kind.RANDOM:
            return f"chance  {plural(len(call.value), 'byte')}"
        case Kind.GET:
            return f"{where}{call.key}  {'not there' if call.value is None else row_text(call.value)}"
        case Kind.SET:
            return f"{where}{call.key} = {row_text(call.value)}"
        case Kind.DELETE:
            return f"{where}{call.key} deleted"
        case Kind.KEYS:
            return f"{where}keys  {', '.join(call.value) or 'none'}"
        case Kind.ITEMS:
            return f"{where}{plural(len(call.value), 'row')}  {', '.join(key for key, _ in call.value)}"
        case Kind.COUNT:
            return f"{where}count  {call.value}"


def row_text(row: Any) -> str:
    if row is None:
        return "a hole"
    try:
        return value_text(decode_row(row))
    except (CorruptionError, DarkError):
        return "‹sealed›"


def _datetime(microseconds: int) -> object:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)


def trace_report(canvas: Canvas, opened: Opened) -> dict[str, Any]:
    """For --json."""
    trace = opened.trace
    asked, answered = trace.asked, trace.answered
    return {
        "id": spell_trace(trace.id),
        "time": time_of(trace.id),
        "origin": trace.origin.name.lower(),
        "handler": trace.address if trace.toplevel else None,
        "toplevel": spell_id(trace.toplevel) if trace.toplevel else None,
        "diff": trace.diff.hex() or None,
        "trial": trace.trial,
        "microseconds": trace.duration,
        "weight": trace.weight,
        "status": trace.status,
        "request": None
        if asked is None
        else {
            "method": asked.method,
            "path": asked.path.decode("utf-8", "replace"),
            "query": asked.query.decode("utf-8", "replace"),
            "headers": [[name.decode("latin-1"), _latin(value)] for name, value in asked.headers],
            "body": asked.body.decode("utf-8", "replace"),
            "bytes": asked.size,
        },
        "response": None
        if answered is None
        else {
            "status": answered.status,
            "headers": [[name.decode("latin-1"), _latin(value)] for name, value in answered.headers],
            "body": answered.body.decode("utf-8", "replace"),
            "bytes": answered.size,
        },
        "subject": trace.subject,
        "decisions": [
            {"switch": label_of(canvas, switch), "side": "new" if new else "old", "reason": reason}
            for switch, new, reason in trace.decisions
        ],
        "calls": [
            {
                "kind": call.kind.name.lower(),
                "store": label_of(canvas, call.store) if call.store else None,
                "key": call.key,
                "value": _plain(call),
            }
            for call in trace.calls
        ],
        "failure": None
        if trace.failure is None
        else {
            "kind": trace.failure.kind,
            "message": trace.failure.message,
            "node": spell_id(trace.failure.node) if trace.failure.node else None,
        },
        "sealed": opened.sealed,
        "partial": trace.partial or None,
    }


def _plain(call: Call) -> Any:
    if call.kind in (Kind.GET, Kind.SET):
        return None if call.value is None else row_text(call.value)
    if call.kind is Kind.RANDOM:
        return call.value.hex()
    if call.kind is Kind.ITEMS:
        return {key: row_text(row) for key, row in call.value}
    return call.value
