"""Bends requests: bodies that are other JSON or none, and HTTP that no client of AWS sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from support.shapes import Call, Draw, Encoded

_OTHER_KINDS = (
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"true",
    b"[{}]",
    b"-0",
    b"{,}",
    b"{'a': 1}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"NaN",
)
_NOT_UTF8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80")
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "1" + "0" * 5000)
_ODD_NUMBERS = ("1e400", "-1e400", "1" + "0" * 400, "-1" + "0" * 400, "1e-400", "-0.0", "1E2", "1.0", "9" * 19, "5e-324")
_ODD_VALUES = (
    "null",
    "[]",
    "{}",
    "[[]]",
    '"\\u0000"',
    '"\\ud83d\\ude00"',
    "true",
    "[null]",
    '{"": ""}',
    '""',
    "[" * 500 + "]" * 500,
)
_HALVES = ('"\\ud800"', '"a\\udfffb"', '{"\\ud800": 1}', '["\\udc00\\ud800"]')
_AFTERWARDS = (b"x", b"{}", b",", b"\x00", b"}")
_BLANKS = (b" ", b"\n\t ", b"\r\n")
_NOT_BLANK = (b"\xef\xbb\xbf", b"\x0b", b"\xc2\xa0", b"\x0c")

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE")
_IN_PATHS = (
    "/",
    "//",
    "/..",
    "/.",
    "%2F",
    "%2e%2e/",
    "%zz",
    "%",
    "%ff",
    "%00",
    ";x=1",
    "%25",
    "+",
    "$next",
    "*",
    "'",
    "~",
    "\xe9",
    "%e2%98%83",
)
_IN_QUERIES = (
    "a=%zz",
    "maxResults=x",
    "maxResults=1&maxResults=2",
    "&&==&=",
    "force=true;force=false",
    "nextToken",
    "nextToken=%ff",
    "%6d%61xResults=1",
    "status=",
    "executionNumber=%D9%A1",
    "a=1&" * 2000,
    "force=TRUE",
    "maxResults=+1",
    "resourceArn=%00",
    "x-moto-account-id=222222222222",
    "\xe9=\xff",
)
_HEADERS: tuple[Mapping[str, str], ...] = (
    {"Content-Type": "application/xml"},
    {"Content-Type": "\xff; charset=utf-7"},
    {"Content-Encoding": "gzip"},
    {"Expect": "100-continue"},
    {"Accept": "nothing/*;q=0"},
    {"x-moto-account-id": "nope"},
    {"x-moto-account-id": "222222222222"},
    {"x-moto-account-id": ""},
    {"User-Agent": "region/eu-west-1"},
    {"User-Agent": "region/../.. \xff"},
    {"Host": "iot.eu-west-1.amazonaws.com"},
    {"Host": "[::1]:80:80"},
    {"Host": ""},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x, \xff"},
    {"X-Http-Method-Override": "DELETE"},
    {"Range": "bytes=5-1"},
    {"If-None-Match": "*"},
    {"X-Amz-Date": "never"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/x"},
)
_SCOPE = "SignedHeaders=host, Signature=0"
_AUTHORIZATIONS = (
    "",
    "AWS4-HMAC-SHA256",
    "Bearer x",
    f"AWS4-HMAC-SHA256 Credential=///{{service}}/aws4_request, {_SCOPE}",
    f"AWS4-HMAC-SHA256 Credential=x/1/../{{service}}/aws4_request, {_SCOPE}",
    f"AWS4-HMAC-SHA256 Credential=\xe9/1/us-esat-1/{{service}}/aws4_request, {_SCOPE}",
    f"AWS4-HMAC-SHA256 Credential=222222222222/1/eu-west-1/{{service}}/aws4_request, {_SCOPE}",
)


class Bent(NamedTuple):
    """A request with a bent body.

    Attributes:
        request: The request.
        must_be_refused: Whether there is no way to understand the body.
    """

    request: Encoded
    must_be_refused: bool


def bend_body(choose: Draw, call: Call) -> Bent:
    """Return a request of an operation, with a body that is no JSON object, or odd."""
    request = call.encoded()
    if not request.body:
        return Bent(request._replace(body=choose(_OTHER_KINDS)), must_be_refused=False)
    body = request.body
    how: Callable[[], tuple[bytes, bool]] = choose(
        (
            lambda: (choose(_OTHER_KINDS), True),
            lambda: (_with(choose, body, choose(_NO_NUMBERS)), True),
            lambda: (_with(choose, body, choose(_HALVES)), True),
            lambda: (_with(choose, body, choose(_ODD_NUMBERS)), False),
            lambda: (_with(choose, body, choose(_ODD_VALUES)), False),
            lambda: (_twice(choose, body), False),
            lambda: (_with(choose, body, '"@"').replace(b"@", choose(_NOT_UTF8)), True),
            lambda: (_with(choose, body, '"@"').replace(b"@", choose((b"\x00", b"\n", b"\x1f"))), True),
            lambda: (body[: choose((-1, -2, 1))] or b"{", True),
            lambda: (body + choose(_AFTERWARDS), True),
            lambda: (choose(_BLANKS) + body + choose(_BLANKS), False),
            lambda: (choose(_NOT_BLANK) + body, True),
            lambda: (body.decode().encode(choose(("utf-16", "utf-32", "utf-16-be"))), True),
        )
    )
    content, must_be_refused = how()
    return Bent(request._replace(body=content), must_be_refused)


def bend_http(choose: Draw, call: Call) -> tuple[Encoded, dict[str, str]]:
    """Return a request of an operation with bent method, path, query or headers, and those headers."""
    request = call.encoded()
    headers: dict[str, str] = {}
    for bend in choose(
        (("method",), ("path",), ("query",), ("headers",), ("scope",), ("path", "query"), ("method", "headers"), ("body",))
    ):
        if bend == "method":
            request = request._replace(method=choose(METHODS))
        elif bend == "path":
            request = request._replace(path=_bent_path(choose, request.path))
        elif bend == "query":
            request = request._replace(query="&".join(filter(None, (request.query, choose(_IN_QUERIES), choose(_IN_QUERIES)))))
        elif bend == "headers":
            headers.update(choose(_HEADERS))
        elif bend == "scope":
            headers["Authorization"] = choose(_AUTHORIZATIONS).format(service=request.service)
        else:
            request = request._replace(body=b"" if request.body else b'{"maxResults": 1}')
    return request, headers


def _bent_path(choose: Draw, path: str) -> str:
    segments = path.split("/")
    place = choose(range(1, len(segments)))
    extra = choose(_IN_PATHS)
    how = choose(("after", "instead", "before", "upper"))
    if how == "upper":
        segments[place] = segments[place].upper()
    else:
        segments[place] = {"after": segments[place] + extra, "instead": extra.lstrip("/"), "before": extra + segments[place]}[how]
    return "/".join(segments)


def _with(choose: Draw, body: bytes, text: str) -> bytes:
    """Return a JSON object with a text in place of one of its values, however deep, or beside them."""
    content = json.loads(body)
    places = [(content, "beside")]
    _find(content, places)
    holder, key = choose(places)
    holder[key] = "@here@"
    return json.dumps(content).replace('"@here@"', text, 1).encode()


def _find(value: Any, places: list[tuple[Any, Any]]) -> None:
    for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        places.append((value, key))
        if isinstance(each, (dict, list)):
            _find(each, places)


def _twice(choose: Draw, body: bytes) -> bytes:
    content = json.loads(body)
    if not content:
        return b'{"a": 1, "a": 2}'
    key = json.dumps(choose(list(content)))
    return b"{" + f"{key}: {choose(_ODD_VALUES)}, ".encode() + body[1:]
