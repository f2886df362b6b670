"""Forms: what a browser sends, and what only somebody who means ill does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving_harness import Client, Serving, ask, serving, spell

from runtime.serving.forms import MOST_PARTS, form
from runtime.serving.problems import BadRequest

KIND = b"multipart/form-data; boundary=----WebKitFormBoundaryX"
LINE = b"------WebKitFormBoundaryX"


def part(disposition: bytes, content: bytes, more: bytes = b"") -> bytes:
    return LINE + b"\r\nContent-Disposition: form-data" + disposition + more + b"\r\n\r\n" + content + b"\r\n"


END = LINE + b"--\r\n"
FORM = (
    part(b'; name="title"', "né".encode())
    + part(b'; name="tag"', b"one")
    + part(b'; name="tag"', b"two\r\nlines")
    + part(b'; name="photo"; filename="a b.png"', b"\x89PNG\r\n\xff", b"\r\nContent-Type: image/png")
    + part(b'; name="none"; filename=""', b"", b"\r\nContent-Type: application/octet-stream")
    + END
)
READ = {
    "title": "né",
    "tag": ["one", "two\r\nlines"],
    "photo": {"filename": "a b.png", "type": "image/png", "content": "iVBORw0K/w=="},
    "none": {"filename": "", "type": "application/octet-stream", "content": ""},
}


def test_parts_are_texts_and_files() -> None:
    assert form(KIND, FORM).raw == READ
    assert form(b'Multipart/Form-Data; charset=utf-8; boundary="----WebKitFormBoundaryX"', FORM).raw == READ


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (KIND, FORM[:-20]),
        (KIND, b""),
        (KIND, b"title=x"),
        (KIND, part(b"", b"x") + END),
        (KIND, part(b'; name="x"', b"\xff") + END),
        (KIND, part(b'; name="\xff"', b"x") + END),
        (KIND, part(b'; name="x"', b"x", b"\r\nX: y" * 1000) + END),
        (KIND, part(b'; name="x"', b"x", b"\r\nX: " + b"y" * 100_000) + END),
        (KIND, part(b'; name="x"', b"x") * (MOST_PARTS + 1) + END),
        (b"multipart/form-data", FORM),
        (b"multipart/form-data; boundary=", FORM),
        (b"multipart/form-data; boundary=" + b"x" * 71, FORM),
    ],
)
def test_what_is_no_form_is_the_callers_mistake(kind: bytes, body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        form(kind, body)
    assert caught.value.status == 400


@settings(max_examples=200)
@given(kind=st.binary(max_size=40), body=st.lists(st.sampled_from([LINE, END, FORM, b"\r\n", b"x", b'; name="a"'])))
def test_no_bytes_break_the_reader(kind: bytes, body: list[bytes]) -> None:
    for content_type in (KIND, b"multipart/form-data; boundary=" + kind, kind):
        with suppress(BadRequest):
            form(content_type, b"".join(body))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, {"POST /whole": lambda _world, request: request}) as served:
        yield served


def test_a_form_comes_over_http(server: Serving) -> None:
    with Client(server.port) as client:
        client.send(spell("POST", "/whole", FORM, content_type=KIND.decode()))
        assert json.loads(client.answer().body)["form"] == READ
    assert json.loads(ask(server.port, "POST", "/whole", FORM[:-9], content_type=KIND.decode()).body)["form"] is None
