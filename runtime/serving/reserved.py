"""What the server itself answers: `/_dark/`, and the first page of a canvas that has no handler yet.

`health` is open to all; the rest answers the serving host itself, or whoever shows the token. Must not know how
requests are run. Invariant: from outside, what may not be read looks like what is not there.
"""

from __future__ import annotations

import hmac
import html
import json
from collections.abc import Callable
from typing import Protocol

from runtime.serving.messages import HTML, JSON, TEXT, Incoming, Outgoing, is_trial
from runtime.serving.metrics import Metrics, Recorded
from runtime.serving.problems import problem
from runtime.serving.snapshots import Snapshot
from runtime.traces.files import MissingCount

PREFIX = b"/_dark/"
_METRICS_TYPE = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),)


class Insides(Protocol):
    """What there is to tell of a server."""

    metrics: Metrics
    token: str
    tests: Callable[[], list[dict[str, object]]]
    """What came of each test that runs beside."""

    @property
    def snapshot(self) -> Snapshot: ...
    @property
    def owns_data(self) -> bool: ...
    @property
    def recorded(self) -> Recorded | None: ...
    def missing(self) -> list[MissingCount]:
        """The requests that no handler took, newest first."""
        ...


def reserved(insides: Insides, incoming: Incoming) -> Outgoing:
    """The answer to a path below `/_dark/`."""
    name = incoming.path[len(PREFIX) :]
    if name not in (b"health", b"metrics", b"404s", b"tests"):
        return problem(404, "no such page of the server's own")
    if name != b"health" and not may_look(insides.token, incoming):
        return problem(404, "no such page of the server's own")
    if incoming.method not in ("GET", "HEAD"):
        return problem(405, "this page is only read", headers=((b"allow", b"GET, HEAD"),))
    if name == b"health":
        return Outgoing(200, JSON, b'{"status":"ok"}\n')
    if name == b"metrics":
        count, owner = insides.snapshot.count, insides.owns_data
        text = insides.metrics.text(handlers=count, owner=owner, traces=insides.recorded)
        return Outgoing(200, _METRICS_TYPE, text.encode())
    if name == b"tests":
        return Outgoing(200, JSON, json.dumps(insides.tests(), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    rows = [
        {"method": one.method, "path": one.path, "count": one.times, "last": one.last / 1_000_000}
        for one in insides.missing()
    ]
    return Outgoing(200, JSON, json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def may_look(token: str, incoming: Incoming) -> bool:
    if is_trial(incoming):
        return True
    shown = incoming.header(b"authorization") or b""
    return bool(token) and hmac.compare_digest(shown, b"Bearer " + token.encode())


_COMMAND = "dark insert http GET /hello/:name '\"Hello ${name}\"'"


def empty_canvas(incoming: Incoming) -> Outgoing:
    """At `/` of a canvas without handlers: what to do next, as a page for browsers and as text for the rest. The status
    is 404 all the same, since no handler is there."""
    host = f"localhost:{incoming.port}"
    if b"text/html" not in (incoming.header(b"accept") or b""):
        text = (
            "This canvas is live, and has no handlers yet. In its folder, type\n\n"
            f"    {_COMMAND}\n    curl {host}/hello/ada\n"
        )
        return Outgoing(404, TEXT, text.encode())
    page = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>An empty canvas</title>
<style>
  body {{ font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}
  pre {{ background: #f4f4f2; padding: 1rem; overflow-x: auto }}
  @media (prefers-color-scheme: dark) {{ body {{ background: #161616; color: #ddd }} pre {{ background: #262626 }} }}
</style>
<h1>This canvas is live</h1>
<p>It has no handlers yet. In its folder, type:</p>
<pre>{html.escape(_COMMAND)}</pre>
<p>Then look at <a href="/hello/ada">/hello/ada</a>. There is nothing to build or to restart.</p>
</html>
"""
    return Outgoing(404, HTML, page.encode())
