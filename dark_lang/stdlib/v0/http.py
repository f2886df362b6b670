"""Http: answers of a handler that say more than a plain value does. `respond…` takes the status first; the older
`response…` takes the body first."""

from __future__ import annotations

from dark_lang.errors import Failed
from dark_lang.library import LibraryFunction
from dark_lang.stdlib import costs
from dark_lang.stdlib.expecting import of_type
from dark_lang.stdlib.text import check_header, encode_address
from dark_lang.values.digits import counted
from dark_lang.values.jsonifying import to_json
from dark_lang.values.model import NONE, GuestDict, Response, Value, some

_TEXT = (("content-type", "text/plain; charset=utf-8"),)
_HTML = (("content-type", "text/html; charset=utf-8"),)
_JSON = (("content-type", "application/json"),)
_COOKIE_FLAGS = {"Secure", "HttpOnly", "Partitioned"}
_COOKIE_VALUES = {"Path", "Domain", "Max-Age", "Expires", "SameSite"}
_NOT_IN_COOKIE = frozenset(' ",;\\') | {chr(code) for code in range(32)}


def _respond(status: int, body: Value, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    if not 200 <= status <= 599:
        raise Failed(f"a response cannot have the status {counted(status)}; it is from 200 to 599")
    return Response(status, headers, body)


def _fields(headers: GuestDict) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        check_header(name, of_type(str, "a String", value, "each value in the Dict of headers"))
    return tuple(headers.items())


def _json(status: int, body: Value) -> Response:
    return _respond(status, to_json(body), _JSON)


def _redirect(status: int, url: str) -> Response:
    return _respond(status, "", (("location", encode_address(url)),))


def _with_header(response: Response, name: str, value: str) -> Response:
    check_header(name, value)
    kept = [field for field in response.headers if field[0].lower() != name.lower()]
    return Response(response.status, (*kept, (name, value)), response.body)


def _header(response: Response, name: str) -> Value:
    for field, value in response.headers:
        if field.lower() == name.lower():
            return some(value)
    return NONE


def _set_cookie(response: Response, name: str, value: str, options: GuestDict) -> Response:
    check_header(name, "")
    if any(char in _NOT_IN_COOKIE for char in value):
        raise Failed(f"the cookie {name} has a character that cookies cannot have", suggestion="Url::encode it")
    parts = [f"{name}={value}"]
    for option, setting in options.items():
        given = of_type(str, "a String", setting, "each value in the Dict of options")
        if option in _COOKIE_FLAGS:
            if given != "false":
                parts.append(option)
        elif option in _COOKIE_VALUES and ";" not in given:
            parts.append(f"{option}={given}")
        else:
            known = ", ".join(sorted(_COOKIE_FLAGS | _COOKIE_VALUES))
            raise Failed(f"a cookie cannot have the option {option}={given[:40]}", suggestion=f"there are {known}")
    cookie = "; ".join(parts)
    check_header("set-cookie", cookie)
    return Response(response.status, (*response.headers, ("set-cookie", cookie)), response.body)


_COOKIE = 'Http::setCookie_v0(Http::text_v0(""), "id", "7", #{ "Path": "/", "HttpOnly": "true" })'

FUNCTIONS = (
    LibraryFunction(
        "Http::respond_v0<a>(status: Int, body: a) -> Response",
        lambda status, body: _respond(status, body),
        "An answer with this status. A String is sent as text, Bytes as they are, all else as JSON.",
        ('Http::status_v0(Http::respond_v0(404, "no")) == 404',),
    ),
    LibraryFunction(
        "Http::respondWithHeaders_v0<a>(status: Int, headers: Dict<String>, body: a) -> Response",
        lambda status, headers, body: _respond(status, body, _fields(headers)),
        "An answer with this status and these header fields.",
        ('Http::header_v0(Http::respondWithHeaders_v0(200, #{ "X-A": "b" }, 1), "x-a") == Some("b")',),
    ),
    LibraryFunction(
        "Http::response_v0<a>(body: a, code: Int) -> Response",
        lambda body, status: _respond(status, body),
        "As Http::respond, the body first.",
        ("Http::status_v0(Http::response_v0(1, 201)) == 201",),
    ),
    LibraryFunction(
        "Http::responseWithHeaders_v0<a>(body: a, headers: Dict<String>, code: Int) -> Response",
        lambda body, headers, status: _respond(status, body, _fields(headers)),
        "As Http::respondWithHeaders, the body first.",
        ('Http::header_v0(Http::responseWithHeaders_v0(1, #{ "x-a": "b" }, 200), "x-a") == Some("b")',),
    ),
    LibraryFunction(
        "Http::responseWithHtml_v0(body: String, code: Int) -> Response",
        lambda body, status: _respond(status, body, _HTML),
        "An HTML page with this status.",
        ('Http::header_v0(Http::responseWithHtml_v0("<p>", 200), "content-type") == Some("text/html; charset=utf-8")',),
    ),
    LibraryFunction(
        "Http::responseWithText_v0(body: String, code: Int) -> Response",
        lambda body, status: _respond(status, body, _TEXT),
        "Plain text with this status.",
        ('Http::status_v0(Http::responseWithText_v0("hi", 202)) == 202',),
    ),
    LibraryFunction(
        "Http::responseWithJson_v0<a>(body: a, code: Int) -> Response",
        lambda body, status: _json(status, body),
        "JSON with this status: a String in quotes too.",
        ('Http::header_v0(Http::responseWithJson_v0("a", 200), "content-type") == Some("application/json")',),
        cost=costs.written,
    ),
    LibraryFunction(
        "Http::html_v0(body: String) -> Response",
        lambda body: _respond(200, body, _HTML),
        "An HTML page.",
        ('Http::status_v0(Http::html_v0("<p>")) == 200',),
    ),
    LibraryFunction(
        "Http::text_v0(body: String) -> Response",
        lambda body: _respond(200, body, _TEXT),
        "Plain text.",
        ('Http::header_v0(Http::text_v0("hi"), "content-type") == Some("text/plain; charset=utf-8")',),
    ),
    LibraryFunction(
        "Http::json_v0<a>(body: a) -> Response",
        lambda body: _json(200, body),
        "JSON: a String in quotes too.",
        ("Http::status_v0(Http::json_v0([1])) == 200",),
        cost=costs.written,
    ),
    LibraryFunction(
        "Http::success_v0<a>(body: a) -> Response",
        lambda body: _respond(200, body),
        "An answer with status 200, as a plain value gives it.",
        ("Http::status_v0(Http::success_v0(1)) == 200",),
    ),
    LibraryFunction(
        "Http::badRequest_v0(error: String) -> Response",
        lambda message: _respond(400, message),
        "Status 400: the request makes no sense, for the reason given.",
        ('Http::status_v0(Http::badRequest_v0("no name")) == 400',),
    ),
    LibraryFunction(
        "Http::unauthorized_v0() -> Response",
        lambda: _respond(401, "Unauthorized"),
        "Status 401: who is asking must say who it is.",
        ("Http::status_v0(Http::unauthorized_v0()) == 401",),
    ),
    LibraryFunction(
        "Http::forbidden_v0() -> Response",
        lambda: _respond(403, "Forbidden"),
        "Status 403: who is asking may not have this.",
        ("Http::status_v0(Http::forbidden_v0()) == 403",),
    ),
    LibraryFunction(
        "Http::notFound_v0() -> Response",
        lambda: _respond(404, "Not found"),
        "Status 404: there is nothing here.",
        ("Http::status_v0(Http::notFound_v0()) == 404",),
    ),
    LibraryFunction(
        "Http::redirect_v0(url: String) -> Response",
        lambda url: _redirect(302, url),
        "Status 302: go there this time.",
        ('Http::header_v0(Http::redirect_v0("/a b"), "location") == Some("/a%20b")',),
    ),
    LibraryFunction(
        "Http::redirectTo_v0(url: String) -> Response",
        lambda url: _redirect(302, url),
        "Status 302: go there this time, as Http::redirect.",
        ('Http::status_v0(Http::redirectTo_v0("/")) == 302',),
    ),
    LibraryFunction(
        "Http::redirectPermanently_v0(url: String) -> Response",
        lambda url: _redirect(301, url),
        "Status 301: go there from now on. Browsers remember it.",
        ('Http::status_v0(Http::redirectPermanently_v0("/")) == 301',),
    ),
    LibraryFunction(
        "Http::withHeader_v0(response: Response, name: String, value: String) -> Response",
        _with_header,
        "The answer with this header field instead of any of that name.",
        ('Http::header_v0(Http::withHeader_v0(Http::text_v0("a"), "Vary", "Cookie"), "vary") == Some("Cookie")',),
    ),
    LibraryFunction(
        "Http::setCookie_v0(response: Response, name: String, value: String, options: Dict<String>) -> Response",
        _set_cookie,
        "The answer with a cookie. Options are Path, Domain, Max-Age, Expires and SameSite with their values, and"
        ' Secure, HttpOnly and Partitioned, which count unless they are "false".',
        (f'Http::header_v0({_COOKIE}, "set-cookie") == Some("id=7; Path=/; HttpOnly")',),
    ),
    LibraryFunction(
        "Http::status_v0(response: Response) -> Int",
        lambda response: response.status,
        "The status of an answer.",
        ("Http::status_v0(Http::success_v0(())) == 200",),
    ),
    LibraryFunction(
        "Http::header_v0(response: Response, name: String) -> Option<String>",
        _header,
        "The first header field of that name, in whatever case.",
        ('Http::header_v0(Http::success_v0(1), "x") == None',),
    ),
)
