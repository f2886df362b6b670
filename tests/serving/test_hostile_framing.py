"""Requests whose end two readers might see in different places, and bytes that belong to no part of a request."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving_harness import Client, Serving, serving

NEXT = b"GET /text HTTP/1.1\r\nhost: test\r\n\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    handlers = {
        "POST /headers": lambda _world, request: dict(request["headers"]),
        "GET /text": lambda _world, _request: "text",
    }
    with serving(tmp_path, handlers) as served:
        yield served


def _post(rest: bytes, version: bytes = b"1.1") -> bytes:
    return b"POST /headers HTTP/" + version + b"\r\nhost: test\r\n" + rest


@pytest.mark.parametrize(
    "rest",
    [
        b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
        b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        b"content-length: +3\r\n\r\nabc",
        b"content-length: 3,3\r\n\r\nabc",
        b"x: a\r\n b\r\n\r\n",
        b"x: a\rb\r\n\r\n",
        b"x: a\nb: c\r\n\r\n",
        b"x: a\0b\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n1\na\n0\n\n",
        b"transfer-encoding: chunked\r\n\r\n1\r\naX0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\na\r\n0\r\n\r\n",
    ],
)
def test_a_request_with_two_ends_is_refused_with_all_that_follows(server: Serving, rest: bytes) -> None:
    with Client(server.port) as client:
        client.send(_post(rest) + NEXT)
        assert client.answer().status == 400
        assert client.at_end()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /text HTTP/1.1\r\nhost: test\r\n\r\n", 200),
        (b"GET /text HTTP/1.1\r\nHOST:\r\n\r\n", 200),
        (b"GET /text HTTP/1.1\r\nhost: [::1]:8000\r\n\r\n", 200),
        (b"GET /text HTTP/1.0\r\n\r\n", 200),
        (b"GET /text HTTP/1.1\r\n\r\n", 400),
        (b"GET /text HTTP/1.1\r\nhost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET /text HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        (b"GET http://test/text HTTP/1.1\r\n\r\n", 400),
        (b"GET /text HTTP/1.1\r\nhost: a, b\r\n\r\n", 400),
        (b"GET /text HTTP/1.1\r\nhost: a/b\r\n\r\n", 400),
        (b"GET /text HTTP/1.1\r\nhost: user@a\r\n\r\n", 400),
    ],
)
def test_a_request_has_one_host(server: Serving, head: bytes, status: int) -> None:
    with Client(server.port) as client:
        client.send(head)
        assert client.answer().status == status
        if status == 400:
            assert client.at_end()


def test_a_trailer_is_no_header(server: Serving) -> None:
    """A proxy that cleans headers lets trailers pass."""
    with Client(server.port) as client:
        client.send(
            _post(b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nauthorization: me\r\nx-user: root\r\n\r\n") + NEXT
        )
        answer = client.answer()
        assert answer.status == 200 and "authorization" not in answer.text and "root" not in answer.text
        assert client.answer().text == "text"


@pytest.mark.parametrize("rest", [b"1\r\na\r\n0\r\nx: ", b"1\r\na\r\n0\r\nx: y\r\nz: ", b"1;x=", b"1\r\na\r\n1;x="])
def test_what_is_no_body_is_not_read_for_ever(server: Serving, rest: bytes) -> None:
    with Client(server.port) as client:
        client.send(_post(b"transfer-encoding: chunked\r\n\r\n" + rest))
        with contextlib.suppress(ConnectionError):
            for _ in range(8):
                client.send(b"a" * 65536)
        client.sock.settimeout(3)
        assert client.answer().status == 431


def test_a_long_body_in_small_pieces_is_no_long_head(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(_post(b"transfer-encoding: chunked\r\n\r\n"))
        for _ in range(20):
            client.send(b"1\r\na\r\n" * 1000)
        client.send(b"0\r\n\r\n" + NEXT)
        assert client.answer().status == 200 and client.answer().text == "text"
