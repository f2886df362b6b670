"""A load generator for servers on the loopback address: some connections, one request under way on each.

    python -m benchmarks.load --port 8000 --path /hello/ada --seconds 3

One thread over epoll with prepared bytes, so that it costs less than what it measures. Must not know which server it
asks. Invariants: bounded in time; loopback only; every answer is read to its end and its status counted.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    seconds: float
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)  # seconds, of every answer

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class _Caller:
    __slots__ = ("held", "nth", "sent", "sock")

    def __init__(self, port: int, nth: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""
        self.nth = nth
        self.sent = 0.0


def request_bytes(
    port: int, path: str, *, method: str = "GET", body: bytes = b"", headers: Sequence[str] = ()
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: */*", "User-Agent: load", *headers]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer_end(data: bytes) -> int:
    """Where the answer at the start of `data` ends, -1 while that has not arrived."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return -1
    lower = data[:head].lower()
    at = lower.find(b"\r\ncontent-length:")
    if at < 0:
        return head + 4
    stop = lower.find(b"\r\n", at + 2)
    length = int(lower[at + 17 : stop if stop >= 0 else head])
    end = head + 4 + length
    return end if len(data) >= end else -1


def load(port: int, requests: Sequence[bytes], *, connections: int = 32, seconds: float = 3.0) -> Result:
    """Sends the requests in turn, over and over, for `seconds`. Raises OSError if the server hangs up."""
    callers = {}
    poll = select.epoll()
    result = Result(seconds)
    count = len(requests)
    try:
        for nth in range(connections):
            caller = _Caller(port, nth)
            callers[caller.sock.fileno()] = caller
            poll.register(caller.sock.fileno(), select.EPOLLIN)
        clock = time.perf_counter
        started = clock()
        for caller in callers.values():
            caller.sent = clock()
            caller.sock.sendall(requests[caller.nth % count])
        deadline = started + seconds
        while clock() < deadline:
            for number, _ in poll.poll(1.0):
                caller = callers[number]
                data = caller.sock.recv(1 << 16)
                if not data:
                    raise OSError("the server closed a connection")
                if caller.held:
                    data = caller.held + data
                end = answer_end(data)
                if end < 0:
                    caller.held = data
                    continue
                caller.held = data[end:]
                now = clock()
                status = int(data[9:12])
                result.statuses[status] = result.statuses.get(status, 0) + 1
                result.latencies.append(now - caller.sent)
                caller.nth += connections
                caller.sent = now
                caller.sock.sendall(requests[caller.nth % count])
        result.seconds = clock() - started
    finally:
        poll.close()
        for caller in callers.values():
            caller.sock.close()
    return result


def in_turns(
    servers: Mapping[str, tuple[int, Sequence[bytes]]], *, turns: int, seconds: float, connections: int = 32
) -> dict[str, list[Result]]:
    """Load on servers, by name the port and what is asked, one after the other; every second turn in reverse order, so
    that none always comes first. Raises RuntimeError if an answer is not 200."""
    found: dict[str, list[Result]] = {name: [] for name in servers}
    for turn in range(turns):
        for name in reversed(servers) if turn % 2 else servers:
            port, asked = servers[name]
            result = load(port, asked, connections=connections, seconds=seconds)
            if set(result.statuses) != {200}:
                raise RuntimeError(f"not every request was answered with 200: {result.statuses}")
            found[name].append(result)
    return found


def paced_load(port: int, path: str, *, per_second: int, seconds: float, connections: int = 8) -> Result:
    """Asks at an even pace, whether or not answers keep up; a latency counts from when its request was due."""
    request = request_bytes(port, path)
    result = Result(seconds)
    everyone = [_Caller(port, nth) for nth in range(connections)]
    idle = deque(everyone)  # by turns: a server hangs up on a connection that rests for seconds
    busy: dict[int, _Caller] = {}
    poll = select.epoll()
    clock = time.perf_counter
    try:
        for caller in everyone:
            poll.register(caller.sock.fileno(), select.EPOLLIN)
        started = clock()
        total, sent = int(per_second * seconds), 0
        while (sent < total or busy) and clock() < started + seconds + 10:
            while idle and sent < total and clock() >= started + sent / per_second:
                caller = idle.popleft()
                caller.sent = started + sent / per_second
                caller.sock.sendall(request)
                busy[caller.sock.fileno()] = caller
                sent += 1
            due = started + sent / per_second - clock() if sent < total else 0.1
            for number, _ in poll.poll(max(0.0, min(due, 0.1)) if idle else 0.1):
                caller = busy[number]
                data = caller.sock.recv(1 << 16)
                if not data:
                    raise OSError("the server closed a connection")
                caller.held += data
                if answer_end(caller.held) < 0:
                    continue
                status = int(caller.held[9:12])
                caller.held = b""
                result.statuses[status] = result.statuses.get(status, 0) + 1
                result.latencies.append(clock() - caller.sent)
                idle.append(busy.pop(number))
        result.seconds = clock() - started
    finally:
        poll.close()
        for caller in everyone:
            caller.sock.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="load", description="Load on a server of this machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", action="append", required=True, help="may be given several times")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--body", default="")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    words = parser.parse_args()
    requests = [request_bytes(words.port, path, method=words.method, body=words.body.encode()) for path in words.path]
    result = load(words.port, requests, connections=min(words.connections, 512), seconds=min(words.seconds, 60.0))
    ordered = sorted(result.latencies) or [0.0]
    json.dump(
        {
            "requests_per_second": round(result.per_second, 1),
            "statuses": result.statuses,
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 3),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
            "max_ms": round(ordered[-1] * 1000, 3),
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
