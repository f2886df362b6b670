"""Uuid, Url and Html: identifiers, and text in the forms that the web asks for."""

from __future__ import annotations

from uuid import UUID

from dark_lang.errors import Failed
from dark_lang.library import Effect, LibraryFunction, World
from dark_lang.stdlib.text import decode_component, encode_component, escape_html, parse_uuid
from dark_lang.values.limits import TEXT_LENGTH
from dark_lang.values.model import GuestDict, Value, ok


def _generate(world: World) -> UUID:
    return UUID(bytes=world.random_bytes(16), version=4)


def _query(params: GuestDict) -> str:
    pairs = []
    for name, value in params.items():
        if type(value) is not str:
            raise Failed(f"Url::query takes a Dict of Strings, and what is under {name[:40]} is none")
        pairs.append(f"{encode_component(name)}={encode_component(value)}")
    return "&".join(pairs)


def _parse_query(text: str) -> Value:
    params = GuestDict()
    for pair in text.removeprefix("?").split("&"):
        name, _, value = pair.replace("+", " ").partition("=")
        decoded_name, decoded = decode_component(name), decode_component(value)
        if decoded_name.name == "Error":
            return decoded_name
        if decoded.name == "Error":
            return decoded
        if pair:
            params[decoded_name.values[0]] = decoded.values[0]
    return ok(params)


def _escape(text: str) -> str:
    if len(text) > TEXT_LENGTH // 6:
        raise Failed(f"a String of {len(text):,} characters is too long to be escaped")
    return escape_html(text)


_ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

FUNCTIONS = (
    LibraryFunction(
        "Uuid::generate_v0() -> Uuid",
        _generate,
        "A random Uuid (version 4).",
        ("String::length_v1(Uuid::toString_v0(Uuid::generate_v0())) == 36",),
        effect=Effect.RANDOM,
    ),
    LibraryFunction(
        "Uuid::parse_v0(text: String) -> Result<Uuid, String>",
        parse_uuid,
        "The Uuid that the text writes, with hyphens or without.",
        (f'Result::isOk_v0(Uuid::parse_v0("{_ID}"))', 'Result::isError_v0(Uuid::parse_v0("x"))'),
    ),
    LibraryFunction(
        "Uuid::toString_v0(uuid: Uuid) -> String",
        lambda uuid: str(uuid),
        "Its 36 characters, in lower case.",
        (f'Result::map_v0(Uuid::parse_v0("{_ID}"), id => Uuid::toString_v0(id)) == Ok("{_ID}")',),
    ),
    LibraryFunction(
        "Url::encode_v0(text: String) -> String",
        encode_component,
        "The text as a part of an address: all but letters, digits and `-._~` as percent signs and digits.",
        ('Url::encode_v0("a b/é") == "a%20b%2F%C3%A9"',),
    ),
    LibraryFunction(
        "Url::decode_v0(text: String) -> Result<String, String>",
        decode_component,
        "What a part of an address means; an Error if it is no UTF-8.",
        ('Url::decode_v0("a%20b%2F%C3%A9") == Ok("a b/é")', 'Result::isError_v0(Url::decode_v0("%FF"))'),
    ),
    LibraryFunction(
        "Url::query_v0(params: Dict<String>) -> String",
        _query,
        "Names and values as the query of an address has them, without the question mark.",
        ('Url::query_v0(#{ "q": "a b", "n": "1" }) == "q=a%20b&n=1"',),
    ),
    LibraryFunction(
        "Url::parseQuery_v0(text: String) -> Result<Dict<String>, String>",
        _parse_query,
        "The names and values of a query; of two with one name, the later counts.",
        ('Url::parseQuery_v0("q=a+b&n=1") == Ok(#{ "q": "a b", "n": "1" })',),
    ),
    LibraryFunction(
        "Html::escape_v0(text: String) -> String",
        _escape,
        "The text with what means something in HTML written as references: safe between tags and in quoted attributes.",
        ('Html::escape_v0("<a href=\'x\'>") == "&lt;a href=&#39;x&#39;&gt;"',),
    ),
)
